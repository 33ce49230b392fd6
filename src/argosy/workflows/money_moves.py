"""Moving money after the purchase: capture, void, refund; and finding out what became of it.

    open    one transaction: the operation's row, its claim on the sums, the audit entry
    ask     no transaction: the gateway, under the operation's id
    settle  one transaction: order locked, outcome recorded (compare-and-set), books, order's sums

A crash in between leaves an undecided row, which the sweep finds and asks about: nothing is lost,
nothing happens twice. What the gateway did without us (a capture in its own back office, a void
that lost a race, DOMAIN.md H9) is adopted from its records. Authorisations belong to checkout:
word about them is handed to recovery.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec
import structlog

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules import ledger, orders, payments, staff
from argosy.modules.orders import SYSTEM, Because, MoneyFacts, OrderActor
from argosy.modules.payments import (
    Failed,
    GatewayBalance,
    GatewayUnavailable,
    Operation,
    Outcome,
    Payment,
    Recorded,
    Unknown,
)
from argosy.runtime.db import Tx
from argosy.runtime.idempotency import Key, claim
from argosy.runtime.outbox_rows import Answered
from argosy.workflows import bookkeeping, recovery
from argosy.workflows.app import App

AT_ONCE = 20
SIDE_BY_SIDE = 5
SWEEP_LEASE = timedelta(seconds=60)
GIVES_BACK = frozenset({"order_cancelled", "late_success"})
"""Reasons of voids whose money is to be refunded when it turns out to be captured (H9)."""
CONTRADICTS = frozenset({"already_captured", "already_voided", "amount_too_large"})
"""Refusals that say the gateway's sums are not ours: its records are read and adopted."""

_DONE = {"capture": "captured", "void": "voided", "refund": "refunded"}

log = structlog.get_logger(__name__)


class MoveMoney(NamedTuple):
    """Capture, void or refund. `amount` None: all that is left. `final`: the rest is released."""

    payment_id: UUID
    kind: Literal["capture", "void", "refund"]
    because: Because
    amount: Money | None = None
    final: bool = False
    reason: str | None = None
    actor: staff.Actor | None = None


class Moved(NamedTuple):
    """The operation and its payment, as they are after a move. An open operation is still asked
    about: the sweep, or a webhook, will decide it.
    """

    operation: Operation
    payment: Payment


class Reply(NamedTuple):
    """Under which key the answer is kept, and how it is written."""

    key: Key
    show: Callable[[Moved], tuple[int, bytes]]


async def move(app: App, command: MoveMoney, reply: Reply | None = None) -> Moved | Answered:
    """Move money, at most once per key; a stored answer is returned as it was given.

    A repeat after a crash finds the operation that its key opened and goes on with it. Raises
    PaymentNotFound, NotCapturable, NotRefundable, NotVoidable, PaymentBusy, RequestKeyReused,
    KeyReused, KeyInProgress. A gateway's no, or its silence, is an outcome and not an error.
    """
    async with app.db.transaction() as tx:
        if reply is not None:
            lease = timedelta(seconds=app.settings.placing_lease_s)
            stored = await claim(tx, reply.key, lease=lease)
            if stored is not None:
                return stored
        operation = await _open(tx, command, _request_key(reply))
    return await _carry_out(app, operation, command.because, reply=reply)


async def send(app: App, operation: Operation, because: Because | None = None) -> Moved:
    """Ask the gateway about an opened capture, void or refund, and settle what it says.

    Safe to repeat. The operation stays open when there is no clear answer.
    """
    return await _carry_out(app, operation, because or _system(operation))


async def resolve_operation(app: App, operation_id: UUID, because: Because | None = None) -> bool:
    """Find out what became of any operation, and settle it; whether it is decided now.

    Safe at any time and for decided operations too (a refund may fail after it succeeded, H12).
    Raises PaymentNotFound, GatewayNotOffered.
    """
    async with app.db.reading() as tx:
        operation = await payments.operation_by_id(tx, operation_id)
    because = because or _system(operation)
    if operation.kind == "authorise":
        await recovery.resolve_operation(app, operation_id, because)
    elif operation.open:
        await _carry_out(app, operation, because, fresh=False)
    elif _contradicts(operation.outcome):
        await _reconcile(app, operation, because)
    else:
        outcome = await payments.look_up(app.gateways, operation)
        if not isinstance(outcome, Unknown) and outcome != Failed(code="absent"):
            await _settle(app, operation, outcome, because, None)
    async with app.db.reading() as tx:
        return not (await payments.operation_by_id(tx, operation_id)).open


