"""The prior price beside a reduction (C5, C6; directive 98/6/EC, article 6a)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from argosy.modules.pricing.types import PERSONAL, PriceChange, PriceChoice, Terms

PRIOR_PRICE_DAYS = 30
_WINDOW = timedelta(days=PRIOR_PRICE_DAYS)

Amounts = Sequence[tuple[datetime, int | None]]
"""From each instant on: what a single unit cost everybody, in minor units; None: not offered."""


def public_amounts(
    history: Sequence[PriceChange],
    terms: Sequence[Terms],
    choice: PriceChoice,
    *,
    market: str,
    until: datetime,
) -> list[tuple[datetime, int | None]]:
    """Tell what a single unit cost everybody at each instant up to `until`.

    `history` is in the order of recording; a change counts from its recording on, and while its
    period lasts. `terms` are in the order of precedence; lists that are offered to some people only
    do not count (C5).
    """
    public = [t for t in terms if t.level not in PERSONAL and t.market in {"", market}]
    lists = {t.price_list_id for t in public}
    changes = [c for c in history if c.min_quantity == 1 and c.price_list_id in lists]
    changes.sort(key=lambda change: change.recorded_at)
    moments = {m for c in changes for m in _moments(c)} | {m for t in public for m in _ends(t)}
    latest: dict[object, PriceChange] = {}
    told: list[tuple[datetime, int | None]] = []
    next_change = 0
    for moment in sorted(m for m in moments if m <= until):
        while next_change < len(changes) and changes[next_change].recorded_at <= moment:
            latest[changes[next_change].price_id] = changes[next_change]
            next_change += 1
        over = [key for key, c in latest.items() if c.valid_until and c.valid_until <= moment]
        for key in over:
            del latest[key]
        amount = _cheapest_choice(latest.values(), public, choice, moment)
        if not told or told[-1][1] != amount:
            told.append((moment, amount))
    return told


def prior_on(amounts: Amounts, at: datetime) -> int | None:
    """Return the lowest price of the 30 days before the reduction in force at `at`; None if none.

    Prices that were set earlier but were in force in those days count. Reductions that follow one
    another within 30 days and without a rise are one campaign and keep its first reference: 100
    since January, 80 on March 1 and 70 on March 10 refer to 100. A time without a price ends a
    campaign.
    """
    began: datetime | None = None
    stepped: datetime | None = None
    before: int | None = None
    for moment, now in amounts:
        if moment > at:
            break
        if now is None or before is None or now > before:
            began = stepped = None
        elif now < before:
            if began is None or stepped is None or moment - stepped > _WINDOW:
                began = moment
            stepped = moment
        before = now
    if began is None:
        return None
    return _lowest(amounts, began - _WINDOW, began)


def _lowest(amounts: Amounts, start: datetime, stop: datetime) -> int | None:
    lowest: int | None = None
    for place, (moment, amount) in enumerate(amounts):
        ends = amounts[place + 1][0] if place + 1 < len(amounts) else stop
        if moment < stop and ends > start and amount is not None:
            lowest = amount if lowest is None else min(lowest, amount)
    return lowest


def amount_in_force(history: Sequence[PriceChange], at: datetime) -> int | None:
    """Return the single-unit price of one list as it was recorded and in force at that instant."""
    latest: dict[object, PriceChange] = {}
    for change in history:
        if change.recorded_at <= at:
            latest[change.price_id] = change
    best = _best(c for c in latest.values() if c.min_quantity == 1 and _covers(c, at))
    return None if best is None else best.amount_minor


def prior_amount(history: Sequence[PriceChange], at: datetime) -> int | None:
    """Return the prior price of one list at `at`; see `prior_on`."""
    moments = sorted({m for change in history for m in _moments(change) if m <= at})
    return prior_on([(m, amount_in_force(history, m)) for m in moments], at)


def _cheapest_choice(
    prices: Iterable[PriceChange], terms: Sequence[Terms], choice: PriceChoice, at: datetime
) -> int | None:
    by_list: dict[object, list[PriceChange]] = {}
    for price in prices:
        if _covers(price, at):
            by_list.setdefault(price.price_list_id, []).append(price)
    amounts: list[int] = []
    for one in terms:
        if (one.valid_from is not None and at < one.valid_from) or (
            one.valid_until is not None and at >= one.valid_until
        ):
            continue
        best = _best(by_list.get(one.price_list_id, ()))
        if best is not None and best.amount_minor is not None:
            if choice == "precedence":
                return best.amount_minor
            amounts.append(best.amount_minor)
    return min(amounts, default=None)


def _best(prices: Iterable[PriceChange]) -> PriceChange | None:
    return min(
        (price for price in prices if price.amount_minor is not None),
        key=lambda price: (-price.priority, price.price_id.int),
        default=None,
    )


def _covers(change: PriceChange, at: datetime) -> bool:
    return (change.valid_from is None or change.valid_from <= at) and (
        change.valid_until is None or at < change.valid_until
    )


def _moments(change: PriceChange) -> Iterable[datetime]:
    yield change.recorded_at
    for moment in (change.valid_from, change.valid_until):
        if moment is not None:
            yield moment


def _ends(terms: Terms) -> Iterable[datetime]:
    for moment in (terms.valid_from, terms.valid_until):
        if moment is not None:
            yield moment
