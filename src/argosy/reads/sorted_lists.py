"""Lists in another order than the newest first, each a range of an index of its own.

Only ids and the key that they are sorted by: what is shown of them is read by id.
"""

from __future__ import annotations

from datetime import datetime
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from argosy.kernel import paging
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import Statement, load_statements

SQL = load_statements(__package__, "sorted_lists.sql")

Key = TypeVar("Key", int, str, datetime)

_MOST = 2**63 - 1
_FIRST_ID, _LAST_ID = UUID(int=0), UUID(int=2**128 - 1)
_END_OF_TIME = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


class Found(NamedTuple, Generic[Key]):
    """Ids with their keys. `end`: where to go on although fewer were found than asked for, as the
    filter was put on `LOOK` rows (kernel/paging.py).
    """

    rows: list[tuple[UUID, Key]]
    end: tuple[Key, UUID] | None


async def orders_by_total(
    tx: Tx, *, channel_id: UUID | None = None, after: tuple[int, UUID] | None = None, limit: int
) -> Found[int]:
    """Orders with their totals in minor units (of whatever currency), the highest first."""
    start = after or (_MOST, _LAST_ID)
    look = limit if channel_id is None else paging.LOOK
    rows = await tx.many(SQL.orders_by_total, *start, channel_id, limit, look)
    end = (
        await _end(tx, SQL.orders_by_total_end, start) if channel_id and len(rows) < limit else None
    )
    return Found(
        [(row["id"], row["total_minor"]) for row in rows],
        None if end is None else (end["total_minor"], end["id"]),
    )


async def products_by_title(
    tx: Tx, *, status: str | None = None, after: tuple[str, UUID] | None = None, limit: int
) -> Found[str]:
    """Products with their titles in lower case, by these."""
    start = after or ("", _FIRST_ID)
    look = limit if status is None else paging.LOOK
    rows = await tx.many(SQL.products_by_title, *start, status, limit, look)
    end = await _end(tx, SQL.products_by_title_end, start) if status and len(rows) < limit else None
    return Found(
        [(row["id"], row["title"]) for row in rows],
        None if end is None else (end["title"], end["id"]),
    )


async def products_by_change(
    tx: Tx, *, status: str | None = None, after: tuple[datetime, UUID] | None = None, limit: int
) -> Found[datetime]:
    """Products with the time of their last change, the latest first."""
    start = after or (_END_OF_TIME, _LAST_ID)
    look = limit if status is None else paging.LOOK
    rows = await tx.many(SQL.products_by_change, *start, status, limit, look)
    end = (
        await _end(tx, SQL.products_by_change_end, start) if status and len(rows) < limit else None
    )
    return Found(
        [(row["id"], row["updated_at"]) for row in rows],
        None if end is None else (end["updated_at"], end["id"]),
    )


async def _end(tx: Tx, statement: Statement, start: tuple[object, UUID]) -> Record | None:
    return await tx.maybe(statement, *start, paging.LOOK)


async def customers_by_name(
    tx: Tx, *, after: tuple[str, UUID] | None = None, limit: int
) -> list[tuple[UUID, str]]:
    """Customers with their names in lower case, by these; first those without one."""
    name, customer_id = after or ("", _FIRST_ID)
    rows = await tx.many(SQL.customers_by_name, name, customer_id, limit)
    return [(row["id"], row["name"]) for row in rows]
