"""The SQL of the list of products, as staff see it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from argosy.kernel import paging
from argosy.modules.catalog.store import SQL, counted
from argosy.modules.catalog.types import ProductRow, Variant
from argosy.runtime.db import Tx

WIDE = 1_000
"""A search that so many titles and SKUs fit is answered in passing over the newest products."""


async def product_page(
    tx: Tx,
    *,
    status: str | None,
    like: str | None,
    category_id: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
    width: int = 0,
) -> list[tuple[ProductRow, int]]:
    """Products with their number of variants, newest first; of `width` many, see `search_width`."""
    wanted = (status, category_id, *(before or (None, None)), limit)
    if like is None:
        rows = await tx.many(SQL.product_page, *wanted)
    elif width < WIDE:
        rows = await tx.many(SQL.product_search, *wanted, like)
    else:
        rows = await tx.many(SQL.product_search_recent, *wanted, like, paging.LOOK)
    return [counted(r) for r in rows]


async def search_width(tx: Tx, like: str) -> int:
    """How many titles and SKUs begin so, counted to WIDE or a little further."""
    return int((await tx.one(SQL.search_width, like, WIDE))["found"])


async def product_look_end(
    tx: Tx, before: tuple[datetime, UUID] | None
) -> tuple[datetime, UUID] | None:
    """The last product that a wide search looks at; None if that is the end of the list."""
    row = await tx.maybe(SQL.product_recent_end, *(before or (None, None)), paging.LOOK)
    return None if row is None else (row["created_at"], row["id"])


async def variants_beginning(tx: Tx, like: str, limit: int) -> list[tuple[Variant, str]]:
    """Variants whose SKUs begin so, by SKU, with the titles of their products."""
    found = []
    for row in await tx.many(SQL.variants_beginning, like, limit):
        values = dict(row)
        title = values.pop("product_title")
        found.append((msgspec.convert(values, Variant), title))
    return found
