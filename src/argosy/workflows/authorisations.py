"""Authorisations that nobody waits for: those that arrive late, and those about to lapse.

An attempt of which the provider has never heard is given up after two leases (recovery.py), and its
shopper may pay again. Should its call arrive after all, its webhook may be lost: so the provider is
asked again, after a minute, then each time after as long as the attempt is old, at least daily, for
a week. What is found is given back by completing.settle_late.

A hold that is not captured lapses after some days (`capture_before`, DOMAIN.md H6). A day before,
its order is told; when it has lapsed, the gateway's records are adopted, whether or not its webhook
came, and an order of which nothing is paid then is held back from shipping.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

import structlog

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.modules import orders, payments
from argosy.modules.orders import SYSTEM, Because
from argosy.modules.payments import Authorised, Captured
from argosy.runtime import metrics
from argosy.workflows import money_moves
from argosy.workflows.app import App
from argosy.workflows.completing import settle_late

AT_ONCE = 20
SIDE_BY_SIDE = 5

log = structlog.get_logger(__name__)


async def sweep_late(app: App) -> int:
    """Ask again about attempts that were believed lost; how many. Run it every few seconds.

    Any number of workers may run it. A worker that dies in it costs one question: the next comes
    after twice the time.
    """
    async with app.db.transaction() as tx:
        due = await payments.claim_absent(tx, AT_ONCE)
    gate = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(operation_id: UUID) -> None:
        async with gate:
            try:
                await ask_again(app, operation_id)
            except ArgosyError as error:
                log.warning("late.postponed", operation_id=str(operation_id), code=error.code)

    await asyncio.gather(*(one(operation_id) for operation_id in due))
    return len(due)


async def sweep_lapsing(app: App) -> int:
    """Look at the open holds that are due; how many. Run it every minute or so.

    Any number of workers may run it: each look is taken once. The provider's silence is no reason
    to stop: it is asked again, at first after an hour.
    """
    async with app.db.reading() as tx:
        due = await payments.holds_due(tx, AT_ONCE)
    looked = 0
    for payment_id, order_id in due:
        try:
            looked += await _look_at(app, payment_id, order_id)
        except ArgosyError as error:
            log.warning("lapse.postponed", payment_id=str(payment_id), code=error.code)
    async with app.db.reading() as tx:
        counts = await payments.lapsing_by_gateway(tx)
    for name in {*app.gateways, *counts}:
        for state, count in zip(("soon", "lapsed"), counts.get(name, (0, 0)), strict=True):
            metrics.AUTHORISATIONS_LAPSING.labels(name, state).set(count)
    return looked


async def _look_at(app: App, payment_id: UUID, order_id: UUID) -> bool:
    because = Because(actor=SYSTEM, cause="authorisation_lapses")
    async with app.db.transaction() as tx:
        await orders.lock_order(tx, order_id)
        payment = await payments.look_at_hold(tx, payment_id)
        if payment is None or payment.capture_before is None:
            return False
        lapsed = payment.capture_before <= tx.now
        if not lapsed:
            facts = {
                "payment": encode("payment", payment_id),
                "gateway": payment.gateway,
                "amount": payment.authorised - payment.captured - payment.voided,
                "capture_before": payment.capture_before,
            }
            await orders.add_entry(tx, order_id, "authorisation_lapsing", because, facts)
    if lapsed:
        await money_moves.sync_payment(app, payment_id, because)
    return True


async def ask_again(app: App, operation_id: UUID) -> None:
    """See to it that an attempt that was believed lost holds no money and never will.

    Safe to repeat. What waits there for the shopper or the bank is cancelled. Raises
    PaymentNotFound, GatewayNotOffered.
    """
    async with app.db.reading() as tx:
        operation = await payments.operation_by_id(tx, operation_id)
    outcome = await payments.abandon(app.gateways, operation)
    if isinstance(outcome, Authorised | Captured):
        because = Because(actor=SYSTEM, cause="late_look")
        await settle_late(app, operation.order_id, operation_id, outcome, because)
        return
    async with app.db.transaction() as tx:
        await payments.stop_asking(tx, operation_id, outcome)
