"""The variants of a product: the paged table with prices and stock, and the form of one of them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.modules import catalog, inventory, pricing, staff
from argosy.modules.catalog import Product, Variant, VariantInput, VariantStatus
from argosy.modules.pricing import Price
from argosy.modules.staff import covers
from argosy.runtime.db import Tx
from argosy.web.admin import variant_forms
from argosy.web.admin.access import may
from argosy.web.admin.editing import Clash, chosen, clash_of
from argosy.web.admin.lists import PAGE, url_of
from argosy.web.admin.places import N_
from argosy.web.admin.products import PATH, product_path, to_products
from argosy.web.admin.showing import Crumb, Notice, Undo, admin_page, lead_to, say
from argosy.web.admin.variant_forms import NAMES, checked_variant, form_of
from argosy.web.api.admin.catalog_views import VariantView, changes
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import typed_products

AnyRequest = Request[Any, Any, Any]
VARIANTS = "/admin/variants"
_MOST_VERSIONS = 10**9


class Row(NamedTuple):
    """A variant in the table: what one of it costs now in each list, and what can be sold."""

    id: str
    variant: Variant
    prices: Sequence[tuple[str, Money]]
    sellable: int | None


class Shown(NamedTuple):
    """A page of the table. Prices and stock are None for who may not see them."""

    rows: Sequence[Row]
    prices: bool
    stock: bool
    next_cursor: str | None


def variant_path(variant_id: UUID) -> str:
    """The page of a variant."""
    return f"{VARIANTS}/{encode('variant', variant_id)}"


async def variants_shown(
    request: AnyRequest, tx: Tx, product_id: UUID, *, cursor: str | None, limit: int
) -> Shown:
    """A page of a product's variants, in display order. Four statements at most."""
    scopes = actor(request).scopes
    priced, stocked = covers(scopes, "prices:read"), covers(scopes, "inventory:read")
    page = await catalog.variants_of(tx, product_id, cursor=cursor, limit=limit)
    ids = [one.id for one in page.items]
    prices = await prices_now(tx, ids) if priced and ids else {}
    sellable: dict[UUID, int] = {}
    for level in await inventory.levels_of(tx, ids) if stocked and ids else ():
        sellable[level.variant_id] = sellable.get(level.variant_id, 0) + level.sellable
    rows = [
        Row(encode("variant", one.id), one, prices.get(one.id, ()), sellable.get(one.id))
        for one in page.items
    ]
    return Shown(rows, priced, stocked, page.next_cursor)


async def prices_now(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, Money]]]:
    """What one unit costs now, by variant: the list's code and the amount (net or gross as the
    list's channels have it). Two statements.
    """
    by_list: dict[tuple[UUID, UUID], list[Price]] = {}
    for price in await pricing.prices_of_variants(tx, ids):
        by_list.setdefault((price.variant_id, price.price_list_id), []).append(price)
    lists = await pricing.price_lists_by_ids(tx, {list_id for _, list_id in by_list})
    found: dict[UUID, list[tuple[str, Money]]] = {}
    for (variant_id, list_id), candidates in by_list.items():
        taken = pricing.resolve(candidates, 1, tx.now).taken
        if taken is not None and list_id in lists:
            known = lists[list_id]
            amount = Money(taken.amount_minor, known.currency)
            found.setdefault(variant_id, []).append((known.code, amount))
    return {variant_id: sorted(prices) for variant_id, prices in found.items()}


@get(f"{PATH}/{{product_id:str}}/variants", include_in_schema=False, guards=[may("catalog:read")])
async def show_variants(request: AnyRequest, product_id: str) -> Response[bytes]:
    """All variants of a product, page by page. Nine statements."""
    found = decode("product", product_id, field="product_id")
    cursor = request.query_params.get("cursor")
    async with shop(request).db.reading() as tx:
        product = await catalog.product_by_id(tx, found)
        shown = await variants_shown(request, tx, found, cursor=cursor, limit=PAGE)
    path = f"{product_path(found)}/variants"
    following = url_of(path, {"cursor": shown.next_cursor}) if shown.next_cursor else ""
    values = {"shown": shown, "path": product_path(found), "following": following, "first": path}
    return admin_page(
        request,
        "admin/variants.html",
        values | {"paged": cursor is not None, "options": product.row.options},
        title=say(request, N_("Variants")),
        crumbs=[to_products(request), Crumb(product.row.title, product_path(found))],
    )


@get(
    f"{PATH}/{{product_id:str}}/variants/new",
    include_in_schema=False,
    guards=[may("catalog:write")],
)
async def new_variant(request: AnyRequest, product_id: str) -> Response[bytes]:
    """The form of a new variant."""
    found = decode("product", product_id, field="product_id")
    async with shop(request).db.reading() as tx:
        product = await catalog.product_by_id(tx, found)
    return _form(request, product, None, {"requires_shipping": "yes", "tracks_inventory": "yes"})


