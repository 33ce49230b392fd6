"""What shipping costs, by a method's tiers, parcels and classes."""

from collections.abc import Sequence

from argosy.modules.shipping.rules.packing import Parcel, pack
from argosy.modules.shipping.types import Conditions, Consignment, Method, Tier


def price_of(method: Method, goods: Consignment) -> int | None:
    """Return what shipping costs in minor units, or None if the method does not take the goods.

    The tier with the highest start at or below the value applies to the whole value. With a
    `packing`, flat, weight and volume prices are found for each parcel and added up; those by
    quantity or by the value of the goods are always of the whole purchase (DOMAIN.md K3).
    Surcharges of classes come on top. A free-shipping threshold is the quote's to apply, as it may
    count discounts.
    """
    if method.conditions is not None and not fulfils(method.conditions, goods):
        return None
    parcels = pack(goods, method.packing)
    if parcels is None:
        return None
    price = 0
    for value in _values(method, goods, parcels):
        of_tier = _tier_price(method.tiers, value)
        if of_tier is None:
            return None
        price += of_tier
    surcharges = surcharges_of(method, goods)
    return None if surcharges is None else price + surcharges


def fulfils(conditions: Conditions, goods: Consignment) -> bool:
    """Say whether the goods may be shipped under these conditions."""
    value = sum(one.unit_minor * one.units for one in goods)
    weight = sum(one.weight_g * one.units for one in goods)
    units = sum(one.units for one in goods)
    classes = conditions.only_classes
    return (
        _within(conditions.min_goods_minor, value, conditions.max_goods_minor)
        and _within(conditions.min_weight_g, weight, conditions.max_weight_g)
        and _within(conditions.min_units, units, conditions.max_units)
        and (not classes or all(one.shipping_class in classes for one in goods))
    )


def _within(least: int | None, value: int, most: int | None) -> bool:
    return (least is None or least <= value) and (most is None or value <= most)


def _values(method: Method, goods: Consignment, parcels: Sequence[Parcel]) -> list[int]:
    if method.pricing == "price":
        return [sum(one.unit_minor * one.units for one in goods)]
    if method.pricing == "quantity":
        return [sum(one.units for one in goods)]
    if method.pricing == "weight":
        ratio = None if method.packing is None else method.packing.cm3_per_kg
        return [parcel.billed_g(ratio) for parcel in parcels]
    if method.pricing == "volume":
        return [-(-parcel.volume_mm3 // 1000) for parcel in parcels]
    return [0] * len(parcels)


def _tier_price(tiers: Sequence[Tier], value: int) -> int | None:
    price = None
    for tier in tiers:
        if tier.from_value > value:
            break
        price = tier.price_minor
    return price


def surcharges_of(method: Method, goods: Consignment) -> int | None:
    """Return what classes of goods add to any price; None: some of them are not taken."""
    if not method.class_rules:
        return 0
    units: dict[str, int] = {}
    for one in goods:
        units[one.shipping_class] = units.get(one.shipping_class, 0) + one.units
    total = 0
    for rule in method.class_rules:
        counted = units.get(rule.shipping_class, 0)
        if counted and rule.excluded:
            return None
        if counted:
            total += rule.surcharge_minor * (counted if rule.per == "unit" else 1)
    return total
