"""Import products with their photographs, prices, stock and publications, from any source.

A run is a row of the catalog with its counts and its report. Records go in batches, one
transaction each, that also writes the progress: what is reported as done is done. A batch that the
database refuses is halved until the record at fault stands alone, so that good ones are kept
(DOMAIN.md E4). Running again skips every record that was the last imported one of its product,
which is also how an interrupted run resumes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar
from uuid import UUID

import msgspec

from argosy.kernel.errors import ArgosyError, Invalid, Unavailable
from argosy.kernel.events import Job
from argosy.modules import catalog
from argosy.modules.catalog import Fault, ImportRun, Rejected, Unchanged, Upserted
from argosy.modules.catalog.ports import Photographs, ProductSource, SourceRecord
from argosy.runtime.db import IntegrityError, Tx
from argosy.workflows.app import App
from argosy.workflows.product_compliance import write_sheets
from argosy.workflows.product_fields import write_fields
from argosy.workflows.product_input import Prepared
from argosy.workflows.product_inputs import write_inputs
from argosy.workflows.product_intake import (
    ImportOptions,
    Intake,
    batches,
    define,
    fault_of,
    issue,
    sorted_records,
    store_photographs,
    taken,
)
from argosy.workflows.product_offers import references, steps_refused, write_offers
from argosy.workflows.typed_products import ProductsUnfit, upsert_products

TRIES = 4


class RunProductImport(Job, frozen=True, kw_only=True):
    """Work off an uploaded import."""

    NAME: ClassVar[str] = "run_product_import"

    run_id: UUID


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is. `rows` counts lines of the file, the others products (and warnings)."""

    rows: int
    total: int | None
    created: int
    updated: int
    unchanged: int
    failed: int
    warnings: int


OnProgress = Callable[[Progress], None]


class _Run(Intake, kw_only=True):
    """What a run knows while it runs."""

    id: UUID
    total: int | None = None
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    written_issues: int = 0

    def progress(self) -> Progress:
        """The counts, for whoever watches."""
        return Progress(
            rows=self.rows, total=self.total, created=self.created, updated=self.updated,
            unchanged=self.unchanged, failed=self.failed, warnings=self.warnings,
        )  # fmt: skip


async def import_products(
    app: App,
    source: ProductSource,
    *,
    photographs: Photographs | None = None,
    options: ImportOptions = ImportOptions(),
    actor: str = "",
    on_progress: OnProgress | None = None,
) -> ImportRun:
    """Import everything in `source` now; the finished run, whose issues are its report.

    Idempotent: a second run of the same file writes nothing (E4). Raises an Unavailable only when
    the database stays away; what was reported as done until then is done.
    """
    async with app.db.transaction() as tx:
        run_id = await catalog.request_import(
            tx,
            format_name=source.format_name,
            file_name=source.file_name,
            storage_key=None,
            options=msgspec.to_builtins(options),
            actor=actor,
        )
    return await _run(
        app, run_id, source, photographs=photographs, options=options, on_progress=on_progress
    )


async def run_product_import(app: App, job: RunProductImport) -> None:
    """Work off an uploaded import; a no-op when it has ended. A retry resumes it."""
    async with app.db.reading() as tx:
        run = await catalog.import_by_id(tx, job.run_id)
    if run.state in {"done", "failed"} or run.storage_key is None:
        return
    archive = run.options.get("photographs_key")
    for key in (run.storage_key, archive):
        if key:
            await app.storage.bring_upload(str(key))
    try:
        source = app.storage.open_products(
            run.storage_key, run.format, run.options, name=run.file_name
        )
        photographs = app.storage.open_photographs(str(archive)) if archive else None
    except Invalid as error:
        async with app.db.transaction() as tx:
            if await catalog.start_import(tx, run.id):
                await catalog.finish_import(tx, run.id, state="failed", message=error.message)
        return
    flags = {f: bool(run.options.get(f)) for f in ImportOptions.__struct_fields__}
    options = ImportOptions(**flags)
    await _run(app, run.id, source, photographs=photographs, options=options)
    for key in (run.storage_key, archive):
        if key:
            await app.storage.drop_upload(str(key))


