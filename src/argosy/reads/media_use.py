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


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A media entry that shows a file, and the product that it belongs to, if any."""

    id: UUID
    product_id: UUID | None


class PairAlike(msgspec.Struct, frozen=True, kw_only=True):
    """Two pictures that differ in `distance` of 64 bits, and who shows them."""

    distance: int
    key: str
    other: str
    entries: tuple[Entry, ...]
    other_entries: tuple[Entry, ...]


_entries = msgspec.json.Decoder(tuple[Entry, ...]).decode


async def pairs_alike_after(
    tx: Tx, after: tuple[int, str, str] | None, limit: int, *, file: str | None = None
) -> list[PairAlike]:
    """Pairs of pictures that look alike, the nearest first; with `file` those of that one, by its
    key. One statement.
    """
    distance, key, other = after or (-1, "", "")
    return [
        PairAlike(
            distance=row["distance"],
            key=row["key"],
            other=row["other"],
            entries=_entries(row["entries"]),
            other_entries=_entries(row["other_entries"]),
        )
        for row in await tx.many(SQL.pairs_alike_after, distance, key, other, limit, file)
    ]


async def entries_of_file(tx: Tx, key: str, limit: int) -> list[Entry]:
    """The media entries that show the very same file."""
    return [Entry(**dict(row)) for row in await tx.many(SQL.entries_of_file, key, limit)]


async def files_of_products(tx: Tx, product_ids: Sequence[UUID]) -> list[ShownFile]:
    """The files that these products show, each once."""
    return [ShownFile(**dict(r)) for r in await tx.many(SQL.files_of_products, product_ids)]


async def unknown_files_after(tx: Tx, after: str, limit: int) -> list[ShownFile]:
    """Files in the catalogue that media knows nothing of, in order of their keys."""
    return [ShownFile(**dict(r)) for r in await tx.many(SQL.files_after, after, limit)]


async def products_showing(tx: Tx, keys: Sequence[str]) -> list[UUID]:
    """The products that show any of these files."""
    return [row["product_id"] for row in await tx.many(SQL.products_showing, list(keys))]
