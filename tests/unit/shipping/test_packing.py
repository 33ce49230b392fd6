"""Parcels: what fits together, what is billed, and what it costs."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.modules.shipping import (
    Conditions,
    Consignment,
    Goods,
    Method,
    Packing,
    Tier,
    price_of,
)
from argosy.modules.shipping.rules.charging import fulfils
from argosy.modules.shipping.rules.packing import MAX_PARCELS, Parcel, pack, volume_mm3


def goods(units: int = 1, weight_g: int = 0, sides: tuple[int, int, int] | None = None) -> Goods:
    return Goods(
        shipping_class="standard", units=units, unit_minor=100, weight_g=weight_g, sides_mm=sides
    )


def method(pricing: str, packing: Packing | None, *tiers: tuple[int, int | None]) -> Method:
    return Method(
        id=UUID(int=9),
        channel_id=UUID(int=8),
        code="m",
        name="M",
        pricing=pricing,  # type: ignore[arg-type]
        zone_ids=(),
        tiers=tuple(Tier(from_value=start, price_minor=price) for start, price in tiers),
        packing=packing,
    )


def test_without_a_packing_everything_is_one_parcel() -> None:
    assert pack((goods(3, 100), goods(2, 50)), None) == (Parcel(400, 0, 5, None),)


def test_heaviest_first_into_the_first_parcel_with_room() -> None:
    packed = pack((goods(3, 400), goods(2, 700)), Packing(max_weight_g=1000))
    assert packed is not None
    assert [parcel[:3] for parcel in packed] == [(700, 0, 1), (700, 0, 1), (800, 0, 2), (400, 0, 1)]


@pytest.mark.parametrize(
    "unit",
    [goods(1, 1001), goods(1, 0, (200, 200, 200)), goods(1, 0, (301, 1, 1)), goods(501, 1000)],
    ids=["too heavy", "too large", "too long", "freight"],
)
def test_what_fits_no_parcel_is_not_taken(unit: Goods) -> None:
    limits = Packing(max_weight_g=1000, max_volume_cm3=7000, max_side_mm=300)
    assert pack((unit,), limits) is None


@pytest.mark.parametrize(
    ("sides", "weight_g", "billed"),
    [
        ((400, 300, 200), 2000, 4800),  # 24,000 cm3 / 5000 = 4.8 kg
        ((400, 300, 200), 6000, 6000),
        ((10, 10, 3), 0, 1),  # 0.06 g is rounded up
        (None, 500, 500),
    ],
)
def test_dimensional_weight_is_billed_where_it_is_greater(
    sides: tuple[int, int, int] | None, weight_g: int, billed: int
) -> None:
    (parcel,) = pack((goods(1, weight_g, sides),), None) or ()
    assert parcel.billed_g(5000) == billed


def test_weight_is_priced_for_each_parcel_and_added_up() -> None:
    by_weight = method(
        "weight", Packing(max_weight_g=10_000, cm3_per_kg=5000), (0, 490), (5000, 890)
    )
    assert price_of(by_weight, (goods(3, 4000),)) == 890 + 490
    assert price_of(by_weight, (goods(1, 100, (400, 300, 300)),)) == 890


def test_volume_is_counted_in_cubic_centimetres() -> None:
    by_volume = method("volume", None, (0, 490), (2, 990))
    assert price_of(by_volume, (goods(1, 0, (10, 10, 10)),)) == 490
    assert price_of(by_volume, (goods(1, 0, (10, 10, 11)),)) == 990


def test_K3_quantity_and_value_are_of_the_whole_purchase_however_it_is_packed() -> None:
    one_each = Packing(max_weight_g=100)
    assert price_of(method("quantity", one_each, (0, 500), (3, 300)), (goods(3, 100),)) == 300
    assert price_of(method("price", one_each, (0, 500), (300, 0)), (goods(3, 100),)) == 0
    assert price_of(method("flat", one_each, (0, 500)), (goods(3, 100),)) == 1500


@pytest.mark.parametrize(
    ("conditions", "offered"),
    [
        (Conditions(), True),
        (Conditions(min_units=3, max_units=3), True),
        (Conditions(min_units=4), False),
        (Conditions(max_weight_g=2999), False),
        (Conditions(min_weight_g=3000), True),
        (Conditions(max_goods_minor=300), True),
        (Conditions(min_goods_minor=301), False),
        (Conditions(only_classes=("standard",)), True),
        (Conditions(only_classes=("bulky",)), False),
    ],
)
def test_conditions_include_their_ends(conditions: Conditions, offered: bool) -> None:
    assert fulfils(conditions, (goods(3, 1000),)) is offered


sides = st.none() | st.tuples(*[st.integers(1, 400)] * 3)
units = st.builds(goods, st.integers(1, 30), st.integers(0, 9000), sides)


@given(st.lists(units, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_every_unit_is_packed_once_within_the_limits_whatever_the_order(
    found: list[Goods], random: object
) -> None:
    limits = Packing(max_weight_g=10_000, max_volume_cm3=64_000, max_side_mm=400)
    wanted: Consignment = tuple(found)
    packed = pack(wanted, limits)
    assert packed is not None
    assert sum(one.units for one in packed) == sum(one.units for one in wanted)
    assert sum(one.weight_g for one in packed) == sum(one.weight_g * one.units for one in wanted)
    assert sum(one.volume_mm3 for one in packed) == sum(volume_mm3(o) * o.units for o in wanted)
    assert all(one.weight_g <= 10_000 and one.volume_mm3 <= 64_000_000 for one in packed)
    assert all(one.units for one in packed)
    assert len(packed) <= MAX_PARCELS
    random.shuffle(found)  # type: ignore[attr-defined]
    assert pack(tuple(found), limits) == packed
