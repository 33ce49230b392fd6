"""Why a use case of translations stops.

ArgosyError
├── NotFound ── TranslationNotFound
├── Invalid ┬── TranslationInvalid
│           └── SourceLocaleUnknown
└── Conflict ── TranslationChanged
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class TranslationNotFound(NotFound):
    """There is no such translation, or nothing that could be translated there: the thing, the
    attribute or the option does not exist, or has no such text.
    """

    code = "translations.not_found"
    usual_cure = "See what can be translated with `GET /admin/v1/translations`."


class TranslationInvalid(Invalid):
    """The translation cannot be kept as it is. `field` names what is wrong with it."""

    code = "translations.invalid"
    usual_cure = "Correct what `field` names."


class SourceLocaleUnknown(Invalid):
    """A file for translators says in which language its texts are, and nobody told that of the
    catalogue yet.
    """

    code = "translations.source_locale_unknown"
    usual_cure = "Tell it with `PUT /admin/v1/translations/source`."


class TranslationChanged(Conflict):
    """Somebody changed the translation since you read it. Read it again, then decide."""

    code = "translations.changed"
    usual_cure = "Read it again, and repeat the change with the new `ETag` in `If-Match`."
