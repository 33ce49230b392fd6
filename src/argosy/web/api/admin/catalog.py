"""Products and their variants, publications and media, as the administration changes them."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from msgspec import UNSET, UnsetType

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import catalog, channels, inventory, pricing, staff
from argosy.modules.catalog import (
    Product,
    ProductInput,
    ProductStatus,
    PublicationInput,
    Variant,
    VariantInput,
)
from argosy.modules.fields import FilterInvalid
from argosy.modules.paths import Thing
from argosy.runtime.db import Tx
from argosy.web.api.admin.catalog_views import (
    ExpandedVariantView,
    NewProduct,
    ProductBody,
    ProductView,
    VariantBody,
    VariantView,
    changes,
    given,
)
from argosy.web.api.admin.completeness import least_complete
from argosy.web.api.admin.endings import (
    ENDING_REFUSALS,
    MovedTo,
    Replacement,
    ending_of,
    shown_ending,
)
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, is_fresh, version_tag
from argosy.web.field_filters import field_filters, found_by_fields
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit
from argosy.web.sorting import ProductSort, SortUnfitting, check_alone, products_sorted
from argosy.web.sparse import ExpandUnknown, expand_parameter, expansions
from argosy.workflows import removing, typed_products
from argosy.workflows.addressing import end_thing

AnyRequest = Request[Any, Any, Any]
ProductMade = {201: ResponseSpec(data_container=ProductView, description="The new product.")}
VariantMade = {201: ResponseSpec(data_container=VariantView, description="The new variant.")}
REFUSALS = [
    catalog.CatalogInputInvalid,
    catalog.SkuTaken,
    catalog.SlugTaken,
    catalog.ExternalIdTaken,
    catalog.VariantOptionsTaken,
]

StatusFilter = Annotated[ProductStatus | None, Parameter(description="Only products so marked.")]
Search = Annotated[
    str | None,
    Parameter(query="q", max_length=200, description="The beginning of a title or of a SKU."),
]
CategoryFilter = Annotated[
    str | None, Parameter(max_length=60, description="Only products in this very category.")
]


CompletenessFilter = Annotated[
    int | None, Parameter(ge=1, le=101, description="Only products with a lower score.")
]
ChannelFilter = Annotated[
    str | None, Parameter(max_length=60, description="The channel of the score: its id or code.")
]


class PublicationBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When to show a product in a channel: from `publish_from` (null: now) until `publish_until`
    (null: for good), which is no longer part of it. Times without an offset are in the time zone of
    the channel.
    """

    publish_from: datetime | UnsetType | None = UNSET
    publish_until: datetime | UnsetType | None = UNSET


@get(
    "/admin/v1/products",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[
        catalog.CatalogInputInvalid,
        channels.ChannelNotFound,
        FilterInvalid,
        SortUnfitting,
    ],
)
async def list_products(  # noqa: PLR0917 - the filters of a list
    request: AnyRequest,
    limit: Limit = 24,
    cursor: CursorText = None,
    status: StatusFilter = None,
    search: Search = None,
    category_id: CategoryFilter = None,
    completeness_lt: CompletenessFilter = None,
    channel: ChannelFilter = None,
    sort: ProductSort = "newest",
) -> Page[ProductView]:
    """Products, the newest first; with `sort` by `title`, or the latest changed (`updated`) first,
    of all products or of a `status`. With `completeness_lt` and `channel`, those whose score in the
    channel is lower, the least complete first; what they lack: `/admin/v1/incomplete-products`.
    `field.<code>=<value>` (or `.min`, `.max`) narrows by up to five custom fields
    at once, without other filters.
    """
    if by_fields := field_filters(request):
        async with shop(request).db.reading() as tx:
            ids, following = await found_by_fields(
                tx, "product", by_fields, limit=limit, cursor=cursor
            )
            by_id = {p.row.id: p for p in await catalog.products_by_ids(tx, ids)}
        shown = [ProductView.of(by_id[i]) for i in ids if i in by_id]
        return Page(items=shown, next_cursor=following)
    if completeness_lt is not None or channel is not None:
        if completeness_lt is None or channel is None or status or search or category_id:
            raise catalog.CatalogInputInvalid(
                "`completeness_lt` and `channel` go together, without other filters.",
                field="channel" if channel is None else "completeness_lt",
            )
        async with shop(request).db.reading() as tx:
            rows, following = await least_complete(
                tx, channel, below=completeness_lt, type_code=None, limit=limit, cursor=cursor
            )
            found = {
                p.row.id: p
                for p in await catalog.products_by_ids(tx, [row.product_id for row in rows])
            }
        listed = [found[row.product_id] for row in rows if row.product_id in found]
        return Page(items=[ProductView.of(p) for p in listed], next_cursor=following)
    category = decode("category", category_id, field="category_id") if category_id else None
    if sort != "newest":
        check_alone(q=search, category_id=category_id)
        async with shop(request).db.reading() as tx:
            page = await products_sorted(tx, sort, status=status, cursor=cursor, limit=limit)
        return Page(items=[ProductView.of(p) for p in page.items], next_cursor=page.next_cursor)
    async with shop(request).db.reading() as tx:
        page = await catalog.list_products(
            tx, status=status, search=search, category_id=category, cursor=cursor, limit=limit
        )
    return Page(items=[ProductView.of(p) for p in page.items], next_cursor=page.next_cursor)


