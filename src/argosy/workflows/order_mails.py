"""Mails about orders: told to the shopper in the language in which they bought.

    what happened to an order  --ask_for_order_mails-->  a mail is owed, once per event and kind
    send_due (a sweep): due mails are taken, written, handed over, and noted in the timeline

A worker that dies between handing over and noting leaves the mail to the next one, which sends it
with the same Message-ID: at least once, and what comes twice can be told. Text and address are read
when it is sent, so that a mail tells the order as it is, and an erased one is told to nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from argosy.kernel.errors import Refused, Unavailable
from argosy.kernel.ids import encode, new_id
from argosy.kernel.money import Money
from argosy.modules import channels, downloads, licences, mails, orders, payments, staff
from argosy.modules.customers.ports import Mail
from argosy.modules.mails import MailKind, OrderMail, Wanted
from argosy.modules.orders import Because
from argosy.reads.order_view import OrderView, read_order_view
from argosy.runtime import metrics
from argosy.runtime.db import Tx
from argosy.runtime.settings import Settings
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App
from argosy.workflows.letters import OrderLetter, Written

_AT_A_TIME: Final = 10
_ACTION_WAIT: Final = timedelta(minutes=10)
"""Who is to confirm a payment stands at the bank's page; only who does not come back is told."""
_GATHER: Final = timedelta(seconds=20)
"""Keys and files of one order come line by line; one mail tells of all."""

KINDS: Final[dict[str, MailKind]] = {
    orders.OrderPlaced.TYPE: "order_confirmed",
    orders.OrderPending.TYPE: "order_received",
    orders.OrderCancelled.TYPE: "order_cancelled",
    orders.OrderPaymentFailed.TYPE: "payment_failed",
    payments.PaymentRefunded.TYPE: "order_refunded",
    payments.PaymentActionRequired.TYPE: "payment_action",
    licences.KeysDelivered.TYPE: "keys_ready",
    downloads.DownloadsGranted.TYPE: "downloads_ready",
}
_GATHERED: Final = frozenset({"keys_ready", "downloads_ready"})
_CONFIRMING: Final = _GATHERED | {"order_confirmed"}
"""These confirm the consent to be given digital goods at once on a durable medium, without which
the right to withdraw is not lost: Directive 2011/83/EU, Article 16 (m) and Article 8 (7).
"""
_LATER: Final = {"payment_action": _ACTION_WAIT} | dict.fromkeys(_GATHERED, _GATHER)

_NEWS: Final = timedelta(days=2)
"""Nobody is told of what is older: a shop that begins to send mails does not tell of its past."""

log = structlog.get_logger(__name__)


async def ask_for_order_mails(tx: Tx, events: Sequence[Delivered]) -> None:
    """Owe the mail of each event that is news. One statement, and one for what names no channel."""
    known = {
        UUID(str(event.data["order_id"])): UUID(str(event.data["channel_id"]))
        for event in events
        if "channel_id" in event.data
    }
    wanted: dict[tuple[UUID, str, str], Wanted] = {}
    for event in events:
        kind = KINDS[event.type]
        if tx.now - event.occurred_at > _NEWS:
            continue
        if kind == "order_cancelled" and event.data.get("number") is None:
            continue  # nothing was ever ordered
        order_id = UUID(str(event.data["order_id"]))
        if order_id not in known:
            known[order_id] = (await orders.order_by_id(tx, order_id)).channel_id
        refunded = event.data["amount"]["minor"] if kind == "order_refunded" else None
        # Of what comes line by line one mail for all that came at once.
        cause = "" if kind in _GATHERED else str(event.event_id)
        wanted.setdefault(
            (order_id, kind, cause),
            Wanted(
                order_id,
                known[order_id],
                kind,
                str(event.event_id),
                tx.now + _LATER.get(kind, timedelta(0)),
                refunded,
            ),
        )
    await mails.ask(tx, list(wanted.values()))


