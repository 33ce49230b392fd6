"""What paid orders hold that is delivered as files, and whose it is."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "paid_downloads.sql")


async def paid_downloads(tx: Tx, order_ids: Collection[UUID]) -> list[Record]:
    """The lines with their variants and the terms they are downloaded on. One statement, which
    keeps the orders as they are until the transaction ends.
    """
    return await tx.many(SQL.paid_downloads, sorted(order_ids))


async def lines_of_customer(tx: Tx, customer_id: UUID) -> list[UUID]:
    """The lines of the customer's orders that may be downloaded, or might once."""
    return [row["line_id"] for row in await tx.many(SQL.lines_of_customer, customer_id)]


async def bought_by_customer(
    tx: Tx, customer_id: UUID, channel_id: UUID, limit: int
) -> list[Record]:
    """The newest lines of the customer in the channel that are delivered as files."""
    return await tx.many(SQL.bought_by_customer, customer_id, channel_id, limit)
