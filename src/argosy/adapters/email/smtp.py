"""Mail through an SMTP server, with TLS and a deadline."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from urllib.parse import unquote, urlsplit

from argosy.adapters.email.message import composed
from argosy.kernel.errors import Unavailable
from argosy.modules.customers.ports import Mail

TIMEOUT_S = 15.0
_PORTS = {"smtp": 587, "smtps": 465}


class MailUnavailable(Unavailable):
    """The mail server did not take a mail. The worker tries again with growing pauses; see its log
    and `argosy jobs failed`.
    """

    code = "mail.unavailable"
    usual_cure = "Check the mail server and its settings; the worker tries again by itself."


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
        """Hand the mail over. Raises MailUnavailable; a repeat may deliver the same mail twice."""
        try:
            await asyncio.to_thread(self._send, mail)
        except (OSError, smtplib.SMTPException) as error:
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
