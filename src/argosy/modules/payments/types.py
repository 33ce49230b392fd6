"""What goes in and out of payments. All amounts are Money; all instants are UTC."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final, Literal
from uuid import UUID

import msgspec

from argosy.kernel.events import Job
from argosy.kernel.money import Money

OperationKind = Literal["authorise", "capture", "void", "refund"]
OperationState = Literal["pending", "requires_action", "unknown", "succeeded", "declined", "failed"]
PaymentState = Literal[
    "pending",
    "requires_action",
    "unknown",
    "declined",
    "failed",
    "authorised",
    "partially_captured",
    "captured",
    "partially_refunded",
    "refunded",
    "voided",
]
CaptureMode = Literal["manual", "automatic"]
Instrument = dict[str, str]
"""What the shopper pays with: tokens and display words of the gateway, never card data."""

KEEP_FOR: Final = "keep_for"
KEPT: Final = "kept"
KEPT_FOR: Final = "kept_for"
"""Words of an instrument that the shop alone puts there: the customer (TypeID) for whom the gateway
shall keep what is paid with; a kept one's name at the gateway, and the gateway's name of its
holder. With a kept one go `brand` and `last4`.
"""


class Authorised(msgspec.Struct, frozen=True, kw_only=True, tag="authorised"):
    """The money is held. `reference` is the gateway's id of the payment.

    `evidence`: 3DS result, ECI, liability shift, network transaction id (DOMAIN.md H15).
    """

    reference: str | None = None
    capture_before: datetime | None = None
    evidence: dict[str, str] = {}


class Captured(msgspec.Struct, frozen=True, kw_only=True, tag="captured"):
    """The money is taken: the answer to a capture, or to an authorisation that captures at once."""

    reference: str | None = None
    operation_reference: str | None = None
    evidence: dict[str, str] = {}


class Voided(msgspec.Struct, frozen=True, kw_only=True, tag="voided"):
    """The hold is released; `amount` when the gateway released less than was asked."""

    reference: str | None = None
    operation_reference: str | None = None
    amount: Money | None = None


class Refunded(msgspec.Struct, frozen=True, kw_only=True, tag="refunded"):
    """The money is on its way back to the shopper."""

    reference: str | None = None
    operation_reference: str | None = None


class Declined(msgspec.Struct, frozen=True, kw_only=True, tag="declined"):
    """The bank or the gateway's risk check said no. `hard`: never try this instrument again.

    `code` is our word for the reason (rules.DECLINE_CODES); it may be more than shoppers may know.
    """

    code: str
    hard: bool = False
    reference: str | None = None
    operation_reference: str | None = None


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """Certainly without effect, and not a bank's no: never sent, refused as impossible, absent.

    `retryable`: the same thing may work later (the gateway could not be reached).
    """

    code: str
    retryable: bool = False
    reference: str | None = None
    operation_reference: str | None = None


class RequiresAction(msgspec.Struct, frozen=True, kw_only=True, tag="requires_action"):
    """The shopper must act at `url` (3DS, redirect); then ask again."""

    url: str
    reference: str | None = None


class Pending(msgspec.Struct, frozen=True, kw_only=True, tag="pending"):
    """The gateway took it and will know later (transfer, slow refund): webhook or poll tells."""

    reference: str | None = None
    operation_reference: str | None = None


class Unknown(msgspec.Struct, frozen=True, kw_only=True, tag="unknown"):
    """It may or may not have happened; only asking the gateway later can tell (DOMAIN.md H1)."""

    reason: str


Outcome = (
    Authorised
    | Captured
    | Voided
    | Refunded
    | Declined
    | Failed
    | RequiresAction
    | Pending
    | Unknown
)


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One call to a gateway: all that an adapter needs to make it, repeat it, or ask about it.

    `id` is the gateway's idempotency key and never goes with another amount (DOMAIN.md H3).
    `released` is what a final capture gives up. `payment_reference` is the gateway's id of the
    payment, once known.
    """

    id: UUID
    payment_id: UUID
    order_id: UUID
    gateway: str
    kind: OperationKind
    amount: Money
    state: OperationState
    instrument: Instrument
    capture: CaptureMode
    released: Money
    settled: Money | None = None
    takes_money: bool = False
    origin: Literal["shop", "gateway"] = "shop"
    return_url: str | None = None
    payment_reference: str | None = None
    reference: str | None = None
    outcome: Outcome | None = None
    request_key: str | None = None
    reason: str | None = None
    attempts: int = 0
    created_at: datetime
    updated_at: datetime

    @property
    def open(self) -> bool:
        """Not decided yet."""
        return self.state in {"pending", "requires_action", "unknown"}


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One tender of an order at one gateway, with its sums.

    `*_pending` sums belong to operations that are not decided. `operations` is filled by queries
    that say so, oldest first.
    """

    id: UUID
    order_id: UUID
    tender: int
    gateway: str
    state: PaymentState
    attempt_state: OperationState
    amount: Money
    authorised: Money
    captured: Money
    voided: Money
    refunded: Money
    capture_pending: Money
    void_pending: Money
    refund_pending: Money
    capture: CaptureMode
    instrument: Instrument
    return_url: str | None
    reference: str | None
    capture_before: datetime | None
    orphaned: bool
    version: int
    created_at: datetime
    operations: tuple[Operation, ...] = ()

    @property
    def capturable(self) -> Money:
        """Authorised and neither taken, released nor spoken for."""
        return (
            self.authorised - self.captured - self.voided - self.capture_pending - self.void_pending
        )

    @property
    def refundable(self) -> Money:
        """Captured and neither given back nor spoken for (DOMAIN.md H10)."""
        return self.captured - self.refunded - self.refund_pending


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What is on record after `record`: the winner's word, whoever won.

    `changed` is True for exactly one caller per change of state: it does what follows from it.
    `was` is the state before.
    """

    operation: Operation
    payment: Payment
    outcome: Outcome
    changed: bool
    was: OperationState


