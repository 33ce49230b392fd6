"""Many variants of a product at once: changed in one call, and what other options would make."""

from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from litestar import Request, Response, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from msgspec import UNSET, Meta

from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, staff
from argosy.modules.catalog import Option, OptionMatrix, Product, ProductInput, Variant
from argosy.modules.catalog import VariantInput as Input
from argosy.runtime.db import Tx
from argosy.web.api.admin.catalog import REFUSALS
from argosy.web.api.admin.catalog_views import VariantBody, VariantView, changes, given
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.workflows import typed_products

AnyRequest = Request[Any, Any, Any]
MOST_CHANGES = 500


class VariantChange(VariantBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A variant of the product, and what changes of it. Left out: kept; null: cleared."""

    id: Annotated[str, Meta(max_length=60)]


class VariantChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of variants of one product, each variant once."""

    variants: Annotated[tuple[VariantChange, ...], Meta(min_length=1, max_length=MOST_CHANGES)]


class ChangedVariant(msgspec.Struct, frozen=True, kw_only=True):
    """A variant after the call. `changed` false: it was so already, and its version stays."""

    id: str
    sku: str
    version: int
    changed: bool


class VariantsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each variant, in the order of the request, and the product's new version."""

    product_version: int
    variants: list[ChangedVariant]


@patch(
    "/admin/v1/products/{product_id:str}/variants",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        catalog.ProductNotFound,
        catalog.VariantNotFound,
        catalog.CatalogVersionConflict,
        *REFUSALS,
    ],
    responses={200: ResponseSpec(data_container=VariantsChanged, description="All are written.")},
    example={"variants": [{"id": "var_00000000000000000000000001", "weight_g": 560}]},
)
async def change_variants(
    request: AnyRequest,
    product_id: str,
    data: VariantChanges,
    if_match: RequiredIfMatch,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Change up to 500 variants of a product, all or none. What is left out of a variant stays,
    null clears. `If-Match` is the version of the product; what is wrong is told at its place
    (`variants[3].gtin`). Variants may exchange their options in one call.
    """
    found, version = decode("product", product_id, field="product_id"), expected_version(request)

    async def run(tx: Tx) -> tuple[Product, list[ChangedVariant]]:
        return await _changed(tx, request, found, version, data.variants)

    def show(result: tuple[Product, list[ChangedVariant]]) -> VariantsChanged:
        return VariantsChanged(product_version=result[0].row.version, variants=result[1])

    def headers(result: tuple[Product, list[ChangedVariant]]) -> dict[str, str]:
        return {"ETag": version_tag(result[0].row.version)}

    return await once(request, run, show=show, status=200, headers=headers)


async def _changed(
    tx: Tx,
    request: AnyRequest,
    product_id: UUID,
    version: int | None,
    wanted: tuple[VariantChange, ...],
) -> tuple[Product, list[ChangedVariant]]:
    """Write the changes; the product, and what became of each variant. The number of statements
    does not depend on that of the variants.
    """
    ids = [decode("variant", one.id, field=f"variants[{n}].id") for n, one in enumerate(wanted)]
    product = await catalog.product_by_id(tx, product_id)
    before = await _of_product(tx, product_id, ids)
    shown = {encode("media", one.id): one.storage_key for one in product.media}
    inputs = []
    for number, (variant_id, one) in enumerate(zip(ids, wanted, strict=True)):
        fields = given(one)
        fields.pop("id")
        media = fields.pop("media_id", UNSET)
        if isinstance(media, str) and media not in shown:
            message = "It is none of the photographs of the product."
            raise catalog.CatalogInputInvalid(message, field=f"variants[{number}].media_id")
        media = shown[media] if isinstance(media, str) else media
        inputs.append(Input(**fields, media=media, id=variant_id))
    await _check_skus(tx, inputs)
    change = ProductInput(variants=tuple(inputs))
    after = await typed_products.update_product(tx, product_id, change, expected_version=version)
    now = await _of_product(tx, product_id, ids)
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for one in wanted:
        was, became = changes(
            VariantView.of(before[one.id]), VariantView.of(now[one.id]), given(one)
        )
        if was != became:
            old[one.id], new[one.id] = was, became
    if new:
        subject = encode("product", product_id)
        await staff.audit(tx, actor(request), "variants.changed", subject, old, new)
    return after, [
        ChangedVariant(
            id=one.id,
            sku=now[one.id].sku,
            version=now[one.id].version,
            changed=now[one.id].version != before[one.id].version,
        )
        for one in wanted
    ]


async def _check_skus(tx: Tx, inputs: list[Input]) -> None:
    """Name the place of a SKU that another variant has. Raises SkuTaken."""
    given_skus = {n: one.sku for n, one in enumerate(inputs) if isinstance(one.sku, str)}
    taken = await catalog.variant_ids_by_sku(tx, list(given_skus.values())) if given_skus else {}
    for number, sku in given_skus.items():
        if taken.get(catalog.sku_key(sku), inputs[number].id) != inputs[number].id:
            message = f"Another variant has the SKU {sku!r}."
            raise catalog.SkuTaken(message, field=f"variants[{number}].sku")


async def _of_product(tx: Tx, product_id: UUID, ids: list[UUID]) -> dict[str, Variant]:
    """The variants by their public ids. Raises VariantNotFound for one of another product."""
    found = {
        one.id: one
        for one in await catalog.variants_by_ids(tx, ids)
        if one.product_id == product_id
    }
    for number, variant_id in enumerate(ids):
        if variant_id not in found:
            message = "There is no such variant of this product."
            raise catalog.VariantNotFound(message, field=f"variants[{number}].id")
    return {encode("variant", one.id): one for one in found.values()}


class OptionPreviewBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options that the product could have, in display order, and how many of each kind to name."""

    options: Annotated[tuple[Option, ...], Meta(max_length=5)]
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class MatrixVariantView(msgspec.Struct, frozen=True, kw_only=True):
    """A variant with its options as they are now."""

    id: str
    sku: str
    options: dict[str, str]

    @classmethod
    def of(cls, one: catalog.MatrixVariant) -> Self:
        """As answers show it."""
        return cls(id=encode("variant", one.id), sku=one.sku, options=one.options)


class OptionPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What the options would make of the active variants of the product: how many fit as they are
    (`keeps`), how many combinations no variant has (`makes`; a product need not have them all), how
    many variants lack a value of an option (`lacks`), and how many have an option or a value that
    would be no longer (`drops`). The first of each are named, in display order.
    """

    keeps: int
    makes: int
    lacks: int
    drops: int
    missing: list[dict[str, str]]
    lacking: list[MatrixVariantView]
    dropped: list[MatrixVariantView]

    @classmethod
    def of(cls, found: OptionMatrix) -> Self:
        """As answers show it."""
        return cls(
            keeps=found.keeps,
            makes=found.makes,
            lacks=found.lacks,
            drops=found.drops,
            missing=list(found.missing),
            lacking=[MatrixVariantView.of(one) for one in found.lacking],
            dropped=[MatrixVariantView.of(one) for one in found.dropped],
        )


@post(
    "/admin/v1/products/{product_id:str}/option-preview",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    status_code=200,
    problems=[catalog.ProductNotFound, catalog.CatalogInputInvalid],
    example={
        "options": [
            {"name": "Size", "values": ["S", "M", "L"]},
            {"name": "Colour", "values": ["Red"]},
        ]
    },
)
async def preview_options(
    request: AnyRequest, product_id: str, data: OptionPreviewBody
) -> OptionPreview:
    """What other options would make, keep and drop of the variants of a product; nothing is
    written. Of matrices of more than 20,000 combinations, `missing` names some of the first.
    """
    found = decode("product", product_id, field="product_id")
    async with shop(request).db.reading() as tx:
        matrix = await catalog.option_matrix(tx, found, data.options, limit=data.limit)
    return OptionPreview.of(matrix)


ROUTES: list[HTTPRouteHandler] = [change_variants, preview_options]
