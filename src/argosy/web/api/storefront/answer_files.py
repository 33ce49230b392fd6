"""Files that shoppers send as answers about a line: to a cart, and back from it or its order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.params import Parameter
from litestar.response import Stream

from argosy.adapters.storage.files import MediaRefused
from argosy.kernel.ids import decode, encode
from argosy.kernel.personal import FileFormat
from argosy.modules import attachments, media, orders
from argosy.modules import cart as carts
from argosy.modules.attachments import Attachment
from argosy.modules.catalog import MediaNotFound
from argosy.web.api.storefront.carts import seller
from argosy.web.api.storefront.invoices import OrderId
from argosy.web.api.storefront.licences import of_order
from argosy.web.api.storefront.orders import TokenHeader
from argosy.web.auth import PUBLISHABLE, shop
from argosy.web.file_links import FileLinks
from argosy.web.private_files import PRIVATE, private_file, private_picture
from argosy.web.problems import RequestMalformed, RequestTooLarge, UnsupportedMediaType
from argosy.web.ranges import RangeUnsatisfiable
from argosy.web.sent_files import LIMIT_BYTES, address_of, fields_sent, on_disk
from argosy.workflows import attaching, carting

AnyRequest = Request[Any, Any, Any]
FileId = Annotated[str, Parameter(max_length=100, description="The file.")]
CartId = Annotated[str, Parameter(max_length=100, description="The cart.")]
Token = Annotated[str, Parameter(max_length=100, description="As the link gives it.")]
_PRIVATE = {"Cache-Control": PRIVATE}


class SentFileView(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was sent: answer with its `id`. Until `expires_at` it is at `url`, to be saved,
    and a small picture of it at `picture_url` (null: it is no picture), for whoever has these.
    """

    id: str
    name: str
    format: FileFormat
    byte_size: int
    width: int | None
    height: int | None
    sent_at: datetime
    url: str
    picture_url: str | None
    expires_at: datetime

    @classmethod
    def of(cls, request: AnyRequest, one: Attachment) -> "SentFileView":
        """As answers show it."""
        app = shop(request)
        links, ref = FileLinks.of(app), encode("attachment", one.id)
        base = app.settings.public_url
        return cls(
            id=ref,
            name=one.file_name,
            format=one.format,
            byte_size=one.byte_size,
            width=one.width,
            height=one.height,
            sent_at=one.sent_at,
            url=f"{base}{links.file(ref)}",
            picture_url=f"{base}{links.picture(ref)}" if one.picture_key else None,
            expires_at=links.expires_at,
        )


@dataclass
class FormWithFile(Operation):
    """Says in the OpenAPI document that the body is a form with one file."""

    def __post_init__(self) -> None:
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        form = Schema(type=OpenAPIType.OBJECT, properties={"file": file}, required=["file"])
        self.request_body = RequestBody(
            content={"multipart/form-data": OpenAPIMediaType(schema=form)},
            description="The file, in the field `file`.",
            required=True,
        )


@post(
    "/v1/carts/{cart_id:str}/files",
    tags=["Carts"],
    security=PUBLISHABLE,
    operation_class=FormWithFile,
    request_max_body_size=LIMIT_BYTES,
    problems=[
        carts.CartNotFound, carts.CartNotOpen, carts.CartExpired, attachments.AttachmentInvalid,
        attachments.AttachmentsFull, attachments.TooManyAttachments, MediaRefused,
        media.PictureRefused, media.StudioFailed, UnsupportedMediaType,
        RequestMalformed, RequestTooLarge,
    ],
    responses={201: ResponseSpec(SentFileView, description="The file.")},
)  # fmt: skip
async def send_file(request: AnyRequest, cart_id: CartId) -> Response[SentFileView]:
    """Send a file that answers what a product asks: a JPEG, PNG, WebP or PDF, of at most
    `ARGOSY_ANSWER_FILE_LIMIT_BYTES`. Put its `id` into the `configuration` of a line of this cart;
    in another cart it is nothing. What a day later is in no line is deleted. Pictures lose what
    their camera wrote into them (place, time), and no pixel.
    """
    found = decode("cart", cart_id, field="cart_id")
    app, who = shop(request), await seller(request)
    file = (await fields_sent(request)).get("file")
    if not isinstance(file, UploadFile):
        raise attachments.AttachmentInvalid("The form has no file.", field="file")
    async with on_disk(file) as path:
        cart, _ = await carting.read_cart(app, who, found)
        made = await attaching.take_in(
            app, cart, path, file_name=file.filename or "", address=address_of(request)
        )
    return Response(SentFileView.of(request, made), status_code=201, headers=_PRIVATE)