class OrderSums(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of an order's payments in minor units, those given up and voided late left out."""

    authorised_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    voided_minor: int = 0


class GatewayFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway says it holds for one payment, operation by operation decided or not."""

    reference: str
    authorised: Money
    captured: Money
    voided: Money
    refunded: Money


class GatewayBalance(msgspec.Struct, frozen=True, kw_only=True):
    """Open holds, captures and refunds in one currency: a gateway's, or ours for a gateway."""

    authorised: Money
    captured: Money
    refunded: Money


class KeptMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay that a gateway keeps. `reference` and `holder_reference` are its own names for
    it and for whom it belongs to. Never a card number; `last4` are the last four digits.
    """

    reference: str
    holder_reference: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


class WebhookHint(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified webhook is about. A hint: the truth is fetched (DOMAIN.md H4).

    `says` is the state that it claims for the operation: when we have that already, there is
    nothing to fetch.
    """

    event_id: str
    type: str
    payment_id: UUID | None = None
    operation_id: UUID | None = None
    says: OperationState | None = None


class StoredWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook in the store. `applied_at` is None while it waits."""

    gateway: str
    hint: WebhookHint
    received_at: datetime
    applied_at: datetime | None


class ApplyWebhook(Job, frozen=True, kw_only=True):
    """Act on a stored webhook."""

    NAME: ClassVar[str] = "payments.apply_webhook"

    gateway: str
    event_id: str


class ResolveOperation(Job, frozen=True, kw_only=True):
    """Find out what became of an operation, if it is still undecided."""

    NAME: ClassVar[str] = "payments.resolve_operation"

    operation_id: UUID


class KeepMethod(Job, frozen=True, kw_only=True):
    """A payment succeeded whose shopper wished that what they paid with is kept: keep it."""

    NAME: ClassVar[str] = "payments.keep_method"

    payment_id: UUID
