"""The only file of imports that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.modules.imports import rules
from argosy.modules.imports.types import (
    Definition,
    Done,
    Issue,
    NewRow,
    Outlier,
    OutlierGroup,
    Plan,
    PlanState,
    Row,
    RowState,
    Windows,
    Work,
)
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def insert_plan(
    tx: Tx,
    plan_id: UUID,
    *,
    format_name: str,
    file_name: str,
    storage_key: str | None,
    options: dict[str, object],
    actor: str,
) -> None:
    """A plan that waits to be made."""
    await tx.run(
        SQL.insert_plan, plan_id, format_name, file_name, storage_key, options, actor, tx.now
    )


async def plan_by_id(tx: Tx, plan_id: UUID, *, lock: bool = False) -> Plan | None:
    """One plan."""
    row = await tx.maybe(SQL.lock_plan if lock else SQL.plan_by_id, plan_id)
    return None if row is None else _plan(row)


async def plan_page(tx: Tx, before: tuple[datetime, UUID] | None, limit: int) -> list[Plan]:
    """Plans, newest first."""
    at, plan_id = before or (None, None)
    return [_plan(row) for row in await tx.many(SQL.plan_page, at, plan_id, limit)]


def _plan(row: Record) -> Plan:
    return msgspec.convert(dict(row), Plan)


async def restart_plan(tx: Tx, plan_id: UUID) -> bool:
    """Begin to make a plan, or begin again; False when it is made already."""
    if await tx.maybe(SQL.restart_plan, plan_id) is None:
        return False
    await tx.run(SQL.clear_rows, plan_id)
    return True


async def add_rows(tx: Tx, plan_id: UUID, first: int, rows: Sequence[NewRow]) -> None:
    """Store decisions; the first has the number `first`."""
    listed = [
        {
            **msgspec.structs.asdict(row),
            "seq": first + number,
            "key": _storable(row.key),
            "state": "planned" if row.decision in {"create", "update"} else "none",
            "before_hash": None if row.before is None else rules.image_hash(row.before),
            "issues": _issues(row.issues),
        }
        for number, row in enumerate(rows)
    ]
    await tx.run(SQL.add_rows, plan_id, listed)


async def add_outliers(tx: Tx, plan_id: UUID, found: Sequence[tuple[int, Outlier]]) -> None:
    """Store outliers, each with its number within its name."""
    listed = [{**msgspec.structs.asdict(outlier), "seq": seq} for seq, outlier in found]
    await tx.run(SQL.add_outliers, plan_id, listed)


async def note_planned(
    tx: Tx, plan_id: UUID, *, total: int | None, read: int, kept: int, counts: Sequence[int]
) -> None:
    """How far planning is; `counts` are added: creates, updates, unchanged, rejects, warnings."""
    await tx.run(SQL.note_planned, plan_id, total, read, kept, *counts)


async def set_groups(tx: Tx, plan_id: UUID, groups: Sequence[OutlierGroup]) -> None:
    """The kinds of outliers of a plan; examples of others are dropped."""
    names = [g.name for g in groups]
    await tx.run(SQL.drop_outliers, plan_id, names)
    await tx.run(
        SQL.set_groups, plan_id, names, [g.count for g in groups], [g.total for g in groups]
    )


async def set_state(
    tx: Tx,
    plan_id: UUID,
    before: Sequence[PlanState],
    after: PlanState,
    *,
    message: str = "",
    overwrite: bool = False,
) -> bool:
    """Compare and set; False when it is in none of the states `before`."""
    row = await tx.maybe(
        SQL.set_state, plan_id, list(before), after, message[:2000], tx.now, overwrite
    )
    return row is not None


async def groups_of(tx: Tx, plan_id: UUID) -> list[OutlierGroup]:
    """The kinds of outliers of a plan, by name."""
    return [OutlierGroup(**row) for row in await tx.many(SQL.groups_of, plan_id)]


async def acknowledge(tx: Tx, plan_id: UUID, names: Sequence[str], actor: str) -> list[str]:
    """Mark kinds as right; those that were not before."""
    rows = await tx.many(SQL.acknowledge, plan_id, list(names), actor, tx.now)
    return [row["name"] for row in rows]


async def outlier_page(
    tx: Tx, plan_id: UUID, name: str, after: int, limit: int
) -> list[tuple[int, Outlier]]:
    """Outliers of one name with their numbers."""
    rows = await tx.many(SQL.outlier_page, plan_id, name, after, limit)
    return [(row["seq"], Outlier(**{k: v for k, v in row.items() if k != "seq"})) for row in rows]


async def row_page(
    tx: Tx, plan_id: UUID, after: int, *, decision: str | None, state: str | None, limit: int
) -> list[Row]:
    """Rows in the order of the file."""
    rows = await tx.many(SQL.row_page, plan_id, after, decision, state, limit)
    return [msgspec.convert(dict(row), Row) for row in rows]


async def next_work(tx: Tx, plan_id: UUID, limit: int, *, applied: bool) -> list[Work]:
    """The next rows to apply, or, from the last, to revert."""
    statement = SQL.next_applied if applied else SQL.next_planned
    rows = await tx.many(statement, plan_id, limit)
    return [msgspec.convert({**row, "stock": row["stock"] or ()}, Work) for row in rows]


async def claim(tx: Tx, plan_id: UUID, seqs: Sequence[int], state: RowState) -> set[int]:
    """Those of the rows that are in this state still; locked."""
    return {row["seq"] for row in await tx.many(SQL.claim, plan_id, list(seqs), state)}


async def has_rows(tx: Tx, plan_id: UUID, state: str) -> bool:
    """Whether the plan has rows in this state."""
    return bool((await tx.one(SQL.has_rows, plan_id, state))["there"])


async def note_done(tx: Tx, plan_id: UUID, done: Sequence[Done], counts: Sequence[int]) -> None:
    """What became of rows; `counts` are added: applied, same, conflicts, failed, reverted, kept."""
    listed = [
        {
            **msgspec.structs.asdict(one),
            "stock": one.stock or None,
            "issues": _issues(one.issues),
        }
        for one in done
    ]
    await tx.run(SQL.note_done, plan_id, listed)
    await tx.run(SQL.count_done, plan_id, *counts)


async def note_windows(tx: Tx, plan_id: UUID, windows: Windows, awaited_ms: int) -> None:
    """How an import stands to the shop windows; `awaited_ms` is added."""
    await tx.run(SQL.note_windows, plan_id, windows, awaited_ms)


async def note_definitions(tx: Tx, plan_id: UUID, found: Sequence[Definition]) -> None:
    """Remember attributes and categories as they were before the plan first changed them."""
    await tx.run(SQL.note_definitions, plan_id, found)


async def definitions_of(tx: Tx, plan_id: UUID) -> list[Definition]:
    """Attributes and categories that a revert has still to look at, the deepest first."""
    return [Definition(**row) for row in await tx.many(SQL.definitions_of, plan_id)]


async def set_definitions(tx: Tx, plan_id: UUID, states: Sequence[tuple[Definition, str]]) -> None:
    """What became of definitions: `reverted` or `kept`."""
    await tx.run(
        SQL.set_definitions,
        plan_id,
        [d.kind for d, _ in states],
        [d.code for d, _ in states],
        [state for _, state in states],
    )


async def seen_products(tx: Tx, plan_id: UUID, product_ids: Sequence[UUID]) -> set[UUID]:
    """Which of the products the file of the plan names."""
    rows = await tx.many(SQL.seen_products, plan_id, list(product_ids))
    return {row["product_id"] for row in rows}


async def old_plans(tx: Tx, before: datetime, limit: int) -> list[UUID]:
    """Plans made before the instant that nothing is at work on."""
    return [row["id"] for row in await tx.many(SQL.old_plans, before, limit)]


async def delete_some_rows(tx: Tx, plan_id: UUID, limit: int) -> int:
    """Delete at most `limit` rows of a plan; how many there were."""
    return await tx.run(SQL.delete_some_rows, plan_id, limit)


async def delete_plan(tx: Tx, plan_id: UUID) -> None:
    """Forget a plan with all that hangs on it."""
    await tx.run(SQL.delete_plan, plan_id)


async def named_media(
    tx: Tx, refs: Sequence[str], after: tuple[UUID, int], limit: int
) -> tuple[set[str], tuple[UUID, int] | None]:
    """Those of these storage keys that rows behind (plan id, number) hold, and the last row that
    was looked at.
    """
    row = await tx.one(SQL.named_media, list(refs), *after, limit)
    return set(row["refs"]), None if row["plan_id"] is None else (row["plan_id"], row["seq"])


async def named_in_definitions(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Those of these storage keys that attributes of plans hold (swatches)."""
    return {row["ref"] for row in await tx.many(SQL.named_in_definitions, list(refs))}


def _issues(issues: Sequence[Issue]) -> list[Issue]:
    return [
        msgspec.structs.replace(
            issue, column=_storable(issue.column), message=_storable(issue.message)
        )
        for issue in issues
    ]


def _storable(text: str) -> str:
    """What a refused record brought along may hold what no text column takes."""
    return text.replace("\x00", "\ufffd")[:2000]
