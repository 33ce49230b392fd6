"""Collections in the shop window: whatever changes a product decides its membership anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.workflows.window_shop import Shop, open_shop

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode, new_id
from argosy.modules import catalog, collections, projections
from argosy.modules.catalog import ProductInput
from argosy.modules.collections import Collection, CollectionFields, NewCollection, Rules
from argosy.modules.paths import Ending
from argosy.modules.projections import ListProducts, ProductList
from argosy.reads import product_document as reads
from argosy.runtime.db import Database, counting_statements
from argosy.workflows import collecting, projecting


@pytest.fixture
async def shop(db: Database) -> Shop:
    return await open_shop(db)


async def make(shop: Shop, slug: str, *conditions: dict[str, Any], **more: Any) -> Collection:
    rules = msgspec.convert({"conditions": list(conditions)}, Rules) if conditions else None
    given = {"title": slug, "channels": (shop.channel.id,)} | more
    async with shop.db.transaction() as tx:
        return await collecting.create_collection(
            tx, NewCollection(slug=slug, rules=rules, **given)
        )


async def settled(shop: Shop) -> None:
    await shop.settle()
    while await collecting.look_through(shop.app) or await passes(shop):
        await shop.settle()


async def passes(shop: Shop) -> int:
    count: int = await shop.db.pool.fetchval(
        "select count(*) from collections.pass where finished_at is null"
    )
    return count


async def in_it(shop: Shop, slug: str, **ask: Any) -> list[str]:
    async with shop.db.reading() as tx:
        rows = await reads.listable(tx, shop.channel.id)
        [(term, sort)] = [(r["term"], r["sort"]) for r in rows if r["collection"] == slug]
        wanted = {"sort": sort} | ask
        answer = await projections.list_products(
            tx, ListProducts(channel_id=shop.channel.id, category=term, **wanted)
        )
    page = msgspec.json.decode(answer.body, type=ProductList)
    return [card.slug for card in page.items]


async def test_rules_let_in_what_the_channel_shows(shop: Shop) -> None:
    await shop.add("tee", minor=1000, categories=("men/tops",), brand="Luma")
    await shop.add("coat", minor=9000, categories=("men",), brand="Ridge")
    async with shop.db.reading() as tx:
        men = encode("category", (await catalog.category_by_path(tx, "men")).id)
        tops = encode("category", (await catalog.category_by_path(tx, "men/tops")).id)
    cheap = {"field": "price", "currency": "EUR", "max": 5000}
    await make(shop, "cheap", cheap)
    await make(shop, "men", {"field": "category", "values": [men]}, sort="-price")
    await make(shop, "no-tops", {"field": "category", "op": "is_not", "values": [tops]})
    await make(shop, "luma", {"field": "brand", "values": ["LUMA"]})
    await make(shop, "size-m", {"field": "attribute", "code": "size", "values": ["m"]})
    await settled(shop)
    assert await in_it(shop, "cheap") == ["tee"]
    assert await in_it(shop, "men") == ["coat", "tee"]
    assert await in_it(shop, "no-tops") == ["coat"]
    assert await in_it(shop, "luma") == ["tee"]
    assert await in_it(shop, "size-m", sort="name") == ["coat", "tee"]
    page = await shop.page("tee")
    assert [c.slug for c in page.collections] == ["cheap", "luma", "men", "size-m"]


async def test_every_change_of_a_product_decides_anew(shop: Shop) -> None:
    tee = await shop.add("tee", minor=1000, stock=100)
    await make(shop, "cheap", {"field": "price", "currency": "EUR", "max": 5000})
    await make(shop, "there", {"field": "stock", "values": ["in_stock"]})
    await make(shop, "named", {"field": "title", "op": "contains", "values": ["tee"]})
    await settled(shop)
    for slug in ("cheap", "there", "named"):
        assert await in_it(shop, slug) == ["tee"]
    await shop.price(tee["S"], tee["M"], minor=6000)
    await shop.stock(tee["S"], tee["M"], units=-100)
    async with shop.db.transaction() as tx:
        await catalog.update_product(tx, tee[""], ProductInput(title="Shirt"))
    await shop.settle()
    for slug in ("cheap", "there", "named"):
        assert await in_it(shop, slug) == [], slug
    assert (await shop.page("tee")).collections == []


async def test_C8_a_price_from_tomorrow_on_lets_in_at_its_instant(
    shop: Shop, clock: MovableClock
) -> None:
    tee = await shop.add("tee", minor=6000)
    await make(shop, "cheap", {"field": "price", "currency": "EUR", "max": 5000})
    tomorrow = clock.now() + timedelta(days=1)
    await shop.price(tee["S"], tee["M"], minor=4000, since=tomorrow, priority=1)
    await settled(shop)
    assert await in_it(shop, "cheap") == []
    clock.advance(seconds=86_400)
    assert await in_it(shop, "cheap") == ["tee"], "nobody projected in between"


async def test_what_is_new_ages_out_by_itself(shop: Shop, clock: MovableClock) -> None:
    await shop.add("tee")
    await make(shop, "new", {"field": "created", "within_days": 30})
    await settled(shop)
    assert await in_it(shop, "new") == ["tee"]
    clock.advance(seconds=30 * 86_400 + 60)
    assert await in_it(shop, "new") == []


async def test_products_by_hand_stand_in_their_order(shop: Shop) -> None:
    ids = [(await shop.add(slug))[""] for slug in ("tee", "cap", "sock")]
    gift = await make(shop, "gift")
    async with shop.db.transaction() as tx:
        await collecting.set_members(tx, gift.id, [ids[2], ids[0]])
    await settled(shop)
    assert await in_it(shop, "gift") == ["sock", "tee"]
    async with shop.db.transaction() as tx:
        assert await collecting.place_member(tx, gift.id, ids[1], 0)
        assert not await collecting.place_member(tx, gift.id, ids[1], 0)
        assert await collecting.remove_member(tx, gift.id, ids[2])
    await shop.settle()
    assert await in_it(shop, "gift") == ["cap", "tee"]
    async with shop.db.transaction() as tx:
        with pytest.raises(catalog.ProductNotFound):
            await collecting.set_members(tx, gift.id, [new_id()])


async def test_other_rules_and_no_rules_at_all(shop: Shop) -> None:
    await shop.add("tee", minor=1000)
    await shop.add("coat", minor=9000)
    one = await make(shop, "one", {"field": "price", "currency": "EUR", "max": 5000})
    await settled(shop)
    dear = msgspec.convert(
        {"conditions": [{"field": "price", "currency": "EUR", "min": 5000}]}, Rules
    )
    async with shop.db.transaction() as tx:
        await collecting.change_collection(tx, one.id, CollectionFields(rules=dear))
    await settled(shop)
    assert await in_it(shop, "one") == ["coat"]
    async with shop.db.transaction() as tx:
        change = CollectionFields(slug="dear", title="Dear")
        await collecting.change_collection(tx, one.id, change)
    await settled(shop)
    assert [(c.slug, c.title) for c in (await shop.page("coat")).collections] == [("dear", "Dear")]
    async with shop.db.transaction() as tx:
        await collecting.delete_collection(tx, one.id, Ending(answer="gone"))
    await settled(shop)
    assert (await shop.page("coat")).collections == []
    left = await shop.db.pool.fetchval(
        "select count(*) from projections.placement p join projections.term t on t.id = p.category"
        " where t.value = $1",
        str(one.id),
    )
    assert left == 0


async def test_a_channel_that_does_not_show_it_lists_nothing(shop: Shop) -> None:
    await shop.add("tee")
    one = await make(shop, "one", {"field": "title", "op": "contains", "values": ["t"]})
    await settled(shop)
    async with shop.db.transaction() as tx:
        await collecting.change_collection(tx, one.id, CollectionFields(channels=()))
    await settled(shop)
    assert (await shop.page("tee")).collections == []
    async with shop.db.reading() as tx:
        assert await collections.shown_collections(tx, shop.channel.id) == []


async def test_looking_through_never_makes_others_wait(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(7):
        await shop.add(f"p{n}", sizes=("S",))
    await shop.settle()
    monkeypatch.setattr(collecting, "BATCH", 3)
    one = await make(shop, "one", {"field": "title", "op": "contains", "values": ["p"]})
    await shop.settle()

    async def progress() -> tuple[int, int, bool]:
        async with shop.db.reading() as tx:
            found = await collections.pass_of(tx, one.id)
        assert found is not None
        return found.done, found.total, found.finished_at is not None

    assert await progress() == (0, 7, False)
    assert await collecting.look_through(shop.app) == 3
    assert await collecting.look_through(shop.app) == 0, "a batch waits already"
    assert await progress() == (3, 7, False)
    await shop.settle()
    assert len(await in_it(shop, "one")) == 3
    await settled(shop)
    assert await progress() == (7, 7, True)
    assert len(await in_it(shop, "one")) == 7


async def test_a_batch_costs_two_statements_more_whatever_its_size(shop: Shop) -> None:
    for n in range(4):
        await shop.add(f"p{n}", sizes=("S",))
    for n in range(5):
        await make(shop, f"c{n}", {"field": "title", "op": "contains", "values": [f"p{n}"]})
    await make(shop, "hand")
    await settled(shop)
    counts = []
    for size in (1, 4):
        async with shop.db.transaction() as tx:
            ids = (await reads.product_ids_after(tx, UUID(int=0), size))[:size]
            with counting_statements() as counted:
                await collecting.gather(tx, ids)
            counts.append(counted.statements)
    assert counts == [2, 2]
    assert projecting.BATCH >= collecting.BATCH
