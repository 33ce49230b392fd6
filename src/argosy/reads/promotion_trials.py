"""What promotions are tried on before they go live: goods, open carts, past orders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from argosy.kernel.frozen import thaw
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "promotion_trials.sql")


class PastOrder(NamedTuple):
    """A placed order with its frozen quote (as JSON), and its buyer's past at that time.

    `lines` by order line id: product_id, options, tax_class.
    """

    id: UUID
    channel_id: UUID
    customer_id: UUID | None
    confirmed_at: datetime
    currency: str
    quote: dict[str, Any]
    gateway: str | None
    orders_before: int
    spent_before_minor: int
    last_before: datetime | None
    lines: dict[str, dict[str, Any]]


async def sample_variants(
    tx: Tx, channel_id: UUID, named: Collection[UUID], limit: int
) -> list[UUID]:
    """Variants that the channel sells, those that are named (or whose product is) first."""
    return [row["id"] for row in await tx.many(SQL.sample_variants, channel_id, list(named), limit)]


async def recent_carts(
    tx: Tx, since: datetime, channels: Collection[UUID], limit: int
) -> list[UUID]:
    """Open carts with lines that were changed since, the last changed first."""
    rows = await tx.many(SQL.recent_carts, tx.now, since, list(channels), limit)
    return [row["id"] for row in rows]


async def past_orders(
    tx: Tx,
    since: datetime,
    channels: Collection[UUID],
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[PastOrder]:
    """Placed orders, the newest first, those before (confirmed_at, id)."""
    when, than = before or (None, None)
    rows = await tx.many(SQL.past_orders, since, list(channels), when, than, limit)
    return [
        PastOrder(
            id=row["id"],
            channel_id=row["channel_id"],
            customer_id=row["customer_id"],
            confirmed_at=row["confirmed_at"],
            currency=row["currency"],
            quote=row["quote"] if row["frozen_quote"] is None else thaw(row["frozen_quote"]),
            gateway=row["gateway"],
            orders_before=row["orders"],
            spent_before_minor=row["spent"],
            last_before=row["last_at"],
            lines=row["lines"] or {},
        )
        for row in rows
    ]
