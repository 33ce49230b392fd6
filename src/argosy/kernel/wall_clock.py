"""Wall-clock times of a zone as instants, and what is odd about them (DOMAIN.md C2, N2, P17)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from argosy.kernel.errors import Invalid

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 9998
"""PostgreSQL's driver gives the very first and last instants back as infinities, which compare with
nothing; and no clock of a zone may be asked about times next to the ends of the calendar."""

Oddity = Literal["", "skipped", "repeated"]


class ZoneUnknown(Invalid):
    """There is no such time zone. Name one of the IANA database, like Europe/Berlin."""

    code = "time.zone_unknown"
    usual_cure = "Name a zone of the IANA database, like `Europe/Berlin`."


class TimeOutOfRange(Invalid):
    """A time or day that was given lies before the year 1900 or after 9998. Nothing was stored.

    To say "always" or "for ever", leave the time out.
    """

    code = "request.time_out_of_range"
    usual_cure = "Send a time in the years 1900 to 9998, or none."


class WallTime(NamedTuple):
    """An instant in UTC, and whether the clock change made its wall-clock time odd."""

    instant: datetime
    oddity: Oddity


def zone_named(name: str, *, field: str = "time_zone") -> ZoneInfo:
    """The zone. Raises ZoneUnknown."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ZoneUnknown(f"There is no time zone {name[:100]!r}.", field=field) from None


def instant_of(local: datetime, zone: ZoneInfo, *, later: bool = False) -> WallTime:
    """The instant at which clocks of the zone show a time (without an offset of its own).

    A time that a clock change skips is the first instant after the gap; one that it repeats is the
    first of the two, or the second if `later`. Raises OverflowError near the ends of the calendar.
    """
    early = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    late = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if early == late:
        return WallTime(early, "")
    if early < late:
        return WallTime(late if later else early, "repeated")
    # In a gap fold 0 reads with the offset before it and fold 1 with the one after: the change is
    # between the two, at a whole second.
    low, high = late, early
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle <= low:
            break
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return WallTime(high.replace(microsecond=0), "skipped")


def in_utc(at: datetime | None, field: str) -> datetime | None:
    """A time that somebody gave, in UTC, as which it counts without a zone.

    Every instant from outside comes in by here or by `day_given`. Raises TimeOutOfRange.
    """
    if at is None:
        return None
    try:
        found = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError as error:
        raise _out_of_range(field) from error
    check_year(found, field)
    return found


def day_given(day: date | None, field: str) -> date | None:
    """A day that somebody gave. Raises TimeOutOfRange."""
    if day is not None:
        check_year(day, field)
    return day


def check_year(given: date, field: str) -> None:
    """Raise TimeOutOfRange for a day, time or instant that nobody means."""
    if not is_meant(given):
        raise _out_of_range(field)


def is_meant(given: date) -> bool:
    """Whether a day, time or instant is in the years that can be stored and compared."""
    return FIRST_YEAR <= given.year <= LAST_YEAR


def _out_of_range(field: str) -> TimeOutOfRange:
    return TimeOutOfRange("This time is out of range.", field=field)
