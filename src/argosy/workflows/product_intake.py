"""Read the records of a file of products as what the catalog takes, and report what is wrong.

Shared by imports that are done at once (`product_import`) and those that are planned first
(`product_planning`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence

import msgspec
from msgspec import UnsetType

from argosy.kernel.errors import ArgosyError, Invalid
from argosy.kernel.external_video import is_video_key
from argosy.modules import catalog
from argosy.modules.catalog import CategoryInput, Fault, ImportIssue
from argosy.modules.catalog.ports import CleanFile, Photographs, SourceRecord, StoredFile
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.media_keeping import hold
from argosy.workflows.product_input import Prepared, prepared
from argosy.workflows.product_offers import References
from argosy.workflows.product_record import (
    FORMAT_VERSION,
    AttributeRecord,
    CategoryRecord,
    FormatRecord,
    ProductRecord,
    decoded,
    unknown_fields,
)

BATCH_PRODUCTS = 300
BATCH_VARIANTS = 4000
BATCH_BYTES = 16_000_000


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`skip_unknown`: channels, price lists and locations that do not exist are left out with a
    warning, where they would be an error. `reapply`: rows that were imported before count again.
    """

    skip_unknown: bool = False
    reapply: bool = False


class FormatTooNew(Invalid):
    """The product file was written by a newer version of Argosy, in a format that this one does not
    know. Update Argosy, or export the file again with the older version.
    """

    code = "imports.format_too_new"
    usual_cure = "Update Argosy, or export the file again with the older version."


class Intake(msgspec.Struct, kw_only=True):
    """What is known while a file is read. `seen` is what rows are known by, for repetitions;
    `files` is what became of photographs.
    """

    app: App
    options: ImportOptions
    photographs: Photographs | None
    known: References
    failed: int = 0
    warnings: int = 0
    issues: list[ImportIssue] = msgspec.field(default_factory=list)
    seen: dict[str, int] = msgspec.field(default_factory=dict)
    reported: set[str] = msgspec.field(default_factory=set)
    files: dict[str, StoredFile | Fault | None] = msgspec.field(default_factory=dict)

    def fail(self, source: SourceRecord, key: str, faults: Sequence[Fault]) -> None:
        """Report a record that was not taken."""
        self.failed += 1
        self.issues += [issue(source, key, fault, "error") for fault in faults]

    def warn(self, source: SourceRecord, key: str, faults: Sequence[Fault]) -> None:
        """Report what was left out of a record that was taken."""
        self.warnings += len(faults)
        self.issues += [issue(source, key, fault, "warning") for fault in faults]


async def batches(records: Iterator[SourceRecord]) -> AsyncIterator[list[SourceRecord]]:
    """Records in parts that one transaction takes well, read in a thread. A broken end gives up
    what came before, and then raises the Invalid.
    """
    while True:
        batch, broken = await asyncio.to_thread(_next_batch, records)
        if batch:
            yield batch
        if broken:
            raise broken
        if not batch:
            return


def _next_batch(records: Iterator[SourceRecord]) -> tuple[list[SourceRecord], Invalid | None]:
    batch: list[SourceRecord] = []
    weight = size = 0
    try:
        for record in records:
            batch.append(record)
            variants = record.data.get("variants")
            weight += len(variants) if isinstance(variants, list) else 1
            size += record.size
            if len(batch) >= BATCH_PRODUCTS or weight >= BATCH_VARIANTS or size >= BATCH_BYTES:
                break
    except Invalid as error:
        return batch, error
    return batch, None


def read(
    run: Intake, source: SourceRecord
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


def sorted_records(
    run: Intake, batch: Sequence[SourceRecord]
) -> tuple[
    list[tuple[SourceRecord, AttributeRecord | CategoryRecord]],
    list[tuple[SourceRecord, ProductRecord]],
]:
    """The definitions and the products of a batch, typed; what is neither is reported."""
    definitions: list[tuple[SourceRecord, AttributeRecord | CategoryRecord]] = []
    products: list[tuple[SourceRecord, ProductRecord]] = []
    for source in batch:
        found = read(run, source)
        if isinstance(found, ProductRecord):
            products.append((source, found))
        elif found is not None:
            definitions.append((source, found))
    return definitions, products


Definitions = Sequence[tuple[SourceRecord, AttributeRecord | CategoryRecord]]
Refused = list[tuple[SourceRecord, str, Fault]]


async def define(tx: Tx, definitions: Definitions) -> Refused:
    """Write attributes and categories; those that were refused, with their keys."""
    if not definitions:
        return []
    attributes = {r.code: (s, r) for s, r in definitions if isinstance(r, AttributeRecord)}
    categories = {r.path: (s, r) for s, r in definitions if isinstance(r, CategoryRecord)}
    _, refused = await catalog.define_attributes(
        tx, [record.definition() for _, record in attributes.values()]
    )
    _, orphans = await catalog.upsert_categories(
        tx, [_plain(record) for _, record in categories.values()]
    )
    return [
        *((attributes[d.code][0], d.code, fault) for d, fault in refused),
        *((categories[c.path][0], c.path, fault) for c, fault in orphans),
    ]


def _plain(record: CategoryRecord) -> CategoryInput:
    return CategoryInput(
        path=record.path,
        name=record.name,
        description=record.description,
        position=record.position,
    )


async def store_photographs(run: Intake, records: Sequence[ProductRecord]) -> None:
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
        read = await asyncio.gather(*(_read(run, name) for name in part))
        await hold(run.app, [*filter(None, map(_key, part, read))])
        found = await asyncio.gather(*(_kept(run, *pair) for pair in zip(part, read, strict=True)))
        run.files.update(zip(part, found, strict=True))


async def described(app: App, key: str) -> StoredFile | None:
    """What is stored under the key of a file, or stands for a video elsewhere."""
    if is_video_key(key):
        return catalog.external_video(key)
    return await app.storage.describe(key)


_KEY_SAID = "key:"
_STORED = re.compile(r"[0-9a-f]{40}\.[a-z0-9]{3,4}")


async def _read(run: Intake, name: str) -> CleanFile | Fault | None:
    """The named photograph without its private metadata; None for one that is not there, and for
    one that the storage has by its key.
    """
    if name.startswith(_KEY_SAID) or run.photographs is None:
        return None
    content = await asyncio.to_thread(run.photographs.read, name)
    if content is None:
        return None
    try:
        return await run.app.storage.cleaned(content)
    except Invalid as error:
        return Fault(column="", code=error.code, message=f"{name}: {error.message}")


def _key(name: str, read: CleanFile | Fault | None) -> str | None:
    """The key of a file that is about to be named."""
    if isinstance(read, CleanFile):
        return read.file.key
    said = name.removeprefix(_KEY_SAID)
    return said if said != name and _STORED.fullmatch(said) else None


async def _kept(
    run: Intake, name: str, read: CleanFile | Fault | None
) -> StoredFile | Fault | None:
    if isinstance(read, CleanFile):
        await run.app.storage.keep(read)
        return read.file
    if read is None and name.startswith(_KEY_SAID):
        return await described(run.app, name.removeprefix(_KEY_SAID))
    return read


def taken(run: Intake, source: SourceRecord, record: ProductRecord) -> Prepared | None:
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


def fault_of(error: Exception) -> Fault:
    if isinstance(error, ArgosyError):
        return Fault(column=error.field or "", code=error.code, message=error.message)
    return Fault(column="", code="refused", message="The database refused this product.")


def issue(source: SourceRecord, key: str, fault: Fault, severity: str) -> ImportIssue:
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
