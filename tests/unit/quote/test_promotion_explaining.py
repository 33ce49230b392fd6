"""Why a promotion applied or did not: D17, and what shopper, support and tests read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given, settings

from argosy.modules.quote import (
    Explanation,
    Facts,
    GiftOffer,
    History,
    Missing,
    Promotion,
    Verdict,
    compile_promotions,
    compute,
    explain,
    read_promotion,
)
from tests.examples import examples
from tests.unit.quote.making import ship
from tests.unit.quote.promoting import (
    FREE,
    NOON,
    asked,
    at_least,
    item,
    off,
    percent,
    products,
    rule,
)
from tests.unit.quote.random_promotions import Doc, carts, request_of, rule_lists


def explained(rules: list[Any], *lines: Any, **more: Any) -> dict[str, Verdict]:
    found = explain(asked(*lines, **more), compile_promotions(rules, currency="EUR"))
    return {verdict.promotion: verdict for verdict in found.verdicts}


def test_D17_a_rejected_rule_names_the_condition_and_what_is_missing() -> None:
    rules = [rule("ten", off(1000), phase="order", when=at_least(5000))]
    (verdict,) = explained(rules, item("x", 1, 4590)).values()
    assert (verdict.outcome, verdict.code) == ("rejected", "conditions_not_met")
    assert verdict.missing == (
        Missing(code="cart_amount", path="$.when", unit="minor", need=5000, have=4590, short=410),
    )


def test_D17_of_nested_conditions_what_fails_is_named_with_its_path() -> None:
    quantity = {"type": "cart_quantity", "gte": 3, "of": products("x")}
    when = {
        "type": "all",
        "of": [
            {"type": "country", "codes": ["DE"]},
            {"type": "any", "of": [at_least(10000), quantity]},
            {"type": "none", "of": [{"type": "signed_in", "is": False}]},
        ],
    }
    (verdict,) = explained([rule("r", percent(10), when=when)], item("x", 2, 100)).values()
    assert [(one.code, one.path, one.short) for one in verdict.missing] == [
        ("country", "$.when.of[0]", None),
        ("cart_quantity", "$.when.of[1].of[1]", 1),
        ("none", "$.when.of[2].of[0]", None),
    ]


def test_D17_counts_tell_how_many_more_and_the_nearest() -> None:
    when = {
        "type": "count",
        "gte": 2,
        "of": [at_least(9000), at_least(500), {"type": "cart_quantity", "gte": 2}],
    }
    (verdict,) = explained([rule("r", percent(10), when=when)], item("x", 1, 600)).values()
    assert [(one.code, one.short) for one in verdict.missing] == [
        ("count", 1),
        ("cart_quantity", 1),
    ]


def test_D17_history_says_how_far_it_is() -> None:
    rules = [
        rule("gold", percent(10), when={"type": "order_history", "fact": "spent_minor", "gte": 90}),
        rule("fifth", percent(10), when={"type": "nth_order", "n": 5}),
        rule(
            "back",
            percent(10),
            when={"type": "order_history", "fact": "days_since_last_order", "gte": 30},
        ),
    ]
    past = History(orders=2, spent_minor=50, last_order_at=NOON - timedelta(days=9))
    found = explained(rules, item("x", 1, 600), facts=Facts(at=NOON, history=past))
    assert found["gold"].missing[0].short == 40
    assert (found["fifth"].missing[0].need, found["fifth"].missing[0].have) == (5, 3)
    assert (found["back"].missing[0].short, found["back"].missing[0].unit) == (21, "days")
    guest = explained(rules, item("x", 1, 600))
    assert {verdict.outcome for verdict in guest.values()} == {"rejected"}


def test_D17_every_other_reason_has_a_code() -> None:
    gift = {"type": "gift", "variant": "mug"}
    free = {"type": "shipping", "reward": {"type": "percent", "percent": "100"}}
    three = {
        "type": "buy_get",
        "buy_quantity": 2,
        "get_quantity": 1,
        "reward": {"type": "percent", "percent": "100"},
    }
    later = {"zone": "UTC", "from": "2027-01-01T00:00:00"}
    before = {"zone": "UTC", "until": "2026-01-01T00:00:00"}
    rules = [
        rule("stopped", percent(10)),
        rule("used", percent(10)),
        rule("later", percent(10), window=later),
        rule("ended", percent(10), window=before),
        rule("poor", percent(10), budget="pot"),
        rule("gift", gift, phase="order"),
        rule("declined", {"type": "gift", "variant": "cup"}, phase="order"),
        rule("ship", free, phase="shipping"),
        rule("three", three),
        rule("goods", percent(10, of=products("nothing"))),
        read_promotion({"id": "new", "version": 3, "phase": "line"}),
    ]
    facts = Facts(
        at=NOON,
        without=frozenset({"stopped"}),
        used_up=frozenset({"used"}),
        budgets={"pot": 1},
        gifts={"cup": GiftOffer(line=item("cup", 1, 5), available=1)},
        declined_gifts=frozenset({"cup"}),
    )
    found = explained(rules, item("x", 1, 600), facts=facts, shipping=ship(5, FREE))
    assert {name: (one.outcome, one.code) for name, one in found.items()} == {
        "stopped": ("rejected", "stopped"),
        "used": ("rejected", "limit_reached"),
        "later": ("rejected", "not_started"),
        "ended": ("rejected", "ended"),
        "poor": ("rejected", "budget_exhausted"),
        "gift": ("rejected", "gift_not_available"),
        "declined": ("rejected", "gift_declined"),
        "ship": ("rejected", "shipping_method_not_included"),
        "three": ("rejected", "not_enough_units"),
        "goods": ("rejected", "no_such_goods"),
        "new": ("disabled", "cannot_be_evaluated"),
    }
    assert found["three"].missing[0].short == 2


def test_the_explanation_says_whether_the_choice_is_proven() -> None:
    rules = [rule(f"r{n}", percent(n + 1), exclusive=True) for n in range(4)]
    compiled = compile_promotions(rules, currency="EUR")
    found = explain(asked(item("x", 1, 600)), compiled)
    assert found.choice == "exact"
    assert found.steps > 0
    assert (
        explain(asked(item("x", 1, 600)), compile_promotions([], currency="EUR")).choice == "none"
    )


@given(carts(), rule_lists())
@settings(max_examples=examples(40))
def test_D17_explain_lists_every_rule_once_and_agrees_with_the_quote(
    cart: Doc, documents: list[Doc]
) -> None:
    rules = [msgspec.convert(document, Promotion) for document in documents]
    compiled = compile_promotions(rules, currency="EUR")
    request = request_of(cart)
    found = explain(request, compiled)
    assert sorted(one.promotion for one in found.verdicts) == [rule.id for rule in rules]
    listed = compute(request, compiled).promotions
    assert found.verdicts[: len(listed)] == listed
    for verdict in found.verdicts[len(listed) :]:
        assert verdict.outcome in {"rejected", "superseded"}
        assert (verdict.code == "conditions_not_met") == bool(
            verdict.missing and verdict.missing[0].path.startswith("$.when")
        )
    decoded = msgspec.json.decode(msgspec.json.encode(found), type=Explanation)
    assert decoded == found
