"""What the search for the best choice may leave out: its bounds are never exceeded."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

from argosy.modules.quote import Facts, Promotion, compile_promotions
from argosy.modules.quote.rules.choosing import attempt, qualifying, rivals_of
from argosy.modules.quote.rules.promoting import cart_of
from argosy.modules.quote.rules.searching import Bounds, choose
from argosy.modules.quote.rules.working import WorkingLine
from tests.unit.quote.making import ship
from tests.unit.quote.promoting import (
    FREE,
    NOON,
    item,
    names,
    off,
    percent,
    products,
    quoted,
    rule,
)
from tests.unit.quote.random_promotions import request_of
from tests.unit.quote.seeded_promotions import cart_of_seed, rules_of_seed
from tests.unit.quote.wide_carts import case_of_seed

CASES = 400


def test_D3_no_promotion_takes_more_than_its_bound_at_any_earlier_moment() -> None:
    tried = 0
    for seed in range(CASES):
        rng = Random(seed)
        request, rules = case_of_seed(seed)
        if seed % 2:
            request = request_of(cart_of_seed(rng))
            rules = [msgspec.convert(one, Promotion) for one in rules_of_seed(rng, 9)]
        promotions = compile_promotions(rules, currency="EUR")
        cart = cart_of(request, [WorkingLine(line) for line in request.lines], promotions)
        candidates = qualifying(promotions, cart)
        moments = [cart.first]
        for compiled in candidates:
            state = moments[-1].at_phase(compiled.phase)
            taken = attempt(compiled, cart, state)
            for before in moments:
                most = compiled.most(cart, before)[0]
                assert (0 if taken is None else taken.amount) <= most, f"seed {seed}"
                tried += 1
            if taken is not None and rng.random() < 0.7:
                moments.append(state.after(taken))
    assert tried > 3 * CASES


def test_D3_no_choice_takes_more_than_the_bound_of_all() -> None:
    for seed in range(CASES):
        rng = Random(seed)
        request = request_of(cart_of_seed(rng))
        rules = [msgspec.convert(one, Promotion) for one in rules_of_seed(rng, 9)]
        promotions = compile_promotions(rules, currency="EUR")
        cart = cart_of(request, [WorkingLine(line) for line in request.lines], promotions)
        candidates = qualifying(promotions, cart)
        rivals = rivals_of(candidates, cart)
        bounds = Bounds(candidates, rivals, cart, cart.first, 0)
        found = choose(candidates, cart)
        assert found.state.value <= bounds.goods[0] + bounds.shipping[0], f"seed {seed}"
        if found.state.value == bounds.goods[0] + bounds.shipping[0]:
            applied, last = 0, found.state.last
            while last is not None:
                applied, last = applied + 1, last.before
            least = bounds.least[0] + (bounds.shipping[0] > 0)
            assert applied >= least, f"seed {seed}"


def test_D3_percentages_of_a_group_that_meet_on_some_goods_are_chosen_together() -> None:
    # The higher one wins the shared goods, though the lower comes first and reaches more goods.
    low = rule("a", percent(10, of=products("x", "y")), group="g")
    high = rule("b", percent(30, of=products("x")), group="g")
    found = quoted([low, high], item("x", 1, 1000), item("y", 1, 100))
    assert names(found) == ["b"]
    assert found.discount_total.minor == 300
    assert names(quoted([low, high], item("x", 1, 1000), item("y", 1, 3000))) == ["a"]


def test_D3_what_is_stored_says_how_the_choice_was_found_and_not_how_long_it_took() -> None:
    found = quoted([rule("a", off(100), exclusive=True), rule("b", off(200))], item("x", 1, 1000))
    (step,) = [step for step in found.explanation if step.code == "promotion.choice"]
    assert step.numbers == {"found": "exact"}
    assert names(found) == ["b"]


def test_D3_what_is_beaten_everywhere_can_still_be_part_of_the_best() -> None:
    # The higher percentage of the group keeps the amount off the cart, the lower one does not.
    low = rule("a", percent(10, of=products("x")), group="g")
    high = rule("b", percent(20, of=products("x")), group="g", combines_with=["line"])
    amount = rule("off", off(150), phase="order")
    found = quoted([low, high, amount], item("x", 1, 1000))
    assert names(found) == ["a", "off"]
    assert found.discount_total.minor == 250


def test_D3_shipping_that_is_reduced_twice_counts_twice_and_never_more_than_it_costs() -> None:
    def less(minor: int) -> dict[str, Any]:
        reward = {"type": "amount_off", "amount": {"EUR": minor}}
        return {"type": "shipping", "reward": reward, "methods": ["flat"]}

    rules = [
        rule("alone", off(150), exclusive=True),
        rule("s1", less(100), phase="shipping"),
        rule("s2", less(100), phase="shipping"),
    ]
    goods = item("x", 1, 1000)
    assert names(quoted(rules, goods, shipping=ship(490, FREE))) == ["s1", "s2"]
    assert names(quoted(rules, goods, shipping=ship(120, FREE))) == ["alone"]


def test_D17_what_its_budget_keeps_out_was_not_superseded() -> None:
    rules = [
        rule("half", percent(50), exclusive=True),
        rule("ten", percent(10), exclusive=True, budget="pot"),
    ]
    for left, superseded in ((99, []), (100, ["ten"])):
        facts = Facts(at=NOON, budgets={"pot": left})
        found = quoted(rules, item("x", 1, 1000), facts=facts)
        assert (names(found), names(found, "superseded")) == (["half"], superseded)


def test_D1_what_goes_by_the_price_at_the_phase_is_shared_by_it_among_the_units() -> None:
    # One of three is at half price when the order phase begins: it bears half as much of 10 %.
    half = {
        "type": "buy_get",
        "buy_quantity": 2,
        "get_quantity": 1,
        "reward": {"type": "percent", "percent": "50"},
    }
    rules = [rule("a", half), rule("b", percent(10, base="phase"), phase="order")]
    found = quoted(rules, item("x", 3, 1000))
    taken = found.lines[0].discounts[1]
    assert taken.units == ((1, 50), (2, 100))
