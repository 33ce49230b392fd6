"""The options of a product and the variants that they make: which are there, which could be."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, staff
from argosy.modules.catalog import (
    MatrixVariant,
    Option,
    OptionMatrix,
    Product,
    ProductInput,
    VariantInput,
)
from argosy.web.admin import variant_forms
from argosy.web.admin.access import may
from argosy.web.admin.places import N_
from argosy.web.admin.product_page import checked
from argosy.web.admin.products import PATH, product_path, to_products
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.api.admin.catalog_views import ProductView, changes
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import typed_products

AnyRequest = Request[Any, Any, Any]

MOST_OPTIONS = 5
MOST_MADE = 60
"""Variants that one form makes: three fields each stay below what a form may hold."""
_MOST_VERSIONS = 10**9
_LONGEST_SKU = 120
_NOTHING = OptionMatrix(keeps=0, makes=0, lacks=0, drops=0, missing=(), lacking=(), dropped=())


class Missing(NamedTuple):
    """A combination that no variant has: its fields' number, its values, the SKU proposed, whether
    it is wanted, and whether the SKU is of a variant that is there and lacks some option.
    """

    at: int
    options: Mapping[str, str]
    sku: str
    chosen: bool
    there: bool


@get(f"{PATH}/{{product_id:str}}/options", include_in_schema=False, guards=[may("catalog:write")])
async def show_options(request: AnyRequest, product_id: str) -> Response[bytes]:
    """The options of a product. Ten statements, whatever the number of its variants."""
    found = decode("product", product_id, field="product_id")
    async with shop(request).db.reading() as tx:
        product = await catalog.product_by_id(tx, found)
    return await _page(request, product, product.row.options, Form())


@post(
    f"{PATH}/{{product_id:str}}/options",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def save_options(request: AnyRequest, product_id: str) -> Response[bytes]:
    """Look at what the options would make (`act` is "look"), or write them with the variants that
    are ticked, all or none.
    """
    found, form = decode("product", product_id, field="product_id"), await read_form(request)
    async with shop(request).db.reading() as tx:
        product = await catalog.product_by_id(tx, found)
    try:
        options = _read(form)
        if form["act"] != "make":
            return await _page(request, product, options, form)
    except ArgosyError as refusal:
        return await _page(request, product, product.row.options, form, refusal=refusal)
    try:
        held = await _matrix(request, product, options)
        wanted = [one for one in missing(held, form["prefix"], form=form) if one.chosen]
        made = await _make(request, product, options, wanted, held.lacking)
    except ArgosyError as refusal:
        return await _page(request, product, options, form, refusal=refusal)
    said = say(request, N_("The options are saved; %(count)s variants are made."), count=made)
    return lead_to(request, product_path(found), Notice(said))


def _read(form: Form) -> tuple[Option, ...]:
    """The options that the form names. Raises CatalogInputInvalid."""
    options = []
    for at in range(MOST_OPTIONS):
        name = form[f"name.{at}"]
        values = [one.strip() for one in form[f"values.{at}"].split(",")]
        values = list(dict.fromkeys(one for one in values if one))
        if name and not values:
            raise catalog.CatalogInputInvalid("Name its values.", field=f"values.{at}")
        if values and not name:
            raise catalog.CatalogInputInvalid("Name the option.", field=f"name.{at}")
        if name:
            options.append({"name": name, "values": values})
    found: tuple[Option, ...] = checked({"options": options})["options"]
    return found


async def _matrix(request: AnyRequest, product: Product, options: Sequence[Option]) -> OptionMatrix:
    """What the options make of the active variants, the first of each kind. Raises
    CatalogInputInvalid.
    """
    if not options:
        return _NOTHING
    async with shop(request).db.reading() as tx:
        return await catalog.option_matrix(tx, product.row.id, options, limit=MOST_MADE)


def missing(
    held: OptionMatrix,
    prefix: str,
    taken: Collection[str] = (),
    form: Form | None = None,
) -> list[Missing]:
    """The first combinations that no active variant has, in display order, with SKUs made of
    `prefix`; those whose SKU is `taken`, by an archived variant perhaps, are not ticked.

    A variant that is there and lacks an option is proposed for the first one that fits it.
    """
    lacking = list(held.lacking)
    theirs = {catalog.sku_key(one.sku) for one in lacking}
    found: list[Missing] = []
    for at, told in enumerate(held.missing):
        values = list(told.values())
        sku = "-".join([prefix, *(catalog.slugify(value) for value in values)]).upper()
        fit = next((one for one in lacking if _fits(one, told)), None)
        if fit is not None:
            lacking.remove(fit)
            sku = fit.sku
        seen = form is not None and form[f"for.{at}"] == _key(values)
        typed = form[f"sku.{at}"] if form is not None and seen else ""
        ticked = not seen or (form is not None and form[f"make.{at}"] == "yes")
        sku = (typed or sku)[:_LONGEST_SKU]
        key = catalog.sku_key(sku)
        free = seen or key in theirs or key not in taken
        found.append(Missing(at, told, sku, ticked and free, key in theirs))
    return found


def _fits(variant: MatrixVariant, options: Mapping[str, str]) -> bool:
    return all(options.get(name, value) == value for name, value in variant.options.items())


def _key(values: Sequence[str]) -> str:
    return " / ".join(values)


async def _make(
    request: AnyRequest,
    product: Product,
    options: tuple[Option, ...],
    wanted: list[Missing],
    lacking: Sequence[MatrixVariant],
) -> int:
    """Write the options and make the variants. Raises what the catalog's upsert raises."""
    form = await read_form(request)
    version = whole_number(form["version"], least=0, most=_MOST_VERSIONS) or 0
    there = {catalog.sku_key(one.sku): one.id for one in lacking}
    new = tuple(_input(one, there.get(catalog.sku_key(one.sku))) for one in wanted)
    fresh = [one.sku for one in wanted if not one.there]
    async with shop(request).db.transaction() as tx:
        before = await catalog.product_by_id(tx, product.row.id)
        known = await catalog.variant_ids_by_sku(tx, fresh) if fresh else {}
        for sku in known:
            raise catalog.SkuTaken(f"Another variant has the SKU {sku}.", field="sku")
        change = ProductInput(options=options)
        if new:
            change = ProductInput(options=options, variants=new)
        after = await typed_products.update_product(
            tx, product.row.id, change, expected_version=version
        )
        shown = {"options": options}
        old, now = changes(ProductView.of(before), ProductView.of(after), shown)
        name = encode("product", product.row.id)
        if old != now:
            await staff.audit(tx, actor(request), "product.changed", name, old, now)
        made = await catalog.variant_ids_by_sku(tx, fresh) if fresh else {}
        for sku, variant_id in made.items():
            subject = encode("variant", variant_id)
            await staff.audit(tx, actor(request), "variant.created", subject, None, {"sku": sku})
    return len(fresh)