async def sync_payment(
    app: App,
    payment_id: UUID,
    because: Because | None = None,
    actor: staff.Actor | None = None,
) -> int:
    """Adopt what the gateway captured, voided or refunded without us; how many differences.

    `actor` is audited when there are any. Raises PaymentNotFound, GatewayUnavailable.
    """
    async with app.db.reading() as tx:
        payment = await payments.payment_by_id(tx, payment_id)
    if payment.reference is None:
        return 0
    gateway = payments.gateway_named(app.gateways, payment.gateway)
    facts = await gateway.facts(payment.reference)
    if isinstance(facts, Unknown):
        raise GatewayUnavailable("The gateway's records could not be read.", retry_after=30)
    async with app.db.transaction() as tx:
        order = await orders.lock_order(tx, payment.order_id)
        adopted = await payments.adopt(tx, payment_id, facts)
        for recorded in adopted:
            cause = because or _system(recorded.operation)
            await _follow(tx, recorded, cause)
            if order.stage == "confirmed" and _unpaid(recorded):
                # Never ship what nobody pays any more (DOMAIN.md, part one, 27).
                await orders.hold_order(
                    tx, order.id, "payment_review", "the gateway released the money", cause
                )
        if actor is not None and adopted:
            await staff.audit(
                tx,
                actor,
                "payment.synced",
                encode("payment", payment_id),
                {"captured": payment.captured, "refunded": payment.refunded},
                {"captured": facts.captured, "refunded": facts.refunded},
            )
    return len(adopted)


async def sweep(app: App) -> int:
    """Ask about captures, voids and refunds that are undecided and due; how many there were.

    Any number of workers may run it: each operation is taken by one of them.
    """
    async with app.db.transaction() as tx:
        due = await payments.claim_due_operations(
            tx, tx.now + SWEEP_LEASE, AT_ONCE, except_kind="authorise"
        )
    gate = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(operation_id: UUID) -> None:
        async with gate:
            try:
                await resolve_operation(app, operation_id)
            except ArgosyError as error:
                log.warning("money_moves.postponed", operation_id=operation_id, code=error.code)

    await asyncio.gather(*(one(operation_id) for operation_id in due))
    return len(due)


async def receive_webhook(
    app: App, gateway_name: str, headers: Mapping[str, str], raw: bytes
) -> bool:
    """Verify a webhook, store it as it came, and have it acted on; False when it came before.

    Raises GatewayNotOffered, WebhookRejected.
    """
    gateway = payments.gateway_named(app.gateways, gateway_name)
    hint = gateway.verify_webhook(headers, raw)
    async with app.db.transaction() as tx:
        new = await payments.store_webhook(tx, gateway_name, hint, raw)
        if new:
            tx.enqueue(payments.ApplyWebhook(gateway=gateway_name, event_id=hint.event_id))
    return new


async def apply_webhook(app: App, job: payments.ApplyWebhook) -> None:
    """Act on a stored webhook: what it is about is asked about (DOMAIN.md H4). Repeats are no-ops.

    Raises GatewayUnavailable while the gateway's records cannot be read: the job is tried again.
    """
    async with app.db.reading() as tx:
        stored = await payments.webhook_by_id(tx, job.gateway, job.event_id)
    if stored is None or stored.applied_at is not None:
        return
    verdict = await _act_on(app, stored.hint)
    async with app.db.transaction() as tx:
        await payments.mark_webhook(tx, job.gateway, job.event_id, verdict)


async def resolve_operation_job(app: App, job: payments.ResolveOperation) -> None:
    """The job form of `resolve_operation`."""
    await resolve_operation(app, job.operation_id)


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Where a gateway's balance is not ours: `what` is authorised, captured or refunded."""

    gateway: str
    what: str
    ours: Money
    theirs: Money


