"""Floors by amount, share of the price and cost with margin, and why something was cut: D7."""

from typing import Any

import pytest

from argosy.modules.quote import compile_promotions, compute, explain
from tests.unit.quote.making import rates
from tests.unit.quote.promoting import GROSS, asked, item, off, percent, products, quoted, rule

TAXED = rates("0.19")


@pytest.mark.parametrize(
    ("floor", "taken", "cut"),
    [
        ({"price": {"EUR": 800}}, 200, "floor_price"),
        ({"percent_of_list": "70"}, 300, "floor_percent"),
        # 5.00 is at most 75 % of 6.67: a margin of a quarter.
        ({"margin_percent": "25"}, 333, "floor_margin"),
        ({"margin_percent": "0"}, 500, "floor_margin"),
        # The highest of what is given counts.
        ({"margin_percent": "25", "price": {"EUR": 800}}, 200, "floor_price"),
    ],
)
def test_D7_a_discount_stops_at_the_floor_and_says_which(
    floor: dict[str, Any], taken: int, cut: str
) -> None:
    for phase in ("sale", "line", "order"):
        found = quoted(
            [rule("half", percent(60), phase=phase, floor=floor)],
            item("x", 1, 1000, cost_minor=500),
        )
        (verdict,) = found.promotions
        assert verdict.amount is not None
        assert verdict.wanted is not None
        assert (verdict.amount.minor, verdict.wanted.minor, verdict.cut) == (taken, 600, (cut,))


def test_D7_the_margin_is_of_the_net_price_where_prices_contain_tax() -> None:
    found = quoted(
        [rule("half", percent(60), floor={"margin_percent": "20"})],
        item("x", 2, 1190, cost_minor=500, taxed=TAXED),
        policy=GROSS,
    )
    # 5.00 / 0.8 = 6.25 net is 7.44 with tax (7.4375, rounded up).
    assert found.lines[0].total.minor == 2 * 744
    assert found.lines[0].net.minor >= 2 * 625


def test_D7_goods_without_a_known_cost_are_not_touched_by_a_margin_floor() -> None:
    rules = [rule("half", percent(50), floor={"margin_percent": "10"})]
    found = quoted(rules, item("x", 1, 1000, cost_minor=100), item("y", 1, 1000))
    assert [line.discount.minor for line in found.lines] == [500, 0]
    assert found.promotions[0].cut == ("cost_unknown",)
    request = asked(item("y", 1, 1000))
    compiled = compile_promotions(rules, currency="EUR")
    assert compute(request, compiled).discount_total.minor == 0
    (verdict,) = explain(request, compiled).verdicts
    assert (verdict.code, verdict.missing[0].code) == ("floor_reached", "cost_unknown")


def test_D7_cap_and_price_are_told_apart_from_floors() -> None:
    capped = quoted([rule("c", percent(50, cap={"EUR": 100}))], item("x", 1, 1000))
    assert capped.promotions[0].cut == ("cap",)
    all_of_it = quoted([rule("o", off(5000), phase="order")], item("x", 1, 1000))
    assert all_of_it.promotions[0].cut == ("price",)
    whole = quoted([rule("w", percent(10), floor={"price": {"EUR": 1}})], item("x", 1, 1000))
    assert whole.promotions[0].cut == ()


def test_D7_only_the_floor_that_is_met_is_named() -> None:
    found = quoted(
        [rule("h", percent(50, of=products("x", "y")), floor={"margin_percent": "50"})],
        item("x", 1, 1000, cost_minor=400),
        item("y", 1, 1000, cost_minor=None),
        item("z", 1, 1000, cost_minor=None),
    )
    assert [line.discount.minor for line in found.lines] == [200, 0, 0]
    assert set(found.promotions[0].cut) == {"floor_margin", "cost_unknown"}
