"""The only file of invoices that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.modules.invoices.errors import DocumentNotFound, EntityCodeTaken, EntityNotFound
from argosy.modules.invoices.types import Document, DocumentKind, Entity, SetEntity
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def entities(
    tx: Tx,
    *,
    entity_id: UUID | None = None,
    channel_id: UUID | None = None,
    after: str | None = None,
    limit: int,
) -> list[Entity]:
    """Entities by code."""
    return [
        _entity(row) for row in await tx.many(SQL.entities, entity_id, after, limit, channel_id)
    ]


async def entity(tx: Tx, entity_id: UUID) -> Entity:
    """Raises EntityNotFound."""
    found = await entities(tx, entity_id=entity_id, limit=1)
    if not found:
        raise EntityNotFound("There is no such legal entity.")
    return found[0]


async def insert_entity(tx: Tx, entity_id: UUID, given: SetEntity) -> None:
    """Raises EntityCodeTaken."""
    with _named():
        await tx.run(SQL.insert_entity, entity_id, *_values(given), tx.now)


async def update_entity(tx: Tx, entity_id: UUID, version: int, given: SetEntity) -> int | None:
    """The new version, None if it is another by now. Raises EntityCodeTaken."""
    with _named():
        row = await tx.maybe(SQL.update_entity, entity_id, version, *_values(given), tx.now)
    return None if row is None else int(row["version"])


async def set_channels(tx: Tx, entity_id: UUID, channel_ids: Sequence[UUID]) -> None:
    """Raises EntityCodeTaken if another entity sells through one of them."""
    with _named():
        await tx.run(SQL.set_channels, entity_id, list(channel_ids))


async def has_documents(tx: Tx, entity_id: UUID) -> bool:
    """Whether the entity has issued any."""
    return bool((await tx.one(SQL.has_documents, entity_id))["any"])


async def next_sequence(tx: Tx, entity_id: UUID, kind: DocumentKind, period: str) -> int:
    """The next number of the series; nobody else gets one before this transaction ends."""
    return int((await tx.one(SQL.next_sequence, entity_id, kind, period))["last"])


async def insert_document(tx: Tx, document: Document, period: str) -> None:
    """Write it, once and for all."""
    content = document.content
    await tx.run(
        SQL.insert_document,
        document.id,
        document.entity_id,
        content.kind,
        period,
        document.sequence,
        document.number,
        content.order_id,
        None if content.corrects is None else content.corrects.id,
        document.source,
        content.currency,
        content.net_minor,
        content.tax_minor,
        content.total_minor,
        document.issued_at,
        document.issued_on,
        content,
    )


async def documents(
    tx: Tx,
    *,
    document_id: UUID | None = None,
    order_id: UUID | None = None,
    kind: DocumentKind | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[Document]:
    """Documents, the newest first."""
    instant, last = before or (None, None)
    rows = await tx.many(SQL.documents, document_id, order_id, kind, instant, last, limit)
    return [_document(row) for row in rows]


async def document(tx: Tx, document_id: UUID) -> Document:
    """Raises DocumentNotFound."""
    found = await documents(tx, document_id=document_id, limit=1)
    if not found:
        raise DocumentNotFound("There is no such invoice or credit note.")
    return found[0]


async def document_of_source(tx: Tx, source: str) -> Document | None:
    """What was issued for this before."""
    row = await tx.maybe(SQL.document_of_source, source)
    return None if row is None else _document(row)


def _values(given: SetEntity) -> tuple[object, ...]:
    return (
        given.code,
        given.name,
        given.address,
        given.tax_id,
        given.email,
        given.registration,
        given.invoice_prefix,
        given.credit_prefix,
        given.yearly,
        given.time_zone,
        given.automatic,
    )


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        name = constraint(error)
        if name in {"entity_code_unique", "entity_channel_pkey"}:
            field = "code" if name == "entity_code_unique" else "channel_ids"
            raise EntityCodeTaken("Another legal entity has this.", field=field) from error
        raise


def _entity(row: Record) -> Entity:
    return msgspec.convert(dict(row), Entity)


def _document(row: Record) -> Document:
    return msgspec.convert(dict(row), Document)
