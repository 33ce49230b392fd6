"""Choosing among price lists (C1): the first by precedence, or the lowest; explained always."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Generic, NamedTuple
from uuid import UUID

from argosy.kernel.rounding import DEFAULT_ROUNDING, Rounding
from argosy.modules.pricing.rules.resolving import is_in_force, resolve
from argosy.modules.pricing.rules.tiers import Ladder, graduated_exact, graduated_shares, ladder
from argosy.modules.pricing.types import (
    LineToPrice,
    ListedPrice,
    Lost,
    Policy,
    PriceBook,
    Priced,
    Resolution,
    Terms,
)


def price_book(policy: Policy, terms: Iterable[Terms]) -> PriceBook:
    """Order the lists of a buyer: by level, then priority, then id of the list (C1)."""
    places = {level: place for place, level in enumerate(policy.levels)}
    ranked = sorted(
        terms,
        key=lambda t: (
            places[t.level],
            -t.priority,
            t.price_list_id.int,
            "" if t.valid_from is None else t.valid_from.isoformat(),
            t.market,
        ),
    )
    return PriceBook(
        choice=policy.choice,
        terms=tuple(ranked),
        list_ids=tuple(dict.fromkeys(t.price_list_id for t in ranked)),
        plain=len(ranked) == 1 and _is_plain(ranked[0]),
    )


def _is_plain(terms: Terms) -> bool:
    held_always = terms.valid_from is None and terms.valid_until is None and not terms.market
    return held_always and (terms.tier_kind, terms.tier_basis) == ("volume", "line")


def price_lines(
    book: PriceBook,
    lines: Sequence[LineToPrice[ListedPrice]],
    *,
    at: datetime,
    market: str,
    mode: Rounding = DEFAULT_ROUNDING,
) -> dict[str, Priced[ListedPrice]]:
    """Say what each line costs, by its key. `market` is the country that is sold to.

    By precedence the strongest list with a price for the counted quantity prices a line; by
    "lowest" the one whose price for the line is lowest, ties by precedence. Pure and total: the
    order of lines, prices and terms changes nothing. Prices of lists that are not in the book are
    left out of account: they may be another customer's (C10).
    """
    if book.plain:
        return {line.key: _plain(book.terms[0], line, at) for line in lines}
    counts = _Counts(book, lines, at)
    priced = {line.key: _choose(book, line, counts, at, market) for line in lines}
    return priced | _graduated(lines, priced, counts, at, mode)


def _plain(terms: Terms, line: LineToPrice[ListedPrice], at: datetime) -> Priced[ListedPrice]:
    list_id = terms.price_list_id
    own = [price for price in line.prices if price.price_list_id == list_id]
    found = resolve(own, line.quantity, at)
    return Priced(taken=found.taken, lost=found.lost, terms=terms, counted=line.quantity)


class _Counts(Generic[ListedPrice]):
    """How many units count together, by list and basis."""

    def __init__(
        self, book: PriceBook, lines: Sequence[LineToPrice[ListedPrice]], at: datetime
    ) -> None:
        bases = {terms.tier_basis for terms in book.terms}
        self._units: dict[tuple[object, ...], int] = {}
        for line in lines:
            keys: set[tuple[object, ...]] = {("sku", line.variant_id), ("product", line.product_id)}
            if "mix" in bases:
                keys |= {
                    ("mix", price.price_list_id, price.mix_group)
                    for price in line.prices
                    if price.mix_group is not None and is_in_force(price, at)
                }
            for key in keys:
                self._units[key] = self._units.get(key, 0) + line.quantity

    def pool(
        self, terms: Terms, line: LineToPrice[ListedPrice], price: ListedPrice
    ) -> tuple[object, ...]:
        """What counts together with this price of the line."""
        match terms.tier_basis:
            case "line":
                return ("line", line.key)
            case "product":
                return ("product", line.product_id)
            case "mix" if price.mix_group is not None:
                return ("mix", price.price_list_id, price.mix_group)
            case _:
                return ("sku", line.variant_id)

    def of(self, terms: Terms, line: LineToPrice[ListedPrice], price: ListedPrice) -> int:
        """How many units count for this price of the line."""
        return self._units.get(self.pool(terms, line, price), line.quantity)


class _Offer(NamedTuple, Generic[ListedPrice]):
    terms: Terms
    found: Resolution[ListedPrice]
    counted: int
    cost: Fraction


def _choose(
    book: PriceBook,
    line: LineToPrice[ListedPrice],
    counts: _Counts[ListedPrice],
    at: datetime,
    market: str,
) -> Priced[ListedPrice]:
    """The line's price with every other candidate; graduated subtotals come later."""
    by_list: dict[UUID, list[ListedPrice]] = {}
    for price in line.prices:
        by_list.setdefault(price.price_list_id, []).append(price)
    offers: list[_Offer[ListedPrice]] = []
    kept_out: dict[UUID, Lost] = {}
    lost: list[tuple[ListedPrice, Lost]] = []
    for terms in book.terms:
        prices = by_list.get(terms.price_list_id)
        if not prices:
            continue
        why = _why_not(terms, at, market)
        if why is not None:
            kept_out.setdefault(terms.price_list_id, why)
            continue
        # A list that is offered twice (to two groups, say) counts where it ranks higher.
        del by_list[terms.price_list_id]
        found, counted = _resolved(terms, line, prices, counts, at)
        if found.taken is None:
            lost += found.lost
        else:
            cost = _cost(terms, prices, line.quantity, counted, found.taken.amount_minor, at)
            offers.append(_Offer(terms, found, counted, cost))
    for list_id, why in kept_out.items():
        lost += [(price, why) for price in by_list.get(list_id, ())]
    if not offers:
        return Priced(taken=None, lost=lost, terms=None, counted=line.quantity)
    best = offers[0] if book.choice == "precedence" else min(offers, key=lambda o: o.cost)
    for offer in offers:
        lost += offer.found.lost
        if offer is not best and offer.found.taken is not None:
            lost.append((offer.found.taken, _why_lost(book, offer.terms, best.terms)))
    return Priced(taken=best.found.taken, lost=lost, terms=best.terms, counted=best.counted)


