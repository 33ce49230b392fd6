"""One typed function per statement of store.sql."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel import paging
from argosy.kernel.money import Money
from argosy.modules.payments import rules
from argosy.modules.payments.errors import PaymentBusy
from argosy.modules.payments.types import (
    Captured,
    GatewayBalance,
    Operation,
    OperationKind,
    OperationState,
    OrderSums,
    Outcome,
    Payment,
    StoredWebhook,
    WebhookHint,
)
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)

_OUTCOME: Any = Outcome


class Written(NamedTuple):
    """A payment and one of its operations as they are now; `was`: the operation's state before."""

    payment: Payment
    operation: Operation
    was: OperationState


async def open_payments(
    tx: Tx, opened: Sequence[tuple[Payment, Operation, datetime | None]]
) -> None:
    """Insert payments, each with its authorising operation and when that is looked at again.

    Raises PaymentBusy: a tender has one that holds money or may.
    """
    payments = [payment for payment, _, _ in opened]
    operations = [operation for _, operation, _ in opened]
    try:
        await tx.run(
            SQL.open_payments,
            [payment.id for payment in payments],
            [payment.order_id for payment in payments],
            [payment.tender for payment in payments],
            [payment.gateway for payment in payments],
            [payment.amount.currency for payment in payments],
            [payment.amount.minor for payment in payments],
            [payment.authorised.minor for payment in payments],
            [payment.captured.minor for payment in payments],
            [operation.state for operation in operations],
            [payment.capture for payment in payments],
            [payment.instrument for payment in payments],
            [payment.return_url for payment in payments],
            [payment.reference for payment in payments],
            [payment.capture_before for payment in payments],
            tx.now,
            [operation.id for operation in operations],
            [operation.settled.minor if operation.settled else None for operation in operations],
            [operation.takes_money for operation in operations],
            [operation.outcome for operation in operations],
            [operation.attempts for operation in operations],
            [next_check_at for _, _, next_check_at in opened],
        )
    except IntegrityError as error:
        if constraint(error) == "payment_one_live":
            raise PaymentBusy(
                "This order already has a payment that holds or may hold money.", retry_after=5
            ) from error
        raise


async def record(
    tx: Tx, operation_id: UUID, outcome: Outcome, *, next_check_at: datetime | None
) -> Written | None:
    """Write an outcome if the operation may still go there, with its effect on the sums.

    None: it may not (somebody was faster, or it is decided). Raises PaymentBusy when the sums have
    no room for a success that was given up before, because of another undecided operation.
    """
    state = rules.state_of(outcome)
    amount = getattr(outcome, "amount", None)
    try:
        row = await tx.maybe(
            SQL.record,
            operation_id,
            state,
            outcome,
            amount.minor if amount else None,
            isinstance(outcome, Captured),
            getattr(outcome, "operation_reference", None),
            next_check_at,
            tx.now,
            rules.SOURCES[state],
            getattr(outcome, "reference", None),
            getattr(outcome, "capture_before", None),
            rules.LAPSE_WARNING,
        )
    except IntegrityError as error:
        if str(constraint(error)).startswith("payment_"):
            raise PaymentBusy(
                "Another operation on this payment must be decided first.", retry_after=5
            ) from error
        raise
    return None if row is None else _written(row)


async def read_operation(tx: Tx, operation_id: UUID) -> Written | None:
    """An operation with its payment."""
    row = await tx.maybe(SQL.read_operation, operation_id)
    return None if row is None else _written(row)


async def lock_payment(tx: Tx, payment_id: UUID) -> Payment | None:
    """The payment, locked until the transaction ends."""
    row = await tx.maybe(SQL.lock_payment, payment_id)
    return None if row is None else _payment(row)


async def read_payments(
    tx: Tx, *, ids: Sequence[UUID] = (), order_ids: Sequence[UUID] = ()
) -> list[Payment]:
    """Payments by id or by order, oldest first, without their operations."""
    return [_payment(row) for row in await tx.many(SQL.read_payments, list(ids), list(order_ids))]


