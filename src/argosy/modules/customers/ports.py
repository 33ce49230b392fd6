"""What customers asks of others: somebody who sends mail."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to one person. `key` names it: sending it again must not look like another mail."""

    key: str
    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Sends mail."""

    async def send(self, mail: Mail) -> None:
        """Hand the mail over. Raises an Unavailable when it may be tried again."""
        ...
