"""Which taxes are due where and when; what zones and rates must be."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from argosy.modules.tax.errors import TaxRateInvalid, TaxZoneInvalid
from argosy.modules.tax.types import Rate, SetRate, SetZone, Treatment, Zone

DEFAULT_CLASS = "standard"
MAX_AREAS = 2000
UNTAXED: Final[dict[str, tuple[Treatment, str]]] = {
    "exempt": ("exempt", "Exempt"),
    "gift_card": ("out_of_scope", "Multi-purpose voucher: taxed when it is redeemed"),
}
"""Classes that no zone taxes unless it says so (B5, B13)."""

_CLASS_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_ZONE_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_RATE_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_REGION = re.compile(r"[A-Z0-9]{0,3}")
_POSTAL = re.compile(r"[A-Z0-9]{0,10}")


class _Country(NamedTuple):
    """The zones of one country by (region, postal prefix), and which lengths its prefixes have."""

    zones: dict[tuple[str, str], Zone]
    lengths: tuple[int, ...]


ZoneIndex = Mapping[str, _Country]
"""Zones by country, region and postal prefix: a look-up whose cost does not grow with the zones."""


def index_zones(zones: Iterable[Zone]) -> ZoneIndex:
    """Make zones ready for `zone_at`.

    Of zones that name the same area, one of the channel itself goes first, then the higher
    priority, then the first code.
    """
    found: dict[str, dict[tuple[str, str], Zone]] = {}
    for zone in zones:
        for area in zone.areas:
            places = found.setdefault(area.country, {})
            key = (area.region, area.postal_prefix)
            other = places.get(key)
            if other is None or _precedence(zone) < _precedence(other):
                places[key] = zone
    return {
        country: _Country(
            places, tuple(sorted({len(prefix) for _, prefix in places}, reverse=True))
        )
        for country, places in found.items()
    }


def _precedence(zone: Zone) -> tuple[bool, int, str]:
    return (zone.channel_id is None, -zone.priority, zone.code)


def zone_at(index: ZoneIndex, country: str, region: str, postal_code: str) -> Zone | None:
    """Return the zone whose area names the place most closely, or None outside every zone.

    A longer postal prefix is closer than a region, and a region than a country. `region` and
    `postal_code` may be empty: then only areas without them match.
    """
    known = index.get(country)
    if known is None:
        return None
    postal = re.sub(r"[^A-Z0-9]", "", postal_code.upper())
    for length in known.lengths:
        if length > len(postal):
            continue
        prefix = postal[:length]
        zone = known.zones.get((region, prefix)) or known.zones.get(("", prefix))
        if zone is not None:
            return zone
    return None


def rates_on(zone: Zone, tax_class: str, day: date) -> tuple[str, tuple[Rate, ...]]:
    """Return the class whose rates apply, and these rates in their order.

    A class that the zone does not know on that day is taxed as `standard`: an unknown kind of goods
    never becomes tax-free by omission. Only classes that are untaxed by their nature are not.
    """
    found = _of_class(zone, tax_class, day)
    if found or tax_class == DEFAULT_CLASS:
        return tax_class, found
    if tax_class in UNTAXED:
        return tax_class, (_untaxed(zone, tax_class),)
    return DEFAULT_CLASS, _of_class(zone, DEFAULT_CLASS, day)


def _untaxed(zone: Zone, tax_class: str) -> Rate:
    treatment, name = UNTAXED[tax_class]
    return Rate(
        id=zone.id,
        tax_class=tax_class,
        code=f"{zone.code}.{tax_class}",
        name=name,
        jurisdiction=zone.code,
        rate=Decimal(0),
        treatment=treatment,
    )


def _of_class(zone: Zone, tax_class: str, day: date) -> tuple[Rate, ...]:
    rates = [rate for rate in zone.rates if rate.tax_class == tax_class and _in_force(rate, day)]
    return tuple(sorted(rates, key=lambda rate: (rate.position, rate.code)))


def _in_force(rate: Rate, day: date) -> bool:
    return (rate.valid_from is None or rate.valid_from <= day) and (
        rate.valid_until is None or day < rate.valid_until
    )


def is_same(zone: Zone, wanted: SetZone, rates: Iterable[SetRate]) -> bool:
    """Say whether the zone is what is wanted already, whatever the order of areas and rates."""
    settings = ("code", "name", "channel_id", "priority", "source")
    return (
        all(getattr(zone, name) == getattr(wanted, name) for name in settings)
        and set(zone.areas) == set(wanted.areas)
        and {_facts(rate) for rate in zone.rates} == {_facts(rate) for rate in rates}
    )


def _facts(rate: Rate | SetRate) -> tuple[object, ...]:
    return tuple(getattr(rate, name) for name in SetRate.__struct_fields__)


def is_class_code(code: str) -> bool:
    """Say whether the text can be the code of a tax class."""
    return _CLASS_CODE.fullmatch(code) is not None


def check_zone(zone: SetZone) -> SetZone:
    """Return the zone. Raises TaxZoneInvalid naming the field."""
    if not _ZONE_CODE.fullmatch(zone.code):
        raise _zone_invalid("code", "Up to 63 letters, digits, _ and -.")
    if not zone.name.strip() or len(zone.name) > 200:
        raise _zone_invalid("name", "1 to 200 characters.")
    if not zone.areas or len(zone.areas) > MAX_AREAS or len(set(zone.areas)) != len(zone.areas):
        raise _zone_invalid("areas", f"1 to {MAX_AREAS} areas, each once.")
    if not -1000 <= zone.priority <= 1000:
        raise _zone_invalid("priority", "Between -1000 and 1000.")
    for index, area in enumerate(zone.areas):
        if not _COUNTRY.fullmatch(area.country):
            raise _zone_invalid(f"areas.{index}.country", "An ISO 3166-1 code like DE.")
        if not _REGION.fullmatch(area.region):
            raise _zone_invalid(f"areas.{index}.region", "The part after the hyphen, like CA.")
        if not _POSTAL.fullmatch(area.postal_prefix):
            raise _zone_invalid(f"areas.{index}.postal_prefix", "Capitals and digits only.")
    return zone


def check_rate(rate: SetRate) -> SetRate:
    """Return the rate. Raises TaxRateInvalid naming the field."""
    if not _RATE_CODE.fullmatch(rate.code):
        raise _rate_invalid("code", "Up to 63 letters, digits, '.', _ and -.")
    for field in ("name", "jurisdiction"):
        if not 1 <= len(getattr(rate, field).strip()) <= 200:
            raise _rate_invalid(field, "1 to 200 characters.")
    if not rate.rate.is_finite() or not 0 <= rate.rate <= 10 or rate.rate != round(rate.rate, 6):
        raise _rate_invalid("rate", "A ratio from 0 to 10 with up to six places: 0.19 is 19 %.")
    if rate.rate != Decimal(0) and rate.treatment not in {"standard", "margin_scheme"}:
        raise _rate_invalid("rate", f"A rate with the treatment {rate.treatment} is zero.")
    if not -1000 <= rate.position <= 1000:
        raise _rate_invalid("position", "Between -1000 and 1000.")
    if rate.valid_from and rate.valid_until and rate.valid_from >= rate.valid_until:
        raise _rate_invalid("valid_until", "A day after valid_from: the rate ends before it.")
    return rate


def _zone_invalid(field: str, cure: str) -> TaxZoneInvalid:
    return TaxZoneInvalid(f"The tax zone's {field} is not possible.", field=field, cure=cure)


def _rate_invalid(field: str, cure: str) -> TaxRateInvalid:
    return TaxRateInvalid(f"The tax rate's {field} is not possible.", field=field, cure=cure)
