"""Apply an import plan, row by row as it was decided.

A batch is one transaction that also marks its rows: killed anywhere, it goes on where it was. A
product that somebody has changed since the plan was made is not overwritten but reported, unless
the caller says otherwise. What each product was like is kept with its row, for a revert.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET

from argosy.kernel.errors import Unavailable
from argosy.kernel.events import Job
from argosy.modules import catalog, imports
from argosy.modules.catalog import Fault, Rejected, Unchanged, Upserted
from argosy.modules.catalog.ports import SourceRecord, StoredFile
from argosy.modules.imports import Done, Image, Issue, Plan, Work
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.import_pace import OnWindows, Pace
from argosy.workflows.normalising_values import note_applied
from argosy.workflows.product_export import product_images
from argosy.workflows.product_input import Prepared, prepared
from argosy.workflows.product_intake import define, described
from argosy.workflows.product_offers import References, references
from argosy.workflows.product_planning import PlanOptions, plan_options
from argosy.workflows.product_record import (
    AttributeRecord,
    CategoryRecord,
    ProductRecord,
    decoded,
)
from argosy.workflows.product_writing import (
    Written,
    changed_definitions,
    definitions,
    name_of,
    named_by,
    write_items,
)

BATCH_ROWS = 100
"""A batch is one transaction, and shown when it has committed: the first of its rows are as old by
then as it took, so that larger batches, which cost a little less, are shown later.
"""
TRIES = 4

OnDone = Callable[[int, int], None]
"""Told after each batch: rows done so far, and how many there are."""


class ApplyImportPlan(Job, frozen=True, kw_only=True):
    """Apply a plan whose outliers are acknowledged."""

    NAME: ClassVar[str] = "apply_import_plan"

    plan_id: UUID


class Applying(msgspec.Struct, frozen=True, kw_only=True):
    """What is known while a plan is applied."""

    plan: Plan
    options: PlanOptions
    known: References
    files: dict[str, StoredFile | Fault | None]
    pace: Pace


async def apply_import_plan(app: App, job: ApplyImportPlan) -> None:
    """Go on applying a plan; a no-op when that is done. A retry resumes it."""
    async with app.db.reading() as tx:
        plan = await imports.plan_by_id(tx, job.plan_id)
    if plan.state == "applying":
        await apply_plan(app, plan.id)


async def apply_plan(
    app: App,
    plan_id: UUID,
    *,
    overwrite: bool = False,
    on_progress: OnDone | None = None,
    on_windows: OnWindows | None = None,
) -> Plan:
    """Do what the plan says, at the pace of the shop windows (import_pace.py); the plan with the
    counts of what became of it.

    Can be called again after an interruption, and by two at once. Raises PlanNotFound,
    PlanStateWrong, OutliersUnacknowledged; an Unavailable when the database stays away (what was
    done until then is done).
    """
    async with app.db.transaction() as tx:
        plan = await imports.begin_apply(tx, plan_id, overwrite=overwrite)
        known = await references(tx)
    run = Applying(
        plan=plan,
        options=plan_options(plan.options),
        known=known,
        files={},
        pace=Pace(app, plan_id, plan.windows, on_windows),
    )
    total = plan.creates + plan.updates
    done = plan.applied + plan.same + plan.conflicts + plan.failed
    while True:
        count = await retried(lambda: _batch(app, run))
        done += count
        if count and on_progress:
            on_progress(done, total)
        if not count:
            async with app.db.transaction() as tx:
                finished = await imports.finish_apply(tx, plan_id)
            if finished:
                return finished


async def retried(work: Callable[[], Awaitable[int]]) -> int:
    """Do `work`, which is a transaction of its own, again while the database gives way."""
    tries = 0
    while True:
        try:
            return await work()
        except Unavailable:
            tries += 1
            if tries > TRIES:
                raise
            await asyncio.sleep(2**tries / 4)


async def _batch(app: App, run: Applying) -> int:
    """Apply the next rows; how many. The photographs are looked up before anything is locked."""
    async with app.db.reading() as tx:
        ahead = await imports.planned_work(tx, run.plan.id, BATCH_ROWS)
    if not ahead:
        return 0
    await run.pace.keep()
    run.files.clear()
    for key in _keys(ahead):
        run.files[f"key:{key}"] = await described(app, key)
    async with app.db.transaction(fresh_plans=True) as tx:
        claimed = await imports.claim_planned(tx, run.plan.id, ahead)
        if claimed:
            done = await _apply(tx, run, claimed)
            await imports.note_done(tx, run.plan.id, done)
            await _note_normalised(tx, run, claimed, done)
    return len(ahead)


async def _note_normalised(
    tx: Tx, run: Applying, claimed: Sequence[Work], done: Sequence[Done]
) -> None:
    """Keep where the values of the products that were written are from."""
    found = {work.seq: work.normalised for work in claimed if work.normalised}
    rows = [
        (one.product_id, found[one.seq])
        for one in done
        if one.state == "applied" and one.product_id and one.seq in found
    ]
    if rows:
        await note_applied(tx, run.plan.id, rows)


def _keys(rows: Sequence[Work]) -> list[str]:
    found: dict[str, None] = {}
    for work in rows:
        for entry in (work.record or {}).get("media") or ():
            if entry.get("key"):
                found[entry["key"]] = None
    return list(found)


async def _apply(tx: Tx, run: Applying, rows: Sequence[Work]) -> list[Done]:
    ready: list[tuple[Work, Prepared]] = []
    done: list[Done] = []
    defined: list[tuple[Work, AttributeRecord | CategoryRecord]] = []
    for work in rows:
        record = decoded(work.record or {})
        if isinstance(record, ProductRecord):
            item = _prepared(work, record, run)
            if item.faults:
                done.append(_failed(work, item.faults))
            else:
                ready.append((work, item))
        elif isinstance(record, AttributeRecord | CategoryRecord):
            defined.append((work, record))
        else:
            wrong = record if isinstance(record, Fault) else _fault("kind", "Not a record.")
            done.append(_failed(work, [wrong]))
    named = named_by((record for _, record in defined), (item for _, item in ready))
    was = await definitions(tx, named)
    done += await _define(tx, run, defined, was)
    done += await _write(tx, run, ready)
    # A product defines what there was not, and changes nothing.
    again = {name_of(record) for _, record in defined} | {n for n in named if n not in was}
    became = await definitions(tx, again)
    await imports.note_definitions(tx, run.plan.id, changed_definitions(was, became))
    return done


def _prepared(work: Work, record: ProductRecord, run: Applying) -> Prepared:
    source = SourceRecord(row=work.line, data=work.record or {})
    item = prepared(source, record, run.known, run.files)
    if not run.options.skip_unknown:
        item.faults += item.unknown
    change = msgspec.structs.replace(item.input, reapply=True)
    if work.product_id:
        change = msgspec.structs.replace(change, id=work.product_id)
    if change.import_hash is not UNSET:
        # The row as it stood in the file: planning the file again finds nothing to do.
        change = msgspec.structs.replace(change, import_hash=work.row_hash or UNSET)
    item.input = change
    return item


async def _define(
    tx: Tx,
    run: Applying,
    defined: Sequence[tuple[Work, AttributeRecord | CategoryRecord]],
    was: Mapping[tuple[imports.DefinitionKind, str], Image],
) -> list[Done]:
    done = []
    free = []
    for work, record in defined:
        if was.get(name_of(record)) != work.before and not run.plan.overwrite:
            done.append(_conflict(work))
        else:
            free.append((SourceRecord(row=work.seq, data={}), record))
    refused = {source.row: fault for source, _, fault in await define(tx, free)}
    by_seq = {work.seq: work for work, _ in defined}
    for source, _ in free:
        work = by_seq[source.row]
        wrong = refused.get(work.seq)
        done.append(_failed(work, [wrong]) if wrong else Done(seq=work.seq, state="applied"))
    return done


async def _write(tx: Tx, run: Applying, ready: Sequence[tuple[Work, Prepared]]) -> list[Done]:
    ids = [work.product_id for work, _ in ready if work.product_id]
    await catalog.hold_products(tx, ids)
    present = await product_images(tx, ids, run.known)
    done: list[Done] = []
    free: list[tuple[Work, Prepared]] = []
    for work, item in ready:
        image = present.get(work.product_id) if work.product_id else None
        changed = work.decision == "update" and (
            image is None or imports.image_hash(image) != work.before_hash
        )
        if image is None and changed:
            done.append(_conflict(work, "The product was deleted since the plan was made."))
        elif changed and not run.plan.overwrite:
            done.append(_conflict(work))
        else:
            free.append((work, item))
    written = await _written(tx, run, free, done)
    touched = [w.product_id for w in written.values() if w.touched and w.product_id]
    after = await product_images(tx, touched, run.known)
    places = {code: place.id for code, place in run.known.locations.items()}
    for work, _ in free:
        if work.seq in written:
            done.append(_done(work, written[work.seq], present, after, places))
    return done


async def _written(
    tx: Tx, run: Applying, free: Sequence[tuple[Work, Prepared]], done: list[Done]
) -> dict[int, Written]:
    """Write; a product that was to be new and is there by now is a conflict, and left alone."""
    remaining = list(free)
    while True:
        try:
            async with tx.savepoint():
                items = [item for _, item in remaining]
                found = await write_items(tx, items, actor=f"import {run.plan.id}")
                written = dict(zip([w.seq for w, _ in remaining], found, strict=True))
                there = {w.seq for w, _ in remaining if _is_there(w, written[w.seq])}
                if there:
                    raise _SomebodyWasFaster
                return written
        except _SomebodyWasFaster:
            done += [
                _conflict(w, "The product was made by somebody else since.")
                for w, _ in remaining
                if w.seq in there
            ]
            remaining = [(w, item) for w, item in remaining if w.seq not in there]


class _SomebodyWasFaster(Exception):
    """Takes back a batch with a product that was to be new and is not."""


def _is_there(work: Work, written: Written) -> bool:
    outcome = written.outcome
    return work.decision == "create" and isinstance(outcome, Upserted) and not outcome.created


def _done(
    work: Work,
    written: Written,
    before: Mapping[UUID, Image],
    after: Mapping[UUID, Image],
    places: Mapping[str, UUID],
) -> Done:
    match written.outcome:
        case Rejected(faults=faults):
            return _failed(work, faults)
        case Unchanged():
            return Done(seq=work.seq, state="same")
        case Upserted(product_id=product_id, variants=variants, warnings=warnings):
            if not written.touched:
                return Done(seq=work.seq, state="same", product_id=product_id)
            was, now = before.get(product_id), after[product_id]
            return Done(
                seq=work.seq,
                state="applied",
                product_id=product_id,
                before=was,
                after_hash=imports.image_hash(now),
                stock=_moved(was, now, variants, places),
                issues=[_told(work, fault, "warning") for fault in warnings],
            )


def _moved(
    before: Image | None,
    after: Image,
    variants: Mapping[str, UUID],
    places: Mapping[str, UUID],
) -> list[tuple[UUID, UUID, int | None, int]]:
    """The levels that the import moved: before (None: there was none) and after."""
    old = {v["sku"]: v.get("stock", {}) for v in (before or {"variants": ()})["variants"]}
    found = []
    for variant in after["variants"]:
        variant_id = variants.get(catalog.sku_key(variant["sku"]))
        for code, on_hand in variant.get("stock", {}).items():
            was = old.get(variant["sku"], {}).get(code)
            if variant_id and was != on_hand:
                found.append((variant_id, places[code], was, on_hand))
    return found


def _told(work: Work, fault: Fault, severity: str) -> Issue:
    return Issue(
        row=work.line, column=fault.column, code=fault.code, message=fault.message,
        severity="error" if severity == "error" else "warning",
    )  # fmt: skip


def _failed(work: Work, faults: Sequence[Fault]) -> Done:
    return Done(seq=work.seq, state="failed", issues=[_told(work, f, "error") for f in faults])


def _fault(code: str, message: str) -> Fault:
    return Fault(column="", code=code, message=message)


def _conflict(
    work: Work, message: str = "It was changed by somebody else since the plan was made."
) -> Done:
    fault = _fault("changed_since", message)
    return Done(seq=work.seq, state="conflict", issues=[_told(work, fault, "error")])