async def compare_balances(app: App, gateway_name: str) -> list[Difference]:
    """What the gateway holds against what our payments say, by currency; empty when all agrees.

    Money in motion shows as a difference until it is settled. Raises GatewayNotOffered,
    GatewayUnavailable.
    """
    gateway = payments.gateway_named(app.gateways, gateway_name)
    theirs = await gateway.balance()
    if isinstance(theirs, Unknown):
        raise GatewayUnavailable("The gateway's balance could not be read.", retry_after=30)
    async with app.db.reading() as tx:
        ours = await payments.our_balance(tx, gateway_name)
    found = []
    for currency in sorted({*ours, *theirs}):
        zero = Money.zero(currency)
        nothing = GatewayBalance(authorised=zero, captured=zero, refunded=zero)
        mine, other = ours.get(currency, nothing), theirs.get(currency, nothing)
        for what in ("authorised", "captured", "refunded"):
            pair = getattr(mine, what), getattr(other, what)
            if pair[0] != pair[1]:
                found.append(
                    Difference(gateway=gateway_name, what=what, ours=pair[0], theirs=pair[1])
                )
    return found


async def _open(tx: Tx, command: MoveMoney, request_key: str | None) -> Operation:
    match command.kind:
        case "capture":
            operation = await payments.open_capture(
                tx,
                command.payment_id,
                command.amount,
                final=command.final,
                request_key=request_key,
                reason=command.reason,
            )
        case "void":
            operation = await payments.open_void(
                tx, command.payment_id, request_key=request_key, reason=command.reason
            )
        case "refund":
            operation = await payments.open_refund(
                tx,
                command.payment_id,
                command.amount,
                request_key=request_key,
                reason=command.reason,
            )
    if command.actor is not None and operation.created_at == tx.now:
        await staff.audit(
            tx,
            command.actor,
            f"payment.{command.kind}_requested",
            encode("payment", operation.payment_id),
            None,
            {"operation": encode("payment_operation", operation.id), "amount": operation.amount},
        )
    return operation


async def _carry_out(
    app: App,
    operation: Operation,
    because: Because,
    *,
    reply: Reply | None = None,
    fresh: bool = True,
) -> Moved:
    """Ask, settle, and if the gateway contradicts our sums adopt its own."""
    outcome = await _find_out(app, operation, fresh=fresh and operation.attempts == 0)
    moved = await _settle(app, operation, outcome, because, reply)
    if _contradicts(outcome):
        await _reconcile(app, moved.operation, because)
    return moved


def _unpaid(recorded: Recorded) -> bool:
    """The gateway released an order's money before any of it was taken."""
    payment = recorded.payment
    return (
        recorded.operation.kind == "void"
        and not payment.orphaned
        and not payment.captured.minor
        and payment.voided == payment.authorised
    )


def _contradicts(outcome: Outcome | None) -> bool:
    return isinstance(outcome, Failed) and outcome.code in CONTRADICTS


async def _find_out(app: App, operation: Operation, *, fresh: bool) -> Outcome:
    """A fresh operation the gateway is asked to do; later, what became of it, and only if it never
    heard of it to do it: its memory for our keys may be shorter than our outage.
    """
    if not operation.open:
        assert operation.outcome is not None
        return operation.outcome
    outcome = None if fresh else await payments.look_up(app.gateways, operation)
    if outcome is None or outcome == Failed(code="absent"):
        outcome = await payments.ask(app.gateways, operation)
    if isinstance(outcome, Failed) and outcome.retryable:
        # The intention stands: the sweep tries until the gateway can be reached.
        return Unknown(reason=outcome.code)
    return outcome


async def _settle(
    app: App, operation: Operation, outcome: Outcome, because: Because, reply: Reply | None
) -> Moved:
    async with app.db.transaction() as tx:
        await orders.lock_order(tx, operation.order_id)
        recorded = await payments.record(tx, operation.id, outcome)
        if recorded.changed:
            await _follow(tx, recorded, because)
        moved = Moved(recorded.operation, recorded.payment)
        if reply is not None:
            tx.remember(reply.key.answered(*reply.show(moved)))
    return moved


