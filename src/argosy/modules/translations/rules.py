"""Which text is shown, which translations are stale, and what a translation must keep. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
import nh3

from argosy.modules.translations.errors import TranslationInvalid
from argosy.modules.translations.types import (
    FIELDS,
    VALUES,
    Difference,
    Given,
    Place,
    Said,
    Spoken,
    Translation,
)

LONGEST: Final = 200_000
"""Characters of a translation at most."""
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?")
_HTML = frozenset(
    {(kind, "description") for kind in ("product", "category", "collection", "brand")}
)
# Tags by name, placeholders whole: those of templates, of str.format and of printf.
_TOKEN = re.compile(
    r"(</?[A-Za-z][A-Za-z0-9]*)[^<>]*>"
    r"|(\{\{\s*[\w.]{1,80}\s*\}\}|\{[\w.]{0,80}\}|%\(\w{1,80}\)[sdif]|%(?:\d\$)?[sdi](?!\w))"
)


def source_hash(text: str) -> bytes:
    """What tells whether a text is still the one that was translated."""
    return hashlib.sha256(text.encode()).digest()


def is_stale(translation: Translation, source: str) -> bool:
    """Whether the text has changed since it was translated. It is shown all the same."""
    return translation.source_hash != source_hash(source)


def said(
    source: str, by_locale: Mapping[str, str], chain: Sequence[str], source_locale: str | None
) -> Said:
    """The text for who reads the first locale of `chain`: each text looks for itself (E8).

    The source stands at the place of its own language in the chain; where that is not in it, or
    unknown, at the end.
    """
    for locale in chain:
        found = by_locale.get(locale)
        if found is not None:
            return Said(found, locale)
        if locale == source_locale:
            break
    return Said(source, source_locale)


def is_other_language(locale: str, other: str) -> bool:
    """Whether a reader of one must be told that a text is in the other: `de-AT` and `de` are one
    language, `zh-Hans` and `zh-Hant` are two.
    """
    return _spoken_as(locale) != _spoken_as(other)


def _spoken_as(locale: str) -> tuple[str, str]:
    language, _, rest = locale.partition("-")
    script = rest[:4] if len(rest) >= 4 else ""
    return language, script


def collected(translations: Iterable[tuple[Place, str, str]]) -> Spoken:
    """Translations as (place, locale, value), for looking them up."""
    found: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
    for place, locale, value in translations:
        fields = found.setdefault((place.kind, place.entity), {})
        fields.setdefault(place.field, {})[locale] = value
    return found


def difference(source: str, value: str) -> Difference | None:
    """Markup and placeholders that differ between a text and its translation; None: they do not."""
    has, wants = Counter(_tokens(value)), Counter(_tokens(source))
    missing, added = wants - has, has - wants
    if not missing and not added:
        return None
    return Difference(
        missing=tuple(sorted(missing.elements())), added=tuple(sorted(added.elements()))
    )


def _tokens(text: str) -> Iterator[str]:
    for found in _TOKEN.finditer(text):
        tag, placeholder = found.groups()
        yield f"{tag.lower()}>" if tag else placeholder


def is_html(place: Place) -> bool:
    """Whether the text is markup."""
    return (place.kind, place.field) in _HTML


def is_translatable(place: Place) -> bool:
    """Whether there is such a field on things of the kind."""
    if place.field in FIELDS.get(place.kind, ()):
        return True
    begins = VALUES.get(place.kind, ())
    return place.field.startswith(begins) and place.field not in begins


def checked_locale(locale: str) -> str:
    """The locale. Raises TranslationInvalid."""
    if not _LOCALE.fullmatch(locale):
        raise TranslationInvalid(
            f"{locale[:40]!r} is not the name of a language.", field="locale", cure="Like de-AT."
        )
    return locale


def checked(given: Given) -> Given:
    """The translation as it is kept: markup cleaned. Raises TranslationInvalid."""
    checked_locale(given.locale)
    if not is_translatable(given.place):
        raise TranslationInvalid(
            f"{given.place.kind} has no text {given.place.field[:80]!r}.", field="field"
        )
    is_markup = given.html or is_html(given.place)
    value = nh3.clean(given.value) if is_markup else given.value
    if not value.strip() or len(value) > LONGEST or "\x00" in value:
        raise TranslationInvalid(f"A translation has 1 to {LONGEST} characters.", field="value")
    return msgspec.structs.replace(given, value=value)
