"""When a feed is due, and what is wrong with what is asked of it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from croniter import CroniterError, croniter

from argosy.kernel.wall_clock import zone_named
from argosy.modules.feeds.errors import FeedAddressRefused, FeedInvalid, ScheduleInvalid
from argosy.modules.feeds.types import AuthKind, FeedOptions, FileFormat

GRACE: Final = timedelta(hours=1)
"""How long after its time a feed may come to a good end before it is late."""
MAX_URL: Final = 2000
_SOON: Final = timedelta(minutes=5)
_TRIES_BETWEEN: Final = 4
_NEED_A_LIST: Final = frozenset({"shopify", "magento", "icecat"})


def next_time(schedule: str, zone: str, after: datetime) -> datetime:
    """The first instant (UTC) after `after` that the schedule names on the clocks of the zone.

    A time that a clock change skips is passed over or moved as cron does. Raises ScheduleInvalid,
    ZoneUnknown.
    """
    local = after.astimezone(zone_named(zone, field="zone"))
    if len(schedule.split()) != 5 or not schedule.isascii():
        raise ScheduleInvalid("A schedule has five fields.", field="schedule")
    try:
        found = croniter(schedule, local).get_next(datetime)
    except (CroniterError, ValueError, KeyError, OverflowError) as error:
        raise ScheduleInvalid(
            f"{schedule[:60]!r} is no schedule: {str(error)[:120]}.", field="schedule"
        ) from error
    return datetime.fromtimestamp(found.timestamp(), UTC)


def next_try(scheduled: datetime, now: datetime, failures: int) -> datetime:
    """After a failure: in 5, 10, 20 and 40 minutes, and then by the schedule again."""
    if not 0 < failures <= _TRIES_BETWEEN:
        return scheduled
    return min(scheduled, now + _SOON * (1 << (failures - 1)))


def check_url(url: str, http_hosts: Collection[str]) -> None:
    """Raises FeedAddressRefused."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise FeedAddressRefused("It is no address.", field="url") from error
    plain = all(32 < ord(c) < 127 for c in url)
    if not (plain and host and len(url) <= MAX_URL) or port == 0:
        raise FeedAddressRefused("It is no address.", field="url")
    if parts.username is not None or parts.password is not None:
        raise FeedAddressRefused("The address holds a name or a password.", field="url")
    if parts.scheme == "http" and host in http_hosts:
        return
    if parts.scheme != "https":
        raise FeedAddressRefused("The address does not begin with https://.", field="url")


def check_together(
    *,
    format_name: FileFormat,
    mapping: str | None,
    options: FeedOptions,
    auth: AuthKind,
    auth_user: str,
    has_secret: bool,
) -> None:
    """Raises FeedInvalid."""
    if format_name == "mapped" and not mapping:
        raise FeedInvalid("A file of any shape needs a mapping.", field="mapping")
    if format_name in _NEED_A_LIST and not options.price_list:
        raise FeedInvalid("The file needs a price list for its prices.", field="options.price_list")
    if auth != "none" and not has_secret:
        raise FeedInvalid("To sign in, a secret is needed.", field="secret")
    if auth == "basic" and (not auth_user or ":" in auth_user):
        raise FeedInvalid("Basic sign-in needs a name without a colon.", field="auth_user")
