"""Times that people give: the ends of the calendar are refused before anything stores them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from argosy.kernel.wall_clock import TimeOutOfRange, day_given, in_utc

EAST, WEST = (timezone(timedelta(hours=hours)) for hours in (14, -12))


@pytest.mark.parametrize(
    "given",
    [
        datetime(1, 1, 1),  # noqa: DTZ001 - without a zone, as market times are
        datetime.min.replace(tzinfo=EAST),
        datetime.max.replace(tzinfo=WEST),
        datetime.max.replace(tzinfo=UTC),
        datetime(1900, 1, 1, 13, tzinfo=EAST),
        datetime(9999, 1, 1, tzinfo=UTC),
    ],
)
def test_times_at_the_ends_of_the_calendar_are_refused_by_name(given: datetime) -> None:
    with pytest.raises(TimeOutOfRange) as refused:
        in_utc(given, "prices.3.valid_from")
    assert refused.value.field == "prices.3.valid_from"
    assert "1900 to 9998" in str(refused.value.cure)


def test_other_times_are_taken_in_utc() -> None:
    assert in_utc(None, "at") is None
    local = datetime(1900, 1, 1)  # noqa: DTZ001 - as above
    assert in_utc(local, "at") == datetime(1900, 1, 1, tzinfo=UTC)
    noon = datetime(2026, 11, 22, 12, tzinfo=EAST)
    assert (in_utc(noon, "at"), noon.utcoffset()) == (noon, timedelta(hours=14))
    assert in_utc(datetime(9998, 12, 31, 23, 59, tzinfo=UTC), "at") is not None


def test_days_likewise() -> None:
    assert day_given(None, "day") is None
    assert day_given(date(1900, 1, 1), "day") == date(1900, 1, 1)
    for day in (date.min, date.max, date(1899, 12, 31)):
        with pytest.raises(TimeOutOfRange):
            day_given(day, "day")
