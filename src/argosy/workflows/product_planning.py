"""Plan an import of products: decide about every record of a file without changing anything.

Each batch is written as it would be, looked at, and taken back, in one transaction that also
stores the decisions: what the plan says is what the shop would have done, down to the price and
the unit of stock. Nothing is locked between batches. What looks like a mistake blocks the plan
until somebody acknowledges it by name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Literal
from uuid import UUID

import msgspec
from msgspec import UnsetType

from argosy.kernel.errors import Invalid, Unavailable
from argosy.kernel.events import Job
from argosy.modules import catalog, imports
from argosy.modules.catalog import Fault, Rejected, Unchanged, Upserted
from argosy.modules.catalog.ports import Photographs, ProductSource, SourceRecord, StoredFile
from argosy.modules.imports import Image, Issue, NewRow, Outlier, Plan
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.normalising_values import Normaliser, as_stored, normaliser
from argosy.workflows.product_export import product_images
from argosy.workflows.product_input import Prepared
from argosy.workflows.product_intake import (
    ImportOptions,
    Intake,
    batches,
    define,
    issue,
    sorted_records,
    store_photographs,
    taken,
)
from argosy.workflows.product_offers import references
from argosy.workflows.product_outliers import Limits, Watch
from argosy.workflows.product_record import AttributeRecord, CategoryRecord
from argosy.workflows.product_writing import (
    Written,
    changed_definitions,
    definitions,
    name_of,
    named_by,
    write_items,
)

TRIES = 4
_PAGE = 300


class PlanOptions(ImportOptions, frozen=True, kw_only=True):
    """How to import. `normalise`: brands, colours, sizes and measures are put in the shop's own
    words. `absent`: what becomes of products that the file does not name; `archive` is
    for files that hold the whole catalogue, and does nothing when a record could not be taken.
    """

    absent: Literal["keep", "archive"] = "keep"
    normalise: bool = False
    price_percent: int = Limits().price_percent
    loss_percent: int = Limits().loss_percent
    reject_percent: int = Limits().reject_percent

    def limits(self) -> Limits:
        """From where on something is an outlier."""
        return Limits(
            price_percent=self.price_percent,
            loss_percent=self.loss_percent,
            reject_percent=self.reject_percent,
        )


class MakeImportPlan(Job, frozen=True, kw_only=True):
    """Plan an uploaded import."""

    NAME: ClassVar[str] = "make_import_plan"

    plan_id: UUID


OnPlanned = Callable[[int, int | None], None]
"""Told after each batch: rows read, and how many there are if that is known."""


class _Planning(Intake, kw_only=True):
    """What is known while a plan is made. `pending` are definitions of the file, which later
    batches need and which are stored nowhere yet.
    """

    id: UUID
    watch: Watch
    normaliser: Normaliser | None = None
    total: int | None = None
    read: int = 0
    kept: int = 0
    taken: int = 0
    rejected: int = 0
    rows: list[NewRow] = msgspec.field(default_factory=list)
    noted: dict[int, list[Issue]] = msgspec.field(default_factory=dict)
    pending: dict[tuple[str, str], AttributeRecord | CategoryRecord] = msgspec.field(
        default_factory=dict
    )

    def fail(self, source: SourceRecord, key: str, faults: Sequence[Fault]) -> None:
        """Decide against a record."""
        self.rows.append(
            _rejected(source, key, [*self.noted.pop(source.row, []), *_issues(source, key, faults)])
        )

    def warn(self, source: SourceRecord, key: str, faults: Sequence[Fault]) -> None:
        """Keep what was left out, for the row of the record."""
        told = _issues(source, key, faults, severity="warning")
        if told:
            self.noted.setdefault(source.row, []).extend(told)


def _issues(
    source: SourceRecord,
    key: str,
    faults: Sequence[Fault],
    *,
    severity: Literal["error", "warning"] = "error",
) -> list[Issue]:
    found = [issue(source, key, fault, severity) for fault in faults]
    return [
        Issue(row=f.row, column=f.column, severity=f.severity, code=f.code, message=f.message)
        for f in found
    ]


def _rejected(source: SourceRecord, key: str, issues: Sequence[Issue]) -> NewRow:
    return NewRow(line=source.row, key=key, kind="other", decision="reject", issues=issues)


async def plan_products(
    app: App,
    source: ProductSource,
    *,
    photographs: Photographs | None = None,
    options: PlanOptions = PlanOptions(),
    actor: str = "",
    on_progress: OnPlanned | None = None,
) -> Plan:
    """Plan an import of everything in `source`; the finished plan. Changes nothing of the shop,
    but stores the photographs that the file names.

    Memory is bounded by a batch and by what rows are known by. A file that breaks off gives a
    failed plan. Raises an Unavailable only when the database stays away.
    """
    async with app.db.transaction() as tx:
        plan_id = await imports.request_plan(
            tx,
            format_name=source.format_name,
            file_name=source.file_name,
            storage_key=None,
            options=msgspec.to_builtins(options),
            actor=actor,
        )
    return await make_plan(
        app, plan_id, source, photographs=photographs, options=options, on_progress=on_progress
    )


async def make_import_plan(app: App, job: MakeImportPlan) -> None:
    """Plan an uploaded import; a no-op when that is done. A retry begins again."""
    async with app.db.reading() as tx:
        plan = await imports.plan_by_id(tx, job.plan_id)
    if plan.state not in {"queued", "planning"} or plan.storage_key is None:
        return
    archive = plan.options.get("photographs_key")
    for key in (plan.storage_key, archive):
        if key:
            await app.storage.bring_upload(str(key))
    try:
        source = app.storage.open_products(
            plan.storage_key, plan.format, plan.options, name=plan.file_name
        )
        photographs = app.storage.open_photographs(str(archive)) if archive else None
    except Invalid as error:
        async with app.db.transaction() as tx:
            await imports.fail_plan(tx, plan.id, error.message)
        return
    options = plan_options(plan.options)
    await make_plan(app, plan.id, source, photographs=photographs, options=options)
    for key in (plan.storage_key, archive):
        if key:
            await app.storage.drop_upload(str(key))


def plan_options(stored: dict[str, object]) -> PlanOptions:
    """The options of a plan as they were stored with it."""
    given = {k: v for k, v in stored.items() if k in PlanOptions.__struct_fields__}
    return msgspec.convert(given, PlanOptions)


async def make_plan(
    app: App,
    plan_id: UUID,
    source: ProductSource,
    *,
    photographs: Photographs | None = None,
    options: PlanOptions = PlanOptions(),
    on_progress: OnPlanned | None = None,
) -> Plan:
    """Make a requested plan, from the first row on."""
    async with app.db.transaction() as tx:
        await imports.start_planning(tx, plan_id)
        known = await references(tx)
        words = await normaliser(tx) if options.normalise else None
    run = _Planning(
        id=plan_id,
        app=app,
        options=options,
        photographs=photographs,
        known=known,
        watch=Watch(limits=options.limits()),
        normaliser=words,
    )
    try:
        run.total = await asyncio.to_thread(source.total)
        async for batch in batches(source.records()):
            await _take(run, batch)
            if on_progress:
                on_progress(run.read, run.total)
        if options.absent == "archive":
            await _archive_absent(run)
    except Invalid as error:
        async with app.db.transaction() as tx:
            await imports.fail_plan(tx, plan_id, error.message)
        async with app.db.reading() as tx:
            return await imports.plan_by_id(tx, plan_id)
    groups = run.watch.groups(records=run.taken, rejected=run.rejected)
    async with app.db.transaction() as tx:
        return await imports.finish_planning(tx, plan_id, groups)


async def _take(run: _Planning, batch: Sequence[SourceRecord]) -> None:
    if run.normaliser:
        batch = [run.normaliser.taken(source) for source in batch]
    read, products = sorted_records(run, batch)
    run.read = max(run.read, batch[-1].row)
    await store_photographs(run, [record for _, record in products])
    items = [item for source, record in products if (item := taken(run, source, record))]
    for _, record in read:
        run.pending[name_of(record)] = record
    await _decide(run, read, items)


Read = Sequence[tuple[SourceRecord, AttributeRecord | CategoryRecord]]


async def _decide(run: _Planning, read: Read, items: Sequence[Prepared]) -> None:
    tries = 0
    # A try that fails must leave the watch as it found it.
    before = msgspec.msgpack.encode(run.watch)
    while True:
        try:
            async with run.app.db.transaction(fresh_plans=True) as tx:
                rows, outliers = await _rehearsed(tx, run, read, items)
                await imports.add_decisions(
                    tx,
                    run.id,
                    first=run.kept,
                    rows=rows,
                    outliers=outliers,
                    rows_total=run.total,
                    rows_read=run.read,
                )
            break
        except Unavailable:
            run.watch = msgspec.msgpack.decode(before, type=Watch)
            tries += 1
            if tries > TRIES:
                raise
            await asyncio.sleep(2**tries / 4)
    run.kept += len(rows)
    run.taken += sum(row.decision != "note" for row in rows)
    run.rejected += sum(row.decision == "reject" for row in rows)
    run.rows.clear()
    run.noted.clear()
    if run.normaliser:
        run.normaliser.found.clear()


class _TakenBack(Exception):
    """Rolls back what a rehearsal wrote, after it was looked at."""


async def _rehearsed(
    tx: Tx, run: _Planning, read: Read, items: Sequence[Prepared]
) -> tuple[list[NewRow], list[tuple[int, Outlier]]]:
    """The decisions of a batch, in the order of the file."""
    noted = {line: list(told) for line, told in run.noted.items()}
    rows = list(run.rows)
    written: list[Written] = []
    touched: list[UUID | None] = []
    after: dict[UUID, Image] = {}
    needed = [*_needed(run, read, items), *read]
    named = named_by((record for _, record in needed), items)
    was = await definitions(tx, named)
    try:
        async with tx.savepoint():
            refused = await define(tx, needed)
            own = {name_of(record) for _, record in read}
            made = changed_definitions(was, await definitions(tx, own))
            written = await write_items(tx, items, actor=f"import {run.id}")
            # A product that is new differs from nothing: nobody looks at what it would be.
            touched = [w.product_id for w in written if w.touched and not _is_new(w)]
            after = await product_images(tx, [*filter(None, touched)], run.known)
            inferred = {name for name in named if name not in was and name not in run.pending}
            for name, image in (await definitions(tx, inferred)).items():
                run.pending[name] = msgspec.convert(image, AttributeRecord)
            raise _TakenBack
    except _TakenBack:
        pass
    before = await product_images(tx, [*filter(None, touched)], run.known)
    wrong = {id(source): fault for source, _, fault in refused}
    changes = {(d.kind, d.code): d for d in made}
    for source, defined in read:
        rows.append(_definition_row(source, defined, wrong.get(id(source)), changes, was))
    outliers: list[tuple[int, Outlier]] = []
    for one in written:
        row = _product_row(run, one, before, after)
        row.issues = [*noted.pop(row.line, []), *row.issues]
        rows.append(row)
        if row.before is not None and one.product_id:
            image = after[one.product_id]
            outliers += run.watch.compare(row.line, row.key, row.before, image)
    for line, told in noted.items():
        rows.append(NewRow(line=line, key="", kind="other", decision="note", issues=told))
    return sorted(rows, key=lambda row: row.line), outliers


def _is_new(written: Written) -> bool:
    return isinstance(written.outcome, Upserted) and written.outcome.created


def _needed(
    run: _Planning, read: Read, items: Sequence[Prepared]
) -> Iterator[tuple[SourceRecord, AttributeRecord | CategoryRecord]]:
    """Definitions of earlier batches that this one builds upon; they are not stored yet."""
    wanted: dict[tuple[str, str], None] = {}
    for item in items:
        if not isinstance(item.record.attributes, UnsetType):
            wanted |= dict.fromkeys(("attribute", c) for c in item.record.attributes or {})
        if not isinstance(item.record.categories, UnsetType):
            for path in item.record.categories or ():
                wanted |= dict.fromkeys(("category", p) for p in _with_parents(path))
    for _, record in read:
        if isinstance(record, CategoryRecord):
            wanted |= dict.fromkeys(("category", p) for p in _with_parents(record.path))
    own = {name_of(record) for _, record in read}
    for name in wanted:
        if name in run.pending and name not in own:
            yield SourceRecord(row=0, data={}), run.pending[name]


def _with_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]


def _definition_row(
    source: SourceRecord,
    record: AttributeRecord | CategoryRecord,
    wrong: Fault | None,
    changes: dict[Any, imports.Definition],
    was: Any,
) -> NewRow:
    kind, code = name_of(record)
    if wrong:
        return _rejected(source, code, _issues(source, code, [wrong]))
    change = changes.get((kind, code))
    row = NewRow(
        line=source.row, key=code, decision="unchanged",
        kind="attribute" if kind == "attribute" else "category",
    )  # fmt: skip
    if change:
        row.decision = "update" if change.before else "create"
        row.record, row.before = source.data, was.get((kind, code))
        row.changes = imports.differences(change.before, change.after)
    return row


def _product_row(
    run: _Planning, written: Written, before: dict[UUID, Image], after: dict[UUID, Image]
) -> NewRow:
    source, key = written.item.source, written.item.record.key
    row_hash = written.item.row_hash
    match written.outcome:
        case Rejected(faults=faults):
            return _rejected(source, key, _issues(source, key, faults))
        case Unchanged(product_id=product_id):
            decision: imports.Decision = "unchanged"
            warnings: list[Fault] = []
        case Upserted(product_id=product_id, created=created):
            decision = "create" if created else "update" if written.touched else "unchanged"
            warnings = [*written.item.unknown, *written.outcome.warnings]
    row = NewRow(
        line=source.row, key=key, kind="product", decision=decision, row_hash=row_hash,
        product_id=None if decision == "create" else product_id,
        issues=_issues(source, key, warnings, severity="warning"),
        normalised=as_stored(run.normaliser.found.get(source.row, ())) if run.normaliser else (),
    )  # fmt: skip
    if decision in {"create", "update"}:
        row.record = _with_keys(run, source.data)
        row.before = before.get(product_id)
    if row.before is not None and product_id is not None:
        row.changes = imports.differences(row.before, after[product_id])
    return row


def _with_keys(run: _Planning, data: dict[str, Any]) -> dict[str, Any]:
    """The record with the keys that its photographs have in storage by now."""
    media = data.get("media")
    if not isinstance(media, list):
        return data
    entries = []
    for entry in media:
        stored = run.files.get(entry.get("file") or "")
        found = isinstance(stored, StoredFile) and not entry.get("key")
        entries.append({**entry, "key": stored.key} if found else entry)  # type: ignore[union-attr]
    return {**data, "media": entries}


async def _archive_absent(run: _Planning) -> None:
    """Decide to archive each active product that no record of the file is about."""
    if run.rejected:
        # Who knows which products the refused records were about.
        told = Issue(
            row=0, column="", severity="warning", code="absent_kept",
            message="Records could not be taken, so products that are absent stay as they are.",
        )  # fmt: skip
        run.noted[0] = [told]
        await _decide(run, [], [])
        return
    after: UUID | None = None
    while True:
        async with run.app.db.transaction() as tx:
            ids = await catalog.product_ids_after(tx, after, _PAGE)
            absent = set(ids) - await imports.seen_products(tx, run.id, ids)
            images = await product_images(tx, sorted(absent), run.known)
            rows, outliers = [], []
            for product_id, image in images.items():
                if image["status"] != "active":
                    continue
                row = _absent_row(product_id, image)
                rows.append(row)
                later = {**image, "status": "archived"}
                outliers += run.watch.compare(0, row.key, image, later)
            await imports.add_decisions(
                tx, run.id, first=run.kept, rows=rows, outliers=outliers,
                rows_total=run.total, rows_read=run.read,
            )  # fmt: skip
        run.kept += len(rows)
        if len(ids) < _PAGE:
            return
        after = ids[-1]


def _absent_row(product_id: UUID, image: Image) -> NewRow:
    later = {**image, "status": "archived"}
    return NewRow(
        line=0, key=image["external_id"] or image["slug"], kind="product", decision="update",
        product_id=product_id, before=image, changes=imports.differences(image, later),
        record={"kind": "product", "slug": image["slug"], "status": "archived"},
    )  # fmt: skip
