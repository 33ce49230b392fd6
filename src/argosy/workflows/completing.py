"""Complete: what a gateway's word makes of an order. One transaction, whoever brings the word.

The request that placed the cart, the shopper who comes back from 3DS, a webhook and the recovery
sweep all end here. Each effect is a compare-and-set on the running attempt, so that the second to
come changes nothing and reads what the first decided (DOMAIN.md H5). Locks: cart, order, payment,
stock, then inserts only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, assert_never
from uuid import UUID

import msgspec

from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules import cart as carts
from argosy.modules import inventory, ledger, orders, payments, promotions
from argosy.modules.ledger import Posting
from argosy.modules.orders import Because, MoneyFacts, Order
from argosy.modules.payments import (
    Authorised,
    Captured,
    Declined,
    Failed,
    Operation,
    Outcome,
    Pending,
    Recorded,
    Refunded,
    RequiresAction,
    Unknown,
    Voided,
)
from argosy.modules.quote import Quote
from argosy.runtime.db import Tx
from argosy.workflows import bookkeeping
from argosy.workflows.app import App
from argosy.workflows.claiming import has_claims
from argosy.workflows.placement import Placement, Reply, Result, placement_of

ACTION_TIME = timedelta(minutes=30)
"""For so long a shopper may take over 3DS or a redirect; then the attempt is given up (F3)."""
FUNDS_TIME = timedelta(days=10)
"""For so long the money of a slow method may be under way."""
FUNDS_LOOK = timedelta(hours=1)
LONGEST_PAUSE = timedelta(minutes=10)


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A payment attempt as its order's row has it.

    `placement` is what would be answered if nothing more were known. `quote` None: it is read from
    the order when the books need it.
    """

    order_id: UUID
    number: int
    operation_id: UUID
    order_prefix: str
    total: Money
    opened_at: datetime
    waiting_for: str
    placement: Placement
    quote: Quote | None = None


class Settled(Exception):
    """The attempt is decided already, by somebody else. Never leaves this file."""


class Retold(Exception):
    """The payment's record tells another outcome than the one at hand. Never leaves this file."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def attempt_of(order: Order, *, order_prefix: str, secret: str) -> Attempt:
    """The running attempt of a pending order."""
    assert order.operation_id is not None
    assert order.waiting_for is not None
    return Attempt(
        order_id=order.id,
        number=order.attempt,
        operation_id=order.operation_id,
        order_prefix=order_prefix,
        total=order.total,
        opened_at=order.opened_at,
        waiting_for=order.waiting_for,
        placement=placement_of(order, "processing", secret),
    )


async def complete(
    app: App, attempt: Attempt, outcome: Outcome, because: Because, reply: Reply | None = None
) -> Placement:
    """Write down what `outcome` means for the attempt; the answer under `reply`'s key with it.

    Safe to repeat and to race: one caller decides, the others get what was decided.
    """
    try:
        async with app.checkout_db.transaction() as tx:
            placement = await _step(tx, attempt, outcome, because)
            if reply and isinstance(outcome, Failed) and outcome.retryable:
                # Nothing happened, so the very same request may be sent again (DOMAIN.md G3).
                await carts.forget_key(tx, reply.key)
            elif reply:
                tx.remember(reply.answered(placement))
            return placement
    except Retold as told:
        return await complete(app, attempt, told.outcome, because, reply)
    except Settled:
        return await settle_late(
            app, attempt.order_id, attempt.operation_id, outcome, because, reply
        )


async def settle_late(  # noqa: PLR0917 - one word about one attempt
    app: App,
    order_id: UUID,
    operation_id: UUID,
    outcome: Outcome,
    because: Because,
    reply: Reply | None = None,
) -> Placement:
    """A word about an attempt that is not the running one: keep it, and give back late money.

    An authorisation that succeeds after its attempt was given up is voided (refunded, when the
    gateway captured it at once); the operation for it is written here and sent by the sweep of
    money moves. The answer tells the order as it is.
    """
    secret = app.settings.secret_key.get_secret_value()
    async with app.checkout_db.transaction() as tx:
        order = await orders.lock_order(tx, order_id)
        recorded = await payments.record(tx, operation_id, outcome)
        if recorded.changed and recorded.payment.orphaned:
            await ledger.post(tx, *money_postings(recorded.operation, tx.now))
            await orders.add_entry(
                tx, order_id, "late_authorisation", because, _late_facts(recorded)
            )
            await _give_back(tx, recorded.payment)
        placement = placement_of(order, result_of(order), secret, reason_of(order))
        if reply:
            tx.remember(reply.answered(placement))
        return placement


def result_of(order: Order) -> Result:
    """In which of the five ways the order's last attempt stands."""
    if order.stage in {"confirmed", "cancelled"}:
        return "placed"
    if order.stage == "payment_failed":
        return "declined"
    if order.waiting_for == "action":
        return "requires_action"
    return "pending" if order.waiting_for == "funds" else "processing"


