"""Mails: that a mail about an order is owed, and what became of it; how a channel writes.

Owns schema `mails`. Emits nothing. Holds no address and no text: both are read from the order when
the mail is written, by `workflows/order_mails.py`, which also talks to the mail server.
"""

from argosy.modules.mails.commands import (
    ask,
    ask_again,
    note_failed,
    note_refused,
    note_sent,
    note_skipped,
    set_settings,
    take_due,
)
from argosy.modules.mails.errors import (
    MailNotFitting,
    MailSettingsChanged,
    MailSettingsInvalid,
)
from argosy.modules.mails.queries import (
    count_undelivered,
    last_refunded,
    mails_of_order,
    settings_of,
)
from argosy.modules.mails.rules import texts_for
from argosy.modules.mails.types import (
    ASKED,
    MAIL_KINDS,
    MailKind,
    MailSettings,
    MailState,
    MailTexts,
    OrderMail,
    Undelivered,
    Wanted,
)

__all__ = [
    "ASKED",
    "MAIL_KINDS",
    "MailKind",
    "MailNotFitting",
    "MailSettings",
    "MailSettingsChanged",
    "MailSettingsInvalid",
    "MailState",
    "MailTexts",
    "OrderMail",
    "Undelivered",
    "Wanted",
    "ask",
    "ask_again",
    "count_undelivered",
    "last_refunded",
    "mails_of_order",
    "note_failed",
    "note_refused",
    "note_sent",
    "note_skipped",
    "set_settings",
    "settings_of",
    "take_due",
    "texts_for",
]
