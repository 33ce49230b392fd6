"""All variants of a product in one grid: fields that touch neither prices nor stock."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.modules import catalog
from argosy.modules.catalog import Product, Variant
from argosy.web.admin.access import may
from argosy.web.admin.lists import url_of
from argosy.web.admin.places import N_
from argosy.web.admin.product_variants import change_variant
from argosy.web.admin.products import PATH, product_path, to_products
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.admin.variant_forms import checked, form_of, read_field
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.problems import RequestMalformed

AnyRequest = Request[Any, Any, Any]

ROWS = 25
"""Of a page: six fields each stay below what a form may hold."""
FIELDS = {
    "title": N_("Title"),
    "gtin": N_("GTIN"),
    "weight_g": N_("Weight in grams"),
    "hs_code": N_("Customs number"),
    "origin_country": N_("Country of origin"),
}
_LONGEST = {"title": 500, "gtin": 20, "weight_g": 9, "hs_code": 12, "origin_country": 2}


class GridRow(NamedTuple):
    """A variant in the grid: its fields as they stand in the form, and what is wrong with it."""

    variant: Variant
    id: str
    typed: Mapping[str, str]
    opened: str
    fault: str


class Opened(msgspec.Struct, frozen=True):
    """What a row held when the grid was opened: one field of the form, as JSON."""

    id: str
    version: int
    held: dict[str, str]


@get(f"{PATH}/{{product_id:str}}/grid", include_in_schema=False, guards=[may("catalog:write")])
async def show_grid(request: AnyRequest, product_id: str) -> Response[bytes]:
    """A page of the grid. Six statements."""
    found = decode("product", product_id, field="product_id")
    cursor = request.query_params.get("cursor")
    async with shop(request).db.reading() as tx:
        product = await catalog.product_by_id(tx, found)
        page = await catalog.variants_of(tx, found, cursor=cursor, limit=ROWS)
    rows = [_row(one, {}, "") for one in page.items]
    return _page(request, product, rows, following=page.next_cursor or "")


@post(
    f"{PATH}/{{product_id:str}}/grid",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def save_grid(request: AnyRequest, product_id: str) -> Response[bytes]:
    """Write the rows that were changed, all of them or none."""
    found, form = decode("product", product_id, field="product_id"), await read_form(request)
    opened = {one.id: one for one in (_opened(text) for text in form.every("was")[:ROWS])}
    ids = [decode("variant", name) for name in opened]
    db, written, faults = shop(request).db, 0, dict[UUID, str]()
    try:
        async with db.transaction() as tx:
            for one in sorted(ids):
                was = opened[encode("variant", one)]
                fields = _changed(form, was)
                if fields:
                    faults[one] = was.id
                    await change_variant(request, tx, one, checked(_read(fields)), was.version)
                    del faults[one]
                    written += 1
    except ArgosyError as refusal:
        async with db.reading() as tx:
            product = await catalog.product_by_id(tx, found)
            known = {one.id: one for one in await catalog.variants_by_ids(tx, ids)}
        shown = [
            _row(
                known[one],
                _changed(form, opened[encode("variant", one)]),
                refusal.message if one in faults else "",
            )
            for one in ids
            if one in known
        ]
        return _page(request, product, shown, following=form["next"], refusal=refusal)
    said = say(request, N_("%(count)s variants are changed."), count=written)
    if form["next"]:
        path = url_of(f"{product_path(found)}/grid", {"cursor": form["next"]})
        return lead_to(request, path, Notice(said))
    return lead_to(request, f"{product_path(found)}/variants", Notice(said))


def _opened(text: str) -> Opened:
    try:
        return msgspec.json.decode(text, type=Opened)
    except msgspec.MsgspecError as error:
        raise RequestMalformed("The form cannot be read.") from error


def _changed(form: Form, was: Opened) -> dict[str, str]:
    """What was typed over what the row held when the grid was opened."""
    typed = {field: form[f"{field}.{was.id}"] for field in FIELDS if f"{field}.{was.id}" in form}
    return {field: text for field, text in typed.items() if text != was.held.get(field, "")}


def _read(fields: Mapping[str, str]) -> dict[str, object]:
    return {field: read_field(field, text) for field, text in fields.items()}


def _row(variant: Variant, typed: Mapping[str, str], fault: str) -> GridRow:
    """As it is now, with what was typed over it."""
    name = encode("variant", variant.id)
    now = form_of(variant, ())
    held = {field: now[field] for field in FIELDS}
    opened = msgspec.json.encode(Opened(id=name, version=variant.version, held=held)).decode()
    return GridRow(variant, name, held | dict(typed), opened, fault)


def _page(
    request: AnyRequest,
    product: Product,
    rows: Sequence[GridRow],
    *,
    following: str,
    refusal: ArgosyError | None = None,
) -> Response[bytes]:
    path = product_path(product.row.id)
    values = {
        "rows": rows,
        "fields": [(name, say(request, label), _LONGEST[name]) for name, label in FIELDS.items()],
        "path": f"{path}/grid",
        "back": f"{path}/variants",
        "following": following,
    }
    return admin_page(
        request,
        "admin/product_grid.html",
        values,
        title=say(request, N_("All variants in a grid")),
        crumbs=[to_products(request), Crumb(product.row.title, path)],
        refusal=refusal,
    )


ROUTES: list[HTTPRouteHandler] = [show_grid, save_grid]
