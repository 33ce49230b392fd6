"""A feed, its pulls, and what fetching one answers. Instants are UTC."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

FeedState = Literal["active", "paused"]
RunState = Literal["queued", "running", "unchanged", "waiting", "applied", "failed"]
AuthKind = Literal["none", "basic", "bearer"]
FileFormat = Literal["jsonl", "shopify", "magento", "saleor", "spree", "icecat", "mapped"]

Code = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,62}$")]
Percent = Annotated[int, Meta(ge=0, le=1_000_000)]


class FeedOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the file is imported: as `POST /admin/v1/import-plans` says."""

    price_list: Code | None = None
    location: Code | None = None
    channels: Annotated[tuple[Code, ...], Meta(max_length=100)] = ()
    decimal_separator: Literal["auto", ".", ","] = "auto"
    skip_unknown: bool = False
    normalise: bool = False
    absent: Literal["keep", "archive"] = "keep"
    price_percent: Percent = 50
    loss_percent: Percent = 10
    reject_percent: Percent = 10


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A file at an address that is pulled by a schedule: `schedule` is five fields of cron, read on
    the clocks of `zone`.

    `etag`, `modified` and `sha256` are those of the last file that came to a good end. `failures`
    counts pulls since the last good one; `late_after` is when somebody should look.
    """

    id: UUID
    code: str
    name: str
    url: str
    format: FileFormat
    mapping: str | None
    options: FeedOptions
    schedule: str
    zone: str
    state: FeedState
    auth: AuthKind
    auth_user: str
    etag: str | None
    modified: str | None
    sha256: str | None
    next_at: datetime
    last_good_at: datetime | None
    late_after: datetime
    failures: int
    version: int
    author: str
    created_at: datetime
    updated_at: datetime


class FeedFields(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a feed; what is UNSET stays. `secret` None takes it away."""

    name: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    format: FileFormat | UnsetType = UNSET
    mapping: str | UnsetType | None = UNSET
    options: FeedOptions | UnsetType = UNSET
    schedule: str | UnsetType = UNSET
    zone: str | UnsetType = UNSET
    auth: AuthKind | UnsetType = UNSET
    auth_user: str | UnsetType = UNSET


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One pull. `waiting`: its plan waits for a person. `asked_by` is empty for the schedule."""

    id: UUID
    feed_id: UUID
    state: RunState
    asked_by: str
    fresh: bool
    plan_id: UUID | None
    byte_size: int | None
    code: str
    message: str
    started_at: datetime
    ended_at: datetime | None


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How many active feeds failed the last time, and how many are late."""

    failing: int
    late: int


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What to fetch. `secret` is in clear text, and goes to the host of `url` alone."""

    url: str
    auth: AuthKind = "none"
    auth_user: str = ""
    secret: str = ""
    etag: str | None = None
    modified: str | None = None


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """The file, which whoever asked moves or removes. `modified` is its Last-Modified as sent."""

    path: Path
    byte_size: int
    sha256: str
    etag: str | None
    modified: str | None


class NotModified(msgspec.Struct, frozen=True, kw_only=True):
    """The server says that it is the file that we know."""


class NotFetched(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no file: a constant word, and a sentence for people without secrets."""

    code: str
    message: str


FetchOutcome = Fetched | NotModified | NotFetched
