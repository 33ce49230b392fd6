"""Facts that change sets announce: ids and counts. What they change is announced by its owners."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class _OfSet(Event, frozen=True, kw_only=True):
    SUBJECT_KIND: ClassVar[str] = "change_set"
    SUBJECT_FIELD: ClassVar[str] = "change_set_id"

    change_set_id: UUID


class ChangeSetScheduled(_OfSet, frozen=True, kw_only=True):
    """A change set will be published at that instant."""

    TYPE: ClassVar[str] = "argosy.changesets.change_set_scheduled.v1"

    scheduled_for: datetime
    edits: int


class ChangeSetPublished(_OfSet, frozen=True, kw_only=True):
    """All edits of a set took effect together."""

    TYPE: ClassVar[str] = "argosy.changesets.change_set_published.v1"

    edits: int


class ChangeSetBlocked(_OfSet, frozen=True, kw_only=True):
    """The time of a scheduled set came, and it could not be published: nothing of it took effect,
    and it is a draft again.
    """

    TYPE: ClassVar[str] = "argosy.changesets.change_set_blocked.v1"

    reason: str


class ChangeSetRolledBack(_OfSet, frozen=True, kw_only=True):
    """Everything that a set had changed was put back; `kept` things have a field that somebody had
    changed since and that was left so.
    """

    TYPE: ClassVar[str] = "argosy.changesets.change_set_rolled_back.v1"

    edits: int
    kept: int


class ChangeSetCancelled(_OfSet, frozen=True, kw_only=True):
    """A change set will never be published."""

    TYPE: ClassVar[str] = "argosy.changesets.change_set_cancelled.v1"
