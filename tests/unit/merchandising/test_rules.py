"""Which merchandising rules are due, and the order that they make."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.wall_clock import TimeOutOfRange
from argosy.modules.merchandising import (
    Asked,
    Listed,
    Rule,
    RuleInvalid,
    SetRule,
    Standing,
    Terms,
    bounded,
    due,
    next_change,
    normal_query,
    order_of_found,
    pinned,
    places_of_listed,
)
from argosy.modules.merchandising.rules import check_rule

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHOES = UUID(int=77)


def rule(number: int = 1, **more: Any) -> Rule:
    settings: dict[str, Any] = {
        "id": UUID(int=number), "channel_id": UUID(int=9), "version": 1, "name": "x",
        "act": "boost", "scope": "everywhere", "terms": Terms(in_stock=True), "strength": 10,
    }  # fmt: skip
    return Rule(**(settings | more))


@pytest.mark.parametrize(
    ("place", "where", "holds"),
    [
        ({"scope": "query", "queries": ("red shoe",)}, Asked("  RED  shoe"), True),
        ({"scope": "query", "queries": ("red shoe",)}, Asked("red shoes"), False),
        ({"scope": "query", "queries": ("red shoe",)}, Listed(SHOES), False),
        ({"scope": "contains", "queries": ("a", "red shoe")}, Asked("big Red Shoe xl"), True),
        ({"scope": "contains", "queries": ("red shoe",)}, Asked("shred shoes"), False),
        ({"scope": "category", "category_id": SHOES}, Listed(SHOES), True),
        ({"scope": "category", "category_id": SHOES}, Listed(None), False),
        ({"scope": "category", "category_id": SHOES}, Asked("shoes"), False),
        ({}, Listed(None), True),
        ({}, Asked("x"), True),
        ({"locale": "de-DE"}, Asked("x"), True),
        ({"locale": "fr-FR"}, Asked("x"), False),
        ({"active": False}, Asked("x"), False),
        ({"starts_at": NOON}, Asked("x"), True),
        ({"starts_at": NOON + timedelta(microseconds=1)}, Asked("x"), False),
        ({"ends_at": NOON}, Asked("x"), False),
        ({"ends_at": NOON + timedelta(microseconds=1)}, Asked("x"), True),
    ],
)
def test_where_and_when_a_rule_is_due(place: dict[str, Any], where: Any, holds: bool) -> None:
    assert bool(due([rule(**place)], where, NOON, "de-de")) is holds


def test_rules_come_by_priority_then_age_and_a_product_is_pinned_once() -> None:
    ids = [UUID(int=n) for n in range(4)]
    rules = [
        rule(3, act="pin", priority=5, terms=Terms(products=(ids[1], ids[0])), strength=0),
        rule(2, act="pin", priority=5, terms=Terms(products=(ids[2], ids[1])), strength=0),
        rule(1, act="pin", priority=-1, terms=Terms(products=(ids[3],)), strength=0),
        rule(4),
    ]
    found = due(reversed(rules), Asked("x"), NOON, "en")
    assert [r.id.int for r in found] == [1, 4, 2, 3]
    assert pinned(found) == [ids[3], ids[2], ids[1], ids[0]]


def test_the_next_change_is_the_nearest_start_or_end_to_come() -> None:
    rules = [
        rule(starts_at=NOON - HOUR, ends_at=NOON + 3 * HOUR),
        rule(starts_at=NOON, ends_at=None),
        rule(starts_at=NOON + 2 * HOUR),
        rule(starts_at=NOON + HOUR, active=False),
    ]
    assert next_change(rules, NOON) == NOON + 2 * HOUR
    assert next_change(rules, NOON + 3 * HOUR) is None


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"scope": "query"}, "queries"),
        ({"scope": "contains", "queries": ("  ",)}, "queries"),
        ({"queries": ("x",)}, "queries"),
        ({"scope": "category"}, "category_id"),
        ({"category_id": SHOES}, "category_id"),
        ({"terms": Terms()}, "terms"),
        ({"strength": 0}, "strength"),
        ({"strength": 101}, "strength"),
        ({"act": "pin", "terms": Terms(products=(SHOES,), brands=("A",)), "strength": 0}, "terms"),
        ({"act": "pin", "terms": Terms(), "strength": 0}, "terms"),
        ({"act": "pin", "terms": Terms(products=(SHOES,)), "strength": 1}, "strength"),
        ({"starts_at": NOON, "ends_at": NOON}, "ends_at"),
        ({"name": " "}, "name"),
        ({"starts_at": datetime(1, 1, 1, tzinfo=UTC)}, "starts_at"),
        ({"ends_at": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)}, "ends_at"),
    ],
)
def test_impossible_rules_are_refused(settings: dict[str, Any], field: str) -> None:
    usual: dict[str, Any] = {"name": "x", "act": "boost", "scope": "everywhere", "strength": 1,
                             "terms": Terms(in_stock=False)}  # fmt: skip
    with pytest.raises((RuleInvalid, TimeOutOfRange)) as refused:
        check_rule(SetRule(**(usual | settings)))
    assert refused.value.field == field
    assert check_rule(SetRule(**usual)).name == "x"


products = st.integers(0, 12).map(lambda n: UUID(int=n))
standings = st.dictionaries(
    products, st.builds(Standing, buyable=st.booleans(), strength=st.integers(-100, 100))
)


@given(st.dictionaries(products, st.floats(0.1, 100)), st.lists(products, unique=True), standings)
def test_a_search_is_ordered_and_loses_nothing(
    scores: dict[UUID, float], pins: list[UUID], known: dict[UUID, Standing]
) -> None:
    found = sorted(scores.items(), key=lambda pair: -pair[1])
    ordered = order_of_found(found, pins, known)
    first = [id_ for id_ in pins if id_ in known and known[id_].buyable]
    assert ordered[: len(first)] == first
    assert set(ordered) == set(scores) | set(first)
    assert len(ordered) == len(set(ordered))

    def weight(id_: UUID) -> float:
        strength = known[id_].strength if id_ in known else 0
        return scores[id_] * (1 + strength / 100)

    rest = ordered[len(first) :]
    assert all(weight(a) >= weight(b) for a, b in pairwise(rest))


@given(st.lists(products, unique=True, max_size=4), standings)
def test_a_list_has_pins_then_boosts_then_its_own_order_then_buries(
    pins: list[UUID], known: dict[UUID, Standing]
) -> None:
    moved = list(known.items())
    keys = places_of_listed(pins, moved)
    assert len(set(keys.values())) == len(keys)
    assert sorted(keys, key=keys.__getitem__)[: len(pins)] == pins
    for id_, standing in moved:
        if id_ in pins:
            continue
        match bounded(standing.strength):
            case 0:
                assert id_ not in keys
            case above if above > 0:
                assert keys[id_] < -(2**31)
            case _:
                assert keys[id_] > 2**31
    free = [(known[id_].strength, keys[id_]) for id_ in keys if id_ not in pins]
    assert all(a[1] < b[1] for a in free for b in free if a[0] > b[0])


@given(st.text(max_size=30))
def test_the_normal_form_of_a_query_is_stable(text: str) -> None:
    assert normal_query(normal_query(text)) == normal_query(text)
    assert normal_query(f" {text}  ") == normal_query(text)
