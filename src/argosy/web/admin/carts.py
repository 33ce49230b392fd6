"""Carts: who fills which, found by address, customer and state; and the page of one, for support:
what is in it, what it costs now, its fields.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.email import Email, EmailInvalid, checked_email
from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.kernel.wall_clock import LAST_YEAR
from argosy.modules import cart as carts
from argosy.modules import channels, customers
from argosy.modules.cart import Cart
from argosy.modules.staff import covers
from argosy.reads.cart_list import CartFilters, CartRow, CartStatus, carts_by_ids
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.customers import customer_path
from argosy.web.admin.field_forms import held_fields
from argosy.web.admin.field_lists import filters_by_field, page_by_field
from argosy.web.admin.kept_views import with_own
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Column,
    Empty,
    Filter,
    SavedView,
    asked_of,
    by_fields,
    csv_of,
    day_start,
    listing_of,
    read_sorted,
)
from argosy.web.admin.orders import NOBODY, order_path, states
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.promotions import PATH as PROMOTIONS
from argosy.web.admin.showing import Crumb, admin_page, lead_to, money_shown, refusal_text, say
from argosy.web.admin.states import state_of
from argosy.web.api.admin import promotion_trials as api
from argosy.web.auth import actor, shop
from argosy.web.long_lists import cart_page
from argosy.web.paging import filters_of

AnyRequest = Request[Any, Any, Any]
Names = Mapping[UUID, str]

PATH = "/admin/carts"
_LONGEST_ID = 60
_NO_ID = UUID(int=0)


@get(PATH, include_in_schema=False, guards=[may("customers:read")])
async def show_carts(request: AnyRequest) -> Response[bytes]:
    """Carts, the latest changed first. Six statements. The id of one leads to its page."""
    wanted = request.query_params.get("cart", "").strip()[:_LONGEST_ID]
    lost: ArgosyError | None = None
    if wanted:
        try:
            found = await _read(request, decode("cart", wanted, field="cart"))
            return lead_to(request, cart_path(found.id))
        except ArgosyError as error:
            lost = error
    names = await _channels(request)
    filters = await _filters(request, names)
    asked = {one: text for one, text in asked_of(request, filters).items() if one != "cart"}
    cursor = request.query_params.get("cursor")
    page, refusal = await read_sorted(asked, lambda: _page(request, asked, cursor, PAGE))
    sees_one = covers(actor(request).scopes, "orders:read")
    listed = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request, names),
        row_id=lambda row: encode("cart", row.id),
        row_path=(lambda row: cart_path(row.id)) if sees_one else None,
        filters=filters,
        asked=asked,
        views=await with_own(request, PATH, _views(request)),
        keeps=True,
        empty=_empty(request, asked),
    )
    title = say(request, N_("Carts"))
    return admin_page(
        request, "admin/list.html", {"list": listed}, title=title, refusal=lost or refusal
    )


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("customers:read")])
async def export_carts(request: AnyRequest) -> Stream:
    """The filtered list as a file."""
    names = await _channels(request)
    asked = asked_of(request, await _filters(request, names))

    async def read(cursor: str | None) -> Page[CartRow]:
        return await _page(request, asked, cursor, CSV_BATCH)

    return csv_of("carts", _columns(request, names), read)


@get(f"{PATH}/{{cart_id:str}}", include_in_schema=False, guards=[may("orders:read")])
async def show_cart(request: AnyRequest, cart_id: str) -> Response[bytes]:
    """A cart, with the prices of this moment while it can still be bought."""
    found = await _read(request, decode("cart", cart_id, field="cart_id"))
    async with shop(request).db.reading() as tx:
        channel = await channels.channel_by_id(tx, found.channel_id)
        own_fields = await held_fields(request, tx, "cart", found.id)
        people = await customers.customers_by_ids(tx, [found.customer_id or _NO_ID])
    erased = any(one.erased_at for one in people.values())
    if erased:  # nothing is told of them, also while what they are buying is not decided
        found = msgspec.structs.replace(found, customer_id=None, email="")
    quote, why = None, ""
    if found.state != "placed":
        try:
            quote = await ask(request, api.explain_cart, cart_id=cart_id)
        except ArgosyError as refusal:  # what is in it may not be sold any more
            why = refusal_text(request, refusal)
    state = state_of("abandoned" if found.state == "expired" and found.lines else found.state)
    values = {
        "path": cart_path(found.id),
        "cart": found,
        "name": cart_id,
        "state_said": (say(request, state.label), state.tone),
        "channel": channel.name,
        "customer": None if found.customer_id is None else encode("customer", found.customer_id),
        "order": order_path(found.id) if found.state != "open" and found.attempt else "",
        "quote": quote,
        "why": why,
        "explain": f"{PROMOTIONS}/explain?cart={cart_id}",
        "money_of": money_shown(request),
        "own_fields": own_fields,
    }
    crumbs = [Crumb(say(request, N_("Carts")), PATH)]
    title = say(request, N_("Cart"))
    return admin_page(request, "admin/cart.html", values, title=title, crumbs=crumbs)


def cart_path(cart_id: UUID) -> str:
    """The page of a cart."""
    return f"{PATH}/{encode('cart', cart_id)}"


async def _read(request: AnyRequest, cart_id: UUID) -> Cart:
    async with shop(request).db.reading() as tx:
        found = await carts.find_cart(tx, cart_id)
    if found is None:
        raise carts.CartNotFound("There is no such cart.", field="cart_id")
    return found


async def _page(
    request: AnyRequest, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[CartRow]:
    if by_fields(asked):
        return await page_by_field(request, "cart", asked, carts_by_ids, cursor=cursor, limit=limit)
    wanted = CartFilters(
        status=asked.get("status"),  # type: ignore[arg-type]  # one of the filter's choices
        channel_id=decode("channel", asked["channel"]) if "channel" in asked else None,
        customer_id=_customer(asked["customer"]) if "customer" in asked else None,
        email=_email(asked["email"]) if "email" in asked else None,
        changed_since=day_start(asked.get("since", "")),
        changed_until=_day_end(asked.get("until", "")),
    )
    filters = filters_of("admin carts", **msgspec.structs.asdict(wanted))
    async with shop(request).db.reading() as tx:
        return await cart_page(tx, wanted, cursor, filters, limit)


def _email(text: str) -> Email:
    """What is compared; what is no address finds nothing."""
    try:
        return checked_email(text)
    except EmailInvalid:
        return Email(NOBODY, NOBODY)


def _customer(text: str) -> UUID:
    """Whose id it is; what is none finds nothing."""
    try:
        return decode("customer", text)
    except ArgosyError:
        return _NO_ID


def _day_end(text: str) -> datetime | None:
    day = day_start(text)
    return None if day is None or day.year > LAST_YEAR else day + timedelta(days=1)


async def _channels(request: AnyRequest) -> Names:
    async with shop(request).db.reading() as tx:
        return {one.id: one.name for one in await channels.list_channels(tx)}


async def _filters(request: AnyRequest, names: Names) -> list[Filter]:
    return [
        Filter("email", say(request, N_("E-mail address")), kind="text"),
        Filter("customer", say(request, N_("Customer")), kind="text", pick="customer/id"),
        Filter("status", say(request, N_("State")), states(request, get_args(CartStatus))),
        Filter(
            "channel",
            say(request, N_("Channel")),
            tuple((encode("channel", one), name) for one, name in names.items()),
        ),
        Filter("since", say(request, N_("Changed since")), kind="day"),
        Filter("until", say(request, N_("Changed until")), kind="day"),
        Filter("cart", say(request, N_("Id of a cart")), kind="text"),
        *await filters_by_field(request, "cart"),
    ]


def _views(request: AnyRequest) -> list[SavedView]:
    return [
        SavedView(say(request, N_("All")), {}),
        SavedView(say(request, N_("Being filled")), {"status": "open"}),
        SavedView(say(request, N_("Given up")), {"status": "abandoned"}),
        SavedView(say(request, N_("Bought")), {"status": "placed"}),
    ]


def _columns(request: AnyRequest, names: Names) -> list[Column]:
    nobody = say(request, N_("No address yet"))

    def account(row: CartRow) -> str | None:
        return None if row.customer_id is None else customer_path(row.customer_id)

    return [
        Column(
            "email",
            say(request, N_("E-mail address")),
            lambda row: row.email or row.account_email or nobody,
        ),
        Column("status", say(request, N_("State")), lambda row: row.status, "badge"),
        Column("units", say(request, N_("Units")), lambda row: row.units, "number"),
        Column("changed_at", say(request, N_("Changed")), lambda row: row.updated_at, "instant"),
        Column(
            "customer",
            say(request, N_("Customer")),
            lambda row: row.account_email,
            href=account,
            narrow=False,
        ),
        Column(
            "channel",
            say(request, N_("Channel")),
            lambda row: names.get(row.channel_id, ""),
            narrow=False,
        ),
        Column(
            "created_at", say(request, N_("Begun")), lambda row: row.created_at, "instant",
            narrow=False,
        ),
    ]  # fmt: skip


def _empty(request: AnyRequest, asked: dict[str, str]) -> Empty:
    if asked:
        return Empty(
            say(request, N_("No cart fits these filters")),
            say(
                request,
                N_(
                    "A cart knows an address once its shopper has signed in or said where to write."
                    " Shoppers find the id of theirs in its address."
                ),
            ),
            say(request, N_("All carts")),
            PATH,
        )
    return Empty(
        say(request, N_("No carts yet")),
        say(request, N_("A cart stands here as soon as a shopper puts something into it.")),
        say(request, N_("Visit the shop")),
        "/",
    )


ENTRIES = (
    Entry(
        N_("Carts"), PATH, N_("Sales"), "customers:read", icon="orders",
        words="baskets checkout support abandoned", position=20,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [show_carts, export_carts, show_cart]
