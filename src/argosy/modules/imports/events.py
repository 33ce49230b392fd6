"""Facts that imports announces: ids and counts."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class _OfPlan(Event, frozen=True, kw_only=True):
    SUBJECT_KIND: ClassVar[str] = "import_plan"
    SUBJECT_FIELD: ClassVar[str] = "plan_id"

    plan_id: UUID


class PlanMade(_OfPlan, frozen=True, kw_only=True):
    """A file was read and decided about, and waits to be applied. `outliers` counts the kinds of
    outliers that must be acknowledged first.
    """

    TYPE: ClassVar[str] = "argosy.imports.plan_made.v1"

    creates: int
    updates: int
    unchanged: int
    rejects: int
    outliers: int


class PlanApplied(_OfPlan, frozen=True, kw_only=True):
    """An import was done as planned, but for rows whose product somebody else had changed."""

    TYPE: ClassVar[str] = "argosy.imports.plan_applied.v1"

    applied: int
    conflicts: int
    failed: int


class PlanReverted(_OfPlan, frozen=True, kw_only=True):
    """An import was taken back, but for products that somebody has changed since."""

    TYPE: ClassVar[str] = "argosy.imports.plan_reverted.v1"

    reverted: int
    kept: int


class PlanFailed(_OfPlan, frozen=True, kw_only=True):
    """A file could not be read to its end; nothing of it was applied."""

    TYPE: ClassVar[str] = "argosy.imports.plan_failed.v1"

    reason: str
