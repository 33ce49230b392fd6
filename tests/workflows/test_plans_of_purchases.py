"""Plans that a purchase keeps from a shop with few rows read no table through when it has many.

The checks of foreign keys are among them: PostgreSQL plans those once for a connection, too. While
`payments.payment` held a row, each payment's operation looked for its payment by reading all; a
shop that sold a thousand orders a second from its first minute spent three times the processor time
until PostgreSQL analysed the table.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import asyncpg
from tests.conftest import MovableClock
from tests.workflows.till import open_till

from argosy.runtime.db import Database

GROWING = """
select relid::regclass::text as name, seq_scan from pg_stat_user_tables
where schemaname || '.' || relname = any ($1)"""
TABLES = [
    "cart.cart", "cart.line", "inventory.journal", "inventory.reservation", "ledger.entry",
    "ledger.transaction", "orders.line", "orders.order", "orders.timeline", "payments.operation",
    "payments.payment", "runtime.idempotency", "runtime.outbox",
]  # fmt: skip


async def test_no_table_that_grows_is_read_through_by_a_purchase(
    database_url: str, clock: MovableClock, tmp_path: Path
) -> None:
    first = await Database.open(database_url, clock=clock, min_size=1)
    async with open_till(first, database_url, clock, tmp_path) as till:
        await till.purchase(shirt=1, mug=1)
        await first.close()  # what it counted is written then
        await _analysed(database_url)
        before = await _read_through(database_url)
        db = await Database.open(database_url, clock=clock, min_size=1, generic_plans=True)
        till.app = replace(till.app, db=db, checkout_db=db)
        for _ in range(2):
            _, placed = await till.purchase(shirt=1, mug=1)
            assert placed.stage == "confirmed"
            _, placed = await till.place(await till.cart(shirt=1, mug=1))
            assert placed.stage == "confirmed"
        await db.close()
        assert await _read_through(database_url) == before


async def _analysed(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("vacuum analyze")
    await connection.close()


async def _read_through(url: str) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    found = {row["name"]: row["seq_scan"] for row in await connection.fetch(GROWING, TABLES)}
    await connection.close()
    return found
