"""What products, variants, customers, carts and orders hold in the shop's custom fields."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode
from argosy.modules import cart as carts
from argosy.modules import catalog, customers, fields, orders, staff
from argosy.modules.fields import FieldDefinition, Subject, ValuesChanged
from argosy.modules.staff import AuditFilter, covers
from argosy.reads.order_view import read_order_view
from argosy.runtime.db import Tx
from argosy.web.admin import carts as cart_pages
from argosy.web.admin import customers as customer_pages
from argosy.web.admin import orders as order_pages
from argosy.web.admin import products as product_pages
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.custom_fields import PATH as DEFINITIONS
from argosy.web.admin.editing import CHOOSE, Clash, Difference
from argosy.web.admin.field_forms import (
    check_size,
    faults_of,
    nodes_of,
    place_of,
    shown_text,
    typed_of,
)
from argosy.web.admin.lists import Empty
from argosy.web.admin.places import N_
from argosy.web.admin.product_variants import VARIANTS
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.admin.struct_forms import as_typed
from argosy.web.admin.things import MOST_FIELDS
from argosy.web.api.admin import fields as api
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import fielding

AnyRequest = Request[Any, Any, Any]

_NEWEST = 2**32


class Owners(NamedTuple):
    """Things that have fields: where their pages are, who may see and change them, what the page
    says where no field is defined, and how one is called.
    """

    subject: Subject
    path: str
    area: str
    title: str
    none: str
    read: HTTPRouteHandler
    change: HTTPRouteHandler
    called: Callable[[AnyRequest, Tx, UUID], Awaitable[str]]
    home: str = ""


async def _product(_request: AnyRequest, tx: Tx, product_id: UUID) -> str:
    return (await catalog.product_by_id(tx, product_id)).row.title


async def _variant(_request: AnyRequest, tx: Tx, variant_id: UUID) -> str:
    return (await catalog.variant_by_id(tx, variant_id)).sku


async def _customer(request: AnyRequest, tx: Tx, customer_id: UUID) -> str:
    one = await customers.customer_by_id(tx, customer_id)
    return one.name or one.email or say(request, N_("Erased customer"))


async def _cart(request: AnyRequest, tx: Tx, cart_id: UUID) -> str:
    if await carts.find_cart(tx, cart_id) is None:
        raise carts.CartNotFound("There is no such cart.")
    return say(request, N_("Cart"))


async def _order(request: AnyRequest, tx: Tx, order_id: UUID) -> str:
    found = await read_order_view(tx, order_id)
    if found is None:
        raise orders.OrderNotFound("There is no such order.")
    return found.number or say(request, N_("Order without a number"))


PRODUCTS = Owners(
    "product",
    product_pages.PATH,
    "catalog",
    N_("Products"),
    N_("Products have no custom fields yet"),
    api.get_product_fields,
    api.change_product_fields,
    _product,
)
VARIANT_OWNERS = Owners(
    "variant",
    VARIANTS,
    "catalog",
    N_("Products"),
    N_("Variants have no custom fields yet"),
    api.get_variant_fields,
    api.change_variant_fields,
    _variant,
    product_pages.PATH,
)
CUSTOMERS = Owners(
    "customer",
    customer_pages.PATH,
    "customers",
    N_("Customers"),
    N_("Customers have no custom fields yet"),
    api.get_customer_fields,
    api.change_customer_fields,
    _customer,
)
ORDERS = Owners(
    "order",
    order_pages.PATH,
    "orders",
    N_("Orders"),
    N_("Orders have no custom fields yet"),
    api.get_order_fields,
    api.change_order_fields,
    _order,
)
CARTS = Owners(
    "cart",
    cart_pages.PATH,
    "orders",
    N_("Carts"),
    N_("Carts have no custom fields yet"),
    api.get_cart_fields,
    api.change_cart_fields,
    _cart,
)


def _pages(owners: Owners) -> list[HTTPRouteHandler]:
    path = f"{owners.path}/{{thing_id:str}}/fields"

    @get(path, include_in_schema=False, guards=[may(f"{owners.area}:read")])
    async def show_values(request: AnyRequest, thing_id: str) -> Response[bytes]:
        return await _page(request, owners, thing_id)

    @post(path, include_in_schema=False, guards=[own_pages_only, may(f"{owners.area}:write")])
    async def save_values(request: AnyRequest, thing_id: str) -> Response[bytes]:
        return await _save(request, owners, thing_id)

    return [show_values, save_values]


async def _save(request: AnyRequest, owners: Owners, thing_id: str) -> Response[bytes]:
    """Write what was changed, if nobody changed it since; else compare three ways."""
    form = await read_form(request, most=MOST_FIELDS)
    definitions, opened = await _definitions(request, owners.subject), _opened(form)
    typed = typed_of(definitions, form, opened)
    for one in definitions:
        if one.code in typed and form[CHOOSE + place_of(one)] == "theirs":
            typed[one.code] = opened.get(one.code)
    wanted = {code: value for code, value in typed.items() if value != opened.get(code)}
    # Without the version that was seen there is nothing to write over: it is compared, too.
    version = whole_number(form["version@"], least=0, most=_NEWEST) or 0
    try:
        check_size(wanted)
        await ask(
            request, owners.change, data={"values": wanted}, version=version, thing_id=thing_id
        )
    except ValuesChanged as refusal:
        now = await _values(request, owners, thing_id)
        clash, merged = await _clash(request, thing_id, definitions, (opened, typed, now))
        return await _page(request, owners, thing_id, merged, refusal=refusal, clash=clash)
    except ArgosyError as refusal:
        return await _page(request, owners, thing_id, typed, form=form, refusal=refusal)
    path = f"{owners.path}/{thing_id}"
    return lead_to(request, path, Notice(say(request, N_("The custom fields are saved."))))


def _opened(form: Form) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(form["opened@"] or "{}")
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


async def _definitions(request: AnyRequest, subject: Subject) -> list[FieldDefinition]:
    async with shop(request).db.reading() as tx:
        return await fields.list_fields(tx, subject)


async def _values(request: AnyRequest, owners: Owners, thing_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await ask(request, owners.read, thing_id=thing_id))["values"]
    return found


async def _clash(
    request: AnyRequest,
    thing_id: str,
    definitions: Sequence[FieldDefinition],
    versions: tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]],
) -> tuple[Clash, dict[str, Any]]:
    """What both changed, and the form with what only the other one did. `versions`: as it was
    opened, as it was typed, as it is now.
    """
    opened, typed, now = versions
    differences, taken, merged = [], [], dict(typed)
    for one in definitions:
        was, yours, theirs = (values.get(one.code) for values in (opened, typed, now))
        if one.code not in typed or theirs in (was, yours):
            continue
        if yours == was:
            merged[one.code] = theirs
            taken.append(one.label)
        else:
            texts = (_briefly(request, one, value) for value in (was, yours, theirs))
            differences.append(Difference(place_of(one), one.label, *texts))
    async with shop(request).db.reading() as tx:
        trail = await staff.list_audit(tx, AuditFilter(subject=thing_id), limit=1)
    who, at = (trail[0].actor_name, trail[0].at) if trail else ("", None)
    return Clash(differences, taken, {}, who, at), merged


def _briefly(request: AnyRequest, definition: FieldDefinition, value: Any) -> str:
    return "" if value is None else shown_text(request, definition, value)[:400]


async def _page(
    request: AnyRequest,
    owners: Owners,
    thing_id: str,
    typed: Mapping[str, Any] | None = None,
    *,
    form: Form | None = None,
    refusal: ArgosyError | None = None,
    clash: Clash | None = None,
) -> Response[bytes]:
    found = decode(owners.subject, thing_id, field="thing_id")
    async with shop(request).db.reading() as tx:
        called = await owners.called(request, tx, found)
        definitions = await fields.list_fields(tx, owners.subject)
        values = await fielding.shown_fields(tx, owners.subject, found)
    nodes = nodes_of(request, definitions, values if typed is None else typed)
    if form is not None:
        nodes = as_typed(nodes, form)
    seen = {place_of(one) for one in definitions if one.visible == "storefront"}
    home = f"{owners.path}/{thing_id}"
    held = msgspec.json.encode(values).decode()
    shown = {
        "cards": [
            (say(request, heading), some)
            for heading, some in (
                (N_("The staff alone sees these"), [n for n in nodes if n.path not in seen]),
                (N_("Shoppers see these, too"), [n for n in nodes if n.path in seen]),
            )
            if some
        ],
        "faults": faults_of(request, definitions, None if clash else refusal),
        "clash": clash,
        "path": f"{home}/fields",
        "back": home,
        "row": values or {"id": thing_id},
        "version": form["version@"] if form else fields.values_version(values),
        "opened": form["opened@"] if form else held,
        "once": "",
        "writes": f"{owners.area}:write",
        "removes": False,
        "subject": thing_id,
        "empty": _empty(request, owners),
        "definitions": DEFINITIONS,
    }
    return admin_page(
        request,
        "admin/field_values.html",
        shown,
        title=say(request, N_("Custom fields")),
        crumbs=[Crumb(say(request, owners.title), owners.home or owners.path), Crumb(called, home)],
        refusal=refusal,
    )


def _empty(request: AnyRequest, owners: Owners) -> Empty:
    title = say(request, owners.none)
    text = say(
        request,
        N_("A field keeps what the shop wants to know besides: an engraving, a supplier's number."),
    )
    if not covers(actor(request).scopes, "settings:write"):
        return Empty(title, text)
    path = f"{DEFINITIONS}/new?subject={owners.subject}"
    return Empty(title, text, say(request, N_("New field")), path)


ROUTES: list[HTTPRouteHandler] = [
    *_pages(PRODUCTS),
    *_pages(VARIANT_OWNERS),
    *_pages(CUSTOMERS),
    *_pages(ORDERS),
    *_pages(CARTS),
]
