"""What staff do with an order after it was placed: cancel it.

Cancelling runs backwards through the same islands: the order, what is authorised or captured, the
stock, the books. Money moves follow the usual three steps (a row, the call, its outcome); the call
of a void or refund is made by `money_moves` after the transaction, and by its sweep after a crash.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from argosy.kernel.ids import encode
from argosy.modules import cart as carts
from argosy.modules import inventory, ledger, orders, payments, staff
from argosy.modules.orders import Because, Order
from argosy.modules.payments import Operation, Payment
from argosy.runtime.db import Tx
from argosy.workflows import bookkeeping, money_moves, recovery
from argosy.workflows.app import App


class CancelOrder(NamedTuple):
    """Cancel an order. `refund`: give captured money back at once; otherwise it stays owed to the
    customer in the books until somebody refunds it. `actor` (None: the shop itself) is audited.
    """

    order_id: UUID
    reason: str
    because: Because
    actor: staff.Actor | None = None
    expected_version: int | None = None
    refund: bool = True


async def cancel_order(app: App, command: CancelOrder) -> Order:
    """Cancel an order, before or after its payment; what it looks like then. Repeats are no-ops.

    A payment attempt that still runs is made impossible at the provider first; if it succeeded
    meanwhile, its money is given back. Raises OrderNotFound, OrderChanged, OrderActionIllegal
    (something was shipped: take it back as a return), PaymentBusy.
    """
    async with app.db.reading() as tx:
        before = await orders.order_by_id(tx, command.order_id)
    if before.waiting_for is not None:
        orders.check_version(before, command.expected_version)
        await recovery.give_up(app, command.order_id, command.because)
        command = command._replace(expected_version=None)
    async with app.db.transaction() as tx:
        order, moves = await _cancel(tx, command)
    for operation in moves:
        await money_moves.send(app, operation)
    return order


async def _cancel(tx: Tx, command: CancelOrder) -> tuple[Order, list[Operation]]:
    """The transaction of it: stock that was not shipped goes back, the sale is reversed in the
    books, and each hold gets a void, captured money a refund; their operations are returned.
    """
    await carts.close(tx, command.order_id)
    order = await orders.lock_order(tx, command.order_id)
    if order.stage == "cancelled":
        return order, []
    await orders.cancel_order(
        tx, order, command.reason, command.because, expected_version=command.expected_version
    )
    moves: list[Operation] = []
    for payment in await payments.payments_of_order(tx, order.id):
        moves += await _give_back(tx, payment, command)
    await inventory.release(tx, order.id, reason="cancelled", cancel=True)
    booked = await ledger.postings_of_order(tx, order.id)
    reversal = bookkeeping.cancelled(order.id, booked, tx.now)
    if reversal is not None:
        await ledger.post(tx, reversal)
    if command.actor is not None:
        await staff.audit(
            tx,
            command.actor,
            "order.cancelled",
            encode("order", order.id),
            {"stage": order.stage},
            {"reason": command.reason, "operations": len(moves)},
        )
    return await orders.lock_order(tx, order.id), moves


async def _give_back(tx: Tx, payment: Payment, command: CancelOrder) -> list[Operation]:
    moves = []
    if payment.capturable.minor:
        moves.append(await payments.open_void(tx, payment.id, reason="order_cancelled"))
    if command.refund and payment.refundable.minor:
        moves.append(await payments.open_refund(tx, payment.id, reason="order_cancelled"))
    return moves


async def add_note(tx: Tx, order_id: UUID, text: str, because: Because, actor: staff.Actor) -> None:
    """Write a note into the timeline. Raises OrderNotFound, NoteInvalid."""
    await orders.add_note(tx, order_id, text, because)
    await staff.audit(tx, actor, "order.noted", encode("order", order_id))


async def release_hold(  # noqa: PLR0917 - a handler passes them all
    tx: Tx,
    order_id: UUID,
    hold_id: UUID,
    because: Because,
    actor: staff.Actor,
    expected_version: int | None,
) -> Order:
    """Release a hold. One for missing stock goes only when the stock can be allocated now (F4).

    A hold that is gone is a no-op. Raises OrderNotFound, OrderChanged, OutOfStock.
    """
    before = await orders.lock_order(tx, order_id)
    gone = [hold for hold in before.holds if hold.id == hold_id]
    if not gone:
        return before
    order = await orders.release_hold(
        tx, order_id, hold_id, because, expected_version=expected_version
    )
    if gone[0].kind == "stock_shortage":
        held = await inventory.allocate(tx, order_id)
        if isinstance(held, inventory.Shortage):
            raise inventory.OutOfStock(held.lines)
    await staff.audit(
        tx, actor, "order.hold_released", encode("order", order_id), {"kind": gone[0].kind}
    )
    return order
