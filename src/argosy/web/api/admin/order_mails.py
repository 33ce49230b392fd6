"""Mails about orders: what was sent, send again, what one would say, and how a channel writes."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta

from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.kernel.paging import Page
from argosy.modules import channels, mails, orders, staff
from argosy.modules.mails import MailKind, MailSettings, MailState, MailTexts, OrderMail
from argosy.runtime.db import Tx
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import RequiredKeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows import order_mails

AnyRequest = Request[Any, Any, Any]
LocaleTag = Annotated[str, Meta(min_length=2, max_length=35)]
MailText = Annotated[str, Meta(max_length=10_000)]


class OrderMailView(msgspec.Struct, frozen=True, kw_only=True):
    """A mail about an order. `state`: `waiting` (also between tries), `sent` (the mail server took
    it), `failed` (given up) or `skipped`; `reason` says why: `unavailable`, `refused`,
    `not_written`, `switched_off`, `superseded` (it would not fit the order any more) or `erased`.
    `asked`: somebody had it sent again. Text and address are not kept.
    """

    id: str
    kind: MailKind
    state: MailState
    reason: str
    tries: int
    asked: bool
    amount: Money | None
    created_at: datetime
    settled_at: datetime | None

    @classmethod
    def of(cls, mail: OrderMail, currency: str) -> "OrderMailView":
        """As answers show it."""
        return cls(
            id=encode("mail", mail.id),
            kind=mail.kind,
            state=mail.state,
            reason=mail.reason,
            tries=mail.tries,
            asked=mail.asked,
            amount=None if mail.amount_minor is None else Money(mail.amount_minor, currency),
            created_at=mail.created_at,
            settled_at=mail.settled_at,
        )


class SendMailBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which mail to send again. It goes to the order's address, and to no other."""

    kind: MailKind


class MailPreviewView(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as it would be now. Its link to the order holds no token."""

    subject: str
    html: str
    text: str


class MailTextsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Plain texts in the language of `locale`: how to withdraw (in confirmations), and who writes
    (below every mail). An empty line begins a new paragraph.
    """

    locale: LocaleTag
    withdrawal: MailText = ""
    imprint: MailText = ""


class MailSettingsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a channel writes. Without a `sender_name` its own name stands before the address of
    `ARGOSY_MAIL_FROM`. Kinds in `off` are not sent, unless somebody sends one by hand. `texts` are
    for one language each.
    """

    sender_name: Annotated[str, Meta(max_length=80)] = ""
    reply_to: Annotated[str, Meta(max_length=254)] = ""
    off: Annotated[list[MailKind], Meta(max_length=len(mails.MAIL_KINDS))] = []
    texts: Annotated[list[MailTextsBody], Meta(max_length=50)] = []


class MailSettingsView(MailSettingsBody, frozen=True, kw_only=True):
    """The settings of a channel's mails. `version` guards changes (`If-Match`)."""

    channel_id: str
    version: int

    @classmethod
    def of(cls, settings: MailSettings) -> "MailSettingsView":
        """As answers show it."""
        return cls(
            channel_id=encode("channel", settings.channel_id),
            version=settings.version,
            sender_name=settings.sender_name,
            reply_to=settings.reply_to,
            off=list(settings.off),
            texts=[
                MailTextsBody(locale=tag, withdrawal=one.withdrawal, imprint=one.imprint)
                for tag, one in settings.texts.items()
            ],
        )


@get(
    "/admin/v1/orders/{order_id:str}/mails",
    tags=["Orders"],
    security=ADMINISTRATION,
    guards=[requires("orders:read")],
    problems=[orders.OrderNotFound],
)
async def list_order_mails(
    request: AnyRequest, order_id: str, limit: Limit = 24, cursor: CursorText = None
) -> Page[OrderMailView]:
    """The mails about an order, the newest first."""
    found = _order(order_id)
    filters = filters_of("order mails", order=order_id)
    keys = after(cursor, filters, length=1)
    before = None if keys is None else UUID(str(keys[0]))
    async with shop(request).db.reading() as tx:
        order = await orders.order_by_id(tx, found)
        rows = await mails.mails_of_order(tx, found, before=before, limit=limit + 1)
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: (str(row.id),),
        show=lambda row: OrderMailView.of(row, order.currency),
    )


