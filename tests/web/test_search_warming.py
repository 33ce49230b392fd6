"""Frequent searches are asked by a server process itself: the first shopper finds them answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from tests.hearing import all_heard
from tests.web.test_search import shown, slugs
from tests.web.test_storefront_catalog import Process, start
from tests.workflows.window_shop import Shop, open_shop

from argosy.adapters.search.tantivy_index import TantivyIndex
from argosy.drill.clock import MovableClock
from argosy.entry import server
from argosy.modules import channels, search, staff
from argosy.modules.channels import UpdateChannel
from argosy.runtime import metrics
from argosy.runtime.db import Database, counting_statements
from argosy.web.api.storefront.search import prepare_search
from argosy.workflows import search_log, search_warming, searching, shelves
from argosy.workflows.search_warming import warm

FREQUENT = {"tee": 5, "Red  TEE": 3, "straße": 2, "sombrero": 1}


class Street:
    """A shop that was searched in, and what another process of it needs."""

    def __init__(self, shop: Shop, key: str, web: Process, begin: Any) -> None:
        self.shop, self.key, self.web, self._begin = shop, key, web, begin

    async def process(self, **more: Any) -> Process:
        """Another one, that nobody has asked for anything but the channel."""
        made: Process = await self._begin(**more)
        made.client.headers["X-Publishable-Key"] = self.key
        await made.get("/v1/channel")
        return made


@pytest.fixture
async def street(
    db: Database, database_url: str, clock: MovableClock, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Street]:  # fmt: skip
    monkeypatch.setattr("argosy.adapters.search.tantivy_index._LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(search_log, "FLUSH_AFTER_S", 3600.0)
    monkeypatch.setattr(search_warming, "_RESTS", 0)
    shop = await open_shop(db)
    for slug in ("red-tee", "blue-tee", "cap"):
        await shop.add(slug)
    async with db.transaction() as tx:
        key = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="web", channel_id=shop.channel.id
        )
    async with AsyncExitStack() as stack:

        async def begin(**more: Any) -> Process:
            return await start(stack, database_url, clock, tmp_path, **more)

        web = await begin()
        street = Street(shop, key.token, web, begin)
        web.client.headers["X-Publishable-Key"] = key.token
        await shown(shop, web)
        for words, times in FREQUENT.items():
            for _ in range(times):
                await web.client.get("/v1/search", params={"q": words})
        await search_log.flush(web.app)
        clock.advance(days=1)
        yield street


@contextmanager
def looking() -> Iterator[list[str]]:
    """What indexes are asked for meanwhile."""
    asked: list[str] = []
    find = TantivyIndex.find

    def noted(index: TantivyIndex, channel_id: Any, text: str, *more: Any) -> Any:
        asked.append(text)
        return find(index, channel_id, text, *more)

    with patch.object(TantivyIndex, "find", noted):
        yield asked


async def test_the_first_shopper_finds_frequent_searches_answered(street: Street) -> None:
    fresh = await street.process()
    before = told_warm()
    assert await warm(fresh.app, prepare_search) == 4
    assert told_warm() == before + 4
    plain = await street.web.get("/v1/search?q=tee")
    with looking() as asked, counting_statements() as cost:
        for query in ("tee", "red+tee", "sombrero"):
            await fresh.get(f"/v1/search?q={query}")
        # In other words, and for another page, nothing is looked up either.
        for query in (
            "red%20tee",
            "RED+Tee&limit=1",
            "tee&sort=price&in_stock=true",
            "tee&limit=1",
        ):
            await fresh.get(f"/v1/search?q={query}")
        page = (await fresh.json("/v1/search?q=Tee&limit=1"))["next_cursor"]
        (second,) = (await fresh.json(f"/v1/search?q=Tee&limit=1&cursor={page}"))["items"]
    assert asked == []
    assert set(cost.names) <= {"ranked_offers"}, "offers are read for who narrows or sorts"
    with counting_statements() as cost:
        answer = await fresh.get("/v1/search?q=tee")
    assert cost.round_trips == 0
    assert answer.content == plain.content
    assert answer.headers["etag"] == plain.headers["etag"]
    assert [second["slug"]] == (await slugs(street.web, "tee"))[1:2]


async def test_searches_that_nobody_has_asked_read_nothing_either(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = [await street.shop.add(f"scarf-{n}", minor=900 + n) for n in range(5)]
    await shown(street.shop, street.web)
    monkeypatch.setattr(shelves, "_AT_ONCE", 3)
    fresh = await street.process()
    await warm(fresh.app, prepare_search)
    with looking() as asked, counting_statements() as cost:
        assert set(await slugs(fresh, "scarf")) == {f"scarf-{n}" for n in range(5)}
    assert (asked, cost.round_trips) == (["scarf"], 0)
    # What changes is taken off, and read by who asks.
    await street.shop.price(goods[0]["S"], goods[0]["M"], minor=1)
    await shown(street.shop, street.web)
    await all_heard(street.shop.db)
    items = (await fresh.json("/v1/search?q=scarf&sort=price"))["items"]
    assert (items[0]["slug"], items[0]["price"]["min"]["minor"]) == ("scarf-0", 1)


async def test_shelves_are_filled_within_bounds(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh, window = await street.process(), street.shop.channel.id

    async def filled(within_s: float = 10) -> int:
        until = time.monotonic() + within_s
        return await shelves.fill(fresh.app, window, rest=asyncio.sleep, until=until)

    monkeypatch.setattr(shelves, "_AT_ONCE", 1)
    assert await filled(-1) == 0
    monkeypatch.setattr(shelves, "MAX_BYTES", 2000)
    with monkeypatch.context() as little:
        little.setattr(shelves, "_FILLED", 0.1)
        assert await filled() == 1
    assert 0 < shelves.shelves_of(fresh.app).kept_bytes <= 2000
    fresh.app.cache.forget_everything()
    monkeypatch.setattr(shelves, "MAX_BYTES", 1_000_000)
    assert await filled() == 3
    with patch.object(fresh.app.cache, "_listening", asyncio.Event()):
        assert await filled() == 0, "nothing is kept that nobody would tell of"


async def test_what_a_process_asks_itself_is_no_search(street: Street) -> None:
    fresh = await street.process()
    counted = "select sum(searches) from search.query_day"
    before = await street.shop.db.pool.fetchval(counted), metrics_told()
    await warm(fresh.app, prepare_search)
    await search_log.flush(fresh.app)
    assert (await street.shop.db.pool.fetchval(counted), metrics_told()) == before
    # But the shopper's is, who is given the answer.
    await fresh.get("/v1/search?q=tee")
    await search_log.flush(fresh.app)
    assert await street.shop.db.pool.fetchval(counted) == before[0] + 1


def told_warm() -> float:
    return metrics.REGISTRY.get_sample_value("argosy_searches_warmed_total") or 0.0


def metrics_told() -> float:
    return sum(
        metrics.REGISTRY.get_sample_value("argosy_searches_total", {"outcome": one}) or 0.0
        for one in ("found", "nothing")
    )


async def test_a_round_is_due_when_an_index_changed_or_all_was_lost(street: Street) -> None:
    fresh = await street.process()
    assert await warm(fresh.app, prepare_search) == 4
    with counting_statements() as cost:
        assert await warm(fresh.app, prepare_search) == 0
    assert cost.statements == 1, "one for the channels"
    await street.shop.add("tee-shirt")
    await shown(street.shop, street.web)
    await all_heard(street.shop.db)
    assert await warm(fresh.app, prepare_search) == 4
    with looking() as asked:
        assert "tee-shirt" in await slugs(fresh, "tee")
    assert asked == []
    fresh.app.cache.forget_everything()
    assert await warm(fresh.app, prepare_search) == 4
    # Of what is kept and holds nothing is made again.
    fresh.app.cache.drop(search_warming._DONE)
    assert await warm(fresh.app, prepare_search) == 0


async def test_how_many_are_asked_is_set(street: Street) -> None:
    one = await street.process(search_warm_queries=1)
    assert await warm(one.app, prepare_search) == 1
    with looking() as asked:
        await one.get("/v1/search?q=tee")
        assert asked == []
        await one.get("/v1/search?q=red+tee")
        assert asked == ["red tee"]
    none = await street.process(search_warm_queries=0)
    with counting_statements() as cost:
        assert await warm(none.app, prepare_search) == 0
        await search_warming._keep_warm(none.app, prepare_search)
    assert cost.statements == 0


async def test_every_language_of_a_channel_is_warmed(street: Street) -> None:
    shop = street.shop
    async with shop.db.transaction() as tx:
        await channels.update_channel(tx, shop.channel, UpdateChannel(locales=("de",)))
    await shown(shop, street.web)
    fresh = await street.process()
    if not (await fresh.json("/v1/channel"))["locales"][1:]:
        pytest.fail("the language is not shown yet")
    assert await warm(fresh.app, prepare_search) == 8
    with looking() as asked, counting_statements() as cost:
        for language in ("en", "de"):
            answer = await fresh.get("/v1/search?q=tee", Accept_Language=language)
            assert answer.headers["content-language"] == language
    assert (asked, cost.round_trips) == ([], 0)


async def test_without_an_index_there_is_nothing_to_warm(street: Street, tmp_path: Path) -> None:
    fresh = await street.process()
    with patch.object(fresh.app.search, "_folder", tmp_path / "empty"):
        assert await warm(fresh.app, prepare_search) == 0
    assert await warm(fresh.app, prepare_search) == 4


@asynccontextmanager
async def served() -> AsyncIterator[server.Application]:
    """The application of a server process, as Granian starts and ends it."""
    application, told = server.Application(), asyncio.Queue[Any]()
    heard_back = asyncio.Queue[Any]()
    living = asyncio.ensure_future(
        application({"type": "lifespan"}, told.get, heard_back.put)  # type: ignore[arg-type]
    )
    told.put_nowait({"type": "lifespan.startup"})
    assert (await heard_back.get())["type"] == "lifespan.startup.complete"
    yield application
    told.put_nowait({"type": "lifespan.shutdown"})
    assert (await heard_back.get())["type"] == "lifespan.shutdown.complete"
    await living


async def test_a_server_process_warms_itself_once_it_serves(
    street: Street, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is set for a whole process stays away from the tests beside this one.
    for module, name in ((server.telemetry, "start"), (server.telemetry, "stop")):
        monkeypatch.setattr(module, name, lambda *_, **__: None)
    monkeypatch.setattr(server, "_settle_memory", lambda: None)
    monkeypatch.setattr(search_warming, "LOOK_EVERY_S", 0.2)
    monkeypatch.setenv("ARGOSY_DATABASE_URL", database_url)
    monkeypatch.setenv("ARGOSY_HOME", str(tmp_path))
    # The log is of today by the clock of this process.
    await street.shop.db.pool.execute("update search.query_day set day = current_date - 1")
    before = told_warm()
    async with served() as application:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            client.headers["X-Publishable-Key"] = street.key
            assert (await client.get("/v1/channel")).status_code == 200
            async with asyncio.timeout(10):
                while told_warm() < before + 4:  # noqa: ASYNC110 - nothing tells of it
                    await asyncio.sleep(0.005)
            with looking() as asked, counting_statements() as cost:
                answer = await client.get("/v1/search?q=tee")
    assert answer.json()["total"] == 2
    assert (asked, cost.round_trips) == ([], 0)


async def test_a_round_ends_in_time_and_with_its_process(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = await street.process()
    with monkeypatch.context() as hurried:
        hurried.setattr(search_warming, "MOST_S", -1.0)
        assert await warm(fresh.app, prepare_search) == 0
    begun, never = asyncio.Event(), asyncio.Event()

    async def endless(*_: Any) -> int:
        begun.set()
        await never.wait()
        return 0

    fresh.app.cache.drop(search_warming._DONE)
    async with asyncio.timeout(5), search_warming.running(fresh.app, endless):
        await begun.wait()


async def test_a_process_that_hears_nothing_yet_begins_when_it_does(street: Street) -> None:
    fresh = await street.process()
    begun = asyncio.Event()

    async def note(*_: Any) -> int:
        begun.set()
        return 0

    fresh.app.cache.drop(search_warming._DONE)
    fresh.app.cache._listening.clear()
    async with asyncio.timeout(15), search_warming.running(fresh.app, note):
        await asyncio.sleep(0.05)
        assert not begun.is_set()
        fresh.app.cache._listening.set()
        await begun.wait()


async def test_a_failure_is_told_and_tried_again(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = await street.process()
    monkeypatch.setattr(search_warming, "LOOK_EVERY_S", 0.0)
    tries, done = 0, asyncio.Event()

    async def failing(*_: Any) -> int:
        nonlocal tries
        tries += 1
        if tries == 2:
            done.set()
        raise OSError("away")

    async with asyncio.timeout(5), search_warming.running(fresh.app, failing):
        await done.wait()


@pytest.mark.parametrize(
    ("typed", "asked"),
    [("  Red  TEE ", "red tee"), ("Jäger", "jäger"), ("STRASSE", "strasse"), ("İzmir", "İzmir")],
)
async def test_a_search_is_looked_up_by_its_words_alone(typed: str, asked: str) -> None:
    assert search.asked_as(typed) == asked


async def test_what_an_index_found_is_looked_up_again_after_a_change_of_synonyms(
    street: Street,
) -> None:
    web, shop = street.web, street.shop
    assert (await searching.look_up(web.app, shop.channel, "headgear")).product_ids == ()
    async with shop.db.transaction() as tx:
        await search.set_synonyms(tx, "en", [["headgear", "cap"]])
    await all_heard(shop.db)
    assert len((await searching.look_up(web.app, shop.channel, "HEADGEAR")).product_ids) == 1
