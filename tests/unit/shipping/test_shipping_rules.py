"""Whom a method serves and what it costs."""

from uuid import UUID

import pytest

from argosy.modules.shipping import (
    Area,
    ClassRule,
    Consignment,
    Goods,
    Method,
    Tier,
    Zone,
    price_of,
    serves,
)

DE = Zone(id=UUID(int=1), code="de", name="DE", areas=(Area(country="DE"),))
WEST = Zone(id=UUID(int=2), code="west", name="West", areas=(Area(country="US", region="CA"),))


def method(*tiers: tuple[int, int | None], pricing: str = "flat", **more: object) -> Method:
    settings: dict[str, object] = {"zone_ids": (DE.id,)}
    return Method(
        id=UUID(int=9),
        channel_id=UUID(int=8),
        code="m",
        name="M",
        pricing=pricing,  # type: ignore[arg-type]
        tiers=tuple(Tier(from_value=start, price_minor=price) for start, price in tiers),
        **(settings | more),  # type: ignore[arg-type]
    )


def parcel(weight_g: int = 0, goods_minor: int = 0, **units: int) -> Consignment:
    """Units by class; the weight and the value are those of the whole."""
    counted = units or {"standard": 1}
    first, *rest = counted
    return (
        Goods(shipping_class=first, units=1, unit_minor=goods_minor, weight_g=weight_g),
        Goods(shipping_class=first, units=counted[first] - 1, unit_minor=0),
        *(Goods(shipping_class=kind, units=counted[kind], unit_minor=0) for kind in rest),
    )


@pytest.mark.parametrize(
    ("country", "region", "served"),
    [
        ("DE", "", True),
        ("DE", "BY", True),
        ("US", "CA", True),
        ("US", "NY", False),
        ("US", "", False),
    ],
)
def test_zones_decide_who_is_served(country: str, region: str, served: bool) -> None:
    both = method((0, 1), zone_ids=(DE.id, WEST.id))
    assert serves(both, {DE.id: DE, WEST.id: WEST}, country, region) is served


def test_a_zone_that_is_gone_serves_nobody() -> None:
    assert not serves(method((0, 1)), {}, "DE", "")


def test_flat_costs_the_same_for_everything() -> None:
    assert price_of(method((0, 490)), parcel(99_999, 99_999)) == 490


@pytest.mark.parametrize(
    ("weight", "price"), [(0, 490), (1999, 490), (2000, 690), (31499, 690), (31500, None)]
)
def test_weight_tiers_start_at_their_value(weight: int, price: int | None) -> None:
    by_weight = method((0, 490), (2000, 690), (31500, None), pricing="weight")
    assert price_of(by_weight, parcel(weight_g=weight)) == price


@pytest.mark.parametrize(("goods", "price"), [(0, None), (999, None), (1000, 490), (5000, 0)])
def test_K3_price_tiers_go_by_the_whole_order(goods: int, price: int | None) -> None:
    by_price = method((1000, 490), (5000, 0), pricing="price")
    assert price_of(by_price, parcel(goods_minor=goods)) == price


def test_classes_add_to_the_price_or_are_not_taken() -> None:
    rules = (
        ClassRule(shipping_class="bulky", surcharge_minor=1500),
        ClassRule(shipping_class="cold", surcharge_minor=700, per="order"),
        ClassRule(shipping_class="danger", excluded=True),
    )
    ruled = method((0, 490), class_rules=rules)
    assert price_of(ruled, parcel(standard=5)) == 490
    assert price_of(ruled, parcel(bulky=2, cold=3)) == 490 + 3000 + 700
    assert price_of(ruled, parcel(standard=1, danger=1)) is None
