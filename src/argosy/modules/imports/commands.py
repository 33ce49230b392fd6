"""Make, apply and take back import plans: their record. What a record of a product means is not
known here; that is in workflows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.imports import store
from argosy.modules.imports.errors import (
    OutliersUnacknowledged,
    OutlierUnknown,
    PlanNotFound,
    PlanStateWrong,
)
from argosy.modules.imports.events import PlanApplied, PlanFailed, PlanMade, PlanReverted
from argosy.modules.imports.types import (
    Definition,
    Done,
    NewRow,
    Outlier,
    OutlierGroup,
    Plan,
    PlanState,
    RowState,
    Windows,
    Work,
)
from argosy.runtime.db import Tx

_COUNTED: tuple[RowState, ...] = ("applied", "same", "conflict", "failed", "reverted", "kept")
_DELETED_AT_ONCE = 5_000


async def request_plan(
    tx: Tx,
    *,
    format_name: str,
    file_name: str,
    storage_key: str | None,
    options: dict[str, object],
    actor: str,
) -> UUID:
    """Record a plan that is to be made."""
    plan_id = new_id()
    await store.insert_plan(
        tx,
        plan_id,
        format_name=format_name,
        file_name=file_name,
        storage_key=storage_key,
        options=options,
        actor=actor,
    )
    return plan_id


async def start_planning(tx: Tx, plan_id: UUID) -> bool:
    """Begin, or begin again what was interrupted, from the first row; False if it is made."""
    return await store.restart_plan(tx, plan_id)


async def add_decisions(
    tx: Tx,
    plan_id: UUID,
    *,
    first: int,
    rows: Sequence[NewRow],
    outliers: Sequence[tuple[int, Outlier]],
    rows_total: int | None,
    rows_read: int,
) -> None:
    """Add decisions, numbered from `first`, and what in them looks like a mistake, each with its
    number within its name.
    """
    if rows:
        await store.add_rows(tx, plan_id, first, rows)
    if outliers:
        await store.add_outliers(tx, plan_id, outliers)
    made = Counter(row.decision for row in rows)
    warnings = sum(issue.severity == "warning" for row in rows for issue in row.issues)
    counts = (made["create"], made["update"], made["unchanged"], made["reject"], warnings)
    await store.note_planned(
        tx, plan_id, total=rows_total, read=rows_read, kept=first + len(rows), counts=counts
    )


async def finish_planning(tx: Tx, plan_id: UUID, groups: Sequence[OutlierGroup]) -> Plan:
    """The plan is made; `groups` block it until they are acknowledged."""
    await store.set_groups(tx, plan_id, groups)
    plan = await _moved(tx, plan_id, ("planning",), "planned")
    tx.emit(
        PlanMade(
            plan_id=plan_id,
            creates=plan.creates,
            updates=plan.updates,
            unchanged=plan.unchanged,
            rejects=plan.rejects,
            outliers=len(groups),
        )
    )
    return plan


async def fail_plan(tx: Tx, plan_id: UUID, reason: str) -> None:
    """The file could not be read; a no-op when the plan is beyond planning."""
    if await store.set_state(tx, plan_id, ("queued", "planning"), "failed", message=reason):
        tx.emit(PlanFailed(plan_id=plan_id, reason=reason[:500]))


async def acknowledge(tx: Tx, plan_id: UUID, names: Sequence[str], *, actor: str) -> list[str]:
    """Say that these kinds of outliers are right; the names that were not acknowledged before.

    Raises PlanNotFound, PlanStateWrong, OutlierUnknown (nothing is acknowledged then).
    """
    plan = await _locked(tx, plan_id)
    if plan.state != "planned":
        raise PlanStateWrong(f"The plan is {plan.state}: there is nothing to acknowledge.")
    known = {group.name for group in await store.groups_of(tx, plan_id)}
    for name in names:
        if name not in known:
            raise OutlierUnknown(f"The plan has no outliers {name!r}.", field="names")
    return await store.acknowledge(tx, plan_id, names, actor)


async def begin_apply(tx: Tx, plan_id: UUID, *, overwrite: bool = False) -> Plan:
    """Take a finished plan, or an interrupted one, to be applied.

    `overwrite`: products that were changed since the plan was made are written all the same.
    Raises PlanNotFound, PlanStateWrong, OutliersUnacknowledged.
    """
    plan = await _locked(tx, plan_id)
    open_groups = [g for g in await store.groups_of(tx, plan_id) if g.acknowledged_at is None]
    if open_groups and plan.state == "planned":
        names = [group.name for group in open_groups]
        raise OutliersUnacknowledged(
            f"The plan has outliers: {', '.join(names)}.",
            field="acknowledge",
            outliers={group.name: group.count for group in open_groups},
        )
    return await _moved(tx, plan_id, ("planned", "applying"), "applying", overwrite=overwrite)


async def claim_planned(tx: Tx, plan_id: UUID, work: Sequence[Work]) -> list[Work]:
    """Those of `planned_work` that are to be written still, locked until the transaction ends.

    What is planned never changes until it is done, so that nothing has to be read again.
    """
    held = await store.claim(tx, plan_id, [w.seq for w in work], "planned")
    return [w for w in work if w.seq in held]


async def note_done(tx: Tx, plan_id: UUID, done: Sequence[Done]) -> None:
    """What became of claimed rows."""
    counts = Counter(d.state for d in done)
    await store.note_done(tx, plan_id, done, [counts[state] for state in _COUNTED])


async def note_windows(tx: Tx, plan_id: UUID, windows: Windows, awaited_ms: int) -> None:
    """Say how the import stands to the shop windows, and that it has waited so much longer."""
    await store.note_windows(tx, plan_id, windows, awaited_ms)


async def note_definitions(tx: Tx, plan_id: UUID, found: Sequence[Definition]) -> None:
    """Remember the attributes and categories that were changed; the first `before` stays."""
    if found:
        await store.note_definitions(tx, plan_id, found)


async def finish_apply(tx: Tx, plan_id: UUID) -> Plan | None:
    """The plan, when everything is done; None while rows are left (another is at work on them).

    A no-op when another has finished it already.
    """
    if await store.has_rows(tx, plan_id, "planned"):
        return None
    if await store.set_state(tx, plan_id, ("applying",), "applied"):
        plan = await _locked(tx, plan_id)
        tx.emit(
            PlanApplied(
                plan_id=plan_id,
                applied=plan.applied,
                conflicts=plan.conflicts,
                failed=plan.failed,
            )
        )
    return await _locked(tx, plan_id)


async def begin_revert(tx: Tx, plan_id: UUID, *, overwrite: bool = False) -> Plan:
    """Take an applied plan (or one that was interrupted while applied or reverted) to be undone.

    `overwrite`: products that were changed since are put back all the same.
    Raises PlanNotFound, PlanStateWrong.
    """
    return await _moved(
        tx, plan_id, ("applying", "applied", "reverting"), "reverting", overwrite=overwrite
    )


async def claim_applied(tx: Tx, plan_id: UUID, work: Sequence[Work]) -> list[Work]:
    """Those of `applied_work` that were not taken back, locked until the transaction ends."""
    held = await store.claim(tx, plan_id, [w.seq for w in work], "applied")
    return [w for w in work if w.seq in held]


async def settle_definitions(
    tx: Tx, plan_id: UUID, states: Sequence[tuple[Definition, str]]
) -> None:
    """What became of attributes and categories: `reverted` or `kept`."""
    if states:
        await store.set_definitions(tx, plan_id, states)


async def finish_revert(tx: Tx, plan_id: UUID) -> Plan:
    """Everything that could be is taken back; a no-op when another has said so already."""
    if await store.set_state(tx, plan_id, ("reverting",), "reverted"):
        plan = await _locked(tx, plan_id)
        tx.emit(PlanReverted(plan_id=plan_id, reverted=plan.reverted, kept=plan.kept))
    return await _locked(tx, plan_id)


async def discard_plan(tx: Tx, plan_id: UUID) -> Plan:
    """Never apply this plan. Raises PlanNotFound, PlanStateWrong once it is being applied."""
    return await _moved(tx, plan_id, ("planned", "failed", "discarded"), "discarded")


async def forget_some(tx: Tx, before: datetime) -> int:
    """Delete a part of the oldest plan that was made before the instant; how much was deleted."""
    for plan_id in await store.old_plans(tx, before, 1):
        deleted = await store.delete_some_rows(tx, plan_id, _DELETED_AT_ONCE)
        if not deleted:
            await store.delete_plan(tx, plan_id)
        return deleted or 1
    return 0


async def _locked(tx: Tx, plan_id: UUID) -> Plan:
    plan = await store.plan_by_id(tx, plan_id, lock=True)
    if plan is None:
        raise PlanNotFound("There is no such import plan.")
    return plan


async def _moved(
    tx: Tx,
    plan_id: UUID,
    before: Sequence[PlanState],
    after: PlanState,
    *,
    overwrite: bool = False,
) -> Plan:
    if not await store.set_state(tx, plan_id, before, after, overwrite=overwrite):
        plan = await _locked(tx, plan_id)
        raise PlanStateWrong(f"The plan is {plan.state}, not {' or '.join(before)}.")
    return await _locked(tx, plan_id)
