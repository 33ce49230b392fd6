"""Recovery: payment attempts that nobody answers for any more are found, asked about, and ended.

Nothing is scheduled for a purchase: its order carries a lease, and the sweep takes over orders
whose lease ran out (a partial index, SKIP LOCKED; docs/adr tells why). The provider is asked by
operation id, and the attempt is completed, or made impossible and released. A webhook is a hint to
ask at once. All of it ends in completing.py, like the request itself.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from argosy.kernel.errors import ArgosyError
from argosy.modules import cart as carts
from argosy.modules import channels, orders, payments
from argosy.modules.orders import SYSTEM, Because, Order
from argosy.modules.payments import Failed, Operation, Outcome, Pending, RequiresAction, Unknown
from argosy.workflows.app import App
from argosy.workflows.completing import (
    ACTION_TIME,
    FUNDS_TIME,
    attempt_of,
    complete,
    reason_of,
    result_of,
    settle_late,
)
from argosy.workflows.placement import Placement, placement_of

AT_ONCE = 20
SIDE_BY_SIDE = 5

log = structlog.get_logger(__name__)


async def sweep(app: App) -> int:
    """End the attempts whose lease ran out; how many were looked at. Run it every few seconds.

    Any number of workers may run it. An attempt that cannot be ended now (the provider is down)
    gets a new lease and is found again.
    """
    async with app.checkout_db.transaction() as tx:
        until = tx.now + timedelta(seconds=app.settings.placing_lease_s)
        due = await orders.take_over_due(tx, until, AT_ONCE)
    gate = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(order_id: UUID) -> None:
        async with gate:
            try:
                await resolve_order(app, order_id, Because(actor=SYSTEM, cause="recovery"))
            except ArgosyError as error:
                log.warning("recovery.postponed", order=str(order_id), code=error.code)

    await asyncio.gather(*(one(item.order_id) for item in due))
    return len(due)


async def resolve_order(app: App, order_id: UUID, because: Because) -> Placement | None:
    """Find out what became of the order's running attempt and complete it; the order as it is then.

    Safe at any time: an order that waits for nothing is only read. None: there is no such order.
    Raises GatewayNotOffered when the attempt's gateway is gone.
    """
    found = await _running(app, order_id)
    if found is None:
        return None
    order, operation, prefix, now = found
    secret = app.settings.secret_key.get_secret_value()
    if operation is None:
        return placement_of(order, result_of(order), secret, reason_of(order))
    outcome = await _find_out(app, order, operation, now)
    attempt = attempt_of(order, order_prefix=prefix, secret=secret)
    return await complete(app, attempt, outcome, because)


async def give_up(app: App, order_id: UUID, because: Because) -> Placement | None:
    """End the order's running attempt because the shopper chose otherwise.

    The provider is told first, so that it certainly cannot succeed any more; if it did already,
    the order is completed instead (DOMAIN.md H2). None: there is no such order.
    """
    found = await _running(app, order_id)
    if found is None:
        return None
    order, operation, prefix, _ = found
    secret = app.settings.secret_key.get_secret_value()
    if operation is None:
        return placement_of(order, result_of(order), secret, reason_of(order))
    outcome = await payments.abandon(app.gateways, operation)
    attempt = attempt_of(order, order_prefix=prefix, secret=secret)
    return await complete(app, attempt, outcome, because)


async def resolve_operation(app: App, operation_id: UUID, because: Because) -> None:
    """A webhook or a look-up says that something happened to an authorisation: ask, and act on it.

    The running attempt of its order is completed; any other is kept on record, money that came too
    late is given back, and what could still bring some (3DS, a slow method) is cancelled.
    """
    async with app.checkout_db.reading() as tx:
        operation = await payments.operation_by_id(tx, operation_id)
        order = await orders.find_order(tx, operation.order_id)
    assert operation.kind == "authorise"
    assert order is not None, "an operation is written together with its order"
    if order.operation_id == operation_id and order.waiting_for is not None:
        await resolve_order(app, order.id, because)
        return
    ask = payments.abandon if operation.state == "failed" else payments.look_up
    await settle_late(app, order.id, operation_id, await ask(app.gateways, operation), because)


async def expire_carts(app: App) -> int:
    """Close carts that nobody touched for a month; how many were visited."""
    async with app.checkout_db.transaction() as tx:
        return await carts.expire_due(tx, 200)


async def _running(
    app: App, order_id: UUID
) -> tuple[Order, Operation | None, str, datetime] | None:
    """The order, its undecided operation (None: it waits for nothing), the channel's prefix."""
    async with app.checkout_db.reading() as tx:
        order = await orders.find_order(tx, order_id)
        if order is None:
            return None
        if order.waiting_for is None or order.operation_id is None:
            return order, None, "", tx.now
        operation = await payments.operation_by_id(tx, order.operation_id)
        channel = await channels.channel_by_id(tx, order.channel_id)
        return order, operation, channel.order_prefix, tx.now


async def _find_out(app: App, order: Order, operation: Operation, now: datetime) -> Outcome:
    """What the provider says; an attempt that it never heard of, or that took too long, is ended
    there first, so that it cannot succeed behind our back.
    """
    if operation.outcome is not None and not operation.open:
        return operation.outcome
    outcome = await payments.look_up(app.gateways, operation)
    age = now - order.opened_at
    match outcome:
        case Failed(code="absent") if age < timedelta(seconds=2 * app.settings.placing_lease_s):
            # The call may still be on its way: absent is believed only when it cannot be any more.
            return Unknown(reason="absent_so_far")
        case Failed(code="absent"):
            return await payments.abandon(app.gateways, operation)
        case RequiresAction() if age >= ACTION_TIME:
            return await payments.abandon(app.gateways, operation)
        case Pending() if age >= FUNDS_TIME:
            return await payments.abandon(app.gateways, operation)
        case _:
            return outcome
