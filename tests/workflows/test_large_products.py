"""Products of very many variants: projected part by part, and never more than changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import msgspec
import pytest
from tests.workflows.big_product import VARIANTS, add_big, counting_rows, variant_id
from tests.workflows.window_shop import LISTEN, Shop, open_shop

from argosy.drill.clock import MovableClock
from argosy.modules import catalog, projections
from argosy.modules.projections import ProductNotFound
from argosy.runtime.db import Database
from argosy.workflows import projecting, projecting_large

_STORED = """
select jsonb_build_object(
  'products', (select jsonb_agg(to_jsonb(p) - 'revision' - 'projected_at'
                 || jsonb_build_object(
                      'categories', (select array_agg(c order by c) from unnest(p.categories) c),
                      'facets', (select array_agg(f order by f) from unnest(p.facets) f))
                 order by product_id, channel_id, slot) from projections.product p),
  'placements', (select jsonb_agg(to_jsonb(p) order by category, product_id, slot)
                 from projections.placement p),
  'offers', (select jsonb_agg(to_jsonb(o) order by variant_id, channel_id, slot)
             from projections.offer o),
  'variants', (select jsonb_agg(to_jsonb(v) order by variant_id, channel_id, slot)
               from projections.variant v),
  'counts', (select jsonb_agg(to_jsonb(c) order by category, term)
             from projections.facet_count c where products <> 0))