@post(
    "/admin/v1/products",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=REFUSALS,
    responses=ProductMade,
    example={
        "title": "Ridge Wool Hoodie",
        "slug": "ridge-wool-hoodie",
        "status": "active",
        "options": [{"name": "Size", "values": ["S", "M"]}],
        "attributes": {"material": ["Wool"], "care": "Machine wash"},
        "variants": [{"sku": "RIDGE-S", "options": {"Size": "S"}, "weight_g": 540}],
    },
)
async def create_product(
    request: AnyRequest, data: NewProduct, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Make a product, with up to 250 variants at once; more are added one by one or imported."""
    fields = given(data)
    variants = tuple(_variant_input(v, {}) for v in fields.pop("variants", ()))
    wanted = ProductInput(**fields, variants=variants or UNSET)

    async def run(tx: Tx) -> Product:
        product = await typed_products.create_product(tx, wanted)
        subject = encode("product", product.row.id)
        shown = {"slug": product.row.slug, "title": product.row.title}
        await staff.audit(tx, actor(request), "product.created", subject, None, shown)
        return product

    return await once(request, run, show=ProductView.of, headers=_product_headers)


@get(
    "/admin/v1/products/{product_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[catalog.ProductNotFound],
)
async def get_product(request: AnyRequest, product_id: str) -> Response[ProductView]:
    """A product without its variants."""
    found = decode("product", product_id, field="product_id")
    async with shop(request).db.reading() as tx:
        product = await catalog.product_by_id(tx, found)
    tag = version_tag(product.row.version)
    if is_fresh(request, tag):
        return Response(None, status_code=304, headers={"ETag": tag})  # type: ignore[arg-type]
    return _tagged(product)


@patch(
    "/admin/v1/products/{product_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.ProductNotFound, catalog.CatalogVersionConflict, *REFUSALS],
    example={"title": "Ridge Wool Hoodie", "brand": "Luma", "categories": ["hoodies"]},
)
async def change_product(
    request: AnyRequest, product_id: str, data: ProductBody, if_match: RequiredIfMatch
) -> Response[ProductView]:
    """Change a product. What is left out stays; null clears; an empty list removes all."""
    found, version = decode("product", product_id, field="product_id"), expected_version(request)
    fields = given(data)
    change = ProductInput(**fields, replace=frozenset({"categories"}))
    async with shop(request).db.transaction() as tx:
        before = await catalog.product_by_id(tx, found)
        after = await typed_products.update_product(tx, found, change, expected_version=version)
        old, new = changes(ProductView.of(before), ProductView.of(after), fields)
        if old != new:
            await staff.audit(tx, actor(request), "product.changed", product_id, old, new)
    return _tagged(after)


@delete(
    "/admin/v1/products/{product_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        catalog.ProductNotFound,
        catalog.CatalogVersionConflict,
        removing.VariantKept,
        *ENDING_REFUSALS,
    ],
)
async def delete_product(
    request: AnyRequest,
    product_id: str,
    if_match: RequiredIfMatch,
    moved_to: MovedTo = None,
    replacement: Replacement = None,
) -> None:
    """Remove a product and its variants for good. Orders keep what they copied of it. Its paths
    answer that it is gone (410), unless you say what they lead to. Refused while stock, promises,
    their history or kits hang on a variant: archive it then.
    """
    ending = ending_of(moved_to, replacement)
    found, version = decode("product", product_id, field="product_id"), expected_version(request)
    async with shop(request).db.transaction() as tx:
        before = await catalog.product_by_id(tx, found)
        await removing.delete_product(tx, found, expected_version=version)
        await end_thing(tx, Thing(kind="product", id=found), ending)
        gone = {"slug": before.row.slug, "title": before.row.title, **shown_ending(ending)}
        await staff.audit(tx, actor(request), "product.deleted", product_id, gone)


@put(
    "/admin/v1/products/{product_id:str}/publications/{channel_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.ProductNotFound, channels.ChannelNotFound, catalog.CatalogInputInvalid],
    example={"publish_from": "2026-12-01T00:00:00", "publish_until": None},
)
async def publish_product(
    request: AnyRequest, product_id: str, channel_id: str, data: PublicationBody
) -> Response[ProductView]:
    """Show a product in a channel, now or in a window. Repeating it changes nothing."""
    found = decode("product", product_id, field="product_id")
    where = decode("channel", channel_id, field="channel_id")
    async with shop(request).db.transaction() as tx:
        zone = (await channels.channel_by_id(tx, where)).time_zone
        entry = PublicationInput(
            channel_id=where,
            publish_from=_market_time(data.publish_from, zone),
            publish_until=_market_time(data.publish_until, zone),
        )
        before = await catalog.product_by_id(tx, found)
        product = await typed_products.publish_product(tx, found, [entry])
        if product.row.version != before.row.version:
            shown = {"channel_id": channel_id, **msgspec.to_builtins(data)}
            await staff.audit(tx, actor(request), "product.published", product_id, None, shown)
    return _tagged(product)


@delete(
    "/admin/v1/products/{product_id:str}/publications/{channel_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.ProductNotFound],
)
async def unpublish_product(request: AnyRequest, product_id: str, channel_id: str) -> None:
    """Show a product in a channel no longer. Nothing happens where it is not shown."""
    found = decode("product", product_id, field="product_id")
    where = decode("channel", channel_id, field="channel_id")
    async with shop(request).db.transaction() as tx:
        before = await catalog.product_by_id(tx, found)
        product = await catalog.unpublish_product(tx, found, [where])
        if product.row.version != before.row.version:
            gone = {"channel_id": channel_id}
            await staff.audit(tx, actor(request), "product.unpublished", product_id, gone)


PARTS = {"prices": "prices:read", "stock": "inventory:read"}
"""What `expand` may name on the list of variants, and the scope that each needs."""

Expand = Annotated[
    str | None,
    expand_parameter(
        prices="their prices in every list, past and future ones too (needs `prices:read`)",
        stock="their levels at every location (needs `inventory:read`)",
    ),
]


@get(
    "/admin/v1/products/{product_id:str}/variants",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[catalog.ProductNotFound, ExpandUnknown],
)
async def list_variants(
    request: AnyRequest,
    product_id: str,
    limit: Limit = 50,
    cursor: CursorText = None,
    expand: Expand = None,
) -> Page[ExpandedVariantView]:
    """The variants of a product, in display order."""
    found = decode("product", product_id, field="product_id")
    parts = expansions(expand, allowed=frozenset(PARTS))
    for part in sorted(parts):
        staff.check_allowed(actor(request), PARTS[part])
    async with shop(request).db.reading() as tx:
        await catalog.product_by_id(tx, found)
        page = await catalog.variants_of(tx, found, cursor=cursor, limit=limit)
        ids = [variant.id for variant in page.items]
        prices = await pricing.prices_of_variants(tx, ids) if "prices" in parts else None
        levels = await inventory.levels_of(tx, ids) if "stock" in parts else None
    shown = [ExpandedVariantView.expanded(v, prices, levels) for v in page.items]
    return Page(items=shown, next_cursor=page.next_cursor)


@post(
    "/admin/v1/products/{product_id:str}/variants",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.ProductNotFound, *REFUSALS],
    responses=VariantMade,
    example={"sku": "RIDGE-L", "options": {"Size": "L"}, "weight_g": 560},
)
async def add_variant(
    request: AnyRequest, product_id: str, data: VariantBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Add a variant; values that its options bring are added to the product's options."""
    found = decode("product", product_id, field="product_id")

    async def run(tx: Tx) -> Variant:
        wanted = _variant_input(data, await _media_keys(tx, data))
        variant = await typed_products.add_variant(tx, found, wanted)
        subject, shown = encode("variant", variant.id), {"sku": variant.sku}
        await staff.audit(tx, actor(request), "variant.created", subject, None, shown)
        return variant

    return await once(request, run, show=VariantView.of, headers=_variant_headers)


@get(
    "/admin/v1/variants/{variant_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[catalog.VariantNotFound],
)
async def get_variant(request: AnyRequest, variant_id: str) -> Response[VariantView]:
    """A variant."""
    found = decode("variant", variant_id, field="variant_id")
    async with shop(request).db.reading() as tx:
        variant = await catalog.variant_by_id(tx, found)
    return Response(VariantView.of(variant), headers=_variant_headers(variant))


@patch(
    "/admin/v1/variants/{variant_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.VariantNotFound, catalog.CatalogVersionConflict, *REFUSALS],
    example={"weight_g": 560, "gtin": "4006381333931"},
)
async def change_variant(
    request: AnyRequest, variant_id: str, data: VariantBody, if_match: RequiredIfMatch
) -> Response[VariantView]:
    """Change a variant. What is left out stays, null clears."""
    found, version = decode("variant", variant_id, field="variant_id"), expected_version(request)
    async with shop(request).db.transaction() as tx:
        before = await catalog.variant_by_id(tx, found)
        change = _variant_input(data, await _media_keys(tx, data))
        after = await typed_products.update_variant(tx, found, change, expected_version=version)
        old, new = changes(VariantView.of(before), VariantView.of(after), given(data))
        if old != new:
            await staff.audit(tx, actor(request), "variant.changed", variant_id, old, new)
    return Response(VariantView.of(after), headers=_variant_headers(after))


@delete(
    "/admin/v1/variants/{variant_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.VariantNotFound, catalog.CatalogVersionConflict, removing.VariantKept],
)
async def delete_variant(request: AnyRequest, variant_id: str, if_match: RequiredIfMatch) -> None:
    """Remove a variant for good. To stop selling one and keep its history, archive it; where stock,
    promises, their history or kits hang on it, nothing else is possible.
    """
    found, version = decode("variant", variant_id, field="variant_id"), expected_version(request)
    async with shop(request).db.transaction() as tx:
        before = await catalog.variant_by_id(tx, found)
        await removing.delete_variant(tx, found, expected_version=version)
        gone = {"sku": before.sku}
        await staff.audit(tx, actor(request), "variant.deleted", variant_id, gone)


async def _media_keys(tx: Tx, data: VariantBody) -> dict[str, str]:
    """The storage key of the photograph that the body names. Raises MediaNotFound."""
    if not isinstance(data.media_id, str):
        return {}
    media = await catalog.media_by_id(tx, decode("media", data.media_id, field="media_id"))
    return {data.media_id: media.storage_key}


def _variant_input(data: VariantBody, media_keys: dict[str, str]) -> VariantInput:
    fields = given(data)
    media_id = fields.pop("media_id", UNSET)
    media = media_keys.get(media_id, media_id) if isinstance(media_id, str) else media_id
    return VariantInput(**fields, media=media)


def _market_time(at: datetime | UnsetType | None, zone: str) -> datetime | UnsetType | None:
    return catalog.market_instant(at, zone) if isinstance(at, datetime) else at


def _tagged(product: Product) -> Response[ProductView]:
    return Response(ProductView.of(product), headers=_product_headers(product))


def _product_headers(product: Product) -> dict[str, str]:
    return {"ETag": version_tag(product.row.version)}


def _variant_headers(variant: Variant) -> dict[str, str]:
    return {"ETag": version_tag(variant.version)}


ROUTES: list[HTTPRouteHandler] = [
    list_products,
    create_product,
    get_product,
    change_product,
    delete_product,
    publish_product,
    unpublish_product,
    list_variants,
    add_variant,
    get_variant,
    change_variant,
    delete_variant,
]
