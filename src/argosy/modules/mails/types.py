"""Mails about orders: what is owed, what became of it, and what a channel wants of them."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, NamedTuple, get_args
from uuid import UUID

import msgspec

MailKind = Literal[
    "order_confirmed",
    "order_received",
    "order_cancelled",
    "order_refunded",
    "payment_failed",
    "payment_action",
    "keys_ready",
    "downloads_ready",
]
MAIL_KINDS: Final[tuple[MailKind, ...]] = get_args(MailKind)
MailState = Literal["waiting", "sent", "failed", "skipped"]

ASKED: Final = "asked:"
"""How the cause of a mail begins that a person asked for."""
LONGEST_NAME: Final = 80
LONGEST_TEXT: Final = 10_000
MOST_LOCALES: Final = 50


class Wanted(NamedTuple):
    """A mail to write. There is one for each order, kind and `cause` (the id of an event or of a
    request). `amount_minor` is what was refunded, in minor units of the order's currency; `due_at`
    is when to write it at the earliest.
    """

    order_id: UUID
    channel_id: UUID
    kind: MailKind
    cause: str
    due_at: datetime
    amount_minor: int | None = None


class OrderMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail and what became of it. It holds neither its text nor an address: both are read from
    the order when it is sent, so nothing of a person stays here. `reason` says why it was not sent,
    or not yet; `tries` counts the times it was taken up.
    """

    id: UUID
    order_id: UUID
    channel_id: UUID
    kind: MailKind
    cause: str
    amount_minor: int | None
    state: MailState
    reason: str
    tries: int
    due_at: datetime
    created_at: datetime
    settled_at: datetime | None

    @property
    def asked(self) -> bool:
        """Whether a person asked for it: then it is sent though its kind is switched off."""
        return self.cause.startswith(ASKED)


class MailTexts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a channel adds to its mails in one language, as plain text: how to withdraw from the
    purchase (in confirmations), and who the sender is (below every mail).
    """

    withdrawal: str = ""
    imprint: str = ""


class MailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel writes. Empty names mean the channel's own name and no Reply-To; `off` are the
    kinds that are not sent. `texts` are by BCP 47 tag. `version` 0: nothing was set yet.
    """

    channel_id: UUID
    sender_name: str = ""
    reply_to: str = ""
    off: tuple[MailKind, ...] = ()
    texts: dict[str, MailTexts] = {}
    version: int = 0


class Undelivered(NamedTuple):
    """How many mails wait beyond their time, and how many were given up in the last day."""

    late: int
    failed: int
