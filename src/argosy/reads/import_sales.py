"""Orders of channels that sell by the import one-stop shop, with their frozen quotes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from argosy.kernel.frozen import thaw
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "import_sales.sql")


class QuotedOrder(NamedTuple):
    """An order; `refunded_minor` of its `total_minor` were given back."""

    id: UUID
    quote: dict[str, Any]
    total_minor: int
    refunded_minor: int


async def import_sales(
    tx: Tx,
    channel_ids: Sequence[UUID],
    from_at: datetime,
    until_at: datetime,
    *,
    after: UUID | None,
    limit: int,
) -> list[QuotedOrder]:
    """Orders confirmed in [from_at, until_at) by id, those after the id given."""
    rows = await tx.many(SQL.import_sales, from_at, until_at, list(channel_ids), after, limit)
    return [
        QuotedOrder(row["id"], thaw(row["frozen_quote"]), row["total_minor"], row["refunded_minor"])
        for row in rows
    ]
