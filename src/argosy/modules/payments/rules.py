"""Pure decisions about payments: transitions, amounts, pauses, words for shoppers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, assert_never
from uuid import UUID

import msgspec

from argosy.kernel.ids import new_id
from argosy.kernel.money import Money
from argosy.modules.payments.errors import (
    AmountInvalid,
    InstrumentInvalid,
    NotCapturable,
    NotRefundable,
    NotVoidable,
    PaymentBusy,
    RequestKeyReused,
)
from argosy.modules.payments.types import (
    Authorised,
    Captured,
    CaptureMode,
    Declined,
    Failed,
    Instrument,
    Operation,
    OperationKind,
    OperationState,
    Outcome,
    Payment,
    Pending,
    Refunded,
    RequiresAction,
    Unknown,
    Voided,
)

OPEN: Final[frozenset[OperationState]] = frozenset({"pending", "requires_action", "unknown"})

_FROM_UNDECIDED: Final[dict[OperationState, frozenset[OperationState]]] = {
    "pending": frozenset(
        {"pending", "requires_action", "unknown", "succeeded", "declined", "failed"}
    ),
    # A question that got no answer does not make us forget what we know: no way back to unknown.
    "requires_action": frozenset({"pending", "requires_action", "succeeded", "declined", "failed"}),
    "unknown": frozenset(
        {"pending", "requires_action", "unknown", "succeeded", "declined", "failed"}
    ),
    "succeeded": frozenset(),
    "declined": frozenset(),
    # Given up because the gateway had never heard of it, and then it happened all the same.
    "failed": frozenset({"succeeded"}),
}

TRANSITIONS: Final[dict[OperationKind, dict[OperationState, frozenset[OperationState]]]] = {
    "authorise": _FROM_UNDECIDED,
    "capture": _FROM_UNDECIDED,
    "void": _FROM_UNDECIDED,
    # A refund that succeeded may come back weeks later, from a closed account (DOMAIN.md H12).
    "refund": {**_FROM_UNDECIDED, "succeeded": frozenset({"failed"})},
}
"""Where an operation may go from each state. What is not listed is a no-op (DOMAIN.md H5)."""


def sources(state: OperationState) -> list[str]:
    """Every `kind:state` from which an operation may become `state`; what the store compares."""
    return [
        f"{kind}:{before}"
        for kind, table in TRANSITIONS.items()
        for before, after in table.items()
        if state in after
    ]


SOURCES: Final[dict[OperationState, list[str]]] = {
    state: sources(state) for state in _FROM_UNDECIDED
}


def state_of(outcome: Outcome) -> OperationState:
    """The state an operation has after an outcome."""
    match outcome:
        case Authorised() | Captured() | Voided() | Refunded():
            return "succeeded"
        case Declined():
            return "declined"
        case Failed():
            return "failed"
        case RequiresAction():
            return "requires_action"
        case Pending():
            return "pending"
        case Unknown():
            return "unknown"
        case _:
            assert_never(outcome)


_ANSWERS: Final[dict[OperationKind, tuple[type, ...]]] = {
    "authorise": (Authorised, Captured),
    "capture": (Captured,),
    "void": (Voided,),
    "refund": (Refunded,),
}


def fits(kind: OperationKind, outcome: Outcome) -> bool:
    """Whether a gateway may say `outcome` about an operation of `kind`."""
    if state_of(outcome) == "succeeded":
        return isinstance(outcome, _ANSWERS[kind])
    return kind == "authorise" or not isinstance(outcome, RequiresAction)


FIRST_LOOK = timedelta(seconds=60)
"""A call is over by then: longer than any call's deadline with all its retries."""
SLOW_LOOK = timedelta(hours=1)
ACTION_LOOK = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(hours=1)

RARE_STATES = frozenset(
    {
        "requires_action",
        "partially_captured",
        "partially_refunded",
        "refunded",
        "voided",
        "declined",
        "failed",
    }
)
"""States that few payments are in: their list has an index of its own."""

