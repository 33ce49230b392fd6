"""Facts that translations announces."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class TextsTranslated(Event, frozen=True, kw_only=True):
    """What these things (at most 1,000, of one kind) are called in a language changed. `entities`
    are ids; of attributes codes, of options names.
    """

    TYPE: ClassVar[str] = "argosy.translations.texts_translated.v1"
    SUBJECT_KIND: ClassVar[str] = "translation"
    SUBJECT_FIELD: ClassVar[str] = "change_id"

    change_id: UUID
    kind: str
    locale: str
    entities: tuple[str, ...]


class SourceLocaleChanged(Event, frozen=True, kw_only=True):
    """Somebody told in which language the catalogue itself is written; empty: unknown again."""

    TYPE: ClassVar[str] = "argosy.translations.source_locale_changed.v1"
    SUBJECT_KIND: ClassVar[str] = "translation"
    SUBJECT_FIELD: ClassVar[str] = "change_id"

    change_id: UUID
    locale: str
