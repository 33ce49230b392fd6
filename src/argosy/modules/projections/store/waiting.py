"""The SQL of what waits to be projected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from argosy.modules.projections.store import SQL
from argosy.modules.projections.types import Claimed, Lag
from argosy.runtime.db import Tx


async def mark_pending(tx: Tx, product_ids: Sequence[UUID], changed_at: datetime) -> None:
    await tx.run(SQL.mark_pending, product_ids, changed_at, tx.now)


async def claim_pending(tx: Tx, limit: int) -> Claimed:
    rows = await tx.many(SQL.claim_pending, tx.now, limit)
    return Claimed(
        product_ids=tuple(r["product_id"] for r in rows),
        oldest=min((r["changed_at"] for r in rows), default=None),
    )


async def waits_since(tx: Tx) -> datetime | None:
    row = await tx.maybe(SQL.waits_since)
    return None if row is None else row["changed_at"]


async def claim_scheduled(tx: Tx, limit: int) -> Claimed:
    rows = await tx.many(SQL.claim_scheduled, tx.now, limit)
    return Claimed(
        product_ids=tuple({r["product_id"]: None for r in rows}),
        oldest=min((r["due_at"] for r in rows), default=None),
    )


async def park(tx: Tx, product_id: UUID, error: str) -> None:
    await tx.run(SQL.park, product_id, tx.now, error)


async def lag(tx: Tx) -> Lag:
    row = await tx.one(SQL.lag, tx.now)
    oldest = min((t for t in (row["oldest"], row["oldest_due"]) if t is not None), default=tx.now)
    return Lag(
        seconds=max(0.0, (tx.now - oldest).total_seconds()),
        pending=row["pending"],
        parked=row["parked"],
        overdue=row["overdue"],
    )
