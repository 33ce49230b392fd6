"""Brands come with the brand texts of products, once for each name however it is spelled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.workflows.window_shop import Shop, open_shop

from argosy.kernel.ids import new_id
from argosy.modules import brands, catalog
from argosy.modules.brands import BrandFields, BrandNameDiffers, BrandSlugTaken, brand_key
from argosy.modules.projections import facet_value
from argosy.reads.shown_brands import shown_brands, shown_of_brand
from argosy.runtime.db import Database, counting_statements
from argosy.workflows.branding import change_brand, find_brands


@pytest.fixture
async def shop(db: Database) -> Shop:
    return await open_shop(db)


async def keep(db: Database, *names: str) -> list[str]:
    async with db.transaction() as tx:
        return [slug for _, slug in await brands.keep_brands(tx, names, catalog.slugify)]


async def test_a_brand_for_each_name_however_it_is_spelled(db: Database) -> None:
    assert await keep(db, "Luma", " LUMA ", "Ridge  &  Co", "") == ["luma", "ridge-co"]
    assert await keep(db, "luma", "Ridge & co") == []
    # Other names with the same slug.
    assert await keep(db, "Ridge Co", "Ridge/Co", "\u2603") == ["ridge-co-2", "ridge-co-3", "brand"]
    async with db.reading() as tx:
        found = await brands.list_brands(tx, limit=10)
    assert [b.name for b in found] == ["Luma", "Ridge & Co", "Ridge Co", "Ridge/Co", "\u2603"]


async def test_nothing_new_costs_one_statement(db: Database) -> None:
    await keep(db, "Luma", "Ridge")
    with counting_statements() as counted:
        await keep(db, "luma", "ridge")
    assert counted.statements == 1


@given(st.text(max_size=130))
def test_the_key_is_the_value_of_the_facet(name: str) -> None:
    assert brand_key(name) == facet_value(name)


async def test_the_catalogue_is_looked_through_once(shop: Shop) -> None:
    for n, brand in enumerate(["Luma", "LUMA", "", "Ridge"]):
        await shop.add(f"p{n}", sizes=("S",), minor=None, stock=0, brand=brand)
    assert await find_brands(shop.db) == 2
    assert await find_brands(shop.db) == 0


async def test_a_channel_shows_brands_of_what_can_be_bought(shop: Shop) -> None:
    await shop.add("tee", brand="Luma")
    await shop.add("cap", brand="luma")
    await shop.add("sock", brand="Ridge", stock=0)
    await shop.settle()
    async with shop.db.reading() as tx:
        assert await shown_brands(tx, shop.channel.id, "", 10) == [("luma", 2)]
        assert await shown_brands(tx, shop.channel.id, "luma", 10) == []
        assert await shown_of_brand(tx, shop.channel.id, "luma") == 2
        assert await shown_of_brand(tx, new_id(), "luma") == 0


async def test_only_the_spelling_of_a_name_changes(db: Database) -> None:
    await keep(db, "luma", "Ridge")
    async with db.transaction() as tx:
        [luma] = await brands.brands_by_key(tx, ["luma"])
        _, after = await change_brand(tx, luma.id, BrandFields(name="LUMA", slug="lu"))
        assert (after.name, after.slug, after.version) == ("LUMA", "lu", 2)
    for change, error in (
        (BrandFields(name="Lumina"), BrandNameDiffers),
        (BrandFields(slug="ridge"), BrandSlugTaken),
        (BrandFields(media_id=new_id()), catalog.MediaNotFound),
    ):
        with pytest.raises(error):
            async with db.transaction() as tx:
                await change_brand(tx, luma.id, change)
