"""The only file of kits that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import msgspec

from argosy.kernel.bill import Bill
from argosy.modules.kits.types import Kit
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def lock_kits(tx: Tx) -> None:
    """Wait for whoever writes a bill."""
    await tx.one(SQL.lock_kits)


async def kits_of(tx: Tx, variant_ids: Collection[UUID]) -> list[Kit]:
    """Those of the variants that are kits, by id."""
    return [_kit(row) for row in await tx.many(SQL.kits_of, list(variant_ids))]


async def kits_after(tx: Tx, after: UUID, limit: int) -> list[Kit]:
    """All kits in order."""
    return [_kit(row) for row in await tx.many(SQL.kits_after, after, limit)]


async def kits_with(tx: Tx, variant_ids: Collection[UUID]) -> list[UUID]:
    """The kits that any of these may be in."""
    return [row["kit_id"] for row in await tx.many(SQL.kits_with, list(variant_ids))]


async def save_kit(tx: Tx, variant_id: UUID, bill: Bill, expected: int) -> int | None:
    """Write the bill over the version that was read (0: none); None: it was another."""
    statement = SQL.change_kit if expected else SQL.save_kit
    row = await tx.maybe(statement, variant_id, bill, expected, tx.now)
    if row is None:
        return None
    await tx.run(SQL.drop_parts, [variant_id])
    await tx.run(SQL.save_parts, variant_id, sorted(bill.variants()))
    version: int = row["version"]
    return version


async def drop_kits(tx: Tx, variant_ids: Collection[UUID]) -> list[tuple[UUID, int]]:
    """Have these be no kits any more; those that were, with their last versions."""
    rows = await tx.many(SQL.drop_kits, sorted(variant_ids))
    if rows:
        await tx.run(SQL.drop_parts, [row["variant_id"] for row in rows])
    return [(row["variant_id"], row["version"]) for row in rows]


def _kit(row: Record) -> Kit:
    return Kit(
        variant_id=row["variant_id"],
        bill=msgspec.convert(row["bill"], Bill),
        version=row["version"],
    )
