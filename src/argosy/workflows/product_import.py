"""Import products with their photographs, prices, stock and publications, from any source.

A run is a row of the catalog with its counts and its report. Records go in batches, one
transaction each, that also writes the progress: what is reported as done is done. A batch that the
database refuses is halved until the record at fault stands alone, so that good ones are kept
(DOMAIN.md E4). Running again skips every record that was the last imported one of its product,
which is also how an interrupted run resumes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import UnsetType

from argosy.kernel.errors import ArgosyError, Invalid, Unavailable
from argosy.kernel.events import Job
from argosy.kernel.external_video import is_video_key
from argosy.modules import catalog
from argosy.modules.catalog import (
    CategoryInput,
    Fault,
    ImportIssue,
    ImportRun,
    Rejected,
    Unchanged,
    Upserted,
)
from argosy.modules.catalog.ports import Photographs, ProductSource, SourceRecord, StoredFile
from argosy.runtime.db import IntegrityError, Tx
from argosy.workflows.app import App
from argosy.workflows.product_fields import write_fields
from argosy.workflows.product_input import Prepared, prepared
from argosy.workflows.product_offers import References, references, write_offers
from argosy.workflows.product_record import (
    FORMAT_VERSION,
    AttributeRecord,
    CategoryRecord,
    FormatRecord,
    ProductRecord,
    decoded,
    unknown_fields,
)
from argosy.workflows.typed_products import ProductsUnfit, upsert_products

BATCH_PRODUCTS = 300
BATCH_VARIANTS = 4000
TRIES = 4


class RunProductImport(Job, frozen=True, kw_only=True):
    """Work off an uploaded import."""

    NAME: ClassVar[str] = "run_product_import"

    run_id: UUID


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`skip_unknown`: channels, price lists and locations that do not exist are left out with a
    warning, where they would be an error. `reapply`: rows that were imported before count again.
    """

    skip_unknown: bool = False
    reapply: bool = False


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


class _Run(msgspec.Struct, kw_only=True):
    """What a run knows while it runs."""

    id: UUID
    app: App
    options: ImportOptions
    photographs: Photographs | None
    known: References
    total: int | None
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    warnings: int = 0
    written_issues: int = 0
    issues: list[ImportIssue] = msgspec.field(default_factory=list)
    seen: dict[str, int] = msgspec.field(default_factory=dict)
    reported: set[str] = msgspec.field(default_factory=set)
    files: dict[str, StoredFile | Fault | None] = msgspec.field(default_factory=dict)

    def fail(self, source: SourceRecord, key: str, faults: Sequence[Fault]) -> None:
        """Report a record that was not taken."""
        self.failed += 1
        self.issues += [_issue(source, key, fault, "error") for fault in faults]

    def warn(self, source: SourceRecord, key: str, faults: Sequence[Fault]) -> None:
        """Report what was left out of a record that was taken."""
        self.warnings += len(faults)
        self.issues += [_issue(source, key, fault, "warning") for fault in faults]

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
    run = _Run(
        id=run_id, app=app, options=options, photographs=photographs, known=known, total=None
    )
    try:
        run.total = await asyncio.to_thread(source.total)
        for batch in _batches(source.records(), run):
            await _take(run, batch)
            if on_progress:
                on_progress(run.progress())
    except Invalid as error:
        message = error.message
        fault = Fault(column="", code=error.code, message=message)
        run.issues.append(_issue(SourceRecord(row=run.rows, data={}), "", fault, "error"))
    async with app.db.transaction() as tx:
        await _note(tx, run)
        await catalog.finish_import(
            tx, run_id, state="failed" if message else "done", message=message
        )
    async with app.db.reading() as tx:
        return await catalog.import_by_id(tx, run_id)


