"""Kinds of attributes: which values fit which definition, and which definitions make sense."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.catalog import AttributeDefinition, AttributeValue, NumberValue
from argosy.modules.catalog.rules.attributes import (
    SHAPES,
    check_attributes,
    check_definition,
    date_of,
    in_range,
    inferred_definition,
    may_become,
    shape_of,
    stored_values,
)

VALUES: Mapping[str, AttributeValue] = {
    "text": "Wash cold", "rich_text": "<b>Warm</b>", "date": "2026-11-30", "file": "ab.pdf",
    "number": NumberValue(number="3"), "integer": 3, "boolean": True, "choice": ("a",),
    "swatch": ("Navy",), "product_reference": ("hoodie",), "category_reference": ("men/tops",),
}  # fmt: skip


def a(kind: str, **more: Any) -> AttributeDefinition:
    return AttributeDefinition(code="x", label="X", kind=kind, **more)  # type: ignore[arg-type]


def faults(value: AttributeValue | None, kind: str, *, level: Any = "product", **more: Any) -> list:
    known = {"x": a(kind, **more)}
    return [f.code for f in check_attributes({"x": value}, known, level=level)]


@pytest.mark.parametrize("kind", sorted(SHAPES))
def test_each_kind_takes_its_own_form_and_no_other(kind: str) -> None:
    for other, value in VALUES.items():
        wanted = [] if SHAPES[kind] == SHAPES[other] else ["attribute_kind"]  # type: ignore[index]
        found = [f for f in faults(value, kind) if f != "attribute_date"]
        assert found == wanted, (kind, other)
    assert faults(None, kind) == []


@pytest.mark.parametrize(
    ("kind", "value", "more", "expected"),
    [
        ("date", "2026-02-30", {}, ["attribute_date"]),
        ("date", "20260228", {}, ["attribute_date"]),
        ("date", "2026-01-01", {"minimum": "2026-01-02"}, ["attribute_range"]),
        ("integer", 5, {"maximum": "4"}, ["attribute_range"]),
        ("integer", 5, {"minimum": "5", "maximum": "5"}, []),
        ("choice", ("a", "b"), {"max_values": 1}, ["attribute_count"]),
        ("choice", ("c",), {"choices": ("a", "b")}, ["attribute_choice"]),
        ("swatch", ("Red",), {"choices": ("Navy",)}, ["attribute_choice"]),
        ("text", "x" * 5001, {}, ["attribute_length"]),
        ("rich_text", "x" * 5001, {}, []),
        ("text", "x", {"level": "variant"}, ["attribute_level"]),
    ],
)
def test_values_that_do_not_fit(
    kind: str, value: AttributeValue, more: dict[str, Any], expected: list[str]
) -> None:
    assert faults(value, kind, **more) == expected


WEIGHT: dict[str, Any] = {"unit": "kg", "dimension": "mass", "minimum": "0.5", "maximum": "2"}


@pytest.mark.parametrize(
    ("number", "unit", "expected"),
    [
        ("1", "kg", []),
        ("2000", "g", []),
        ("2000.0001", "g", ["attribute_range"]),
        ("0.4", None, ["attribute_range"]),
        ("1.102311310", "lb", ["attribute_range"]),
        ("1.102311311", "lb", []),
        ("1", "cm", ["attribute_unit"]),
        ("1", "bags", ["attribute_unit"]),
    ],
)
def test_E6_ranges_are_compared_by_quantity(
    number: str, unit: str | None, expected: list[str]
) -> None:
    found = faults(NumberValue(number=number, unit=unit), "number", **WEIGHT)
    assert found[:1] == expected[:1]


def test_a_range_in_a_unit_of_their_own_takes_that_unit_only() -> None:
    more: dict[str, Any] = {"unit": "pages", "minimum": "1"}
    assert faults(NumberValue(number="3", unit="pages"), "number", **more) == []
    assert faults(NumberValue(number="3"), "number", **more) == []
    assert faults(NumberValue(number="3", unit="kg"), "number", **more) == ["attribute_unit"]


def test_without_range_and_dimension_any_unit_is_taken() -> None:
    assert faults(NumberValue(number="3", unit="bags"), "number", unit="kg") == []


@pytest.mark.parametrize(
    ("kind", "more", "column"),
    [
        ("text", {"unit": "kg"}, "unit"),
        ("text", {"choices": ("a",)}, "choices"),
        ("text", {"max_values": 1}, "max_values"),
        ("choice", {"swatches": {"a": "#000000"}, "choices": ("a",)}, "swatches"),
        ("swatch", {"swatches": {"b": "#000000"}, "choices": ("a",)}, "swatches"),
        ("text", {"across_variants": "same"}, "across_variants"),
        ("file", {"level": "variant"}, "level"),
        ("rich_text", {"facet": True}, "facet"),
        ("number", {"dimension": "mass"}, "unit"),
        ("number", {"dimension": "mass", "unit": "cm"}, "unit"),
        ("number", {"dimension": "beauty", "unit": "cm"}, "dimension"),
        ("integer", {"dimension": "mass"}, "dimension"),
        ("text", {"minimum": "1"}, "minimum"),
        ("integer", {"minimum": "1.5"}, "minimum"),
        ("date", {"maximum": "1-2"}, "maximum"),
        ("number", {"minimum": "2", "maximum": "1"}, "maximum"),
    ],
)
def test_definitions_that_make_no_sense(kind: str, more: dict[str, Any], column: str) -> None:
    assert column in [f.column for f in check_definition(a(kind, **more))]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("number", WEIGHT),
        ("date", {"minimum": "2020-01-01", "maximum": "2030-12-31"}),
        ("swatch", {"choices": ("Navy",), "swatches": {"Navy": "#001f3f"}, "facet": True}),
        ("choice", {"choices": ("a",), "max_values": 1, "level": "variant",
                    "across_variants": "unique"}),
    ],
)  # fmt: skip
def test_definitions_that_make_sense(kind: str, more: dict[str, Any]) -> None:
    assert list(check_definition(a(kind, **more))) == []


def test_only_a_wider_kind_may_follow_when_values_are_there() -> None:
    assert may_become("text", "rich_text")
    assert not may_become("rich_text", "text")
    assert may_become("choice", "swatch")
    assert not may_become("text", "date")


def test_rich_text_is_sanitised_and_plain_text_is_not_touched() -> None:
    known = {"rich": a("rich_text"), "plain": a("text")}
    html = "<p onclick='x()'>Hi<script>evil()</script></p>"
    kept = stored_values({"rich": html, "plain": "a < b & c"}, known)
    assert kept == {"rich": "<p>Hi</p>", "plain": "a < b & c"}


plain_values = st.one_of(
    st.text(max_size=50),
    st.booleans(),
    st.integers(-(10**15), 10**15),
    st.lists(st.text(min_size=1, max_size=10), max_size=5).map(tuple),
    st.builds(
        NumberValue,
        number=st.decimals(-1000, 1000, places=3, allow_nan=False).map(lambda d: f"{d:f}"),
        unit=st.sampled_from([None, "kg", "lb", "bags"]),
    ),
)


@given(plain_values)
def test_a_value_fits_the_definition_that_is_inferred_from_it(value: AttributeValue) -> None:
    definition = inferred_definition("x", value)
    assert SHAPES[definition.kind] == shape_of(value)
    assert list(check_definition(definition)) == []
    assert list(check_attributes({"x": value}, {"x": definition})) == []


@given(plain_values)
def test_storing_twice_is_storing_once(value: AttributeValue) -> None:
    for kind in ("text", "rich_text", "number"):
        known = {"x": a(kind)}
        once = stored_values({"x": value}, known)
        assert stored_values(once, known) == once


@given(st.dates(), st.dates(), st.dates())
def test_dates_are_in_range_as_days_are(day: date, low: date, high: date) -> None:
    definition = a("date", minimum=low.isoformat(), maximum=high.isoformat())
    assert in_range(definition, day.isoformat()) == (low <= day <= high)
    assert date_of(day.isoformat()) == day
