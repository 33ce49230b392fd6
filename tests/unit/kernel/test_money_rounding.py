"""Rounding: DOMAIN.md A4, A5, A10."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.rounding import (
    ROUNDERS,
    Rounding,
    exact_ratio,
    rounded,
    share_of,
    toward_zero,
)

NUMERATORS = st.integers(-(10**20), 10**20)
DENOMINATORS = st.integers(1, 10**9)
MODES = st.sampled_from(sorted(ROUNDERS))


@pytest.mark.parametrize(
    ("value", "up", "even"),
    [
        ("12.5", 13, 12),
        ("13.5", 14, 14),
        ("0.5", 1, 0),
        ("1.4999999999999999999999999", 1, 1),
        ("1.5000000000000000000000001", 2, 2),
        ("-12.5", -13, -12),
        ("0", 0, 0),
    ],
)
def test_A4_half_up_away_from_zero_is_the_default_and_half_even_selectable(
    value: str, up: int, even: int
) -> None:
    assert rounded(Decimal(value)) == up
    assert rounded(Decimal(value), "half_even") == even


def test_A4_an_eighth_of_a_euro_is_thirteen_cents() -> None:
    assert share_of(100, Fraction(1, 8)) == 13
    assert share_of(100, Fraction(1, 8), "half_even") == 12


@given(NUMERATORS, DENOMINATORS, MODES)
def test_A5_rounding_is_symmetric(numerator: int, denominator: int, mode: str) -> None:
    rounder = ROUNDERS[mode]
    assert rounder(-numerator, denominator) == -rounder(numerator, denominator)
    assert toward_zero(-numerator, denominator) == -toward_zero(numerator, denominator)


@given(NUMERATORS, DENOMINATORS, MODES)
def test_A5_rounding_is_nearest(numerator: int, denominator: int, mode: str) -> None:
    distance = abs(Fraction(numerator, denominator) - ROUNDERS[mode](numerator, denominator))
    assert distance <= Fraction(1, 2)
    if distance == Fraction(1, 2) and mode == "half_even":
        assert ROUNDERS[mode](numerator, denominator) % 2 == 0


def test_A10_a_percentage_is_exact_and_rounded_once() -> None:
    assert share_of(1050, Decimal("0.15")) == 158  # 157.5
    assert share_of(1050, Decimal("0.15"), "half_even") == 158
    assert share_of(1030, Decimal("0.15"), "half_even") == 154  # 154.5
    assert share_of(-1050, Decimal("0.15")) == -158


@given(st.integers(-(10**12), 10**12), st.decimals(0, 10, places=6))
def test_A10_agrees_with_fractions(base: int, rate: Decimal) -> None:
    modes: tuple[Rounding, ...] = ("half_up", "half_even")
    for mode in modes:
        assert share_of(base, rate, mode) == rounded(base * Fraction(rate), mode)


def test_A10_rates_are_compiled_in_lowest_terms() -> None:
    assert exact_ratio(Decimal("0.190")) == (19, 100)
    assert exact_ratio(Decimal(0)) == (0, 1)
    assert exact_ratio(Fraction(6, 4)) == (3, 2)


@pytest.mark.parametrize("wrong", [0.19, True, "0.19", None])
def test_A10_a_float_is_no_rate(wrong: object) -> None:
    with pytest.raises(TypeError):
        exact_ratio(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="finite"):
        exact_ratio(Decimal("NaN"))
