"""Whether a product fits a collection, condition by condition, and when that ends by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.money import Money
from argosy.modules.collections import Facts, Live, Rules, changes_of, fits, folded, placed_in
from argosy.modules.collections.errors import RulesInvalid
from argosy.modules.collections.rules import checked_rules, is_shown
from argosy.modules.collections.types import Window

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FACTS = Facts(
    title=folded("Ridge Wool  Hoodie"),
    brand=folded("Luma"),
    product_type=folded("Hoodie"),
    categories=frozenset({"ctg_men", "ctg_tops"}),
    attributes={
        "material": frozenset({"wool", "silk"}),
        "length": frozenset({"70.5 cm", "70.5", Decimal("70.5")}),
        "tags": frozenset({"winter"}),
    },
    price=Money(4200, "EUR"),
    on_sale=True,
    availability="low_stock",
    created_at=NOW - timedelta(days=10),
)


def rules(*conditions: dict[str, Any], match: str = "all") -> Rules:
    return msgspec.convert({"match": match, "conditions": list(conditions)}, Rules)


def fit(condition: dict[str, Any], at: datetime = NOW) -> bool:
    return fits(checked_rules(rules(condition)), FACTS, at)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"field": "title", "op": "contains", "values": ["WOOL hoodie"]}, True),
        ({"field": "title", "op": "starts_with", "values": ["wool", "ridge"]}, True),
        ({"field": "title", "values": ["Ridge"]}, False),
        ({"field": "title", "op": "is_not", "values": ["Ridge"]}, True),
        ({"field": "brand", "values": ["\uff2cuma"]}, True),
        ({"field": "brand", "op": "is_not", "values": ["LUMA"]}, False),
        ({"field": "product_type", "values": ["Tee", "Hoodie"]}, True),
        ({"field": "category", "values": ["ctg_women", "ctg_men"]}, True),
        ({"field": "category", "op": "is_not", "values": ["ctg_men"]}, False),
        ({"field": "attribute", "code": "material", "values": ["Silk"]}, True),
        ({"field": "attribute", "code": "material", "op": "is_not", "values": ["Silk"]}, False),
        ({"field": "attribute", "code": "colour", "op": "is_not", "values": ["red"]}, True),
        ({"field": "attribute", "code": "colour", "values": ["red"]}, False),
        ({"field": "attribute", "code": "tags", "values": ["Winter"]}, True),
        ({"field": "attribute", "code": "length", "op": "between", "min": "70.5"}, True),
        ({"field": "attribute", "code": "length", "op": "between", "max": "70.49"}, False),
        ({"field": "attribute", "code": "material", "op": "between", "min": "0"}, False),
        ({"field": "price", "currency": "EUR", "min": 4200, "max": 4200}, True),
        ({"field": "price", "currency": "EUR", "max": 4199}, False),
        ({"field": "price", "currency": "USD", "min": 0}, False),
        ({"field": "stock", "values": ["in_stock", "low_stock"]}, True),
        ({"field": "stock", "values": ["out_of_stock"]}, False),
        ({"field": "created", "within_days": 11}, True),
        ({"field": "created", "within_days": 10}, False),
        ({"field": "created", "after": "2026-05-22T00:00:00Z"}, True),
        ({"field": "created", "before": "2026-05-22T00:00:00Z"}, False),
        ({"field": "sale", "value": True}, True),
        ({"field": "sale", "value": False}, False),
    ],
)
def test_each_condition(condition: dict[str, Any], expected: bool) -> None:
    assert fit(condition) is expected


@pytest.mark.parametrize(
    "condition",
    [
        {"field": "price", "currency": "EUR"},
        {"field": "price", "currency": "EUR", "min": 2, "max": 1},
        {"field": "attribute", "code": "length", "op": "between"},
        {"field": "attribute", "code": "length", "op": "between", "min": "2", "max": "1"},
        {"field": "attribute", "code": "length", "op": "between", "min": "2", "values": ["x"]},
        {"field": "attribute", "code": "length"},
        {"field": "attribute", "code": "length", "values": ["x"], "min": "1"},
        {"field": "created"},
        {"field": "created", "after": "2026-05-22T00:00:00"},
    ],
)
def test_a_condition_that_says_nothing_is_refused(condition: dict[str, Any]) -> None:
    with pytest.raises(RulesInvalid) as caught:
        checked_rules(rules({"field": "sale"}, condition))
    assert caught.value.field == "rules.conditions[1]"


TRUE, FALSE = {"field": "sale", "value": True}, {"field": "sale", "value": False}


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_all_and_any_are_what_they_say(wanted: list[bool]) -> None:
    conditions = [TRUE if one else FALSE for one in wanted]
    assert fits(rules(*conditions), FACTS, NOW) is all(wanted)
    assert fits(rules(*conditions, match="any"), FACTS, NOW) is any(wanted)


@given(st.text(max_size=40))
def test_folding_is_done_once_and_for_all(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def live(number: int, given: Rules | None, *channels: int) -> Live:
    return Live(
        id=UUID(int=number),
        slug=str(number),
        title=str(number),
        rules=given,
        channels=frozenset(map(UUID, [f"{c:032x}" for c in channels])),
    )


def test_a_product_is_placed_where_the_channel_shows_it() -> None:
    shown = [
        live(1, rules(TRUE), 7),
        live(2, rules(FALSE), 7),
        live(3, rules(TRUE), 8),
        live(4, None, 7),
        live(5, None, 7),
    ]
    by_hand = {UUID(int=4): 3, UUID(int=1): 9}
    placed = list(placed_in(shown, by_hand, UUID(int=7), FACTS, NOW))
    assert [(p.id.int, p.position) for p in placed] == [(1, 0), (4, 3)]


@given(st.lists(st.integers(1, 400), max_size=5), st.integers(0, 500))
def test_membership_by_age_changes_at_the_instants_told_and_at_no_others(
    days: list[int], age: int
) -> None:
    shown = [live(n, rules({"field": "created", "within_days": d}), 7) for n, d in enumerate(days)]
    ends = list(changes_of(shown, FACTS.created_at))
    assert ends == [FACTS.created_at + timedelta(days=d) for d in sorted(set(days))]

    def held(at: datetime) -> list[UUID]:
        return [p.id for p in placed_in(shown, {}, UUID(int=7), FACTS, at)]

    at = FACTS.created_at + timedelta(days=age)
    just_before = at - timedelta(microseconds=1)
    assert (held(just_before) != held(at)) == (at in ends)


def test_a_window_begins_with_its_first_instant_and_ends_before_its_last() -> None:
    shop, other = UUID(int=1), UUID(int=2)
    start, end = NOW, NOW + timedelta(hours=2)
    windows = (Window(channel_id=shop, starts_at=start, ends_at=end),)
    assert [is_shown(windows, shop, start + timedelta(hours=h)) for h in (-1, 0, 1, 2)] == [
        False,
        True,
        True,
        False,
    ]
    assert is_shown(windows, other, start - timedelta(days=9))
    open_end = (Window(channel_id=shop, starts_at=start),)
    assert [is_shown(open_end, shop, at) for at in (start - timedelta(1), end)] == [False, True]
    ends = (Window(channel_id=shop, ends_at=end),)
    assert [is_shown(ends, shop, at) for at in (start, end)] == [True, False]
