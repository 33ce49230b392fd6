"""Wall-clock times of a zone as instants: gaps and overlaps of DST included (rule 13, N2)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from argosy.modules.quote.types import DayOfWeek, Window

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class UnknownZone(ValueError):
    """There is no such time zone."""


def zone_of(name: str) -> ZoneInfo:
    """Return the IANA zone. Raises UnknownZone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownZone(f"{name!r} is not a time zone") from None


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTC instant of a wall-clock time; one with an offset is an instant already.

    A time that occurs twice is its first occurrence; one in a gap is the end of the gap.
    """
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    early = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    late = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if late <= early:
        return late
    # In a gap fold 0 reads with the offset before it, fold 1 with the one after: the switch is
    # between the two instants.
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def bounds(window: Window) -> tuple[datetime | None, datetime | None]:
    """Return the window's half-open instants. Raises UnknownZone."""
    zone = zone_of(window.zone)
    return (
        None if window.start is None else instant_of(window.start, zone),
        None if window.stop is None else instant_of(window.stop, zone),
    )


def is_within(
    at: datetime, start: datetime | None, stop: datetime | None, honour: timedelta | None = None
) -> bool:
    """Say whether an instant lies in [start, stop), or up to `honour` after it."""
    if start is not None and at < start:
        return False
    if stop is None or at < stop:
        return True
    return honour is not None and at < stop + honour


def is_on(at: datetime, rule: DayOfWeek, zone: ZoneInfo) -> bool:
    """Say whether it is the rule's day and hour in its zone."""
    local = at.astimezone(zone)
    clock = local.time()
    start, stop = rule.start or time.min, rule.stop
    if stop is None:
        return clock >= start and _DAYS[local.weekday()] in rule.days
    if start < stop:
        return start <= clock < stop and _DAYS[local.weekday()] in rule.days
    if clock >= start:
        return _DAYS[local.weekday()] in rule.days
    return clock < stop and _DAYS[local.weekday() - 1] in rule.days
