"""Wall-clock times as instants: DOMAIN.md C2, C8, P17."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.wall_clock import ZoneUnknown, instant_of, zone_named

BERLIN = zone_named("Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "local", "later", "instant", "oddity"),
    [
        ("Europe/Berlin", "2026-07-01T00:00", False, "2026-06-30T22:00", ""),
        ("Europe/Berlin", "2026-03-29T02:30", False, "2026-03-29T01:00", "skipped"),
        ("Europe/Berlin", "2026-03-29T02:30", True, "2026-03-29T01:00", "skipped"),
        ("Europe/Berlin", "2026-10-25T02:30", False, "2026-10-25T00:30", "repeated"),
        ("Europe/Berlin", "2026-10-25T02:30", True, "2026-10-25T01:30", "repeated"),
        # Midnight itself is skipped there.
        ("America/Havana", "2026-03-08T00:00", False, "2026-03-08T05:00", "skipped"),
        # Half an hour only.
        ("Australia/Lord_Howe", "2026-10-04T02:15", False, "2026-10-03T15:30", "skipped"),
        # A whole day was left out.
        ("Pacific/Apia", "2011-12-30T12:00", False, "2011-12-30T10:00", "skipped"),
    ],
)
def test_P17_gaps_and_overlaps(
    zone: str, local: str, later: bool, instant: str, oddity: str
) -> None:
    found = instant_of(datetime.fromisoformat(local), zone_named(zone), later=later)
    assert found == (utc(instant), oddity)


def test_C8_midnight_is_another_instant_in_each_zone() -> None:
    midnight = datetime.fromisoformat("2026-11-27")
    zones = ("Europe/Berlin", "Europe/London", "America/New_York")
    hours = [instant_of(midnight, zone_named(zone)).instant for zone in zones]
    assert hours == sorted(set(hours))


FIRST, LAST = datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2037-01-01")


@given(st.datetimes(FIRST, LAST), st.booleans())
def test_what_is_not_odd_reads_back_as_it_was_written(local: datetime, later: bool) -> None:
    found = instant_of(local, BERLIN, later=later)
    shown = found.instant.astimezone(BERLIN).replace(tzinfo=None, fold=0)
    assert (shown == local) is (found.oddity != "skipped")
    assert shown >= local


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "x" * 5000, "a\0b"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(ZoneUnknown):
        zone_named(name)
