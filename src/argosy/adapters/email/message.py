"""A mail as RFC 5322 wants it."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr

from argosy.modules.customers.ports import Mail


def composed(mail: Mail, sender: str) -> EmailMessage:
    """The message. Its id is made from the mail's key: a repeat is the same mail.

    No text of anybody can add a header: what is not one line is made one.
    """
    name, address = parseaddr(sender)
    message = EmailMessage()
    message["From"] = Address(_line(mail.sender_name) or name, addr_spec=address or sender)
    message["To"] = mail.to
    if mail.reply_to:
        message["Reply-To"] = mail.reply_to
    message["Subject"] = _line(mail.subject)
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{mail.key}@{address.rpartition('@')[2] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
