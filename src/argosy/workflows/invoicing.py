"""Invoices and credit notes of orders: by staff, or as money is taken and given back.

Everything about an order's documents happens under the lock of the order, so that no unit is
invoiced twice; numbers are drawn last, in the same transaction (DOMAIN.md B20).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.modules import invoices, orders
from argosy.modules.invoices import (
    Corrected,
    Document,
    DraftDocument,
    Entity,
    EntityMissing,
    Item,
    NothingToInvoice,
    Party,
)
from argosy.modules.orders import Order, OrderLine
from argosy.modules.quote import Quote
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.invoice_items import (
    items_to_invoice,
    paired,
    reasons_of,
    units_to_credit,
)


async def issue_invoice(
    tx: Tx, order_id: UUID, wanted: Mapping[UUID, int] | None = None
) -> Document:
    """Invoice units of an order by its lines, or (None) all that is left, and take the number.

    Raises OrderNotFound, EntityMissing, NothingToInvoice, UnitsNotLeft.
    """
    order = await orders.lock_order(tx, order_id)
    entity = await _entity_of(tx, order)
    draft, count = await _draft(tx, order, entity, wanted)
    return await invoices.issue(tx, entity, draft, source=f"order:{order_id}:invoice:{count + 1}")


async def preview_invoice(
    tx: Tx, order_id: UUID, wanted: Mapping[UUID, int] | None = None
) -> DraftDocument:
    """What `issue_invoice` would issue now; nothing is written. Raises the same."""
    order = await orders.order_by_id(tx, order_id)
    return (await _draft(tx, order, await _entity_of(tx, order), wanted))[0]


async def issue_credit_note(
    tx: Tx,
    invoice_id: UUID,
    *,
    reason: str,
    wanted: Mapping[UUID, int] | None = None,
    amount_minor: int | None = None,
) -> Document:
    """Credit units of an invoice by the order's lines, or an amount, or (neither) all that is left.

    Raises DocumentNotFound, NothingToInvoice, UnitsNotLeft, TooMuchCredited.
    """
    invoice = await _invoice(tx, invoice_id)
    await orders.lock_order(tx, invoice.content.order_id)
    items, count = await _to_credit(tx, invoice, wanted, amount_minor)
    source = f"invoice:{invoice.id}:credit:{count + 1}"
    return await _credit(tx, invoice, items, reason=reason, source=source)


async def preview_credit_note(
    tx: Tx,
    invoice_id: UUID,
    *,
    reason: str,
    wanted: Mapping[UUID, int] | None = None,
    amount_minor: int | None = None,
) -> DraftDocument:
    """What `issue_credit_note` would issue now; nothing is written. Raises the same."""
    invoice = await _invoice(tx, invoice_id)
    items, _ = await _to_credit(tx, invoice, wanted, amount_minor)
    return _credit_draft(invoice, items, reason)


async def lines_to_credit(tx: Tx, invoice_id: UUID) -> list[tuple[OrderLine, int]]:
    """The lines of the order of which units are left on the invoice, and how many. Raises
    DocumentNotFound.
    """
    invoice = await _invoice(tx, invoice_id)
    order_id = invoice.content.order_id
    quoted = msgspec.convert(await orders.quote_of(tx, order_id), Quote)
    left = _left(invoice, await invoices.documents_of_order(tx, order_id))
    units = {item.key: item.quantity for item in left if item.kind == "line"}
    return [
        (line, units[piece.key])
        for line, piece in paired(quoted, await orders.lines_of(tx, order_id))
        if units.get(piece.key)
    ]


async def _invoice(tx: Tx, invoice_id: UUID) -> Document:
    found = await invoices.document_by_id(tx, invoice_id)
    if found.content.kind != "invoice":
        raise invoices.DocumentNotFound("This is a credit note, not an invoice.")
    return found


async def _to_credit(
    tx: Tx, invoice: Document, wanted: Mapping[UUID, int] | None, amount_minor: int | None
) -> tuple[tuple[Item, ...], int]:
    """The items of the next credit note, and how many there are."""
    order_id = invoice.content.order_id
    known = await invoices.documents_of_order(tx, order_id)
    left = _left(invoice, known)
    if wanted is None:
        items = invoices.credited(left, amount_minor)
    else:
        quoted = msgspec.convert(await orders.quote_of(tx, order_id), Quote)
        items = units_to_credit(quoted, await orders.lines_of(tx, order_id), left, wanted)
    if not items:
        raise NothingToInvoice("Nothing of this invoice is left to credit.")
    return items, sum(1 for one in known if _corrects(one, invoice))


async def invoice_paid(tx: Tx, events: Sequence[Delivered]) -> None:
    """Orders that are paid in full are invoiced, where their seller wants that. Refunds that were
    heard of before there was an invoice are credited with it.
    """
    for event in events:
        order = await orders.lock_order(tx, UUID(str(event.data["order_id"])))
        entity = await invoices.entity_of_channel(tx, order.channel_id)
        if entity is None or not entity.automatic or order.captured_minor < order.total_minor:
            continue
        try:
            draft, count = await _draft(tx, order, entity, None)
        except NothingToInvoice:
            continue
        source = f"order:{order.id}:invoice:{count + 1}"
        await invoices.issue(tx, entity, draft, source=source)
        await _credit_what_went_back(tx, order, f"paid:{order.id}")


async def credit_refunded(tx: Tx, events: Sequence[Delivered]) -> None:
    """What is refunded of invoiced orders is credited, the oldest invoice first, where their seller
    wants that. What was credited by hand before is not credited twice: only what is left is.
    """
    for event in events:
        order = await orders.lock_order(tx, UUID(str(event.data["order_id"])))
        entity = await invoices.entity_of_channel(tx, order.channel_id)
        if entity is not None and entity.automatic:
            await _credit_what_went_back(tx, order, f"refund:{event.data['operation_id']}")


async def _credit_what_went_back(tx: Tx, order: Order, cause: str) -> None:
    """Credits and refunds are compared in total: a note written before its refund counts."""
    known = await invoices.documents_of_order(tx, order.id)
    credits_made = sum(
        one.content.total_minor for one in known if one.content.kind == "credit_note"
    )
    due = order.refunded_minor - credits_made
    for invoice in [one for one in known if one.content.kind == "invoice"]:
        left = _left(invoice, known)
        part = min(due, sum(item.total_minor for item in left))
        if part <= 0:
            continue
        due -= part
        items = invoices.credited(left, part)
        await _credit(tx, invoice, items, reason="refund", source=f"{cause}:{invoice.id}")


async def _entity_of(tx: Tx, order: Order) -> Entity:
    entity = await invoices.entity_of_channel(tx, order.channel_id)
    if entity is None:
        raise EntityMissing("The order's channel belongs to no legal entity.")
    return entity


async def _draft(
    tx: Tx, order: Order, entity: Entity, wanted: Mapping[UUID, int] | None
) -> tuple[DraftDocument, int]:
    """The next invoice of an order, and how many there are."""
    if order.confirmed_at is None or order.stage != "confirmed":
        raise NothingToInvoice("Only orders that are confirmed are invoiced.")
    quoted = msgspec.convert(await orders.quote_of(tx, order.id), Quote)
    lines = await orders.lines_of(tx, order.id)
    known = await invoices.documents_of_order(tx, order.id)
    issued = [one for one in known if one.content.kind == "invoice"]
    before = [item for one in issued for item in one.content.items]
    items = items_to_invoice(quoted, lines, before, wanted)
    if not items:
        raise NothingToInvoice("All of this order is invoiced.")
    buyer = order.billing_address or order.shipping_address
    draft = DraftDocument(
        kind="invoice",
        order_id=order.id,
        order_number=order.number or "",
        currency=order.currency,
        seller=Party(
            name=entity.name,
            address=entity.address,
            tax_id=entity.tax_id,
            email=entity.email,
            registration=entity.registration,
        ),
        buyer=Party(
            name=_name(buyer),
            address=buyer,
            tax_id=quoted.buyer.tax_id if quoted.buyer else "",
            email=order.email,
        ),
        tax_date=quoted.tax_date or order.confirmed_at.astimezone(UTC).date(),
        items=items,
        groups=invoices.grouped(items, reasons_of(quoted)),
        ship_to=order.shipping_address,
        note=_import_note(quoted),
        locale=order.locale,
    )
    return draft, len(issued)


def _import_note(quoted: Quote) -> str:
    """What the document says of goods that come into the EU for the sale (B18)."""
    found = quoted.imported
    if found is None:
        return ""
    return found.note or "VAT of the destination, declared in the import one-stop shop (IOSS)"


async def _credit(
    tx: Tx, invoice: Document, items: tuple[Item, ...], *, reason: str, source: str
) -> Document:
    """A credit note that refers to its invoice, by the same entity and with the same parties."""
    entity = await invoices.entity_by_id(tx, invoice.entity_id)
    return await invoices.issue(tx, entity, _credit_draft(invoice, items, reason), source=source)


def _credit_draft(invoice: Document, items: tuple[Item, ...], reason: str) -> DraftDocument:
    reasons = {(group.category, group.rate): group.reason for group in invoice.content.groups}
    return msgspec.structs.replace(
        invoice.content,
        kind="credit_note",
        items=items,
        groups=invoices.grouped(items, reasons),
        corrects=Corrected(
            id=invoice.id, number=invoice.number, issued_on=invoice.issued_on, reason=reason
        ),
    )


def _left(invoice: Document, known: Sequence[Document]) -> tuple[Item, ...]:
    gone = [item for one in known if _corrects(one, invoice) for item in one.content.items]
    return invoices.left_of(invoice.content.items, gone)


def _corrects(document: Document, invoice: Document) -> bool:
    corrects = document.content.corrects
    return corrects is not None and corrects.id == invoice.id


def _name(address: Address | None) -> str:
    return "" if address is None else address.company or address.name