LAPSE_WARNING = timedelta(days=1)
"""So long before a hold lapses its order is told (H6)."""
LAPSE_PAUSE = timedelta(hours=1)
LONGEST_LAPSE_PAUSE = timedelta(days=1)

LATE_LOOK = timedelta(minutes=1)
LONGEST_LATE_PAUSE = timedelta(days=1)
LATE_WINDOW = timedelta(days=7)
"""So long after it was opened, a call that the gateway had never heard of may still arrive there:
as long as it would hold a card's money (H6)."""


def next_check(outcome: Outcome | None, attempts: int, now: datetime) -> datetime | None:
    """When to ask about an operation again; None once it is decided. `attempts` counts answers.

    A call that was believed lost is asked about although it is decided: it may be late.
    """
    match outcome:
        case None:
            return now + FIRST_LOOK
        case Unknown():
            return now + min(timedelta(seconds=5 * 2 ** min(attempts, 12)), LONGEST_PAUSE)
        case Pending():
            return now + SLOW_LOOK
        case RequiresAction():
            return now + ACTION_LOOK
        case Failed(code="absent"):
            return now + LATE_LOOK
        case _:
            return None


def certain(outcome: Outcome, age: timedelta) -> bool:
    """Whether an attempt that was believed lost needs no more questions: `age` is how long ago it
    was opened. The gateway's silence is no answer, however old.
    """
    match outcome:
        case Unknown() | Pending() | RequiresAction():
            return False
        case Failed(code="absent"):
            return age >= LATE_WINDOW
        case _:
            return True


def capture_parts(payment: Payment, amount: Money | None, *, final: bool) -> tuple[Money, Money]:
    """What to capture and what to release. Raises AmountInvalid, NotCapturable (H7)."""
    rest = payment.capturable
    asked = rest if amount is None else amount
    _check_amount(amount, rest.currency)
    if asked.minor < 1 or asked > rest:
        raise NotCapturable(
            "This amount cannot be captured.",
            field="amount",
            cure=f"Capture at most {rest.minor} {rest.currency} (minor units).",
            capturable={"minor": rest.minor, "currency": rest.currency},
            state=payment.state,
        )
    return asked, rest - asked if final else Money.zero(rest.currency)


def _check_amount(amount: Money | None, currency: str) -> None:
    if amount is not None and (amount.minor < 1 or amount.currency != currency):
        raise AmountInvalid(
            "This is no amount of this payment.",
            field="amount",
            cure=f"Send at least 1 minor unit of {currency}, or leave it out for all.",
        )


def refund_amount(payment: Payment, amount: Money | None) -> Money:
    """What to refund. Raises AmountInvalid, NotRefundable (DOMAIN.md H10)."""
    rest = payment.refundable
    asked = rest if amount is None else amount
    _check_amount(amount, rest.currency)
    if asked.minor < 1 or asked > rest:
        raise NotRefundable(
            "This amount cannot be refunded.",
            field="amount",
            cure=f"Refund at most {rest.minor} {rest.currency} (minor units).",
            refundable={"minor": rest.minor, "currency": rest.currency},
            state=payment.state,
        )
    return asked


def void_amount(payment: Payment) -> Money:
    """What a void releases. Raises NotVoidable, PaymentBusy while a capture is undecided."""
    if payment.capture_pending or payment.void_pending:
        raise PaymentBusy("A capture or void of this payment is not decided yet.", retry_after=5)
    if payment.capturable.minor < 1:
        raise NotVoidable(f"Nothing is left to void: the payment is {payment.state}.")
    return payment.capturable


def check_same_request(operation: Operation, kind: OperationKind, amount: Money | None) -> None:
    """A key names one movement of money. Raises RequestKeyReused for another."""
    if operation.kind != kind or (amount is not None and operation.amount != amount):
        raise RequestKeyReused(
            f"This key was used for a {operation.kind} of {operation.amount}.",
            field="Idempotency-Key",
            cure="Use a new key for a new request.",
        )


