"""Files of variants, what paid lines may download of them, and what they did."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec

MAX_FILES: Final = 50
MAX_VERSIONS: Final = 100
MAX_TITLE: Final = 200
MAX_NAME: Final = 200
MOST_DOWNLOADS: Final = 10_000
MOST_DAYS: Final = 36_500
WITHDRAWAL: Final = timedelta(days=15)
"""Fourteen days, and the rest of the day of the purchase, in whichever time zone."""

DeliverWhen = Literal["captured", "authorised"]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How a variant is delivered as files. `deliver_when`: its order is paid, or the money is held.
    `asks_consent`: the buyer is to agree before files are given within the time of withdrawal.
    `most_downloads` is of each unit and counts all its files; None: without limit, as `days`.
    """

    variant_id: UUID
    deliver_when: DeliverWhen = "captured"
    asks_consent: bool = True
    most_downloads: int | None = 5
    days: int | None = 365
    version: int = 1


class NewVersion(NamedTuple):
    """A file that lies in the storage already, on its way in."""

    storage_key: str
    file_name: str
    byte_size: int
    sha256: bytes


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is, or was; `n` counts from 1. Nobody gets what was withdrawn."""

    file_id: UUID
    n: int
    storage_key: str
    file_name: str
    byte_size: int
    sha256: bytes
    added_at: datetime
    withdrawn_at: datetime | None = None


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a variant with its versions, the oldest first. Once retired it is for those who
    bought it before.
    """

    id: UUID
    variant_id: UUID
    title: str
    added_at: datetime
    retired_at: datetime | None = None
    versions: tuple[Version, ...] = ()

    @property
    def newest(self) -> Version | None:
        """What buyers get; None: every version was withdrawn."""
        return next((one for one in reversed(self.versions) if one.withdrawn_at is None), None)


class OwedLine(NamedTuple):
    """A paid line of a variant with a policy; `most_downloads` is of all its units."""

    line_id: UUID
    order_id: UUID
    variant_id: UUID
    asks_consent: bool
    most_downloads: int | None
    days: int | None


class Entitlement(msgspec.Struct, frozen=True, kw_only=True):
    """What a line may download, on the terms of its purchase."""

    line_id: UUID
    order_id: UUID
    variant_id: UUID
    asks_consent: bool
    most_downloads: int | None
    days: int | None
    since: datetime
    used: int = 0
    extended_until: datetime | None = None
    ended_at: datetime | None = None

    @property
    def left(self) -> int | None:
        """How many downloads are left; None: any number."""
        return None if self.most_downloads is None else self.most_downloads - self.used


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """A download that was counted. Its link is good until `expires_at`."""

    id: UUID
    line_id: UUID
    order_id: UUID
    file_id: UUID
    n: int
    begun_at: datetime
    expires_at: datetime
