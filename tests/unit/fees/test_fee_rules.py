"""Which fees are due, and which cannot be stored: B14."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.fees import Fee, FeeFacts, FeeInvalid, FeeLine, FeeWhen, SetFee, fees_due
from argosy.modules.fees.rules import check_fee, label_of

BOTTLE, SHIRT = UUID(int=1), UUID(int=2)


def fee(**more: Any) -> Fee:
    settings: dict[str, Any] = {
        "id": UUID(int=9), "channel_id": UUID(int=8), "code": "fee", "kind": "other",
        "name": "Fee", "per": "order", "amount_minor": 100,
    }  # fmt: skip
    return Fee(**(settings | more))


def line(key: str, product: UUID = SHIRT, **more: Any) -> FeeLine:
    settings: dict[str, Any] = {
        "key": key, "variant_id": product, "product_id": product, "tax_class": "standard",
        "shipping_class": "standard", "quantity": 1, "value_minor": 1000, "ships": True,
    }  # fmt: skip
    return FeeLine(**(settings | more))


def facts(*lines: FeeLine, **more: Any) -> FeeFacts:
    value = sum(one.value_minor for one in lines)
    return FeeFacts(**({"country": "DE", "lines": lines, "goods_minor": value} | more))


def due(one: Fee, known: FeeFacts) -> list[tuple[str, int, int]]:
    return [(each.key, each.unit_minor, each.quantity) for each in fees_due([one], known)]


def test_B14_a_deposit_is_due_for_every_bottle_and_for_nothing_else() -> None:
    deposit = fee(
        code="bottle", per="unit", amount_minor=25, when=FeeWhen(products=(BOTTLE,)), returned=True
    )
    bought = facts(line("a", BOTTLE, quantity=6), line("b"), line("c", BOTTLE, quantity=2))
    assert due(deposit, bought) == [("fee:bottle:a", 25, 6), ("fee:bottle:c", 25, 2)]
    assert due(deposit, facts(line("b"))) == []
    assert due(deposit, facts()) == []


def test_B14_gift_wrap_is_due_where_the_shopper_chose_it() -> None:
    wrap = fee(kind="gift_wrap", per="line", when=FeeWhen(configuration={"gift_wrap": "yes"}))
    chosen = line("a", configuration={"gift_wrap": "yes", "card": "Hi"}, quantity=3)
    other = line("b", configuration={"gift_wrap": "no"})
    assert due(wrap, facts(chosen, other, line("c"))) == [("fee:fee:a", 100, 1)]
    card = fee(when=FeeWhen(configuration={"card": "*"}))
    assert due(card, facts(chosen, other)) == [("fee:fee", 100, 1)]
    assert due(card, facts(other)) == []


def test_B14_a_small_order_pays_more_up_to_the_threshold() -> None:
    small = fee(kind="handling", when=FeeWhen(below_goods_minor=2000))
    assert due(small, facts(line("a", value_minor=1999)))
    assert not due(small, facts(line("a", value_minor=2000)))
    # What counts is before discounts: a coupon does not make an order small.
    assert not due(small, facts(line("a", value_minor=1500), goods_minor=2000))


def test_A10_a_percentage_is_rounded_once_and_capped() -> None:
    card = fee(kind="payment", amount_minor=None, percent=Decimal("1.5"))
    assert due(card, facts(line("a", value_minor=1050), line("b", value_minor=1))) == [
        ("fee:fee", 16, 1)
    ]
    with_shipping = fee(amount_minor=None, percent=Decimal("1.5"), with_shipping=True)
    assert due(with_shipping, facts(line("a", value_minor=1050), shipping_minor=490)) == [
        ("fee:fee", 23, 1)
    ]
    capped = fee(amount_minor=None, percent=Decimal(10), cap_minor=50, per="line")
    assert due(capped, facts(line("a"), line("b", value_minor=1))) == [("fee:fee:a", 50, 1)]


@pytest.mark.parametrize(
    ("when", "known"),
    [
        (FeeWhen(countries=("AT",)), {"country": "AT"}),
        (FeeWhen(shipping_methods=("express",)), {"shipping_method": "express"}),
        (FeeWhen(payment_methods=("cash",)), {"payment_method": "cash"}),
        (FeeWhen(from_goods_minor=5000), {"goods_minor": 5000}),
    ],
)
def test_B14_conditions_hold_together(when: FeeWhen, known: dict[str, Any]) -> None:
    assert not due(fee(when=when), facts(line("a")))
    assert due(fee(when=when), facts(line("a"), **known))
    assert not due(fee(when=when, active=False), facts(line("a"), **known))


def test_lines_are_selected_by_all_that_is_named() -> None:
    both = FeeWhen(tax_classes=("reduced",), shipping_classes=("bottles",))
    fits = line("a", tax_class="reduced", shipping_class="bottles")
    only_one = line("b", tax_class="reduced")
    assert due(fee(per="line", when=both), facts(fits, only_one)) == [("fee:fee:a", 100, 1)]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.randoms())
def test_A7_the_order_of_lines_changes_no_fee(quantities: list[int], random: Any) -> None:
    lines = [line(f"l{n}", quantity=q, value_minor=q * 333) for n, q in enumerate(quantities)]
    all_kinds = [
        fee(code="a", per="unit"),
        fee(code="b", amount_minor=None, percent=Decimal("2.5")),
        fee(code="c", amount_minor=None, percent=Decimal(7), per="line", position=-1),
    ]

    def found(given: list[FeeLine]) -> set[tuple[str, int, int]]:
        return {(d.key, d.unit_minor, d.quantity) for d in fees_due(all_kinds, facts(*given))}

    shuffled = [*lines]
    random.shuffle(shuffled)
    assert found(lines) == found(shuffled)


def test_names_go_by_locale_then_language() -> None:
    one = fee(labels={"de": "Pfand", "pt_BR": "Depósito"})
    assert [label_of(one, locale) for locale in ("de-AT", "de", "pt-br", "pt", "fr")] == [
        "Pfand", "Pfand", "Depósito", "Fee", "Fee",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"code": "No"}, "code"),
        ({"name": " "}, "name"),
        ({"labels": {"german!": "x"}}, "labels"),
        ({"amount_minor": None}, "amount_minor"),
        ({"amount_minor": 0}, "amount_minor"),
        ({"percent": Decimal(1)}, "amount_minor"),
        ({"amount_minor": None, "percent": Decimal("100.1")}, "percent"),
        ({"amount_minor": None, "percent": Decimal("NaN")}, "percent"),
        ({"amount_minor": None, "percent": Decimal(1), "per": "unit"}, "per"),
        ({"cap_minor": 5}, "cap_minor"),
        ({"returned": True}, "returned"),
        ({"tax_class": "No"}, "tax_class"),
        ({"when": FeeWhen(countries=("Germany",))}, "when.countries"),
        ({"when": FeeWhen(products=(SHIRT, SHIRT))}, "when.products"),
        ({"when": FeeWhen(configuration={"": "x"})}, "when.configuration"),
        ({"when": FeeWhen(from_goods_minor=5, below_goods_minor=5)}, "when.below_goods_minor"),
    ],
)
def test_what_cannot_be_a_fee_is_refused_by_field(more: dict[str, Any], field: str) -> None:
    settings: dict[str, Any] = {
        "code": "fee", "kind": "other", "name": "Fee", "per": "order", "amount_minor": 100,
    }  # fmt: skip
    with pytest.raises(FeeInvalid) as refused:
        check_fee(SetFee(**(settings | more)))
    assert refused.value.field == field
