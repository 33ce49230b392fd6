"""Promotions against worked numbers: the rules D1-D20 of DOMAIN.md, each by its name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from argosy.modules.quote import (
    Discount,
    Facts,
    GiftOffer,
    PresentedCoupon,
    Quote,
    RequestLine,
    compile_promotions,
    compute,
)
from tests.unit.quote.making import line, rates, ship
from tests.unit.quote.promoting import (
    FREE,
    GROSS,
    NOON,
    asked,
    at_least,
    item,
    names,
    off,
    percent,
    products,
    quoted,
    rule,
    tagged,
)


def paid(quote: Quote) -> int:
    return quote.subtotal.minor - quote.discount_total.minor


@pytest.mark.parametrize(
    ("base", "left"), [("running", 7200), ("phase", 7000), ("list", 7000), ("sale", 7000)]
)
def test_D1_the_base_of_a_percentage_is_declared(base: str, left: int) -> None:
    rules = [rule("a", percent(20, base=base)), rule("b", percent(10, base=base))]
    assert paid(quoted(rules, item("x", 1, 10000))) == left


def test_D1_list_sale_phase_and_running_are_four_different_bases() -> None:
    before = [
        rule("sale", percent(10), phase="sale"),
        rule("first", percent(10), priority=-1),
    ]
    lefts = {
        base: paid(quoted([*before, rule("x", percent(10, base=base))], item("x", 1, 10000)))
        for base in ("list", "sale", "phase", "running")
    }
    # 100 -> sale 90 -> first 81; then 10 % of 100, 90, 90 or 81.
    assert lefts == {"list": 7100, "sale": 7200, "phase": 7200, "running": 7290}


def test_D2_fixed_and_percent_are_ordered_by_phase_and_kind_not_by_creation() -> None:
    ten, tenth = rule("z", off(1000)), rule("a", percent(10))
    for rules in ([ten, tenth], [tenth, ten]):
        assert paid(quoted(rules, item("x", 1, 10000))) == 8000
    later = rule("a", percent(10), phase="order")
    for rules in ([ten, later], [later, ten]):
        assert paid(quoted(rules, item("x", 1, 10000))) == 8100
    first = rule("z", off(1000), priority=-1)
    assert paid(quoted([tenth, first], item("x", 1, 10000))) == 8100


def test_D3_best_for_the_customer_is_a_global_choice() -> None:
    rules = [
        rule("A", percent(15, of=products("x", "y")), group="g", priority=-1),
        rule("B", percent(20, of=products("x")), group="g"),
        rule("C", percent(20, of=products("y")), group="g"),
    ]
    found = quoted(rules, item("x", 1, 10000), item("y", 1, 10000))
    assert names(found) == ["B", "C"]
    assert found.discount_total.minor == 4000
    assert names(found, "superseded") == ["A"]
    dearer = [rule("A", percent(25, of=products("x", "y")), group="g"), *rules[1:]]
    assert names(quoted(dearer, item("x", 1, 10000), item("y", 1, 10000))) == ["A"]


def test_D3_of_equals_the_fewest_then_the_lowest_ids() -> None:
    rules = [
        rule("A", percent(20, of=products("x", "y")), group="g", priority=1),
        rule("B", percent(20, of=products("x")), group="g"),
        rule("C", percent(20, of=products("y")), group="g"),
    ]
    assert names(quoted(rules, item("x", 1, 10000), item("y", 1, 10000))) == ["A"]
    pair = [rule("B", percent(20), exclusive=True, priority=1), rule("C", percent(20))]
    assert names(quoted(pair, item("x", 1, 10000))) == ["B"]


def buy(x: int, y: int, value: int | str = 100, **more: Any) -> dict[str, Any]:
    reward = {"type": "percent", "percent": str(value)}
    return {"type": "buy_get", "buy_quantity": x, "get_quantity": y, "reward": reward, **more}


def test_D4_a_unit_is_consumed_once_qualifier_or_target() -> None:
    assert quoted([rule("bogo", buy(1, 1))], item("x", 3, 500)).discount_total.minor == 500
    # In one group, what counted for the first is not there for the second.
    rules = [
        rule("bogo", buy(1, 1), group="g"),
        rule("half", percent(50), group="g", priority=1),
    ]
    found = quoted(rules, item("x", 3, 500))
    assert found.discount_total.minor == 750  # 500 + 250; half of all three would be the same
    assert names(found) == ["half"]
    reuse = [rule("bogo", buy(1, 1, reuse_qualifiers=True), group="g"), rules[1]]
    assert quoted(reuse, item("x", 3, 500)).discount_total.minor == 500 + 500


def test_D5_the_cheapest_eligible_units_are_rewarded_across_variants() -> None:
    found = quoted(
        [rule("3for2", buy(2, 1))], item("a", 1, 900), item("b", 1, 700), item("c", 1, 800)
    )
    assert {each.key: each.discount.minor for each in found.lines} == {"a": 0, "b": 700, "c": 0}
    six = quoted([rule("3for2", buy(2, 1))], item("a", 3, 900), item("b", 3, 700))
    assert six.discount_total.minor == 1400
    limited = quoted([rule("3for2", buy(2, 1, limit=1))], item("a", 3, 900), item("b", 3, 700))
    assert limited.discount_total.minor == 700


def test_D5_splitting_a_line_changes_nothing() -> None:
    rules = [
        rule("3for2", buy(2, 1)),
        rule("tenth", percent("33.3")),
        rule("o", off(100), phase="order"),
    ]
    taxed = rates("0.19")
    same = {"variant_id": line("x", 1, 1, taxed).variant_id}

    def part(key: str, quantity: int) -> RequestLine:
        split = line(key, quantity, 333, taxed, facts=tagged("x"))
        return msgspec.structs.replace(split, **same)

    other = item("y", 2, 1234)
    whole = quoted(rules, part("x", 3), other)
    split = quoted(rules, part("x1", 2), part("x2", 1), other)
    assert whole.discount_total == split.discount_total
    assert whole.lines[1] == split.lines[2]


def test_D5_nth_unit_mix_and_match_and_sets() -> None:
    # Laid out 100, 90, 50, 40: every second is half price, so 45 + 20.
    lines = [item("a", 1, 100), item("b", 1, 90), item("c", 1, 50), item("d", 1, 40)]
    assert quoted([rule("2nd", buy(1, 1, 50, pick="nth"))], *lines).discount_total.minor == 65
    # The cheapest of all four instead: 25 + 20.
    assert quoted([rule("2nd", buy(1, 1, 50))], *lines).discount_total.minor == 45
    shirt_gets_tie = buy(1, 1, 100, buy=products("shirt"), get=products("tie"))
    mixed = quoted([rule("m", shirt_gets_tie)], item("shirt", 3, 4000), item("tie", 2, 1500))
    assert mixed.discount_total.minor == 3000
    any3 = {"type": "set_price", "parts": [{"quantity": 3}], "price": {"EUR": 1000}}
    found = quoted([rule("3for10", any3)], item("a", 2, 500), item("b", 2, 400), item("c", 3, 300))
    # Dearest first: 5+5+4 saves 4.00; 4+3+3 saves nothing.
    assert found.discount_total.minor == 400
    outfit = {
        "type": "set_price",
        "parts": [
            {"quantity": 1, "of": products("shirt")},
            {"quantity": 2, "of": products("tie")},
        ],
        "price": {"EUR": 5000},
    }
    two = quoted([rule("o", outfit)], item("shirt", 2, 4000), item("tie", 5, 1500))
    assert two.discount_total.minor == 4000


def test_D6_a_threshold_names_its_amount_and_does_not_disqualify_itself() -> None:
    min100 = rule("m", off(1000), phase="order", when=at_least(10000))
    found = quoted([min100], item("x", 1, 10500))
    assert paid(found) == 9500
    line_off = rule("l", percent(10))
    assert names(quoted([line_off, min100], item("x", 1, 10500))) == ["l"]
    listed = rule("m", off(1000), phase="order", when=at_least(10000, basis="list"))
    assert names(quoted([line_off, listed], item("x", 1, 10500))) == ["l", "m"]
    # Others of the same phase do not count either.
    both = [rule("a", percent(50), phase="order"), min100]
    assert names(quoted(both, item("x", 1, 10500))) == ["a", "m"]


def test_D6_thresholds_name_their_tax_mode_and_leave_out_gift_cards_and_shipping() -> None:
    gross = rule("g", off(100), phase="order", when=at_least(11900, tax="gross"))
    taxed = rates("0.19")
    assert names(quoted([gross], item("x", 1, 10000, taxed=taxed))) == ["g"]
    assert names(quoted([gross], item("x", 1, 9999, taxed=taxed))) == []
    net = rule("n", off(100), phase="order", when=at_least(10000, tax="net"))
    assert names(quoted([net], item("x", 1, 11900, taxed=taxed), policy=GROSS)) == ["n"]
    assert names(quoted([net], item("x", 1, 11898, taxed=taxed), policy=GROSS)) == []
    plain = rule("p", off(100), phase="order", when=at_least(10000))
    card = item("card", 1, 5000, goods=False)
    deposit = item("deposit", 1, 5000, discountable=False)
    found = quoted([plain], item("x", 1, 9000), card, deposit, shipping=ship(5000, FREE))
    assert names(found) == []
    half = quoted([rule("h", percent(50))], item("x", 1, 9000), card, deposit)
    assert [each.discount.minor for each in half.lines] == [4500, 0, 0]


def test_D7_no_negative_price_and_the_excess_is_reported() -> None:
    rules = [rule("all", percent(100)), rule("five", off(500), phase="order")]
    found = quoted(rules, item("x", 1, 2000), shipping=ship(490, FREE))
    assert found.discount_total.minor == 2000
    assert found.shipping_total.minor == 490
    rules = [rule("half", percent(50)), rule("five", off(1500), phase="order")]
    (_, five) = quoted(rules, item("x", 1, 2000)).promotions
    assert five.amount is not None
    assert five.wanted is not None
    assert (five.amount.minor, five.wanted.minor) == (1000, 1500)


@pytest.mark.parametrize(
    ("floor", "discount"),
    [
        ({"percent_of_list": "60"}, 400),
        ({"price": {"EUR": 900}}, 100),
        ({"margin_percent": "20"}, 250),  # 6.00 / 0.8 = 7.50
        ({"margin_percent": "20", "percent_of_list": "80"}, 200),
        ({}, 1000),
    ],
)
def test_D7_a_floor_of_price_or_margin_holds(floor: dict[str, Any], discount: int) -> None:
    rules = [rule("all", percent(100), floor=floor)]
    found = quoted(rules, item("x", 2, 1000, cost_minor=600), item("y", 1, 0))
    assert found.discount_total.minor == 2 * discount
    unknown = quoted(rules, item("x", 1, 1000))
    assert unknown.discount_total.minor == (0 if "margin_percent" in floor else discount)


def test_D7_a_floor_on_margin_is_net_of_tax() -> None:
    rules = [rule("all", percent(100), floor={"margin_percent": "50"})]
    found = quoted(rules, item("x", 1, 11900, cost_minor=4000, taxed=rates("0.19")), policy=GROSS)
    assert found.net_total.minor == 8000


def test_D7_a_cap_limits_a_percentage_and_is_apportioned() -> None:
    rules = [rule("c", percent(50, cap={"EUR": 100}))]
    found = quoted(
        rules, item("a", 1, 1600), item("b", 1, 3400), item("c", 1, 5300), item("d", 1, 200)
    )
    assert [each.discount.minor for each in found.lines] == [15, 32, 51, 2]


def test_D8_free_shipping_is_for_the_cheapest_or_named_methods() -> None:
    reward = {"type": "percent", "percent": "100"}
    cheapest = rule("s", {"type": "shipping", "reward": reward}, phase="shipping")
    named = rule("s", {"type": "shipping", "reward": reward, "methods": ["flat"]}, phase="shipping")
    express = msgspec.structs.replace(ship(1500, FREE), code="express")
    standard = msgspec.structs.replace(ship(490, FREE), cheapest=True)
    goods = item("x", 1, 1000)
    assert quoted([cheapest], goods, shipping=standard).shipping_total.minor == 0
    assert quoted([cheapest], goods, shipping=express).shipping_total.minor == 1500
    assert quoted([named], goods, shipping=standard).shipping_total.minor == 0
    assert quoted([named], goods, shipping=express).shipping_total.minor == 1500


def test_D9_gifts_are_lines_with_stock_that_a_shopper_may_decline() -> None:
    give = rule(
        "g", {"type": "gift", "variant": "mug", "quantity": 2}, phase="order", when=at_least(5000)
    )
    mug = item("mug", 1, 800)

    def with_gift(*lines: RequestLine, available: int = 9, declined: tuple[str, ...] = ()) -> Quote:
        facts = Facts(
            at=NOON,
            gifts={"mug": GiftOffer(line=mug, available=available)},
            declined_gifts=frozenset(declined),
        )
        return quoted([give], *lines, facts=facts)

    found = with_gift(item("x", 1, 5000))
    gift = found.lines[1]
    assert (gift.key, gift.quantity, gift.gift_of) == ("gift:g", 2, "g")
    assert (gift.subtotal.minor, gift.total.minor) == (1600, 0)
    assert found.total.minor == 5000
    assert with_gift(item("x", 1, 5000), available=1).lines[1].quantity == 1
    assert len(with_gift(item("x", 1, 5000), available=0).lines) == 1
    assert len(with_gift(item("x", 1, 5000), declined=("mug",)).lines) == 1
    assert len(with_gift(item("x", 1, 4200)).lines) == 1  # a gift does not count to its threshold
    alone = rule("g", {"type": "gift", "variant": "mug"}, phase="order")
    facts = Facts(at=NOON, gifts={"mug": GiftOffer(line=mug, available=9)})
    assert not quoted([alone], facts=facts).lines


@pytest.mark.parametrize("typed", ["SAVE10", " save10 ", "SAVE１０", "Save10\n"])
def test_D10_coupon_text_is_compared_normalised(typed: str) -> None:
    rules = [rule("c", percent(10), when={"type": "coupon", "codes": ["SAVE10"]})]
    facts = Facts(at=NOON, coupons=(PresentedCoupon(code=typed),))
    (verdict,) = quoted(rules, item("x", 1, 1000), facts=facts).promotions
    assert verdict.coupons == ("save10",)
    assert not names(quoted(rules, item("x", 1, 1000)))
    pool = [rule("c", percent(10), when={"type": "coupon", "pools": ["spring"]})]
    facts = Facts(at=NOON, coupons=(PresentedCoupon(code=typed, pools=("spring",)),))
    assert names(quoted(pool, item("x", 1, 1000), facts=facts)) == ["c"]


def test_D11_D12_what_is_used_up_is_not_applied() -> None:
    rules = [rule("once", percent(10), budget="pot")]
    facts = Facts(at=NOON, used_up=frozenset({"once"}))
    assert not names(quoted(rules, item("x", 1, 1000), facts=facts))


def test_D13_a_budget_is_never_exceeded_and_rejects_the_rule_not_the_order() -> None:
    rules = [rule("a", percent(10), budget="pot"), rule("b", percent(1))]
    for left, applied in ((100, ["a", "b"]), (99, ["b"])):
        facts = Facts(at=NOON, budgets={"pot": left})
        assert names(quoted(rules, item("x", 1, 1000), facts=facts)) == applied


def test_D13_promotions_of_one_budget_share_it() -> None:
    rules = [rule("a", percent(10), budget="pot"), rule("b", percent(10), budget="pot")]
    facts = Facts(at=NOON, budgets={"pot": 150})
    assert names(quoted(rules, item("x", 1, 1000), facts=facts)) == ["a"]


def test_D14_each_discount_names_promotion_and_version() -> None:
    found = quoted([rule("a", percent(10), version=7, reason="Autumn")], item("x", 1, 1000))
    (taken,) = found.lines[0].discounts
    assert (taken.rule, taken.version, taken.reason) == ("a", 7, "Autumn")
    assert (found.promotions[0].promotion, found.promotions[0].version) == ("a", 7)


def test_D16_time_is_half_open_local_and_honoured_for_carts_that_had_it() -> None:
    window = {
        "zone": "Europe/Berlin",
        "from": "2026-11-20T00:00:00",
        "until": "2026-11-22T00:00:00",
    }
    rules = [rule("w", percent(10), window=window, honour_s=900)]
    start, end = datetime(2026, 11, 19, 23, tzinfo=UTC), datetime(2026, 11, 21, 23, tzinfo=UTC)
    second = timedelta(seconds=1)
    for at, applied in (
        (start - second, []),
        (start, ["w"]),
        (end - second, ["w"]),
        (end, []),
    ):
        assert names(quoted(rules, item("x", 1, 1000), facts=Facts(at=at))) == applied
    had = {"w": end - second}
    for at, applied in ((end, ["w"]), (end + 899 * second, ["w"]), (end + 900 * second, [])):
        assert names(quoted(rules, item("x", 1, 1000), facts=Facts(at=at, had=had))) == applied
    late = Facts(at=end + second, had={"w": end})
    assert not names(quoted(rules, item("x", 1, 1000), facts=late))


def test_D18_already_reduced_means_the_catalogue_not_other_rules() -> None:
    regular = {"type": "on_sale", "is": False}
    rules = [
        rule("sale", percent(20, of=products("s")), phase="sale"),
        rule("line", percent(10, of=products("l"))),
        rule("x", percent(10, of=regular), phase="order"),
    ]
    was = item("w", 1, 1000, compare_at_minor=1500)
    found = quoted(rules, item("s", 1, 1000), item("l", 1, 1000), was, item("n", 1, 1000))
    taken = {each.key: [one.rule for one in each.discounts] for each in found.lines}
    assert taken == {"s": ["sale"], "l": ["line", "x"], "w": [], "n": ["x"]}


def test_D19_a_manual_discount_says_whether_it_stacks_or_replaces() -> None:
    hand = Discount(rule="staff", reason="damaged box", target="line", line="x", percent=(1, 2))
    rules = [rule("p", percent(10))]
    lines = (item("x", 1, 1000), item("y", 1, 1000))
    stacked = quoted(rules, *lines, discounts=(hand,))
    assert [each.discount.minor for each in stacked.lines] == [550, 100]
    alone = msgspec.structs.replace(hand, stacks=False)
    replaced = quoted(rules, *lines, discounts=(alone,))
    assert [each.discount.minor for each in replaced.lines] == [500, 100]


def test_D20_a_shipping_discount_is_in_the_tax_mode_and_taxed_after_it() -> None:
    reward = {"type": "amount_off", "amount": {"EUR": 600}}
    rules = [
        rule("s", {"type": "shipping", "reward": reward, "methods": ["flat"]}, phase="shipping")
    ]
    taxed = rates("0.19")
    found = quoted(rules, item("x", 1, 1190, taxed=taxed), shipping=ship(490, taxed), policy=GROSS)
    assert found.shipping is not None
    assert (found.shipping.discount.minor, found.shipping.tax.minor) == (490, 0)
    found = quoted(rules, item("x", 1, 1190, taxed=taxed), shipping=ship(1790, taxed), policy=GROSS)
    assert found.shipping is not None
    assert (found.shipping.total.minor, found.shipping.tax.minor) == (1190, 190)
    assert found.shipping.discounts[0].rule == "s"


def test_rule_14_classes_combine_only_if_both_agree() -> None:
    shy = rule("shy", percent(10), combines_with=["shipping"])
    order = rule("o", percent(20), phase="order")
    goods = item("x", 1, 10000)
    assert names(quoted([shy, order], goods)) == ["o"]
    assert names(quoted([shy, rule("o", percent(5), phase="order")], goods)) == ["shy"]
    assert names(quoted([rule("shy", percent(10)), order], goods)) == ["shy", "o"]
    alone = rule("alone", percent(25), exclusive=True)
    assert names(quoted([alone, rule("l", percent(10)), order], goods)) == ["l", "o"]


def test_rule_14_a_cart_wide_group_takes_one() -> None:
    rules = [
        rule("A", percent(10, of=products("x")), group="coupons", group_scope="cart"),
        rule("B", percent(20, of=products("y")), group="coupons", group_scope="cart"),
    ]
    found = quoted(rules, item("x", 1, 10000), item("y", 1, 10000))
    assert (names(found), names(found, "superseded")) == (["B"], ["A"])


def test_rule_14_stop_ends_it() -> None:
    rules = [rule("a", percent(10), stop=True), rule("b", percent(50))]
    found = quoted(rules, item("x", 1, 1000))
    assert names(found) == ["a"]
    (verdict,) = [one for one in found.promotions if one.outcome == "superseded"]
    assert (verdict.promotion, verdict.code, verdict.by) == ("b", "stopped_by", ("a",))


def test_tiers_by_amount_and_quantity() -> None:
    tiers = [
        {"quantity": 3, "reward": {"type": "percent", "percent": "5"}},
        {"quantity": 10, "reward": {"type": "fixed_price", "price": {"EUR": 80}}},
        {"quantity": 5, "reward": {"type": "amount_off", "amount": {"EUR": 50}}},
    ]
    rules = [rule("t", {"type": "tiered", "by": "quantity", "tiers": tiers})]
    for quantity, discount in ((2, 0), (3, 15), (4, 20), (5, 50), (9, 50), (10, 200)):
        assert quoted(rules, item("x", quantity, 100)).discount_total.minor == discount
    by_amount = [
        {"amount": {"EUR": 1000}, "reward": {"type": "percent", "percent": "5"}},
        {"amount": {"EUR": 2000}, "reward": {"type": "percent", "percent": "10"}},
    ]
    action = {"type": "tiered", "by": "amount", "tiers": by_amount}
    rules = [rule("t", action, phase="order")]
    for amount, discount in ((999, 0), (1000, 50), (1999, 100), (2000, 200)):
        assert quoted(rules, item("x", 1, amount)).discount_total.minor == discount


def test_amounts_per_unit_per_variant_and_fixed_prices() -> None:
    lines = (item("a", 3, 100), item("b", 1, 30))
    for action, discounts in (
        (off(40, "unit"), [120, 30]),
        (off(40, "line"), [40, 30]),
        ({"type": "fixed_price", "price": {"EUR": 50}}, [150, 0]),
    ):
        found = quoted([rule("r", action)], *lines)
        assert [each.discount.minor for each in found.lines] == discounts


def test_A8_free_goods_never_get_a_discount() -> None:
    found = quoted(
        [rule("o", off(100), phase="order")], item("free", 3, 0), item("x", 1, 16), item("y", 1, 34)
    )
    assert [each.discount.minor for each in found.lines] == [0, 16, 34]
    assert not quoted([rule("o", off(100), phase="order")], item("free", 3, 0)).discount_total


def test_a_currency_without_amount_disables_the_rule_not_the_cart() -> None:
    compiled = compile_promotions([rule("a", off(100)), rule("b", percent(10))], currency="USD")
    assert [one.id for one in compiled.disabled] == ["a"]
    request = asked(item("x", 1, 1000), policy=msgspec.structs.replace(GROSS, currency="USD"))
    assert names(compute(request, compiled)) == ["b"]


def test_without_facts_no_promotion_is_looked_at() -> None:
    request = msgspec.structs.replace(asked(item("x", 1, 1000)), facts=None)
    compiled = compile_promotions([rule("b", percent(10))], currency="EUR")
    assert compute(request, compiled) == compute(request)


def test_percent_is_exact() -> None:
    found = quoted([rule("b", percent("12.5"))], item("x", 1, 100))
    assert found.discount_total.minor == 13  # 12.5, half up
    assert rule("b", percent("12.5")).action.percent == Decimal("12.5")  # type: ignore[union-attr]


def test_thresholds_that_the_goods_cannot_reach_are_not_looked_at_but_explained() -> None:
    rich = rule("a", percent(10), when=at_least(10_000))
    either = rule("b", percent(5), when={"type": "any", "of": [at_least(9_000), at_least(2_000)]})
    compiled = compile_promotions([rich, either], currency="EUR")
    assert compiled.least == 2_000
    assert names(quoted([rich, either], item("x", 1, 1_999))) == []
    assert names(quoted([rich, either], item("x", 1, 2_000))) == ["b"]
    gross = at_least(2_000, tax="gross")
    taxed = item("x", 1, 1_900, taxed=rates("0.19"))
    assert names(quoted([rule("a", percent(10), when=gross)], taxed)) == ["a"]
