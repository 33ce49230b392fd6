"""Brands as products name them and as channels show them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "shown_brands.sql")


async def brands_of_products(tx: Tx, product_ids: Collection[UUID]) -> list[str]:
    """The brand texts of these products."""
    rows = await tx.many(SQL.brands_of_products, sorted(product_ids))
    return [row["brand"] for row in rows]


async def brands_after(tx: Tx, after: UUID, limit: int) -> tuple[UUID, list[str]] | None:
    """Brand texts of the next products in order of id, with the last of these; None at the end."""
    rows = await tx.many(SQL.brands_after, after, limit)
    return (rows[0]["last_id"], rows[0]["brands"]) if rows else None


async def shown_brands(tx: Tx, channel_id: UUID, after: str, limit: int) -> list[tuple[str, int]]:
    """Keys of brands that the channel shows something buyable of, and how many products."""
    rows = await tx.many(SQL.shown_brands, channel_id, after, limit)
    return [(row["key"], row["products"]) for row in rows]


async def shown_of_brand(tx: Tx, channel_id: UUID, key: str) -> int:
    """How many products of a brand the channel shows."""
    count: int = (await tx.one(SQL.shown_of_brand, channel_id, key))["products"]
    return count
