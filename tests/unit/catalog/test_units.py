"""Units: exact conversion to a canonical one, the original kept, loss flagged (DOMAIN.md E6)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.catalog import Measured, NumberValue
from argosy.modules.catalog.rules.units import (
    CANONICAL,
    UNITS,
    dimension_of,
    in_canonical,
    known_unit,
    measured,
    normalised,
)

numbers = st.decimals(
    min_value=-(10**9), max_value=10**9, places=4, allow_nan=False, allow_infinity=False
).map(lambda n: f"{n:f}")


def test_E6_a_pound_is_453_59237_grams_and_nothing_is_lost() -> None:
    assert measured("1", "lb") == Measured(number="453.59237", unit="g", lossy=False)


@pytest.mark.parametrize(
    ("number", "unit", "canonical"),
    [
        ("1", "in", Measured(number="25.4", unit="mm")),
        ("0", "F", Measured(number="-17.777777777778", unit="C", lossy=True)),
        ("212", "F", Measured(number="100", unit="C")),
        ("0", "K", Measured(number="-273.15", unit="C")),
        ("1", "GiB", Measured(number="1073741824", unit="B")),
        ("1.50", "KG", Measured(number="1500", unit="g")),
        ("3", '"', Measured(number="76.2", unit="mm")),
        ("-0", "kg", Measured(number="0", unit="g")),
    ],
)
def test_E6_canonical_values(number: str, unit: str, canonical: Measured) -> None:
    assert measured(number, unit) == canonical


@pytest.mark.parametrize(("number", "unit"), [("5", "g"), ("5", None), ("5", "pages"), ("5", "")])
def test_nothing_is_added_where_there_is_nothing_to_convert(number: str, unit: str) -> None:
    assert measured(number, unit) is None


def test_symbols_that_differ_by_case_only_are_told_apart() -> None:
    assert (known_unit("mW"), known_unit("MW"), known_unit("mw")) == ("mW", "MW", None)
    assert (known_unit(" kHZ "), known_unit("Kgs"), known_unit("cm²")) == ("kHz", "kg", "cm2")


def test_every_dimension_has_its_canonical_unit_with_factor_one() -> None:
    assert {u.dimension for u in UNITS.values()} == CANONICAL.keys()
    for dimension, unit in CANONICAL.items():
        assert UNITS[unit] == (dimension, Fraction(1), Fraction(0))


@given(numbers, st.sampled_from(sorted(UNITS)))
def test_E6_what_is_not_flagged_as_lossy_is_exact(number: str, unit: str) -> None:
    found = measured(number, unit)
    exact = in_canonical(number, unit)
    if found is None:
        assert unit == CANONICAL[UNITS[unit].dimension]
    else:
        assert dimension_of(found.unit) == dimension_of(unit)
        assert found.lossy == (Fraction(found.number) != exact)
        assert abs(Fraction(found.number) - exact) <= Fraction(1, 2 * 10**12)


@given(numbers, st.one_of(st.none(), st.sampled_from(sorted(UNITS)), st.text(max_size=20)))
def test_E6_the_original_is_kept_and_normalising_twice_changes_nothing(
    number: str, unit: str | None
) -> None:
    forged = NumberValue(number=number, unit=unit, canonical=Measured(number="7", unit="g"))
    once = normalised(forged)
    assert (once.number, once.unit) == (number, unit)
    assert normalised(once) == once
    assert once.canonical == measured(number, unit)
