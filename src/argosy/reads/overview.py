"""What the first page of the back office shows: sales by day, and work that waits. All bounded."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "overview.sql")

MOST_COUNTED = 1_000


class DaySales(msgspec.Struct, frozen=True, kw_only=True):
    """A day in one currency: checkouts that began at the payment, orders confirmed of them and not
    cancelled, and their total in minor units, tax included.
    """

    day: date
    currency: str
    begun: int
    confirmed: int
    total_minor: int


class OrdersWaiting(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that wait for somebody, each counted to MOST_COUNTED."""

    to_fulfil: int
    held: int
    payment_failed: int


class StockWaiting(msgspec.Struct, frozen=True, kw_only=True):
    """Variants at locations that are sold out or low, counted to MOST_COUNTED together."""

    sold_out: int
    low: int


async def sales_by_day(tx: Tx, since: datetime, zone: str, until: datetime) -> list[DaySales]:
    """Sales of the days from `since` to before `until`, on the clock of `zone`. One statement, as
    long as there are orders of these days: keep what it finds.
    """
    rows = await tx.many(SQL.sales_by_day, since, zone, until)
    return [DaySales(**row) for row in rows]


async def orders_waiting(tx: Tx, since: datetime) -> OrdersWaiting:
    """What waits now; failed payments only since then. One statement."""
    return OrdersWaiting(**await tx.one(SQL.orders_waiting, MOST_COUNTED, since))


async def stock_waiting(tx: Tx) -> StockWaiting:
    """What should be ordered again. One statement."""
    return StockWaiting(**await tx.one(SQL.stock_waiting, MOST_COUNTED))
