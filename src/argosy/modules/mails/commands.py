"""Ask for mails, take them up, say what became of them; set how a channel writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from argosy.modules.mails import rules, store
from argosy.modules.mails.errors import MailSettingsChanged
from argosy.modules.mails.types import MailSettings, OrderMail, Wanted
from argosy.runtime.db import Tx

LEASE: Final = timedelta(minutes=3)
"""For so long a mail belongs to the worker that took it; then another one does."""


async def ask(tx: Tx, wanted: Sequence[Wanted]) -> None:
    """Owe these mails. One of the same order, kind and cause is owed once, however often asked."""
    if wanted:
        await store.ask(tx, wanted)


async def ask_again(tx: Tx, wanted: Wanted) -> OrderMail:
    """Owe this mail, and return it. A repeat returns the first one."""
    await store.ask(tx, [wanted])
    return await store.mail_by_cause(tx, wanted)


async def take_due(tx: Tx, limit: int) -> list[OrderMail]:
    """Take up mails that are due, the longest due first; nobody else does within the lease."""
    return await store.take_due(tx, tx.now + LEASE, limit)


async def note_sent(tx: Tx, mail_id: UUID) -> bool:
    """It was handed over. False: its end is known already."""
    return await store.settle(tx, mail_id, "sent", "")


async def note_skipped(tx: Tx, mail_id: UUID, reason: str) -> bool:
    """It is not to be sent any more, for this reason. False: its end is known already."""
    return await store.settle(tx, mail_id, "skipped", reason)


async def note_refused(tx: Tx, mail_id: UUID, reason: str) -> bool:
    """The mail server will never take it. False: its end is known already."""
    return await store.settle(tx, mail_id, "failed", reason)


async def note_failed(tx: Tx, mail: OrderMail, reason: str) -> bool:
    """It could not be handed over now. True: that was the last time, it is given up."""
    due_at = rules.next_try(mail.created_at, mail.tries, tx.now)
    if due_at is None:
        return await store.settle(tx, mail.id, "failed", reason)
    await store.postpone(tx, mail.id, due_at, reason)
    return False


async def set_settings(tx: Tx, settings: MailSettings) -> MailSettings:
    """Have a channel write so. `version` is the one that was read (0: nothing was set).

    Raises MailSettingsInvalid, MailSettingsChanged.
    """
    checked = rules.checked_settings(settings)
    version = await store.save_settings(tx, checked)
    if version is None:
        raise MailSettingsChanged("The settings were changed meanwhile.")
    return msgspec.structs.replace(checked, version=version)