def reason_of(order: Order) -> str | None:
    """What a shopper may know of why the payment failed."""
    if order.stage != "payment_failed" or order.failure is None:
        return None
    return payments.shopper_reason(Declined(code=order.failure))


def _late_facts(recorded: Recorded) -> dict[str, Any]:
    return {
        "payment": encode("payment", recorded.payment.id),
        "operation": encode("payment_operation", recorded.operation.id),
        "amount": recorded.operation.amount,
        "gateway": recorded.payment.gateway,
        "taken": recorded.operation.takes_money,
    }


async def _give_back(tx: Tx, payment: payments.Payment) -> None:
    if payment.captured.minor:
        await payments.open_refund(tx, payment.id, reason="late_success")
    else:
        await payments.open_void(tx, payment.id, reason="late_success")


async def _step(tx: Tx, attempt: Attempt, outcome: Outcome, because: Because) -> Placement:
    match outcome:
        case Authorised() | Captured():
            return await _confirm(tx, attempt, outcome, because)
        case Declined() | Failed():
            return await _fail(tx, attempt, outcome, because)
        case RequiresAction():
            return await _await_action(tx, attempt, outcome, because)
        case Pending():
            return await _await_funds(tx, attempt, outcome, because)
        case Unknown():
            return await _stay(tx, attempt, outcome, because)
        case Voided() | Refunded():
            raise AssertionError(f"{outcome!r} is no answer to an authorisation")
        case _:
            assert_never(outcome)


async def _confirm(
    tx: Tx, attempt: Attempt, outcome: Authorised | Captured, because: Because
) -> Placement:
    facts = facts_of(attempt.total, outcome)
    if attempt.waiting_for != "funds":
        await carts.move(tx, attempt.order_id, attempt.number, "placed")
    confirmed = await orders.confirm_order(
        tx,
        attempt.order_id,
        attempt.operation_id,
        facts,
        because,
        number_prefix=attempt.order_prefix,
    )
    if confirmed is None:
        raise Settled
    recorded = await payments.record(tx, attempt.operation_id, outcome)
    if recorded.payment.orphaned:
        raise Settled
    if not isinstance(recorded.outcome, Authorised | Captured):
        raise Retold(recorded.outcome)
    held = await allocate_or_hold(tx, attempt.order_id, because)
    quote = attempt.quote or await frozen_quote(tx, attempt.order_id)
    if has_claims(quote):
        await promotions.use_claims(tx, attempt.order_id)
    await ledger.post(tx, *sale_postings(attempt.order_id, quote, recorded.operation, tx.now))
    return msgspec.structs.replace(
        attempt.placement,
        result="placed",
        number=confirmed.number,
        stage="confirmed",
        payment_status=paid_status(attempt.total, facts),
        hold_status="held" if held else "clear",
        placed_at=tx.now,
        next_action=None,
    )


async def allocate_or_hold(tx: Tx, order_id: UUID, because: Because) -> bool:
    """Allocate what the order holds. True: the stock is gone although the money is there, so the
    order is on hold for somebody to choose between waiting and refund (DOMAIN.md F4).
    """
    held = await inventory.allocate(tx, order_id)
    if not isinstance(held, inventory.Shortage):
        return False
    short = sum(line.wanted - line.available for line in held.lines)
    await orders.hold_order(tx, order_id, "stock_shortage", f"{short} units short", because)
    return True


def sale_postings(
    order_id: UUID, quote: Quote, operation: Operation | None, at: datetime
) -> list[Posting]:
    """What a confirmed order brings into the books: the sale, and the money if it was taken."""
    parts = bookkeeping.parts_of(quote)
    postings = [bookkeeping.placed(order_id, parts, at)] if bookkeeping.is_bookable(parts) else []
    return postings + (money_postings(operation, at) if operation else [])


def money_postings(operation: Operation, at: datetime) -> list[Posting]:
    """The money of an authorisation that took it at once; a mere hold is no posting."""
    if not operation.takes_money:
        return []
    return [
        bookkeeping.captured(
            operation.order_id,
            operation.id,
            gateway=operation.gateway,
            amount=operation.amount,
            at=at,
        )
    ]


async def frozen_quote(tx: Tx, order_id: UUID) -> Quote:
    """The quote that the order was placed with."""
    return msgspec.convert(await orders.quote_of(tx, order_id), Quote)


