"""The categories from which a product takes what it does not say itself."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "classed_products.sql")


async def lineage(tx: Tx, product_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """By product: its categories and those above them, the one that counts most first."""
    found: dict[UUID, list[UUID]] = {}
    for row in await tx.many(SQL.lineage, sorted(product_ids)):
        found.setdefault(row["product_id"], []).append(row["category_id"])
    return found


async def lineage_of_category(tx: Tx, category_id: UUID) -> list[UUID]:
    """The category and those above it, the nearest first."""
    return [row["category_id"] for row in await tx.many(SQL.lineage_of_category, category_id)]


async def products_after(tx: Tx, after: UUID, limit: int) -> list[Record]:
    """Products (id, slug, external_id) in order of id."""
    return await tx.many(SQL.products_after, after, limit)
