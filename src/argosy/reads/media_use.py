"""Which products show which stored files."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "media_use.sql")


class ShownFile(msgspec.Struct, frozen=True, kw_only=True):
    """A stored file as the catalogue has it. Pixels, bytes."""

    key: str
    content_type: str
    byte_size: int
    width: int | None
    height: int | None


async def files_of_products(tx: Tx, product_ids: Sequence[UUID]) -> list[ShownFile]:
    """The files that these products show, each once."""
    return [ShownFile(**dict(r)) for r in await tx.many(SQL.files_of_products, product_ids)]


async def unknown_files_after(tx: Tx, after: str, limit: int) -> list[ShownFile]:
    """Files in the catalogue that media knows nothing of, in order of their keys."""
    return [ShownFile(**dict(r)) for r in await tx.many(SQL.files_after, after, limit)]


async def products_showing(tx: Tx, keys: Sequence[str]) -> list[UUID]:
    """The products that show any of these files."""
    return [row["product_id"] for row in await tx.many(SQL.products_showing, list(keys))]