@get(
    "/v1/carts/{cart_id:str}/files/{file_id:str}",
    tags=["Carts"],
    security=PUBLISHABLE,
    problems=[carts.CartNotFound, attachments.AttachmentNotFound],
)
async def get_cart_file(
    request: AnyRequest, cart_id: CartId, file_id: FileId
) -> Response[SentFileView]:
    """A file of a cart, with links to it that are good for a while."""
    found = decode("cart", cart_id, field="cart_id")
    file = decode("attachment", file_id, field="file_id")
    await carting.read_cart(shop(request), await seller(request), found)
    async with shop(request).db.reading() as tx:
        one = await attachments.file_of(tx, found, file)
    return Response(SentFileView.of(request, one), headers=_PRIVATE)


@get(
    "/v1/orders/{order_id:str}/files/{file_id:str}",
    tags=["Orders"],
    security=PUBLISHABLE,
    problems=[orders.OrderNotFound, attachments.AttachmentNotFound],
)
async def get_order_file(
    request: AnyRequest, order_id: OrderId, file_id: FileId, token: TokenHeader = None
) -> Response[SentFileView]:
    """A file that an order was placed with, with links to it that are good for a while; for its
    customer, or for whoever has its token.
    """
    found = await of_order(request, order_id, token)
    file = decode("attachment", file_id, field="file_id")
    async with shop(request).db.reading() as tx:
        one = await attachments.file_of(tx, found, file)
    return Response(SentFileView.of(request, one), headers=_PRIVATE)


@get(
    "/answer-files/{token:str}",
    tags=["Orders"],
    problems=[attachments.AttachmentNotFound, MediaNotFound, RangeUnsatisfiable],
    media_type="application/octet-stream",
    responses={
        206: ResponseSpec(None, description="The part that `Range` asked for."),
        302: ResponseSpec(None, description="Where the storage gives it for five minutes."),
    },
)
async def get_answer_file(request: AnyRequest, token: Token) -> Stream | Response[bytes]:
    """The file of a link, to be saved, whatever it is; one `Range` of bytes is honoured."""
    one = await _opened(request, token)
    return await private_file(request, one.storage_key, one.file_name, _tag(one))


@get(
    "/answer-files/{token:str}/picture",
    tags=["Orders"],
    problems=[attachments.AttachmentNotFound, MediaNotFound],
    media_type="image/webp",
)
async def get_answer_picture(request: AnyRequest, token: Token) -> Response[bytes]:
    """A small picture of the file of a link, drawn anew from what was sent."""
    one = await _opened(request, token)
    if one.picture_key is None:
        raise attachments.AttachmentNotFound("This file is no picture.")
    return await private_picture(request, one.picture_key, _tag(one))


async def _opened(request: AnyRequest, token: str) -> Attachment:
    found = FileLinks.of(shop(request)).opened(token)
    if found is None:
        raise attachments.AttachmentNotFound("There is no such file, or its link is over.")
    async with shop(request).db.reading() as tx:
        return await attachments.file_by_id(tx, found)


def _tag(one: Attachment) -> str:
    return f'"{one.sha256.hex()[:40]}"'


ROUTES: list[HTTPRouteHandler] = [
    send_file,
    get_cart_file,
    get_order_file,
    get_answer_file,
    get_answer_picture,
]
