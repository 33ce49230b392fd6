"""What the worker and the operator do: end holds in time, settle hot ones, rebuild a number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from argosy.modules.inventory import store
from argosy.modules.inventory.errors import LevelNotFound
from argosy.modules.inventory.events import ReservationExpired
from argosy.modules.inventory.store import holds
from argosy.modules.inventory.types import Rebuilt
from argosy.runtime.db import Database, Tx


async def expire_due(db: Database, now: datetime, limit: int = 200) -> int:
    """Give back up to `limit` holds that ended by `now`; how many. Opens its own transaction.

    Run it until it answers less than `limit`. Safe in any number of workers: a hold that somebody
    works on is skipped. Emits ReservationExpired for each.
    """
    async with db.transaction() as tx:
        expired = await holds.expire_holds(tx, now=now, limit=limit)
        for order_id in expired:
            tx.emit(ReservationExpired(order_id=order_id))
    return len(expired)


async def settle_hot(db: Database, limit: int = 500) -> int:
    """Move allocated hot holds of an earlier release to their bucket, up to `limit` at once.

    `take` and `allocate` leave them in `reserved`, so as not to lock a contended row for the rest
    of a purchase; what is sellable is the same. Run with expire_due. Opens its own transaction.
    """
    async with db.transaction() as tx:
        return await holds.settle_hot_holds(tx, limit=limit)


async def drop_empty_levels(tx: Tx, keys: Sequence[tuple[UUID, UUID]]) -> int:
    """Forget levels (variant, location) that hold nothing and have no selling rules; how many.

    Their journal stays: a level is made again by the next fact.
    """
    return await store.drop_empty_levels(tx, sorted(keys))


async def hold_levels(tx: Tx, variant_ids: Sequence[UUID]) -> None:
    """Lock all levels of these variants until the transaction ends: whoever reserves waits."""
    await store.hold_levels(tx, sorted(variant_ids))


async def forget_levels(tx: Tx, variant_ids: Sequence[UUID]) -> int:
    """Forget the levels of variants that are gone, unless they hold something; how many.

    Their selling rules go with them, so that nothing can be promised on backorder either.
    """
    return await store.forget_levels(tx, sorted(variant_ids))


async def rebuild(tx: Tx, variant_id: UUID, location_id: UUID) -> Rebuilt:
    """Make a level the fold of its journal again. Raises LevelNotFound."""
    rebuilt = await store.rebuild_level(tx, variant_id, location_id)
    if rebuilt is None:
        raise LevelNotFound("This variant never had stock there.")
    return rebuilt