def _why_not(terms: Terms, at: datetime, market: str) -> Lost | None:
    if terms.valid_from is not None and at < terms.valid_from:
        return "list_not_yet_valid"
    if terms.valid_until is not None and at >= terms.valid_until:
        return "list_no_longer_valid"
    return "other_market" if terms.market and terms.market != market else None


def _why_lost(book: PriceBook, lost: Terms, best: Terms) -> Lost:
    if book.choice == "lowest":
        return "not_lowest"
    if lost.level != best.level:
        return "lower_precedence"
    return "lower_list_priority" if lost.priority != best.priority else "later_list_id"


def _resolved(
    terms: Terms,
    line: LineToPrice[ListedPrice],
    prices: Sequence[ListedPrice],
    counts: _Counts[ListedPrice],
    at: datetime,
) -> tuple[Resolution[ListedPrice], int]:
    """The price of one list. Prices of several mix groups count each by its own."""
    counted = {price.price_id: counts.of(terms, line, price) for price in prices}
    reached = [price for price in prices if price.min_quantity <= counted[price.price_id]]
    found = resolve(reached, max(counted.values()), at)
    lost = list(found.lost)
    for price in prices:
        if price.min_quantity > counted[price.price_id]:
            lost += resolve([price], price.min_quantity - 1, at).lost
    units = line.quantity if found.taken is None else counted[found.taken.price_id]
    return Resolution(taken=found.taken, lost=lost), units


def _cost(  # noqa: PLR0917 - one formula
    terms: Terms,
    prices: Sequence[ListedPrice],
    units: int,
    counted: int,
    amount_minor: int,
    at: datetime,
) -> Fraction:
    if terms.tier_kind == "volume":
        return Fraction(amount_minor * units)
    return Fraction(graduated_exact(ladder(prices, at), counted) * units, counted)


def _graduated(
    lines: Sequence[LineToPrice[ListedPrice]],
    priced: Mapping[str, Priced[ListedPrice]],
    counts: _Counts[ListedPrice],
    at: datetime,
    mode: Rounding,
) -> dict[str, Priced[ListedPrice]]:
    """Lines of graduated lists, with their shares of what was counted together."""
    pools: dict[tuple[object, ...], dict[str, tuple[Ladder, int, int]]] = {}
    for line in lines:
        found = priced[line.key]
        if found.taken is None or found.terms is None or found.terms.tier_kind == "volume":
            continue
        terms = found.terms
        own = [p for p in line.prices if p.price_list_id == terms.price_list_id]
        pool = (terms.price_list_id, *counts.pool(terms, line, found.taken))
        part = (ladder(own, at), line.quantity, found.counted)
        pools.setdefault(pool, {})[line.key] = part
    made: dict[str, Priced[ListedPrice]] = {}
    for parts in pools.values():
        for key, share in graduated_shares(parts, mode).items():
            found = priced[key]
            made[key] = Priced(
                taken=found.taken,
                lost=found.lost,
                terms=found.terms,
                counted=found.counted,
                subtotal_minor=share,
            )
    return made
