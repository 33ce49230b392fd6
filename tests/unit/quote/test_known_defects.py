"""What is wrong or was wrong in other engines, by the place where it was reported or read."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.modules.quote import Policy, compile_promotions, compute, explain, refund_of
from tests.unit.quote.making import rates
from tests.unit.quote.promoting import (
    GROSS,
    NET,
    asked,
    at_least,
    item,
    names,
    off,
    percent,
    products,
    quoted,
    rule,
)

VAT = rates("0.19")


def order(id_: str, action: dict[str, Any], **more: Any) -> Any:
    return rule(id_, action, phase="order", **more)


def test_medusa_5776_an_amount_off_a_gross_price_is_gross() -> None:
    found = quoted([order("a", off(1000))], item("x", 1, 5000, taxed=VAT), policy=GROSS)
    assert found.total.minor == 4000


@pytest.mark.parametrize("last", [0, 2])
def test_saleor_17004_the_parts_of_a_discount_are_its_whole_whatever_is_last(last: int) -> None:
    # "The last line takes the rest, not below nothing" loses a cent here.
    prices = [16, 34, 53, last]
    lines = [item(key, 1, price) for key, price in zip("abcd", prices, strict=True)]
    found = quoted([order("a", off(100))], *lines)
    assert found.discount_total.minor == 100
    assert sum(line.discount.minor for line in found.lines) == 100
    assert all(line.total.minor >= 0 for line in found.lines)


def test_sylius_17862_a_free_line_gets_no_part_of_the_rest() -> None:
    found = quoted([order("a", off(1))], item("a", 1, 0), item("b", 1, 50), item("c", 1, 50))
    assert found.lines[0].discount.minor == 0
    assert found.discount_total.minor == 1


def test_saleor_17453_percentages_multiply_and_do_not_add_up_to_a_present() -> None:
    # 70 % on top of a sale of 40 % leaves 18 %, not nothing.
    sale = rule("sale", percent(40), phase="sale")
    found = quoted([sale, rule("voucher", percent(70))], item("x", 1, 10000))
    assert found.total.minor == 1800


def test_saleor_4082_a_percentage_may_be_capped() -> None:
    capped = order("a", percent(50, cap={"EUR": 2000}))
    found = quoted([capped], item("x", 1, 10000))
    assert found.discount_total.minor == 2000
    (verdict,) = found.promotions
    assert verdict.wanted is None or verdict.wanted.minor == 5000


def test_medusa_11258_several_buy_get_promotions_of_one_product_do_not_share_units() -> None:
    def buy_get(id_: str, reward: int) -> Any:
        action = {
            "type": "buy_get",
            "buy_quantity": 1,
            "get_quantity": 1,
            "reward": {"type": "percent", "percent": str(reward)},
            "buy": products("x"),
            "pick": "nth",
            "limit": 1,
        }
        return rule(id_, action, group="pairs")

    found = quoted([buy_get("a", 100), buy_get("b", 50)], item("x", 4, 1000))
    # Two pairs, each promotion one of them.
    assert found.discount_total.minor == 1500
    assert sorted(names(found)) == ["a", "b"]
    # With one pair only the better of them can have it.
    assert names(quoted([buy_get("a", 100), buy_get("b", 50)], item("x", 2, 1000))) == ["a"]


def test_vendure_4811_a_return_does_not_prorate_the_discount_anew() -> None:
    found = quoted([order("a", off(1000))], item("a", 1, 6000), item("b", 1, 4000))
    assert refund_of(found, {"a": [(0, 1)]}).total_minor == 5400
    assert refund_of(found, {"b": [(0, 1)]}).total_minor == 3600


def test_woocommerce_64668_refunds_of_parts_never_exceed_what_was_paid() -> None:
    found = quoted([order("a", off(100))], item("a", 3, 3333, taxed=VAT), policy=GROSS)
    single = sum(refund_of(found, {"a": [(n, n + 1)]}).total_minor for n in range(3))
    assert single == found.total.minor == 9899


def test_medusa_12226_no_amount_has_parts_of_a_cent() -> None:
    found = quoted([rule("a", percent("33.3333"))], item("a", 7, 333, taxed=VAT), policy=GROSS)
    for line in found.lines:
        for money in (line.discount, line.net, line.tax, line.total):
            assert isinstance(money.minor, int)
    assert found.total.minor == found.net_total.minor + found.tax_total.minor


def test_medusa_register_usage_what_is_over_the_budget_is_said_not_skipped() -> None:
    limited = order("a", percent(10), budget="pot")
    request = asked(item("x", 1, 10000))
    facts = request.facts
    assert facts is not None
    short = type(facts)(at=facts.at, budgets={"pot": 999})
    compiled = compile_promotions([limited], currency="EUR")
    told = explain(asked(item("x", 1, 10000), facts=short), compiled)
    assert told.verdicts[0].outcome == "rejected"
    assert compute(asked(item("x", 1, 10000), facts=short), compiled).discount_total.minor == 0


def test_saleor_order_level_discounts_add_up_for_any_order_of_lines() -> None:
    lines = [item("a", 2, 199), item("b", 1, 1), item("c", 3, 333), item("d", 1, 0)]
    rules = [rule("l", percent("12.5")), order("o", off(777), when=at_least(500))]
    one, other = quoted(rules, *lines), quoted(rules, *reversed(lines))
    for found in (one, other):
        assert sum(x.subtotal.minor - x.discount.minor for x in found.lines) == (
            found.subtotal.minor - found.discount_total.minor
        )
    assert {x.key: x.total for x in one.lines} == {x.key: x.total for x in other.lines}


@pytest.mark.parametrize("policy", [NET, GROSS])
def test_B12_a_coupon_lowers_the_tax_base_and_by_its_own_amount(policy: Policy) -> None:
    line = item("x", 1, 11900, taxed=VAT)
    before, after = (
        quoted([], line, policy=policy),
        quoted([order("a", off(1190))], line, policy=policy),
    )
    fell = before.net_total.minor - after.net_total.minor
    assert fell == (1190 if policy is NET else 1000)
    assert after.tax_total.minor < before.tax_total.minor
