"""What the page of a search is made from: how products are shown, what of them is sold, labels.

A product is known by the number of its id (`UUID.int`): numbers are looked up in half the time.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class Showing(msgspec.Struct, frozen=True, gc=False):
    """A product as a channel shows it from `since` until before `until` (seconds of the epoch).

    `categories` and `facets` are terms; the latter those of what can be bought of it.
    """

    slot: int
    since: float
    until: float
    visible: bool
    buyable: bool
    categories: tuple[int, ...]
    facets: tuple[int, ...]


Showings = tuple[Showing, ...]
"""Of one product, at most one of them at any instant; none where the channel never showed it."""

ShowingKey = tuple[int, int]
"""The number of a product, and the slot of its showing."""

SoldAt = tuple[int, tuple[int, ...]]
"""A variant that can be bought: its unit price in minor units, and its facet terms."""


class Term(msgspec.Struct, frozen=True, gc=False):
    """A value of a facet with its label and place, and those of the facet."""

    code: str
    value: str
    label: str
    position: int
    facet_label: str
    facet_unit: str | None
    facet_position: int
    swatch: str | None = None


Ranked = tuple[int, int, Showing]
"""A product of a search that is shown now: its rank from 1 on, its number, and how.

This and the next are plain tuples, for hundreds of them are made in each search.
"""

Matched = tuple[int, int, int, int]
"""A product that has all that is asked: what it is sorted by, its rank, its number and its slot."""


class Narrowing(NamedTuple):
    """What is asked of one and the same variant: a term of each facet, by its code, and a price."""

    terms: dict[str, frozenset[int]]
    lowest: int
    highest: int
    priced: bool
    in_stock: bool

    @property
    def is_open(self) -> bool:
        """Whether products match of which nothing can be bought."""
        return not (self.terms or self.priced or self.in_stock)