MAX_INSTRUMENT_FIELDS = 10
MAX_INSTRUMENT_TEXT = 500


def check_instrument(instrument: Mapping[str, str]) -> None:
    """A few short texts and nothing else. Raises InstrumentInvalid."""
    if len(instrument) > MAX_INSTRUMENT_FIELDS or any(
        len(name) > MAX_INSTRUMENT_TEXT or len(text) > MAX_INSTRUMENT_TEXT
        for name, text in instrument.items()
    ):
        raise InstrumentInvalid(
            f"Payment data has at most {MAX_INSTRUMENT_FIELDS} fields"
            f" of at most {MAX_INSTRUMENT_TEXT} characters.",
            field="payment",
        )


DECLINE_CODES: Final[frozenset[str]] = frozenset(
    {
        "authentication_failed",
        "cancelled",
        "capture_declined",
        "declined",
        "do_not_honour",
        "expired_card",
        "fraud",
        "instrument_invalid",
        "insufficient_funds",
        "limit_exceeded",
        "lost_card",
        "not_paid_in_time",
        "processing_error",
        "refund_declined",
        "stolen_card",
    }
)
"""Our words for a bank's reasons; an adapter maps its own onto them, `declined` if none fits."""

_FOR_SHOPPERS: Final[dict[str, str]] = {
    "authentication_failed": "authentication_failed",
    "expired_card": "check_details",
    "instrument_invalid": "check_details",
    "processing_error": "try_again_later",
}


def shopper_reason(declined: Declined) -> str:
    """What a shopper may know (part one, 29): never that a card is stolen, suspected or empty."""
    return _FOR_SHOPPERS.get(declined.code, "use_another_method")


def authorisation(
    *,
    payment_id: UUID,
    order_id: UUID,
    gateway: str,
    amount: Money,
    instrument: Instrument,
    capture: CaptureMode,
    return_url: str | None = None,
    operation_id: UUID | None = None,
    at: datetime,
) -> Operation:
    """The authorising operation of a new payment, not stored yet: see `open_payments`.

    The operation's id (given, or a new one) is the gateway's idempotency key. Raises
    InstrumentInvalid.
    """
    assert amount.minor > 0, "an order without a price has no payment (DOMAIN.md G6)"
    check_instrument(instrument)
    return Operation(
        id=operation_id or new_id(),
        payment_id=payment_id,
        order_id=order_id,
        gateway=gateway,
        kind="authorise",
        amount=amount,
        state="pending",
        instrument=instrument,
        capture=capture,
        released=Money.zero(amount.currency),
        return_url=return_url,
        created_at=at,
        updated_at=at,
    )


def decided(operation: Operation, outcome: Authorised | Captured) -> Operation:
    """A new operation as it is written when an immediate gateway's `at_once` is known already."""
    return msgspec.structs.replace(
        operation,
        state="succeeded",
        settled=operation.amount,
        takes_money=isinstance(outcome, Captured),
        payment_reference=outcome.reference,
        outcome=outcome,
        attempts=1,
    )


def new_payment(operation: Operation, tender: int) -> Payment:
    """The payment that an authorising operation opens."""
    zero, outcome = Money.zero(operation.amount.currency), operation.outcome
    taken = operation.takes_money
    held = operation.amount if outcome else zero
    return Payment(
        id=operation.payment_id,
        order_id=operation.order_id,
        tender=tender,
        gateway=operation.gateway,
        state="captured" if taken else "authorised" if outcome else "pending",
        attempt_state=operation.state,
        amount=operation.amount,
        authorised=held,
        captured=held if taken else zero,
        voided=zero,
        refunded=zero,
        capture_pending=zero,
        void_pending=zero,
        refund_pending=zero,
        capture=operation.capture,
        instrument=operation.instrument,
        return_url=operation.return_url,
        reference=operation.payment_reference,
        capture_before=outcome.capture_before if isinstance(outcome, Authorised) else None,
        orphaned=False,
        version=1,
        created_at=operation.created_at,
    )
