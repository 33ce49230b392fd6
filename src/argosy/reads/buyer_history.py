"""What buyers bought before, in one statement for any number of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "buyer_history.sql")


class BuyerHistory(NamedTuple):
    """Confirmed orders that were not cancelled; what they came to in the asked currency."""

    orders: int
    spent_minor: int
    last_at: datetime | None
    products: tuple[UUID, ...]


async def buyer_histories(
    tx: Tx,
    buyers: Sequence[tuple[UUID, UUID | None, str]],
    *,
    currency: str,
    products: bool,
) -> dict[UUID, BuyerHistory]:
    """The past of each buyer, given as (a name for it, account, normalised address or ""): whoever
    bought as a guest and registered later is the same (DOMAIN.md D12).
    """
    rows = await tx.many(
        SQL.histories,
        [name for name, _, _ in buyers],
        [account for _, account, _ in buyers],
        [email or None for _, _, email in buyers],
        currency,
        products,
    )
    return {
        row["name"]: BuyerHistory(
            row["orders"], row["spent"], row["last_at"], tuple(row["products"] or ())
        )
        for row in rows
    }
