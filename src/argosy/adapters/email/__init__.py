"""Sending mail: through an SMTP server, or, in development, into a folder of .eml files."""

from __future__ import annotations

from pathlib import Path

from argosy.adapters.email.folder import FolderMailer
from argosy.adapters.email.guarded import GuardedMailer
from argosy.adapters.email.smtp import SmtpMailer
from argosy.modules.customers.ports import Mailer
from argosy.runtime.settings import Settings

__all__ = ["FolderMailer", "GuardedMailer", "SmtpMailer", "open_mailer"]


def open_mailer(settings: Settings, home: Path) -> Mailer:
    """The mailer that the settings describe; without a server mails are put into `home/mail`."""
    if settings.smtp_url is None:
        return FolderMailer(home / "mail", settings.mail_from)
    return GuardedMailer(SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from))
