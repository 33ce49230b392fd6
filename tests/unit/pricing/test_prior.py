"""The prior price beside a reduction: DOMAIN.md C5, C6."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.pricing import (
    LEVELS,
    Level,
    Policy,
    PriceChange,
    Terms,
    price_book,
    prior_on,
    public_amounts,
)

DAY = timedelta(days=1)
JANUARY = datetime(2026, 1, 5, tzinfo=UTC)
MARCH_1 = datetime(2026, 3, 1, tzinfo=UTC)
MARCH_10 = datetime(2026, 3, 10, tzinfo=UTC)
BASE, SALE, OWN = UUID(int=901), UUID(int=902), UUID(int=903)


def change(
    number: int, amount: int | None, when: datetime, list_id: UUID = BASE, **more: object
) -> PriceChange:
    settings: dict[str, object] = {
        "price_id": UUID(int=list_id.int),
        "min_quantity": 1,
        "priority": 0,
        "compare_at_minor": None,
        "valid_from": None,
        "valid_until": None,
        "price_list_id": list_id,
    }
    return PriceChange(id=number, amount_minor=amount, recorded_at=when, **(settings | more))  # type: ignore[arg-type]


def prior(
    history: list[PriceChange], at: datetime, *terms: Terms, choice: str = "precedence"
) -> int | None:
    book = price_book(Policy(choice=choice), terms or [Terms(price_list_id=BASE)])  # type: ignore[arg-type]
    amounts = public_amounts(history, book.terms, book.choice, market="DE", until=at)
    return prior_on(amounts, at)


def test_C5_the_vector_100_80_70() -> None:
    history = [change(1, 100, JANUARY), change(2, 80, MARCH_1), change(3, 70, MARCH_10)]
    assert prior(history, MARCH_1 - DAY) is None
    assert prior(history, MARCH_1) == 100
    assert prior(history, MARCH_10) == 100


def test_C5_a_price_set_long_ago_and_in_force_until_yesterday_counts() -> None:
    """What Spree misses: only prices recorded within the 30 days count there (FIELD.md II.b)."""
    old = change(1, 90, JANUARY - 60 * DAY, valid_until=MARCH_1 - DAY)
    new = change(2, 100, JANUARY, price_id=UUID(int=7), valid_from=MARCH_1 - DAY)
    reduced = change(3, 95, MARCH_1, price_id=UUID(int=7), valid_from=MARCH_1 - DAY)
    assert prior([old, new, reduced], MARCH_1 + DAY) == 90


def test_C5_the_reduced_price_itself_never_is_its_own_reference() -> None:
    history = [change(1, 100, JANUARY), change(2, 80, MARCH_1)]
    assert all(prior(history, MARCH_1 + n * DAY) == 100 for n in (0, 1, 20, 29, 31))


def test_C5_a_price_that_held_for_more_than_30_days_is_the_new_reference() -> None:
    history = [change(1, 100, JANUARY), change(2, 80, MARCH_1)]
    assert prior([*history, change(3, 70, MARCH_1 + 30 * DAY)], MARCH_1 + 31 * DAY) == 100
    assert prior([*history, change(3, 70, MARCH_1 + 31 * DAY)], MARCH_1 + 31 * DAY) == 80


def test_C5_a_time_without_a_price_ends_the_campaign() -> None:
    history = [change(1, 100, JANUARY), change(2, None, MARCH_1), change(3, 70, MARCH_10)]
    assert prior(history, MARCH_10 + DAY) is None


def test_C5_a_sale_in_a_list_of_the_channel_is_a_reduction_of_its_base_list() -> None:
    history = [change(1, 100, JANUARY), change(2, 70, JANUARY, SALE)]
    sale = Terms(price_list_id=SALE, level="channel", valid_from=MARCH_1, valid_until=MARCH_10)
    base = Terms(price_list_id=BASE)
    assert prior(history, MARCH_1 - DAY, base, sale) is None
    assert prior(history, MARCH_1, base, sale) == 100
    assert prior(history, MARCH_10, base, sale) is None
    # A second sale within the 30 days refers to the first one's price.
    again = Terms(price_list_id=SALE, level="channel", valid_from=MARCH_10 + DAY)
    assert prior(history, MARCH_10 + 2 * DAY, base, sale, again) == 70


@pytest.mark.parametrize("level", ["contract", "customer", "group", "segment"])
def test_C5_personal_prices_do_not_count(level: Level) -> None:
    history = [
        change(1, 100, JANUARY),
        change(2, 50, JANUARY, OWN),
        change(3, 80, MARCH_1),
    ]
    own = Terms(price_list_id=OWN, level=level)
    assert prior(history, MARCH_1, Terms(price_list_id=BASE), own) == 100


def test_C5_each_market_has_its_own_reference() -> None:
    history = [change(1, 100, JANUARY), change(2, 60, JANUARY, OWN), change(3, 80, MARCH_1)]
    austria = Terms(price_list_id=OWN, level="market", market="AT")
    assert prior(history, MARCH_1, Terms(price_list_id=BASE), austria) == 100


# --- brute force ---------------------------------------------------------------------------------

HOURS = st.integers(0, 40 * 3)
"""Instants in steps of eight hours."""
CHANGES = st.lists(
    st.tuples(
        HOURS,
        st.sampled_from([BASE, SALE, OWN]),
        st.integers(1, 3),
        st.none() | st.integers(1, 9),
        st.integers(0, 1),
        st.none() | HOURS,
        st.none() | HOURS,
    ),
    max_size=8,
)
PERIODS = st.tuples(st.sampled_from(LEVELS), st.none() | HOURS, st.none() | HOURS)


def moment(step: int | None) -> datetime | None:
    return None if step is None else JANUARY + step * timedelta(hours=24)


def charged(
    history: list[PriceChange], terms: list[Terms], choice: str, at: datetime
) -> int | None:
    """What everybody paid at an instant, from everything that was recorded by then."""
    found: list[tuple[int, int]] = []
    for rank, one in enumerate(terms):
        if one.level in {"contract", "customer", "group", "segment"}:
            continue
        if (one.valid_from and at < one.valid_from) or (one.valid_until and at >= one.valid_until):
            continue
        known: dict[UUID, PriceChange] = {}
        for each in history:
            if each.recorded_at <= at and each.price_list_id == one.price_list_id:
                known[each.price_id] = each
        live = [
            each
            for each in known.values()
            if each.amount_minor is not None
            and (each.valid_from is None or each.valid_from <= at)
            and (each.valid_until is None or at < each.valid_until)
        ]
        if live:
            best = min(live, key=lambda e: (-e.priority, e.price_id.int))
            found.append((rank, best.amount_minor or 0))
    if not found:
        return None
    return min(found)[1] if choice == "precedence" else min(amount for _, amount in found)


def prior_by_brute_force(
    history: list[PriceChange], terms: list[Terms], choice: str, at: datetime
) -> int | None:
    """Day by day: where the present campaign began, then the lowest of the 30 days before it."""
    days = [JANUARY + n * DAY for n in range(41 * 3 + 1)]
    days = [day for day in days if day <= at]
    paid = [charged(history, terms, choice, day) for day in days]
    began = stepped = None
    for place in range(1, len(days)):
        now, before = paid[place], paid[place - 1]
        if now is None or before is None or now > before:
            began = stepped = None
        elif now < before:
            if began is None or stepped is None or days[place] - days[stepped] > 30 * DAY:
                began = place
            stepped = place
    if began is None:
        return None
    window = [
        paid[n] for n in range(began) if days[n] >= days[began] - 30 * DAY and paid[n] is not None
    ]
    return min(amount for amount in window if amount is not None)


@given(
    CHANGES,
    st.tuples(PERIODS, PERIODS, PERIODS),
    st.sampled_from(["precedence", "lowest"]),
    st.integers(0, 40 * 3),
)
def test_C5_the_prior_price_is_that_of_brute_force(
    made: list[tuple[int, UUID, int, int | None, int, int | None, int | None]],
    periods: tuple[tuple[Level, int | None, int | None], ...],
    choice: str,
    step: int,
) -> None:
    history = [
        change(
            n,
            amount,
            JANUARY + when * DAY,
            list_id,
            price_id=UUID(int=list_id.int * 10 + price),
            priority=priority,
            valid_from=moment(start),
            valid_until=moment(stop),
        )
        for n, (when, list_id, price, amount, priority, start, stop) in enumerate(
            sorted(made, key=lambda one: one[0])
        )
        if start is None or stop is None or start < stop
    ]
    terms = [
        Terms(
            price_list_id=list_id,
            level=level,
            valid_from=moment(start),
            valid_until=moment(stop),
        )
        for list_id, (level, start, stop) in zip((BASE, SALE, OWN), periods, strict=True)
    ]
    at = JANUARY + step * DAY
    book = price_book(Policy(choice=choice), terms)  # type: ignore[arg-type]
    told = public_amounts(history, book.terms, book.choice, market="DE", until=at)
    assert prior_on(told, at) == prior_by_brute_force(history, list(book.terms), choice, at)
