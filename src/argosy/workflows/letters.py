"""What a mail is about, and who finds the words for it. Words are the business of pages
(`web/mails`); the worker gets their writer from `entry/wiring.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from argosy.kernel.money import Money
from argosy.modules.channels import Channel
from argosy.modules.mails import MailKind, MailTexts
from argosy.reads.order_view import OrderView


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in words: the same in HTML and as plain text."""

    subject: str
    html: str
    text: str


class OrderLetter(msgspec.Struct, frozen=True, kw_only=True):
    """All that a mail about an order tells. `channels` are all that are open: they decide at which
    address the shop is. `locale` is the reader's language. `refunded` is what was given back;
    `consented_at` is when the buyer asked for digital goods at once, knowing what is lost by it.
    `token` opens the order's page; empty where a reader must not be given it.
    """

    kind: MailKind
    order: OrderView
    channel: Channel
    channels: tuple[Channel, ...]
    locale: str
    texts: MailTexts
    refunded: Money | None = None
    consented_at: datetime | None = None
    token: str = ""


class Scribe(Protocol):
    """Finds the words."""

    def of_order(self, letter: OrderLetter) -> Written:
        """The mail about an order."""
        ...

    def of_account(self, name: str, locale: str, values: Mapping[str, Any]) -> Written:
        """The mail about an account that the template `mails/account/<name>.html` says."""
        ...
