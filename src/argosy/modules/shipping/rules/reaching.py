"""Who is served: zones cover places."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from uuid import UUID

from argosy.modules.shipping.types import Area, Method, Zone

_CODE: Final = r"[A-Z0-9]{1,12}"
_PATTERN: Final = re.compile(rf"{_CODE}|{_CODE}\*|([0-9]{{1,12}})\.\.([0-9]{{1,12}})")


def serves(
    method: Method, zones: Mapping[UUID, Zone], country: str, region: str, postal_code: str = ""
) -> bool:
    """Say whether one of the method's zones covers the place.

    Where the postal code is not known yet, areas of some postal codes only do not cover it, and
    those with exceptions do.
    """
    postal = plain_code(postal_code)
    return any(
        covers(area, country, region, postal)
        for zone_id in method.zone_ids
        if zone_id in zones
        for area in zones[zone_id].areas
    )


def covers(area: Area, country: str, region: str, postal: str) -> bool:
    """Say whether the place belongs to the area; `postal` is a plain code, or empty."""
    if area.country != country or area.region not in {"", region}:
        return False
    if area.postal_codes and not any(_matches(pattern, postal) for pattern in area.postal_codes):
        return False
    return not any(_matches(pattern, postal) for pattern in area.except_postal_codes)


def plain_code(postal_code: str) -> str:
    """The postal code as it is compared: letters and digits only, letters capital."""
    return re.sub(r"[^A-Z0-9]", "", postal_code.upper())


def plain_pattern(pattern: str) -> str | None:
    """The pattern of an area as it is stored, or None if it is none.

    "bt 1*" is "BT1*"; the range "10000..19999" holds all codes whose first digits lie in it.
    """
    text = re.sub(r"[\s-]", "", pattern.upper())
    found = _PATTERN.fullmatch(text)
    if found is None:
        return None
    first, last = found.groups()
    if first is not None and (len(first) != len(last) or first > last):
        return None
    return text


def _matches(pattern: str, postal: str) -> bool:
    if not postal:
        return False
    kind, first, last = _parsed(pattern)
    if kind == "range":
        head = postal[: len(first)]
        return len(head) == len(first) and head.isdigit() and first <= head <= last
    return postal.startswith(first) if kind == "prefix" else postal == first


@lru_cache(maxsize=50_000)
def _parsed(pattern: str) -> tuple[str, str, str]:
    if ".." in pattern:
        first, _, last = pattern.partition("..")
        return "range", first, last
    return ("prefix", pattern[:-1], "") if pattern.endswith("*") else ("code", pattern, "")
