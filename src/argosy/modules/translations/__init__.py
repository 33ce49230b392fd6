"""Translations: what the texts of the catalogue say in other languages (DOMAIN.md E8).

Owns schema `translations`: a text by thing, field and locale, with the hash of the text that was
translated and whether people approved it; and the language that the catalogue is written in. Emits
TextsTranslated and SourceLocaleChanged. Knows no thing but by kind and id, and no text of it.
"""

from argosy.modules.translations.commands import (
    MAX_AT_ONCE,
    forget_things,
    locked_text,
    put_texts,
    remove_text,
    remove_texts,
    set_source_locale,
)
from argosy.modules.translations.errors import (
    SourceLocaleUnknown,
    TranslationChanged,
    TranslationInvalid,
    TranslationNotFound,
)
from argosy.modules.translations.events import SourceLocaleChanged, TextsTranslated
from argosy.modules.translations.queries import (
    named_media,
    source_locale,
    spoken,
    translations_of,
)
from argosy.modules.translations.rules import (
    checked,
    checked_locale,
    difference,
    is_html,
    is_other_language,
    is_stale,
    is_translatable,
    said,
    source_hash,
)
from argosy.modules.translations.types import (
    FIELDS,
    VALUES,
    Difference,
    Given,
    Kind,
    Place,
    Said,
    Spoken,
    State,
    Translation,
)

__all__ = [
    "FIELDS",
    "MAX_AT_ONCE",
    "VALUES",
    "Difference",
    "Given",
    "Kind",
    "Place",
    "Said",
    "SourceLocaleChanged",
    "SourceLocaleUnknown",
    "Spoken",
    "State",
    "TextsTranslated",
    "Translation",
    "TranslationChanged",
    "TranslationInvalid",
    "TranslationNotFound",
    "checked",
    "checked_locale",
    "difference",
    "forget_things",
    "is_html",
    "is_other_language",
    "is_stale",
    "is_translatable",
    "locked_text",
    "named_media",
    "put_texts",
    "remove_text",
    "remove_texts",
    "said",
    "set_source_locale",
    "source_hash",
    "source_locale",
    "spoken",
    "translations_of",
]
