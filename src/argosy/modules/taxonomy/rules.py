"""What to look for, of a name that people gave."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 12


def words_of(text: str) -> list[str]:
    """The words of a name in lower case, each once, at most twelve; a plural in its singular too.

    English plurals only: they are what the names of both taxonomies are full of.
    """
    found: dict[str, None] = {}
    for word in _WORD.findall(text.casefold())[: 4 * _MOST_WORDS]:
        found.setdefault(word)
        if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
            found.setdefault(word[:-1])
        elif len(word) > 2:
            found.setdefault(word + "s")
    return list(found)[: 2 * _MOST_WORDS]


def leaf_of(path: str) -> str:
    """The last name of a path."""
    return path.rpartition(" > ")[2]
