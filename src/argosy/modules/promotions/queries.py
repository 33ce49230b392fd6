"""Reading promotions, their versions, coupons and use."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from argosy.modules.promotions import store
from argosy.modules.promotions.types import (
    Batch,
    Coupon,
    LivePromotion,
    Promotion,
    PromotionVersion,
    Simulation,
    Standing,
    State,
    Usage,
)
from argosy.runtime.db import Tx


async def promotion_by_id(tx: Tx, promotion_id: UUID) -> Promotion:
    """Raises PromotionNotFound."""
    return await store.promotion(tx, promotion_id)


async def lock_promotion(tx: Tx, promotion_id: UUID) -> Promotion:
    """The promotion, locked until the transaction ends. Raises PromotionNotFound."""
    return await store.lock_promotion(tx, promotion_id)


async def list_promotions(
    tx: Tx, *, state: State | None = None, after: tuple[datetime, UUID] | None = None, limit: int
) -> list[Promotion]:
    """Those in a state (None: all), the last changed first; `after` is (updated_at, id)."""
    return await store.promotions(tx, state, after, limit)


async def list_versions(
    tx: Tx, promotion_id: UUID, *, before: int | None = None, limit: int
) -> list[PromotionVersion]:
    """Every version of a promotion, the newest first."""
    return await store.versions(tx, promotion_id, before, limit)


async def live_promotions(tx: Tx, channel_id: UUID) -> list[LivePromotion]:
    """The live promotions of a channel with what is left of their limits, in one statement."""
    return await store.live_promotions(tx, channel_id)


async def list_batches(
    tx: Tx, promotion_id: UUID, *, before: UUID | None = None, limit: int
) -> list[Batch]:
    """Batches of codes, the newest first."""
    return await store.batches(tx, promotion_id, before, limit)


async def list_coupons(
    tx: Tx,
    promotion_id: UUID,
    *,
    batch_id: UUID | None = None,
    after: str | None = None,
    limit: int,
) -> list[Coupon]:
    """Codes of a promotion or of one batch, in the order of the codes."""
    return await store.coupons(tx, promotion_id, batch_id, after, limit)


async def standing_of(
    tx: Tx,
    codes: Collection[str],
    *,
    persons: Collection[str] = (),
    promotions: Collection[UUID] = (),
) -> Standing:
    """Presented codes (as they compare), and what persons took of them and of the promotions.

    One statement; none if there is nothing to ask.
    """
    if not codes and not (persons and promotions):
        return Standing({}, {})
    return await store.standing(tx, codes, persons, promotions)


async def held_since(tx: Tx, before: datetime, *, limit: int = 100) -> list[UUID]:
    """Orders that hold uses for longer than that: somebody should ask what became of them."""
    return await store.held_since(tx, before, limit)


async def usage_of(tx: Tx, promotion_id: UUID) -> Usage:
    """What orders took of a promotion's limits and coupons; what is unlimited is not counted."""
    return await store.usage(tx, promotion_id)


async def simulation_by_id(tx: Tx, simulation_id: UUID) -> Simulation:
    """Raises SimulationNotFound."""
    return await store.simulation(tx, simulation_id)