@post(
    "/admin/v1/orders/{order_id:str}/mails",
    tags=["Orders"],
    security=ADMINISTRATION,
    guards=[requires("orders:write")],
    problems=[orders.OrderNotFound, mails.MailNotFitting],
    responses={201: ResponseSpec(OrderMailView, description="The mail.", generate_examples=False)},
    example={"kind": "order_confirmed"},
)
async def send_order_mail(
    request: AnyRequest, order_id: str, data: SendMailBody, idempotency_key: RequiredKeyHeader
) -> Response[bytes]:
    """Send a mail about an order again, as the order is now, to the order's address. It goes out
    within seconds; the list says what became of it.
    """
    found = _order(order_id)

    async def work(tx: Tx) -> OrderMailView:
        order = await orders.order_by_id(tx, found)
        mail = await order_mails.send_again(tx, found, data.kind, actor(request))
        return OrderMailView.of(mail, order.currency)

    return await once(request, work, required=True)


@get(
    "/admin/v1/orders/{order_id:str}/mail-previews/{kind:str}",
    tags=["Orders"],
    security=ADMINISTRATION,
    guards=[requires("orders:read")],
    problems=[orders.OrderNotFound, mails.MailNotFitting],
)
async def preview_order_mail(request: AnyRequest, order_id: str, kind: MailKind) -> MailPreviewView:
    """What a mail of this kind would say about the order now. Nothing is sent."""
    async with shop(request).db.reading() as tx:
        letter = await order_mails.preview(tx, _order(order_id), kind)
    written = order_mails.written(shop(request), letter)
    return MailPreviewView(subject=written.subject, html=written.html, text=written.text)


@get(
    "/admin/v1/channels/{channel_id:str}/mail-settings",
    tags=["Channels"],
    security=ADMINISTRATION,
    guards=[requires("channels:read")],
    problems=[channels.ChannelNotFound],
)
async def get_mail_settings(request: AnyRequest, channel_id: str) -> Response[MailSettingsView]:
    """How a channel writes mails about orders; of one for which nothing was set, the usual."""
    async with shop(request).db.reading() as tx:
        channel = await channels.channel_by_id(tx, _channel(channel_id))
        return _shown(await mails.settings_of(tx, channel.id))


@put(
    "/admin/v1/channels/{channel_id:str}/mail-settings",
    tags=["Channels"],
    security=ADMINISTRATION,
    guards=[requires("channels:write")],
    problems=[channels.ChannelNotFound, mails.MailSettingsInvalid, mails.MailSettingsChanged],
    example={"sender_name": "Luma", "reply_to": "help@example.com", "off": ["keys_ready"]},
)
async def put_mail_settings(
    request: AnyRequest, channel_id: str, data: MailSettingsBody, if_match: RequiredIfMatch
) -> Response[MailSettingsView]:
    """Set how a channel writes. As long as nothing was set the version is `"v0"`."""
    wanted = MailSettings(
        channel_id=_channel(channel_id),
        sender_name=data.sender_name,
        reply_to=data.reply_to,
        off=tuple(data.off),
        texts=_texts(data.texts),
        version=expected_version(request) or 0,
    )
    async with shop(request).db.transaction() as tx:
        await channels.channel_by_id(tx, wanted.channel_id)
        before = await mails.settings_of(tx, wanted.channel_id)
        saved = await mails.set_settings(tx, wanted)
        await staff.audit(
            tx, actor(request), "mail_settings.set", channel_id, _audited(before), _audited(saved)
        )
    return _shown(saved)


def _texts(given: list[MailTextsBody]) -> dict[str, MailTexts]:
    """By language. Raises MailSettingsInvalid where one comes twice."""
    found: dict[str, MailTexts] = {}
    for at, one in enumerate(given):
        if one.locale in found:
            raise mails.MailSettingsInvalid(
                "There are two texts for this language.", field=f"texts.{at}.locale"
            )
        found[one.locale] = MailTexts(withdrawal=one.withdrawal, imprint=one.imprint)
    return found


def _shown(settings: MailSettings) -> Response[MailSettingsView]:
    return Response(MailSettingsView.of(settings), headers={"ETag": version_tag(settings.version)})


def _audited(settings: MailSettings) -> dict[str, Any] | None:
    if not settings.version:
        return None
    return {
        "sender_name": settings.sender_name,
        "reply_to": settings.reply_to,
        "off": list(settings.off),
        "languages": sorted(settings.texts),
    }


def _order(text: str) -> UUID:
    return decode("order", text, field="order_id")


def _channel(text: str) -> UUID:
    return decode("channel", text, field="channel_id")


ROUTES: list[HTTPRouteHandler] = [
    list_order_mails,
    send_order_mail,
    preview_order_mail,
    get_mail_settings,
    put_mail_settings,
]
