"""Invoices: numbered documents of what was sold, and credit notes that correct them (B20, B21).

Owns schema `invoices`: legal entities and the channels they sell through, number series without
gaps, and documents that never change once issued.
Emits DocumentIssued. Never decides what was sold or paid: it is told, and only checks sums.
"""

from argosy.modules.invoices.commands import create_entity, issue, update_entity
from argosy.modules.invoices.errors import (
    DocumentNotFound,
    EntityChanged,
    EntityCodeTaken,
    EntityInvalid,
    EntityMissing,
    EntityNotFound,
    NothingToInvoice,
    TooMuchCredited,
    UnitsNotLeft,
)
from argosy.modules.invoices.events import DocumentIssued
from argosy.modules.invoices.queries import (
    document_among,
    document_by_id,
    documents_of_order,
    entity_by_id,
    entity_of_channel,
    list_documents,
    list_entities,
)
from argosy.modules.invoices.rules import credited, grouped, left_of, share_of
from argosy.modules.invoices.types import (
    Corrected,
    Document,
    DocumentKind,
    DraftDocument,
    Entity,
    GroupSum,
    Item,
    ItemKind,
    Party,
    SetEntity,
)

__all__ = [
    "Corrected",
    "Document",
    "DocumentIssued",
    "DocumentKind",
    "DocumentNotFound",
    "DraftDocument",
    "Entity",
    "EntityChanged",
    "EntityCodeTaken",
    "EntityInvalid",
    "EntityMissing",
    "EntityNotFound",
    "GroupSum",
    "Item",
    "ItemKind",
    "NothingToInvoice",
    "Party",
    "SetEntity",
    "TooMuchCredited",
    "UnitsNotLeft",
    "create_entity",
    "credited",
    "document_among",
    "document_by_id",
    "documents_of_order",
    "entity_by_id",
    "entity_of_channel",
    "grouped",
    "issue",
    "left_of",
    "list_documents",
    "list_entities",
    "share_of",
    "update_entity",
]
