"""Reading legal entities and documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from argosy.modules.invoices import store
from argosy.modules.invoices.errors import DocumentNotFound
from argosy.modules.invoices.types import Document, DocumentKind, Entity
from argosy.runtime.db import Tx

MAX_OF_ORDER: Final = 1000


async def entity_by_id(tx: Tx, entity_id: UUID) -> Entity:
    """Raises EntityNotFound."""
    return await store.entity(tx, entity_id)


async def entity_of_channel(tx: Tx, channel_id: UUID) -> Entity | None:
    """Who sells through the channel; None: nobody was named."""
    found = await store.entities(tx, channel_id=channel_id, limit=1)
    return found[0] if found else None


async def list_entities(tx: Tx, *, after: str | None = None, limit: int = 1000) -> list[Entity]:
    """Entities in the order of their codes, those after the code given."""
    return await store.entities(tx, after=after, limit=limit)


async def document_by_id(tx: Tx, document_id: UUID) -> Document:
    """Raises DocumentNotFound."""
    return await store.document(tx, document_id)


async def documents_of_order(tx: Tx, order_id: UUID) -> list[Document]:
    """All documents of an order, the oldest first."""
    return (await store.documents(tx, order_id=order_id, limit=MAX_OF_ORDER))[::-1]


def document_among(documents: Sequence[Document], document_id: UUID) -> Document:
    """The document with this id. Raises DocumentNotFound."""
    for document in documents:
        if document.id == document_id:
            return document
    raise DocumentNotFound("There is no such invoice or credit note.")


async def list_documents(
    tx: Tx,
    *,
    order_id: UUID | None = None,
    kind: DocumentKind | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[Document]:
    """Documents, the newest first, those older than the (instant, id) given."""
    return await store.documents(tx, order_id=order_id, kind=kind, before=before, limit=limit)
