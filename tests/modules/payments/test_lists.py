"""The lists of payments read what they show, however many payments there are."""

from __future__ import annotations

from datetime import timedelta

from argosy.kernel.ids import new_id
from argosy.modules.payments import store
from argosy.runtime.db import Database, utc_now


async def plan_of(db: Database, name: str, given: str) -> str:
    async with db.pool.acquire() as connection, connection.transaction():
        # As in a large shop, where nothing is read through that need not be.
        await connection.execute(
            "set local enable_seqscan = off; set local enable_bitmapscan = off"
        )
        await connection.execute("set local plan_cache_mode = force_generic_plan")
        statement = getattr(store.SQL, name).sql
        await connection.execute(f"prepare one as {statement}")
        rows = await connection.fetch(f"explain (costs off) execute one({given})")
        await connection.execute("deallocate one")
    return "\n".join(row[0] for row in rows)


async def test_payments_come_in_their_order_from_an_index(db: Database) -> None:
    at, last = utc_now() + timedelta(days=1), new_id()
    plan = await plan_of(db, "list_payments", f"'{at.isoformat()}', '{last}', null, null, 50, 9999")
    assert "payment_by_time" in plan, plan
    assert "Sort" not in plan, plan
    given = f"'{at.isoformat()}', '{last}', 'refunded', null, 50"
    plan = await plan_of(db, "list_payments_of_rare_state", given)
    assert "payment_by_rare_state" in plan, plan
    assert "Sort" not in plan, plan
    given = f"'{at.isoformat()}', '{last}', null, null, 50, '{at.isoformat()}'"
    plan = await plan_of(db, "list_lapsing", given)
    assert "payment_hold_due" in plan, plan
