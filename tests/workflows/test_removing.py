"""Deleting while somebody buys: one of the two waits, and finds what became of it."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from tests.modules.inventory.making import HOLD, a_location, level, reserve, wanted

from argosy.kernel.ids import new_id
from argosy.modules import catalog, inventory
from argosy.modules.catalog import ProductInput, Upserted, VariantInput
from argosy.modules.inventory import OutOfStock, Selling
from argosy.runtime.db import Database
from argosy.workflows import removing
from argosy.workflows.removing import VariantKept

WAITS = """select exists (select from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock')"""


async def backordered(db: Database) -> tuple[UUID, UUID]:
    """A variant that nobody ever had or bought, to be sold on backorder; and where."""
    place = await a_location(db)
    async with db.transaction() as tx:
        mug = ProductInput(slug="mug", title="Mug", variants=(VariantInput(sku="MUG"),))
        [made] = await catalog.upsert_products(tx, [mug])
        assert isinstance(made, Upserted)
        [variant] = made.variants.values()
        await inventory.set_selling(tx, variant, place, Selling(backorder_limit=5))
    return variant, place


async def waiting(db: Database, task: asyncio.Task[object]) -> None:
    """Until the task waits for a lock in PostgreSQL, or is done."""
    while not (task.done() or await db.pool.fetchval(WAITS)):
        await asyncio.wait([task], timeout=0.01)


async def test_who_buys_first_keeps_the_variant(db: Database) -> None:
    variant, place = await backordered(db)

    async def delete() -> None:
        async with db.transaction() as tx:
            await removing.delete_variant(tx, variant)

    async with db.transaction() as tx:
        await inventory.reserve(
            tx, new_id(), wanted({variant: 1}), locations=[place], expires_at=tx.now + HOLD
        )
        deleting = asyncio.create_task(delete())
        await waiting(db, deleting)
    with pytest.raises(VariantKept, match="orders wait for it"):
        await deleting
    assert (await level(db, variant, place)).reserved == 1
    async with db.reading() as tx:
        assert (await catalog.variant_by_id(tx, variant)).sku == "MUG"


async def test_who_deletes_first_leaves_nothing_to_buy(db: Database) -> None:
    variant, place = await backordered(db)
    async with db.transaction() as tx:
        await removing.delete_variant(tx, variant)
        buying = asyncio.create_task(reserve(db, {variant: 1}, place))
        await waiting(db, buying)
    with pytest.raises(OutOfStock):
        await buying
    async with db.reading() as tx:
        assert await inventory.levels_of(tx, [variant]) == []
        assert await inventory.verify(tx) == []
