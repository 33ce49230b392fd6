"""When a purchase leaves and arrives: cut-off, handling, public holidays, transit."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays as calendars

from argosy.modules.shipping.types import DeliveryPromise, Promise

_LOOK_AHEAD: Final = 400
"""Days after which a promise is given up: a year in which nothing is shipped is no promise."""


def promise_at(
    promise: Promise, at: datetime, country: str, region: str = ""
) -> DeliveryPromise | None:
    """Return when goods ordered at that instant (UTC) leave and arrive at the place.

    The cut-off is wall time: one that the clock skips is as long after midnight as on other days,
    and of one that comes twice the first counts (PEP 495, fold 0). None if nothing leaves, or
    arrives, within a year.
    """
    zone = ZoneInfo(promise.time_zone)
    cut_off = time.fromisoformat(promise.cut_off)
    today = at.astimezone(zone).date()
    accepted = _first(today, lambda day: _ships(promise, day) and at < _instant(day, cut_off, zone))
    if accepted is None:
        return None
    ships_on = _after(accepted, promise.handling_days, lambda day: _ships(promise, day))
    if ships_on is None:
        return None
    place = f"{country}-{region}" if region else country
    delivers = lambda day: _delivers(promise, place, day)  # noqa: E731 - said once, used twice
    earliest = _arrival(ships_on, promise.transit_min_days, delivers)
    latest = _arrival(ships_on, promise.transit_max_days, delivers)
    if earliest is None or latest is None:
        return None
    return DeliveryPromise(
        order_before=_instant(accepted, cut_off, zone),
        ships_on=ships_on,
        earliest=earliest,
        latest=latest,
    )


def is_holiday(calendar: str, day: date) -> bool:
    """Say whether it is a public holiday of "DE" or "DE-BY"; a calendar nobody keeps has none."""
    return day in _holidays(calendar, day.year)


def keeps_calendar(calendar: str) -> bool:
    """Say whether the public holidays of the country, or of its subdivision, are known."""
    country, _, subdivision = calendar.partition("-")
    known = calendars.list_supported_countries(include_aliases=True)
    return country in known and (not subdivision or subdivision in known[country])


@lru_cache(maxsize=2_000)
def _holidays(calendar: str, year: int) -> frozenset[date]:
    country, _, subdivision = calendar.partition("-")
    if not keeps_calendar(country):
        return frozenset()
    if not keeps_calendar(calendar):
        subdivision = ""
    found = calendars.country_holidays(country, subdiv=subdivision or None, years=year)
    return frozenset(found)


def _ships(promise: Promise, day: date) -> bool:
    return (
        day.isoweekday() in promise.ship_days
        and day not in promise.closed
        and not (promise.holidays and is_holiday(promise.holidays, day))
    )


def _delivers(promise: Promise, place: str, day: date) -> bool:
    return day.isoweekday() in promise.delivery_days and not is_holiday(place, day)


def _arrival(ships_on: date, transit_days: int, delivers: Callable[[date], bool]) -> date | None:
    if transit_days == 0:
        return _first(ships_on, delivers)
    return _after(ships_on, transit_days, delivers)


def _first(day: date, fits: Callable[[date], bool]) -> date | None:
    """The first day from this one on that fits."""
    for ahead in range(_LOOK_AHEAD):
        if fits(candidate := day + timedelta(days=ahead)):
            return candidate
    return None


def _after(day: date, count: int, fits: Callable[[date], bool]) -> date | None:
    """The count-th day after this one that fits; the day itself for none."""
    found: date | None = day
    for _ in range(count):
        found = _first(day + timedelta(days=1), fits)
        if found is None:
            return None
        day = found
    return found


def _instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)
