"""How far a price may move within a day (C11)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from msgspec import structs

from argosy.kernel.money import Money
from argosy.modules.pricing.errors import StepTooLarge
from argosy.modules.pricing.types import PriceList, SaidPrice, SetPrice

STEP_WINDOW: Final = timedelta(hours=24)
WHOLE_BP: Final = 10_000

_Sayings = dict[UUID, list[SaidPrice]]
"""What the prices of one offer (variant and quantity) say and said, each in the order of saying."""


class _Stretch(NamedTuple):
    """An amount that is in force; `until` None: at the instant that is judged, too."""

    price_id: UUID
    amount_minor: int
    until: datetime | None


def large_steps(
    prices: PriceList, said: Sequence[SaidPrice], wanted: Sequence[SetPrice], now: datetime
) -> dict[int, StepTooLarge]:
    """Find the wanted prices that would move too far, by their places.

    A price is compared with every price of the same variant and quantity that is in force in the 24
    hours before it begins, and with those known to begin within 24 hours after it was in force; of
    several, the one of the highest priority is what shoppers pay, and counts. `said` has what held
    in the last 24 hours or will. What is refused is no reference for the others; what is so already
    is never refused.
    """
    limit = prices.max_step_per_day
    if limit is None:
        return {}
    offers: dict[tuple[UUID, int], _Sayings] = {}
    for one in sorted(said, key=lambda one: one.said_at):
        of_offer = offers.setdefault((one.variant_id, one.min_quantity), {})
        # Whoever began later may have written before us: it counts as written now.
        heard = one if one.said_at <= now else structs.replace(one, said_at=now)
        of_offer.setdefault(one.price_id, []).append(heard)
    refused: dict[int, StepTooLarge] = {}
    taken: dict[int, UUID] = {}
    for index in sorted(range(len(wanted)), key=lambda index: _start(wanted[index], now)):
        price = wanted[index]
        known = offers.setdefault((price.variant_id, price.min_quantity), {})
        place = _place(known, price) or UUID(int=index)
        if place in known and known[place][-1].amount_minor == price.amount_minor:
            continue
        wrong = _too_far_before(prices, limit, known, place, price, now)
        if wrong:
            refused[index] = _placed(wrong, index)
        else:
            known.setdefault(place, []).append(_saying(place, price, now))
            taken[index] = place
    written = set(taken.values())
    for index, place in taken.items():
        known = offers[wanted[index].variant_id, wanted[index].min_quantity]
        wrong = _too_far_after(prices, limit, known, place, written, now)
        if wrong:
            refused[index] = _placed(wrong, index)
    return refused


def _too_far_before(  # noqa: PLR0917 - a price, among which, by which limit
    prices: PriceList,
    limit: int,
    known: _Sayings,
    place: UUID,
    price: SetPrice,
    now: datetime,
) -> StepTooLarge | None:
    if price.valid_until is not None and price.valid_until <= now:
        return None  # It is never in force.
    before = list(_in_force(known, _start(price, now), now, without=place))
    far = [one for one in before if _is_far(limit, one.amount_minor, price.amount_minor)]
    if not far:
        return None
    ends = [one.until for one in far]
    last = far[-1]
    possible_at = None if None in ends else max(end for end in ends if end) + STEP_WINDOW
    least = max(_ceiling(one.amount_minor * (WHOLE_BP - limit)) for one in before)
    most = min(one.amount_minor * (WHOLE_BP + limit) // WHOLE_BP for one in before)
    held = "is in force when it begins" if last.until is None else f"held until {_told(last.until)}"
    return _error(
        prices,
        limit,
        price.amount_minor,
        last.amount_minor,
        f"which {held}",
        span=(max(least, 0), most),
        possible_at=possible_at,
    )


def _too_far_after(  # noqa: PLR0917 - a price, among which, by which limit
    prices: PriceList,
    limit: int,
    known: _Sayings,
    place: UUID,
    written: set[UUID],
    now: datetime,
) -> StepTooLarge | None:
    """What is scheduled already was judged by other prices than those that come before it now."""
    mine = known[place][-1]
    start = max(now, mine.valid_from or now)
    over = None if mine.valid_until is None else mine.valid_until + STEP_WINDOW
    for other in list(known):
        later = known[other][-1]
        if other in written or later.amount_minor is None or later.valid_from is None:
            continue
        if later.valid_from <= start or (over is not None and later.valid_from >= over):
            continue
        for one in _in_force(known, later.valid_from, now, without=other):
            if one.price_id == place and _is_far(limit, one.amount_minor, later.amount_minor):
                return _error(
                    prices,
                    limit,
                    one.amount_minor,
                    later.amount_minor,
                    f"which begins at {_told(later.valid_from)}",
                    span=None,
                    possible_at=None,
                )
    return None


def _error(
    prices: PriceList,
    limit: int,
    amount: int,
    reference: int,
    which: str,
    *,
    span: tuple[int, int] | None,
    possible_at: datetime | None,
) -> StepTooLarge:
    percent = f"{(Decimal(limit) / 100).normalize():f} %"
    shown, other = (Money(each, prices.currency) for each in (amount, reference))
    ways = [f"Move by at most {percent} within 24 hours"]
    if span is not None and span[0] <= span[1]:
        least, most = (Money(each, prices.currency) for each in span)
        ways[0] += f": {least} to {most}"
    if possible_at is not None:
        ways.append(f"let this price begin at {_told(possible_at)} or later")
    return StepTooLarge(
        f"{shown} is more than {percent} away from {other}, {which}.",
        cure=", or ".join(ways) + ".",
        max_step_per_day=limit,
        amount_minor=amount,
        reference_minor=reference,
        least_minor=None if span is None or span[0] > span[1] else span[0],
        most_minor=None if span is None or span[0] > span[1] else span[1],
        possible_at=None if possible_at is None else _told(possible_at),
    )


def _placed(error: StepTooLarge, index: int) -> StepTooLarge:
    error.field = f"prices.{index}.amount_minor"
    return error


def _in_force(
    known: Mapping[UUID, Sequence[SaidPrice]], at: datetime, now: datetime, *, without: UUID
) -> Iterator[_Stretch]:
    """What shoppers pay in the 24 hours up to `at`, oldest first.

    `without` is the price that is judged: what it was planned to say is no reference.
    """
    since = at - STEP_WINDOW
    moments = {since, at} | ({now} if since < now < at else set())
    for sayings in known.values():
        for one in sayings:
            for moment in (one.said_at, one.valid_from, one.valid_until):
                if moment is not None and since < moment < at:
                    moments.add(moment)
    ordered = sorted(moments)
    for moment, until in zip(ordered, [*ordered[1:], None], strict=True):
        found = [
            heard
            for place, sayings in known.items()
            if (place != without or moment <= now)
            and (heard := _said_at(sayings, moment)) is not None
        ]
        best = min(found, key=lambda said: (-said.priority, said.price_id.int), default=None)
        if best is not None and best.amount_minor is not None:
            yield _Stretch(best.price_id, best.amount_minor, until)


def _said_at(sayings: Sequence[SaidPrice], at: datetime) -> SaidPrice | None:
    last = None
    for one in sayings:
        if one.said_at <= at:
            last = one
    if last is None or last.amount_minor is None:
        return None
    begun = last.valid_from is None or last.valid_from <= at
    return last if begun and (last.valid_until is None or at < last.valid_until) else None


def _place(known: _Sayings, price: SetPrice) -> UUID | None:
    """The price that this one replaces."""
    for place, sayings in known.items():
        last = sayings[-1]
        if last.amount_minor is not None and (
            last.priority == price.priority
            and last.valid_from == price.valid_from
            and last.valid_until == price.valid_until
        ):
            return place
    return None


def _saying(place: UUID, price: SetPrice, now: datetime) -> SaidPrice:
    return SaidPrice(
        price_id=place,
        variant_id=price.variant_id,
        min_quantity=price.min_quantity,
        priority=price.priority,
        amount_minor=price.amount_minor,
        valid_from=price.valid_from,
        valid_until=price.valid_until,
        said_at=now,
    )


def _start(price: SetPrice, now: datetime) -> datetime:
    return now if price.valid_from is None else max(price.valid_from, now)


def _is_far(limit: int, before: int, after: int) -> bool:
    return abs(after - before) * WHOLE_BP > limit * before


def _ceiling(amount: int) -> int:
    return -(-amount // WHOLE_BP)


def _told(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
