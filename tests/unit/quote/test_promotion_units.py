"""The quick ways of taking an amount off units, against the slow ones and against fractions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.kernel.allocation import allocate, spread
from argosy.modules.quote.rules.units import LEFT, Run, cut, take_off
from tests.examples import examples

UNITS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 30), st.sampled_from([0, 0, 0, 1, 2, 3])),
    min_size=2,
    max_size=5,
)


def runs_of(units: list[tuple[int, int, int]]) -> list[Run]:
    return [(count, 40, 40, 40, left, used) for count, left, used in units]


@given(UNITS, st.sampled_from([0, 1, 2]), st.data())
@settings(max_examples=examples(100))
def test_A6_taking_by_what_is_left_is_spreading_over_the_free_units(
    units: list[tuple[int, int, int]], bit: int, data: st.DataObject
) -> None:
    check_taking(units, bit, lambda room: data.draw(st.integers(1, room)))


def test_A6_taking_by_what_is_left_is_spreading_on_thousands_of_units() -> None:
    rng = Random(6)
    for _ in range(examples(4000)):
        # Most are two kinds of units: they have a way of their own.
        units = [
            (rng.randint(1, 4), rng.randint(0, 30), rng.choice([0, 0, 0, 1, 2, 3]))
            for _ in range(rng.choice([2, 2, 2, 3, 4, 5]))
        ]
        check_taking(units, rng.randint(0, 2), lambda room: rng.randint(1, room))


def check_taking(units: list[tuple[int, int, int]], bit: int, choose: Callable[[int], int]) -> None:
    runs = runs_of(units)
    free = [i for i, run in enumerate(runs) if not run[5] & bit and run[4]]
    room = sum(runs[i][0] * runs[i][4] for i in free)
    if not room:
        return
    total = choose(room)
    pieces = spread(total, [(runs[i][0], runs[i][4]) for i in free])
    assert take_off(runs, total, LEFT, bit, 0) == cut(
        runs, dict(zip(free, pieces, strict=True)), bit
    )


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**5), min_size=1, max_size=8))
@settings(max_examples=examples(100))
def test_A6_largest_remainder_is_that_of_exact_fractions(total: int, weights: list[int]) -> None:
    check_largest_remainder(total, weights)


def test_A6_largest_remainder_is_that_of_exact_fractions_on_thousands() -> None:
    rng = Random(16)
    for _ in range(examples(2000)):
        most = rng.choice([3, 100, 10**5])
        weights = [rng.randint(0, most) for _ in range(rng.randint(1, 8))]
        check_largest_remainder(rng.randint(0, 10 * most), weights)


def check_largest_remainder(total: int, weights: list[int]) -> None:
    whole = sum(weights)
    if not whole:
        return
    exact = [Fraction(total * weight, whole) for weight in weights]
    wanted = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (wanted[i] - exact[i], i))
    for index in by_remainder[: total - sum(wanted)]:
        wanted[index] += 1
    assert list(allocate(total, dict(enumerate(weights))).values()) == wanted
    # Amounts up to the weights need no caps: nobody gets more than there is.
    if total <= whole:
        caps = dict(enumerate(weights))
        assert allocate(total, caps, caps) == allocate(total, caps)
