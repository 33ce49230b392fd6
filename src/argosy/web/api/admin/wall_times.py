"""Times in a body: an instant, or what the clocks of a zone show; and notices of odd ones."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from argosy.kernel.wall_clock import in_utc, instant_of, zone_named

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class LocalTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the clocks of a zone show. A time that a clock change skips is the first instant after
    it; one that it repeats is the first of the two, unless `repeated` says `later`.
    """

    local: Annotated[datetime, msgspec.Meta(tz=False, examples=["2026-11-27T00:00:00"])]
    time_zone: Annotated[str, msgspec.Meta(min_length=1, max_length=64, examples=["Europe/Berlin"])]
    repeated: Literal["earlier", "later"] = "earlier"


Time = Instant | LocalTime | None


class TimeNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A local time that a clock change makes odd, and the instant that it was taken for."""

    field: str
    code: Literal["time_skipped", "time_repeated"]
    message: str
    instant: datetime


class Times:
    """Reads the times of one body and collects the notices."""

    def __init__(self) -> None:
        self.notices: list[TimeNotice] = []

    def read(self, given: Time, field: str) -> datetime | None:
        """The instant in UTC. Raises ZoneUnknown, TimeOutOfRange."""
        if not isinstance(given, LocalTime):
            return in_utc(given, field)
        zone = zone_named(given.time_zone, field=f"{field}.time_zone")
        in_utc(given.local, field)
        found = instant_of(given.local, zone, later=given.repeated == "later")
        shown = given.local.isoformat(sep=" ")
        if found.oddity == "skipped":
            self.notices.append(
                TimeNotice(
                    field=field,
                    code="time_skipped",
                    message=f"Clocks of {given.time_zone} skip {shown}: the first instant after"
                    " the change was taken.",
                    instant=found.instant,
                )
            )
        elif found.oddity == "repeated":
            self.notices.append(
                TimeNotice(
                    field=field,
                    code="time_repeated",
                    message=f"Clocks of {given.time_zone} show {shown} twice: the {given.repeated}"
                    " of the two was taken.",
                    instant=found.instant,
                )
            )
        return found.instant
