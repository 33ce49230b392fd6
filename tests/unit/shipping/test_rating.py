"""What carriers are asked, and what a method costs by their answers: K1, K2."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from argosy.kernel.address import Address
from argosy.modules.shipping import (
    ClassRule,
    Conditions,
    FoundPrice,
    Goods,
    KnownAnswer,
    LiveRate,
    LiveRates,
    Method,
    Packing,
    RateAnswer,
    Rated,
    RateParcel,
    RateRefused,
    RateSilent,
    Tier,
    live_price,
    rate_parcels,
    rate_questions,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOME = Address(country="US", region="CA", postal_code="94107", city="San Francisco", name="Us")
THERE = Address(country="US", region="CA", postal_code="90277", line1="179 N Harbor Dr", name="Ann")


def method(live: LiveRates | None = None, **more: Any) -> Method:
    settings: dict[str, Any] = {
        "id": UUID(int=1), "channel_id": UUID(int=2), "code": "live", "name": "Live",
        "pricing": "flat", "zone_ids": (UUID(int=3),),
        "tiers": (Tier(from_value=0, price_minor=990),),
        "live": live or LiveRates(carriers=("a",), origin=HOME),
    }  # fmt: skip
    return Method(**(settings | more))


def box(
    units: int, weight: int = 400, sides: tuple[int, int, int] | None = (100, 300, 50)
) -> Goods:
    return Goods(
        shipping_class="standard", units=units, unit_minor=1000, weight_g=weight, sides_mm=sides
    )


def price(one: Method, answers: dict[str, RateAnswer], *goods: Goods) -> FoundPrice | None:
    asked = rate_questions(one, goods or (box(1),), THERE, "USD")
    said = {
        key: KnownAnswer(answers[question.carrier], NOW)
        for key, question in asked.items()
        if question.carrier in answers
    }
    return live_price(one, goods or (box(1),), THERE, "USD", said.get, lambda net: net + net // 10)


def rated(**amounts: int) -> Rated:
    return Rated(
        rates=tuple(LiveRate(service=f"X/{k}", amount_minor=v) for k, v in amounts.items())
    )


def test_K1_parcels_are_asked_for_one_by_one_with_the_box_that_holds_them() -> None:
    packed = method(
        LiveRates(carriers=("a",), origin=HOME, tare_g=50),
        packing=Packing(max_weight_g=1000),
    )
    # Five of 400 g: two parcels of two, one of one. Two lie on one another: 2 x 50 mm.
    assert rate_parcels(packed, (box(5),)) == (
        RateParcel(weight_g=850, sides_mm=(300, 100, 100), count=2),
        RateParcel(weight_g=450, sides_mm=(300, 100, 50), count=1),
    )
    assert rate_parcels(packed, (box(1, sides=None),)) == (RateParcel(weight_g=450),)
    assert rate_parcels(packed, (box(1, weight=1001),)) is None
    weightless = method(LiveRates(carriers=("a",), origin=HOME))
    assert rate_parcels(weightless, (box(1, weight=0, sides=None),)) == (RateParcel(weight_g=1),)


def test_K1_what_the_conditions_or_classes_refuse_is_not_asked_for() -> None:
    heavy = method(conditions=Conditions(min_weight_g=500))
    refused = method(class_rules=(ClassRule(shipping_class="standard", excluded=True),))
    for one in (heavy, refused):
        assert rate_questions(one, (box(1),), THERE, "USD") == {}
        assert price(one, {"a": rated(slow=100)}) is None


def test_K2_a_question_holds_what_prices_depend_on_and_nobodys_name_or_street() -> None:
    [(key, question)] = rate_questions(method(), (box(1),), THERE, "USD").items()
    assert question.destination == Address(country="US", region="CA", postal_code="90277")
    assert (question.origin.name, question.origin.city) == ("", "San Francisco")
    again = rate_questions(method(), (box(1),), Address(country="US", region="CA",
        postal_code="90277", name="Bob"), "USD")  # fmt: skip
    assert list(again) == [key]
    for goods, currency in (((box(2),), "USD"), ((box(1),), "EUR")):
        assert key not in rate_questions(method(), goods, THERE, currency)


def test_K2_the_cheapest_allowed_service_of_all_carriers_counts() -> None:
    live = LiveRates(carriers=("a", "b"), origin=HOME, services=("X/slow", "X/fast"))
    found = price(method(live), {"a": rated(slow=700, other=1), "b": rated(fast=600, slow=650)})
    assert found is not None
    assert found.rate == LiveRate(service="X/fast", amount_minor=600)
    assert (found.price_minor, found.estimated, found.asked_at) == (660, False, NOW)


def test_A10_tax_markup_and_handling_come_on_top_each_once() -> None:
    live = LiveRates(
        carriers=("a",),
        origin=HOME,
        markup_percent=Decimal("7.5"),
        handling_minor=30,
        handling_per="parcel",
    )
    one = method(
        live,
        packing=Packing(max_weight_g=400),
        class_rules=(ClassRule(shipping_class="standard", surcharge_minor=5),),
    )
    # 607 and a tenth of tax is 667; 7.5 % more is 717.025; two parcels, two surcharged units.
    found = price(one, {"a": rated(slow=607)}, box(2))
    assert found is not None
    assert found.price_minor == 717 + 2 * 30 + 2 * 5
    as_is = LiveRates(carriers=("a",), origin=HOME, amounts="as_is")
    plain = price(method(as_is), {"a": rated(slow=607)})
    assert plain is not None
    assert plain.price_minor == 607


@pytest.mark.parametrize("answer", [None, RateSilent(reason="x"), RateRefused(reason="x")])
def test_K2_without_a_word_of_the_carrier_the_table_counts_and_says_so(
    answer: RateAnswer | None,
) -> None:
    said = {} if answer is None else {"a": answer}
    assert price(method(), said) == FoundPrice(price_minor=990, estimated=True)
    withheld = LiveRates(carriers=("a",), origin=HOME, fallback="withhold")
    assert price(method(withheld), said) is None


def test_K2_one_carrier_is_enough_and_all_together_are_believed() -> None:
    live = LiveRates(carriers=("a", "b"), origin=HOME, services=("X/slow",))
    down: dict[str, RateAnswer] = {"a": RateSilent(reason="deadline")}
    found = price(method(live), down | {"b": rated(slow=500)})
    assert found is not None
    assert (found.price_minor, found.estimated) == (550, False)
    # One says that it does not go there, the other is down: an estimate. Both say so: no offer.
    assert price(method(live), down | {"b": rated(other=1)}) == FoundPrice(
        price_minor=990, estimated=True
    )
    assert price(method(live), {"a": rated(), "b": rated(other=1)}) is None
