"""Read kits."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from argosy.modules.kits import store
from argosy.modules.kits.errors import KitNotFound
from argosy.modules.kits.types import Kit
from argosy.runtime.db import Tx


async def kit_of(tx: Tx, variant_id: UUID) -> Kit:
    """The variant's bill. Raises KitNotFound."""
    found = await store.kits_of(tx, [variant_id])
    if not found:
        raise KitNotFound("This variant is no kit.", field="variant_id")
    return found[0]


async def kits_of(tx: Tx, variant_ids: Collection[UUID]) -> dict[UUID, Kit]:
    """Those of the variants that are kits. One statement."""
    return {kit.variant_id: kit for kit in await store.kits_of(tx, variant_ids)}


async def kits_after(tx: Tx, after: UUID, limit: int) -> list[Kit]:
    """All kits by the id of their variant, those after `after`: the spine of an export."""
    return await store.kits_after(tx, after, limit)


async def kits_with(tx: Tx, variant_ids: Collection[UUID]) -> list[UUID]:
    """The kits that any of these variants is or may be in. One statement."""
    return await store.kits_with(tx, variant_ids)