async def _run(
    app: App,
    run_id: UUID,
    source: ProductSource,
    *,
    photographs: Photographs | None,
    options: ImportOptions,
    on_progress: OnProgress | None = None,
) -> ImportRun:
    message = ""
    async with app.db.transaction() as tx:
        await catalog.start_import(tx, run_id)
        known = await references(tx)
    run = _Run(id=run_id, app=app, options=options, photographs=photographs, known=known)
    try:
        run.total = await asyncio.to_thread(source.total)
        async for batch in batches(source.records()):
            await _take(run, batch)
            if on_progress:
                on_progress(run.progress())
    except Invalid as error:
        message = error.message
        fault = Fault(column="", code=error.code, message=message)
        run.issues.append(issue(SourceRecord(row=run.rows, data={}), "", fault, "error"))
    async with app.db.transaction() as tx:
        await _note(tx, run)
        await catalog.finish_import(
            tx, run_id, state="failed" if message else "done", message=message
        )
    async with app.db.reading() as tx:
        return await catalog.import_by_id(tx, run_id)


async def _take(run: _Run, batch: Sequence[SourceRecord]) -> None:
    definitions, products = sorted_records(run, batch)
    run.rows = max(run.rows, batch[-1].row)
    if definitions:
        async with run.app.db.transaction() as tx:
            refused = await define(tx, definitions)
        for source, key, fault in refused:
            run.fail(source, key, [fault])
    await store_photographs(run, [record for _, record in products])
    items = [item for source, record in products if (item := taken(run, source, record))]
    await _write(run, items)


async def _write(run: _Run, items: Sequence[Prepared]) -> None:
    """Write what can be written; halve what cannot, down to the record at fault."""
    tries = 0
    while True:
        counts = (run.created, run.updated, run.unchanged, run.failed, run.warnings)
        reported = len(run.issues)
        try:
            async with run.app.db.transaction(fresh_plans=True) as tx:
                await _write_all(tx, run, items)
                await _note(tx, run)
            run.written_issues += len(run.issues)
            run.issues.clear()
            return
        except ProductsUnfit as unfit:
            run.created, run.updated, run.unchanged, run.failed, run.warnings = counts
            del run.issues[reported:]
            for place, faults in unfit.faults.items():
                run.fail(items[place].source, items[place].record.key, faults)
            items = [item for n, item in enumerate(items) if n not in unfit.faults]
            continue
        except (ArgosyError, IntegrityError) as error:
            run.created, run.updated, run.unchanged, run.failed, run.warnings = counts
            del run.issues[reported:]
            if isinstance(error, Unavailable) and tries < TRIES:
                tries += 1
                await asyncio.sleep(2**tries / 4)
                continue
            if isinstance(error, Unavailable) or not items:
                raise
            if len(items) == 1:
                run.fail(items[0].source, items[0].record.key, [fault_of(error)])
                return
        middle = len(items) // 2
        await _write(run, items[:middle])
        await _write(run, items[middle:])
        return


async def _write_all(tx: Tx, run: _Run, items: Sequence[Prepared]) -> None:
    if not items:
        return
    outcomes = await upsert_products(tx, [item.input for item in items])
    written, places = [], []
    for place, (item, outcome) in enumerate(zip(items, outcomes, strict=True)):
        match outcome:
            case Rejected(faults=faults):
                run.fail(item.source, item.record.key, faults)
            case Unchanged():
                run.unchanged += 1
            case Upserted():
                run.warn(item.source, item.record.key, [*item.unknown, *outcome.warnings])
                written.append((item, outcome))
                places.append(place)
    offers = [(item.offers, outcome.variants) for item, outcome in written]
    if refused := await steps_refused(tx, offers):
        raise ProductsUnfit({places[n]: faults for n, faults in refused.items()})
    changed = await write_offers(tx, offers, actor=f"import {run.id}")
    records = [(item.record, outcome) for item, outcome in written]
    refilled = await write_fields(tx, records) | await write_inputs(tx, records)
    refilled |= await write_sheets(tx, records, places)
    for _, outcome in written:
        same = not outcome.changed and changed.isdisjoint(outcome.variants.values())
        same = same and outcome.product_id not in refilled
        run.created += outcome.created
        run.unchanged += same
        run.updated += not (outcome.created or same)


async def _note(tx: Tx, run: _Run) -> None:
    await catalog.note_import_progress(
        tx,
        run.id,
        lines_total=run.total,
        counts=(run.rows, run.created, run.updated, run.unchanged, run.failed, run.warnings),
        first_issue=run.written_issues,
        issues=run.issues,
    )
