"""Where bodies of requests take times and days, and times at the ends of the calendar.

PostgreSQL's driver gives the first and the last instant back as naive infinities, which compare
with nothing: one of them in a row breaks every list that the row is in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Place = tuple[str | int, ...]

TIMES = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+14:00")
LOCAL = tuple({"local": time[:19], "time_zone": "Europe/Berlin"} for time in TIMES[:2])
DAYS = ("0001-01-01", "9999-12-31")
_NAMED = re.compile(r"(^|_)(from|until|since|at|as_of)$")
"""Times without a zone, which are the market's, have no format in the document: by their names."""


def places(document: dict[str, Any], schema: dict[str, Any]) -> dict[Place, list[Any]]:
    """Where a body takes a time or a day, and what to put there."""
    found: dict[Place, list[Any]] = {}
    for place, kind in _walked(document, schema, ()):
        values = {"date": DAYS, "date-time": TIMES, "local": LOCAL}[kind]
        known = found.setdefault(place, [])
        known += [value for value in values if value not in known]
    return found


def with_time(body: Any, place: Place, value: Any) -> Any:
    """The body with `value` there; what leads there is made if it is missing."""
    if not place:
        return value
    step, rest = place[0], place[1:]
    if isinstance(step, int):
        items = list(body or [None])
        items[step] = with_time(items[step], rest, value)
        return items
    return {**(body or {}), step: with_time((body or {}).get(step), rest, value)}


def _walked(
    document: dict[str, Any], schema: dict[str, Any], place: Place, depth: int = 0
) -> Iterator[tuple[Place, str]]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if depth > 8:
        return
    if schema.get("format") in ("date", "date-time"):
        yield place, schema["format"]
    elif schema.get("type") == "string" and place and _NAMED.search(str(place[-1])):
        yield place, "date-time"
    for kind in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(kind, ()):
            yield from _walked(document, one, place, depth + 1)
    members = schema.get("properties", {})
    if {"local", "time_zone"} <= set(members):
        yield place, "local"
        return
    for name, one in members.items():
        yield from _walked(document, one, (*place, name), depth + 1)
    if isinstance(schema.get("items"), dict):
        yield from _walked(document, schema["items"], (*place, 0), depth + 1)
