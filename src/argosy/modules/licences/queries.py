"""Read pools, and what orders were given."""

from __future__ import annotations

from datetime import datetime
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


async def list_pools(
    tx: Tx, *, low: int, short: bool = False, after: UUID | None = None, limit: int
) -> list[tuple[Pool, PoolCounts]]:
    """Pools with their counts, in the order of their variants. `short`: only those that paid lines
    wait for, or that have fewer than `low` free keys. One statement.
    """
    return await store.list_pools(tx, after or UUID(int=0), low, short=short, limit=limit)


async def count_keys(tx: Tx, variant_id: UUID) -> PoolCounts:
    """How many keys the variant's pool has."""
    return await store.count_keys(tx, variant_id)


async def variants_waited_for(tx: Tx, limit: int) -> list[UUID]:
    """Variants with free keys that lines wait for."""
    return await store.variants_waited_for(tx, limit)


async def consent_of(tx: Tx, order_id: UUID) -> datetime | None:
    """When the order's buyer asked for digital goods at once; None: not so far."""
    return await store.consent_of(tx, order_id)


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