"""


@pytest.fixture
async def shop(db: Database) -> Shop:
    return await open_shop(db)


@pytest.fixture
def parted() -> Iterator[None]:
    """Every product of more than one variant counts as large, and pages are tiny."""
    with patch.object(projecting_large, "LARGE", 1), patch.object(projecting_large, "PAGE", 2):
        yield


async def _as_rebuilt_whole(shop: Shop) -> None:
    """What is stored is what the projection of whole products would have stored."""
    parted = await shop.db.pool.fetchval(_STORED)
    with patch.object(projecting_large, "LARGE", 1000):
        await projecting.rebuild(shop.app)
    whole = await shop.db.pool.fetchval(_STORED)
    for kind, rows in whole.items():
        assert parted[kind] == rows, kind


async def test_parts_make_the_same_as_the_whole(
    shop: Shop, clock: MovableClock, parted: None
) -> None:
    sizes = ("S", "M", "L", "XL", "XXL")
    brand = {"brand": "Acme", "categories": ("men/tops",)}
    tee = await shop.add("tee", sizes=sizes, **brand)  # type: ignore[arg-type]
    await shop.add("cap", sizes=("one",), **brand)  # type: ignore[arg-type]
    await shop.settle()
    await _as_rebuilt_whole(shop)

    await shop.price(tee["M"], minor=700)
    await shop.stock(tee["L"], units=-10)
    assert await shop.settle() == 1
    page = await shop.page("tee")
    assert page.price is not None
    assert (page.price.min.minor, page.price.max.minor) == (700, 1000)
    assert page.options[0].availability["L"] == "out_of_stock"
    assert await shop.listed(facets={"size": ("l",)}) == []
    await _as_rebuilt_whole(shop)

    # A schedule: all of it is projected, as it is and as it will be.
    await shop.price(tee["S"], minor=500, since=clock.now() + timedelta(hours=1), priority=1)
    await shop.settle()
    await _as_rebuilt_whole(shop)
    await shop.stock(tee["L"], units=4)
    await shop.settle()
    await _as_rebuilt_whole(shop)
    clock.advance(hours=1)
    assert (await shop.page("tee")).price.min.minor == 500  # type: ignore[union-attr]
    await shop.settle()
    assert await shop.settle() == 0
    await _as_rebuilt_whole(shop)

    async with shop.db.transaction() as tx:
        await catalog.update_variant(tx, tee["XXL"], catalog.VariantInput(status="archived"))
        await catalog.delete_variant(tx, tee["XL"])
    await shop.settle()
    assert [v.sku for v in (await shop.page("tee")).variants.items] == ["tee-S", "tee-M", "tee-L"]
    await _as_rebuilt_whole(shop)

    async with shop.db.transaction() as tx:
        await catalog.unpublish_product(tx, tee[""], [shop.channel.id])
    await shop.settle()
    with pytest.raises(ProductNotFound):
        await shop.page("tee")
    await _as_rebuilt_whole(shop)
    async with shop.db.transaction() as tx:
        await catalog.delete_product(tx, tee[""])
        assert await projections.recount_facets(tx) == 0
    await shop.settle()
    assert await shop.listed() == ["cap"]


async def test_E7_one_of_ten_thousand_variants_is_projected_alone(shop: Shop) -> None:
    await add_big(shop)
    sizes: list[int] = []
    real = projecting_large.read_sources

    async def read(*asked: object) -> object:
        found = await real(*asked)  # type: ignore[arg-type]
        sizes.append(max(len(source.variants) for source in found))
        return found

    with patch.object(projecting_large, "read_sources", read):
        await shop.settle()
        # All of it went through memory in pages.
        assert max(sizes) == projecting_large.PAGE
        assert sum(sizes) == VARIANTS
        page = await shop.page("big")
        assert page.variant_count == VARIANTS
        assert page.price is not None
        assert (page.price.min.minor, page.price.max.minor) == (1000, 1024)
        assert set(page.options[1].availability.values()) == {"in_stock"}
        assert len(page.variants.items) == 50
        assert [t.code for t in await _facets(shop)] == ["colour", "size", "length"]

        sizes.clear()
        await shop.price(variant_id(4001), minor=1)
        await shop.stock(variant_id(4002), units=7)
        await shop.hear(LISTEN)
        with counting_rows() as cost:
            assert await projecting.project_changed(shop.app) == 1
    assert max(sizes) == 2
    assert 0 < cost.statements <= 33
    assert cost.rows <= 100
    assert cost.bytes <= 100_000
    page = await shop.page("big")
    assert page.price is not None
    assert page.price.min.minor == 1
    await _is_picked_by_one_statement(shop)


async def _is_picked_by_one_statement(shop: Shop) -> None:
    channel_id = shop.channel.id
    chosen = {"colour": "colour 3", "size": "33"}
    with counting_rows() as cost:
        async with shop.db.reading() as tx:
            answer = await projections.option_picker(tx, channel_id, "big", chosen, currency="EUR")
    picker = msgspec.json.decode(answer.body, type=projections.Picker)
    assert (cost.statements, cost.rows) == (1, 1)
    assert cost.bytes < 20_000
    assert picker.variants == 20
    assert [sum(v.variants for v in o.values) for o in picker.options] == [500, 400, 20]
    with counting_rows() as cost:
        async with shop.db.reading() as tx:
            seen = await projections.seen_from(tx, channel_id, "big", variant_id(9_999))
    assert (cost.statements, cost.rows) == (1, 1)
    assert seen.variant.sku == "BIG-9999"


async def _facets(shop: Shop) -> list[projections.Facet]:
    return (await shop.listing()).facets or []


async def test_a_variant_that_is_edited_or_deleted_is_projected_alone(
    shop: Shop, parted: None
) -> None:
    tee = await shop.add("tee", sizes=("S", "M", "L", "XL"))
    await shop.settle()
    asked: list[object] = []
    real = projecting_large.read_sources

    async def read(*given: object) -> object:
        asked.append(given[3])
        return await real(*given)  # type: ignore[arg-type]

    with patch.object(projecting_large, "read_sources", read):
        async with shop.db.transaction() as tx:
            await catalog.update_variant(tx, tee["M"], catalog.VariantInput(title="Medium"))
            await catalog.delete_variant(tx, tee["XL"])
        await shop.settle()
    named = {one for given in asked for one in given}  # type: ignore[attr-defined]
    assert named == {tee["M"], tee["XL"]}
    assert [v.title for v in (await shop.page("tee")).variants.items] == ["S", "Medium", "L"]
    await _as_rebuilt_whole(shop)

    # A title of the product is on the page that all of them share.
    async with shop.db.transaction() as tx:
        await catalog.update_product(tx, tee[""], catalog.ProductInput(title="Shirt"))
    await shop.settle()
    assert (await shop.page("tee")).title == "Shirt"
    await _as_rebuilt_whole(shop)
