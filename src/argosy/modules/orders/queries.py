"""Reading orders one by one. Lists and the page with everything on it are `reads/order_*.sql`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from argosy.modules.orders import store
from argosy.modules.orders.errors import OrderNotFound
from argosy.modules.orders.types import Order, OrderLine, TimelineEntry
from argosy.runtime.db import Tx

_LINES_AT_ONCE = 100_000


async def find_order(tx: Tx, order_id: UUID) -> Order | None:
    """The order, None if there is none."""
    return await store.read_order(tx, order_id)


async def order_by_id(tx: Tx, order_id: UUID) -> Order:
    """The order. Raises OrderNotFound."""
    order = await store.read_order(tx, order_id)
    if order is None:
        raise OrderNotFound("There is no such order.")
    return order


async def lines_of(tx: Tx, order_id: UUID) -> tuple[OrderLine, ...]:
    """The order's lines, by position."""
    return await store.read_lines(tx, order_id)


async def quote_of(tx: Tx, order_id: UUID) -> Any:
    """The frozen quote as plain JSON values. Raises OrderNotFound."""
    quote = await store.read_quote(tx, order_id)
    if quote is None:
        raise OrderNotFound("There is no such order.")
    return quote


async def numbers_of(tx: Tx, order_ids: Collection[UUID]) -> dict[UUID, str]:
    """The numbers of those of the orders that have one. One statement."""
    return await store.numbers_of(tx, order_ids)


async def confirmed_quotes(
    tx: Tx, *, after: UUID | None = None, limit: int
) -> list[tuple[UUID, str | None, Any]]:
    """(id, number, frozen quote as plain JSON values) of orders that were confirmed, by id."""
    return await store.read_confirmed_quotes(tx, after, limit)


async def timeline_of(tx: Tx, order_id: UUID) -> tuple[TimelineEntry, ...]:
    """The order's history, oldest first."""
    return await store.read_timeline(tx, order_id)


async def count_due(tx: Tx) -> tuple[int, datetime | None]:
    """How many attempts wait for recovery, and the oldest lease that ran out (for metrics)."""
    return await store.count_due(tx)


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Which of these storage keys does a line of any order show. Many short statements."""
    keys = [ref for ref in refs if "." in ref]  # ids of entries have none
    if not keys:
        return set()
    found: set[str] = set()
    after: tuple[UUID, int] | None = (UUID(int=0), -1)
    while after is not None:
        named, after = await store.named_media(tx, keys, after, _LINES_AT_ONCE)
        found |= named
    return found
