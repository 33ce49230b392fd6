"""Facts that feeds announces."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class _OfFeed(Event, frozen=True, kw_only=True):
    SUBJECT_KIND: ClassVar[str] = "feed"
    SUBJECT_FIELD: ClassVar[str] = "feed_id"

    feed_id: UUID
    run_id: UUID


class FeedApplied(_OfFeed, frozen=True, kw_only=True):
    """A file was pulled and imported without anybody's help."""

    TYPE: ClassVar[str] = "argosy.feeds.feed_applied.v1"

    plan_id: UUID


class FeedWaits(_OfFeed, frozen=True, kw_only=True):
    """A file was pulled, and something in it looks like a mistake: its plan waits for a person."""

    TYPE: ClassVar[str] = "argosy.feeds.feed_waits.v1"

    plan_id: UUID


class FeedFailed(_OfFeed, frozen=True, kw_only=True):
    """A file could not be pulled, read or imported; nothing changed. `failures` counts in a row."""

    TYPE: ClassVar[str] = "argosy.feeds.feed_failed.v1"

    reason: str
    failures: int
