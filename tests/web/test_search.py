"""Search over HTTP: found by words, shown as it is now, narrowed on one variant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from tests.hearing import all_heard
from tests.web.test_storefront_catalog import Process, start
from tests.workflows.window_shop import Shop, open_channels, open_shop

from argosy.drill.clock import MovableClock
from argosy.modules import catalog, search, staff
from argosy.runtime import metrics
from argosy.runtime.db import Database, counting_statements
from argosy.workflows import searching


@pytest.fixture
async def shop(db: Database) -> Shop:
    return await open_shop(db)


@pytest.fixture
async def web(
    shop: Shop,
    database_url: str,
    clock: MovableClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Process]:
    monkeypatch.setattr("argosy.adapters.search.tantivy_index._LOOK_EVERY_S", 0.0)
    async with shop.db.transaction() as tx:
        key = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="web", channel_id=shop.channel.id
        )
    async with AsyncExitStack() as stack:
        process = await start(stack, database_url, clock, tmp_path)
        process.client.headers["X-Publishable-Key"] = key.token
        yield process


async def shown(shop: Shop, web: Process) -> None:
    """Do what the worker does until shop window and index are current."""
    await shop.settle()
    while True:
        await searching.follow(web.app)
        # Changes are followed once all older transactions of the server have ended, and other
        # tests run on the same server.
        if not any(one.behind_s for one in await searching.status(web.app)):
            return
        await asyncio.sleep(0.005)


async def slugs(web: Process, query: str) -> list[str]:
    return [item["slug"] for item in (await web.json(f"/v1/search?q={query}"))["items"]]


async def test_products_are_found_by_words_and_follow_their_changes(
    shop: Shop, web: Process
) -> None:
    tee = await shop.add("cotton-tee", brand="Acme")
    await shop.add("cap", brand="Acme", description="made of cotton")
    await shown(shop, web)
    assert await slugs(web, "cotton") == ["cotton-tee", "cap"]
    assert await slugs(web, "acme+tees") == ["cotton-tee", "cap"]
    assert await slugs(web, "cotton-tee-s") != []

    async with shop.db.transaction() as tx:
        await catalog.update_product(tx, tee[""], catalog.ProductInput(title="Linen tee"))
    await shown(shop, web)
    assert await slugs(web, "cotton") == ["cap"]
    assert await slugs(web, "linen") == ["cotton-tee"]


async def test_channels_that_never_showed_a_product_follow_its_changes_for_nothing(
    shop: Shop, web: Process
) -> None:
    """FIELD.md II, row 21."""
    tee = await shop.add("tee")
    await open_channels(shop, *(f"b{n}" for n in range(9)))

    async def rename(title: str) -> None:
        async with shop.db.transaction() as tx:
            await catalog.update_product(tx, tee[""], catalog.ProductInput(title=title))
        await shop.settle()

    await shown(shop, web)  # all indexes are made
    await rename("Wool")
    await shown(shop, web)  # and have followed equally far
    await rename("Silk")
    most = 0
    while not await slugs(web, "silk"):
        with counting_statements() as counted:
            await searching.follow(web.app)
        most = max(most, counted.statements)
    assert not any(one.behind_s for one in await searching.status(web.app))
    assert most <= 6  # channels, audiences, the log, whom it concerns, the words of one


async def test_E12_what_was_deleted_is_never_shown_even_by_an_old_index(
    shop: Shop, web: Process
) -> None:
    tee = await shop.add("tee")
    await shown(shop, web)
    async with shop.db.transaction() as tx:
        await catalog.delete_product(tx, tee[""])
    await shop.settle()
    assert await slugs(web, "tee") == []
    await shown(shop, web)
    assert await slugs(web, "tee") == []


async def test_a_price_is_never_older_than_the_shop_window(shop: Shop, web: Process) -> None:
    tee = await shop.add("tee", minor=1000)
    await shown(shop, web)
    await shop.price(tee["S"], tee["M"], minor=700)
    await shop.settle()
    (item,) = (await web.json("/v1/search?q=tee"))["items"]
    assert item["price"]["min"]["minor"] == 700


async def test_E7_facets_are_of_one_variant_and_count_what_would_be_listed(
    shop: Shop, web: Process
) -> None:
    await shop.add("red-tee", brand="Acme", sizes=("S", "M"))
    await shop.add("blue-tee", brand="Bolt", sizes=("M",), minor=2000)
    await shop.add("gone-tee", brand="Bolt", sizes=("L",), stock=0)
    await shown(shop, web)

    result = await web.json("/v1/search?q=tee")
    assert result["total"] == 3
    counts = {f["code"]: {v["value"]: v["count"] for v in f["values"]} for f in result["facets"]}
    assert counts == {"brand": {"acme": 1, "bolt": 1}, "size": {"s": 1, "m": 2}}

    narrowed = await web.json("/v1/search?q=tee&size=M&brand=bolt")
    assert [item["slug"] for item in narrowed["items"]] == ["blue-tee"]
    counts = {f["code"]: {v["value"]: v["count"] for v in f["values"]} for f in narrowed["facets"]}
    assert counts == {"brand": {"acme": 1, "bolt": 1}, "size": {"m": 1}}

    cheap = await web.json("/v1/search?q=tee&price_max=1500")
    assert [item["slug"] for item in cheap["items"]] == ["red-tee"]
    assert len((await web.json("/v1/search?q=tee&in_stock=true"))["items"]) == 2


async def test_pages_go_on_where_the_last_one_ended(shop: Shop, web: Process) -> None:
    for number in range(5):
        await shop.add(f"tee-{number}", minor=1000 + number, categories=("tops",))
    await shown(shop, web)
    for sort in ("relevance", "price", "-price"):
        got: list[str] = []
        path = f"/v1/search?q=tee&limit=2&sort={sort}&category=tops"
        page = await web.json(path)
        assert page["total"] == 5
        got += [item["slug"] for item in page["items"]]
        while page["next_cursor"]:
            page = await web.json(f"{path}&cursor={page['next_cursor']}")
            assert "total" not in page
            got += [item["slug"] for item in page["items"]]
        assert len(set(got)) == len(got) == 5
        if sort != "relevance":
            assert got == sorted(got, reverse=sort == "-price")
    other = page_of_other = await web.json("/v1/search?q=tee&limit=2")
    problem = await web.get(f"/v1/search?q=cap&cursor={page_of_other['next_cursor']}", status=422)
    assert problem.json()["code"] == "paging.cursor_invalid"
    assert other["next_cursor"]


async def test_synonyms_are_used_as_soon_as_they_are_set(shop: Shop, web: Process) -> None:
    await shop.add("sneaker")
    await shown(shop, web)
    assert await slugs(web, "trainers") == ["sneaker"]  # usual in any shop
    assert await slugs(web, "creepers") == []
    async with shop.db.transaction() as tx:
        await search.set_synonyms(tx, "en", [["sneakers", "Creepers"]])
        await search.set_synonyms(tx, "de", [["sneakers", "Creepers"]])
    await all_heard(shop.db)
    assert await slugs(web, "creepers") == ["sneaker"]
    assert await slugs(web, "trainers") == []  # the shop's own group takes the place
    for bad in ([["one"]], [["a", "A"]], [["a", "b c d e f"]]):
        with pytest.raises(search.SynonymsInvalid):
            async with shop.db.transaction() as tx:
                await search.set_synonyms(tx, "en", bad)


async def test_suggestions(shop: Shop, web: Process) -> None:
    await shop.add("running-shirt")
    await shop.add("running-shoes")
    await shown(shop, web)
    found = await web.json("/v1/search/suggestions?q=running+s")
    assert sorted(found["completions"]) == ["running shirt", "running shoes"]
    assert {card["slug"] for card in found["products"]} == {"running-shirt", "running-shoes"}


async def test_an_index_too_far_behind_is_made_anew(
    shop: Shop, web: Process, clock: MovableClock
) -> None:
    await shop.add("tee")
    await shown(shop, web)
    await shop.add("cap")
    await shop.settle()
    clock.advance(days=8)
    await searching.forget_changes(web.app)
    assert not await shop.db.pool.fetchval("select count(*) from search.change")
    await shown(shop, web)
    assert await slugs(web, "cap") == ["cap"]


async def test_what_a_search_costs(shop: Shop, web: Process) -> None:
    await shop.add("tee")
    await shown(shop, web)
    first = await web.get("/v1/search?q=tee")
    with counting_statements() as cost:
        await web.get("/v1/search?q=tee&size=s")
    assert cost.names == ["ranked_numbers", "ranked_offers"]
    with counting_statements() as cost:
        await web.get("/v1/search?q=tee&size=s&price_max=5000&sort=price&in_stock=true")
        await web.get("/v1/search?q=the+tees&limit=5")
    assert cost.round_trips == 0
    with counting_statements() as cost:
        again = await web.get("/v1/search?q=tee")
        await web.get("/v1/search?q=tee", status=304, If_None_Match=first.headers["etag"])
    assert cost.round_trips == 0
    assert again.content == first.content


async def test_C10_a_kept_answer_ends_with_what_it_was_made_from(
    shop: Shop, web: Process, clock: MovableClock
) -> None:
    tee = await shop.add("tee")
    await shop.add("cap")
    await shown(shop, web)

    async def price() -> int:
        (item,) = (await web.json("/v1/search?q=tee"))["items"]
        return int(item["price"]["min"]["minor"])

    async def soon(expected: list[str], query: str) -> None:
        async with asyncio.timeout(5):
            while await slugs(web, query) != expected:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)

    assert await slugs(web, "tee") == ["tee"]
    assert await slugs(web, "beanie") == []
    # By schedule alone: the process has heard of the new price before it keeps the old one again.
    await shop.price(
        tee["S"], tee["M"], minor=500, since=clock.now() + timedelta(hours=1), priority=1
    )
    await shop.settle()
    await all_heard(shop.db)
    assert await price() == 1000
    clock.advance(seconds=3600)
    assert await price() == 500
    # By a change of the index, of synonyms, and of another process's doing.
    await shop.add("beanie")
    await shown(shop, web)
    assert await slugs(web, "beanie") == ["beanie"]
    assert await slugs(web, "headgear") == []
    async with shop.db.transaction() as tx:
        await search.set_synonyms(tx, "en", [["headgear", "cap"]])
    await soon(["cap"], "headgear")
    async with shop.db.transaction() as tx:
        await catalog.delete_product(tx, tee[""])
    await shop.settle()
    await soon([], "tee")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 422, None),
        ("?q=", 422, None),
        ("?q=" + "x" * 201, 422, None),
        ("?q=tee&sort=name", 422, None),
        ("?q=tee&colour=blue", 422, "projections.facet_unknown"),
        ("?q=tee&category=nowhere", 404, "projections.category_not_found"),
        ("?q=tee&cursor=xyz", 422, "paging.cursor_invalid"),
        ("?q=tee", 503, "search.unavailable"),
    ],
)
async def test_bad_searches_are_told_what_is_wrong(
    shop: Shop, web: Process, query: str, status: int, code: str | None
) -> None:
    await shop.add("tee")
    await shop.settle()
    if status != 503:
        await shown(shop, web)
    problem = (await web.get(f"/v1/search{query}", status=status)).json()
    assert problem["status"] == status
    assert code is None or problem["code"] == code


async def test_status_tells_how_far_behind(shop: Shop, web: Process, clock: MovableClock) -> None:
    (before,) = await searching.status(web.app)
    assert (before.made, before.behind_s) == (False, None)
    await shop.add("tee")
    await shown(shop, web)
    (after,) = await searching.status(web.app)
    assert (after.made, after.behind_s) == (True, 0.0)
    await shop.add("cap")
    await shop.settle()
    clock.advance(seconds=90)
    (late,) = await searching.status(web.app)
    assert late.behind_s is not None
    assert late.behind_s >= 90
    await searching.measure_lag(web.app)
    told = metrics.REGISTRY.get_sample_value("argosy_search_lag_seconds")
    assert told is not None
    assert told >= late.behind_s


async def test_an_index_can_be_made_anew_unless_another_process_writes(
    shop: Shop, web: Process
) -> None:
    await shop.add("tee")
    await shown(shop, web)
    assert await searching.rebuild(web.app, shop.channel) == 1
    with web.app.search.try_writing(), pytest.raises(search.IndexBusy):
        await searching.rebuild(web.app, shop.channel)
