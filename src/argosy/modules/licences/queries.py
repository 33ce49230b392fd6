"""Read pools, and what orders were given."""

from __future__ import annotations

from uuid import UUID

from argosy.modules.licences import store
from argosy.modules.licences.errors import PoolNotFound
from argosy.modules.licences.types import Pool, PoolCounts, Standing
from argosy.runtime.db import Tx


async def pool_of(tx: Tx, variant_id: UUID) -> Pool:
    """How the variant is delivered. Raises PoolNotFound."""
    found = await store.pools_of(tx, [variant_id])
    if not found:
        raise PoolNotFound("This variant has no pool of keys.", field="variant_id")
    return found[0]


async def pools_of(tx: Tx, variant_ids: list[UUID]) -> dict[UUID, Pool]:
    """The pools of those of the variants that have one. One statement."""
    return {pool.variant_id: pool for pool in await store.pools_of(tx, variant_ids)}


async def count_keys(tx: Tx, variant_id: UUID) -> PoolCounts:
    """How many keys the variant's pool has."""
    return await store.count_keys(tx, variant_id)


async def variants_waited_for(tx: Tx, limit: int) -> list[UUID]:
    """Variants with free keys that lines wait for."""
    return await store.variants_waited_for(tx, limit)


async def standing_of(tx: Tx, order_id: UUID) -> Standing:
    """What the order was given, and what is still to come. Three statements."""
    owed = await store.owed_of_order(tx, order_id)
    consented = await store.consent_of(tx, order_id)
    missing = sum(lacking for lacking, _ in owed)
    asks = consented is None and any(lacking and asks for lacking, asks in owed)
    return Standing(
        keys=await store.keys_of_order(tx, order_id),
        missing=missing,
        asks_consent=asks,
        consented_at=consented,
    )
