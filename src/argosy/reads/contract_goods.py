"""The goods that a contract is about."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "contract_goods.sql")


async def contract_goods(
    tx: Tx,
    channel_id: UUID,
    *,
    everything: bool,
    product_ids: Sequence[UUID],
    variant_ids: Sequence[UUID],
    after: UUID,
    limit: int,
) -> dict[UUID, UUID]:
    """Variants that the channel sells, with their products, by variant, those after one."""
    rows = await tx.many(
        SQL.contract_goods,
        channel_id,
        everything,
        list(product_ids),
        list(variant_ids),
        after,
        limit,
    )
    return {row["variant_id"]: row["product_id"] for row in rows}