async def list_payments(
    tx: Tx,
    before: tuple[datetime, UUID],
    *,
    state: str | None,
    gateway: str | None,
    lapses_by: datetime | None,
    limit: int,
) -> list[Payment]:
    """Payments created before the keyset position, newest first."""
    wanted = (*before, state, gateway, limit)
    if lapses_by is not None:
        rows = await tx.many(SQL.list_lapsing, *wanted, lapses_by)
    elif state in rules.RARE_STATES:
        rows = await tx.many(SQL.list_payments_of_rare_state, *wanted)
    else:
        look = limit if state is None and gateway is None else paging.LOOK
        rows = await tx.many(SQL.list_payments, *wanted, look)
    return [_payment(row) for row in rows]


async def payments_look_end(tx: Tx, before: tuple[datetime, UUID]) -> tuple[datetime, UUID] | None:
    """The last payment that `list_payments` looks at; None if that is the end of the list."""
    row = await tx.maybe(SQL.list_payments_end, *before, paging.LOOK)
    return None if row is None else (row["created_at"], row["id"])


async def holds_due(tx: Tx, limit: int) -> list[tuple[UUID, UUID]]:
    """Payments whose open hold is to be looked at, with their orders."""
    return [(row["id"], row["order_id"]) for row in await tx.many(SQL.holds_due, tx.now, limit)]


async def look_at_hold(tx: Tx, payment_id: UUID) -> Payment | None:
    """The payment, if its hold is open and due; its next look is set."""
    row = await tx.maybe(
        SQL.look_at_hold, payment_id, tx.now, rules.LAPSE_PAUSE, rules.LONGEST_LAPSE_PAUSE
    )
    return None if row is None else _payment(row)


async def lapsing_by_gateway(tx: Tx, until: datetime) -> dict[str, tuple[int, int]]:
    """Open holds that lapse until then, and that have lapsed, by gateway."""
    rows = await tx.many(SQL.lapsing_by_gateway, tx.now, until)
    return {row["gateway"]: (row["soon"], row["lapsed"]) for row in rows}


async def read_operations(tx: Tx, payments: Sequence[Payment]) -> dict[UUID, list[Operation]]:
    """The operations of payments, by payment id, oldest first."""
    by_id = {payment.id: payment for payment in payments}
    found: dict[UUID, list[Operation]] = {payment.id: [] for payment in payments}
    for row in await tx.many(SQL.read_operations, list(by_id)):
        found[row["op_payment_id"]].append(_operation(row, by_id[row["op_payment_id"]]))
    return found


async def operation_of_request(tx: Tx, payment_id: UUID, request_key: str) -> UUID | None:
    """The operation that was opened under this request key."""
    row = await tx.maybe(SQL.operation_of_request, payment_id, request_key)
    return None if row is None else row["id"]


async def open_operation(
    tx: Tx, payment: Payment, operation: Operation, next_check_at: datetime
) -> bool:
    """Claim the amount and insert the operation. False: the payment changed since it was read."""
    row = await tx.maybe(
        SQL.open_operation,
        operation.id,
        payment.id,
        payment.version,
        operation.kind,
        operation.amount.minor,
        operation.released.minor,
        operation.request_key,
        operation.reason,
        next_check_at,
        tx.now,
    )
    return row is not None


async def adopt_operation(
    tx: Tx,
    operation_id: UUID,
    payment_id: UUID,
    *,
    kind: OperationKind,
    amount: Money,
    said: Outcome,
) -> None:
    """Write what the gateway did without us."""
    await tx.one(SQL.adopt_operation, operation_id, payment_id, kind, amount.minor, said, tx.now)


async def claim_due(
    tx: Tx, until: datetime, limit: int, *, except_kind: OperationKind | None
) -> list[UUID]:
    """Take undecided operations whose look is due; others will not see them before `until`."""
    rows = await tx.many(SQL.claim_due, tx.now, until, limit, except_kind)
    return [row["id"] for row in rows]


async def claim_absent(tx: Tx, limit: int) -> list[UUID]:
    """Take attempts that were believed lost and are due to be asked about again."""
    rows = await tx.many(SQL.claim_absent, tx.now, limit, rules.LATE_LOOK, rules.LONGEST_LATE_PAUSE)
    return [row["id"] for row in rows]


async def stop_asking(tx: Tx, operation_id: UUID) -> int:
    """An attempt that was believed lost is not asked about any more."""
    return await tx.run(SQL.stop_asking, operation_id)


