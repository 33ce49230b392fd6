"""Mappings at work: what a file's columns may be, what its first rows become, and a saved mapping
put into the options of an import.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from argosy.modules import catalog, mappings
from argosy.modules.catalog import Fault
from argosy.modules.catalog.ports import ProductSource, SourceRecord, Table
from argosy.modules.mappings import Suggestion
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.product_intake import issue
from argosy.workflows.product_record import decoded

SHOWN_ROWS = 5


class PreviewFault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong in a row of a preview: where it stands in the file, and why."""

    row: int
    column: str
    message: str


class PreviewRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the mapping makes of the rows of one product."""

    row: int
    record: dict[str, Any]
    faults: tuple[PreviewFault, ...]


class TableHead(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a file, its first rows, and what each column may be."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    suggestions: tuple[Suggestion, ...]


async def with_mapping(
    tx: Tx, options: Mapping[str, object], code: str, *, version: int | None = None
) -> dict[str, object]:
    """The options of an import with the mapping as it is now: what is planned later goes by this
    version, whatever becomes of the mapping meanwhile. Raises MappingNotFound.
    """
    found = await mappings.mapping_by_code(tx, code, version=version)
    return {
        **options,
        "mapping": msgspec.to_builtins(found.document),
        "mapping_code": found.code,
        "mapping_version": found.version,
    }


async def head_of(
    app: App,
    upload: str,
    *,
    sheet: str | None = None,
    header_row: int = 1,
    price_list: str | None = None,
    location: str | None = None,
) -> TableHead:
    """Look into an upload, and suggest what its columns are. Raises FileUnreadable."""

    def read() -> Table:
        return app.storage.open_table(upload, sheet=sheet, header_row=header_row)

    await app.storage.bring_upload(upload)
    table = await asyncio.to_thread(read)
    return await head_of_table(app, table, price_list=price_list, location=location)


async def head_of_table(
    app: App, table: Table, *, price_list: str | None = None, location: str | None = None
) -> TableHead:
    """The same of a table that is open. Raises FileUnreadable."""
    rows = await asyncio.to_thread(
        lambda: tuple(row for _, row in islice(table.rows(), SHOWN_ROWS))
    )
    async with app.db.reading() as tx:
        known = await catalog.list_attributes(tx)
    found = mappings.suggest(
        table.columns,
        attributes={one.code: one.label for one in known},
        price_list=price_list,
        location=location,
    )
    return TableHead(columns=table.columns, rows=rows, suggestions=tuple(found))


async def preview(
    app: App, upload: str, document: mappings.Mapping, *, file_name: str, limit: int = SHOWN_ROWS
) -> list[PreviewRecord]:
    """What a mapping makes of the first products of an upload; nothing is stored.

    Raises FileUnreadable, MappingInvalid.
    """

    def read() -> list[PreviewRecord]:
        options = {"mapping": msgspec.to_builtins(document)}
        source = app.storage.open_products(upload, "mapped", options, name=file_name)
        return preview_of(source, limit=limit)

    await app.storage.bring_upload(upload)
    return await asyncio.to_thread(read)


def preview_of(source: ProductSource, *, limit: int = SHOWN_ROWS) -> list[PreviewRecord]:
    """The first products of a source with what is wrong in them. Raises FileUnreadable."""
    return list(islice(_products(source.records()), limit))


def _products(records: Iterator[SourceRecord]) -> Iterator[PreviewRecord]:
    for record in records:
        if record.faults or record.data.get("kind") == "product":
            typed = decoded(record.data)
            wrong = (typed,) if isinstance(typed, Fault) and not record.faults else record.faults
            yield PreviewRecord(
                row=record.row,
                record=record.data,
                faults=tuple(_told(record, wrong)),
            )


def _told(record: SourceRecord, faults: Sequence[Fault]) -> Iterator[PreviewFault]:
    for fault in faults:
        found = issue(record, "", fault, "error")
        yield PreviewFault(row=found.row, column=found.column, message=found.message)


def document_of(suggestions: Sequence[Suggestion]) -> mappings.Mapping:
    """A mapping of everything that was suggested, to begin with. Raises MappingInvalid when nothing
    was.
    """
    rules = tuple(one.rule for one in suggestions if one.rule is not None)
    if not rules:
        raise mappings.MappingInvalid("No column looks like a field of a product.", field="rules")
    return mappings.Mapping(rules=rules)
