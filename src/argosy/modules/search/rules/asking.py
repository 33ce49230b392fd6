"""What a query is looked up as, and what is kept of it: nothing by which somebody might be told."""

from __future__ import annotations

import re
from typing import Final

from argosy.kernel.text import folded, is_storable, tidy

LONGEST: Final = 80
_MOST_WORDS: Final = 8
_TELLING: Final = re.compile(r"@|://|www\.|(?:\d[\s./()+-]*){6}")


def words_kept(query: str) -> str:
    """The query as it is counted, without regard to case, width and runs of space; or ''.

    Addresses, and six digits in a row (telephones, cards, orders, birthdays), are of somebody;
    whoever pastes a text did not mean a search. Such a query counts as one without its words.
    """
    if not is_storable(query):
        return ""
    words = " ".join(folded(tidy(query)).split())
    if len(words) > LONGEST or len(words.split()) > _MOST_WORDS or _TELLING.search(words):
        return ""
    return words


def asked_as(query: str) -> str:
    """The query as it is looked up: case and runs of space make no difference to any index."""
    words = tidy(query)
    # Of these two letters the small form depends on its place, or is two characters.
    return words if "İ" in words or "Σ" in words else words.lower()
