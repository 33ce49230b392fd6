"""Channels that have nothing to do with a product cost nothing, however many there are.

FIELD.md II, row 21: shops with hundreds of channels in which each change took minutes.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from tests.workflows.window_shop import Shop, open_channels, open_shop

from argosy.modules import catalog, projections
from argosy.modules.catalog import PublicationInput
from argosy.modules.channels import Channel
from argosy.runtime.db import Database, counting_statements
from argosy.workflows import projecting

MANY = 500


@pytest.fixture
async def shop(db: Database) -> Shop:
    return await open_shop(db)


async def _rows(shop: Shop) -> int:
    found: int = await shop.db.pool.fetchval("select count(*) from projections.product")
    return found


async def test_a_product_of_one_channel_is_projected_there_alone(shop: Shop) -> None:
    await shop.add("lone")
    with counting_statements() as few:
        await shop.settle()
    (*_, last) = await open_channels(shop, *(f"c{n}" for n in range(MANY)))
    await shop.settle()
    before = await _rows(shop)
    ids = await shop.add("hat")
    with counting_statements() as many:
        await shop.settle()
    assert await _rows(shop) - before == 1
    # The channels themselves are read 200 at a time, twice for one product.
    assert many.statements <= few.statements + 2 * (MANY // 200)

    async with shop.db.transaction() as tx:
        await catalog.publish_product(tx, ids[""], [PublicationInput(channel_id=last.id)])
    await shop.settle()
    assert await _visible(shop, ids[""]) == {shop.channel.id, last.id}

    await _unpublish(shop, ids[""], shop.channel)
    await shop.settle()
    assert await _visible(shop, ids[""]) == {last.id}
    assert await shop.listed() == ["lone"]
    await _unpublish(shop, ids[""], last)
    await shop.settle()
    assert await _visible(shop, ids[""]) == set()


async def _unpublish(shop: Shop, product_id: UUID, *places: Channel) -> None:
    async with shop.db.transaction() as tx:
        await catalog.unpublish_product(tx, product_id, [place.id for place in places])


async def _visible(shop: Shop, product_id: UUID) -> set[UUID]:
    rows = await shop.db.pool.fetch(
        "select channel_id from projections.product where product_id = $1 and visible", product_id
    )
    return {row["channel_id"] for row in rows}


async def test_E12_who_read_earlier_does_not_write_after_who_read_later(shop: Shop) -> None:
    ids = await shop.add("hat")
    async with shop.db.transaction() as tx:
        await projections.hold_products(tx, [ids[""]])
        revision = await projections.next_revision(tx)
        stale = await projecting.projected(tx, [ids[""]], None, {})
        assert [one.current is not None for one in stale] == [True]
        await _unpublish(shop, ids[""], shop.channel)
        async with shop.db.transaction() as other:
            await projections.mark_changed(other, [ids[""]], other.now)
        later = asyncio.create_task(projecting.project_changed(shop.app))
        await asyncio.sleep(0.2)
        assert not later.done(), "it waits for who holds the product"
        await projections.save_projections(tx, stale, revision)
    assert await later == 1
    assert await _visible(shop, ids[""]) == set()
