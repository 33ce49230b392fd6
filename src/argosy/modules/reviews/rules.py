"""Pure decisions about reviews: which texts are plain, readable and short enough."""

from __future__ import annotations

import re

import msgspec
from msgspec import UNSET, UnsetType

from argosy.kernel.text import is_storable, tidy
from argosy.modules.reviews.errors import ReviewInvalid
from argosy.modules.reviews.types import GivenReview, Review, WriteReview

LONGEST_AUTHOR = 80
LONGEST_TITLE = 200
LONGEST_BODY = 5000

# What a browser would take for markup; "3 < 5" and "<3" are none.
_MARKUP = re.compile(r"<[A-Za-z!/?]")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_BLANK_LINES = re.compile(r"\n{3,}")


def checked_wish(wish: WriteReview) -> WriteReview:
    """The review with its texts tidied. Raises ReviewInvalid naming the field (DOMAIN.md Q13: what
    people write is untrusted).
    """
    _check_rating(wish.rating)
    return msgspec.structs.replace(
        wish,
        author=_line(wish.author, "author"),
        title=_line(wish.title, "title"),
        body=_paragraphs(wish.body),
        locale=_locale(wish.locale),
    )


def checked_given(given: GivenReview) -> GivenReview:
    """As `checked_wish`, for a review from elsewhere."""
    _check_rating(given.rating)
    return msgspec.structs.replace(
        given,
        author=_line(given.author, "author"),
        title=given.title if isinstance(given.title, UnsetType) else _line(given.title, "title"),
        body=_paragraphs(given.body),
        locale=given.locale if isinstance(given.locale, UnsetType) else _locale(given.locale),
    )


def merged(before: Review, given: GivenReview) -> Review:
    """What is stored, with what is given in place of it (DOMAIN.md E3)."""
    names = ("product_id", "author", "title", "body", "rating", "locale", "state", "verified",
             "written_at")  # fmt: skip
    values = {name: getattr(given, name) for name in names}
    return msgspec.structs.replace(before, **{k: v for k, v in values.items() if v is not UNSET})


def _check_rating(rating: int) -> None:
    if not 1 <= rating <= 5:
        raise ReviewInvalid("A rating is 1, 2, 3, 4 or 5.", field="rating")


def _locale(locale: str) -> str:
    if locale and not _LOCALE.fullmatch(locale):
        raise ReviewInvalid("A locale looks like en or en-US.", field="locale")
    return locale


def _line(text: str, field: str) -> str:
    neat = tidy(text)
    longest = LONGEST_AUTHOR if field == "author" else LONGEST_TITLE
    if field == "author" and not neat:
        raise ReviewInvalid("Name who says this; any name will do.", field=field)
    _check(neat, field, longest)
    return neat


def _paragraphs(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    neat = _BLANK_LINES.sub("\n\n", "\n".join(tidy(line) for line in lines)).strip()
    if not neat:
        raise ReviewInvalid("A review says something.", field="body")
    _check(neat.replace("\n", " "), "body", LONGEST_BODY)
    return neat


def _check(text: str, field: str, longest: int) -> None:
    if len(text) > longest:
        raise ReviewInvalid(f"At most {longest:,} characters.", field=field)
    if not is_storable(text):
        raise ReviewInvalid("There are characters that cannot be shown.", field=field)
    if _MARKUP.search(text):
        raise ReviewInvalid(
            "This is not plain text.", field=field, cure="Leave out HTML; line breaks are kept."
        )
