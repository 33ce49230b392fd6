"""Large files past us: an address to send them to, and the look at them when they have come."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, media, staff
from argosy.modules.catalog import Media
from argosy.modules.catalog.ports import Address
from argosy.modules.media import Upload
from argosy.runtime.db import Tx
from argosy.web.api.admin.catalog_views import MediaView
from argosy.web.api.admin.uploading import FileUpload, received
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.idempotent import KeyHeader, once
from argosy.workflows import media_uploads

AnyRequest = Request[Any, Any, Any]
UploadId = Annotated[str, Parameter(max_length=60, description="The upload.")]


class NewMediaUpload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that will be sent: its size in bytes and its SHA-256 (64 hexadecimal digits).

    `product_id`: the product to show it with.
    """

    byte_size: Annotated[int, msgspec.Meta(ge=1, le=2**40)]
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    file_name: Annotated[str, msgspec.Meta(max_length=500)] = ""
    alt: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    product_id: str | None = None


class AddressView(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send the bytes of the file to, and how. No other credential is needed."""

    method: Literal["PUT"]
    url: str
    headers: dict[str, str]


class MediaUploadView(msgspec.Struct, frozen=True, kw_only=True):
    """An upload. `send_to` is null when it has ended or its time is over. `media_id` is what it
    became; `fault` is why it became nothing.
    """

    id: str
    state: Literal["open", "done", "refused"]
    file_name: str
    byte_size: int
    sha256: str
    send_to: AddressView | None
    media_id: str | None
    fault: str | None
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, upload: Upload, address: Address | None) -> "MediaUploadView":
        """As answers show it."""
        return cls(
            id=encode("media_upload", upload.id),
            state=upload.state,
            file_name=upload.file_name,
            byte_size=upload.byte_size,
            sha256=upload.sha256.hex(),
            send_to=AddressView(method="PUT", url=address.url, headers=dict(address.headers))
            if address
            else None,
            media_id=encode("media", upload.media_id) if upload.media_id else None,
            fault=upload.fault,
            created_at=upload.created_at,
            expires_at=upload.expires_at,
        )


@post(
    "/admin/v1/media-uploads",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[catalog.ProductNotFound, media.UploadRefused],
    responses={201: ResponseSpec(data_container=MediaUploadView, description="Where to send it.")},
    example={
        "byte_size": 48_210_944,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "file_name": "unboxing.mp4",
    },
)
async def begin_media_upload(
    request: AnyRequest, data: NewMediaUpload, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Begin the upload of a large picture, video, model or PDF past the server.

    Send the bytes with `PUT` to the address in the answer, then complete the upload. With files on
    this machine the address is one of ours. Its type is read from its bytes when it is completed.
    """
    app = shop(request)
    product = decode("product", data.product_id, field="product_id") if data.product_id else None
    upload = media_uploads.planned(
        app,
        file_name=data.file_name,
        byte_size=data.byte_size,
        sha256=bytes.fromhex(data.sha256),
        alt=data.alt,
        product_id=product,
        actor=actor(request).name,
    )
    address = await media_uploads.address_of(app, upload)

    async def run(tx: Tx) -> Upload:
        await media_uploads.begin(tx, upload)
        subject, shown = encode("media_upload", upload.id), {"file_name": upload.file_name}
        await staff.audit(tx, actor(request), "media_upload.begun", subject, None, shown)
        return upload

    return await once(request, run, show=lambda made: MediaUploadView.of(made, address))


@get(
    "/admin/v1/media-uploads/{upload_id:str}",
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[media.UploadNotFound],
)
async def read_media_upload(request: AnyRequest, upload_id: UploadId) -> MediaUploadView:
    """An upload: whether it is open, and what it became."""
    app = shop(request)
    async with app.db.reading() as tx:
        found = await media.upload_by_id(tx, decode("media_upload", upload_id, field="upload_id"))
    return MediaUploadView.of(found, await media_uploads.address_of(app, found))


@post(
    "/admin/v1/media-uploads/{upload_id:str}/complete",
    status_code=200,
    tags=["Catalog"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[
        media.UploadNotFound, media.UploadNotReceived, media.UploadExpired, media.UploadRefused,
    ],
)  # fmt: skip
async def complete_media_upload(request: AnyRequest, upload_id: UploadId) -> MediaView:
    """Look at the file that came, and make an entry of it. A repeat gives the same entry.

    Size and SHA-256 are compared with what was said, the type is read from the bytes, place and
    camera are taken out, and a picture must decode whole. A file that fails is deleted for good.
    """

    async def note(tx: Tx, entry: Media) -> None:
        shown = {"key": entry.storage_key, "source": entry.source, "upload": upload_id}
        subject = encode("media", entry.id)
        await staff.audit(tx, actor(request), "media.uploaded", subject, None, shown)

    found = decode("media_upload", upload_id, field="upload_id")
    return MediaView.of(await media_uploads.complete(shop(request), found, note))


@put(
    "/media-uploads/{token:str}",
    status_code=204,
    tags=["Media"],
    operation_class=FileUpload,
    request_max_body_size=None,
    problems=[media.UploadNotFound, media.UploadExpired, media.UploadRefused],
)
async def receive_media_upload(
    request: AnyRequest,
    token: Annotated[str, Parameter(max_length=200, description="From `send_to.url`.")],
) -> None:
    """Send the bytes of a file whose upload was begun. The address is the credential; it is good
    for one file of the size that was said, for a while.
    """
    app = shop(request)
    upload = await media_uploads.expected(app, token)
    async with received(request, upload.byte_size) as path:
        await media_uploads.receive(app, upload, path)


ROUTES: list[HTTPRouteHandler] = [
    begin_media_upload,
    read_media_upload,
    complete_media_upload,
    receive_media_upload,
]
