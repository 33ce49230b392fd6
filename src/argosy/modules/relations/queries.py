"""Read relations."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.modules.relations import store
from argosy.modules.relations.types import Relation
from argosy.runtime.db import Tx


async def relations_of(tx: Tx, product_ids: Sequence[UUID]) -> list[Relation]:
    """What is shown beside these products, by product, kind and position. One statement."""
    return await store.relations_of(tx, product_ids)


async def all_after(tx: Tx, after: Relation | None, limit: int) -> list[Relation]:
    """Every relation in order, batch by batch: the spine of an export."""
    return await store.all_after(tx, after, limit)