def _batches(records: Iterator[SourceRecord], run: _Run) -> Iterator[list[SourceRecord]]:
    """Records in parts that one transaction takes well. A broken end gives up what came before."""
    batch: list[SourceRecord] = []
    weight = 0
    broken: Invalid | None = None
    while True:
        try:
            record = next(records, None)
        except Invalid as error:
            record, broken = None, error
        if record is None:
            break
        batch.append(record)
        variants = record.data.get("variants")
        weight += len(variants) if isinstance(variants, list) else 1
        if len(batch) >= BATCH_PRODUCTS or weight >= BATCH_VARIANTS:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch
    if broken:
        raise broken


async def _take(run: _Run, batch: Sequence[SourceRecord]) -> None:
    definitions: list[tuple[SourceRecord, AttributeRecord | CategoryRecord]] = []
    products: list[tuple[SourceRecord, ProductRecord]] = []
    for source in batch:
        read = _read(run, source)
        if isinstance(read, ProductRecord):
            products.append((source, read))
        elif isinstance(read, AttributeRecord | CategoryRecord):
            definitions.append((source, read))
    run.rows = max(run.rows, batch[-1].row)
    await _define(run, definitions)
    await _store_photographs(run, [record for _, record in products])
    items = [item for source, record in products if (item := _taken(run, source, record))]
    await _write(run, items)


def _read(
    run: _Run, source: SourceRecord
) -> ProductRecord | AttributeRecord | CategoryRecord | None:
    """The typed record, or None when there is nothing to import in it (reported where due)."""
    key = str(source.data.get("external_id") or source.data.get("slug") or "")
    run.warn(source, key, source.warnings)
    if source.faults:
        run.fail(source, key, source.faults)
        return None
    if not source.data:
        return None
    for path in unknown_fields(source.data):
        if path not in run.reported:
            run.reported.add(path)
            message = f"The format has no {path!r}; it was left out, here and further on."
            run.warn(source, key, [Fault(column=path, code="unknown_field", message=message)])
    record = decoded(source.data)
    if isinstance(record, Fault):
        run.fail(source, key, [record])
        return None
    if isinstance(record, FormatRecord):
        if record.version > FORMAT_VERSION:
            message = f"The file is of version {record.version}; this program knows 1."
            raise FormatTooNew(message, field="version")
        return None
    return record


class FormatTooNew(Invalid):
    """The product file was written by a newer version of Argosy, in a format that this one does not
    know. Update Argosy, or export the file again with the older version.
    """

    code = "imports.format_too_new"
    usual_cure = "Update Argosy, or export the file again with the older version."


async def _define(
    run: _Run, definitions: Sequence[tuple[SourceRecord, AttributeRecord | CategoryRecord]]
) -> None:
    if not definitions:
        return
    attributes = {r.code: (s, r) for s, r in definitions if isinstance(r, AttributeRecord)}
    categories = {r.path: (s, r) for s, r in definitions if isinstance(r, CategoryRecord)}
    async with run.app.db.transaction() as tx:
        _, refused = await catalog.define_attributes(
            tx, [record.definition() for _, record in attributes.values()]
        )
        _, orphans = await catalog.upsert_categories(
            tx, [_plain(record) for _, record in categories.values()]
        )
    for definition, fault in refused:
        run.fail(attributes[definition.code][0], definition.code, [fault])
    for category, fault in orphans:
        run.fail(categories[category.path][0], category.path, [fault])


def _plain(record: CategoryRecord) -> CategoryInput:
    return CategoryInput(
        path=record.path,
        name=record.name,
        description=record.description,
        position=record.position,
    )


async def _store_photographs(run: _Run, records: Sequence[ProductRecord]) -> None:
    """Put each new file that the records name into storage, some at a time."""
    wanted: dict[str, None] = {}
    for record in records:
        media = () if isinstance(record.media, UnsetType) else record.media or ()
        for entry in media:
            for name in (f"key:{entry.key}" if entry.key else "", entry.file or ""):
                if name and name not in run.files:
                    wanted[name] = None
    names = list(wanted)
    for start in range(0, len(names), 16):
        part = names[start : start + 16]
        found = await asyncio.gather(*(_stored(run, name) for name in part))
        run.files.update(zip(part, found, strict=True))


