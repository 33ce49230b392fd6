"""Brands as the administration sees and describes them. They come with products."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from msgspec import UNSET, Meta, UnsetType

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import brands, catalog, staff
from argosy.modules.brands import Brand, BrandFields
from argosy.runtime.db import Tx
from argosy.web.api.admin.catalog_views import given
from argosy.web.api.admin.endings import (
    ENDING_REFUSALS,
    MovedTo,
    Replacement,
    ending_of,
    shown_ending,
)
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows import branding

AnyRequest = Request[Any, Any, Any]


class BrandBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a brand; what is left out stays. Of the name, only the spelling."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")] | UnsetType = UNSET
    slug: (
        Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^/\s?#\\]+$")] | UnsetType
    ) = UNSET
    description: Annotated[str, Meta(max_length=20_000)] | UnsetType = UNSET
    media_id: str | UnsetType | None = UNSET
    seo_title: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    seo_description: Annotated[str, Meta(max_length=2000)] | UnsetType = UNSET


class NewBrand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new brand; a slug is made of the name unless given."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\w")]
    slug: Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^/\s?#\\]+$")] | None = None
    description: Annotated[str, Meta(max_length=20_000)] = ""


class AdminBrand(msgspec.Struct, frozen=True, kw_only=True):
    """A brand. Products whose brand text is `key`, but for case and spaces, are of it."""

    id: str
    key: str
    slug: str
    name: str
    description: str
    media_id: str | None
    seo_title: str
    seo_description: str
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, brand: Brand) -> "AdminBrand":
        """As answers show it."""
        return cls(
            **msgspec.structs.asdict(brand)
            | {
                "id": encode("brand", brand.id),
                "media_id": encode("media", brand.media_id) if brand.media_id else None,
            }
        )


def _shown(brand: Brand) -> dict[str, Any]:
    view = msgspec.to_builtins(AdminBrand.of(brand))
    return {k: v for k, v in view.items() if k not in {"created_at", "updated_at"}}


def _headers(brand: Brand) -> dict[str, str]:
    return {"ETag": version_tag(brand.version)}


@get(
    "/admin/v1/brands",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def list_brands(
    request: AnyRequest, limit: Limit = 50, cursor: CursorText = None
) -> Page[AdminBrand]:
    """All brands, by key."""
    filters = filters_of("admin-brands")
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await brands.list_brands(
            tx, after=None if keys is None else str(keys[0]), limit=limit + 1
        )
    return page_of(rows, limit=limit, filters=filters, keys=lambda b: (b.key,), show=AdminBrand.of)


@post(
    "/admin/v1/brands",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[brands.BrandExists, brands.BrandSlugTaken],
    responses={201: ResponseSpec(data_container=AdminBrand, description="The new brand.")},
    example={"name": "Ridge & Co"},
)
async def make_brand(
    request: AnyRequest, data: NewBrand, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Make a brand before a product has it. Others come with the first product that names them."""
    change = BrandFields(slug=data.slug or UNSET, description=catalog.sanitised(data.description))

    async def run(tx: Tx) -> Brand:
        made = await branding.make_brand(tx, data.name, change)
        subject = encode("brand", made.id)
        await staff.audit(tx, actor(request), "brand.created", subject, None, _shown(made))
        return made

    return await once(request, run, show=AdminBrand.of, headers=_headers)


@get(
    "/admin/v1/brands/{brand_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[brands.BrandNotFound],
)
async def get_brand(request: AnyRequest, brand_id: str) -> Response[AdminBrand]:
    """A brand."""
    async with shop(request).db.reading() as tx:
        found = await brands.brand_by_id(tx, decode("brand", brand_id, field="brand_id"))
    return Response(AdminBrand.of(found), headers=_headers(found))


@patch(
    "/admin/v1/brands/{brand_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        brands.BrandNotFound,
        brands.BrandNameDiffers,
        brands.BrandSlugTaken,
        brands.BrandVersionConflict,
        catalog.MediaNotFound,
    ],
    example={"description": "<p>Made for the cold since 1987.</p>"},
)
async def alter_brand(
    request: AnyRequest, brand_id: str, data: BrandBody, if_match: RequiredIfMatch
) -> Response[AdminBrand]:
    """Describe a brand, give it a logo or another slug; a former slug leads on."""
    found, version = decode("brand", brand_id, field="brand_id"), expected_version(request)
    fields = given(data)
    if isinstance(data.media_id, str):
        fields["media_id"] = decode("media", data.media_id, field="media_id")
    if isinstance(data.description, str):
        fields["description"] = catalog.sanitised(data.description)
    async with shop(request).db.transaction() as tx:
        before, one = await branding.change_brand(
            tx, found, BrandFields(**fields), expected_version=version
        )
        if before != one:
            old, new = _shown(before), _shown(one)
            await staff.audit(tx, actor(request), "brand.changed", brand_id, old, new)
    return Response(AdminBrand.of(one), headers=_headers(one))


@delete(
    "/admin/v1/brands/{brand_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[brands.BrandNotFound, brands.BrandVersionConflict, *ENDING_REFUSALS],
)
async def drop_brand(
    request: AnyRequest,
    brand_id: str,
    if_match: RequiredIfMatch,
    moved_to: MovedTo = None,
    replacement: Replacement = None,
) -> None:
    """Remove a brand that no product needs any more. The next change of a product that still has
    its name makes it anew.
    """
    ending = ending_of(moved_to, replacement)
    found, version = decode("brand", brand_id, field="brand_id"), expected_version(request)
    async with shop(request).db.transaction() as tx:
        gone = await branding.delete_brand(tx, found, ending, expected_version=version)
        shown = _shown(gone) | shown_ending(ending)
        await staff.audit(tx, actor(request), "brand.deleted", brand_id, shown)


ROUTES: list[HTTPRouteHandler] = [list_brands, make_brand, get_brand, alter_brand, drop_brand]
