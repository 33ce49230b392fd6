"""The only file of relations that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.modules.relations.types import Relation, RelationKind
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def lock(tx: Tx, product_ids: Sequence[UUID], kind: RelationKind) -> list[Relation]:
    """What these products have of the kind, locked."""
    rows = await tx.many(SQL.lock_products, sorted(product_ids), kind)
    return [Relation(**dict(row)) for row in rows]


async def relations_of(tx: Tx, product_ids: Sequence[UUID]) -> list[Relation]:
    """What these products have, in order."""
    return [Relation(**dict(row)) for row in await tx.many(SQL.relations_of, product_ids)]


async def keep(tx: Tx, product_id: UUID, kind: RelationKind, related: Sequence[UUID]) -> set[UUID]:
    """Drop all others; which those were."""
    rows = await tx.many(SQL.keep, product_id, kind, related)
    return {row["related_id"] for row in rows}


async def save(tx: Tx, product_id: UUID, kind: RelationKind, related: Sequence[UUID]) -> bool:
    """Have these in this order; whether that was a change."""
    places = list(range(len(related)))
    return bool(await tx.many(SQL.save, kind, [product_id] * len(related), related, places))


async def add_back(
    tx: Tx, product_ids: Sequence[UUID], kind: RelationKind, related: UUID
) -> set[UUID]:
    """Show `related` beside these too, at the end; where it was not before."""
    rows = await tx.many(SQL.add, kind, product_ids, related)
    return {row["product_id"] for row in rows}


async def drop_back(
    tx: Tx, product_ids: Sequence[UUID], kind: RelationKind, related: UUID
) -> set[UUID]:
    """Show `related` beside these no longer; where it was."""
    rows = await tx.many(SQL.drop_back, product_ids, kind, related)
    return {row["product_id"] for row in rows}


async def forget_products(tx: Tx, product_ids: Sequence[UUID]) -> None:
    """Nothing is beside deleted products, nor they beside anything."""
    await tx.run(SQL.forget_products, product_ids)


async def all_after(tx: Tx, after: Relation | None, limit: int) -> list[Relation]:
    """Every relation in order."""
    place: tuple[UUID, str, int, UUID] = (UUID(int=0), "", 0, UUID(int=0))
    if after is not None:
        place = (after.product_id, after.kind, after.position, after.related_id)
    return [Relation(**dict(row)) for row in await tx.many(SQL.all_after, *place, limit)]