def _input(one: Missing, variant_id: UUID | None) -> VariantInput:
    fields = variant_forms.checked({"sku": one.sku, "options": dict(one.options)})
    return VariantInput(**fields) if variant_id is None else VariantInput(**fields, id=variant_id)


async def _page(
    request: AnyRequest,
    product: Product,
    options: Sequence[Option],
    form: Form,
    *,
    refusal: ArgosyError | None = None,
) -> Response[bytes]:
    path = product_path(product.row.id)
    prefix = form["prefix"] or product.row.slug[:40].upper()
    held = await _matrix(request, product, options)
    async with shop(request).db.reading() as tx:
        skus = [one.sku for one in missing(held, prefix)]
        taken = await catalog.variant_ids_by_sku(tx, skus) if skus else {}
    rows = [(one.name, ", ".join(one.values)) for one in options]
    if refusal is not None and form["act"]:
        rows = [(form[f"name.{at}"], form[f"values.{at}"]) for at in range(MOST_OPTIONS)]
    rows += [("", "")] * (MOST_OPTIONS - len(rows))
    values = {
        "rows": rows,
        "missing": missing(held, prefix, taken, form if form["act"] == "make" else None),
        "most": MOST_MADE,
        "key": lambda one: _key(list(one.options.values())),
        "prefix": prefix,
        "there": product.variant_count,
        "path": f"{path}/options",
        "back": path,
        "version": form["version"] or product.row.version,
    }
    return admin_page(
        request,
        "admin/product_options.html",
        values,
        title=say(request, N_("Options")),
        crumbs=[to_products(request), Crumb(product.row.title, path)],
        refusal=refusal,
    )


ROUTES: list[HTTPRouteHandler] = [show_options, save_options]