async def send_due(app: App) -> int:
    """Send mails that are due; how many were taken up. For a sweep."""
    if app.mailer is None or app.scribe is None:
        return 0
    async with app.db.transaction() as tx:
        due = await mails.take_due(tx, _AT_A_TIME)
    ends = await asyncio.gather(*(_send(app, one) for one in due), return_exceptions=True)
    for mail, end in zip(due, ends, strict=True):
        if isinstance(end, Exception):
            log.error("mail.not_written", kind=mail.kind, error=type(end).__name__, exc_info=end)
            await _note_failed(app, mail, "not_written")
        elif end is not None:
            raise end
    return len(due)


async def measure(app: App) -> int:
    """Tell the metrics how many mails wait beyond their time, and how many were given up."""
    async with app.db.reading() as tx:
        found = await mails.count_undelivered(tx)
    metrics.MAILS_UNDELIVERED.labels("late").set(found.late)
    metrics.MAILS_UNDELIVERED.labels("failed").set(found.failed)
    return 0


async def send_again(tx: Tx, order_id: UUID, kind: MailKind, actor: staff.Actor) -> OrderMail:
    """Owe a mail once more, to the order's address, though its kind may be switched off. Audited.

    Raises OrderNotFound, MailNotFitting.
    """
    order = await _order(tx, order_id)
    reason = await unfit(tx, order, kind)
    if reason is not None:
        raise mails.MailNotFitting(
            "A mail of this kind does not fit the order.", field="kind", reason=reason
        )
    refunded = await _refunded(tx, order, kind)
    mail = await mails.ask_again(
        tx,
        Wanted(
            order_id,
            order.channel_id,
            kind,
            f"{mails.ASKED}{new_id()}",
            tx.now,
            None if refunded is None else refunded.minor,
        ),
    )
    subject = encode("order", order_id)
    await staff.audit(tx, actor, "order.mail_sent_again", subject, None, {"kind": kind})
    return mail


async def preview(tx: Tx, order_id: UUID, kind: MailKind) -> OrderLetter:
    """What a mail of this kind would tell now, without what opens the order's page.

    Raises OrderNotFound, MailNotFitting.
    """
    order = await _order(tx, order_id)
    reason = await unfit(tx, order, kind)
    if reason is not None and reason != "erased":
        raise mails.MailNotFitting(
            "A mail of this kind does not fit the order.", field="kind", reason=reason
        )
    return await _letter(tx, order, kind, await _refunded(tx, order, kind), token="")


def written(app: App, letter: OrderLetter) -> Written:
    """The words of a letter."""
    assert app.scribe is not None, "entry/wiring.py gives one"
    return app.scribe.of_order(letter)


async def fitting_kinds(tx: Tx, order: OrderView) -> list[MailKind]:
    """The kinds of mail that fit the order as it is."""
    return [kind for kind in mails.MAIL_KINDS if await unfit(tx, order, kind) is None]


async def unfit(tx: Tx, order: OrderView, kind: MailKind) -> str | None:
    """Why a mail of this kind does not fit the order now; None: it does."""
    if not order.email:
        return "erased"
    match kind:
        case "order_confirmed":
            fits = order.stage == "confirmed"
        case "order_received":
            fits = order.stage == "pending_payment" and order.number is not None
        case "order_cancelled":
            fits = order.stage == "cancelled" and order.number is not None
        case "order_refunded":
            fits = order.refunded_minor > 0
        case "payment_failed":
            fits = order.stage == "payment_failed" and order.number is not None
        case "payment_action":
            fits = order.stage == "pending_payment" and order.waiting_for == "action"
        case "keys_ready":
            standing = await licences.standing_of(tx, order.id)
            fits = any(key.revoked_at is None for key in standing.keys)
        case "downloads_ready":
            held = await downloads.held_by_order(tx, order.id)
            fits = any(one.owed.ended_at is None for one in held)
    return None if fits else "superseded"


