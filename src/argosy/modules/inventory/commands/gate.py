"""Hot variants: reservations that arrive together are made together. docs/adr names the ratio.

An order's transaction holds its stock rows until it commits, some milliseconds and several round
trips later; on one hot row that is a queue. Before its transaction such an order asks the gate,
which makes holds for all that wait in one short transaction: the row is locked once for the lot.
`reserve` or `take` in the order's own transaction then finds that hold, and touches no hot row.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from argosy.modules.inventory import rules
from argosy.modules.inventory.errors import OutOfStock
from argosy.modules.inventory.store import holds
from argosy.modules.inventory.types import Demand
from argosy.runtime.db import Database, DatabaseUnavailable

#: Orders in one batch: about a millisecond of locks for as many buyers.
MAX_BATCH = 128
_TRIES = 3
# A competitor for the same rows won; the very same statement may simply run again.
_AGAIN = frozenset({"40001", "40P01"})


class _Waiting:
    __slots__ = ("future", "order")

    def __init__(self, order: holds.HotOrder, future: asyncio.Future[holds.Held]) -> None:
        self.order = order
        self.future = future


class StockGate:
    """Coalesces the reservations of this process for contended variants. Build one per process.

    Orders are served as they came; each gets all of its lines or none; nothing is sold that the
    levels do not have, however many gates there are. One batch per set of locations is under way
    at a time, and what arrives meanwhile is the next: the batch grows with the load by itself.
    """

    def __init__(
        self,
        db: Database,
        *,
        heat: rules.Heat | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._heat = rules.Heat() if heat is None else heat
        self._now = now
        self._queues: dict[tuple[UUID, ...], deque[_Waiting]] = {}
        self._tasks: dict[tuple[UUID, ...], asyncio.Task[None]] = {}
        self.batches = 0
        self.orders = 0

    async def prepare(
        self,
        order_id: UUID,
        demand: Sequence[Demand],
        locations: Sequence[UUID],
        expires_at: datetime,
    ) -> bool:
        """Hold stock ahead of the order's transaction, if one of its variants is contended.

        Call it before opening the transaction. False: nothing is contended (no await happened) or
        the order's own transaction must decide; reserve there as always. True: held until
        `expires_at`; `reserve` or `take` with the same demand adopts it, `release` undoes it, and
        if neither comes it expires, so keep the time short: `reserve` extends it (a second
        `prepare` does not).
        Raises OutOfStock (nothing held), QuantityInvalid, DatabaseUnavailable.
        """
        variants, quantities = rules.fold_demand(demand)
        if not variants or not self._heat.ask(variants, self._now()):
            return False
        key = tuple(dict.fromkeys(locations))
        waiting = _Waiting(
            holds.HotOrder(order_id, variants, quantities, expires_at),
            asyncio.get_running_loop().create_future(),
        )
        self._queues.setdefault(key, deque()).append(waiting)
        if key not in self._tasks:
            # A context of its own: the batch belongs to no single request.
            self._tasks[key] = asyncio.create_task(
                self._serve(key), name="stock gate", context=contextvars.Context()
            )
        held = await waiting.future
        if held.outcome == "short":
            raise OutOfStock(held.short)
        return held.reservation is not None

    def contended(self, demand: Sequence[Demand]) -> bool:
        """Whether `prepare` would hold ahead, for callers that learn their demand in a transaction.

        Notes one buyer, like `prepare`. True: roll back, `prepare`, and begin again.
        """
        variants, _ = rules.fold_demand(demand)
        return bool(variants) and self._heat.ask(variants, self._now())

    async def close(self) -> None:
        """Wait until all that is queued is answered."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values())

    async def _serve(self, key: tuple[UUID, ...]) -> None:
        queue = self._queues[key]
        # Those who arrive in this turn of the loop share the first batch.
        await asyncio.sleep(0)
        while batch := _next_batch(queue):
            try:
                results = await self._hold([waiting.order for waiting in batch], key)
            except Exception as error:  # noqa: BLE001 - whatever it is, they must not wait for ever
                for waiting in batch:
                    if not waiting.future.done():
                        waiting.future.set_exception(error)
                continue
            self.batches += 1
            self.orders += len(batch)
            for waiting, held in zip(batch, results, strict=True):
                # One whose shopper went away keeps its hold until it expires.
                if not waiting.future.done():
                    waiting.future.set_result(held)
        # No await since the queue was seen empty: nobody can have been missed.
        del self._queues[key], self._tasks[key]

    async def _hold(
        self, orders: Sequence[holds.HotOrder], locations: Sequence[UUID]
    ) -> list[holds.Held]:
        for attempt in range(1, _TRIES + 1):
            try:
                async with self._db.transaction() as tx:
                    return await holds.hold_hot_orders(tx, orders, locations)
            except DatabaseUnavailable as error:
                if attempt == _TRIES or getattr(error.__cause__, "sqlstate", None) not in _AGAIN:
                    raise
        raise AssertionError("unreachable")


def _next_batch(queue: deque[_Waiting]) -> list[_Waiting]:
    """The next orders, first come first served; a second request of one order waits its turn."""
    batch: list[_Waiting] = []
    orders: set[UUID] = set()
    while queue and len(batch) < MAX_BATCH:
        if queue[0].order.order_id in orders:
            break
        waiting = queue.popleft()
        if waiting.future.done():
            continue
        orders.add(waiting.order.order_id)
        batch.append(waiting)
    return batch
