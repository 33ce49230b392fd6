"""Pure decisions about mails: when to try again, and which settings make sense."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from argosy.kernel.email import EmailInvalid, checked_email
from argosy.kernel.text import is_storable, tidy
from argosy.modules.mails.errors import MailSettingsInvalid
from argosy.modules.mails.types import (
    LONGEST_NAME,
    LONGEST_TEXT,
    MAIL_KINDS,
    MOST_LOCALES,
    MailSettings,
    MailTexts,
)

GIVEN_UP_AFTER: Final = timedelta(days=3)
"""An order's mail that could not be handed over for so long helps nobody any more."""
LONGEST_PAUSE: Final = timedelta(hours=1)
_LOCALE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


def next_try(created_at: datetime, tries: int, now: datetime) -> datetime | None:
    """When to try again after the try of this number (1 is the first) failed: after 15 seconds,
    half a minute, ... at most an hour; None: never, three days are over.
    """
    if now - created_at >= GIVEN_UP_AFTER:
        return None
    pause = timedelta(seconds=15 * 2 ** min(max(tries, 1) - 1, 8))
    return now + min(pause, LONGEST_PAUSE)


def checked_settings(settings: MailSettings) -> MailSettings:
    """The settings in the form that is kept. Raises MailSettingsInvalid."""
    name = tidy(settings.sender_name)
    if len(name) > LONGEST_NAME or not is_storable(name):
        raise MailSettingsInvalid("The sender's name is not one short line.", field="sender_name")
    reply_to = settings.reply_to.strip()
    if reply_to:
        try:
            reply_to = checked_email(reply_to).shown
        except EmailInvalid as error:
            raise MailSettingsInvalid(str(error), field="reply_to") from error
    if len(settings.texts) > MOST_LOCALES:
        raise MailSettingsInvalid(f"At most {MOST_LOCALES} languages.", field="texts")
    return msgspec.structs.replace(
        settings,
        sender_name=name,
        reply_to=reply_to,
        off=tuple(kind for kind in MAIL_KINDS if kind in settings.off),
        texts={tag: _checked_texts(tag, texts) for tag, texts in sorted(settings.texts.items())},
    )


def texts_for(
    texts: Mapping[str, MailTexts], locale: str, fallbacks: Mapping[str, str], own: str
) -> MailTexts:
    """What to add in this language: each text by the locale itself, then its fallbacks, its
    language alone, and at last the channel's `own` locale.
    """
    tags: list[str] = []
    tag: str | None = locale
    while tag and tag not in tags:
        tags.append(tag)
        tag = fallbacks.get(tag)
    tags += [locale.partition("-")[0], own, own.partition("-")[0]]
    found = [texts[tag] for tag in tags if tag in texts]
    return MailTexts(
        withdrawal=next((one.withdrawal for one in found if one.withdrawal), ""),
        imprint=next((one.imprint for one in found if one.imprint), ""),
    )


def _checked_texts(tag: str, texts: MailTexts) -> MailTexts:
    if _LOCALE.fullmatch(tag) is None:
        raise MailSettingsInvalid("This is not a language tag.", field="texts")
    return MailTexts(
        withdrawal=_checked_text(texts.withdrawal), imprint=_checked_text(texts.imprint)
    )


def _checked_text(text: str) -> str:
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    if len(text) > LONGEST_TEXT or not all(is_storable(line) for line in lines):
        raise MailSettingsInvalid(
            f"A text has at most {LONGEST_TEXT} characters that can be shown.", field="texts"
        )
    return "\n".join(lines).strip("\n")
