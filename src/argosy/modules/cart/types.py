"""What a cart is. A cart names wishes, the quote says what they cost; a price that a line holds is
only kept here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.personal import SentFile
from argosy.kernel.tax_id import TaxIdEvidence

CartState = Literal["open", "placing", "awaiting_action", "placed", "expired"]

MAX_LINES = 100
MAX_QUANTITY = 9999
MAX_COUPONS = 10
MAX_KEYS = 100
"""How many changes by Idempotency-Key a cart remembers."""


class HeldPrice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a unit cost in `market` when the line was added, from `min_quantity` units on: held
    `until` then, in minor units of the cart's currency as its list says. Not read by the cart.
    """

    until: datetime
    amount_minor: int
    min_quantity: int
    price_id: UUID
    price_list_id: UUID
    level: str
    market: str
    compare_at_minor: int | None = None


class CartLine(msgspec.Struct, frozen=True, kw_only=True):
    """So many pieces of one variant. `configuration` is what the shopper made of it (engraving).

    `held`: its price of the moment when it was added, in channels that hold prices. `files`: of
    those answers that are files, by code, what was sent; without it such an answer is not taken.
    """

    id: UUID
    variant_id: UUID
    quantity: int
    configuration: dict[str, str] = {}
    held: HeldPrice | None = None
    files: dict[str, SentFile] = {}


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    """A cart as stored. `version` grows with every change and guards each of them.

    `attempt` counts the purchases that were begun; the order has the same id as the cart.
    `shipping_method` is a shipping method's code or id as the channel's rules know it. `applied`
    marks the changes that came with an Idempotency-Key, oldest first (see `mark_of`). `coupons` are
    codes as typed; what they are worth is not known here. `declined_gifts` are variants that the
    shopper does not want to be given. `tax_id` is the buyer's, with what its register said.
    `locale` is the language that the shopper reads; "": the channel's own.
    """

    id: UUID
    channel_id: UUID
    customer_id: UUID | None
    currency: str
    state: CartState
    version: int
    attempt: int
    lines: tuple[CartLine, ...]
    email: str
    shipping_address: Address | None
    billing_address: Address | None
    shipping_method: str | None
    merged_into: UUID | None
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime
    applied: tuple[str, ...] = ()
    coupons: tuple[str, ...] = ()
    declined_gifts: tuple[UUID, ...] = ()
    tax_id: TaxIdEvidence | None = None
    locale: str = ""


MergeNoteCode = Literal["quantity_summed", "quantity_capped", "line_kept_in_guest_cart"]


class MergeNote(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to one line of the guest's cart at sign-in (DOMAIN.md G9)."""

    code: MergeNoteCode
    variant_id: UUID
    wanted: int
    kept: int


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """The account's cart after a merge, what is left of the guest's, and what to tell."""

    cart: Cart
    guest: Cart
    notes: tuple[MergeNote, ...]
