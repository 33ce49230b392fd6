"""Facts about orders. Ids, amounts and states only: personal data is read from the order."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event
from argosy.kernel.money import Money


class OrderOpened(Event, frozen=True, kw_only=True):
    """A purchase began: stock is held, the order waits for its payment."""

    TYPE: ClassVar[str] = "argosy.orders.order_opened.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    channel_id: UUID
    attempt: int
    total: Money
    gateway: str | None = None


class OrderPending(Event, frozen=True, kw_only=True):
    """The order stands and has its number, but the money of its slow method is still to come."""

    TYPE: ClassVar[str] = "argosy.orders.order_pending.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    channel_id: UUID
    number: str
    total: Money


class OrderPlaced(Event, frozen=True, kw_only=True):
    """The order is confirmed: its payment is authorised, captured, or not needed."""

    TYPE: ClassVar[str] = "argosy.orders.order_placed.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    channel_id: UUID
    customer_id: UUID | None = None
    number: str
    total: Money
    units: int


class OrderPaymentFailed(Event, frozen=True, kw_only=True):
    """The payment attempt ended without money: declined, abandoned or expired."""

    TYPE: ClassVar[str] = "argosy.orders.order_payment_failed.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    channel_id: UUID
    attempt: int
    failure: str


class OrderCancelled(Event, frozen=True, kw_only=True):
    """The order will not be fulfilled."""

    TYPE: ClassVar[str] = "argosy.orders.order_cancelled.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    channel_id: UUID
    number: str | None = None
    reason: str


class OrderHeld(Event, frozen=True, kw_only=True):
    """The order must not be shipped until this hold is released."""

    TYPE: ClassVar[str] = "argosy.orders.order_held.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    channel_id: UUID
    hold_id: UUID
    kind: str


class OrderHoldReleased(Event, frozen=True, kw_only=True):
    """One hold of the order is gone; others may remain."""

    TYPE: ClassVar[str] = "argosy.orders.order_hold_released.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    channel_id: UUID
    hold_id: UUID
    kind: str


class OrderClaimed(Event, frozen=True, kw_only=True):
    """A guest's order now belongs to the account that verified its e-mail."""

    TYPE: ClassVar[str] = "argosy.orders.order_claimed.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    channel_id: UUID
    customer_id: UUID
