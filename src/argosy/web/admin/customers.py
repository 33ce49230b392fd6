"""Customers: who has an account, found by e-mail address or group, and the page of one."""

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.email import EmailInvalid, checked_email
from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import customers, wallets
from argosy.modules.customers import Customer
from argosy.modules.staff import covers
from argosy.reads.order_list import OrderFilters, list_orders
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.editing import faults_of
from argosy.web.admin.field_forms import held_fields
from argosy.web.admin.field_lists import filters_by_field, page_by_field
from argosy.web.admin.kept_views import with_own
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Column,
    Empty,
    Filter,
    asked_of,
    by_fields,
    csv_of,
    listing_of,
    read_sorted,
    sorting,
)
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, admin_page, say
from argosy.web.auth import actor, shop
from argosy.web.newest import newest_after, newest_keys
from argosy.web.pages.forms import Form
from argosy.web.paging import after, filters_of, page_of
from argosy.web.sorting import check_alone, customers_by_name

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/customers"
MOST_GROUPS = 100
_ORDERS = 10
_NOBODY = "nobody@invalid.invalid"


def customer_path(customer_id: UUID) -> str:
    """The page of a customer."""
    return f"{PATH}/{encode('customer', customer_id)}"


def crumbs(request: AnyRequest, *more: Crumb) -> list[Crumb]:
    """The way to a page below the list."""
    return [Crumb(say(request, N_("Customers")), PATH), *more]


@get(PATH, include_in_schema=False, guards=[may("customers:read")])
async def show_customers(request: AnyRequest) -> Response[bytes]:
    """Customers, the newest first; those of a group in the order of their ids. Two statements."""
    filters = await _filters(request)
    asked = asked_of(request, filters)
    cursor = request.query_params.get("cursor")
    page, refusal = await read_sorted(asked, lambda: _page(request, asked, cursor, PAGE))
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: encode("customer", row.id),
        row_path=lambda row: customer_path(row.id),
        filters=filters,
        asked=asked,
        views=await with_own(request, PATH),
        keeps=True,
        empty=_empty(request, asked),
    )
    title = say(request, N_("Customers"))
    return admin_page(request, "admin/list.html", {"list": found}, title=title, refusal=refusal)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("customers:read")])
async def export_customers(request: AnyRequest) -> Stream:
    """The filtered list as a file."""
    asked = asked_of(request, await _filters(request))

    async def read(cursor: str | None) -> Page[Customer]:
        return await _page(request, asked, cursor, CSV_BATCH)

    return csv_of("customers", _columns(request), read)


@get(f"{PATH}/{{customer_id:str}}", include_in_schema=False, guards=[may("customers:read")])
async def show_customer(request: AnyRequest, customer_id: str) -> Response[bytes]:
    """A customer: profile, orders, addresses, groups and consents. At most eight statements."""
    return await customer_page(request, decode("customer", customer_id), None)


async def customer_page(
    request: AnyRequest, customer_id: UUID, refusal: ArgosyError | None
) -> Response[bytes]:
    """The page of a customer, with what stopped an act on it."""
    async with shop(request).db.reading() as tx:
        one = await customers.customer_by_id(tx, customer_id)
        orders = []
        if covers(actor(request).scopes, "orders:read"):
            orders = await list_orders(
                tx, OrderFilters(customer_id=customer_id), before=None, limit=_ORDERS
            )
        values = {
            "customer": one,
            "path": customer_path(customer_id),
            "orders": [
                (encode("order", row.id), row, Money(row.total_minor, row.currency))
                for row in orders
            ],
            "own_fields": await held_fields(request, tx, "customer", customer_id),
            "addresses": await customers.list_addresses(tx, customer_id),
            "kept": await wallets.list_methods(tx, customer_id),
            "consents": _standing(await customers.list_consents(tx, customer_id)),
            **await _groups(tx, customer_id),
        }
    title = one.name or one.email or say(request, N_("Erased customer"))
    return admin_page(
        request,
        "admin/customer.html",
        values | {"form": Form(), "faults": faults_of(refusal, ["group"])},
        title=title,
        crumbs=crumbs(request),
        refusal=refusal,
    )


