"""The page of a search: what was found, as it is shown now, narrowed and with facets.

All that it is made from comes from a `Shelf`: from the database (`shelf_of`), or from what a
process remembers of it, which takes no statement.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from heapq import nsmallest
from math import inf
from operator import itemgetter
from uuid import UUID

import msgspec

from argosy.kernel.paging import decode_cursor, encode_cursor
from argosy.modules.projections.ports import Shelf
from argosy.modules.projections.queries.paging import check_facets, damaged, page_of
from argosy.modules.projections.rules.ranking import (
    counts_of,
    facets_of,
    narrowed,
    shown_at,
)
from argosy.modules.projections.rules.topics import directory_topic
from argosy.modules.projections.store import ranked as store
from argosy.modules.projections.types import Answer, ListRanked
from argosy.modules.projections.types.ranked import (
    Matched,
    Narrowing,
    Ranked,
    ShowingKey,
    Showings,
    SoldAt,
    Term,
)
from argosy.runtime.db import Tx

_encode = msgspec.json.Encoder().encode


async def list_ranked(tx: Tx, ask: ListRanked) -> bytes:
    """The encoded page of a search result, made like ProductList, by at most five statements.

    Raises CursorInvalid, TooManyFacets.
    """
    return (await ranked_page(shelf_of(tx, ask.channel_id), ask, tx.now)).body


async def ranked_page(shelf: Shelf, ask: ListRanked, at: datetime) -> Answer:
    """As `list_ranked`, of what is on a shelf, at that instant. It holds until one of the products
    looks different, or starts or ends to be shown; its topics are only those of the labels.

    Raises CursorInvalid, TooManyFacets.
    """
    check_facets(ask.facets)
    after = None if ask.cursor is None else _keys(ask, ask.cursor)
    products = [id_.int for id_ in ask.product_ids]
    found = await shelf.showings(products)
    shown, boundary = shown_at(products, found, at.timestamp(), ask.category)
    if (
        ask.sort == "relevance"
        and not ask.facets
        and (ask.price_min, ask.price_max) == (None, None)
    ):
        page, total, counts = _whole(ask, shown, after)
    else:
        page, total, counts = await _narrowed(shelf, ask, shown, after)
    following = None
    if len(page) > ask.limit:
        del page[ask.limit :]
        following = encode_cursor(list(page[-1][:2]), _fingerprint(ask))
    extra = b""
    if after is None:
        facets = facets_of(counts, await shelf.terms(counts))
        extra = b',"total":%d,"facets":%s' % (total, _encode(facets))
    showings = [(number, slot) for _, _, number, slot in page]
    cards = await shelf.cards(showings)
    return Answer(
        body=page_of([cards[key] for key in showings if key in cards], following, extra),
        topics=frozenset({directory_topic(ask.channel_id)}),
        expires_at=None if boundary == inf else datetime.fromtimestamp(boundary, UTC),
    )


Page = tuple[list[Matched], int, Mapping[int, int]]
"""The first of what is left, one more than are asked for; how many match, and counts of values."""


def _whole(ask: ListRanked, shown: list[Ranked], after: tuple[int, int] | None) -> Page:
    """What is narrowed by nothing but stock, by relevance: it stands in order already."""
    if ask.in_stock:
        shown = [one for one in shown if one[2].buyable]
    begin = 0 if after is None else bisect_right(shown, after[1], key=itemgetter(0))
    page = [(0, rank, n, one.slot) for rank, n, one in shown[begin : begin + ask.limit + 1]]
    return page, len(shown), {} if after else counts_of(shown)


async def _narrowed(
    shelf: Shelf, ask: ListRanked, shown: Sequence[Ranked], after: tuple[int, int] | None
) -> Page:
    pairs = [(code, value) for code, values in ask.facets.items() for value in values]
    numbers = await shelf.numbers(pairs) if pairs else {}
    narrowing = Narrowing(
        terms={
            code: frozenset(numbers[code, v] for v in values if (code, v) in numbers)
            for code, values in ask.facets.items()
        },
        lowest=ask.price_min or 0,
        highest=2**63 - 1 if ask.price_max is None else ask.price_max,
        priced=ask.price_min is not None or ask.price_max is not None,
        in_stock=ask.in_stock,
    )
    sold = await shelf.sold([(number, one.slot) for _, number, one in shown])
    terms = await shelf.terms({term for _, _, one in shown for term in one.facets})
    matched, counts = narrowed(shown, sold, narrowing, ask.sort, terms)
    left = matched if after is None else [one for one in matched if one[:2] > after]
    return nsmallest(ask.limit + 1, left), len(matched), counts


# --- straight from the database ------------------------------------------------------------------


class Stored:
    """A shelf of which nothing is remembered: each question is a statement."""

    def __init__(self, tx: Tx, channel_id: UUID) -> None:
        self._tx = tx
        self._channel_id = channel_id

    async def showings(self, products: Sequence[int]) -> list[Showings]:
        """See Shelf."""
        found = await store.showings(self._tx, self._channel_id, products)
        return [found.get(number, ()) for number in products]

    async def sold(self, showings: Sequence[ShowingKey]) -> dict[ShowingKey, list[SoldAt]]:
        """See Shelf."""
        return await store.sold(self._tx, self._channel_id, showings)

    async def cards(self, showings: Sequence[ShowingKey]) -> dict[ShowingKey, bytes]:
        """See Shelf."""
        return await store.cards(self._tx, self._channel_id, showings)

    async def terms(self, numbers: Iterable[int]) -> dict[int, Term]:
        """See Shelf."""
        return await store.terms(self._tx, self._channel_id, numbers)

    async def numbers(self, values: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """See Shelf."""
        return await store.numbers(self._tx, self._channel_id, list(values))


def shelf_of(tx: Tx, channel_id: UUID) -> Shelf:
    """What the database knows of a channel, or of one of its windows."""
    return Stored(tx, channel_id)


# --- cursors -------------------------------------------------------------------------------------


def _fingerprint(ask: ListRanked) -> str:
    """What a cursor is bound to: all that decides which products there are, and their order."""
    facets = sorted((code, sorted(values)) for code, values in ask.facets.items())
    parts = [str(ask.channel_id), ask.fingerprint, ask.category, ask.sort, facets]
    return _encode([*parts, ask.price_min, ask.price_max, ask.in_stock]).decode()


def _keys(ask: ListRanked, cursor: str) -> tuple[int, int]:
    match decode_cursor(cursor, _fingerprint(ask), length=2):
        case [int() as key, int() as rank] if abs(key) < 2**63 and 0 <= rank < 2**31:
            return key, rank
        case _:
            raise damaged()
