"""What the stock gate is worth: purchases of one variant against purchases spread out.

    python bench/hot_sku.py            (its own embedded PostgreSQL in a temporary folder, fsync on)

A purchase here is what stock sees of one: BEGIN, three statements of other islands, `take`, three
more, COMMIT. 32 buyers in one process buy for three seconds each

    spread   one of 2,000 variants, without the gate: the limit of this client and machine
    direct   all the same variant, without the gate: each waits for the commit of the one before
    gate     all the same variant, through the gate

and `reserve` alone, once a transaction each and once in batches, shows what coalescing does where
nothing else is done. Numbers of 2026-11 on 2 shared cores are in docs/adr (hot stock); rates vary
with the machine, ratios little.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules import inventory
from argosy.modules.inventory import Demand, Fact, Heat, Movement, StockGate
from argosy.runtime.db import Database, Tx
from argosy.runtime.embedded import start_embedded
from argosy.runtime.migrate import migrate
from argosy.runtime.statements import Statement

BUYERS = 32
SECONDS = 3.0
VARIANTS = 2_000
OTHER = Statement("other", "exec", "insert into bench_other (body) values ($1)", "bench")
TABLE = Statement("table", "exec", "create table bench_other (body text)", "bench")


async def stock_up(db: Database) -> tuple[UUID, list[UUID]]:
    """One location with a million of each variant."""
    variants = [new_id() for _ in range(VARIANTS)]
    async with db.transaction() as tx:
        await tx.run(TABLE)
        place = await inventory.create_location(tx, code="bench", name="Bench", country="DE")
        for first in range(0, VARIANTS, 1_000):
            await inventory.post_fact(
                tx,
                Fact(
                    key=f"adjustment:{first}",
                    kind="adjustment",
                    reason="opening_balance",
                    actor="bench",
                    items=tuple(
                        Movement(variant_id=v, location_id=place.id, on_hand=1_000_000)
                        for v in variants[first : first + 1_000]
                    ),
                ),
            )
    return place.id, variants


async def rate(buy: Callable[[], Awaitable[None]]) -> float:
    """Calls of `buy` a second by all buyers together."""
    done = 0
    stop = time.monotonic() + SECONDS

    async def buyer() -> None:
        nonlocal done
        while time.monotonic() < stop:
            await buy()
            done += 1

    started = time.monotonic()
    await asyncio.gather(*(buyer() for _ in range(BUYERS)))
    return done / (time.monotonic() - started)


async def purchase(db: Database, place: UUID, variant: UUID, gate: StockGate | None = None) -> None:
    """What a purchase is for the stock rows: a transaction of several round trips around `take`."""
    order, demand = new_id(), [Demand(variant_id=variant, quantity=1)]
    if gate is not None:
        await gate.prepare(order, demand, [place], db.clock() + timedelta(seconds=60))
    async with db.transaction() as tx:
        for _ in range(3):
            await tx.run(OTHER, "before")
        await inventory.take(tx, order, demand, locations=[place])
        for _ in range(3):
            await tx.run(OTHER, "after")


async def reserve_alone(db: Database, place: UUID, variant: UUID) -> None:
    """Nothing but a reservation, in its own transaction."""

    async def run(tx: Tx) -> None:
        await inventory.reserve(
            tx,
            new_id(),
            [Demand(variant_id=variant, quantity=1)],
            locations=[place],
            expires_at=tx.now + timedelta(seconds=60),
        )

    async with db.transaction() as tx:
        await run(tx)


async def measure(url: str) -> dict[str, float]:
    """All rates of one run, and their ratios."""
    db = await Database.open(url, min_size=BUYERS, max_size=BUYERS + 2)
    place, variants = await stock_up(db)
    hot, hot2, hot3, hot4 = variants[:4]
    rng = random.Random(1)  # noqa: S311 - which variant, not a secret
    gate, eager = StockGate(db), StockGate(db, heat=Heat(threshold=0.0))

    async def prepare() -> None:
        await eager.prepare(
            new_id(),
            [Demand(variant_id=hot4, quantity=1)],
            [place],
            db.clock() + timedelta(seconds=60),
        )

    await rate(lambda: purchase(db, place, rng.choice(variants)))  # warm
    rates = {
        "spread": await rate(lambda: purchase(db, place, rng.choice(variants))),
        "direct": await rate(lambda: purchase(db, place, hot)),
        "gate": await rate(lambda: purchase(db, place, hot2, gate)),
        "spread_gate": await rate(lambda: purchase(db, place, rng.choice(variants), gate)),
        "reserve_direct": await rate(lambda: reserve_alone(db, place, hot3)),
        "reserve_gate": await rate(prepare),
    }
    await gate.close()
    async with db.reading() as tx:
        assert await inventory.verify(tx) == [], "the numbers must be explained"
    await db.close()
    return rates | {
        "batch": gate.orders / max(1, gate.batches),
        "ratio_gate_to_direct": rates["gate"] / rates["direct"],
        "ratio_gate_to_spread": rates["gate"] / rates["spread"],
        "ratio_unused_gate": rates["spread_gate"] / rates["spread"],
        "ratio_reserve": rates["reserve_gate"] / rates["reserve_direct"],
    }


def main() -> None:
    """Run it and print one JSON object."""
    folder = Path(tempfile.mkdtemp(prefix="argosy-hot-sku-"))
    server = start_embedded(folder)
    try:
        asyncio.run(migrate(server.url()))
        result = asyncio.run(measure(server.url()))
        sys.stdout.write(
            json.dumps({name: round(value, 2) for name, value in result.items()}) + "\n"
        )
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
