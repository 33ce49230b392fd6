"""What reviews need to know of products and orders."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "product_reviews.sql")


async def shown_product(tx: Tx, channel_id: UUID, slug: str) -> UUID | None:
    """The product that a channel shows now under this slug."""
    row = await tx.maybe(SQL.shown_product, channel_id, slug, tx.now)
    return None if row is None else row["product_id"]


async def has_bought(tx: Tx, customer_id: UUID, product_id: UUID) -> bool:
    """Whether the customer has a confirmed order with the product, not cancelled."""
    bought: bool = (await tx.one(SQL.has_bought, customer_id, product_id))["bought"]
    return bought


async def products_named(tx: Tx, names: Sequence[str]) -> dict[str, UUID]:
    """Products by external id or slug; the external id is asked first."""
    rows = await tx.many(SQL.products_named, list(names))
    by_slug = {row["slug"]: row["id"] for row in rows}
    return by_slug | {row["external_id"]: row["id"] for row in rows if row["external_id"]}


async def names_of_products(tx: Tx, product_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What a file calls each product: its external id, or its slug."""
    rows = await tx.many(SQL.names_of_products, list(product_ids))
    return {row["id"]: row["name"] for row in rows}
