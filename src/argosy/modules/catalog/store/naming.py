"""The SQL that tells which media the catalogue names, and which of its entries nothing shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from argosy.modules.catalog.types import LooseEntry
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements("argosy.modules.catalog")


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Those of these entries (ids as text) and storage keys that rows of the catalogue name."""
    return {row["ref"] for row in await tx.many(SQL.named_media, list(refs))}


async def named_in_products(
    tx: Tx, refs: Sequence[str], after: UUID, limit: int
) -> tuple[set[str], UUID | None]:
    """Those that texts and values of products after this one hold, and the last product."""
    row = await tx.one(SQL.named_in_products, list(refs), after, limit)
    return set(row["refs"]), row["last"]


async def named_in_variants(
    tx: Tx, refs: Sequence[str], after: UUID, limit: int
) -> tuple[set[str], UUID | None]:
    """Those that values of variants after this one hold, and the last variant."""
    row = await tx.one(SQL.named_in_variants, list(refs), after, limit)
    return set(row["refs"]), row["last"]


async def entries_unshown(tx: Tx, before: datetime, after: UUID, limit: int) -> list[LooseEntry]:
    """Entries without a product that were made before then, by id."""
    rows = await tx.many(SQL.entries_unshown, before, after, limit)
    return [LooseEntry(**dict(row)) for row in rows]


async def lock_entries(tx: Tx, ids: Sequence[UUID]) -> list[UUID]:
    """Those that still have no product and that nobody is about to show."""
    return [row["id"] for row in await tx.many(SQL.lock_entries, list(ids))]


async def hold_entry(tx: Tx, media_id: UUID) -> bool:
    """Keep an entry from being deleted until the transaction ends; whether it is there."""
    return await tx.maybe(SQL.hold_entry, media_id) is not None
