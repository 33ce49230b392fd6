"""What a window shows of products, with the prices of a buyer's lists, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from argosy.reads.sellable import Content, PriceTier, content_of
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "own_prices.sql")


class ShownVariant(NamedTuple):
    """A variant that is shown; `prices` are those in force in the lists, in no order."""

    product_id: UUID
    variant_id: UUID
    buyable: bool
    measure: Content | None
    prices: tuple[PriceTier, ...]


async def shown_variants(
    tx: Tx,
    window_id: UUID,
    list_ids: Sequence[UUID],
    at: datetime,
    *,
    product_ids: Sequence[UUID] | None = None,
    variant_ids: Sequence[UUID] | None = None,
) -> list[ShownVariant]:
    """The variants of the products, or these variants, that the window shows at that instant."""
    rows = await tx.many(
        SQL.shown_variants,
        window_id,
        list(list_ids),
        None if product_ids is None else list(product_ids),
        None if variant_ids is None else list(variant_ids),
        at,
    )
    first: dict[UUID, Record] = {}
    prices: dict[UUID, list[PriceTier]] = {}
    for row in rows:
        first.setdefault(row["variant_id"], row)
        found = prices.setdefault(row["variant_id"], [])
        if row["price_id"] is not None:
            found.append(PriceTier(**{name: row[name] for name in PriceTier.__struct_fields__}))
    return [
        ShownVariant(
            product_id=row["product_id"],
            variant_id=variant_id,
            buyable=row["buyable"],
            measure=content_of(row),
            prices=tuple(prices[variant_id]),
        )
        for variant_id, row in first.items()
    ]
