"""What a shopper bought as files: what may be downloaded, links, and the files themselves."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from litestar.response import Stream

from argosy.kernel.ids import decode, encode
from argosy.modules import downloads, orders
from argosy.modules.downloads import File
from argosy.web.api.storefront.invoices import OrderId
from argosy.web.api.storefront.licences import of_order
from argosy.web.api.storefront.orders import TokenHeader
from argosy.web.auth import PUBLISHABLE, shop
from argosy.web.private_files import PRIVATE, private_file
from argosy.web.ranges import RangeUnsatisfiable
from argosy.workflows import downloading
from argosy.workflows.downloading import OrderDownload

_PRIVATE = {"Cache-Control": PRIVATE}
LineId = Annotated[str, Parameter(max_length=100, description="The line of the order.")]
FileId = Annotated[str, Parameter(max_length=100, description="The file.")]
Token = Annotated[str, Parameter(max_length=100, description="As the link gives it.")]


class DownloadFileView(msgspec.Struct, frozen=True, kw_only=True):
    """A file in its newest version."""

    id: str
    title: str
    file_name: str
    version: int
    byte_size: int
    sha256: str

    @classmethod
    def of(cls, file: File) -> "DownloadFileView":
        """As answers show it."""
        newest = file.newest
        assert newest is not None, file.id
        return cls(
            id=encode("download_file", file.id),
            title=file.title,
            file_name=newest.file_name,
            version=newest.n,
            byte_size=newest.byte_size,
            sha256=newest.sha256.hex(),
        )


class LineDownloadsView(msgspec.Struct, frozen=True, kw_only=True):
    """What a line may download: `left` of its downloads remain and it ends at `until`, where these
    are not null. `awaits_consent`: nothing before the buyer asks for it (`PUT
    .../digital-consent`), or `available_at`. `ended`: the order was cancelled or refunded.
    """

    line_id: str
    files: list[DownloadFileView]
    used: int
    left: int | None
    available_at: datetime
    until: datetime | None
    awaits_consent: bool
    ended: bool

    @classmethod
    def of(cls, found: OrderDownload) -> "LineDownloadsView":
        """As answers show it."""
        return cls(
            line_id=encode("order_line", found.line_id),
            files=[DownloadFileView.of(file) for file in found.files],
            used=found.used,
            left=found.left,
            available_at=found.available_at,
            until=found.until,
            awaits_consent=found.awaits_consent,
            ended=found.ended,
        )


class OrderDownloadsView(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of an order that are delivered as files; none before it is paid."""

    items: list[LineDownloadsView]


class DownloadLinkView(msgspec.Struct, frozen=True, kw_only=True):
    """Where the file is until `expires_at`, for whoever has this address; `left` downloads of the
    line remain, null: any number.
    """

    url: str
    expires_at: datetime
    left: int | None


@get(
    "/v1/orders/{order_id:str}/downloads",
    tags=["Orders"],
    security=PUBLISHABLE,
    problems=[orders.OrderNotFound],
)
async def list_downloads(
    request: Request[Any, Any, Any], order_id: OrderId, token: TokenHeader = None
) -> Response[OrderDownloadsView]:
    """What an order may download, for its customer or for whoever has its token."""
    found = await of_order(request, order_id, token)
    async with shop(request).db.reading() as tx:
        held = await downloading.downloads_of(tx, found)
    items = [LineDownloadsView.of(one) for one in held]
    return Response(OrderDownloadsView(items=items), headers=_PRIVATE)


@put(
    "/v1/orders/{order_id:str}/downloads/{line_id:str}/{file_id:str}",
    tags=["Orders"],
    security=PUBLISHABLE,
    problems=[
        orders.OrderNotFound, downloads.DownloadNotFound, downloads.DownloadFileNotFound,
        downloads.DownloadAwaitsConsent, downloads.DownloadsUsedUp, downloads.DownloadsOver,
    ],
)  # fmt: skip
async def link_download(
    request: Request[Any, Any, Any],
    order_id: OrderId,
    line_id: LineId,
    file_id: FileId,
    token: TokenHeader = None,
) -> Response[DownloadLinkView]:
    """Have a link to the newest version of a file. It counts as one download, however often and in
    however many parts the file is fetched while the link is good (`ARGOSY_DOWNLOAD_LINK_MINUTES`).
    A repeat soon after gives the same link and counts nothing.
    """
    found, app = await of_order(request, order_id, token), shop(request)
    line: UUID = decode("order_line", line_id, field="line_id")
    file: UUID = decode("download_file", file_id, field="file_id")
    async with app.db.transaction() as tx:
        link = await downloading.begin(app, tx, found, line, file)
    url = f"{app.settings.public_url}{link.path}"
    view = DownloadLinkView(url=url, expires_at=link.expires_at, left=link.left)
    return Response(view, headers=_PRIVATE)


@get(
    "/downloads/{token:str}",
    tags=["Orders"],
    problems=[
        downloads.DownloadNotFound, downloads.DownloadFileNotFound, downloads.DownloadsOver,
        RangeUnsatisfiable,
    ],
    media_type="application/octet-stream",
    responses={
        206: ResponseSpec(None, description="The part that `Range` asked for."),
        302: ResponseSpec(None, description="Where the storage gives it for five minutes."),
    },
)  # fmt: skip
async def get_download(request: Request[Any, Any, Any], token: Token) -> Stream | Response[bytes]:
    """The file of a link. It is to be saved, whatever it is; one `Range` of bytes is honoured. The
    link ends with its time, and with the order's downloads.
    """
    found = await downloading.file_of_link(shop(request), token)
    return await private_file(
        request, found.storage_key, found.file_name, f'"{found.sha256.hex()[:40]}"'
    )


ROUTES: list[HTTPRouteHandler] = [list_downloads, link_download, get_download]
