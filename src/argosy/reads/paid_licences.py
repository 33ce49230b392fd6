"""What paid orders hold that is delivered as licence keys, and which orders are over."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "paid_licences.sql")


async def paid_licences(tx: Tx, order_ids: Collection[UUID]) -> list[Record]:
    """The lines with their variants, units and whether the buyer is to agree. One statement,
    which keeps the orders as they are until the transaction ends.
    """
    return await tx.many(SQL.paid_licences, sorted(order_ids))


async def ended_orders(tx: Tx, order_ids: Collection[UUID]) -> set[UUID]:
    """Those that were cancelled, voided, or refunded in full."""
    return {row["id"] for row in await tx.many(SQL.ended_orders, sorted(order_ids))}
