"""How a price is chosen and what came before it: DOMAIN.md C1-C3, C5, C9."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.pricing import PriceChange, resolve
from argosy.modules.pricing.rules import amount_in_force, prior_amount

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    price_id: UUID
    amount_minor: int
    min_quantity: int = 1
    priority: int = 0
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def tier(number: int, amount: int, **more: object) -> Tier:
    return Tier(price_id=UUID(int=number), amount_minor=amount, **more)  # type: ignore[arg-type]


def amount(tiers: list[Tier], quantity: int = 1, at: datetime = NOW) -> int | None:
    taken = resolve(tiers, quantity, at).taken
    return None if taken is None else taken.amount_minor


@pytest.mark.parametrize(
    ("quantity", "unit"), [(1, 10), (9, 10), (10, 9), (19, 9), (20, 8), (25, 8)]
)
def test_C3_tiers_are_by_volume_of_the_line(quantity: int, unit: int) -> None:
    tiers = [tier(1, 10), tier(2, 9, min_quantity=10), tier(3, 8, min_quantity=20)]
    assert amount(tiers, quantity) == unit


def test_C2_validity_is_half_open() -> None:
    old = tier(1, 10, valid_until=NOW)
    new = tier(2, 12, valid_from=NOW)
    assert amount([old, new], at=NOW - timedelta(microseconds=1)) == 10
    assert amount([old, new], at=NOW) == 12


def test_C1_priority_wins_over_tiers() -> None:
    assert amount([tier(1, 10), tier(2, 9, min_quantity=10), tier(3, 12, priority=1)], 10) == 12


def test_C9_without_a_price_nothing_is_taken_and_zero_is_a_price() -> None:
    assert amount([]) is None
    assert amount([tier(1, 10, min_quantity=2)]) is None
    assert amount([tier(1, 0)]) == 0


def test_every_loser_is_told_why() -> None:
    found = resolve(
        [
            tier(1, 10),
            tier(2, 9, min_quantity=5),
            tier(3, 8, min_quantity=50),
            tier(4, 7, valid_from=NOW + HOUR),
            tier(5, 6, valid_until=NOW),
            tier(6, 11, priority=-1),
        ],
        5,
        NOW,
    )
    assert found.taken == tier(2, 9, min_quantity=5)
    assert {(loser.price_id.int, why) for loser, why in found.lost} == {
        (1, "larger_tier_applies"),
        (3, "quantity_too_small"),
        (4, "not_yet_valid"),
        (5, "no_longer_valid"),
        (6, "lower_priority"),
    }


TIERS = st.lists(
    st.builds(
        Tier,
        price_id=st.uuids(),
        amount_minor=st.integers(0, 1000),
        min_quantity=st.integers(1, 5),
        priority=st.integers(0, 2),
        valid_from=st.none() | st.just(NOW) | st.just(NOW + HOUR),
        valid_until=st.none() | st.just(NOW + 2 * HOUR) | st.just(NOW),
    ),
    unique_by=lambda each: each.price_id,
    max_size=6,
)


@given(TIERS, st.integers(1, 6), st.randoms(use_true_random=False))
def test_C1_the_choice_is_total_and_independent_of_order(
    tiers: list[Tier], quantity: int, rng: random.Random
) -> None:
    found = resolve(tiers, quantity, NOW)
    shuffled = tiers.copy()
    rng.shuffle(shuffled)
    assert resolve(shuffled, quantity, NOW).taken == found.taken
    told = [loser for loser, _ in found.lost]
    assert len(told) + (found.taken is not None) == len(tiers)


JANUARY = datetime(2026, 1, 5, tzinfo=UTC)
MARCH_1 = datetime(2026, 3, 1, tzinfo=UTC)
MARCH_10 = datetime(2026, 3, 10, tzinfo=UTC)


def change(number: int, amount: int | None, when: datetime, **more: object) -> PriceChange:
    settings: dict[str, object] = {
        "price_id": UUID(int=1),
        "min_quantity": 1,
        "priority": 0,
        "compare_at_minor": None,
        "valid_from": None,
        "valid_until": None,
    }
    return PriceChange(
        id=number,
        amount_minor=amount,
        recorded_at=when,
        **(settings | more),  # type: ignore[arg-type]
    )


def test_C5_the_reference_is_the_price_before_the_reduction() -> None:
    history = [change(1, 100, JANUARY), change(2, 80, MARCH_1)]
    assert prior_amount(history, MARCH_1) == 100
    assert prior_amount(history, MARCH_1 - HOUR) is None


def test_C5_progressive_reductions_keep_the_first_reference() -> None:
    history = [change(1, 100, JANUARY), change(2, 80, MARCH_1), change(3, 70, MARCH_10)]
    assert prior_amount(history, MARCH_10 + HOUR) == 100


def test_C5_a_rise_ends_the_campaign() -> None:
    history = [
        change(1, 100, JANUARY),
        change(2, 80, MARCH_1),
        change(3, 95, MARCH_1 + 24 * HOUR),
        change(4, 90, MARCH_10),
    ]
    # The lowest price of the 30 days before March 10 was 80.
    assert prior_amount(history, MARCH_10 + HOUR) == 80
    assert prior_amount(history, MARCH_1 + 25 * HOUR) is None


def test_C5_a_short_dip_counts_but_one_longer_ago_than_30_days_does_not() -> None:
    dip = [
        change(1, 100, JANUARY),
        change(2, 60, JANUARY + 24 * HOUR),
        change(3, 100, JANUARY + 48 * HOUR),
    ]
    assert prior_amount([*dip, change(4, 90, JANUARY + timedelta(days=20))], MARCH_1) == 60
    assert prior_amount([*dip, change(4, 90, MARCH_1)], MARCH_1) == 100


def test_C5_scheduled_prices_count_when_they_are_in_force() -> None:
    sale = change(
        2,
        80,
        JANUARY,
        price_id=UUID(int=2),
        priority=1,
        valid_from=MARCH_1,
        valid_until=MARCH_10,
    )
    history = [change(1, 100, JANUARY), sale]
    assert amount_in_force(history, MARCH_1 - HOUR) == 100
    assert amount_in_force(history, MARCH_1) == 80
    assert amount_in_force(history, MARCH_10) == 100
    assert prior_amount(history, MARCH_1 + HOUR) == 100
    assert prior_amount(history, MARCH_10) is None


def test_C5_a_removed_price_is_no_price() -> None:
    history = [change(1, 100, JANUARY), change(2, None, MARCH_1)]
    assert amount_in_force(history, MARCH_1 + HOUR) is None
