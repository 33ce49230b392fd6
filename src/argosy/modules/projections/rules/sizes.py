"""The order of option values in a facet: as on a rail, whatever order each product lists them in.

Products of one listing have different scales (XS to XL, 28 to 44). Their own positions would mix
them: XS, 28, S, 29, M.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

_CLOTHING = (
    ("onesize", "os"),
    ("xxxxs", "4xs"),
    ("xxxs", "3xs"),
    ("xxs", "2xs"),
    ("xs", "extrasmall"),
    ("s", "small"),
    ("m", "medium"),
    ("l", "large"),
    ("xl", "extralarge"),
    ("xxl", "2xl"),
    ("xxxl", "3xl"),
    ("xxxxl", "4xl"),
    ("xxxxxl", "5xl"),
    ("xxxxxxl", "6xl"),
)
# Above what products say of their own: of two positions of a value the store keeps the greater.
_WORDS = 1_000
_NUMBERS = 10_000
_LARGEST_NUMBER = 1_000_000_000
_TEXTS = 1_100_000_000
_KNOWN = {word: _WORDS + 2 * place for place, words in enumerate(_CLOTHING) for word in words}
_PAIR = re.compile(r"([a-z0-9]+)/[a-z0-9]+")
_NUMBER = re.compile(r"(\d{1,6}(?:[.,]\d{1,2})?)(?: (\d)/(\d))?(?:/\d{1,6})?(?: ?[^\d/]{1,12})?")


def size_position(label: str, position: int) -> int:
    """Where a value stands in its facet: clothing sizes, then numbers, then texts.

    XS/S stands after XS, 38 1/2 after 38, 32/34 at 32, 64 GB at 64. Texts keep the `position` that
    the product gives them, for a shop may have put Short before Regular.
    """
    text = " ".join(label.casefold().split())
    word = re.sub(r"[ -]", "", text)
    if word in _KNOWN:
        return _KNOWN[word]
    pair = _PAIR.fullmatch(word)
    if pair is not None and pair.group(1) in _KNOWN:
        return _KNOWN[pair.group(1)] + 1
    found = _NUMBER.fullmatch(text)
    if found is None:
        return _TEXTS + max(0, min(position, _TEXTS // 2))
    whole, part, parts = found.groups()
    number = Fraction(Decimal(whole.replace(",", ".")))
    if part and int(parts):
        number += Fraction(int(part), int(parts))
    return _NUMBERS + min(int(number * 100), _LARGEST_NUMBER)
