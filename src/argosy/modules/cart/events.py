"""Facts about carts."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class CartAbandoned(Event, frozen=True, kw_only=True):
    """An open cart with lines was not touched for a month and is over."""

    TYPE: ClassVar[str] = "argosy.cart.cart_abandoned.v1"
    SUBJECT_KIND: ClassVar[str] = "cart"
    SUBJECT_FIELD: ClassVar[str] = "cart_id"

    cart_id: UUID
    channel_id: UUID
    customer_id: UUID | None = None
    lines: int


class CartMerged(Event, frozen=True, kw_only=True):
    """A guest's cart was poured into the cart of the account that signed in."""

    TYPE: ClassVar[str] = "argosy.cart.cart_merged.v1"
    SUBJECT_KIND: ClassVar[str] = "cart"
    SUBJECT_FIELD: ClassVar[str] = "cart_id"

    cart_id: UUID
    into_cart_id: UUID
    customer_id: UUID
