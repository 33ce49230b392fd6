"""Reading use cases of mails."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from argosy.modules.mails import store
from argosy.modules.mails.types import MailSettings, OrderMail, Undelivered
from argosy.runtime.db import Tx

LATE_AFTER: Final = timedelta(minutes=10)
_FAILED_WITHIN: Final = timedelta(days=1)


async def settings_of(tx: Tx, channel_id: UUID) -> MailSettings:
    """How the channel writes; of one for which nothing was set, the usual with version 0."""
    return await store.settings_of(tx, channel_id) or MailSettings(channel_id=channel_id)


async def mails_of_order(
    tx: Tx, order_id: UUID, *, before: UUID | None = None, limit: int
) -> list[OrderMail]:
    """The mails of an order, the newest first; `before`: those below this one."""
    return await store.mails_of_order(tx, order_id, before, limit)


async def last_refunded(tx: Tx, order_id: UUID) -> int | None:
    """The amount of the newest mail about a refund, in minor units of the order's currency."""
    return await store.last_refunded(tx, order_id)


async def count_undelivered(tx: Tx) -> Undelivered:
    """Mails that wait for more than ten minutes after a failure, and those given up in a day."""
    return await store.count_undelivered(tx, tx.now - LATE_AFTER, tx.now - _FAILED_WITHIN)
