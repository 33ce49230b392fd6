"""What processes remember for searches: it is never older than what they were told, and each change
ends what it concerns and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.web.test_storefront_catalog import Process, soon, start
from tests.workflows.big_product import add_big
from tests.workflows.window_shop import Shop, open_shop

from argosy.drill.clock import MovableClock
from argosy.modules import catalog, projections, staff
from argosy.modules.projections import ALL_PRODUCTS, ListRanked
from argosy.runtime.db import Database, counting_statements
from argosy.workflows import searching, shelves


@pytest.fixture
async def shop(db: Database) -> Shop:
    return await open_shop(db)


@pytest.fixture
async def processes(
    shop: Shop,
    database_url: str,
    clock: MovableClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[list[Process]]:
    monkeypatch.setattr("argosy.adapters.search.tantivy_index._LOOK_EVERY_S", 0.0)
    async with shop.db.transaction() as tx:
        key = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="web", channel_id=shop.channel.id
        )
    async with AsyncExitStack() as stack:
        started = [await start(stack, database_url, clock, tmp_path) for _ in range(2)]
        for process in started:
            process.client.headers["X-Publishable-Key"] = key.token
        yield started


async def followed(shop: Shop, web: Process) -> None:
    """Do what the worker does until shop window and index are current."""
    await shop.settle()
    while True:
        await searching.follow(web.app)
        if not any(one.behind_s for one in await searching.status(web.app)):
            return
        # Changes are followed once all older transactions of the server have ended.
        await asyncio.sleep(0.005)


def _asks(shop: Shop, term: int) -> list[ListRanked]:
    narrowed: list[dict[str, Any]] = [
        {},
        {"in_stock": True},
        {"facets": {"size": ("s",)}},
        {"facets": {"size": ("s", "xl"), "brand": ("acme",)}, "price_max": 1500},
        {"facets": {"size": ("nothing",)}},
        {"price_min": 1200, "price_max": 1900},
        {"category": term},
        {"sort": "price"},
        {"sort": "-price", "in_stock": True, "facets": {"brand": ("acme", "bolt")}},
    ]
    common: dict[str, Any] = {"channel_id": shop.channel.id, "fingerprint": "tee", "limit": 3}
    return [ListRanked(product_ids=(), **common, **one) for one in narrowed]


async def test_E7_what_is_remembered_is_what_the_database_says(
    shop: Shop, processes: list[Process], clock: MovableClock
) -> None:
    red = await shop.add("red-tee", brand="Acme", sizes=("S", "M"), categories=("tops",))
    blue = await shop.add("blue-tee", brand="Bolt", sizes=("M",), minor=2000)
    await shop.add("white-tee", brand="Acme", sizes=("S", "XL"), minor=1300)
    gone = await shop.add("gone-tee", brand="Bolt", sizes=("L",), stock=0)
    await followed(shop, processes[0])
    term = await shop.db.pool.fetchval(
        "select id from projections.term where code = '' and value <> $1", str(ALL_PRODUCTS)
    )
    asks = _asks(shop, term)

    async def as_the_database_says() -> bool:
        return all([await _is_current(process, shop, ask) for process in processes for ask in asks])

    async def change_title() -> None:
        async with shop.db.transaction() as tx:
            given = catalog.ProductInput(title="Tee, red", brand="Bolt")
            await catalog.update_product(tx, red[""], given)

    async def delete() -> None:
        async with shop.db.transaction() as tx:
            await catalog.delete_product(tx, blue[""])

    changes: list[Callable[[], Awaitable[object]]] = [
        lambda: shop.price(red["S"], minor=1250),
        lambda: shop.stock(red["S"], units=-10),
        lambda: shop.stock(gone["L"], units=1),
        change_title,
        lambda: shop.add("new-tee", brand="Cora", sizes=("XXL",), minor=1400, categories=("tops",)),
        delete,
        lambda: shop.price(red["M"], minor=900, since=clock.now(), priority=1),
    ]
    assert await as_the_database_says()
    for change in changes:
        await change()
        await followed(shop, processes[0])
        await soon(as_the_database_says)
        for process in processes:
            with counting_statements() as cost:
                for ask in asks:
                    await searching.search_page(process.app, shop.channel, ask)
            assert set(cost.names) <= {"ranked_numbers"}, "what is not kept is that nothing is so"
    for process in processes:
        assert shelves.shelves_of(process.app).kept_bytes > 0
        process.app.cache.forget_everything()
        assert shelves.shelves_of(process.app).kept_bytes == 0
    # What ends by schedule ends without a notice.
    await shop.price(red["M"], minor=100, since=clock.now().replace(year=2040), priority=2)
    await shop.settle()
    await soon(as_the_database_says)
    clock.advance(seconds=20 * 366 * 86400)
    assert await as_the_database_says()


async def _is_current(process: Process, shop: Shop, ask: ListRanked) -> bool:
    made = await searching.search_page(process.app, shop.channel, ask)
    async with shop.db.reading() as tx:
        whole = msgspec.structs.replace(ask, product_ids=made.found.product_ids)
        return made.answer.body == await projections.list_ranked(tx, whole)


async def test_a_change_ends_the_answers_that_show_it_and_no_others(
    shop: Shop, processes: list[Process]
) -> None:
    tee = await shop.add("tee")
    await shop.add("cap")
    await followed(shop, processes[0])
    caps = [await process.get("/v1/search?q=cap") for process in processes]

    async def price(process: Process) -> int:
        (item,) = (await process.json("/v1/search?q=tee"))["items"]
        return int(item["price"]["min"]["minor"])

    assert [await price(process) for process in processes] == [1000, 1000]
    await shop.price(tee["S"], tee["M"], minor=700)
    await followed(shop, processes[0])

    async def is_new() -> bool:
        return [await price(process) for process in processes] == [700, 700]

    await soon(is_new)
    with counting_statements() as cost:
        again = [await process.get("/v1/search?q=cap") for process in processes]
    assert cost.round_trips == 0
    assert [one.content for one in again] == [one.content for one in caps]
    # More changes than are remembered: all is made anew.
    for number in range(shelves.LOG + 1):
        processes[0].app.cache.forget("projections", f"product:{number:032x}")
    assert (await processes[0].get("/v1/search?q=cap")).content == caps[0].content


async def test_what_changes_while_it_is_read_is_not_kept(
    shop: Shop, processes: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    tee = await shop.add("tee")
    await followed(shop, processes[0])
    app = processes[0].app
    read = projections.shelf_of

    class Late:
        """A shelf that is overtaken by a notice while it is read."""

        def __init__(self, *given: Any) -> None:
            self.real = read(*given)

        async def showings(self, products: Any) -> Any:
            found = await self.real.showings(products)
            app.cache.forget("projections", f"product:{tee[''].hex}")
            return found

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

    ask = ListRanked(channel_id=shop.channel.id, product_ids=(), fingerprint="tee")
    with monkeypatch.context() as overtaken:
        overtaken.setattr(projections, "shelf_of", Late)
        made = await searching.search_page(app, shop.channel, ask)
    assert not searching.holds(app, shop.channel, made.made_from)
    with counting_statements() as cost:
        made = await searching.search_page(app, shop.channel, ask)
    assert "ranked_showings" in cost.names
    assert searching.holds(app, shop.channel, made.made_from)


async def test_what_is_remembered_is_bounded(
    shop: Shop, processes: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        await shop.add(f"tee-{number}")
    await followed(shop, processes[0])
    monkeypatch.setattr(shelves, "MAX_BYTES", 4000)
    app = processes[0].app
    ask = ListRanked(channel_id=shop.channel.id, product_ids=(), fingerprint="tee")
    for _ in range(3):
        made = await searching.search_page(app, shop.channel, ask)
        assert len(msgspec.json.decode(made.answer.body)["items"]) == 6
        assert shelves.shelves_of(app).kept_bytes <= 4000


async def test_every_variant_is_found_by_its_sku_however_many_there_are(
    shop: Shop, processes: list[Process]
) -> None:
    web = processes[0]
    await shop.add("tee", sizes=[f"n{number}" for number in range(60)])
    await add_big(shop, variants=600)
    await followed(shop, web)
    for sku, slug in (("tee-n3", "tee"), ("tee-n59", "tee"), ("BIG-7", "big"), ("big-599", "big")):
        found = await web.json(f"/v1/search?q={sku}")
        assert found["items"][0]["slug"] == slug, sku
        assert found["corrections"] == []
