"""Feeds: when they are due, and which addresses may be asked."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest

from argosy.adapters.fetching import is_public
from argosy.modules import feeds
from argosy.modules.feeds import FeedAddressRefused, ScheduleInvalid
from argosy.modules.feeds.rules import next_try


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "wanted"),
    [
        ("0 5 * * *", "Europe/Berlin", "2026-01-10T03:00", "2026-01-10T04:00"),
        ("0 5 * * *", "Europe/Berlin", "2026-07-10T03:00", "2026-07-11T03:00"),
        ("0 5 * * *", "America/New_York", "2026-01-10T03:00", "2026-01-10T10:00"),
        ("30 6 * * 1-5", "UTC", "2026-11-20T07:00", "2026-11-23T06:30"),
        ("*/15 * * * *", "Asia/Kolkata", "2026-11-20T07:01", "2026-11-20T07:15"),
    ],
)
def test_N2_a_schedule_is_read_on_the_clocks_of_the_market(
    schedule: str, zone: str, after: str, wanted: str
) -> None:
    found = feeds.next_time(schedule, zone, datetime.fromisoformat(after).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(wanted).replace(tzinfo=UTC)


def test_the_next_time_lies_ahead_over_both_clock_changes() -> None:
    for begin in ("2026-03-28T20:00", "2026-10-24T20:00"):
        at = datetime.fromisoformat(begin).replace(tzinfo=UTC)
        for _ in range(60):
            later = feeds.next_time("30 2 * * *", "Europe/Berlin", at)
            assert at < later <= at + timedelta(hours=49)
            at += timedelta(minutes=30)


@pytest.mark.parametrize(
    "schedule", ["", "daily", "* * * *", "0 5 * * * *", "61 5 * * *", "0 0 30 2 *", "0 5 * * \x00"]
)
def test_what_is_no_schedule_is_refused(schedule: str) -> None:
    with pytest.raises(ScheduleInvalid):
        feeds.next_time(schedule, "UTC", datetime(2026, 1, 1, tzinfo=UTC))


def test_after_a_failure_it_is_tried_soon_and_then_by_the_schedule() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    far = now + timedelta(days=1)
    waits = [(next_try(far, now, n) - now) / timedelta(minutes=1) for n in (1, 2, 3, 4, 5)]
    assert waits == [5, 10, 20, 40, 1440]
    assert next_try(now + timedelta(minutes=1), now, 1) == now + timedelta(minutes=1)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "168.63.129.16",
     "100.64.0.1", "100.100.100.200", str(ipaddress.IPv4Address(0)),
     "224.0.0.1", "255.255.255.255", "::1", "::",
     "fe80::1", "fd00:ec2::254", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
     "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
)  # fmt: skip
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111",
                                     "64:ff9b::101:101"])  # fmt: skip
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    ["http://a.example/x", "ftp://a.example/x", "https://", "https:///x", "https://u:p@a.example/",
     "https://a.example:0/", "https://a.example:99999/", "file:///etc/passwd", "https://a b/",
     "https://a.example/\n", "https://[::1", "gopher://a.example"],
)  # fmt: skip
def test_addresses_are_https_and_hold_no_password(url: str) -> None:
    with pytest.raises(FeedAddressRefused):
        feeds.check_url(url, ["pim.internal"])


def test_plain_http_is_for_named_hosts_alone() -> None:
    feeds.check_url("https://a.example:8443/x?y=1", [])
    feeds.check_url("http://pim.internal/x", ["pim.internal"])
