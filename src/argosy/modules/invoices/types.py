"""Legal entities and their documents. Amounts are minor units of the document's currency; rates are
ratios. Amounts of a credit note are positive: its kind says which way they go.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel.address import Address

DocumentKind = Literal["invoice", "credit_note"]
ItemKind = Literal["line", "charge", "shipping"]


class SetEntity(msgspec.Struct, frozen=True, kw_only=True):
    """Who sells: the legal entity on the invoices of its channels.

    Each channel belongs to one entity at most. Numbers are a prefix, with `yearly` the year in
    `time_zone`, and a count without gaps: INV-2026-000001. `automatic`: an invoice is issued when
    an order is paid in full, and a credit note when money of it goes back.
    """

    code: str
    name: str
    address: Address
    tax_id: str = ""
    email: str = ""
    registration: str = ""
    channel_ids: tuple[UUID, ...] = ()
    invoice_prefix: str = "INV-"
    credit_prefix: str = "CRN-"
    yearly: bool = True
    time_zone: str = "UTC"
    automatic: bool = False


class Entity(SetEntity, frozen=True, kw_only=True):
    """A legal entity."""

    id: UUID
    version: int = 1


class Party(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The seller or the buyer as the document names them."""

    name: str
    address: Address | None = None
    tax_id: str = ""
    email: str = ""
    registration: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Units of a line, or a share of shipping or of a fee: net + tax is its total.

    `key` is the same on every document of an order. `first_unit` counts the line's units from 0.
    `category` is the VAT category of EN 16931, `rate` the sum of the taxes that apply.
    """

    key: str
    kind: ItemKind
    name: str
    category: str
    rate: Decimal
    net_minor: int
    tax_minor: int
    sku: str = ""
    quantity: int = 1
    first_unit: int = 0

    @property
    def total_minor(self) -> int:
        """What the buyer pays for it."""
        return self.net_minor + self.tax_minor


class GroupSum(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The tax of one category and rate over the document. `reason` says why none is due."""

    category: str
    rate: Decimal
    net_minor: int
    tax_minor: int
    reason: str = ""


class Corrected(msgspec.Struct, frozen=True, kw_only=True):
    """The invoice that a credit note corrects, and why."""

    id: UUID
    number: str
    issued_on: date
    reason: str = ""


class DraftDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document before it has a number. `tax_date` is the tax point (B6). `note` says what else
    has to be told of its taxes. `locale` is the language that it is written in; empty: English.
    """

    kind: DocumentKind
    order_id: UUID
    order_number: str
    currency: str
    seller: Party
    buyer: Party
    tax_date: date
    items: tuple[Item, ...]
    groups: tuple[GroupSum, ...]
    ship_to: Address | None = None
    corrects: Corrected | None = None
    note: str = ""
    locale: str = ""

    @property
    def net_minor(self) -> int:
        """The sum without tax."""
        return sum(item.net_minor for item in self.items)

    @property
    def tax_minor(self) -> int:
        """The sum of the taxes."""
        return sum(item.tax_minor for item in self.items)

    @property
    def total_minor(self) -> int:
        """The sum with tax."""
        return self.net_minor + self.tax_minor


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """An issued document. It never changes; `source` is what it was issued for, once."""

    id: UUID
    entity_id: UUID
    number: str
    sequence: int
    issued_at: datetime
    issued_on: date
    source: str
    content: DraftDocument
