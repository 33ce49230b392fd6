"""Photographs and files, as the administration uploads and describes them."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from msgspec import UNSET, Meta, UnsetType

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import catalog, staff
from argosy.modules.catalog import MediaInput
from argosy.web.api.admin.catalog_views import MediaView, changes, given
from argosy.web.api.admin.uploading import FileUpload, discard, received
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.paging import CursorText, Limit

AnyRequest = Request[Any, Any, Any]
MAX_MEDIA_BYTES = 25 * 1024 * 1024
AltText = Annotated[str, Meta(max_length=1000)]


class MediaBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change. `product_id` shows it with a product, at the end; null takes it off."""

    alt: AltText | UnsetType | None = UNSET
    position: Annotated[int, Meta(ge=0, le=1_000_000)] | UnsetType = UNSET
    product_id: str | UnsetType | None = UNSET


@get(
    "/admin/v1/media",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def list_media(
    request: AnyRequest, limit: Limit = 24, cursor: CursorText = None
) -> Page[MediaView]:
    """Photographs and files, the newest first."""
    async with shop(request).db.reading() as tx:
        page = await catalog.list_media(tx, cursor=cursor, limit=limit)
    return Page(items=[MediaView.of(m) for m in page.items], next_cursor=page.next_cursor)


@post(
    "/admin/v1/media",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    operation_class=FileUpload,
    request_max_body_size=None,
    problems=[catalog.ProductNotFound],
    responses={201: ResponseSpec(data_container=MediaView, description="The stored file.")},
)
async def upload_media(
    request: AnyRequest,
    alt: Annotated[str, Parameter(max_length=1000, description="Alternative text.")] = "",
    file_name: Annotated[
        str | None, Parameter(max_length=500, description="What the file was called.")
    ] = None,
    product_id: Annotated[
        str | None, Parameter(max_length=60, description="The product to show it with.")
    ] = None,
) -> Response[MediaView]:
    """Upload a JPEG, PNG, WebP, GIF or PDF of at most 25 MB as the body of the request.

    Its type is read from its bytes, and place, camera and comments are taken out of photographs.
    Uploading the same file twice makes two entries of one stored file.
    """
    app = shop(request)
    product = decode("product", product_id, field="product_id") if product_id else None
    path = await received(request, MAX_MEDIA_BYTES)
    try:
        stored = await app.storage.put(await asyncio.to_thread(path.read_bytes))
    finally:
        discard(path)
    entry = MediaInput(
        storage_key=stored.key,
        sha256=stored.sha256,
        content_type=stored.content_type,
        byte_size=stored.byte_size,
        width=stored.width,
        height=stored.height,
        kind=stored.kind,
        source=file_name,
        alt=alt,
    )
    async with app.db.transaction() as tx:
        media = await catalog.register_media(tx, entry)
        if product:
            media = await catalog.update_media(tx, media.id, product_id=product)
        subject, shown = encode("media", media.id), {"key": stored.key, "source": file_name}
        await staff.audit(tx, actor(request), "media.uploaded", subject, None, shown)
    return Response(MediaView.of(media), status_code=201)


@patch(
    "/admin/v1/media/{media_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.MediaNotFound, catalog.ProductNotFound, catalog.MediaRepeated],
    example={"alt": "Ridge Wool Hoodie in black", "position": 0},
)
async def change_media(request: AnyRequest, media_id: str, data: MediaBody) -> MediaView:
    """Change the alternative text, the place, or the product of a photograph."""
    found, fields = decode("media", media_id, field="media_id"), given(data)
    if isinstance(data.product_id, str):
        fields["product_id"] = decode("product", data.product_id, field="product_id")
    async with shop(request).db.transaction() as tx:
        before = await catalog.media_by_id(tx, found)
        after = await catalog.update_media(tx, found, **fields)
        old, new = changes(MediaView.of(before), MediaView.of(after), None)
        if old != new:
            await staff.audit(tx, actor(request), "media.changed", media_id, old, new)
    return MediaView.of(after)


@delete(
    "/admin/v1/media/{media_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.MediaNotFound],
)
async def delete_media(request: AnyRequest, media_id: str) -> None:
    """Take a photograph off its product and variants. The stored file stays for old orders."""
    found = decode("media", media_id, field="media_id")
    async with shop(request).db.transaction() as tx:
        before = await catalog.media_by_id(tx, found)
        await catalog.delete_media(tx, found)
        gone = {"key": before.storage_key, "source": before.source}
        await staff.audit(tx, actor(request), "media.deleted", media_id, gone)


ROUTES: list[HTTPRouteHandler] = [list_media, upload_media, change_media, delete_media]
