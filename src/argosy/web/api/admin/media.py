"""Photographs and files, as the administration uploads and describes them."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from msgspec import UNSET, Meta, UnsetType

from argosy.kernel.errors import Invalid
from argosy.kernel.external_video import video_key
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import catalog, media, staff
from argosy.reads import media_use
from argosy.web.api.admin.catalog_views import MediaView, changes, given
from argosy.web.api.admin.uploading import FileUpload, received
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows.media_keeping import take_in_file
from argosy.workflows.renditions import note_entry

AnyRequest = Request[Any, Any, Any]
SAME_FILE_SHOWN = 100
AltText = Annotated[str, Meta(max_length=1000)]


Locale = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$", examples=["de-DE"])]
Share = Annotated[float, Meta(ge=0, le=1, examples=[0.5])]


class FocalBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shares of the width and height from the upper left, 0 to 1, kept to three decimals."""

    x: Share
    y: Share


class RenditionView(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that pages show in place of the original."""

    url: str
    width: int
    height: int
    format: Literal["avif", "webp", "jpeg"]
    crop: Literal["none", "square"]
    byte_size: int


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that shows a file, and its product, if it has one."""

    id: str
    product_id: str | None

    @classmethod
    def of(cls, entry: media_use.Entry) -> "EntryView":
        """As answers show it."""
        product = encode("product", entry.product_id) if entry.product_id else None
        return cls(id=encode("media", entry.id), product_id=product)


class MediaDetail(MediaView, frozen=True, kw_only=True):
    """An entry with what was made of its file.

    `state` is `waiting` while renditions are to be made, then `made`; `plain` for kinds that have
    none; `failed` when the picture cannot be drawn, for the reason in `fault`. `same_file` are
    the other entries that show the very same file.
    """

    state: Literal["waiting", "made", "plain", "failed"]
    fault: str | None
    focal: FocalBody | None
    colour: str | None
    blurhash: str | None
    renditions: list[RenditionView]
    same_file: list[EntryView]


class FileAlike(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a pair, and who shows it."""

    url: str
    entries: list[EntryView]


class PairView(msgspec.Struct, frozen=True, kw_only=True):
    """Two pictures that differ in `distance` of 64 bits: perhaps one photograph twice."""

    distance: int
    files: list[FileAlike]


class VideoBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A video at YouTube or Vimeo, by the address that its page has."""

    url: Annotated[str, Meta(max_length=500, examples=["https://vimeo.com/76979871"])]
    product_id: str | None = None
    alt: AltText = ""


class VideoRefused(Invalid):
    """The address is not one of a video at YouTube or Vimeo. Only these are taken, because a page
    that embeds any address would run anybody's program.
    """

    code = "media.video_refused"
    usual_cure = "Send the `https` address of a video at YouTube or Vimeo, or upload the video."


class MediaBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change. `product_id` shows it with a product, at the end; null takes it off.

    `alts` are texts by locale: those given are set, null takes one away. `focal` is the point that
    crops of this file must show, wherever it is shown; null: the middle.
    """

    alt: AltText | UnsetType | None = UNSET
    alts: Annotated[dict[Locale, AltText | None], Meta(max_length=100)] | UnsetType = UNSET
    focal: FocalBody | UnsetType | None = UNSET
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
    """Upload a picture (JPEG, PNG, WebP, GIF, SVG), video (MP4, WebM), model (GLB) or PDF.

    Send its bytes as the body: at most 25 MB, videos and models as much as
    `ARGOSY_UPLOAD_LIMIT_BYTES` says. Its type is read from its bytes; place, camera and comments
    are taken out; a picture that cannot be decoded whole is refused. The same file twice makes two
    entries of one stored file.
    """
    app = shop(request)
    product = decode("product", product_id, field="product_id") if product_id else None
    async with received(request, app.settings.upload_limit_bytes) as path:
        stored = await take_in_file(app, path)
    entry = catalog.media_input(stored, source=file_name, alt=alt)
    return await _registered(request, entry, product)


async def _registered(
    request: AnyRequest, entry: catalog.MediaInput, product: UUID | None
) -> Response[MediaView]:
    async with shop(request).db.transaction() as tx:
        found = await catalog.register_media(tx, entry)
        if product:
            found = await catalog.update_media(tx, found.id, product_id=product)
        await note_entry(tx, found)
        subject, shown = (
            encode("media", found.id),
            {"key": found.storage_key, "source": entry.source},
        )
        await staff.audit(tx, actor(request), "media.uploaded", subject, None, shown)
    return Response(MediaView.of(found), status_code=201)


@post(
    "/admin/v1/media/external-videos",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.ProductNotFound, VideoRefused],
    responses={201: ResponseSpec(data_container=MediaView, description="The entry.")},
)
async def add_external_video(request: AnyRequest, data: VideoBody) -> Response[MediaView]:
    """Show a video that YouTube or Vimeo keeps. Pages get an address for an `iframe`."""
    product = decode("product", data.product_id, field="product_id") if data.product_id else None
    key = video_key(data.url)
    if key is None:
        raise VideoRefused("This is no address of a video at YouTube or Vimeo.", field="url")
    entry = catalog.media_input(catalog.external_video(key), source=None, alt=data.alt)
    return await _registered(request, entry, product)


@get(
    "/admin/v1/media/{media_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[catalog.MediaNotFound],
)
async def read_media(request: AnyRequest, media_id: str) -> MediaDetail:
    """One entry with its renditions, or why there are none, and who else shows the file."""
    async with shop(request).db.reading() as tx:
        found = await catalog.media_by_id(tx, decode("media", media_id, field="media_id"))
        known = (await media.assets_of(tx, [found.storage_key])).get(found.storage_key)
        same = await media_use.entries_of_file(tx, found.storage_key, SAME_FILE_SHOWN)
    view = msgspec.structs.asdict(MediaView.of(found))
    return MediaDetail(
        **view,
        state=known.state if known else "plain",
        fault=known.fault if known else None,
        focal=FocalBody(x=known.focal.x, y=known.focal.y) if known and known.focal else None,
        colour=known.colour if known else None,
        blurhash=known.blurhash if known else None,
        renditions=[
            RenditionView(url=f"/media/{r.key}", **_without_key(r))
            for r in (known.renditions if known else ())
        ],
        same_file=[EntryView.of(entry) for entry in same if entry.id != found.id],
    )


def _without_key(rendition: media.Rendition) -> dict[str, Any]:
    fields = msgspec.structs.asdict(rendition)
    del fields["key"]
    return fields


@get(
    "/admin/v1/media/alike",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[catalog.MediaNotFound],
)
async def list_alike(
    request: AnyRequest,
    media_id: Annotated[
        str | None, Parameter(max_length=60, description="Only pairs with the file of this entry.")
    ] = None,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[PairView]:
    """Pictures that look alike, the nearest first: hints at photographs that are there twice."""
    only = {"media": media_id} if media_id else {}
    filters = filters_of("media_alike", **only)
    keys = after(cursor, filters, length=3)
    place = (int(str(keys[0])), str(keys[1]), str(keys[2])) if keys else None
    async with shop(request).db.reading() as tx:
        file = None
        if media_id:
            entry = await catalog.media_by_id(tx, decode("media", media_id, field="media_id"))
            file = entry.storage_key
        rows = await media_use.pairs_alike_after(tx, place, limit + 1, file=file)
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda pair: (pair.distance, pair.key, pair.other),
        show=_pair,
    )


def _pair(pair: media_use.PairAlike) -> PairView:
    both = ((pair.key, pair.entries), (pair.other, pair.other_entries))
    return PairView(
        distance=pair.distance,
        files=[
            FileAlike(url=f"/media/{key}", entries=[EntryView.of(e) for e in entries])
            for key, entries in both
        ],
    )


@patch(
    "/admin/v1/media/{media_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.MediaNotFound, catalog.ProductNotFound, catalog.MediaRepeated],
    example={"alt": "Ridge Wool Hoodie in black", "position": 0},
)
async def change_media(request: AnyRequest, media_id: str, data: MediaBody) -> MediaView:
    """Change the alternative texts, the focal point, the place, or the product of an entry."""
    found, fields = decode("media", media_id, field="media_id"), given(data)
    if isinstance(data.product_id, str):
        fields["product_id"] = decode("product", data.product_id, field="product_id")
    async with shop(request).db.transaction() as tx:
        before = await catalog.media_by_id(tx, found)
        focal = fields.pop("focal", UNSET)
        after_ = await catalog.update_media(tx, found, **fields)
        old, new = changes(MediaView.of(before), MediaView.of(after_), None)
        if focal is not UNSET:
            moved = media.Focal(x=focal.x, y=focal.y) if focal else None
            await note_entry(tx, after_)
            if await media.set_focal(tx, after_.storage_key, moved):
                new = {**(new or {}), "focal": msgspec.to_builtins(moved)}
        if old != new:
            await staff.audit(tx, actor(request), "media.changed", media_id, old, new)
    return MediaView.of(after_)


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


ROUTES: list[HTTPRouteHandler] = [
    list_media,
    list_alike,
    read_media,
    upload_media,
    add_external_video,
    change_media,
    delete_media,
]
