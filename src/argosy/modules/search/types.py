"""What is indexed, how a query is understood, and what is found."""

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

How = Literal["exact", "synonym", "joined", "split", "typo"]
Reward = Literal[
    "words", "all_parts", "all_words", "is_head", "is_brand", "is_code", "title_phrase"
]
"""What a score is given for. Each has words in the back office, as ways and fields have."""


class SearchText(msgspec.Struct, frozen=True, kw_only=True):
    """The words by which a product can be found in one channel, in its language.

    `codes` are SKUs and GTINs, found as they are; `flags` the names of attributes that are true.
    """

    product_id: UUID
    title: str
    brand: str = ""
    kind: str = ""
    description: str = ""
    attributes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """One way to meet a part of a query: all of `words`, next to each other where `phrase`.

    `weight` is relative to the shopper's own words, which weigh 1.
    """

    words: tuple[str, ...]
    how: How
    weight: float = 1.0
    phrase: bool = True


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A word or a fixed phrase of the query, with the ways to meet it."""

    words: tuple[str, ...]
    alternatives: tuple[Alternative, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A query as it is understood: its words in their index form, cut into parts."""

    words: tuple[str, ...]
    parts: tuple[Part, ...]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Product ids, best first, each with its score where an index found them. `corrections` are
    (what was typed, what was searched instead).
    """

    product_ids: tuple[UUID, ...]
    scores: Sequence[float] = ()
    corrections: tuple[tuple[str, str], ...] = ()


class MetPart(msgspec.Struct, frozen=True, kw_only=True):
    """How a product meets a part of a query: `by` which words, found `how`, in which fields. All in
    their index form. Where `how` is None it does not, and `tried` is what would have done.
    """

    words: tuple[str, ...]
    how: How | None = None
    by: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    tried: tuple[tuple[str, ...], ...] = ()


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """What an index makes of a product for a query. `words` are those that count, in their index
    form. `scores` are what the score is the sum of; `rank` None: it is not among those found.
    """

    words: tuple[str, ...]
    corrections: tuple[tuple[str, str], ...]
    indexed: bool
    parts: tuple[MetPart, ...]
    score: float
    scores: dict[Reward, float]
    rank: int | None


class Suggested(msgspec.Struct, frozen=True, kw_only=True):
    """What a shopper may be about to type, and products that it would find, best first."""

    completions: tuple[str, ...]
    product_ids: tuple[UUID, ...]


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """How far an index has followed the log of changes: all up to here are in it."""

    xid: int
    id: int


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """The next changes of the log. `complete` is False when older ones were forgotten already."""

    product_ids: frozenset[UUID]
    cursor: Cursor
    more: bool
    complete: bool


class QueryCount(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be added for one query of a channel. `words` '' are those that are not kept."""

    channel_id: UUID
    words: str
    searches: int = 0
    nothing: int = 0
    results: int = 0
    clicks: int = 0
    click_ranks: int = 0


class TopQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A query of some days: how often it was asked, found nothing, found products (of all searches
    together), and was clicked at which ranks (of all clicks together).
    """

    words: str
    searches: int
    nothing: int
    results: int
    clicks: int
    click_ranks: int
    last_day: date


class QueryDay(msgspec.Struct, frozen=True, kw_only=True):
    """The searches of one day (UTC); of `not_kept` the words are not."""

    day: date
    searches: int
    nothing: int
    clicks: int
    not_kept: int
