"""From facts to shop windows: events mark products, the sweep projects them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from unittest.mock import patch

import msgspec
import pytest
from tests.workflows.window_shop import Shop, open_shop

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import new_id
from argosy.modules import catalog, channels, inventory, projections
from argosy.modules.channels import UpdateChannel
from argosy.modules.inventory import Demand
from argosy.modules.projections import ProductNotFound
from argosy.runtime.db import Database, counting_statements
from argosy.workflows import projecting


@pytest.fixture
async def shop(db: Database) -> Shop:
    return await open_shop(db)


async def test_a_new_product_is_shown_with_its_price_and_stock(shop: Shop) -> None:
    await shop.add("tee", minor=1999, stock=3, brand="Acme", categories=("men/tops",))
    await shop.settle()
    page = await shop.page("tee")
    assert (page.title, page.brand, page.availability) == ("Tee", "Acme", "low_stock")
    assert (page.price.min.minor, page.price.min.currency) == (1999, "EUR")
    assert [c.path for c in page.category_path] == ["men", "men/tops"]
    assert [v.sku for v in page.variants.items] == ["tee-S", "tee-M"]
    assert await shop.listed("men") == await shop.listed("men/tops") == ["tee"]


async def test_each_kind_of_change_reaches_the_window(shop: Shop) -> None:
    tee = await shop.add("tee", categories=("tops",))
    await shop.settle()

    await shop.price(tee["S"], minor=700)
    await shop.settle()
    assert (await shop.page("tee")).price.min.minor == 700

    await shop.stock(tee["S"], units=-10)
    await shop.settle()
    assert [v.availability for v in (await shop.page("tee")).variants.items] == [
        "out_of_stock",
        "in_stock",
    ]
    assert await shop.listed(facets={"size": ("s",)}) == []

    async with shop.db.transaction() as tx:
        await catalog.update_product(tx, tee[""], catalog.ProductInput(title="Shirt"))
    await shop.settle()
    assert (await shop.page("tee")).title == "Shirt"

    async with shop.db.transaction() as tx:
        await catalog.unpublish_product(tx, tee[""], [shop.channel.id])
    await shop.settle()
    with pytest.raises(ProductNotFound):
        await shop.page("tee")
    assert await shop.listed("tops") == []


async def test_a_deleted_product_is_gone(shop: Shop) -> None:
    tee = await shop.add("tee")
    await shop.settle()
    async with shop.db.transaction() as tx:
        await catalog.delete_product(tx, tee[""])
    await shop.settle()
    assert await shop.listed() == []


async def test_E9_a_moved_category_moves_its_products(shop: Shop) -> None:
    await shop.add("tee", categories=("men/tops/tees",))
    await shop.add("other", categories=("women",))
    await shop.settle()
    category_id = await shop.db.pool.fetchval(
        "select id from catalog.category where path = 'men/tops'"
    )
    async with shop.db.transaction() as tx:
        await catalog.update_category(tx, category_id, parent_id=None, name="Upper")
    assert await shop.settle() == 1
    page = await shop.page("tee")
    assert [c.path for c in page.category_path] == ["tops", "tops/tees"]
    assert [c.name for c in page.category_path] == ["Upper", "Tees"]
    assert await shop.listed("men") == []
    assert await shop.listed("tops") == ["tee"]


async def test_a_flash_sale_does_not_project_per_order(shop: Shop) -> None:
    tee = await shop.add("tee", sizes=("S",), stock=1000)
    await shop.settle()
    projected = 0
    for _ in range(20):
        async with shop.db.transaction() as tx:
            await inventory.take(
                tx,
                new_id(),
                [Demand(variant_id=tee["S"], quantity=2)],
                locations=shop.channel.locations,
            )
        projected += await shop.settle()
    assert projected == 0


async def test_many_changes_of_a_product_cost_one_projection(shop: Shop) -> None:
    tee = await shop.add("tee")
    await shop.settle()
    for minor in range(500, 520):
        await shop.price(tee["S"], minor=minor)
    assert await shop.settle() == 1
    assert (await shop.page("tee")).price.min.minor == 519


async def test_a_channel_that_changes_shows_it_everywhere(shop: Shop) -> None:
    await shop.add("tee")
    await shop.add("cap")
    await shop.settle()
    async with shop.db.transaction() as tx:
        await channels.update_channel(tx, shop.channel, UpdateChannel(active=False))
    assert await shop.settle() == 2
    assert await shop.listed() == []


async def test_a_channel_that_is_renamed_costs_nothing(shop: Shop) -> None:
    await shop.add("tee")
    await shop.settle()
    async with shop.db.transaction() as tx:
        await channels.update_channel(tx, shop.channel, UpdateChannel(name="Europe"))
    assert await shop.settle() == 0


async def test_C8_a_scheduled_price_is_stored_before_its_instant(
    shop: Shop, clock: MovableClock
) -> None:
    tee = await shop.add("tee", sizes=("S",), minor=1000)
    await shop.price(tee["S"], minor=800, since=clock.now() + timedelta(hours=1), priority=1)
    await shop.settle()
    assert (await shop.page("tee")).price.min.minor == 1000
    clock.advance(hours=1)
    assert (await shop.page("tee")).price.min.minor == 800
    assert await shop.settle() == 1
    assert await shop.settle() == 0
    assert (await shop.page("tee")).price.min.minor == 800


async def test_a_poison_product_stops_only_itself(shop: Shop, clock: MovableClock) -> None:
    bad = await shop.add("bad")
    await shop.add("good")
    real = projections.project

    def project(source: object, channel: object, at: object, **more: object) -> object:
        if source.id == bad[""]:  # type: ignore[attr-defined]
            raise ValueError("cannot be shown")
        return real(source, channel, at, **more)  # type: ignore[arg-type]

    with patch.object(projecting.projections, "project", project):
        await shop.settle()
        assert await shop.listed() == ["good"]
        lag = await projecting.projection_lag(shop.app)
        assert (lag.pending, lag.parked) == (0, 1)
    clock.advance(hours=2)
    await shop.settle()
    assert await shop.listed() == ["bad", "good"]
    assert (await projecting.projection_lag(shop.app)).parked == 0


async def test_rebuild_restores_everything(shop: Shop) -> None:
    names = [f"p{n}" for n in range(7)]
    for name in names:
        await shop.add(name, sizes=("S",), categories=("all",))
    await shop.settle()
    gone = await shop.add("gone", categories=("all",))
    await shop.settle()
    await shop.db.pool.execute("delete from catalog.product where id = $1", gone[""])
    await shop.db.pool.execute(
        """with a as (delete from projections.product where product_id in
                        (select id from catalog.product order by id limit 3)),
                b as (delete from projections.placement where category = 1)
           update projections.facet_count set products = 99"""
    )
    steps: list[tuple[int, int]] = []
    with patch.object(projecting, "REBUILD_BATCH", 2):
        done = await projecting.rebuild(shop.app, progress=lambda *step: steps.append(step))
    assert done.products == 8
    assert steps[-1] == (8, 8)
    assert await shop.listed("all") == await shop.listed() == names
    async with shop.db.transaction() as tx:
        assert await projections.recount_facets(tx) == 0


async def test_projectors_at_once_neither_deadlock_nor_miscount(
    shop: Shop, clock: MovableClock
) -> None:
    made = [
        await shop.add(f"p{n}", categories=(f"c{n % 3}/below", "sale"), brand=f"B{n % 2}")
        for n in range(12)
    ]
    await shop.settle()

    async def change(turn: int) -> None:
        for n, product in enumerate(made):
            gone = (turn + n) % 3 == 0
            async with shop.db.transaction() as tx:
                status = "archived" if gone else "active"
                given = catalog.ProductInput(status=status, brand=f"B{(turn + n) % 4}")
                await catalog.update_product(tx, product[""], given)
                await projections.mark_changed(tx, [product[""]], tx.now)

    async def work() -> None:
        for _ in range(12):
            await projecting.project_changed(shop.app)

    for turn in range(3):
        await asyncio.gather(change(turn), work(), work(), projecting.rebuild(shop.app), work())
    await shop.settle()
    async with shop.db.transaction() as tx:
        assert await projections.recount_facets(tx) == 0
    shown = [f"p{n}" for n in range(12) if (2 + n) % 3]
    assert await shop.listed() == sorted(shown)
    assert await shop.db.pool.fetchval("select count(*) from projections.pending") == 0


async def test_a_batch_costs_the_same_statements_whatever_its_size(shop: Shop) -> None:
    counts = []
    for names in (["a"], [f"p{n}" for n in range(20)]):
        for name in names:
            await shop.add(name, sizes=("S", "M", "L"))
        await shop.settle()
        for name in names:
            await shop.db.pool.execute(
                "update catalog.product set title = 'x' where slug = $1", name
            )
        await shop.db.pool.execute(
            """insert into projections.pending (product_id, changed_at, try_at)
               select id, created_at, created_at from catalog.product"""
        )
        with counting_statements() as count:
            await projecting.project_changed(shop.app)
        counts.append(count.statements)
    assert counts[0] == counts[1] <= 25


async def test_an_attribute_that_is_called_otherwise_is_shown_so(shop: Shop) -> None:
    colour = catalog.AttributeDefinition(code="colour", label="Colour", kind="choice", facet=True)
    async with shop.db.transaction() as tx:
        await catalog.define_attribute(tx, colour)
    await shop.add("tee", attributes={"colour": ["blue"]})
    await shop.add("hat")
    await shop.settle()
    assert [a.label for a in (await shop.page("tee")).attributes] == ["Colour"]
    async with shop.db.transaction() as tx:
        assert await catalog.define_attribute(tx, msgspec.structs.replace(colour, label="Color"))
        assert not await catalog.define_attribute(
            tx, msgspec.structs.replace(colour, label="Color")
        )
    assert await shop.settle() == 1, "only the product that has it"
    assert [a.label for a in (await shop.page("tee")).attributes] == ["Color"]
    labels = await shop.db.pool.fetch("select label from projections.facet where code = 'colour'")
    assert [row["label"] for row in labels] == ["Color"]