async def _stored(run: _Run, name: str) -> StoredFile | Fault | None:
    storage = run.app.storage
    if name.startswith("key:"):
        if is_video_key(name.removeprefix("key:")):
            return catalog.external_video(name.removeprefix("key:"))
        return await storage.describe(name.removeprefix("key:"))
    if run.photographs is None:
        return None
    content = await asyncio.to_thread(run.photographs.read, name)
    if content is None:
        return None
    try:
        return await storage.put(content, name=name)
    except Invalid as error:
        return Fault(column="", code=error.code, message=f"{name}: {error.message}")


def _taken(run: _Run, source: SourceRecord, record: ProductRecord) -> Prepared | None:
    """The record as input, or None when it is faulty or a repetition (reported)."""
    made = prepared(source, record, run.known, run.files)
    repeated = next((key for key in made.keys if key in run.seen), None)
    if repeated:
        message = f"The {repeated} is in row {run.seen[repeated]} already; this one was left out."
        made.faults.append(Fault(column="", code="repeated", message=message))
    made.unknown = list({fault.message: fault for fault in reversed(made.unknown)}.values())[::-1]
    if run.options.skip_unknown:
        made.unknown = [f for f in made.unknown if f.message not in run.reported]
        run.reported.update(fault.message for fault in made.unknown)
    else:
        made.faults += made.unknown
    if made.faults:
        run.fail(source, record.key, made.faults)
        return None
    run.seen.update(dict.fromkeys(made.keys, source.row))
    if run.options.reapply:
        made.input = msgspec.structs.replace(made.input, reapply=True)
    return made


async def _write(run: _Run, items: Sequence[Prepared]) -> None:
    """Write what can be written; halve what cannot, down to the record at fault."""
    tries = 0
    while True:
        counts = (run.created, run.updated, run.unchanged, run.failed, run.warnings)
        reported = len(run.issues)
        try:
            async with run.app.db.transaction() as tx:
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
                run.fail(items[0].source, items[0].record.key, [_fault_of(error)])
                return
        middle = len(items) // 2
        await _write(run, items[:middle])
        await _write(run, items[middle:])
        return


def _fault_of(error: Exception) -> Fault:
    if isinstance(error, ArgosyError):
        return Fault(column=error.field or "", code=error.code, message=error.message)
    return Fault(column="", code="refused", message="The database refused this product.")


async def _write_all(tx: Tx, run: _Run, items: Sequence[Prepared]) -> None:
    if not items:
        return
    outcomes = await upsert_products(tx, [item.input for item in items])
    written = []
    for item, outcome in zip(items, outcomes, strict=True):
        match outcome:
            case Rejected(faults=faults):
                run.fail(item.source, item.record.key, faults)
            case Unchanged():
                run.unchanged += 1
            case Upserted():
                run.warn(item.source, item.record.key, [*item.unknown, *outcome.warnings])
                written.append((item, outcome))
    offers = [(item.offers, outcome.variants) for item, outcome in written]
    changed = await write_offers(tx, offers, actor=f"import {run.id}")
    refilled = await write_fields(tx, [(item.record, outcome) for item, outcome in written])
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


def _issue(source: SourceRecord, key: str, fault: Fault, severity: str) -> ImportIssue:
    row, column = _place(source, fault.column)
    return ImportIssue(
        row=row,
        column=column,
        key=key,
        severity="error" if severity == "error" else "warning",
        code=fault.code,
        message=fault.message,
    )


def _place(source: SourceRecord, path: str) -> tuple[int, str]:
    """Where in the file the path stands: its own place, else that of what it is part of."""
    at = path
    while at:
        if at in source.places:
            return source.places[at]
        cut = max(at.rfind("."), at.rfind("["))
        at = at[:cut] if cut > 0 else ""
    return source.row, path
