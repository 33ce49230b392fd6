"""Short texts that people type: names, labels, address lines. Pure Unicode."""

from __future__ import annotations

import unicodedata

_REFUSED = frozenset({"Cc", "Cs", "Co", "Cn"})


def is_storable(text: str) -> bool:
    """Whether all characters can be stored and shown: no controls, lone surrogates, unassigned."""
    return (text.isascii() and text.isprintable()) or not any(
        unicodedata.category(c) in _REFUSED for c in text
    )


def tidy(text: str) -> str:
    """`text` in NFC with single spaces and none at the ends. tidy(tidy(x)) == tidy(x)."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


def folded(text: str) -> str:
    """The form in which two texts are compared without regard to case and Unicode variants.

    Unicode's NFKC_Casefold: folded(folded(x)) == folded(x).
    """
    if text.isascii():
        return text.lower()
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", once.casefold())
