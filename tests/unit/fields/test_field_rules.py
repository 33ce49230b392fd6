"""Custom fields: definitions, patterns in bounded time, values, keys. Pure."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.fields import DefineField, FieldDefinition, FieldValue
from argosy.modules.fields.rules import (
    check_definition,
    check_value,
    key_text,
    keys_of,
    matches,
    merged,
    number_of,
    parse_pattern,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def a(kind: str, **more: Any) -> DefineField:
    if kind in {"choice", "choices"}:
        more.setdefault("choices", ("a", "b"))
    return DefineField(code="x", label="X", kind=kind, **more)  # type: ignore[arg-type]


def stored(code: str, kind: str = "text", **more: Any) -> FieldDefinition:
    return FieldDefinition(
        code=code, label=code, kind=kind, id=UUID(int=1), subject="product",  # type: ignore[arg-type]
        version=1, created_at=NOW, updated_at=NOW, **more,
    )  # fmt: skip


atoms = st.sampled_from(["a", "b", r"\d", "[ab]", "[^a]", ".", r"\-", "[a-c0-9]"])
counts = st.sampled_from(["", "?", "*", "+", "{2}", "{1,3}", "{0,2}", "{2,}"])
patterns = st.lists(st.tuples(atoms, counts).map("".join), max_size=5).map("".join)


@given(patterns, st.text(alphabet="ab01-c", max_size=8))
def test_patterns_mean_what_regular_expressions_mean(pattern: str, text: str) -> None:
    assert matches(pattern, text) == bool(re.fullmatch(pattern, text, re.DOTALL))


@pytest.mark.parametrize(
    "pattern", ["(a+)+", "a|b", "^a", "a$", r"(a)\1", "a{2", "[a", "a**", "*a", r"\b", "a{3,2}"]
)
def test_what_could_take_for_ever_is_no_pattern(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_pattern(pattern)


def test_the_worst_pattern_takes_no_time() -> None:
    started = time.process_time()
    assert not matches("a*" * 100 + "b", "a" * 500)
    assert not matches("[a-z]*" * 33, "a" * 499 + "!")
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("subject", "given_", "column"),
    [
        ("order", a("text", shopper_writes=True, visible="storefront"), "shopper_writes"),
        ("cart", a("text", shopper_writes=True), "visible"),
        ("product", a("text", on_order=True), "on_order"),
        ("cart", a("text", choices=("a",)), "choices"),
        ("cart", a("choice", choices=()), "choices"),
        ("cart", a("integer", pattern="a"), "pattern"),
        ("cart", a("text", pattern="(a"), "pattern"),
        ("cart", a("text", minimum="1"), "minimum"),
        ("cart", a("integer", minimum="1.5"), "minimum"),
        ("cart", a("date", minimum="2026-02-30"), "minimum"),
        ("cart", a("number", minimum="2", maximum="1.9"), "maximum"),
        ("cart", a("integer", maximum="3", default=4), "default"),
    ],
)
def test_definitions_that_make_no_sense(subject: Any, given_: DefineField, column: str) -> None:
    assert [f.column for f in check_definition(subject, given_)][:1] == [column]


@pytest.mark.parametrize(
    ("definition", "value", "code"),
    [
        (a("text"), 5, "kind"),
        (a("text", max_length=2), "abc", "length"),
        (a("text", pattern=r"[A-Z]{2}\d+"), "AB", "pattern"),
        (a("text"), "a\x00", "text"),
        (a("integer"), True, "kind"),
        (a("integer", minimum="2"), 1, "range"),
        (a("number"), "1e5", "kind"),
        (a("number", maximum="1.5"), "1.51", "range"),
        (a("date"), "2026-13-01", "kind"),
        (a("date", minimum="2026-01-02"), "2026-01-01", "range"),
        (a("boolean"), "true", "kind"),
        (a("choice"), "c", "choice"),
        (a("choices"), ("a", "c"), "choice"),
    ],
)
def test_values_that_do_not_fit(definition: DefineField, value: FieldValue, code: str) -> None:
    assert [f.code for f in check_value(definition, value, "x")] == [code]


@given(st.decimals(-(10**9), 10**9, places=4, allow_nan=False))
def test_equal_numbers_have_one_key(number: Decimal) -> None:
    field = a("number")
    short, long = f"{number.normalize():f}", f"{number:.6f}"
    assert keys_of(field, short) == keys_of(field, long)
    assert key_text(field, long) == keys_of(field, short)[0].text  # type: ignore[index]


@given(st.dates(), st.dates())
def test_dates_are_ordered_like_days(one: Any, other: Any) -> None:
    first, second = number_of("date", one.isoformat()), number_of("date", other.isoformat())
    assert first is not None
    assert second is not None
    assert (first < second) == (one < other)


def test_a_change_is_merged_and_required_fields_stay() -> None:
    fields = [stored("a", required=True), stored("b"), stored("c", required=True, default="x")]
    values, faults = merged(fields, {"a": "1", "b": "2"}, {"b": None, "a": "3"})
    assert (values, faults) == ({"a": "3"}, [])
    _, faults = merged(fields, {"a": "1"}, {"a": None, "z": "1"})
    assert [(f.column, f.code) for f in faults] == [("z", "unknown"), ("a", "required")]
