"""What customers asks of others: somebody who sends mail."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to one person. `key` names it: sending it again must not look like another mail.

    `html` says the same as `text`. `sender_name` stands before the sender's address, which is the
    same for all mails; answers go to `reply_to` if it is given.
    """

    key: str
    to: str
    subject: str
    text: str
    html: str = ""
    sender_name: str = ""
    reply_to: str = ""


class Mailer(Protocol):
    """Sends mail."""

    async def send(self, mail: Mail) -> None:
        """Hand the mail over. Raises an Unavailable when it may be tried again, a Refused
        when the server will never take it.
        """
        ...
