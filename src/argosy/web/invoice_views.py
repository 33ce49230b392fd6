"""Invoices and credit notes as answers show them."""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules.invoices import Document, DraftDocument, Party
from argosy.web.addresses import AddressBody


class PartyView(msgspec.Struct, frozen=True, kw_only=True):
    """The seller or the buyer."""

    name: str
    address: AddressBody | None
    tax_id: str
    email: str
    registration: str


class InvoiceItemView(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a line, or a share of shipping or of a fee. `category` is the VAT category of EN
    16931 (UNCL 5305), `rate` a ratio.
    """

    kind: str
    name: str
    sku: str
    quantity: int
    category: str
    rate: Decimal
    net: Money
    tax: Money
    total: Money


class InvoiceGroupView(msgspec.Struct, frozen=True, kw_only=True):
    """The tax of one category and rate. `reason` says why none is due."""

    category: str
    rate: Decimal
    net: Money
    tax: Money
    reason: str


class CorrectedView(msgspec.Struct, frozen=True, kw_only=True):
    """The invoice that a credit note corrects."""

    id: str
    number: str
    issued_on: date
    reason: str


class InvoicePreview(msgspec.Struct, frozen=True, kw_only=True):
    """A document before it has a number. Amounts of a credit note are positive."""

    kind: str
    order_id: str
    order_number: str
    seller: PartyView
    buyer: PartyView
    ship_to: AddressBody | None
    tax_date: date
    items: list[InvoiceItemView]
    groups: list[InvoiceGroupView]
    net: Money
    tax: Money
    total: Money
    corrects: CorrectedView | None

    @classmethod
    def of(cls, draft: DraftDocument) -> "InvoicePreview":
        """As answers show it."""
        return InvoicePreview(**_content(draft))


class InvoiceView(InvoicePreview, frozen=True, kw_only=True):
    """An issued document; it never changes."""

    id: str
    entity_id: str
    number: str
    issued_at: datetime
    issued_on: date

    @classmethod
    def of_document(cls, document: Document) -> "InvoiceView":
        """As answers show it."""
        return cls(
            id=encode("invoice", document.id),
            entity_id=encode("legal_entity", document.entity_id),
            number=document.number,
            issued_at=document.issued_at,
            issued_on=document.issued_on,
            **_content(document.content),
        )


def _content(draft: DraftDocument) -> dict:  # type: ignore[type-arg]
    def money(minor: int) -> Money:
        return Money(minor, draft.currency)

    corrects = draft.corrects
    return {
        "kind": draft.kind,
        "order_id": encode("order", draft.order_id),
        "order_number": draft.order_number,
        "seller": _party(draft.seller),
        "buyer": _party(draft.buyer),
        "ship_to": _address(draft.ship_to),
        "tax_date": draft.tax_date,
        "items": [
            InvoiceItemView(
                kind=item.kind,
                name=item.name,
                sku=item.sku,
                quantity=item.quantity,
                category=item.category,
                rate=item.rate,
                net=money(item.net_minor),
                tax=money(item.tax_minor),
                total=money(item.total_minor),
            )
            for item in draft.items
        ],
        "groups": [
            InvoiceGroupView(
                category=group.category,
                rate=group.rate,
                net=money(group.net_minor),
                tax=money(group.tax_minor),
                reason=group.reason,
            )
            for group in draft.groups
        ],
        "net": money(draft.net_minor),
        "tax": money(draft.tax_minor),
        "total": money(draft.total_minor),
        "corrects": None
        if corrects is None
        else CorrectedView(
            id=encode("invoice", corrects.id),
            number=corrects.number,
            issued_on=corrects.issued_on,
            reason=corrects.reason,
        ),
    }


def _party(party: Party) -> PartyView:
    return PartyView(
        name=party.name,
        address=_address(party.address),
        tax_id=party.tax_id,
        email=party.email,
        registration=party.registration,
    )


def _address(address: Address | None) -> AddressBody | None:
    return None if address is None else AddressBody.of(address)
