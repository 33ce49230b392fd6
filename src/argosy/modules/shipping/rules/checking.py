"""What zones and methods must be to be stored."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import time
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from argosy.modules.shipping.errors import ShippingMethodInvalid, ShippingZoneInvalid
from argosy.modules.shipping.rules.promising import keeps_calendar
from argosy.modules.shipping.rules.reaching import plain_pattern
from argosy.modules.shipping.types import (
    Area,
    Conditions,
    LiveRates,
    Packing,
    Promise,
    SetMethod,
    SetZone,
)

MAX_AREAS = 2000
MAX_PATTERNS = 5000
MAX_TIERS = 100
MAX_PRICE_MINOR = 10**12
MAX_DAYS = 60
MAX_CARRIERS = 10
MAX_SERVICES = 100
MAX_MARKUP = Decimal(1000)
MAX_TARE_G = 100_000

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_SERVICE = re.compile(r"[^/\s][^/]{0,59}/\S[^/]{0,99}")
_REGION = re.compile(r"[A-Z0-9]{0,3}")


def is_class_code(code: str) -> bool:
    """Say whether the text can be the code of a shipping class."""
    return _CODE.fullmatch(code) is not None


def check_zone(zone: SetZone) -> SetZone:
    """Return the zone, its postal codes in plain form. Raises ShippingZoneInvalid."""
    if not _CODE.fullmatch(zone.code):
        raise _zone_invalid("code", "Lower-case letters, digits, _ and -.")
    if not 1 <= len(zone.name.strip()) <= 200:
        raise _zone_invalid("name", "1 to 200 characters.")
    places = {(area.country, area.region) for area in zone.areas}
    if not zone.areas or len(zone.areas) > MAX_AREAS or len(places) != len(zone.areas):
        raise _zone_invalid("areas", f"1 to {MAX_AREAS} areas, each country and region once.")
    areas = tuple(_checked(index, area) for index, area in enumerate(zone.areas))
    return msgspec.structs.replace(zone, areas=areas)


def _checked(index: int, area: Area) -> Area:
    if not _COUNTRY.fullmatch(area.country):
        raise _zone_invalid(f"areas.{index}.country", "An ISO 3166-1 code like DE.")
    if not _REGION.fullmatch(area.region):
        raise _zone_invalid(f"areas.{index}.region", "The part after the hyphen, like CA.")
    return msgspec.structs.replace(
        area,
        postal_codes=_patterns(area.postal_codes, f"areas.{index}.postal_codes"),
        except_postal_codes=_patterns(
            area.except_postal_codes, f"areas.{index}.except_postal_codes"
        ),
    )


def _patterns(given: Sequence[str], field: str) -> tuple[str, ...]:
    if len(given) > MAX_PATTERNS:
        raise _zone_invalid(field, f"At most {MAX_PATTERNS}; a range or BT* says more in one.")
    plain: list[str] = []
    for index, text in enumerate(given):
        pattern = plain_pattern(text)
        if pattern is None:
            raise _zone_invalid(
                f"{field}.{index}", "A code (10115), a beginning (BT*) or a range (10000..19999)."
            )
        plain.append(pattern)
    return tuple(sorted(set(plain)))


def check_method(
    method: SetMethod, zones: Iterable[UUID], carriers: Collection[str] = ()
) -> SetMethod:
    """Return the method; `carriers` are those that can be asked for live rates.

    Raises ShippingMethodInvalid naming the field.
    """
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
    _check_terms(method)
    if method.live is not None:
        _check_live(method.live, carriers)
    return method


def _check_live(live: LiveRates, carriers: Collection[str]) -> None:
    named = live.carriers
    if not 1 <= len(named) <= MAX_CARRIERS or len(set(named)) != len(named):
        raise _method_invalid("live.carriers", f"1 to {MAX_CARRIERS} carriers, each once.")
    unknown = sorted(set(named) - set(carriers))
    if unknown:
        known = ", ".join(sorted(carriers)) or "none"
        raise _method_invalid("live.carriers", f"Carriers of the settings; there are: {known}.")
    if len(live.services) > MAX_SERVICES or not all(
        _SERVICE.fullmatch(service) for service in live.services
    ):
        raise _method_invalid("live.services", "Names like USPS/Priority, or none: all.")
    if not live.markup_percent.is_finite() or not 0 <= live.markup_percent <= MAX_MARKUP:
        raise _method_invalid("live.markup_percent", f"0 to {MAX_MARKUP}.")
    if not 0 <= live.handling_minor <= MAX_PRICE_MINOR:
        raise _method_invalid("live.handling_minor", "0 or more.")
    if not 0 <= live.tare_g <= MAX_TARE_G:
        raise _method_invalid("live.tare_g", f"0 to {MAX_TARE_G} grams.")
    if not _COUNTRY.fullmatch(live.origin.country) or not live.origin.postal_code:
        raise _method_invalid("live.origin", "Country and postal code of where parcels leave.")


def _check_terms(method: SetMethod) -> None:
    if method.packing is not None:
        _check_packing(method.packing)
    if method.conditions is not None:
        _check_conditions(method.conditions)
    if method.free_from is not None and not 0 < method.free_from.amount_minor <= MAX_PRICE_MINOR:
        raise _method_invalid("free_from.amount_minor", "More than 0; 0 would always be free.")
    if method.promise is not None:
        _check_promise(method.promise)


def _check_packing(packing: Packing) -> None:
    given = msgspec.structs.asdict(packing)
    for name, value in given.items():
        if value is not None and not 1 <= value <= 10**9:
            raise _method_invalid(f"packing.{name}", "More than 0, or null: no limit.")
    if all(value is None for value in given.values()):
        raise _method_invalid("packing", "At least one limit, or null: one parcel holds all.")


def _check_conditions(conditions: Conditions) -> None:
    for name in ("goods_minor", "weight_g", "units"):
        least, most = getattr(conditions, f"min_{name}"), getattr(conditions, f"max_{name}")
        if (least is not None and least < 0) or (most is not None and most < (least or 0)):
            raise _method_invalid(f"conditions.max_{name}", "0 <= the least <= the most.")
    if not all(_CODE.fullmatch(code) for code in conditions.only_classes):
        raise _method_invalid("conditions.only_classes", "Codes of shipping classes.")


def _check_promise(promise: Promise) -> None:
    try:
        if len(promise.cut_off) != len("HH:MM") or time.fromisoformat(promise.cut_off).tzinfo:
            raise ValueError
    except ValueError:
        raise _method_invalid("promise.cut_off", "HH:MM, like 14:00.") from None
    try:
        ZoneInfo(promise.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        cure = "An IANA time zone like Europe/Berlin."
        raise _method_invalid("promise.time_zone", cure) from None
    if not 0 <= promise.transit_min_days <= promise.transit_max_days <= MAX_DAYS:
        raise _method_invalid("promise.transit_max_days", f"0 <= least <= most <= {MAX_DAYS}.")
    if not 0 <= promise.handling_days <= MAX_DAYS:
        raise _method_invalid("promise.handling_days", f"0 to {MAX_DAYS}.")
    for name in ("ship_days", "delivery_days"):
        days = getattr(promise, name)
        if not days or not set(days) <= set(range(1, 8)):
            raise _method_invalid(f"promise.{name}", "At least one of 1 (Monday) to 7 (Sunday).")
    if promise.holidays and not keeps_calendar(promise.holidays):
        raise _method_invalid("promise.holidays", "A country or subdivision like DE or DE-BY.")


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
