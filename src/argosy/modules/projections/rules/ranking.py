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
from argosy.modules.projections.types.attributes import FacetSwatch
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
    products: Sequence[int], found: Sequence[Showings], at: float, category: int | None
) -> tuple[list[Ranked], float]:
    """Of these products, best first, those that are shown at that instant, in the category if one
    is given; and when any of them next starts or ends to be shown so (`inf`: never).
    """
    shown: list[Ranked] = []
    boundary = inf
    for rank, (number, showings) in enumerate(zip(products, found, strict=True), 1):
        for one in showings:
            if one.since <= at < one.until:
                if one.until != inf:
                    boundary = min(boundary, one.until)
                if one.visible and (category is None or category in one.categories):
                    shown.append((rank, number, one))
            elif at < one.since < boundary:
                boundary = one.since
    return shown, boundary


def counts_of(shown: Iterable[Ranked]) -> Mapping[int, int]:
    """By term, how many of these products have it."""
    return Counter(chain.from_iterable([one.facets for _, _, one in shown]))


def narrowed(
    shown: Iterable[Ranked],
    sold: Mapping[ShowingKey, Sequence[SoldAt]],
    ask: Narrowing,
    sort: SearchSort,
    terms: Mapping[int, Term],
) -> tuple[list[Matched], Mapping[int, int]]:
    """Those of which one variant has all that is asked, unsorted, and the counts of values.

    `sold` are the variants that can be bought, `terms` those that they have.
    """
    matches: list[Matched] = []
    counts: Counter[int] = Counter()
    for rank, number, one in shown:
        price, held = _of_one(sold.get((number, one.slot), ()), ask, terms)
        counts.update(held)
        if price is not None:
            key = {"price": price, "-price": -price}.get(sort, 0)
            matches.append((key, rank, number, one.slot))
        elif ask.is_open and not one.buyable:
            key = 0 if sort == "relevance" else NO_PRICE
            matches.append((key, rank, number, one.slot))
    return matches, counts


def _of_one(
    variants: Iterable[SoldAt], ask: Narrowing, terms: Mapping[int, Term]
) -> tuple[int | None, set[int]]:
    """The lowest price of a product's variants that match, and the terms that it counts for."""
    price: int | None = None
    held: set[int] = set()
    for minor, facets in variants:
        if not ask.lowest <= minor <= ask.highest:
            continue
        lacking = [code for code, any_of in ask.terms.items() if any_of.isdisjoint(facets)]
        if not lacking:
            price = minor if price is None else min(price, minor)
            held.update(facets)
        elif len(lacking) == 1:
            held.update(n for n in facets if n in terms and terms[n].code == lacking[0])
    return price, held


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
                FacetValueCount(
                    value=term.value,
                    label=term.label,
                    count=count,
                    swatch=FacetSwatch.of(term.swatch),
                )
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
