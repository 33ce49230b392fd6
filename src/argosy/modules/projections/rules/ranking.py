"""The products of a search as a page: which are shown, which match, their order and facets.

Facets are counted over variants (DOMAIN.md E7): one that has all that is asked counts for each of
its values; one that lacks a single facet of those asked for counts for the values of that facet,
for these widen the list. A product counts once for a value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from math import inf
from typing import Final

from argosy.modules.projections.types import Facet, FacetValueCount, SearchSort
from argosy.modules.projections.types.ranked import (
    Matched,
    Narrowing,
    Ranked,
    ShowingKey,
    Showings,
    SoldAt,
    Term,
)

NO_PRICE: Final = 2**63 - 1
"""Sorts what cannot be bought behind everything, by rising and by falling prices."""

_MOST_VALUES: Final = 100


def shown_at(
    found: Iterable[tuple[int, Showings]], at: float, category: int | None
) -> tuple[list[Ranked], float]:
    """Of these products, best first, those that are shown at that instant, in the category if one
    is given; and when any of them next starts or ends to be shown so (`inf`: never).
    """
    shown: list[Ranked] = []
    boundary = inf
    for rank, (number, showings) in enumerate(found, 1):
        for one in showings:
            if one.since > at:
                boundary = min(boundary, one.since)
            elif one.until > at:
                if one.until != inf:
                    boundary = min(boundary, one.until)
                if one.visible and (category is None or category in one.categories):
                    shown.append(Ranked(rank, number, one))
    return shown, boundary


def matched_whole(
    shown: Iterable[Ranked], *, in_stock: bool
) -> tuple[list[Matched], dict[int, int]]:
    """All of them, or only what can be bought, by rank; and the counts of their facets' values."""
    matches = [one for one in shown if one.showing.buyable or not in_stock]
    counts = Counter(chain.from_iterable([one.showing.facets for one in matches]))
    return [Matched(0, one.rank, (one.number, one.showing.slot)) for one in matches], counts


def matched_narrowed(
    shown: Iterable[Ranked],
    sold: Mapping[ShowingKey, Sequence[SoldAt]],
    ask: Narrowing,
    sort: SearchSort,
    code_of: Mapping[int, Term],
) -> tuple[list[Matched], dict[int, int]]:
    """Those of which one variant has all that is asked, unsorted, and the counts of values.

    `sold` are the variants that can be bought, `code_of` the terms that they have.
    """
    matches: list[Matched] = []
    counts: Counter[int] = Counter()
    for one in shown:
        key = one.number, one.showing.slot
        price, terms = _of_one(sold.get(key, ()), ask, code_of)
        counts.update(terms)
        if price is not None:
            by = {"price": price, "-price": -price}.get(sort, 0)
            matches.append(Matched(by, one.rank, key))
        elif ask.is_open and not one.showing.buyable:
            matches.append(Matched(0 if sort == "relevance" else NO_PRICE, one.rank, key))
    return matches, counts


def _of_one(
    variants: Iterable[SoldAt], ask: Narrowing, code_of: Mapping[int, Term]
) -> tuple[int | None, set[int]]:
    """The lowest price of a product's variants that match, and the terms that it counts for."""
    price: int | None = None
    terms: set[int] = set()
    for minor, facets in variants:
        if not ask.lowest <= minor <= ask.highest:
            continue
        lacking = [code for code, any_of in ask.terms.items() if any_of.isdisjoint(facets)]
        if not lacking:
            price = minor if price is None else min(price, minor)
            terms.update(facets)
        elif len(lacking) == 1:
            terms.update(n for n in facets if n in code_of and code_of[n].code == lacking[0])
    return price, terms


def facets_of(counts: Mapping[int, int], terms: Mapping[int, Term]) -> list[Facet]:
    """Counts by term as facets with their labels, the hundred most frequent values of each."""
    by_code: dict[str, list[tuple[int, Term]]] = {}
    for number, count in counts.items():
        if (term := terms.get(number)) is not None:
            by_code.setdefault(term.code, []).append((count, term))
    first = {code: values[0][1] for code, values in by_code.items()}
    return [
        Facet(
            code=code,
            label=first[code].facet_label,
            unit=first[code].facet_unit,
            values=[
                FacetValueCount(value=term.value, label=term.label, count=count)
                for count, term in _most_frequent(by_code[code])
            ],
        )
        for code in sorted(by_code, key=lambda code: (first[code].facet_position, code))
    ]


def _most_frequent(values: list[tuple[int, Term]]) -> list[tuple[int, Term]]:
    values.sort(key=lambda one: (-one[0], one[1].value))
    del values[_MOST_VALUES:]
    values.sort(key=lambda one: (one[1].position, -one[0], one[1].value))
    return values
