"""Lists in another order than the newest first, each a range of an index of its own.

Only ids and the key that they are sorted by: what is shown of them is read by id.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "sorted_lists.sql")

_MOST = 2**63 - 1
_FIRST_ID, _LAST_ID = UUID(int=0), UUID(int=2**128 - 1)
_END_OF_TIME = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


async def orders_by_total(
    tx: Tx, *, channel_id: UUID | None = None, after: tuple[int, UUID] | None = None, limit: int
) -> list[tuple[UUID, int]]:
    """Orders with their totals in minor units (of whatever currency), the highest first."""
    total, order_id = after or (_MOST, _LAST_ID)
    rows = await tx.many(SQL.orders_by_total, total, order_id, channel_id, limit)
    return [(row["id"], row["total_minor"]) for row in rows]


async def products_by_title(
    tx: Tx, *, status: str | None = None, after: tuple[str, UUID] | None = None, limit: int
) -> list[tuple[UUID, str]]:
    """Products with their titles in lower case, by these."""
    title, product_id = after or ("", _FIRST_ID)
    rows = await tx.many(SQL.products_by_title, title, product_id, status, limit)
    return [(row["id"], row["title"]) for row in rows]


async def products_by_change(
    tx: Tx, *, status: str | None = None, after: tuple[datetime, UUID] | None = None, limit: int
) -> list[tuple[UUID, datetime]]:
    """Products with the time of their last change, the latest first."""
    at, product_id = after or (_END_OF_TIME, _LAST_ID)
    rows = await tx.many(SQL.products_by_change, at, product_id, status, limit)
    return [(row["id"], row["updated_at"]) for row in rows]


async def customers_by_name(
    tx: Tx, *, after: tuple[str, UUID] | None = None, limit: int
) -> list[tuple[UUID, str]]:
    """Customers with their names in lower case, by these; first those without one."""
    name, customer_id = after or ("", _FIRST_ID)
    rows = await tx.many(SQL.customers_by_name, name, customer_id, limit)
    return [(row["id"], row["name"]) for row in rows]
