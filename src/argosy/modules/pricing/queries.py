"""Reading price lists, prices and their history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from argosy.modules.pricing import rules, store
from argosy.modules.pricing.types import Price, PriceChange, PriceList, Resolution
from argosy.runtime.db import Tx

MAX_HISTORY: Final = 10_000
MAX_CANDIDATES: Final = 10_000


async def price_list_by_id(tx: Tx, list_id: UUID) -> PriceList:
    """Raises PriceListNotFound."""
    return await store.price_list(tx, list_id)


async def price_list_by_code(tx: Tx, code: str) -> PriceList:
    """Raises PriceListNotFound."""
    return await store.price_list_by_code(tx, code)


async def list_price_lists(tx: Tx, *, after: str | None = None, limit: int) -> list[PriceList]:
    """Price lists in the order of their codes, those after the code given."""
    return await store.lists(tx, after=after, limit=limit)


async def list_prices(
    tx: Tx,
    list_id: UUID,
    *,
    variant_ids: Sequence[UUID] | None = None,
    after: tuple[UUID, UUID] | None = None,
    limit: int,
) -> list[Price]:
    """Prices of a list, past and future ones too, by (variant, price), those after the key."""
    return await store.prices(tx, list_id, variant_ids=variant_ids, after=after, limit=limit)


async def prices_of_variants(tx: Tx, variant_ids: Sequence[UUID]) -> list[Price]:
    """Prices of these variants in all lists, past and future ones too. One statement."""
    return await store.prices_of_variants(tx, variant_ids)


async def price_history(
    tx: Tx, list_id: UUID, variant_id: UUID, *, after: int = 0, limit: int = MAX_HISTORY
) -> list[PriceChange]:
    """What was recorded of a variant's prices in a list, in order, after the entry given."""
    return await store.history(tx, list_id, variant_id, after=after, limit=limit)


async def explain_price(
    tx: Tx, list_id: UUID, variant_id: UUID, *, quantity: int, at: datetime
) -> Resolution[Price]:
    """Say which price of a variant applies to so many units at that time, and why no other does."""
    candidates = await store.prices(
        tx, list_id, variant_ids=[variant_id], after=None, limit=MAX_CANDIDATES
    )
    return rules.resolve(candidates, quantity, at)


async def prior_price(tx: Tx, list_id: UUID, variant_id: UUID, at: datetime) -> int | None:
    """Return the prior price (minor units) to show beside the reduction in force at `at` (C5).

    None if the price at that time is no reduction.
    """
    history = await store.history(tx, list_id, variant_id, after=0, limit=MAX_HISTORY)
    return rules.prior_amount(history, at)