async def _follow(tx: Tx, recorded: Recorded, because: Because) -> None:
    """What a decided move means for the books and for its order, whose lock is held."""
    operation, payment = recorded.operation, recorded.payment
    if operation.open:
        return
    came_back = recorded.was == "succeeded"
    if operation.state == "succeeded" or came_back:
        await _book(tx, recorded, came_back=came_back)
    data = {
        "payment": encode("payment", payment.id),
        "operation": encode("payment_operation", operation.id),
        "amount": operation.settled or operation.amount,
        "gateway": payment.gateway,
    }
    if operation.state == "succeeded" or came_back:
        sums = await payments.sums_of_order(tx, payment.order_id)
        facts = MoneyFacts(**msgspec.structs.asdict(sums))
        kind = "refund_came_back" if came_back else _DONE[operation.kind]
        if await orders.record_money(tx, payment.order_id, facts, because, kind=kind, data=data):
            return
    else:
        kind = f"{operation.kind}_{operation.state}"
        data["code"] = getattr(recorded.outcome, "code", operation.state)
    await orders.add_entry(tx, payment.order_id, kind, because, data)


async def _book(tx: Tx, recorded: Recorded, *, came_back: bool) -> None:
    operation, payment = recorded.operation, recorded.payment
    amount = operation.settled or operation.amount
    if operation.kind == "capture":
        posting = bookkeeping.captured(
            payment.order_id, operation.id, gateway=payment.gateway, amount=amount, at=tx.now
        )
    elif operation.kind == "refund" and came_back:
        posting = bookkeeping.refund_came_back(
            payment.order_id, operation.id, gateway=payment.gateway, amount=amount, at=tx.now
        )
    elif operation.kind == "refund":
        posting = bookkeeping.refunded(
            payment.order_id,
            operation.id,
            gateway=payment.gateway,
            amount=amount,
            booked=await ledger.postings_of_order(tx, payment.order_id),
            at=tx.now,
        )
    else:
        return  # releasing a hold moves no money
    await ledger.post(tx, posting)


async def _reconcile(app: App, operation: Operation, because: Because) -> None:
    """The gateway refused because its sums are not ours. Take them over; and if the money was to
    be given back by a void and has been captured meanwhile, refund it (DOMAIN.md H9).
    """
    try:
        await sync_payment(app, operation.payment_id, because)
    except GatewayUnavailable:
        async with app.db.transaction() as tx:
            tx.enqueue(
                payments.ResolveOperation(operation_id=operation.id), after=timedelta(seconds=30)
            )
        return
    if operation.kind != "void" or operation.reason not in GIVES_BACK:
        return
    async with app.db.transaction() as tx:
        payment = await payments.payment_by_id(tx, operation.payment_id)
        refund = None
        if payment.refundable.minor:
            refund = await payments.open_refund(
                tx, payment.id, request_key=f"after:{operation.id}", reason=operation.reason
            )
    if refund is not None:
        await send(app, refund, because)


async def _act_on(app: App, hint: payments.WebhookHint) -> str:
    """Do what a webhook is a hint for; one word about it for its record."""
    async with app.db.reading() as tx:
        operation = (
            await payments.find_operation(tx, hint.operation_id) if hint.operation_id else None
        )
    if operation is not None and hint.says == operation.state:
        return "known"
    because = Because(
        actor=OrderActor(kind="provider", name=operation.gateway if operation else ""),
        cause=hint.type,
        correlation=hint.event_id,
    )
    if operation is not None:
        if not await resolve_operation(app, operation.id, because) and hint.says in {
            "succeeded",
            "declined",
            "failed",
        }:
            raise GatewayUnavailable("The gateway does not tell yet what it has announced.")
        return "applied"
    if hint.payment_id is None:
        return "not_ours"
    try:
        adopted = await sync_payment(app, hint.payment_id, because)
    except payments.PaymentNotFound:
        return "not_ours"
    return "adopted" if adopted else "known"


def _request_key(reply: Reply | None) -> str | None:
    """The name of a request within its payment; with the scope, since others may use that key."""
    if reply is None:
        return None
    digest = blake2b(digest_size=16)
    digest.update(reply.key.scope.encode() + b"\0" + reply.key.key.encode())
    return digest.hexdigest()


def _system(operation: Operation) -> Because:
    return Because(
        actor=SYSTEM,
        cause=operation.reason or operation.kind,
        correlation=encode("payment_operation", operation.id),
    )
