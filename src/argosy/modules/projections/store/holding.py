"""The SQL of who projects a product, and of where it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.modules.projections.store import SQL
from argosy.runtime.db import Tx


async def hold_products(tx: Tx, product_ids: Sequence[UUID]) -> None:
    """Wait until nobody else projects any of these; nobody does until this transaction ends."""
    await tx.one(SQL.hold_products, product_ids)


async def shown_in(tx: Tx, product_ids: Sequence[UUID]) -> dict[UUID, frozenset[UUID]]:
    """The windows that show each of these now or soon; nothing of those that are shown nowhere."""
    rows = await tx.many(SQL.shown_in, product_ids)
    return {r["product_id"]: frozenset(r["windows"]) for r in rows}


async def stored_in(tx: Tx, product_ids: Sequence[UUID]) -> dict[UUID, frozenset[UUID]]:
    """By window those of these that it shows or has ever shown."""
    rows = await tx.many(SQL.stored_in, product_ids)
    return {r["channel_id"]: frozenset(r["products"]) for r in rows}
