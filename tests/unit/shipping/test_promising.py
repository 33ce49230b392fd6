"""When a purchase arrives: cut-off, holidays, transit. 2026-12-18 is a Friday."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from argosy.modules.shipping import Promise, promise_at

BERLIN = Promise(
    cut_off="14:00",
    time_zone="Europe/Berlin",
    transit_min_days=1,
    transit_max_days=2,
    holidays="DE-BY",
)


def promised(
    at: datetime, promise: Promise = BERLIN, country: str = "DE", region: str = ""
) -> list[str]:
    found = promise_at(promise, at, country, region)
    assert found is not None
    return [
        f"{found.order_before:%m-%d %H:%M}",
        f"{found.ships_on:%m-%d}",
        f"{found.earliest:%m-%d}",
        f"{found.latest:%m-%d}",
    ]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        # Friday 13:59 and 14:00 in Berlin (UTC+1): today, or Monday.
        (datetime(2026, 12, 18, 12, 59, tzinfo=UTC), ["12-18 13:00", "12-18", "12-21", "12-22"]),
        (datetime(2026, 12, 18, 13, 0, tzinfo=UTC), ["12-21 13:00", "12-21", "12-22", "12-23"]),
        # Christmas: the 25th is a Friday and a holiday, the 26th a Saturday.
        (datetime(2026, 12, 24, 9, 0, tzinfo=UTC), ["12-24 13:00", "12-24", "12-28", "12-29"]),
        (datetime(2026, 12, 24, 15, 0, tzinfo=UTC), ["12-28 13:00", "12-28", "12-29", "12-30"]),
        # In summer the cut-off is an hour earlier in UTC.
        (datetime(2026, 7, 1, 12, 0, tzinfo=UTC), ["07-02 12:00", "07-02", "07-03", "07-06"]),
    ],
)
def test_the_cut_off_is_wall_time_and_holidays_do_not_count(
    at: datetime, expected: list[str]
) -> None:
    assert promised(at) == expected


def test_handling_takes_ship_days() -> None:
    slow = msgspec.structs.replace(BERLIN, handling_days=2)
    at = datetime(2026, 12, 17, 9, 0, tzinfo=UTC)
    assert promised(at, slow) == ["12-17 13:00", "12-21", "12-22", "12-23"]


def test_holidays_of_the_destination_hold_the_delivery_up() -> None:
    # 6 January 2027, Epiphany, is a holiday in Austria and Bavaria, not in Berlin.
    at = datetime(2027, 1, 5, 9, 0, tzinfo=UTC)
    from_berlin = msgspec.structs.replace(BERLIN, holidays="DE-BE", transit_max_days=1)
    assert promised(at, from_berlin, "DE", "BE")[2] == "01-06"
    assert promised(at, from_berlin, "DE", "BY")[2] == "01-07"
    assert promised(at, from_berlin, "AT")[2] == "01-07"


def test_days_on_which_the_shop_is_closed_do_not_count() -> None:
    closed = msgspec.structs.replace(BERLIN, closed=(date(2026, 12, 21), date(2026, 12, 22)))
    assert promised(datetime(2026, 12, 19, 9, 0, tzinfo=UTC), closed)[1] == "12-23"


def test_a_place_whose_holidays_nobody_keeps_has_none() -> None:
    at = datetime(2026, 12, 24, 9, 0, tzinfo=UTC)
    assert promised(at, country="XX")[2] == "12-25"


def test_nothing_is_promised_where_nothing_ever_leaves() -> None:
    year = tuple(date.fromordinal(date(2026, 12, 1).toordinal() + n) for n in range(500))
    never = msgspec.structs.replace(BERLIN, closed=year)
    assert promise_at(never, datetime(2026, 12, 18, 9, 0, tzinfo=UTC), "DE") is None


def test_same_day_delivery_arrives_on_the_day_it_leaves() -> None:
    courier = msgspec.structs.replace(BERLIN, transit_min_days=0, transit_max_days=0)
    at = datetime(2026, 12, 18, 9, 0, tzinfo=UTC)
    assert promised(at, courier) == ["12-18 13:00", "12-18", "12-18", "12-18"]