@post(
    f"{PATH}/{{product_id:str}}/variants/new",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def add_variant(request: AnyRequest, product_id: str) -> Response[bytes]:
    """Add a variant. Its SKU makes a second sending fail."""
    found, form = decode("product", product_id, field="product_id"), await read_form(request)
    async with shop(request).db.reading() as tx:
        product = await catalog.product_by_id(tx, found)
    try:
        fields = checked_variant(form, product.row.options, new=True)
        async with shop(request).db.transaction() as tx:
            variant = await typed_products.add_variant(tx, found, await _input(tx, fields))
            name, shown = encode("variant", variant.id), {"sku": variant.sku}
            await staff.audit(tx, actor(request), "variant.created", name, None, shown)
    except ArgosyError as refusal:
        return _form(request, product, None, form, refusal=refusal)
    said = say(request, N_("%(sku)s is added."), sku=variant.sku)
    return lead_to(request, product_path(found), Notice(said))


@get(f"{VARIANTS}/{{variant_id:str}}", include_in_schema=False, guards=[may("catalog:read")])
async def show_variant(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """The form of a variant."""
    found = decode("variant", variant_id, field="variant_id")
    async with shop(request).db.reading() as tx:
        variant = await catalog.variant_by_id(tx, found)
        product = await catalog.product_by_id(tx, variant.product_id)
    return _form(request, product, variant, form_of(variant, product.row.options))


@post(
    f"{VARIANTS}/{{variant_id:str}}",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def save_variant(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Write what was changed in the form."""
    found, db = decode("variant", variant_id, field="variant_id"), shop(request).db
    sent = await read_form(request)
    async with db.reading() as tx:
        known = await catalog.variant_by_id(tx, found)
        product = await catalog.product_by_id(tx, known.product_id)
    options = [f"option.{at}" for at in range(len(product.row.options))]
    form = chosen(sent, [*NAMES, *options])
    version = whole_number(form["version"], least=0, most=_MOST_VERSIONS) or 0
    try:
        fields = checked_variant(form, product.row.options, new=False)
        async with db.transaction() as tx:
            after = await change_variant(request, tx, found, fields, version)
    except catalog.CatalogVersionConflict as refusal:
        async with db.reading() as tx:
            now = await catalog.variant_by_id(tx, found)
            labels = {name: say(request, label) for name, label in NAMES.items()}
            labels |= {f"option.{at}": one.name for at, one in enumerate(product.row.options)}
            theirs = form_of(now, product.row.options)
            clash = await clash_of(tx, variant_id, labels, form, theirs)
        return _form(request, product, now, clash.merged, refusal=refusal, clash=clash)
    except ArgosyError as refusal:
        return _form(request, product, known, form, refusal=refusal, opened=form)
    said = say(request, N_("%(sku)s is saved."), sku=after.sku)
    return lead_to(request, product_path(after.product_id), Notice(said))


async def change_variant(
    request: AnyRequest, tx: Tx, variant_id: UUID, fields: Mapping[str, Any], version: int | None
) -> Variant:
    """Change a variant as the API does. Raises what `catalog.update_variant` raises."""
    before = await catalog.variant_by_id(tx, variant_id)
    change = await _input(tx, fields)
    after = await typed_products.update_variant(tx, variant_id, change, expected_version=version)
    old, new = changes(VariantView.of(before), VariantView.of(after), dict(fields))
    if old != new:
        name = encode("variant", variant_id)
        await staff.audit(tx, actor(request), "variant.changed", name, old, new)
    return after


async def _input(tx: Tx, fields: Mapping[str, Any]) -> VariantInput:
    """The input of a form's fields; its picture goes by the file. Raises MediaNotFound."""
    given = dict(fields)
    if "media_id" in given:
        media_id = given.pop("media_id")
        given["media"] = None
        if media_id:
            media = await catalog.media_by_id(tx, decode("media", media_id, field="media_id"))
            given["media"] = media.storage_key
    return VariantInput(**given)


@post(
    f"{VARIANTS}/{{variant_id:str}}/status",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def set_status(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Archive a variant, or sell it again; the notice takes it back."""
    found, form = decode("variant", variant_id, field="variant_id"), await read_form(request)
    status: VariantStatus = "archived" if form["status"] == "archived" else "active"
    async with shop(request).db.transaction() as tx:
        after = await change_variant(request, tx, found, {"status": status}, None)
    text = N_("%(sku)s is archived: it is not sold any more.")
    if status == "active":
        text = N_("%(sku)s is sold again.")
    back = {"status": "active" if status == "archived" else "archived"}
    notice = Notice(
        say(request, text, sku=after.sku), undo=Undo(f"{variant_path(found)}/status", back)
    )
    return lead_to(request, product_path(after.product_id), notice)


def _form(
    request: AnyRequest,
    product: Product,
    variant: Variant | None,
    form: Mapping[str, str],
    *,
    refusal: ArgosyError | None = None,
    clash: Clash | None = None,
    opened: Form | None = None,
) -> Response[bytes]:
    fields = variant_forms.fields_of(product.row.options, form)
    now = form_of(variant, product.row.options) if variant else {}
    if opened is not None:
        now = {name: opened["opened." + name] for name in now}
    values = {
        "form": Form(dict(form)),
        "options": fields,
        "pictures": _pictures(product, form.get("media_id", "")),
        "opened": Form(now) if variant else None,
        "version": opened["version"] if opened else variant.version if variant else "",
        "variant": variant,
        "path": variant_path(variant.id)
        if variant
        else f"{product_path(product.row.id)}/variants/new",
        "back": product_path(product.row.id),
        "faults": variant_forms.faults(None if clash else refusal, product.row.options),
        "clash": clash,
    }
    return admin_page(
        request,
        "admin/variant.html",
        values,
        title=variant.sku if variant else say(request, N_("New variant")),
        crumbs=[to_products(request), Crumb(product.row.title, product_path(product.row.id))],
        refusal=refusal,
    )


def _pictures(product: Product, chosen: str) -> list[tuple[str, str]]:
    """The product's pictures to choose from, with the chosen one even if it is none of them."""
    known = {
        encode("media", one.id): one.alt or one.source or one.storage_key
        for one in product.media
        if one.kind == "image"
    }
    if chosen:
        known.setdefault(chosen, chosen)
    return [("", "–"), *known.items()]


ROUTES: list[HTTPRouteHandler] = [
    show_variants,
    new_variant,
    add_variant,
    show_variant,
    save_variant,
    set_status,
]
