"""Read by Python at the start of each process that has this folder in PYTHONPATH: breaks the code
in the one place that ARGOSY_TEST_BREAK names (test_underload.py), in server and worker alike.
"""

from __future__ import annotations

import os
from typing import Any


def breaker_never_opens() -> None:
    from argosy.runtime.breaker import Breaker

    Breaker.report = lambda *_: None  # type: ignore[method-assign, assignment]


def connection_held_while_waiting() -> None:
    from argosy.workflows import checkout

    ask = checkout._ask

    async def held(app: Any, *more: Any) -> Any:
        async with app.checkout_db.pool.acquire():
            return await ask(app, *more)

    checkout._ask = held


def recovery_skips() -> None:
    from argosy.workflows import recovery

    async def sweep(_: Any) -> int:
        return 0

    recovery.sweep = sweep


def database_errors_are_surprises() -> None:
    from argosy.runtime import db

    db._TRANSIENT = ()  # type: ignore[assignment]


def worker_ends_with_its_database() -> None:
    from argosy.entry import worker

    async def run_jobs(_app: Any, _url: str, stop: Any, queue: Any) -> None:
        await worker._until_stopped(queue, stop)

    async def work(app: Any, url: str, stop: Any, *_: Any) -> None:
        queue = await worker.JobQueue.open(url, app, worker.JOBS, worker.CRONS)
        worker.log.info("worker.started")
        await run_jobs(app, url, stop, queue)

    worker.work = work  # type: ignore[assignment]


GAP_S = 0.5
"""For so long a worker is between the two halves of what should be one transaction."""


def cursor_moves_first() -> None:
    _deliver_in_halves(effect_first=False)


def effect_comes_first() -> None:
    _deliver_in_halves(effect_first=True)


def _deliver_in_halves(*, effect_first: bool) -> None:
    import asyncio

    from argosy.runtime import subscriptions as subs

    async def deliver(db: Any, subscription: Any, **_: Any) -> int:
        async with db.transaction() as tx:
            cursor = await tx.maybe(subs.SQL.lock_cursor, subscription.name)
            if cursor is None:
                return 0
            wanted = sorted(subscription.types)
            rows = await tx.many(subs.SQL.read_after, cursor["xid"], cursor["id"], wanted, 500)
        if not rows:
            return 0
        last, told = rows[-1], [subs._delivered(row) for row in rows if row["data"] is not None]

        async def effect() -> None:
            async with db.transaction() as tx:
                await subscription.handle(tx, told)

        async def advance() -> None:
            async with db.transaction() as tx:
                await tx.run(subs.SQL.advance, subscription.name, last["xid"], last["id"], tx.now)

        halves = [effect, advance] if effect_first else [advance, effect]
        await halves[0]()
        if told:
            await asyncio.sleep(GAP_S)
        await halves[1]()
        return len(rows)

    subs.deliver = deliver


if os.environ.get("ARGOSY_TEST_BREAK"):
    globals()[os.environ["ARGOSY_TEST_BREAK"]]()
