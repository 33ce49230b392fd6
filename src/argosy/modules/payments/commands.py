"""Use cases that change payments. Money moves in three steps, and only the first and the last are
transactions: open an operation, ask the gateway, record its word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.kernel.money import Money
from argosy.modules.payments import rules, store
from argosy.modules.payments.errors import GatewayNotOffered, PaymentBusy, PaymentNotFound
from argosy.modules.payments.events import (
    AuthorisationLapsing,
    MoneyMoveFailed,
    PaymentActionRequired,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentFailed,
    PaymentRefunded,
    PaymentVoided,
)
from argosy.modules.payments.ports import Gateway
from argosy.modules.payments.types import (
    KEEP_FOR,
    Authorised,
    Captured,
    Declined,
    Failed,
    GatewayFacts,
    KeepMethod,
    Operation,
    OperationKind,
    Outcome,
    Payment,
    Recorded,
    Refunded,
    Unknown,
    Voided,
    WebhookHint,
)
from argosy.runtime.db import Tx

_CONFIGURE = "Configure one: ARGOSY_SANDBOX_PSP_URL, or names in ARGOSY_OFFLINE_GATEWAYS."


def gateway_named(gateways: Mapping[str, Gateway], name: str) -> Gateway:
    """The gateway of that name. Raises GatewayNotOffered naming those that there are."""
    try:
        return gateways[name]
    except KeyError:
        raise GatewayNotOffered(
            f"There is no way to pay called {name[:60]!r}.",
            field="payment.gateway",
            cure=f"Use one of: {', '.join(sorted(gateways))}." if gateways else _CONFIGURE,
            gateways=sorted(gateways),
        ) from None


async def open_payments(tx: Tx, operations: Sequence[Operation], *, tender: int = 1) -> None:
    """Write new payments with their authorising operations, before any gateway hears of them (H3).

    Those that are `decided` are written so, and their events go with them. One statement. Raises
    PaymentBusy when an order's tender already has a payment that holds money or may (H1, H2).
    """
    if not operations:
        return
    opened = [
        (rules.new_payment(one, tender), one, rules.next_check(one.outcome, 0, tx.now))
        for one in operations
    ]
    await store.open_payments(tx, opened)
    for payment, operation, _ in opened:
        if operation.outcome is not None:
            _announce(
                tx,
                Recorded(
                    operation=operation,
                    payment=payment,
                    outcome=operation.outcome,
                    changed=True,
                    was="pending",
                ),
            )


async def ask(gateways: Mapping[str, Gateway], operation: Operation) -> Outcome:
    """Make the call of an operation; no transaction may be open. Repeating it is safe.

    Raises GatewayNotOffered when the gateway has been removed from the shop.
    """
    gateway = gateway_named(gateways, operation.gateway)
    match operation.kind:
        case "authorise":
            outcome = await gateway.authorise(operation)
        case "capture":
            outcome = await gateway.capture(operation)
        case "void":
            outcome = await gateway.void(operation)
        case "refund":
            outcome = await gateway.refund(operation)
    assert rules.fits(operation.kind, outcome), f"{outcome!r} is no answer to {operation.kind}"
    return outcome


async def look_up(gateways: Mapping[str, Gateway], operation: Operation) -> Outcome:
    """Ask what became of an operation, without effect; no transaction may be open.

    `Failed("absent")`: the gateway has never acted on it.
    """
    return await gateway_named(gateways, operation.gateway).lookup(operation)


async def abandon(gateways: Mapping[str, Gateway], operation: Operation) -> Outcome:
    """Make sure that an undecided authorisation cannot succeed any more; see Gateway.abandon."""
    return await gateway_named(gateways, operation.gateway).abandon(operation)


async def record(tx: Tx, operation_id: UUID, outcome: Outcome) -> Recorded:
    """Write down a gateway's word: compare-and-set, sums and events included (H5). One statement.

    The loser of a race, and a repeat, get what is on record (`changed` False; one more statement).
    Raises PaymentNotFound; PaymentBusy when another undecided operation stands in the way of a
    success that comes after it was given up.
    """
    # The pause after Unknown grows with the attempts, which only the row knows: the first is short.
    written = await store.record(
        tx, operation_id, outcome, next_check_at=rules.next_check(outcome, 0, tx.now)
    )
    if written is None:
        return await _as_recorded(tx, operation_id)
    recorded = Recorded(
        operation=written.operation,
        payment=written.payment,
        outcome=outcome,
        changed=written.was != written.operation.state,
        was=written.was,
    )
    if isinstance(outcome, Unknown) and written.operation.attempts > 1:
        pause = rules.next_check(outcome, written.operation.attempts, tx.now)
        assert pause is not None
        await store.postpone(tx, operation_id, pause)
    if recorded.changed:
        _announce(tx, recorded)
    return recorded


async def _as_recorded(tx: Tx, operation_id: UUID) -> Recorded:
    found = await store.read_operation(tx, operation_id)
    if found is None:
        raise PaymentNotFound("There is no such payment operation.")
    outcome = found.operation.outcome or Unknown(reason="not_asked_yet")
    return Recorded(
        operation=found.operation,
        payment=found.payment,
        outcome=outcome,
        changed=False,
        was=found.operation.state,
    )


async def open_capture(
    tx: Tx,
    payment_id: UUID,
    amount: Money | None = None,
    *,
    final: bool = False,
    request_key: str | None = None,
    reason: str | None = None,
) -> Operation:
    """Claim authorised money for a capture; all that is left when `amount` is None (H7).

    `final` releases the remainder. The same `request_key` again returns the operation it opened.
    Raises PaymentNotFound, NotCapturable, RequestKeyReused.
    """
    payment, earlier = await _lock(tx, payment_id, request_key)
    if earlier:
        rules.check_same_request(earlier, "capture", amount)
        return earlier
    asked, released = rules.capture_parts(payment, amount, final=final)
    return await _open(tx, payment, "capture", asked, released, request_key, reason)


async def open_void(
    tx: Tx, payment_id: UUID, *, request_key: str | None = None, reason: str | None = None
) -> Operation:
    """Claim all that is authorised and not captured, to release it.

    Raises PaymentNotFound, NotVoidable, PaymentBusy, RequestKeyReused.
    """
    payment, earlier = await _lock(tx, payment_id, request_key)
    if earlier:
        rules.check_same_request(earlier, "void", None)
        return earlier
    amount = rules.void_amount(payment)
    zero = Money.zero(amount.currency)
    return await _open(tx, payment, "void", amount, zero, request_key, reason)


async def open_refund(
    tx: Tx,
    payment_id: UUID,
    amount: Money | None = None,
    *,
    request_key: str | None = None,
    reason: str | None = None,
) -> Operation:
    """Claim captured money for a refund; all that is left when `amount` is None (H10).

    Raises PaymentNotFound, NotRefundable, RequestKeyReused.
    """
    payment, earlier = await _lock(tx, payment_id, request_key)
    if earlier:
        rules.check_same_request(earlier, "refund", amount)
        return earlier
    asked = rules.refund_amount(payment, amount)
    zero = Money.zero(asked.currency)
    return await _open(tx, payment, "refund", asked, zero, request_key, reason)


async def _lock(
    tx: Tx, payment_id: UUID, request_key: str | None
) -> tuple[Payment, Operation | None]:
    """The locked payment, and the operation that `request_key` opened before."""
    payment = await store.lock_payment(tx, payment_id)
    if payment is None:
        raise PaymentNotFound("There is no such payment.")
    if request_key is None:
        return payment, None
    earlier = await store.operation_of_request(tx, payment_id, request_key)
    if earlier is None:
        return payment, None
    found = await store.read_operation(tx, earlier)
    assert found is not None, "operations are never deleted"
    return payment, found.operation


async def _open(  # noqa: PLR0917 - private, and all of them are the row
    tx: Tx,
    payment: Payment,
    kind: OperationKind,
    amount: Money,
    released: Money,
    request_key: str | None,
    reason: str | None,
) -> Operation:
    operation = Operation(
        id=new_id(),
        payment_id=payment.id,
        order_id=payment.order_id,
        gateway=payment.gateway,
        kind=kind,
        amount=amount,
        state="pending",
        instrument=payment.instrument,
        capture=payment.capture,
        released=released,
        payment_reference=payment.reference,
        request_key=request_key,
        reason=reason,
        created_at=tx.now,
        updated_at=tx.now,
    )
    opened = await store.open_operation(tx, payment, operation, tx.now + rules.FIRST_LOOK)
    if not opened:
        raise PaymentBusy("This payment changed just now.", retry_after=1)
    return operation


async def adopt(tx: Tx, payment_id: UUID, facts: GatewayFacts) -> list[Recorded]:
    """Take over what the gateway captured, released or refunded without us.

    Only what exceeds our sums, and only while no operation of that kind is undecided (its own
    answer would be counted twice). Each difference becomes an operation of origin `gateway`.
    Raises PaymentNotFound.
    """
    payment = await store.lock_payment(tx, payment_id)
    if payment is None:
        raise PaymentNotFound("There is no such payment.")
    adopted = []
    for kind, theirs, ours, undecided in (
        ("capture", facts.captured, payment.captured, payment.capture_pending),
        ("void", facts.voided, payment.voided, payment.void_pending),
        ("refund", facts.refunded, payment.refunded, payment.refund_pending),
    ):
        if theirs > ours and not undecided and payment.attempt_state == "succeeded":
            adopted.append(await _adopt_one(tx, payment_id, kind, theirs - ours))
    return adopted


async def _adopt_one(tx: Tx, payment_id: UUID, kind: str, amount: Money) -> Recorded:
    said: dict[str, tuple[OperationKind, Outcome]] = {
        "capture": ("capture", Captured()),
        "void": ("void", Voided()),
        "refund": ("refund", Refunded()),
    }
    operation_id = new_id()
    await store.adopt_operation(
        tx, operation_id, payment_id, kind=said[kind][0], amount=amount, said=said[kind][1]
    )
    found = await store.read_operation(tx, operation_id)
    assert found is not None
    recorded = Recorded(
        operation=found.operation,
        payment=found.payment,
        outcome=said[kind][1],
        changed=True,
        was="pending",
    )
    _announce(tx, recorded)
    return recorded


async def claim_due_operations(
    tx: Tx, until: datetime, limit: int, *, except_kind: OperationKind | None = None
) -> list[UUID]:
    """Take over undecided operations whose next look is due; nobody else gets them until `until`.

    Checkout's recovery looks after authorisations by the order; `except_kind="authorise"` leaves
    them to it.
    """
    return await store.claim_due(tx, until, limit, except_kind=except_kind)


async def look_at_hold(tx: Tx, payment_id: UUID) -> Payment | None:
    """Take the due look at an open hold; None when it is not open, or somebody has looked.

    A day before it lapses that is told (AuthorisationLapsing), once. When it has lapsed, the caller
    asks the gateway; the next looks come an hour later, then ever more seldom (DOMAIN.md H6).
    """
    payment = await store.look_at_hold(tx, payment_id)
    if payment is not None and payment.capture_before and payment.capture_before > tx.now:
        tx.emit(
            AuthorisationLapsing(
                order_id=payment.order_id,
                payment_id=payment.id,
                gateway=payment.gateway,
                amount=payment.authorised - payment.captured - payment.voided,
                capture_before=payment.capture_before,
            )
        )
    return payment


async def claim_absent(tx: Tx, limit: int) -> list[UUID]:
    """Take over attempts that were given up because their gateway had never heard of them, and that
    are to be asked about again: each is given to one caller, then again at growing intervals (from
    a minute to a day) until `stop_asking`, or until it succeeds after all.
    """
    return await store.claim_absent(tx, limit)


async def stop_asking(tx: Tx, operation_id: UUID, outcome: Outcome) -> bool:
    """End the questions about an attempt believed lost if `outcome` leaves no doubt, or if it is a
    week old and the gateway still has never heard of it; whether they ended.
    """
    found = await store.read_operation(tx, operation_id)
    if found is None or not rules.certain(outcome, tx.now - found.operation.created_at):
        return False
    return await store.stop_asking(tx, operation_id) > 0


async def store_webhook(tx: Tx, gateway: str, hint: WebhookHint, raw: bytes) -> bool:
    """Keep a verified webhook with its raw bytes; False when this event was stored before (H4)."""
    return await store.store_webhook(tx, gateway, hint, raw)


async def mark_webhook(tx: Tx, gateway: str, event_id: str, verdict: str) -> bool:
    """Note that a webhook was acted on, and how; False when that was noted before."""
    return await store.mark_webhook(tx, gateway, event_id, verdict) > 0


def _announce(tx: Tx, recorded: Recorded) -> None:
    """Emit the events of one change of state."""
    match recorded.operation.kind:
        case "authorise":
            _announce_attempt(tx, recorded)
        case _ if recorded.operation.state == "succeeded":
            _announce_move(tx, recorded)
        case kind if recorded.operation.state in {"declined", "failed"}:
            tx.emit(
                MoneyMoveFailed(
                    order_id=recorded.payment.order_id,
                    payment_id=recorded.payment.id,
                    operation_id=recorded.operation.id,
                    gateway=recorded.payment.gateway,
                    kind=kind,
                    amount=recorded.operation.amount,
                    code=getattr(recorded.outcome, "code", "failed"),
                    after_success=recorded.was == "succeeded",
                )
            )
        case _:
            pass  # undecided


def _announce_attempt(tx: Tx, recorded: Recorded) -> None:
    payment, operation, outcome = recorded.payment, recorded.operation, recorded.outcome
    order_id, payment_id, gateway = payment.order_id, payment.id, payment.gateway
    match outcome:
        case Authorised() | Captured():
            tx.emit(
                PaymentAuthorised(
                    order_id=order_id,
                    payment_id=payment_id,
                    gateway=gateway,
                    amount=operation.amount,
                    late=recorded.was == "failed",
                )
            )
            if operation.takes_money:
                _announce_move(tx, recorded)
            if KEEP_FOR in payment.instrument:
                tx.enqueue(KeepMethod(payment_id=payment_id), dedupe=f"keep:{payment_id}")
        case Declined():
            tx.emit(
                PaymentDeclined(
                    order_id=order_id,
                    payment_id=payment_id,
                    gateway=gateway,
                    amount=operation.amount,
                    code=outcome.code,
                    hard=outcome.hard,
                )
            )
        case Failed():
            tx.emit(
                PaymentFailed(
                    order_id=order_id,
                    payment_id=payment_id,
                    gateway=gateway,
                    amount=operation.amount,
                    code=outcome.code,
                )
            )
        case _ if operation.state == "requires_action":
            tx.emit(
                PaymentActionRequired(order_id=order_id, payment_id=payment_id, gateway=gateway)
            )
        case _:
            pass  # undecided


def _announce_move(tx: Tx, recorded: Recorded) -> None:
    payment, operation = recorded.payment, recorded.operation
    amount = operation.settled or operation.amount
    if operation.kind in {"authorise", "capture"}:
        tx.emit(
            PaymentCaptured(
                order_id=payment.order_id,
                payment_id=payment.id,
                operation_id=operation.id,
                gateway=payment.gateway,
                amount=amount,
                total_captured=payment.captured,
            )
        )
    elif operation.kind == "void":
        tx.emit(
            PaymentVoided(
                order_id=payment.order_id,
                payment_id=payment.id,
                operation_id=operation.id,
                gateway=payment.gateway,
                amount=amount,
            )
        )
    else:
        tx.emit(
            PaymentRefunded(
                order_id=payment.order_id,
                payment_id=payment.id,
                operation_id=operation.id,
                gateway=payment.gateway,
                amount=amount,
                total_refunded=payment.refunded,
            )
        )
