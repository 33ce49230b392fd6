"""Authorisations that nobody waits for: those that arrive late.

An attempt of which the provider has never heard is given up after two leases (recovery.py), and its
shopper may pay again. Should its call arrive after all, its webhook may be lost: so the provider is
asked again, after a minute, then each time after as long as the attempt is old, at least daily, for
a week. What is found is given back by completing.settle_late.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

import structlog

from argosy.kernel.errors import ArgosyError
from argosy.modules import payments
from argosy.modules.orders import SYSTEM, Because
from argosy.modules.payments import Authorised, Captured
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
