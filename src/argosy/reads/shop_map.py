"""All products that a channel shows now, batch by batch in order of id: for sitemaps and feeds."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "shop_map.sql")


class Address(NamedTuple):
    """A product's slug, and when what is said of it was last changed."""

    product_id: UUID
    slug: str
    changed_at: datetime


async def page_starts(tx: Tx, channel_id: UUID, size: int) -> list[UUID]:
    """The first product of each page of `size` products. Reads the whole window once."""
    rows = await tx.many(SQL.page_starts, channel_id, tx.now, size)
    return [row["product_id"] for row in rows]


async def addresses_from(tx: Tx, channel_id: UUID, first: UUID, limit: int) -> list[Address]:
    """The products from `first` on, itself too."""
    rows = await tx.many(SQL.addresses_from, channel_id, tx.now, first, limit)
    return [Address(*row) for row in rows]


async def documents_after(
    tx: Tx, channel_id: UUID, after: UUID, limit: int
) -> list[tuple[UUID, bytes]]:
    """The products after one, each with its encoded ProductDocument."""
    rows = await tx.many(SQL.documents_after, channel_id, tx.now, after, limit)
    return [(row["product_id"], row["document"]) for row in rows]
