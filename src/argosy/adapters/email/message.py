"""A mail as RFC 5322 wants it."""

from __future__ import annotations

from email.message import EmailMessage

from argosy.modules.customers.ports import Mail


def composed(mail: Mail, sender: str) -> EmailMessage:
    """The message. Its id is made from the mail's key: a repeat is the same mail."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Message-ID"] = f"<{mail.key}@{sender.rpartition('@')[2].rstrip('>') or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message
