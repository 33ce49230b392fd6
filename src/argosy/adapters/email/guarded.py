"""Any mailer within bounds: a deadline, so many at once, and a breaker that spares a mail server
which does not answer. Their metrics are those of all providers, under the name `mail`.
"""

from __future__ import annotations

from typing import Final

from argosy.adapters.email.smtp import MailRefused, MailUnavailable
from argosy.modules.customers.ports import Mail, Mailer
from argosy.runtime.guarded import Guard, OutOfReach
from argosy.runtime.providers import Limits

_LIMITS: Final = Limits(deadline_s=30.0, at_once=4, queue_s=60.0)


class GuardedMailer:
    """Sends by another mailer."""

    def __init__(self, mailer: Mailer, limits: Limits = _LIMITS) -> None:
        self._mailer = mailer
        self._guard = Guard("mail", limits=limits, answers=(MailRefused,))

    async def send(self, mail: Mail) -> None:
        """Hand the mail over. Raises MailUnavailable, MailRefused."""
        try:
            await self._guard.run("send", lambda: self._mailer.send(mail))
        except OutOfReach as error:
            if isinstance(error.__cause__, MailUnavailable):
                raise error.__cause__ from error
            raise MailUnavailable(f"The mail server is out of reach ({error.reason}).") from error
