"""What an import plan is made of. Records and images are in the shape of the product format
(docs/reference/product-jsonl.md); instants are UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

Decision = Literal["create", "update", "unchanged", "reject", "note"]
RowState = Literal["none", "planned", "applied", "same", "conflict", "failed", "reverted", "kept"]
PlanState = Literal[
    "queued", "planning", "planned", "applying", "applied", "reverting", "reverted", "failed",
    "discarded",
]  # fmt: skip
Windows = Literal["current", "awaited", "behind"]
RecordKind = Literal["product", "attribute", "category", "other"]
DefinitionKind = Literal["attribute", "category"]
Image = dict[str, Any]


class Change(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One difference between two images: a path such as `variants[MUG-1].prices.usd`."""

    path: str
    before: Any
    after: Any


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a record: where it stands in the file, and why."""

    row: int
    column: str
    severity: Literal["error", "warning"]
    code: str
    message: str


class Outlier(msgspec.Struct, frozen=True, kw_only=True):
    """A change that looks like a mistake. `name` is the group that is acknowledged as one."""

    name: str
    line: int
    key: str
    path: str
    before: Any
    after: Any


class OutlierGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Outliers of one kind: `count` of `total` that there could be."""

    name: str
    count: int
    total: int
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None


class Normalised(msgspec.Struct, frozen=True, kw_only=True):
    """A value of the record that stood otherwise in the file. `settled`: `value` was put in the
    place of `raw`; otherwise `raw` stays, and a person is asked. `confidence` 1 is certain.
    """

    path: str
    kind: str
    raw: str
    value: str
    rule: str
    confidence: float
    settled: bool


class NewRow(msgspec.Struct, kw_only=True):
    """A decision about one record of the file. `record` is what applying it will take."""

    line: int
    key: str
    kind: RecordKind
    decision: Decision
    product_id: UUID | None = None
    record: Image | None = None
    row_hash: str | None = None
    before: Image | None = None
    changes: Sequence[Change] = ()
    issues: Sequence[Issue] = ()
    normalised: Sequence[Normalised] = ()


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as it is shown: without the record and the images."""

    seq: int
    line: int
    key: str
    kind: RecordKind
    decision: Decision
    state: RowState
    product_id: UUID | None
    row_hash: str | None
    changes: tuple[Change, ...]
    issues: tuple[Issue, ...]
    normalised: tuple[Normalised, ...]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A row to be applied or reverted, locked by the transaction that read it."""

    seq: int
    line: int
    key: str
    kind: RecordKind
    decision: Decision
    product_id: UUID | None
    record: Image | None
    row_hash: str | None
    before: Image | None
    before_hash: str | None
    after_hash: str | None
    stock: tuple[tuple[UUID, UUID, int | None, int], ...]
    normalised: tuple[Normalised, ...]


class Done(msgspec.Struct, kw_only=True):
    """What became of a row that was worked on. UNSET-like None keeps what is stored."""

    seq: int
    state: RowState
    product_id: UUID | None = None
    before: Image | None = None
    after_hash: str | None = None
    stock: Sequence[tuple[UUID, UUID, int | None, int]] = ()
    issues: Sequence[Issue] = ()


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """An attribute or a category that an import made (`before` is None) or changed."""

    kind: DefinitionKind
    code: str
    before: Image | None
    after: Image


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """An import that is decided before it is done: its state and counts. Its rows and outliers are
    read page by page.

    `creates` to `rejects` count what is decided, `applied` to `failed` what applying did,
    `reverted` and `kept` what taking it back did. While it is applied or taken back, `windows` says
    whether it waits for the shop windows (`awaited`) or no longer does, because they stay behind
    (`behind`); it has waited `awaited_ms` milliseconds in all.
    """

    id: UUID
    format: str
    file_name: str
    storage_key: str | None
    options: dict[str, object]
    actor: str
    state: PlanState
    rows_total: int | None
    rows_read: int
    rows_kept: int
    creates: int
    updates: int
    unchanged: int
    rejects: int
    warnings: int
    applied: int
    same: int
    conflicts: int
    failed: int
    reverted: int
    kept: int
    overwrite: bool
    message: str
    windows: Windows
    awaited_ms: int
    created_at: datetime
    planned_at: datetime | None
    applied_at: datetime | None
    reverted_at: datetime | None
