"""Use cases that write an order. Each checks the transition table, writes the facts and the history
in one statement, and emits what happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.kernel.money import Money
from argosy.modules.orders import rules, store
from argosy.modules.orders.errors import OrderNotFound, OrderSettled
from argosy.modules.orders.events import (
    OrderCancelled,
    OrderClaimed,
    OrderHeld,
    OrderHoldReleased,
    OrderOpened,
    OrderPaymentFailed,
    OrderPending,
    OrderPlaced,
)
from argosy.modules.orders.store import Confirmed, Failed, Waiting
from argosy.modules.orders.types import (
    Because,
    Due,
    Hold,
    HoldKind,
    MoneyFacts,
    Opening,
    OpenOrder,
    Order,
    WaitingFor,
)
from argosy.runtime.db import Tx

MOST_CLAIMED = 500


async def draw_numbers(tx: Tx, count: int, *, prefix: str) -> list[str]:
    """So many order numbers. One that is not used is missing for ever: numbers are unique, not
    gapless.
    """
    return [f"{prefix}{number}" for number in await store.draw_numbers(tx, count)]


async def lock_failed(tx: Tx, orders: Sequence[OpenOrder]) -> None:
    """Before stock is touched: lock the orders of earlier, failed attempts that `open_orders` will
    overwrite. No statement when there are none.
    """
    if again := [order.id for order in orders if order.attempt > 1]:
        await store.lock_failed(tx, again)


async def open_orders(tx: Tx, openings: Sequence[Opening]) -> None:
    """Write orders, confirmed or `pending_payment`, in one statement.

    An order of an earlier attempt that failed is overwritten. Raises OrderSettled when the order of
    one of these ids is in another state; then all must be rolled back.
    """
    written = await store.open_orders(tx, openings)
    if len(written) < len(openings):
        raise OrderSettled("This cart was ordered meanwhile.", retry_after=1)
    for one in openings:
        tx.emit(_opened(one))


def _opened(one: Opening) -> OrderPlaced | OrderOpened:
    order = one.order
    if one.number is None:
        return OrderOpened(
            order_id=order.id,
            channel_id=order.channel_id,
            attempt=order.attempt,
            total=order.total,
            gateway=order.gateway,
        )
    return OrderPlaced(
        order_id=order.id,
        channel_id=order.channel_id,
        customer_id=order.customer_id,
        number=one.number,
        total=order.total,
        units=sum(line.quantity for line in order.lines),
    )


async def confirm_order(
    tx: Tx,
    order_id: UUID,
    operation_id: UUID | None,
    facts: MoneyFacts,
    because: Because,
    *,
    number_prefix: str,
) -> Confirmed | None:
    """The attempt `operation_id` brought the money: number and confirm the order.

    Compare-and-set; None: that attempt is settled already, or is not the running one.
    """
    confirmed = await store.confirm_order(
        tx, order_id, operation_id, facts, because, number_prefix=number_prefix
    )
    if confirmed:
        tx.emit(
            OrderPlaced(
                order_id=order_id,
                channel_id=confirmed.channel_id,
                customer_id=confirmed.customer_id,
                number=confirmed.number,
                total=Money(confirmed.total_minor, confirmed.currency),
                units=confirmed.units,
            )
        )
    return confirmed


async def await_attempt(
    tx: Tx,
    order_id: UUID,
    operation_id: UUID | None,
    waiting_for: WaitingFor,
    because: Because,
    *,
    lease_until: datetime,
    next_action: Mapping[str, Any] | None = None,
    number_prefix: str | None = None,
) -> Waiting | None:
    """Record what the running attempt waits for, and when recovery shall look at it again.

    A repeat in the same state only moves the lease. With `number_prefix` (slow methods) the order
    gets its number now. None: that attempt is settled already.
    """
    waiting = await store.set_waiting(
        tx,
        order_id,
        operation_id,
        waiting_for,
        because,
        lease_until=lease_until,
        next_action=next_action,
        number_prefix=number_prefix,
    )
    if waiting and waiting.numbered:
        assert waiting.number is not None
        tx.emit(
            OrderPending(
                order_id=order_id,
                channel_id=waiting.channel_id,
                number=waiting.number,
                total=Money(waiting.total_minor, waiting.currency),
            )
        )
    return waiting


async def fail_order(
    tx: Tx, order_id: UUID, operation_id: UUID | None, failure: str, because: Because
) -> Failed | None:
    """The running attempt ended without money; `failure` is a stable code.

    Compare-and-set; None: that attempt is settled already.
    """
    failed = await store.fail_order(tx, order_id, operation_id, failure, because)
    if failed:
        tx.emit(
            OrderPaymentFailed(
                order_id=order_id,
                channel_id=failed.channel_id,
                attempt=failed.attempt,
                failure=failure,
            )
        )
    return failed


async def cancel_order(
    tx: Tx, order: Order, reason: str, because: Because, *, expected_version: int | None = None
) -> int:
    """Cancel a locked order; its new version. A cancelled one stays as it is.

    Raises OrderActionIllegal (something was shipped), OrderChanged.
    """
    if order.stage == "cancelled":
        return order.version
    rules.check_version(order, expected_version)
    rules.check_legal(order, "cancel")
    version = await store.cancel_order(tx, order.id, reason, because)
    tx.emit(
        OrderCancelled(
            order_id=order.id, channel_id=order.channel_id, number=order.number, reason=reason
        )
    )
    return version


async def hold_order(
    tx: Tx, order_id: UUID, kind: HoldKind, reason: str, because: Because
) -> Order:
    """Forbid shipping until the hold is released. A second hold of a kind that stands is a no-op.

    Raises OrderNotFound, OrderActionIllegal.
    """
    order = await lock_order(tx, order_id)
    if any(hold.kind == kind and hold.reason == reason for hold in order.holds):
        return order
    rules.check_legal(order, "hold")
    hold = Hold(id=new_id(), kind=kind, reason=reason, placed_at=tx.now)
    await store.set_holds(
        tx,
        order_id,
        (*order.holds, hold),
        because,
        kind="held",
        data={"kind": kind, "reason": reason},
    )
    tx.emit(OrderHeld(order_id=order_id, channel_id=order.channel_id, hold_id=hold.id, kind=kind))
    return await lock_order(tx, order_id)


async def release_hold(
    tx: Tx,
    order_id: UUID,
    hold_id: UUID,
    because: Because,
    *,
    expected_version: int | None = None,
) -> Order:
    """Lift one hold. A hold that is gone already is a no-op.

    Raises OrderNotFound, OrderChanged, OrderActionIllegal.
    """
    order = await lock_order(tx, order_id)
    gone = [hold for hold in order.holds if hold.id == hold_id]
    if not gone:
        return order
    rules.check_version(order, expected_version)
    rules.check_legal(order, "release_hold")
    await store.set_holds(
        tx,
        order_id,
        [hold for hold in order.holds if hold.id != hold_id],
        because,
        kind="hold_released",
        data={"kind": gone[0].kind, "reason": gone[0].reason},
    )
    tx.emit(
        OrderHoldReleased(
            order_id=order_id, channel_id=order.channel_id, hold_id=hold_id, kind=gone[0].kind
        )
    )
    return await lock_order(tx, order_id)


async def record_money(
    tx: Tx,
    order_id: UUID,
    facts: MoneyFacts,
    because: Because,
    *,
    kind: str,
    data: Mapping[str, Any],
) -> bool:
    """Take over the sums of the order's payments after a capture, void or refund.

    Call it in the transaction that holds the payment's lock, after locking the order (lock order:
    order, then payment). `kind` names the timeline entry ("captured"). False: nothing new.
    """
    return await store.record_money(tx, order_id, facts, because, kind=kind, data=data)


async def record_fulfilment(
    tx: Tx, order_id: UUID, units: int, because: Because, *, data: Mapping[str, Any]
) -> int:
    """So many units of the order left the shelf; its new version. `data` goes into the timeline.

    Call it once for each shipment, in the transaction of `inventory.fulfil`.
    Raises OrderNotFound, OrderActionIllegal.
    """
    order = await lock_order(tx, order_id)
    rules.check_legal(order, "fulfil")
    assert 0 < units <= order.units - order.units_fulfilled, "inventory guards what can ship"
    return await store.record_fulfilment(tx, order_id, units, because, data)


async def add_note(tx: Tx, order_id: UUID, text: str, because: Because) -> None:
    """Append a note to the timeline. Raises OrderNotFound, NoteInvalid."""
    note = rules.checked_note(text)
    if await store.read_order(tx, order_id) is None:
        raise OrderNotFound("There is no such order.")
    await store.add_entry(tx, order_id, "note", because, {"text": note})


async def add_entry(
    tx: Tx, order_id: UUID, kind: str, because: Because, data: Mapping[str, Any]
) -> None:
    """Append what another part of the house did for this order."""
    await store.add_entry(tx, order_id, kind, because, data)


async def claim_orders(
    tx: Tx, customer_id: UUID, email_normalised: str, because: Because
) -> list[UUID]:
    """Give the guest orders of a *verified* e-mail to its account (G10); their ids.

    The caller has made sure that the account proved to own the address. A repeat finds nothing.
    """
    claimed = await store.claim_orders(tx, customer_id, email_normalised, because, MOST_CLAIMED)
    for order_id, channel_id in claimed:
        tx.emit(OrderClaimed(order_id=order_id, channel_id=channel_id, customer_id=customer_id))
    return [order_id for order_id, _ in claimed]


async def forget_person(tx: Tx, customer_id: UUID, because: Because) -> int:
    """Take out of the customer's orders what names the person (DOMAIN.md 39, Q4).

    E-mail address, names, streets, telephone numbers and engraved texts go; amounts, lines, tax
    facts and the place that decided them stay. An order that is still to be paid or shipped keeps
    its addresses, for it cannot be delivered without: returned is how many those are, so that the
    caller comes again. A repeat finds nothing.
    """
    _, waiting = await store.forget_person(tx, customer_id, because)
    return waiting


async def renew_lease(
    tx: Tx, order_id: UUID, operation_id: UUID, until: datetime, *, waiting_for: WaitingFor
) -> bool:
    """Answer for the running attempt until then. False: it is settled already."""
    return await store.renew_lease(tx, order_id, operation_id, until, waiting_for)


async def take_over_due(tx: Tx, until: datetime, limit: int) -> list[Due]:
    """Take over unfinished attempts whose lease ran out, oldest first, until `until`."""
    return await store.take_over_due(tx, until, limit)


async def lock_order(tx: Tx, order_id: UUID) -> Order:
    """The order, locked until the transaction ends. Raises OrderNotFound."""
    order = await store.read_order(tx, order_id, lock=True)
    if order is None:
        raise OrderNotFound("There is no such order.")
    return order
