"""Custom fields of goods, carts and customers in promotions: how they compare, and are found."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.quote import (
    Facts,
    compile_promotions,
    field_key,
    field_uses,
    line_facts,
)
from argosy.modules.quote.rules.custom_fields import compares, field_tokens, field_words
from tests.unit.quote.promoting import NOON, item, names, percent, quoted, rule

HOLDS: list[tuple[Any, str, Any, bool]] = [
    ("gold", "eq", "gold", True),
    ("gold", "eq", "silver", False),
    (None, "eq", "gold", False),
    (None, "ne", "gold", True),
    ("gold", "in", ("gold", "silver"), True),
    ("gold", "in", "gold", False),
    ("engraved twice", "contains", "twice", True),
    (True, "eq", 1, False),
    (1, "eq", True, False),
    (3, "gte", 3, True),
    (3, "gt", 3, False),
    (True, "gt", False, False),
    ("9.5", "lt", "10", True),
    ("-2", "lt", "-1.5", True),
    ("2026-02-01", "gte", "2025-12-31", True),
    (("red", "blue"), "eq", "blue", True),
    (("red", "blue"), "contains", "red", True),
    (("red", "blue"), "contains", "re", False),
    (("red", "blue"), "in", ("green", "blue"), True),
    (("red", "blue"), "ne", "green", True),
    (("red", "blue"), "ne", "red", False),
    ((), "exists", None, True),
    (None, "exists", False, True),
    ("", "exists", True, True),
]


@pytest.mark.parametrize(("have", "op", "want", "holds"), HOLDS)
def test_how_values_compare(have: Any, op: str, want: Any, holds: bool) -> None:
    assert compares(have, op, want) is holds


VALUES = st.one_of(
    st.sampled_from(["a", "b", "1"]),
    st.sampled_from([0, 1]),
    st.booleans(),
    st.lists(st.sampled_from(["a", "b", "c"]), max_size=3).map(tuple),
)


@given(have=VALUES | st.none(), op=st.sampled_from(["eq", "in"]), want=VALUES | st.none())
def test_what_is_found_by_words_is_what_compares(have: Any, op: str, want: Any) -> None:
    if op == "eq" and isinstance(want, tuple):
        return
    words = field_words("x", op, want)
    assert words is not None
    has = field_tokens({} if have is None else {"x": have})
    assert (not words.isdisjoint(has)) is compares(have, op, want)


def _field(name: str, value: Any, op: str = "eq", **more: Any) -> dict[str, Any]:
    return {"type": "field", "name": name, "op": op, "value": value, **more}


def test_goods_are_selected_by_the_fields_of_product_and_variant() -> None:
    rules = [
        rule("p", percent(10, of=_field("season", "autumn"))),
        rule("v", percent(50, of=_field("season", "autumn", subject="variant"))),
    ]
    of_product = line_facts(product="a", fields={field_key("product", "season"): "autumn"})
    of_variant = line_facts(product="b", fields={field_key("variant", "season"): "autumn"})
    found = quoted(
        rules, item("a", 1, 1000, facts=of_product), item("b", 1, 1000, facts=of_variant)
    )
    assert {one.key: one.discount.minor for one in found.lines} == {"a": 100, "b": 500}


def test_a_cart_is_judged_by_its_own_fields_and_those_of_who_buys() -> None:
    rules = [
        rule(subject, percent(10), when=_field("rank", 3, "gte", subject=subject))
        for subject in ("cart", "customer", "order")
    ]
    for subject in ("cart", "customer", "order"):
        facts = Facts(at=NOON, fields={field_key(subject, "rank"): 3})
        assert names(quoted(rules, item("a", 1, 1000), facts=facts)) == [subject]


def test_of_many_promotions_for_some_values_only_those_that_can_match_are_looked_at() -> None:
    rules = [
        rule(f"p{n:04}", percent(10), when=_field("rank", n, subject="customer"))
        for n in range(1000)
    ]
    compiled = compile_promotions(rules, currency="EUR")
    assert compiled.always == ()
    tokens = field_tokens({field_key("customer", "rank"): 7})
    assert [compiled.rules[n].id for n in compiled.possible(tokens, ())] == ["p0007"]


def test_every_use_is_found_with_its_place() -> None:
    made = rule(
        "x",
        {"type": "buy_get", "buy": {"type": "any", "of": [_field("a", 1), _field("b", True)]},
         "buy_quantity": 1, "get_quantity": 1, "reward": {"type": "percent", "percent": "100"}},
        when={"type": "all", "of": [
            {"type": "cart_quantity", "gte": 1, "of": _field("c", "x", subject="variant")},
            _field("d", "y", subject="order"),
        ]},
    )  # fmt: skip
    assert [(path, part.name) for path, part in field_uses(made)] == [
        ("$.when.of[0].of", "c"),
        ("$.when.of[1]", "d"),
        ("$.action.buy.of[0]", "a"),
        ("$.action.buy.of[1]", "b"),
    ]
    assert msgspec.json.decode(msgspec.json.encode(made), type=type(made)) == made
