"""What pages say, in the reader's language: gettext catalogues and formats.

The source text is English. A text without a translation is shown in English; the test of the
catalogues tells which are missing. Amounts, dates and numbers are written by Babel (Unicode CLDR).
"""

import gettext
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal

from argosy.kernel.money import Money, exponent

_SOURCE = "en"
# The same amounts and points in time are written again and again, at a tenth of a millisecond each.
_KEPT_TEXTS = 4096


class Words(gettext.NullTranslations):
    """The texts of one language."""

    def __init__(self, texts: dict[str, tuple[str, ...]]) -> None:
        super().__init__()
        self.texts = texts

    def gettext(self, message: str) -> str:
        """The translation, else the text itself."""
        found = self.texts.get(message)
        return found[0] if found else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The form for `n`. The languages here have two; the first is for one."""
        found = self.texts.get(msgid1)
        forms = found or (msgid1, msgid2)
        return forms[0] if n == 1 else forms[-1]


@cache
def words(language: str) -> Words:
    """The catalogue of a language (`words/de.po`, and each file of `words/de/`); an empty one where
    there is none.
    """
    folder = files("argosy.web.pages") / "words"
    path = folder / f"{language}.po"
    if language == _SOURCE or not path.is_file():
        return Words({})
    texts = _texts_of(path, language)
    more = folder / language
    for part in sorted(more.iterdir(), key=lambda p: p.name) if more.is_dir() else ():
        texts |= _texts_of(part, language)
    return Words(texts)


def _texts_of(path: Traversable, language: str) -> dict[str, tuple[str, ...]]:
    with path.open("rb") as file:
        found = read_po(file, locale=language)
    texts = {}
    for message in found:
        key = message.id if isinstance(message.id, str) else message.id[0]
        string = message.string or ""
        said = (string,) if isinstance(string, str) else tuple(string)
        if key and all(said) and not message.fuzzy:
            texts[key] = said
    return texts


@lru_cache(maxsize=256)
def locale_of(tag: str) -> Locale:
    """Babel's locale for a BCP 47 tag (`de-AT`); English for one that it does not know."""
    try:
        return Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale(_SOURCE)


@lru_cache(maxsize=_KEPT_TEXTS)
def money_text(amount: Money, tag: str) -> str:
    """`amount` as people of that locale write it: 1.234,50 EUR is "1.234,50 \u20ac" for `de`."""
    return format_currency(amount.to_decimal(), amount.currency, locale=locale_of(tag))


@lru_cache(maxsize=_KEPT_TEXTS)
def number_text(number: Decimal | int, tag: str) -> str:
    """A number as people of that locale write it."""
    return format_decimal(number, locale=locale_of(tag))


@lru_cache(maxsize=_KEPT_TEXTS)
def percent_text(rate: Decimal, tag: str) -> str:
    """A tax rate (0.19) as people write it: "19 %", "8,25 %"."""
    shown = (rate * 100).normalize()
    return f"{format_decimal(shown, format='#,##0.###', locale=locale_of(tag))}\u00a0%"


@lru_cache(maxsize=_KEPT_TEXTS)
def day_text(day: date, tag: str) -> str:
    """A day without its year: "Mo., 24. Nov."."""
    return format_date(day, format="EEE d MMM", locale=locale_of(tag))


@lru_cache(maxsize=_KEPT_TEXTS)
def date_text(at: datetime, tag: str, zone: str) -> str:
    """The day of a point in time, with its year, by the calendar of `zone`: "Nov 24, 2026"."""
    return format_date(at.astimezone(ZoneInfo(zone)), format="medium", locale=locale_of(tag))


@lru_cache(maxsize=_KEPT_TEXTS)
def instant_text(at: datetime, tag: str, zone: str) -> str:
    """A point in time as the clock of `zone` shows it."""
    return format_datetime(at, format="medium", tzinfo=ZoneInfo(zone), locale=locale_of(tag))


@lru_cache(maxsize=_KEPT_TEXTS)
def moment_text(at: datetime, tag: str, zone: str, year: int) -> str:
    """A point in time to the minute, for lists; its year only if it is not `year`."""
    there, locale = at.astimezone(ZoneInfo(zone)), locale_of(tag)
    day = format_skeleton("MMMd" if there.year == year else "yMMMd", there, locale=locale)
    return f"{day}, {format_time(there, format='short', locale=locale)}"


def decimal_text(amount: Money) -> str:
    """An amount for machines (JSON-LD, feeds): "12.50", with the places of its currency."""
    return f"{amount.to_decimal():.{exponent(amount.currency)}f}"