async def _groups(tx: Tx, customer_id: UUID) -> dict[str, Any]:
    mine = await customers.groups_of(tx, customer_id)
    known = await customers.list_groups(tx, limit=MOST_GROUPS)
    held = {one.code for one in mine}
    free = [(one.code, one.name) for one in known if one.kind == "group" and one.code not in held]
    return {"groups": mine, "free": free}


def _standing(given: list[customers.Consent]) -> list[customers.Consent]:
    """The last word on each purpose, which is the one that holds."""
    return list({one.purpose: one for one in given}.values())


async def _page(
    request: AnyRequest, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[Customer]:
    if by_fields(asked):
        return await page_by_field(
            request, "customer", asked, customers.customers_by_ids, cursor=cursor, limit=limit
        )
    if "sort" in asked:
        check_alone(email=asked.get("email"), group=asked.get("group"))
        async with shop(request).db.reading() as tx:
            return await customers_by_name(tx, cursor=cursor, limit=limit)
    filters = filters_of("admin customers", **asked)
    if "group" in asked and "email" not in asked:
        last = _last(after(cursor, filters, length=1))
        async with shop(request).db.reading() as tx:
            rows = await customers.list_members(tx, asked["group"], after=last, limit=limit + 1)
        return page_of(
            rows, limit=limit, filters=filters, keys=lambda row: [row.id.hex], show=lambda row: row
        )
    position = newest_after(cursor, filters)
    async with shop(request).db.reading() as tx:
        rows = await customers.list_customers(
            tx,
            after=position,
            limit=limit + 1,
            email_normalised=_normalised(asked["email"]) if "email" in asked else None,
        )
        if "group" in asked:
            groups = await customers.groups_of_customers(tx, [row.id for row in rows])
            rows = [
                row
                for row in rows
                if any(one.code == asked["group"] for one in groups.get(row.id, []))
            ]
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: newest_keys(row.created_at, row.id),
        show=lambda row: row,
    )


def _last(keys: list[str | int | None] | None) -> UUID | None:
    try:
        return None if keys is None else UUID(hex=str(keys[0]))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


def _normalised(email: str) -> str:
    """The compared form; what is no address finds nobody."""
    try:
        return checked_email(email).normalised
    except EmailInvalid:
        return _NOBODY


async def _filters(request: AnyRequest) -> list[Filter]:
    async with shop(request).db.reading() as tx:
        known = await customers.list_groups(tx, limit=MOST_GROUPS)
    found = [Filter("email", say(request, N_("E-mail address")), kind="text")]
    if known:
        choices = tuple((one.code, one.name) for one in known)
        found.append(Filter("group", say(request, N_("Group")), choices))
    by_name = sorting(partial(say, request), (("name", N_("by name")),))
    return [*found, by_name, *await filters_by_field(request, "customer")]


def _columns(request: AnyRequest) -> list[Column]:
    def email(row: Customer) -> str:
        return row.email or say(request, N_("Erased"))

    return [
        Column("email", say(request, N_("E-mail address")), email),
        Column("name", say(request, N_("Name")), lambda row: row.name, narrow=False),
        Column(
            "proved",
            say(request, N_("Address is proved")),
            lambda row: row.email_verified_at,
            "instant",
            narrow=False,
        ),
        Column("phone", say(request, N_("Telephone")), lambda row: row.phone, narrow=False),
        Column("since", say(request, N_("Since")), lambda row: row.created_at, "instant"),
    ]


def _empty(request: AnyRequest, asked: dict[str, str]) -> Empty:
    if asked:
        return Empty(
            say(request, N_("No customer fits these filters")),
            say(
                request,
                N_(
                    "Search by the whole e-mail address. Who bought as a guest has no account; look"
                    " for their orders instead."
                ),
            ),
            say(request, N_("All customers")),
            PATH,
        )
    return Empty(
        say(request, N_("No customers yet")),
        say(request, N_("Whoever registers in the shop stands here, with orders and addresses.")),
        say(request, N_("Visit the shop")),
        "/",
    )


ENTRIES = (
    Entry(
        N_("Customers"),
        PATH,
        N_("People"),
        "customers:read",
        "u",
        "customers",
        "people shoppers accounts",
        position=1,
    ),
)
ROUTES: list[HTTPRouteHandler] = [show_customers, export_customers, show_customer]
