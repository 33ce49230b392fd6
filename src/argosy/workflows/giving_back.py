"""What the worker does for promotions: holds that nobody settled, promotions nobody can read.

Begin claims and Complete uses or gives back in their own transactions. Here is the rest: an order
that was cancelled, and the sweep that asks what became of holds that nobody settled (D11).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from argosy.modules import orders, promotions
from argosy.runtime import metrics
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App
from argosy.workflows.promoting import unreadable

log = structlog.get_logger(__name__)

HELD_AT_LEAST: Final = timedelta(minutes=15)
"""So long a hold is left to the purchase that made it."""


async def give_back_uses(tx: Tx, events: Sequence[Delivered]) -> None:
    """A cancelled order gives back what it used; a return does not (D11)."""
    for event in events:
        order_id = UUID(str(event.data["order_id"]))
        await promotions.release_claims(tx, order_id, also_used=True)


async def measure_promotions(app: App) -> int:
    """Count live promotions that this version cannot read, for the alert. Finds nothing to do."""
    async with app.db.reading() as tx:
        unread = await unreadable(tx)
    metrics.PROMOTIONS_UNREADABLE.set(len(unread))
    for one in unread:
        log.warning("promotions.unreadable", promotion=one.id, path=one.path, reason=one.reason)
    return 0


async def settle_holds(app: App) -> int:
    """Settle holds by what became of their orders; those of orders under way stay."""
    async with app.checkout_db.transaction() as tx:
        held = await promotions.held_since(tx, tx.now - HELD_AT_LEAST, limit=1000)
        settled = 0
        for order_id in held:
            order = await orders.find_order(tx, order_id)
            if order is not None and order.stage == "pending_payment":
                continue
            if order is not None and order.stage == "confirmed":
                await promotions.use_claims(tx, order_id)
            else:
                await promotions.release_claims(tx, order_id)
            settled += 1
    return settled