async def _send(app: App, mail: OrderMail) -> None:
    assert app.mailer is not None, "send_due looked"
    async with app.db.reading() as tx:
        order = await read_order_view(tx, mail.order_id)
        wishes = await mails.settings_of(tx, mail.channel_id)
        reason = "gone" if order is None else await unfit(tx, order, mail.kind)
        letter = None
        if order is not None and reason is None:
            refunded = None
            if mail.amount_minor is not None:
                refunded = Money(mail.amount_minor, order.currency)
            token = token_for(app.settings, order.id)
            letter = await _letter(tx, order, mail.kind, refunded, token=token)
        late = mail.tries == 1 and tx.now - mail.created_at > _NEWS
    if reason is None and not mail.asked:
        reason = "switched_off" if mail.kind in wishes.off else "too_late" if late else None
    if letter is None or reason is not None:
        async with app.db.reading() as tx:
            await mails.note_skipped(tx, mail.id, reason or "gone")
        return
    words = written(app, letter)
    try:
        await app.mailer.send(
            Mail(
                key=f"order-{mail.id}",
                to=letter.order.email,
                subject=words.subject,
                text=words.text,
                html=words.html,
                sender_name=wishes.sender_name or letter.channel.name,
                reply_to=wishes.reply_to,
            )
        )
    except Refused:
        await _note_refused(app, mail, "refused")
    except Unavailable:
        await _note_failed(app, mail, "unavailable")
    else:
        await _note_sent(app, mail)


async def _note_sent(app: App, mail: OrderMail) -> None:
    async with app.db.transaction() as tx:
        if await mails.note_sent(tx, mail.id):
            await orders.add_entry(tx, mail.order_id, "mail_sent", _BECAUSE, {"mail": mail.kind})
    metrics.MAILS.labels(mail.kind, "sent").inc()


async def _note_refused(app: App, mail: OrderMail, reason: str) -> None:
    async with app.db.transaction() as tx:
        if await mails.note_refused(tx, mail.id, reason):
            data = {"mail": mail.kind, "why": reason}
            await orders.add_entry(tx, mail.order_id, "mail_failed", _BECAUSE, data)
    metrics.MAILS.labels(mail.kind, "refused").inc()


async def _note_failed(app: App, mail: OrderMail, reason: str) -> None:
    async with app.db.transaction() as tx:
        if await mails.note_failed(tx, mail, reason):
            data = {"mail": mail.kind, "why": reason}
            await orders.add_entry(tx, mail.order_id, "mail_failed", _BECAUSE, data)
    metrics.MAILS.labels(mail.kind, "failed").inc()


async def _letter(
    tx: Tx, order: OrderView, kind: MailKind, refunded: Money | None, *, token: str
) -> OrderLetter:
    known = await channels.list_channels(tx)
    channel = next(one for one in known if one.id == order.channel_id)
    wishes = await mails.settings_of(tx, channel.id)
    locale = order.locale or channel.locale
    return OrderLetter(
        kind=kind,
        order=order,
        channel=channel,
        channels=tuple(one for one in known if one.active),
        locale=locale,
        texts=mails.texts_for(wishes.texts, locale, channel.fallbacks, channel.locale),
        refunded=refunded,
        consented_at=await licences.consent_of(tx, order.id) if kind in _CONFIRMING else None,
        token=token,
    )


def token_for(settings: Settings, order_id: UUID) -> str:
    """What opens the order's page."""
    return orders.order_token(settings.secret_key.get_secret_value(), order_id)


async def _refunded(tx: Tx, order: OrderView, kind: MailKind) -> Money | None:
    if kind != "order_refunded":
        return None
    minor = await mails.last_refunded(tx, order.id)
    return Money(order.refunded_minor if minor is None else minor, order.currency)


async def _order(tx: Tx, order_id: UUID) -> OrderView:
    order = await read_order_view(tx, order_id)
    if order is None:
        raise orders.OrderNotFound("There is no such order.")
    return order


_BECAUSE: Final = Because(actor=orders.SYSTEM, cause="mail")
