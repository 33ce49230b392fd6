"""Who is served, what it costs, and what zones and methods must be."""

import re
from collections.abc import Iterable, Mapping
from uuid import UUID

from argosy.modules.shipping.errors import ShippingMethodInvalid, ShippingZoneInvalid
from argosy.modules.shipping.types import Area, Method, Parcel, SetMethod, SetZone, Zone

MAX_AREAS = 2000
MAX_TIERS = 100
MAX_PRICE_MINOR = 10**12

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_REGION = re.compile(r"[A-Z0-9]{0,3}")


def serves(method: Method, zones: Mapping[UUID, Zone], country: str, region: str) -> bool:
    """Say whether one of the method's zones covers the place."""
    return any(
        area.country == country and area.region in {"", region}
        for zone_id in method.zone_ids
        if zone_id in zones
        for area in zones[zone_id].areas
    )


def price_of(method: Method, parcel: Parcel) -> int | None:
    """Return what shipping the parcel costs in minor units, or None if the method does not take it.

    The tier with the highest start at or below the parcel's value applies to the whole parcel;
    surcharges of classes come on top.
    """
    value = {"flat": 0, "weight": parcel.weight_g, "price": parcel.goods_minor}[method.pricing]
    price: int | None = None
    for tier in method.tiers:
        if tier.from_value > value:
            break
        price = tier.price_minor
    if price is None:
        return None
    for rule in method.class_rules:
        units = parcel.units.get(rule.shipping_class, 0)
        if units and rule.excluded:
            return None
        if units:
            price += rule.surcharge_minor * (units if rule.per == "unit" else 1)
    return price


def is_class_code(code: str) -> bool:
    """Say whether the text can be the code of a shipping class."""
    return _CODE.fullmatch(code) is not None


def check_zone(zone: SetZone) -> SetZone:
    """Return the zone. Raises ShippingZoneInvalid naming the field."""
    if not _CODE.fullmatch(zone.code):
        raise _zone_invalid("code", "Lower-case letters, digits, _ and -.")
    if not 1 <= len(zone.name.strip()) <= 200:
        raise _zone_invalid("name", "1 to 200 characters.")
    if not zone.areas or len(zone.areas) > MAX_AREAS or len(set(zone.areas)) != len(zone.areas):
        raise _zone_invalid("areas", f"1 to {MAX_AREAS} areas, each once.")
    for index, area in enumerate(zone.areas):
        _check_area(index, area)
    return zone


def _check_area(index: int, area: Area) -> None:
    if not _COUNTRY.fullmatch(area.country):
        raise _zone_invalid(f"areas.{index}.country", "An ISO 3166-1 code like DE.")
    if not _REGION.fullmatch(area.region):
        raise _zone_invalid(f"areas.{index}.region", "The part after the hyphen, like CA.")


def check_method(method: SetMethod, zones: Iterable[UUID]) -> SetMethod:
    """Return the method. Raises ShippingMethodInvalid naming the field."""
    if not _CODE.fullmatch(method.code):
        raise _method_invalid("code", "Lower-case letters, digits, _ and -.")
    if not 1 <= len(method.name.strip()) <= 200 or len(method.description) > 2000:
        raise _method_invalid("name", "1 to 200 characters; the description up to 2000.")
    if not _CODE.fullmatch(method.tax_class):
        raise _method_invalid("tax_class", "The code of a tax class.")
    if not method.zone_ids or not set(method.zone_ids) <= set(zones):
        raise _method_invalid("zone_ids", "At least one, and only existing shipping zones.")
    days = (method.min_days, method.max_days)
    if None in days:
        if days != (None, None):
            raise _method_invalid("max_days", "Both min_days and max_days, or neither.")
    elif not 0 <= (method.min_days or 0) <= (method.max_days or 0) <= 365:
        raise _method_invalid("max_days", "0 <= min_days <= max_days <= 365.")
    _check_tiers(method)
    for index, rule in enumerate(method.class_rules):
        if not 0 <= rule.surcharge_minor <= MAX_PRICE_MINOR or not _CODE.fullmatch(
            rule.shipping_class
        ):
            raise _method_invalid(f"class_rules.{index}", "A class, and a surcharge from 0 on.")
    return method


def _check_tiers(method: SetMethod) -> None:
    starts = [tier.from_value for tier in method.tiers]
    if not 1 <= len(starts) <= MAX_TIERS or starts != sorted(set(starts)) or starts[0] < 0:
        raise _method_invalid("tiers", f"1 to {MAX_TIERS} tiers, ascending by from_value.")
    if method.pricing == "flat" and starts != [0]:
        raise _method_invalid("tiers", "A flat price is one tier from 0.")
    for index, tier in enumerate(method.tiers):
        if tier.from_value > 10**15 or not 0 <= (tier.price_minor or 0) <= MAX_PRICE_MINOR:
            raise _method_invalid(f"tiers.{index}", "A price from 0 on, or null: not offered.")


def _zone_invalid(field: str, cure: str) -> ShippingZoneInvalid:
    return ShippingZoneInvalid(f"The zone's {field} is not possible.", field=field, cure=cure)


def _method_invalid(field: str, cure: str) -> ShippingMethodInvalid:
    return ShippingMethodInvalid(f"The method's {field} is not possible.", field=field, cure=cure)
