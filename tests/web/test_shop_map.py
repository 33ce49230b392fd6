"""Robots, sitemaps and feeds: what crawlers are told of the window of each shop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree as ET

import pytest
from tests.web.test_storefront_catalog import Process, start
from tests.workflows.big_product import add_big
from tests.workflows.window_shop import open_shop

from argosy.drill.clock import MovableClock
from argosy.modules import catalog, taxonomy
from argosy.runtime.db import Database, counting_statements
from argosy.web.storefront import feeds, maps

PUBLIC = "http://127.0.0.1:8000"
G = "{http://base.google.com/ns/1.0}"


@pytest.fixture
async def web(
    db: Database, database_url: str, clock: MovableClock, tmp_path: Path
) -> AsyncIterator[Process]:
    async with AsyncExitStack() as stack:
        yield await start(stack, database_url, clock, tmp_path, shop_channel="eu")


async def places(web: Process, path: str) -> list[str]:
    root = ET.fromstring((await web.get(path)).text)  # noqa: S314 - our own answer
    found = [element.text or "" for element in root.iter() if element.tag.endswith("}loc")]
    assert all(place.startswith(PUBLIC) for place in found)
    return [place.removeprefix(PUBLIC) for place in found]


async def articles(web: Process, path: str) -> dict[str, list[str]]:
    """By link: the Google category, the price and what else is asked."""
    root = ET.fromstring((await web.get(path)).text)  # noqa: S314 - our own answer
    return {
        (item.findtext(G + "link") or "").removeprefix(PUBLIC): [
            item.findtext(G + name) or "" for name in ("price", "google_product_category")
        ]
        for item in root.iter("item")
    }


async def test_crawlers_are_told_what_each_window_shows(
    db: Database, web: Process, clock: MovableClock, tmp_path: Path
) -> None:
    eu, uk = await open_shop(db, "eu"), await open_shop(db, "uk")
    for number in range(5):
        await eu.add(f"tee-{number}", sizes=("S",), categories=("men/tops&more",))
    await eu.add("priceless", minor=None)
    await uk.add("brolly", sizes=("S",))
    async with db.transaction() as tx:
        await taxonomy.load_nodes(tx, "google", [("212", "Apparel > Shirts")])
        rows = await catalog.list_categories(tx)
        (top,) = [row for row in rows if row.path == "men"]
        await taxonomy.map_thing(tx, top.id, "category", "google", "212")
    await eu.settle()

    robots = (await web.get("/robots.txt")).text.splitlines()
    closed = {line.removeprefix("Disallow: ") for line in robots if line.startswith("Disallow")}
    assert {"/admin", "/cart", "/checkout", "/@uk/cart", "/@uk/account", "/v1/"} <= closed
    assert f"Sitemap: {PUBLIC}/@uk/sitemap.xml" in robots

    with patch.object(maps, "MOST_ADDRESSES", 2), patch.object(maps, "_BATCH", 1):
        index = await places(web, "/sitemap.xml")
        assert index[0] == "/sitemap-pages.xml"
        assert len(index) == 4
        told = [await places(web, path) for path in index[1:]]
        assert [len(part) for part in told] == [2, 2, 1]
        assert sorted(place for part in told for place in part) == [
            f"/p/tee-{number}" for number in range(5)
        ]
        for wrong in ("0", "4", "x", ""):
            await web.get(f"/sitemap-products.xml?part={wrong}", status=404)
    pages = await places(web, "/sitemap-pages.xml")
    assert pages[:2] == ["/", "/c/men"]
    for path in (*pages, "/p/tee-3"):
        await web.get(path)
    assert await places(web, "/@uk/sitemap-products.xml?part=1") == ["/@uk/p/brolly"]
    lastmod = (await web.get("/@uk/sitemap-products.xml?part=1")).text
    assert f"<lastmod>{clock.now():%Y-%m-%dT%H:%M}" in lastmod

    with patch.object(feeds, "_BATCH", 2):
        feed = await articles(web, "/feeds/google.xml")
    assert sorted(feed) == [f"/p/tee-{number}?variant=tee-{number}-S" for number in range(5)]
    assert set(map(tuple, feed.values())) == {("10.00 EUR", "212")}
    assert list(await articles(web, "/@uk/feeds/google.xml")) == ["/@uk/p/brolly?variant=brolly-S"]

    # Kept for the hour: asked again, nothing is read; then what left the window is gone from it.
    with counting_statements() as count:
        again = await web.get("/feeds/google.xml")
    assert count.statements == 0
    tag = again.headers["etag"]
    assert (
        await web.client.get("/feeds/google.xml", headers={"If-None-Match": tag})
    ).status_code == 304
    async with db.transaction() as tx:
        await catalog.delete_product(tx, await catalog.product_id_by_slug(tx, "tee-2"))
    await eu.settle()
    clock.advance(seconds=3600)
    assert len(await articles(web, "/feeds/google.xml")) == 4
    assert "/p/tee-2" not in await places(web, "/sitemap-products.xml?part=1")
    kept = sorted(file.name for file in (tmp_path / "published").glob("feed-*"))
    assert len(kept) == 2, "those of hours before are dropped"


async def test_a_product_of_many_variants_is_told_whole(db: Database, web: Process) -> None:
    eu = await open_shop(db, "eu")
    await add_big(eu, variants=260)
    await eu.settle()
    assert len(await articles(web, "/feeds/google.xml")) == 260
