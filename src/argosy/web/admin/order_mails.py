"""Mails of an order: what became of each, how one would look, sending one again; and how a channel
writes.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode, new_id
from argosy.kernel.money import Money
from argosy.modules import mails, orders
from argosy.modules.mails import MailKind
from argosy.reads.order_view import OrderView, read_order_view
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.mail_words import MAIL_NAMES, MAIL_REASONS, MAIL_STATES
from argosy.web.admin.orders import PATH
from argosy.web.admin.places import N_
from argosy.web.admin.sheets import pages_of_sheet, sheet
from argosy.web.admin.showing import (
    ADMIN_POLICY,
    HTML,
    Crumb,
    Notice,
    admin_page,
    lead_to,
    say,
)
from argosy.web.admin.struct_forms import Document, Shaping
from argosy.web.admin.things import Things, shaped
from argosy.web.api.admin import order_mails as api
from argosy.web.auth import shop
from argosy.web.pages.forms import read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import order_mails

AnyRequest = Request[Any, Any, Any]

SETTINGS: Final = "/admin/mail-settings"
_MAILS: Final = f"{PATH}/{{order_id:str}}/mails"
_MOST: Final = 50
_SETTING_WORDS: Final = {
    "sender_name": (N_("Name of the sender"), N_("Empty: the name of the channel.")),
    "reply_to": (N_("Answers go to"), N_("An e-mail address; empty: to the sender.")),
    "off": (N_("Not sent"), N_("What is ticked is sent by hand only.")),
    "texts": (N_("Texts"), N_("For each language that you sell in.")),
    "texts.locale": (N_("Language"), N_("As in de or de-AT.")),
    "texts.withdrawal": (N_("How to withdraw"), N_("Stands in confirmations.")),
    "texts.imprint": (N_("Who writes"), N_("Stands below every mail.")),
    **{f"off:{kind}": (name, "") for kind, name in MAIL_NAMES.items()},
}


@get(_MAILS, include_in_schema=False, guards=[may("orders:read")])
async def show_mails(request: AnyRequest, order_id: str) -> Response[bytes]:
    """The order's mails, the newest first."""
    return await _list_page(request, order_id, None)


@post(_MAILS, include_in_schema=False, guards=[own_pages_only, may("orders:write")])
async def send_mail(request: AnyRequest, order_id: str) -> Response[bytes]:
    """Send a mail again; sending the form twice sends it once."""
    form = await read_form(request)
    key = form["once@"][:100] or new_id().hex
    try:
        await ask(
            request, api.send_order_mail, order_id=order_id, data={"kind": form["kind"]}, key=key
        )
    except ArgosyError as refusal:
        return await _list_page(request, order_id, refusal)
    said = say(request, N_("The mail is on its way to the order's address."))
    return lead_to(request, f"{PATH}/{order_id}/mails", Notice(said))


@get(f"{_MAILS}/{{mail:str}}", include_in_schema=False, guards=[may("orders:read")])
async def show_mail(request: AnyRequest, order_id: str, mail: str) -> Response[bytes]:
    """How a mail of this kind would look now, in a frame that can do nothing."""
    wanted = _kind(mail)
    letter = await ask(request, api.preview_order_mail, order_id=order_id, kind=wanted)
    async with shop(request).db.reading() as tx:
        order = await _read(tx, order_id)
        sends = await order_mails.unfit(tx, order, wanted) is None
    values = {
        "path": f"{PATH}/{order_id}/mails",
        "kind": wanted,
        "letter": letter,
        "once": new_id().hex,
        "email": order.email,
        "sends": sends,
    }
    crumbs = [*_crumbs(request, order), Crumb(say(request, N_("Mails")), str(values["path"]))]
    title = say(request, MAIL_NAMES[wanted])
    page = admin_page(request, "admin/order_mail.html", values, title=title, crumbs=crumbs)
    page.headers["Content-Security-Policy"] = f"{ADMIN_POLICY}; frame-src 'self'"
    return page


@get(f"{_MAILS}/{{mail:str}}/letter", include_in_schema=False, guards=[may("orders:read")])
async def show_letter(request: AnyRequest, order_id: str, mail: str) -> Response[bytes]:
    """The mail itself, for the frame of its page: nothing in it is run, and it may be shown by our
    own pages alone. It loads the shop's photographs and nothing else.
    """
    letter = await ask(request, api.preview_order_mail, order_id=order_id, kind=_kind(mail))
    address = urlsplit(shop(request).settings.public_url)
    headers = {
        "Content-Security-Policy": (
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self';"
            f" img-src 'self' {address.scheme}://{address.netloc}"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    return Response(letter["html"].encode(), media_type=HTML, headers=headers)


async def _list_page(
    request: AnyRequest, order_id: str, refusal: ArgosyError | None
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        order = await _read(tx, order_id)
        found = await mails.mails_of_order(tx, order.id, limit=_MOST)
        fitting = await order_mails.fitting_kinds(tx, order)
    values = {
        "path": f"{PATH}/{order_id}/mails",
        "mails": found,
        "amount": lambda minor: Money(minor, order.currency),
        "names": {kind: say(request, name) for kind, name in MAIL_NAMES.items()},
        "states": {
            state: (say(request, name), tone) for state, (name, tone) in MAIL_STATES.items()
        },
        "reasons": {name: say(request, text) for name, text in MAIL_REASONS.items()},
        "fitting": fitting,
        "settings": f"{SETTINGS}/{encode('channel', order.channel_id)}",
    }
    return admin_page(
        request,
        "admin/order_mails.html",
        values,
        title=say(request, N_("Mails")),
        crumbs=_crumbs(request, order),
        refusal=refusal,
    )


async def _read(tx: Any, order_id: str) -> OrderView:
    order = await read_order_view(tx, decode("order", order_id, field="order_id"))
    if order is None:
        raise orders.OrderNotFound("There is no such order.")
    return order


def _crumbs(request: AnyRequest, order: OrderView) -> list[Crumb]:
    name = order.number or say(request, N_("Order without a number"))
    return [
        Crumb(say(request, N_("Orders")), PATH),
        Crumb(name, f"{PATH}/{encode('order', order.id)}"),
    ]


def _kind(text: str) -> MailKind:
    found = next((kind for kind in mails.MAIL_KINDS if kind == text), None)
    if found is None:
        raise mails.MailNotFitting("There is no such kind of mail.", reason="unknown")
    return found


def _settings(request: AnyRequest, channel_id: str) -> Things:
    return sheet(
        request,
        channel_id,
        path=SETTINGS,
        title=N_("The channel"),
        home=f"/admin/channels/{channel_id}",
        called=say(request, N_("What it writes to shoppers")),
        area="channels",
        one=api.get_mail_settings,
        change=api.put_mail_settings,
        param="channel_id",
        shaping=_shaping,
        cards=(
            (N_("Sender"), ("sender_name", "reply_to")),
            (N_("Kinds of mail"), ("off",)),
            (N_("Texts"), ("texts",)),
        ),
    )


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    return shaped(request, words=_SETTING_WORDS)


ROUTES: list[HTTPRouteHandler] = [
    show_mails,
    send_mail,
    show_mail,
    show_letter,
    *pages_of_sheet(SETTINGS, "channels", _settings),
]
