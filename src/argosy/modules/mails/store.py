"""The only file of mails that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.kernel.ids import new_id
from argosy.modules.mails.types import (
    MailSettings,
    MailState,
    OrderMail,
    Undelivered,
    Wanted,
)
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def ask(tx: Tx, wanted: Sequence[Wanted]) -> None:
    """Note mails that are owed, each once."""
    await tx.run(
        SQL.ask,
        [new_id() for _ in wanted],
        [one.order_id for one in wanted],
        [one.channel_id for one in wanted],
        [one.kind for one in wanted],
        [one.cause for one in wanted],
        [one.amount_minor for one in wanted],
        [one.due_at for one in wanted],
        tx.now,
    )


async def take_due(tx: Tx, until: datetime, limit: int) -> list[OrderMail]:
    """Take mails that are due, for this worker alone until then."""
    return [_mail(row) for row in await tx.many(SQL.take_due, tx.now, until, limit)]


async def settle(tx: Tx, mail_id: UUID, state: MailState, reason: str) -> bool:
    """Say what became of it; False: that is said already."""
    return await tx.run(SQL.settle, mail_id, state, reason, tx.now) == 1


async def postpone(tx: Tx, mail_id: UUID, due_at: datetime, reason: str) -> None:
    """Try again then."""
    await tx.run(SQL.postpone, mail_id, due_at, reason)


async def mails_of_order(
    tx: Tx, order_id: UUID, before: UUID | None, limit: int
) -> list[OrderMail]:
    """The order's mails, the newest first."""
    return [_mail(row) for row in await tx.many(SQL.mails_of_order, order_id, before, limit)]


async def mail_by_cause(tx: Tx, wanted: Wanted) -> OrderMail:
    """The mail that stands for what was wanted."""
    return _mail(await tx.one(SQL.mail_by_cause, wanted.order_id, wanted.kind, wanted.cause))


async def last_refunded(tx: Tx, order_id: UUID) -> int | None:
    """The amount in the newest mail about a refund."""
    row = await tx.maybe(SQL.last_refunded, order_id)
    return None if row is None else row["amount_minor"]


async def count_undelivered(tx: Tx, late: datetime, failed: datetime) -> Undelivered:
    """Mails older than `late` that failed so far, and those given up since `failed`."""
    row = await tx.one(SQL.count_undelivered, late, failed)
    return Undelivered(row["late"], row["failed"])


async def settings_of(tx: Tx, channel_id: UUID) -> MailSettings | None:
    """What was set for the channel."""
    row = await tx.maybe(SQL.settings_of, channel_id)
    return None if row is None else msgspec.convert(dict(row), MailSettings)


async def save_settings(tx: Tx, settings: MailSettings) -> int | None:
    """Write over `settings.version` (0: none); the new version, None: it was another."""
    given = (
        settings.channel_id,
        settings.sender_name,
        settings.reply_to,
        list(settings.off),
        settings.texts,
        tx.now,
    )
    if settings.version:
        row = await tx.maybe(SQL.change_settings, *given, settings.version)
    else:
        row = await tx.maybe(SQL.add_settings, *given)
    return None if row is None else row["version"]


def _mail(row: Record) -> OrderMail:
    return OrderMail(**dict(row))
