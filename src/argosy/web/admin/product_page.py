"""One product: its texts, where it is shown, its pictures and variants, what it lacks; new ones."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.external_video import embedded_at
from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, channels, producttypes, staff
from argosy.modules.catalog import (
    AttributeDefinition,
    Product,
    ProductInput,
    Publication,
    VariantInput,
)
from argosy.modules.channels import Channel
from argosy.modules.producttypes import ProductScore
from argosy.reads.kept_variants import kept_variants
from argosy.runtime.db import Tx
from argosy.web.admin import variant_forms
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import Clash, Faults, chosen, clash_of, confirm_page, faults_of
from argosy.web.admin.field_forms import Held, held_fields
from argosy.web.admin.places import N_
from argosy.web.admin.product_variants import VARIANTS, Shown, variants_shown
from argosy.web.admin.products import BUILT_IN, PATH, product_path, to_products
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.admin.value_forms import shown_text, value_link
from argosy.web.admin.variant_removal import AGAINST
from argosy.web.api.admin.catalog import delete_product as delete_by_api
from argosy.web.api.admin.catalog_views import ProductBody, ProductView, changes, given
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import typed_products
from argosy.workflows.removing import VariantKept

AnyRequest = Request[Any, Any, Any]

NAMES = {
    "title": N_("Title"),
    "description": N_("Description"),
    "slug": N_("Slug"),
    "brand": N_("Brand"),
    "product_type": N_("Kind of product"),
    "type_code": N_("Product type"),
    "external_id": N_("Id in another system"),
    "status": N_("State"),
    "tax_class": N_("Tax class"),
    "shipping_class": N_("Shipping class"),
    "seo_title": N_("Title for search engines"),
    "seo_description": N_("Description for search engines"),
    "categories": N_("Categories"),
}
_NEW = ("title", "sku", "slug", "brand", "type_code", "description")
_KEPT_WHEN_EMPTY = ("title", "slug")
_FEW_VARIANTS = 10
_MOST_VERSIONS = 10**9
_MOST_KEPT = 20
_FILLED_IN_AT = {"photograph": "#pictures", "price": "/variants", "description": "#f-description"}


class Place(NamedTuple):
    """A channel, how the product is shown there, and how complete it is for it; what it `lacks`,
    with where that is filled in.
    """

    id: str
    channel: Channel
    publication: Publication | None
    shown: bool
    starts: str
    ends: str
    score: ProductScore | None
    lacks: Sequence[tuple[str, str]] = ()


class Whole(NamedTuple):
    """What the page shows."""

    product: Product
    places: list[Place]
    variants: Shown
    known: Mapping[str, AttributeDefinition]
    own_fields: Held
    types: Sequence[tuple[str, str]]


def checked(fields: Mapping[str, object]) -> dict[str, Any]:
    """The fields that a form gives, as the API's body of the same thing takes them.

    Raises CatalogInputInvalid at the field that does not fit.
    """
    try:
        return given(msgspec.convert(fields, ProductBody))
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        field = path.rstrip("`").partition("[")[0] or None
        raise catalog.CatalogInputInvalid(message, field=field) from error


def catalog_faults(refusal: ArgosyError | None, shown: list[str]) -> Faults:
    """Where to say what is wrong: the catalog names every column that does not fit."""
    found = faults_of(refusal, shown)
    at = dict(found.at)
    for column, message in variant_forms.told(refusal):
        name = "sku" if column == "variants" else column
        if name in shown:
            at.setdefault(name, message)
    return Faults(at, () if at else found.rest)


@get(f"{PATH}/{{product_id:str}}", include_in_schema=False, guards=[may("catalog:read")])
async def show_product(request: AnyRequest, product_id: str) -> Response[bytes]:
    """A product. Fifteen statements at most."""
    found = decode("product", product_id, field="product_id")
    async with shop(request).db.reading() as tx:
        whole = await _read(request, tx, found)
    return _page(request, whole, form_of(whole.product))


@post(
    f"{PATH}/{{product_id:str}}",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def save_product(request: AnyRequest, product_id: str) -> Response[bytes]:
    """Write what was changed in the form; what somebody else changed meanwhile is compared."""
    found = decode("product", product_id, field="product_id")
    form, db = chosen(one_line_end(await read_form(request)), list(NAMES)), shop(request).db
    version = whole_number(form["version"], least=0, most=_MOST_VERSIONS)
    try:
        fields = checked(changed_fields(form))
        async with db.transaction() as tx:
            await _write(request, tx, found, fields, version or 0)
    except catalog.CatalogVersionConflict as refusal:
        async with db.reading() as tx:
            whole = await _read(request, tx, found)
            labels = {name: say(request, label) for name, label in NAMES.items()}
            now = form_of(whole.product)
            clash = await clash_of(tx, product_id, labels, form, now)
        return _page(request, whole, clash.merged, refusal=refusal, clash=clash)
    except ArgosyError as refusal:
        async with db.reading() as tx:
            whole = await _read(request, tx, found)
        return _page(request, whole, form, refusal=refusal, opened=form)
    return lead_to(request, product_path(found), Notice(say(request, N_("Saved."))))


async def _write(
    request: AnyRequest, tx: Tx, product_id: UUID, fields: dict[str, Any], version: int
) -> None:
    before = await catalog.product_by_id(tx, product_id)
    change = ProductInput(**fields, replace=frozenset({"categories"}))
    after = await typed_products.update_product(tx, product_id, change, expected_version=version)
    old, new = changes(ProductView.of(before), ProductView.of(after), fields)
    if old != new:
        name = encode("product", product_id)
        await staff.audit(tx, actor(request), "product.changed", name, old, new)


def form_of(product: Product) -> dict[str, str]:
    """What the form holds for a product as it is."""
    row = product.row
    made = {name: getattr(row, name) for name in NAMES if name != "categories"}
    texts = {name: "" if value is None else str(value).strip() for name, value in made.items()}
    return texts | {"categories": "\n".join(product.categories)}


def changed_fields(form: Form) -> dict[str, object]:
    """The fields that differ from what the form was opened with."""
    fields: dict[str, object] = {}
    for name in NAMES:
        value = form[name]
        if value == form["opened." + name]:
            continue
        if name == "categories":
            fields[name] = [line.strip().strip("/") for line in value.split("\n") if line.strip()]
        else:
            fields[name] = value or ("" if name in _KEPT_WHEN_EMPTY else None)
    return fields


def one_line_end(form: Form) -> Form:
    """The form with lines that end as they are stored."""
    return Form({name: value.replace("\r\n", "\n") for name, value in form.items()})


async def _read(request: AnyRequest, tx: Tx, product_id: UUID) -> Whole:
    product = await catalog.product_by_id(tx, product_id)
    scores = {one.channel_id: one for one in await producttypes.scores_of(tx, [product_id])}
    shown = {one.channel_id: one for one in product.publications}
    places = [
        _place(one, shown.get(one.id), scores.get(one.id), tx.now)
        for one in await channels.list_channels(tx)
    ]
    variants = await variants_shown(request, tx, product_id, cursor=None, limit=_FEW_VARIANTS)
    known: dict[str, AttributeDefinition] = {}
    if product.row.attributes or any(one.lacks for one in scores.values()):
        known = {one.code: one for one in await catalog.list_attributes(tx)}
    places = [_lacking(request, one, product, variants, known) for one in places]
    own_fields = await held_fields(request, tx, "product", product_id)
    return Whole(product, places, variants, known, own_fields, await _known_types(tx))


async def _known_types(tx: Tx) -> list[tuple[str, str]]:
    return [(one.code, one.label) for one in await producttypes.list_types(tx)]


def _lacking(
    request: AnyRequest,
    place: Place,
    product: Product,
    variants: Shown,
    known: Mapping[str, AttributeDefinition],
) -> Place:
    """The place with what the product lacks there, by name; what its variants lack is filled in
    with the only one, or chosen from their list.
    """
    path = product_path(product.row.id)
    one = variants.rows[0] if product.variant_count == 1 else None
    found = []
    for lack in place.score.lacks if place.score else ():
        if lack.built_in:
            found.append((say(request, BUILT_IN[lack.what]), path + _FILLED_IN_AT[lack.what]))
            continue
        definition = known.get(lack.what)
        here = path
        if definition is not None and definition.level == "variant":
            here = f"{VARIANTS}/{one.id}" if one else ""
        link = value_link(here, lack.what) if here else f"{path}/variants"
        found.append((definition.label if definition else lack.what, link))
    return place._replace(lacks=found)


def _place(
    channel: Channel, publication: Publication | None, score: ProductScore | None, now: datetime
) -> Place:
    zone = ZoneInfo(channel.time_zone)

    def local(at: datetime | None) -> str:
        if at is None:
            return ""
        return at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes")

    return Place(
        encode("channel", channel.id),
        channel,
        publication,
        publication is not None
        and publication.publish_from <= now
        and (publication.publish_until is None or now < publication.publish_until),
        local(publication.publish_from if publication else None),
        local(publication.publish_until if publication else None),
        score,
    )


def _page(
    request: AnyRequest,
    whole: Whole,
    form: Mapping[str, str],
    *,
    refusal: ArgosyError | None = None,
    clash: Clash | None = None,
    opened: Form | None = None,
) -> Response[bytes]:
    product = whole.product
    now = form_of(product)
    values = {
        "product": product.row,
        "path": product_path(product.row.id),
        "form": form,
        "opened": now if opened is None else {name: opened["opened." + name] for name in NAMES},
        "version": product.row.version if opened is None else opened["version"],
        "faults": catalog_faults(None if clash else refusal, list(NAMES)),
        "clash": clash,
        "places": whole.places,
        "pictures": [(encode("media", one.id), one) for one in product.media],
        "embedded": embedded_at,
        "direct": shop(request).settings.media_storage == "s3",
        "attributes": [
            _fact(request, whole.known.get(code), code, value)
            for code, value in sorted(product.row.attributes.items())
        ],
        "own_fields": whole.own_fields,
        "types": _types(whole.types, form["type_code"]),
        "shown": whole.variants,
        "variant_count": product.variant_count,
    }
    return admin_page(
        request,
        "admin/product.html",
        values,
        title=product.row.title,
        crumbs=[to_products(request)],
        refusal=refusal,
    )


def _fact(
    request: AnyRequest,
    known: AttributeDefinition | None,
    code: str,
    value: catalog.AttributeValue,
) -> tuple[str, str]:
    """What an attribute is called, and the beginning of its value."""
    kind = known.kind if known else "text"
    return known.label if known else code, shown_text(request, value, kind)[:200]


def _types(known: Sequence[tuple[str, str]], chosen: str) -> list[tuple[str, str]]:
    """The types to choose from, with the chosen one even if it is none of them."""
    found = dict(known)
    if chosen:
        found.setdefault(chosen, chosen)
    return [("", "–"), *found.items()]


@get(f"{PATH}/new", include_in_schema=False, guards=[may("catalog:write")])
async def new_product(request: AnyRequest) -> Response[bytes]:
    """The form of a new product."""
    return await _new(request, Form(), None)


@post(f"{PATH}/new", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def add_product(request: AnyRequest) -> Response[bytes]:
    """Make a product with its first variant, as a draft. The SKU makes a second sending fail."""
    form = one_line_end(await read_form(request))
    typed = {name: form[name] for name in _NEW if name != "sku" and form[name]}
    try:
        fields = checked({"title": form["title"], "status": "draft"} | typed)
        first = VariantInput(**variant_forms.checked({"sku": form["sku"]}))
        async with shop(request).db.transaction() as tx:
            wanted = ProductInput(**fields, variants=(first,))
            product = await typed_products.create_product(tx, wanted)
            name = encode("product", product.row.id)
            shown = {"slug": product.row.slug, "title": product.row.title}
            await staff.audit(tx, actor(request), "product.created", name, None, shown)
    except ArgosyError as refusal:
        return await _new(request, form, refusal)
    said = say(request, N_("The draft is made. Give it pictures and a price, then show it."))
    return lead_to(request, product_path(product.row.id), Notice(said))


async def _new(request: AnyRequest, form: Form, refusal: ArgosyError | None) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        types = _types(await _known_types(tx), form["type_code"])
    values = {"form": form, "types": types, "faults": catalog_faults(refusal, list(_NEW))}
    return admin_page(
        request,
        "admin/product_new.html",
        values,
        title=say(request, N_("New product")),
        crumbs=[to_products(request)],
        refusal=refusal,
    )


@get(f"{PATH}/{{product_id:str}}/delete", include_in_schema=False, guards=[may("catalog:write")])
async def ask_delete(request: AnyRequest, product_id: str) -> Response[bytes]:
    """Ask before a product goes for good; where something forbids it, say what."""
    found = decode("product", product_id, field="product_id")
    async with shop(request).db.reading() as tx:
        product = await catalog.product_by_id(tx, found)
        kept = await kept_variants(tx, found, limit=_MOST_KEPT + 1)
    title = say(request, N_("Delete %(title)s"), title=product.row.title)
    crumbs = [to_products(request), Crumb(product.row.title, product_path(found))]
    if kept:
        values = {
            "kept": [
                (one.sku, [say(request, AGAINST[why]) for why in one.reasons])
                for one in kept[:_MOST_KEPT]
            ],
            "more": len(kept) > _MOST_KEPT,
            "archived": product.row.status == "archived",
            "path": product_path(found),
        }
        return admin_page(request, "admin/product_kept.html", values, title=title, crumbs=crumbs)
    says = [
        say(
            request,
            N_("The product and its %(count)s variants are removed for good, with their prices."),
            count=product.variant_count,
        ),
        say(
            request, N_("Orders keep what they copied of it. Its address answers that it is gone.")
        ),
        say(request, N_("To stop selling it and keep it, archive it instead.")),
    ]
    return confirm_page(
        request,
        title=title,
        says=says,
        path=f"{product_path(found)}/delete",
        back=product_path(found),
        button=say(request, N_("Delete for good")),
        fields={"version": str(product.row.version)},
        typed=product.row.slug,
        crumbs=crumbs,
    )


@post(
    f"{PATH}/{{product_id:str}}/delete",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def delete_product(request: AnyRequest, product_id: str) -> Response[bytes]:
    """Remove a product as it was seen, when its slug was typed and nothing forbids it."""
    found = decode("product", product_id, field="product_id")
    form = await read_form(request)
    async with shop(request).db.reading() as tx:
        slug = (await catalog.product_by_id(tx, found)).row.slug
    if form["typed"] != slug:
        said = say(request, N_("Nothing is deleted: the slug was not typed as it is."))
        return lead_to(request, product_path(found), Notice(said, "bad"))
    version = whole_number(form["version"], least=0, most=_MOST_VERSIONS)
    try:
        await ask(request, delete_by_api, product_id=product_id, version=version or 0)
    except VariantKept:
        return lead_to(request, f"{product_path(found)}/delete")
    return lead_to(request, PATH, Notice(say(request, N_("The product is deleted."))))


ROUTES: list[HTTPRouteHandler] = [
    show_product,
    save_product,
    new_product,
    add_product,
    ask_delete,
    delete_product,
]
