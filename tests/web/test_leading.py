"""Former addresses, redirects of the staff and what is gone, as a browser meets them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.web.test_storefront_catalog import Process, start
from tests.workflows.window_shop import open_shop

from argosy.drill.clock import MovableClock
from argosy.modules import catalog, paths
from argosy.modules.catalog import ProductInput
from argosy.modules.paths import Ending, GivenRedirect, Scope, Thing
from argosy.runtime.db import Database
from argosy.workflows.addressing import end_thing

BROWSER = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
async def web(
    db: Database, database_url: str, clock: MovableClock, tmp_path: Path
) -> AsyncIterator[Process]:
    async with AsyncExitStack() as stack:
        yield await start(stack, database_url, clock, tmp_path, shop_channel="eu")


async def leads(web: Process, path: str) -> tuple[int, str]:
    answer = await web.client.get(path, headers=BROWSER)
    return answer.status_code, answer.headers.get("location", "")


async def test_E8_E9_an_old_address_leads_on_once_and_a_gone_one_says_so(
    db: Database, web: Process
) -> None:
    eu, uk = await open_shop(db, "eu"), await open_shop(db, "uk")
    ids = {
        slug: (await eu.add(slug, sizes=("S",), categories=("men",)))[""]
        for slug in ("tee", "cap", "sock", "belt")
    }
    await uk.add("brolly", sizes=("S",))
    async with db.transaction() as tx:
        for slug in ("shirt", "top"):
            await catalog.update_product(tx, ids["tee"], ProductInput(slug=slug))
        (men,) = await catalog.list_categories(tx)
        await catalog.update_category(tx, men.id, slug="herren")
        target = Thing(kind="product", id=ids["tee"])
        await end_thing(
            tx, Thing(kind="product", id=ids["sock"]), Ending(answer="gone", target=target)
        )
        await catalog.delete_product(tx, ids["sock"])
        await catalog.delete_product(tx, ids["cap"])
        await paths.save_redirects(
            tx,
            [
                GivenRedirect(path="/summer/sale", target="/categories/men"),
                GivenRedirect(path="/p/flyer", thing=target),
                GivenRedirect(path="/journal", target="https://journal.example/a"),
                GivenRedirect(
                    path="/only-uk", target="/cart", scope=Scope(channel_id=uk.channel.id)
                ),
                GivenRedirect(path="/flop", answer="gone"),
            ],
        )
        await catalog.unpublish_product(tx, ids["belt"], [eu.channel.id])
    await eu.settle()

    for former in ("tee", "shirt"):
        assert await leads(web, f"/p/{former}?variant=tee-S") == (301, "/p/top?variant=tee-S")
        assert await leads(web, f"/products/{former}") == (301, "/p/top")
    assert await leads(web, "/products/top") == (301, "/p/top")
    assert await leads(web, "/p/flyer") == (301, "/p/top")
    assert await leads(web, "/c/men") == (301, "/c/herren")
    assert await leads(web, "/categories/men") == (301, "/c/herren")
    assert await leads(web, "/summer/sale?utm=1") == (301, "/c/herren?utm=1")
    assert await leads(web, "/journal") == (301, "https://journal.example/a")
    assert await leads(web, "/only-uk") == (404, "")
    assert await leads(web, "/@uk/only-uk") == (301, "/@uk/cart")
    # Each shop leads to what it shows itself: the shirt is not sold there.
    assert await leads(web, "/@uk/p/tee") == (404, "")
    assert await leads(web, "/@uk/products/brolly") == (301, "/@uk/p/brolly")

    gone = await web.client.get("/p/sock", headers=BROWSER)
    assert gone.status_code == 410
    assert 'href="/p/top"' in gone.text
    assert "not sold any more" in gone.text
    assert (await leads(web, "/p/cap"), await leads(web, "/flop")) == ((410, ""), (410, ""))
    problem = await web.client.get("/p/cap")
    assert (problem.status_code, problem.json()["code"]) == (410, "paths.gone")
    for unknown in ("/p/belt", "/p/never", "/c/never/was", "/products/never", "/a/b/c", "/.env"):
        assert await leads(web, unknown) == (404, ""), unknown
    assert (await web.client.get("/wp-login.php")).json()["code"] == "request.route_unknown"
    assert (await web.client.get("/v1/nothing")).json()["code"] == "request.route_unknown"
