"""Facts that payments announces. Their subject is the order, so that its events stay in order."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event
from argosy.kernel.money import Money


class PaymentAuthorised(Event, frozen=True, kw_only=True):
    """Money is held for an order. `late`: after the attempt had been given up; it is voided."""

    TYPE: ClassVar[str] = "argosy.payments.payment_authorised.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    payment_id: UUID
    gateway: str
    amount: Money
    late: bool = False


class AuthorisationLapsing(Event, frozen=True, kw_only=True):
    """Held money that nobody has taken lapses within a day, at `capture_before`: capture it, or ask
    the shopper to pay anew.
    """

    TYPE: ClassVar[str] = "argosy.payments.authorisation_lapsing.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    payment_id: UUID
    gateway: str
    amount: Money
    capture_before: datetime


class PaymentActionRequired(Event, frozen=True, kw_only=True):
    """The shopper must confirm the payment (3DS, redirect)."""

    TYPE: ClassVar[str] = "argosy.payments.payment_action_required.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    payment_id: UUID
    gateway: str


class PaymentDeclined(Event, frozen=True, kw_only=True):
    """The bank or a risk check said no to an attempt."""

    TYPE: ClassVar[str] = "argosy.payments.payment_declined.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    payment_id: UUID
    gateway: str
    amount: Money
    code: str
    hard: bool


class PaymentFailed(Event, frozen=True, kw_only=True):
    """An attempt ended without effect and without a bank's no (provider down, abandoned)."""

    TYPE: ClassVar[str] = "argosy.payments.payment_failed.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    payment_id: UUID
    gateway: str
    amount: Money
    code: str


class PaymentCaptured(Event, frozen=True, kw_only=True):
    """Money was taken; `total_captured` is the payment's sum after it."""

    TYPE: ClassVar[str] = "argosy.payments.payment_captured.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    payment_id: UUID
    operation_id: UUID
    gateway: str
    amount: Money
    total_captured: Money


class PaymentVoided(Event, frozen=True, kw_only=True):
    """A hold was released."""

    TYPE: ClassVar[str] = "argosy.payments.payment_voided.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    payment_id: UUID
    operation_id: UUID
    gateway: str
    amount: Money


class PaymentRefunded(Event, frozen=True, kw_only=True):
    """Money was given back; `total_refunded` is the payment's sum after it."""

    TYPE: ClassVar[str] = "argosy.payments.payment_refunded.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    payment_id: UUID
    operation_id: UUID
    gateway: str
    amount: Money
    total_refunded: Money


class MoneyMoveFailed(Event, frozen=True, kw_only=True):
    """A capture, void or refund did not work. `after_success`: it had been reported as done before
    (a refund to a closed account): the money is owed again (DOMAIN.md H12).
    """

    TYPE: ClassVar[str] = "argosy.payments.money_move_failed.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    payment_id: UUID
    operation_id: UUID
    gateway: str
    kind: str
    amount: Money
    code: str
    after_success: bool = False
