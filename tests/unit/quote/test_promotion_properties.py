"""What holds for every cart and every set of promotions, whatever they are."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from argosy.modules.quote import (
    Discount,
    Promotion,
    Quote,
    QuoteRequest,
    compile_promotions,
    compute,
    paid_for,
    refund_of,
)
from argosy.modules.quote.rules.choosing import first_state, qualifying, run_through
from argosy.modules.quote.rules.choosing import rivals_of as rivals
from argosy.modules.quote.rules.promoting import cart_of
from argosy.modules.quote.rules.searching import choose
from argosy.modules.quote.rules.working import WorkingLine
from tests.examples import examples
from tests.unit.quote.promoting import FREE, GROSS, NET, item, percent, quoted, rule
from tests.unit.quote.random_promotions import Doc, carts, lines_of, request_of, rule_lists
from tests.unit.quote.seeded_promotions import cart_of_seed, rules_of_seed

SEEDS = 500
POLICIES = st.sampled_from([NET, GROSS])


def promotions(documents: list[Doc]) -> list[Promotion]:
    return [msgspec.convert(document, Promotion) for document in documents]


def computed(request: QuoteRequest, documents: list[Doc]) -> Quote:
    return compute(request, compile_promotions(promotions(documents), currency="EUR"))


@given(carts(), rule_lists(), POLICIES)
@settings(max_examples=examples(40))
def test_totals_equal_the_sums_of_what_promotions_took(
    cart: Doc, documents: list[Doc], policy: Any
) -> None:
    found = computed(request_of(cart, policy=policy), documents)
    given_of: dict[str, int] = {}
    for line in found.lines:
        taken = [adjustment.amount.minor for adjustment in line.discounts]
        assert line.discount.minor == sum(taken)
        assert all(
            adjustment.amount.minor == sum(count * each for count, each in adjustment.units)
            for adjustment in line.discounts
        )
        assert all(unit.discount_minor <= unit.subtotal_minor for unit in line.units)
        assert line.net.minor >= 0
        assert line.total.minor >= 0
        for adjustment in line.discounts:
            given_of[adjustment.rule] = given_of.get(adjustment.rule, 0) + adjustment.amount.minor
    assert found.shipping is not None
    for adjustment in found.shipping.discounts:
        given_of[adjustment.rule] = given_of.get(adjustment.rule, 0) + adjustment.amount.minor
    applied = {
        one.promotion: one.amount.minor
        for one in found.promotions
        if one.outcome == "applied" and one.amount is not None
    }
    assert applied == given_of


@given(carts(), rule_lists(), st.randoms(use_true_random=False))
@settings(max_examples=examples(40))
def test_A7_the_order_of_lines_and_rules_changes_no_amount(
    cart: Doc, documents: list[Doc], rng: random.Random
) -> None:
    request = request_of(cart)
    shuffled = list(request.lines)
    rng.shuffle(shuffled)
    others = list(documents)
    rng.shuffle(others)
    one = computed(request, documents)
    other = computed(msgspec.structs.replace(request, lines=tuple(shuffled)), others)
    assert {line.key: line for line in one.lines} == {line.key: line for line in other.lines}
    assert (one.total, one.shipping, one.promotions) == (
        other.total,
        other.shipping,
        other.promotions,
    )


@given(carts(), rule_lists(), st.data())
@settings(max_examples=examples(40))
def test_D5_splitting_a_line_changes_no_discount(
    cart: Doc, documents: list[Doc], data: st.DataObject
) -> None:
    several = [number for number, line in enumerate(cart["lines"]) if line["quantity"] > 1]
    assume(several)
    number = data.draw(st.sampled_from(several))
    first = data.draw(st.integers(1, cart["lines"][number]["quantity"] - 1))
    check_splitting(cart, documents, number, first)


def test_D5_splitting_a_line_changes_no_discount_of_hundreds_of_carts() -> None:
    for seed in range(examples(SEEDS)):
        rng = random.Random(seed)
        cart, documents = cart_of_seed(rng), rules_of_seed(rng)
        number = rng.randrange(len(cart["lines"]))
        quantity = cart["lines"][number]["quantity"]
        if quantity > 1:
            check_splitting(cart, documents, number, rng.randint(1, quantity - 1), seed)


def check_splitting(
    cart: Doc, documents: list[Doc], number: int, first: int, seed: int | None = None
) -> None:
    line = cart["lines"][number]
    halves = [
        {**line, "quantity": first},
        {**line, "key": line["key"] + "-rest", "quantity": line["quantity"] - first},
    ]
    split = {**cart, "lines": [*cart["lines"][:number], *halves, *cart["lines"][number + 1 :]]}
    one, other = (
        computed(request_of(cart), documents),
        computed(request_of(split), documents),
    )
    assert one.discount_total == other.discount_total, f"seed {seed}"
    assert one.promotions == other.promotions, f"seed {seed}"
    together = sum(
        found.discount.minor for found in other.lines if found.key.startswith(line["key"])
    )
    before = sum(found.discount.minor for found in one.lines if found.key.startswith(line["key"]))
    assert together == before, f"seed {seed}"


@given(carts(), rule_lists(8), st.sampled_from([0, 3, 40]))
@settings(max_examples=examples(40))
def test_D3_the_choice_is_never_worse_than_greedy_however_short_the_time(
    cart: Doc, documents: list[Doc], steps: int
) -> None:
    check_choice(cart, documents, steps)


def test_D3_the_choice_is_never_worse_than_greedy_on_hundreds_of_carts() -> None:
    for seed in range(examples(SEEDS)):
        rng = random.Random(seed)
        cart, documents = cart_of_seed(rng), rules_of_seed(rng, 10)
        check_choice(cart, documents, rng.choice([0, 3, 40]), seed)


def check_choice(cart: Doc, documents: list[Doc], steps: int, seed: int | None = None) -> None:
    request = request_of(cart)
    compiled = compile_promotions(promotions(documents), currency="EUR")
    judged = cart_of(request, [WorkingLine(line) for line in request.lines])
    candidates = qualifying(compiled, judged)
    bounded = choose(candidates, judged, steps).state.value
    start = first_state(judged)
    greedy = run_through(candidates, judged, start, rivals(candidates, judged), None).value
    assert greedy <= bounded <= choose(candidates, judged).state.value, f"seed {seed}"


@given(carts(), rule_lists(), POLICIES, st.integers(0, 3000), st.booleans())
@settings(max_examples=examples(40))
def test_more_discount_never_raises_the_tax_base(
    cart: Doc, documents: list[Doc], policy: Any, minor: int, shipping: bool
) -> None:
    granted = Discount(
        rule="manual",
        reason="goodwill",
        target="shipping" if shipping else "order",
        amount_minor=minor,
    )
    before = computed(request_of(cart, policy=policy), documents)
    after = computed(request_of(cart, policy=policy, discounts=(granted,)), documents)
    assert after.net_total.minor <= before.net_total.minor
    assert after.total.minor <= before.total.minor


@given(carts(), st.integers(0, 100), st.integers(0, 100), POLICIES)
@settings(max_examples=examples(40))
def test_a_higher_percentage_never_costs_more(cart: Doc, one: int, other: int, policy: Any) -> None:
    less, more = sorted((one, other))
    totals = [
        quoted([rule("a", percent(value))], *lines_of(cart), policy=policy).net_total.minor
        for value in (less, more)
    ]
    assert totals[1] <= totals[0]


@given(carts(), rule_lists(), POLICIES, st.randoms(use_true_random=False))
@settings(max_examples=examples(40))
def test_rule_33_returning_every_unit_in_any_grouping_gives_back_what_was_paid(
    cart: Doc, documents: list[Doc], policy: Any, rng: random.Random
) -> None:
    found = computed(request_of(cart, policy=policy), documents)
    steps: list[tuple[str, int, int]] = []
    for line in found.lines:
        cuts = sorted({0, line.quantity, *(rng.randint(0, line.quantity) for _ in range(2))})
        steps += [(line.key, a, b) for a, b in itertools.pairwise(cuts)]
    rng.shuffle(steps)
    net = tax = discount = 0
    while steps:
        some = [steps.pop() for _ in range(min(len(steps), rng.randint(1, 3)))]
        ranges: dict[str, list[tuple[int, int]]] = {}
        for key, start, stop in some:
            ranges.setdefault(key, []).append((start, stop))
        back = refund_of(found, ranges)
        assert back.total_minor >= 0
        net, tax, discount = (
            net + back.net_minor,
            tax + back.tax_minor,
            discount + back.discount_minor,
        )
    assert net == sum(line.net.minor for line in found.lines)
    assert tax == sum(line.tax.minor for line in found.lines)
    assert discount == found.discount_total.minor


def test_rule_33_a_unit_gives_back_its_price_less_its_share_of_each_discount() -> None:
    # 3 x 3.33 less 1.00: the first unit carries the odd cent.
    off_one = {"type": "amount_off", "amount": {"EUR": 100}, "per": "order"}
    found = quoted([rule("a", off_one, phase="order")], item("x", 3, 333, taxed=FREE))
    line = found.lines[0]
    parts = [paid_for(line, n, n + 1).total_minor for n in range(3)]
    assert sorted(parts) == [299, 300, 300]
    assert paid_for(line, 0, 3).total_minor == 899
    assert paid_for(line, 1, 1).total_minor == 0
    with pytest.raises(ValueError, match="no units 2 to 4"):
        paid_for(line, 2, 4)


def test_D15_a_return_below_the_threshold_keeps_the_frozen_allocation() -> None:
    # 6 x 50.00 with 10 % from 300.00: five returned give back 45.00 each, not less.
    ten = rule(
        "a",
        {"type": "percent", "percent": "10"},
        phase="order",
        when={"type": "cart_amount", "gte": {"EUR": 30000}},
    )
    found = quoted([ten], item("x", 6, 5000))
    assert refund_of(found, {"x": [(0, 5)]}).total_minor == 5 * 4500


def test_A10_a_percentage_with_decimals_is_exact() -> None:
    found = quoted([rule("a", percent("15"))], item("x", 1, 1050))
    assert found.discount_total.minor == 158
    assert Decimal(15) * 1050 / 100 == Decimal("157.5")
