"""Setting up who sells, and issuing documents."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from argosy.kernel.ids import new_id
from argosy.kernel.money import Money
from argosy.modules.invoices import store
from argosy.modules.invoices.errors import EntityChanged
from argosy.modules.invoices.events import DocumentIssued
from argosy.modules.invoices.rules import check_entity, check_renumbering, number_of, period_of
from argosy.modules.invoices.types import Document, DraftDocument, Entity, SetEntity
from argosy.runtime.db import Tx


async def create_entity(tx: Tx, cmd: SetEntity) -> Entity:
    """Create a legal entity. Raises EntityInvalid, EntityCodeTaken."""
    entity_id, cmd = new_id(), check_entity(cmd)
    await store.insert_entity(tx, entity_id, cmd)
    await store.set_channels(tx, entity_id, cmd.channel_ids)
    return await store.entity(tx, entity_id)


async def update_entity(
    tx: Tx, entity_id: UUID, cmd: SetEntity, *, expected_version: int
) -> Entity:
    """Replace an entity's settings. Documents keep what they were issued with; how they are
    numbered cannot change after the first.

    Raises EntityNotFound, EntityInvalid, EntityCodeTaken, EntityChanged.
    """
    before, cmd = await store.entity(tx, entity_id), check_entity(cmd)
    if await store.has_documents(tx, entity_id):
        check_renumbering(before, cmd)
    if await store.update_entity(tx, entity_id, expected_version, cmd) is None:
        raise EntityChanged("The legal entity was changed meanwhile.")
    await store.set_channels(tx, entity_id, cmd.channel_ids)
    return await store.entity(tx, entity_id)


async def issue(tx: Tx, entity: Entity, draft: DraftDocument, *, source: str) -> Document:
    """Give the draft the next number of its series and keep it for good; a repeat with the same
    source gives the first one back.

    The number is drawn in the caller's transaction: a rollback burns none (B20). Asserts that the
    sums by group are those of the items.
    """
    known = await store.document_of_source(tx, source)
    if known is not None:
        return known
    assert sum(group.net_minor for group in draft.groups) == draft.net_minor
    assert sum(group.tax_minor for group in draft.groups) == draft.tax_minor
    day = tx.now.astimezone(ZoneInfo(entity.time_zone)).date()
    period = period_of(entity, day)
    sequence = await store.next_sequence(tx, entity.id, draft.kind, period)
    document = Document(
        id=new_id(),
        entity_id=entity.id,
        number=number_of(entity, draft.kind, period, sequence),
        sequence=sequence,
        issued_at=tx.now,
        issued_on=day,
        source=source,
        content=draft,
    )
    await store.insert_document(tx, document, period)
    tx.emit(
        DocumentIssued(
            order_id=draft.order_id,
            document_id=document.id,
            kind=draft.kind,
            number=document.number,
            total=Money(draft.total_minor, draft.currency),
            corrects=None if draft.corrects is None else draft.corrects.number,
        )
    )
    return document
