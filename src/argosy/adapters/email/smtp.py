"""Mail through an SMTP server, with TLS and a deadline."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from urllib.parse import unquote, urlsplit

from argosy.adapters.email.message import composed
from argosy.kernel.errors import Refused, Unavailable
from argosy.modules.customers.ports import Mail

TIMEOUT_S = 15.0
_PORTS = {"smtp": 587, "smtps": 465}


class MailUnavailable(Unavailable):
    """The mail server did not take a mail. The worker tries again with growing pauses; see its log
    and `argosy jobs failed`.
    """

    code = "mail.unavailable"
    usual_cure = "Check the mail server and its settings; the worker tries again by itself."


class MailRefused(Refused):
    """The mail server will not take a mail, now or later: there is no such mailbox, or it does not
    like what is in the mail. It is not tried again; the answer of the server is in its own log.
    """

    code = "mail.refused"
    usual_cure = "Look at the address, and at the log of the mail server."


class SmtpMailer:
    """`smtp://user:password@host:587` (STARTTLS where offered) or `smtps://...:465` (TLS at once).

    Log-in is refused on a connection without TLS, except to this machine itself.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("ARGOSY_SMTP_URL must be smtp://host[:port] or smtps://host[:port]")
        self._tls_at_once = parts.scheme == "smtps"
        self._host, self._port = parts.hostname, parts.port or _PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        """Hand the mail over. Raises MailUnavailable, MailRefused; a repeat may deliver the
        same mail twice, with the same Message-ID.
        """
        try:
            await asyncio.to_thread(self._send, mail)
        except (OSError, smtplib.SMTPException) as error:
            if _is_final(error):
                raise MailRefused("The mail server does not take this mail.") from error
            raise MailUnavailable(
                f"The mail server did not take the mail ({type(error).__name__})."
            ) from error

    def _send(self, mail: Mail) -> None:
        context = ssl.create_default_context()
        if self._tls_at_once:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=TIMEOUT_S, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_S)
        with server:
            secure = self._tls_at_once
            server.ehlo()
            if not secure and server.has_extn("starttls"):
                server.starttls(context=context)
                secure = True
            if self._user:
                if not secure and self._host not in {"localhost", "127.0.0.1", "::1"}:
                    raise smtplib.SMTPNotSupportedError("no TLS, so no password is sent")
                server.login(self._user, self._password)
            server.send_message(composed(mail, self._sender))


def _is_final(error: Exception) -> bool:
    """Whether the server said for good that it takes no mail for this address, or not this one (a
    reply of 5xx, RFC 5321 4.2.1). What it says of the sender or of us is for the shop to mend.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return bool(codes) and all(500 <= code < 600 for code in codes)
    return isinstance(error, smtplib.SMTPDataError) and 500 <= error.smtp_code < 600
