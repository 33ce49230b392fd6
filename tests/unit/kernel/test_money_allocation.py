"""Allocation: DOMAIN.md A3, A6-A9, A16, A17."""

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.allocation import (
    AllocationImpossible,
    allocate,
    cumulative_part,
    split_by_percent,
    spread,
)

WEIGHTS = st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.integers(0, 10**6))
POSITIVE = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=4), st.integers(1, 10**6), min_size=1
)
TOTALS = st.integers(-(10**9), 10**9)


def test_A3_the_line_total_is_primary() -> None:
    units = spread(1000, [(3, 1000)])
    assert units == [[(1, 334), (2, 333)]]
    assert sum(count * amount for count, amount in units[0]) == 1000


def test_A6_largest_remainder_of_the_vector() -> None:
    weights = dict(zip("abcd", (16, 34, 53, 2), strict=True))
    assert list(allocate(100, weights).values()) == [15, 32, 51, 2]
    assert list(allocate(-100, weights).values()) == [-15, -32, -51, -2]


def test_A6_ties_go_to_the_first_key() -> None:
    assert allocate(1, {"b": 1, "a": 1, "c": 1}) == {"b": 0, "a": 1, "c": 0}
    assert allocate(2, {"b": 1, "a": 1, "c": 1}) == {"b": 1, "a": 1, "c": 0}


def test_A6_caps_pass_the_rest_on_in_proportion() -> None:
    assert allocate(90, {"a": 1, "b": 1, "c": 1}, {"a": 10, "b": 100, "c": 100}) == {
        "a": 10,
        "b": 40,
        "c": 40,
    }
    assert allocate(-7, {"a": 1, "b": 1}, {"a": 2, "b": 9}) == {"a": -2, "b": -5}


def test_A6_caps_smaller_than_the_amount_are_refused() -> None:
    with pytest.raises(AllocationImpossible):
        allocate(11, {"a": 1, "b": 1}, {"a": 5, "b": 5})


def test_A6_negative_weights_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        allocate(1, {"a": -1, "b": 2})


@given(TOTALS, POSITIVE)
def test_A6_parts_sum_and_lie_within_one_of_the_exact_share(
    total: int, weights: dict[str, int]
) -> None:
    parts = allocate(total, weights)
    whole = sum(weights.values())
    assert sum(parts.values()) == total
    assert all(abs(parts[k] * whole - total * w) < whole for k, w in weights.items())
    assert allocate(-total, weights) == {key: -part for key, part in parts.items()}


@given(POSITIVE, st.data())
def test_A6_no_part_exceeds_its_cap(weights: dict[str, int], data: st.DataObject) -> None:
    caps = {key: data.draw(st.integers(0, 1000)) for key in weights}
    total = data.draw(st.integers(0, sum(caps.values())))
    parts = allocate(total, weights, caps)
    assert sum(parts.values()) == total
    assert all(0 <= parts[key] <= caps[key] for key in weights)


@given(TOTALS, POSITIVE, st.randoms(use_true_random=False), st.booleans())
def test_A7_the_order_of_lines_does_not_matter(
    total: int, weights: dict[str, int], rng: random.Random, capped: bool
) -> None:
    caps = {key: abs(total) // 2 + index + 1 for index, key in enumerate(sorted(weights))}
    if len(weights) == 1 or not capped:
        caps = dict.fromkeys(weights, abs(total))
    shuffled = list(weights.items())
    rng.shuffle(shuffled)
    assert allocate(total, weights, caps) == allocate(total, dict(shuffled), caps)


def test_A8_free_lines_get_nothing() -> None:
    assert allocate(-1, {"free": 0, "paid": 100}) == {"free": 0, "paid": -1}


@given(WEIGHTS, st.integers(1, 10**6))
def test_A8_weight_zero_is_excluded(weights: dict[str, int], total: int) -> None:
    if any(weights.values()):
        parts = allocate(total, weights)
        assert all(parts[key] == 0 for key, weight in weights.items() if weight == 0)
    else:
        with pytest.raises(AllocationImpossible):
            allocate(total, weights)
        assert allocate(0, weights) == dict.fromkeys(weights, 0)


RUNS = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 10_000)), min_size=1, max_size=6)


def flat(runs: list[list[tuple[int, int]]]) -> list[int]:
    return [amount for run in runs for count, amount in run for _ in range(count)]


@given(RUNS, st.data())
def test_A9_a_discount_lands_on_units_once_and_adds_up(
    runs: list[tuple[int, int]], data: st.DataObject
) -> None:
    whole = sum(count * weight for count, weight in runs)
    total = data.draw(st.integers(0, whole))
    units = flat(spread(total, runs))
    weights = [weight for count, weight in runs for _ in range(count)]
    assert len(units) == len(weights)
    assert sum(units) == total
    assert all(0 <= part <= weight for part, weight in zip(units, weights, strict=True))


@given(RUNS, st.data())
def test_A9_runs_are_only_a_shorthand_for_units(
    runs: list[tuple[int, int]], data: st.DataObject
) -> None:
    whole = sum(count * weight for count, weight in runs)
    total = data.draw(st.integers(0, whole))
    weights = dict(enumerate(weight for count, weight in runs for _ in range(count)))
    assert flat(spread(total, runs)) == list(allocate(total, weights).values())


def test_A9_free_units_cannot_take_a_discount() -> None:
    with pytest.raises(AllocationImpossible):
        spread(1, [(2, 0)])
    assert spread(0, [(2, 0)]) == [[(2, 0)]]


THIRDS = {"a": Decimal("33.33"), "b": Decimal("33.33"), "c": Decimal("33.33")}


def test_A16_three_thirds_make_the_whole() -> None:
    assert split_by_percent(100_00, THIRDS) == {"a": 3334, "b": 3333, "c": 3333}
    assert split_by_percent(100_00, THIRDS, remainder_to="c") == {"a": 3333, "b": 3333, "c": 3334}


@given(
    TOTALS,
    st.dictionaries(
        st.text("xyz", min_size=1, max_size=3), st.decimals("0.01", 100, places=3), min_size=1
    ),
    st.booleans(),
)
def test_A16_parties_always_share_the_whole(
    total: int, percents: dict[str, Decimal], declared: bool
) -> None:
    last = max(percents) if declared else None
    assert sum(split_by_percent(total, percents, remainder_to=last).values()) == total


def test_A17_cumulative_partials_of_the_vector() -> None:
    taken: list[int] = []
    for done in (1, 2, 3):
        taken.append(cumulative_part(1000, done, 3, sum(taken)))
    assert taken == [333, 333, 334]


@given(TOTALS, st.lists(st.integers(1, 50), min_size=1, max_size=10))
def test_A17_partials_end_at_the_total(total: int, steps: list[int]) -> None:
    whole, done, taken = sum(steps), 0, 0
    for step in steps:
        done += step
        taken += cumulative_part(total, done, whole, taken)
        assert abs(taken) <= abs(total)
    assert taken == total


@pytest.mark.parametrize(("done", "whole"), [(-1, 3), (4, 3), (0, 0)])
def test_A17_nonsense_partials_are_refused(done: int, whole: int) -> None:
    with pytest.raises(ValueError, match="done"):
        cumulative_part(1000, done, whole, 0)