def facts_of(total: Money, outcome: Authorised | Captured) -> MoneyFacts:
    """The order's sums after its payment succeeded."""
    captured = total.minor if isinstance(outcome, Captured) else 0
    return MoneyFacts(authorised_minor=total.minor, captured_minor=captured)


def paid_status(total: Money, facts: MoneyFacts) -> str:
    """The payment status of a confirmed order."""
    return orders.payment_status_of(facts, total.minor, failed=False, waiting_for=None)


async def _fail(
    tx: Tx, attempt: Attempt, outcome: Declined | Failed, because: Because
) -> Placement:
    if attempt.waiting_for != "funds":
        await carts.move(tx, attempt.order_id, attempt.number, "open")
    failed = await orders.fail_order(
        tx, attempt.order_id, attempt.operation_id, outcome.code, because
    )
    if failed is None:
        raise Settled
    recorded = await payments.record(tx, attempt.operation_id, outcome)
    if not isinstance(recorded.outcome, Declined | Failed):
        raise Retold(recorded.outcome)
    await inventory.release(tx, attempt.order_id, reason="payment_failed")
    if attempt.quote is None or has_claims(attempt.quote):
        await promotions.release_claims(tx, attempt.order_id)
    return msgspec.structs.replace(
        attempt.placement,
        result="declined",
        stage="payment_failed",
        payment_status="failed",
        next_action=None,
        reason=payments.shopper_reason(
            outcome if isinstance(outcome, Declined) else Declined(code=outcome.code)
        ),
    )


async def _await_action(
    tx: Tx, attempt: Attempt, outcome: RequiresAction, because: Because
) -> Placement:
    action = {"type": "redirect", "url": outcome.url}
    if attempt.waiting_for == "gateway":
        await carts.move(tx, attempt.order_id, attempt.number, "awaiting_action")
    await _wait(tx, attempt, "action", because, attempt.opened_at + ACTION_TIME, action)
    await _recorded(tx, attempt, outcome)
    await inventory.extend(
        tx, attempt.order_id, expires_at=attempt.opened_at + ACTION_TIME + LONGEST_PAUSE
    )
    return msgspec.structs.replace(
        attempt.placement,
        result="requires_action",
        payment_status="action_required",
        next_action=action,
    )


async def _await_funds(tx: Tx, attempt: Attempt, outcome: Pending, because: Because) -> Placement:
    if attempt.waiting_for != "funds":
        await carts.move(tx, attempt.order_id, attempt.number, "placed")
    look = min(tx.now + FUNDS_LOOK, max(attempt.opened_at + FUNDS_TIME, tx.now + LONGEST_PAUSE))
    waiting = await orders.await_attempt(
        tx,
        attempt.order_id,
        attempt.operation_id,
        "funds",
        because,
        lease_until=look,
        number_prefix=attempt.order_prefix,
    )
    if waiting is None:
        raise Settled
    await _recorded(tx, attempt, outcome)
    await inventory.extend(
        tx, attempt.order_id, expires_at=attempt.opened_at + FUNDS_TIME + FUNDS_LOOK
    )
    return msgspec.structs.replace(
        attempt.placement, result="pending", number=waiting.number, payment_status="pending"
    )


async def _stay(tx: Tx, attempt: Attempt, outcome: Unknown, because: Because) -> Placement:
    # Asked soon at first, then ever more seldom: half of the time that has passed already.
    pause = min(max(timedelta(seconds=2), (tx.now - attempt.opened_at) / 2), LONGEST_PAUSE)
    kept: Any = attempt.waiting_for
    await _wait(tx, attempt, kept, because, tx.now + pause, attempt.placement.next_action)
    await _recorded(tx, attempt, outcome)
    await inventory.extend(tx, attempt.order_id, expires_at=tx.now + pause + LONGEST_PAUSE)
    return attempt.placement


async def _wait(  # noqa: PLR0917 - private
    tx: Tx,
    attempt: Attempt,
    waiting_for: orders.WaitingFor,
    because: Because,
    lease_until: datetime,
    next_action: Mapping[str, Any] | None,
) -> None:
    waiting = await orders.await_attempt(
        tx,
        attempt.order_id,
        attempt.operation_id,
        waiting_for,
        because,
        lease_until=lease_until,
        next_action=next_action,
    )
    if waiting is None:
        raise Settled


async def _recorded(tx: Tx, attempt: Attempt, outcome: Outcome) -> None:
    """Keep an undecided word; if the record knows better meanwhile, that counts."""
    recorded = await payments.record(tx, attempt.operation_id, outcome)
    if recorded.operation.state in {"succeeded", "declined", "failed"}:
        raise Retold(recorded.outcome)
