"""What is refused at save with path and reason, what is only reported, what disables a rule."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from argosy.modules.quote import (
    Disabled,
    catalogue,
    check_document,
    check_promotion,
    check_together,
    compile_promotions,
    compute,
    promotion_schema,
    read_promotion,
    worst_overlap,
)
from tests.unit.quote.promoting import (
    GROSS,
    NOON,
    asked,
    at_least,
    item,
    names,
    off,
    percent,
    products,
    rule,
)


def both(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"when": {"type": "all", "of": list(conditions)}}


def window(**more: str) -> dict[str, str]:
    return {"zone": "UTC", **more}


COUNTRY = {"type": "country", "codes": ["DE"]}
CASES: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "fine": ({}, []),
    "phase": ({"phase": "shipping"}, [("$.action", "not_in_phase")]),
    "too much": ({"action": percent(101)}, [("$.action.percent", "out_of_range")]),
    "nothing": ({"action": percent(0)}, [("$.action.percent", "out_of_range")]),
    "infinite": ({"action": percent("Infinity")}, [("$.action.percent", "out_of_range")]),
    "window": (
        {"window": window(**{"from": "2026-02-01T00:00:00", "until": "2026-01-01T00:00:00"})},
        [("$.window", "unreachable")],
    ),
    "zone": ({"window": {"zone": "Mars/Base"}}, [("$.window.zone", "unknown_zone")]),
    "range": (
        {"when": {**at_least(500), "lt": {"EUR": 500}}},
        [("$.when", "contradictory")],
    ),
    "basis": (
        {"when": at_least(500, basis="after_order")},
        [("$.when.basis", "not_known_yet")],
    ),
    "countries": (
        both(COUNTRY, {"type": "country", "codes": ["FR"]}),
        [("$.when.of[1]", "contradictory")],
    ),
    "forbidden": (
        both(COUNTRY, {"type": "none", "of": [COUNTRY]}),
        [("$.when.of[1].of[0]", "contradictory")],
    ),
    "first and fifth": (
        both({"type": "first_order"}, {"type": "nth_order", "n": 5}),
        [("$.when.of[1]", "contradictory")],
    ),
    "amounts": (
        both(at_least(500), {"type": "cart_amount", "lt": {"EUR": 400}}),
        [("$.when.of[1]", "contradictory")],
    ),
    "count": (
        {"when": {"type": "count", "gte": 2, "of": [COUNTRY]}},
        [("$.when.gte", "unreachable")],
    ),
    "country": (
        {"when": {"type": "country", "codes": ["de"]}},
        [("$.when.codes[0]", "unknown_country")],
    ),
    "coupon": ({"when": {"type": "coupon"}}, [("$.when", "says_nothing")]),
    "selector": (
        {"action": percent(5, of={"type": "unit_price"})},
        [("$.action.of", "says_nothing")],
    ),
    "window and during": (
        {
            "window": window(until="2026-01-01T00:00:00"),
            "when": {"type": "during", "window": window(**{"from": "2026-01-01T00:00:00"})},
        },
        [("$.when", "contradictory")],
    ),
    "floor": (
        {"action": percent(50), "floor": {"percent_of_list": "60"}},
        [("$.action.percent", "below_floor")],
    ),
    "fixed floor": (
        {"action": {"type": "fixed_price", "price": {"EUR": 5}}, "floor": {"price": {"EUR": 6}}},
        [("$.action.price.EUR", "below_floor")],
    ),
    "tiers": (
        {
            "action": {
                "type": "tiered",
                "by": "quantity",
                "tiers": [
                    {"quantity": 3, "reward": {"type": "percent", "percent": "5"}},
                    {"quantity": 3, "reward": {"type": "percent", "percent": "6"}},
                    {"amount": {"EUR": 3}, "reward": {"type": "percent", "percent": "600"}},
                ],
            }
        },
        [
            ("$.action.tiers[2].reward.percent", "out_of_range"),
            ("$.action.tiers[1]", "unreachable"),
            ("$.action.tiers[2]", "says_nothing"),
        ],
    ),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_problems_name_path_and_code(name: str) -> None:
    more, expected = CASES[name]
    found = check_promotion(rule("r", **{"action": percent(10), **more}))
    assert [(one.path, one.code) for one in found] == expected
    assert all(one.reason for one in found)


def test_an_unknown_condition_is_refused_at_save_with_its_path() -> None:
    document = {
        "id": "r",
        "name": "r",
        "phase": "line",
        "action": percent(10),
        "when": {"type": "all", "of": [{"type": "full_moon"}]},
    }
    read, problems = check_document(document)
    assert read is None
    assert [(one.path, one.code) for one in problems] == [("$.when.of[0].type", "not_understood")]
    assert check_document(msgspec.json.encode(document))[1] == problems


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"id":7}', b'"x"', b'{"version":"1","id":"a"}'])
def test_no_document_fails_the_reader(text: bytes) -> None:
    assert isinstance(read_promotion(text), Disabled)


def test_an_unknown_condition_in_stored_data_disables_that_rule_never_the_cart() -> None:
    stored = (
        b'{"id":"new","version":4,"name":"n","phase":"line","when":{"type":"full_moon"},'
        b'"action":{"type":"percent","percent":"10"}}'
    )
    read = read_promotion(stored)
    assert read == Disabled(
        id="new", version=4, path="$.when.type", reason="Invalid value 'full_moon'"
    )
    compiled = compile_promotions([read, rule("old", percent(10))], currency="EUR")
    assert compiled.disabled == (read,)
    assert names(compute(asked(item("x", 1, 100)), compiled)) == ["old"]


def test_what_always_stops_before_makes_others_unreachable() -> None:
    rules = [rule("a", percent(10), stop=True), rule("b", percent(10), priority=1)]
    found = check_together(rules)
    assert [(name, one.code) for name, (one,) in found.items()] == [("b", "unreachable")]
    assert not check_together([rule("a", percent(10)), rules[1]])


def test_documents_survive_storage() -> None:
    made = rule(
        "r", percent("12.5", of=products("x")), when=at_least(5), floor={"percent_of_list": "1"}
    )
    assert read_promotion(msgspec.json.encode(made)) == made


def test_the_schema_and_catalogue_know_every_part() -> None:
    definitions = promotion_schema()["$defs"]
    parts = catalogue()
    assert len({(part.kind, part.type) for part in parts}) == len(parts) >= 45
    assert {"CartAmount", "BuyGet", "GoodsAll", "Window", "Floor"} <= set(definitions)
    assert all(part.description and part.schema["properties"]["type"] for part in parts)


def test_the_overlap_report_finds_the_worst_combination_with_its_basket() -> None:
    rules = [
        rule("sale", percent(30, of=products("x")), phase="sale"),
        rule("three", percent(40), when={"type": "cart_quantity", "gte": 3}),
        rule("code", percent(20), phase="order", when={"type": "coupon", "codes": ["VIP"]}),
        rule("fr", off(100), phase="order", when={"type": "country", "codes": ["FR"]}),
        rule("never", percent(90), when={"type": "country", "codes": ["DE"]}, exclusive=True),
    ]
    found = worst_overlap(rules[:4], [item("x", 1, 1000), item("y", 1, 1000)], GROSS, at=NOON)
    assert found.promotions == ("sale", "three", "code", "fr")
    assert [(line.key, line.quantity) for line in found.lines] == [("x", 3)]
    # 3 x 10.00: 30 %, then 40 %, then 20 % and 1.00 more.
    assert (found.list_minor, found.discount_minor, found.percent) == (3000, 3000 - 908, 69)
    assert found.complete
    worse = worst_overlap(rules, [item("x", 1, 1000)], GROSS, at=NOON)
    assert (worse.promotions, worse.country, worse.percent) == (("never",), "DE", 90)
    bounded = worst_overlap(
        rules, [item("x", 1, 1000), item("y", 1, 10)], GROSS, at=NOON, max_carts=3
    )
    assert not bounded.complete
