"""Downloads of an order: what it may download, what it did, and allowing more."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode, new_id
from argosy.modules import downloads, orders
from argosy.modules.downloads import DownloadFileNotFound
from argosy.reads.order_view import OrderView, read_order_view
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import faults_of
from argosy.web.admin.orders import PATH
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.api.admin import downloads as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

_DOWNLOADS = f"{PATH}/{{order_id:str}}/downloads"
_LONGEST_KEY = 100
_MOST_DIGITS = 6


@get(_DOWNLOADS, include_in_schema=False, guards=[may("orders:read")])
async def show_order_downloads(request: AnyRequest, order_id: str) -> Response[bytes]:
    """What each line may download, and what was downloaded when."""
    return await _page(request, order_id, Form(), None)


@post(
    f"{_DOWNLOADS}/{{line_id:str}}/extend",
    include_in_schema=False,
    guards=[own_pages_only, may("orders:write")],
)
async def extend_order_downloads(
    request: AnyRequest, order_id: str, line_id: str
) -> Response[bytes]:
    """Allow a line more downloads, or longer; sending the form twice does it once."""
    form = await read_form(request)
    given = {name: _number(form[name]) for name in ("more", "days")}
    key = form["once@"][:_LONGEST_KEY] or new_id().hex
    try:
        if not any(given.values()):
            said = say(request, N_("Say how many downloads more, or how many days."))
            raise downloads.DownloadsInvalid(said, field="more")
        await ask(
            request,
            api.extend_downloads,
            order_id=order_id,
            line_id=line_id,
            data=given,
            key=key,
        )
    except ArgosyError as refusal:
        return await _page(request, order_id, form, refusal, line_id)
    said = say(request, N_("The buyer may download more now."))
    return lead_to(request, f"{PATH}/{order_id}/downloads", Notice(said))


def _number(text: str) -> int | str:
    """What was typed, as a number; what is none stays, for the API to say so."""
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else text


async def _page(
    request: AnyRequest,
    order_id: str,
    form: Form,
    refusal: ArgosyError | None,
    line_id: str = "",
) -> Response[bytes]:
    found: UUID = decode("order", order_id, field="order_id")
    audit = await ask(request, api.get_order_downloads, order_id=order_id)
    async with shop(request).db.reading() as tx:
        order = await read_order_view(tx, found)
        if order is None:
            raise orders.OrderNotFound("There is no such order.")
        titles = await _titles(tx, audit)
    lines = {encode("order_line", line.id): line for line in order.lines}
    now = shop(request).db.clock()
    values = {
        "path": f"{PATH}/{order_id}/downloads",
        "items": [
            {
                **item,
                "title": _called(lines.get(item["line_id"])),
                "available_at": datetime.fromisoformat(item["available_at"]),
                "until": datetime.fromisoformat(item["until"]) if item["until"] else None,
            }
            for item in audit["items"]
        ],
        "made": [
            {
                "at": datetime.fromisoformat(one["begun_at"]),
                "line": _called(lines.get(one["line_id"])),
                "file": titles.get(one["file_id"], ""),
                "version": one["version"],
            }
            for one in audit["downloads"]
        ],
        "now": now,
        "once": new_id().hex,
        "refused": line_id,
        "form": form,
        "faults": faults_of(refusal, ["more", "days"]),
    }
    return admin_page(
        request,
        "admin/order_downloads.html",
        values,
        title=say(request, N_("Downloads")),
        crumbs=_crumbs(request, order),
        refusal=refusal,
    )


async def _titles(tx: Tx, audit: dict[str, Any]) -> dict[str, str]:
    """What the files are called that were downloaded, those too that nobody gets any more."""
    titles = {file["id"]: file["title"] for item in audit["items"] for file in item["files"]}
    for name in {one["file_id"] for one in audit["downloads"]} - titles.keys():
        try:
            file = await downloads.file_by_id(tx, decode("download_file", name))
        except DownloadFileNotFound:
            continue
        titles[name] = file.title
    return titles


def _called(line: Any) -> str:
    return "" if line is None else f"{line.title} ({line.sku})"


def _crumbs(request: AnyRequest, order: OrderView) -> list[Crumb]:
    name = order.number or say(request, N_("Order without a number"))
    return [
        Crumb(say(request, N_("Orders")), PATH),
        Crumb(name, f"{PATH}/{encode('order', order.id)}"),
    ]


ROUTES: list[HTTPRouteHandler] = [show_order_downloads, extend_order_downloads]
