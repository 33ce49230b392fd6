"""The list of orders, newest first, by keyset: the same speed on the last page as on the first."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel import paging
from argosy.runtime.db import Tx
from argosy.runtime.statements import Statement, load_statements

SQL = load_statements(__package__, "order_list.sql")

Position = tuple[datetime, UUID]
"""(opened_at, id) of the last order of the page before."""

Queue = Literal["all", "to_fulfil", "held"]

RARE_PAYMENT = frozenset(
    {
        "action_required",
        "failed",
        "not_required",
        "partially_paid",
        "partially_refunded",
        "refunded",
        "voided",
    }
)
RARE_FULFILMENT = frozenset({"not_required", "partially_fulfilled"})
"""States that few orders are in: each list has an index of its own."""

_LOOK_ENDS = {
    "orders_recent": SQL.orders_recent_end,
    "orders_to_fulfil": SQL.orders_to_fulfil_end,
}
_END_OF_TIME = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
_LAST_ID = UUID(int=2**128 - 1)


class OrderFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders. `email` is in its compared form; None leaves a filter out.

    `queue` narrows to work that waits: `to_fulfil` (confirmed, something left to ship), `held`.
    """

    channel_id: UUID | None = None
    customer_id: UUID | None = None
    email: str | None = None
    number: str | None = None
    stage: str | None = None
    payment_status: str | None = None
    fulfilment_status: str | None = None
    hold_status: str | None = None
    opened_since: datetime | None = None
    queue: Queue = "all"


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One order in a list. `total_minor` in minor units of `currency`, tax included."""

    id: UUID
    number: str | None
    channel_id: UUID
    customer_id: UUID | None
    email: str
    currency: str
    total_minor: int
    units: int
    stage: str
    payment_status: str
    fulfilment_status: str
    return_status: str
    hold_status: str
    opened_at: datetime
    confirmed_at: datetime | None
    version: int


async def list_orders(
    tx: Tx, filters: OrderFilters, *, before: Position | None, limit: int
) -> list[OrderRow]:
    """Up to `limit` orders older than `before`, newest first. One statement.

    Filters that no index serves are put on `LOOK` orders at most (kernel/paging.py): where fewer
    than `limit` come back, `look_end` says whether the list goes on.
    """
    opened_at, order_id = before or (_END_OF_TIME, _LAST_ID)
    statement = _statement(filters)
    look = []
    if statement.name in _LOOK_ENDS:
        look = [paging.LOOK if _narrowed(filters) else limit]
    rows = await tx.many(
        statement,
        opened_at,
        order_id,
        limit,
        filters.channel_id,
        filters.stage,
        filters.payment_status,
        filters.fulfilment_status,
        filters.hold_status,
        filters.opened_since,
        filters.number,
        filters.customer_id,
        filters.email,
        *look,
    )
    return [OrderRow(**dict(row)) for row in rows]


async def look_end(tx: Tx, filters: OrderFilters, before: Position | None) -> Position | None:
    """The last order that `list_orders` looked at when it found too few; None if it saw the end of
    the list. One statement at most.
    """
    statement = _LOOK_ENDS.get(_statement(filters).name)
    if statement is None or not _narrowed(filters):
        return None
    start = before or (_END_OF_TIME, _LAST_ID)
    row = await tx.maybe(statement, *start, filters.opened_since, paging.LOOK)
    return None if row is None else (row["opened_at"], row["id"])


async def orders_by_ids(tx: Tx, order_ids: Collection[UUID]) -> dict[UUID, OrderRow]:
    """Those of the orders that exist. One statement."""
    rows = await tx.many(SQL.orders_by_ids, list(order_ids))
    return {row["id"]: OrderRow(**dict(row)) for row in rows}


def _narrowed(filters: OrderFilters) -> bool:
    """Whether anything is asked for beside the range of an index."""
    return msgspec.structs.replace(filters, queue="all", opened_since=None) != OrderFilters()


def _statement(filters: OrderFilters) -> Statement:
    """The statement whose index holds the fewest orders beside those that are asked for."""
    choices = (
        (filters.number is not None, SQL.orders_by_number),
        (filters.customer_id is not None, SQL.orders_of_customer),
        (filters.email is not None, SQL.orders_by_email),
        (filters.queue == "held" or filters.hold_status == "held", SQL.orders_held),
        (filters.payment_status in RARE_PAYMENT, SQL.orders_of_rare_payment),
        (filters.fulfilment_status in RARE_FULFILMENT, SQL.orders_of_rare_fulfilment),
        (filters.queue == "to_fulfil", SQL.orders_to_fulfil),
        (filters.stage not in {None, "confirmed"}, SQL.orders_unusual),
    )
    return next((statement for fits, statement in choices if fits), SQL.orders_recent)