async def postpone(tx: Tx, operation_id: UUID, until: datetime) -> int:
    """Look at an undecided operation again at `until`."""
    return await tx.run(SQL.postpone, operation_id, until)


async def store_webhook(tx: Tx, gateway: str, hint: WebhookHint, raw: bytes) -> bool:
    """Keep a verified webhook as it came. False: this event was stored before."""
    row = await tx.maybe(
        SQL.store_webhook,
        gateway,
        hint.event_id,
        hint.type,
        hint.payment_id,
        hint.operation_id,
        hint.says,
        raw,
        tx.now,
    )
    return row is not None


async def read_webhook(tx: Tx, gateway: str, event_id: str) -> StoredWebhook | None:
    """A stored webhook without its raw bytes."""
    row = await tx.maybe(SQL.read_webhook, gateway, event_id)
    if row is None:
        return None
    hint = WebhookHint(
        event_id=row["event_id"],
        type=row["type"],
        payment_id=row["payment_id"],
        operation_id=row["operation_id"],
        says=row["says"],
    )
    return StoredWebhook(
        gateway=row["gateway"],
        hint=hint,
        received_at=row["received_at"],
        applied_at=row["applied_at"],
    )


async def mark_webhook(tx: Tx, gateway: str, event_id: str, verdict: str) -> int:
    """Note what came of a webhook, once."""
    return await tx.run(SQL.mark_webhook, gateway, event_id, tx.now, verdict)


async def sums_of_order(tx: Tx, order_id: UUID) -> OrderSums:
    """The sums of an order's payments."""
    return OrderSums(**dict(await tx.one(SQL.sums_of_order, order_id)))


async def balance_by_gateway(tx: Tx, gateway: str) -> dict[str, GatewayBalance]:
    """Our view of what a gateway holds, by currency."""
    return {
        row["currency"]: GatewayBalance(
            authorised=Money(row["authorised_minor"], row["currency"]),
            captured=Money(row["captured_minor"], row["currency"]),
            refunded=Money(row["refunded_minor"], row["currency"]),
        )
        for row in await tx.many(SQL.balance_by_gateway, gateway)
    }


def _written(row: Record) -> Written:
    payment = _payment(row)
    return Written(payment, _operation(row, payment), row["op_was"])


def _payment(row: Mapping[str, Any]) -> Payment:
    currency = row["currency"]
    return Payment(
        id=row["id"],
        order_id=row["order_id"],
        tender=row["tender"],
        gateway=row["gateway"],
        state=row["state"],
        attempt_state=row["attempt_state"],
        amount=Money(row["amount_minor"], currency),
        authorised=Money(row["authorised_minor"], currency),
        captured=Money(row["captured_minor"], currency),
        voided=Money(row["voided_minor"], currency),
        refunded=Money(row["refunded_minor"], currency),
        capture_pending=Money(row["capture_pending_minor"], currency),
        void_pending=Money(row["void_pending_minor"], currency),
        refund_pending=Money(row["refund_pending_minor"], currency),
        capture=row["capture"],
        instrument=row["instrument"],
        return_url=row["return_url"],
        reference=row["gateway_reference"],
        capture_before=row["capture_before"],
        orphaned=row["orphaned"],
        version=row["version"],
        created_at=row["created_at"],
    )


def _operation(row: Mapping[str, Any], payment: Payment) -> Operation:
    currency = payment.amount.currency
    settled, outcome = row["op_settled_minor"], row["op_outcome"]
    return Operation(
        id=row["op_id"],
        payment_id=row["op_payment_id"],
        order_id=row["op_order_id"],
        gateway=payment.gateway,
        kind=row["op_kind"],
        amount=Money(row["op_amount_minor"], currency),
        state=row["op_state"],
        instrument=payment.instrument,
        capture=payment.capture,
        released=Money(row["op_released_minor"], currency),
        settled=None if settled is None else Money(settled, currency),
        takes_money=row["op_takes_money"],
        origin=row["op_origin"],
        return_url=payment.return_url,
        payment_reference=payment.reference,
        reference=row["op_gateway_reference"],
        outcome=None if outcome is None else msgspec.convert(outcome, _OUTCOME),
        request_key=row["op_request_key"],
        reason=row["op_reason"],
        attempts=row["op_attempts"],
        created_at=row["op_created_at"],
        updated_at=row["op_updated_at"],
    )
