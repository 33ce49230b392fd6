"""The shop's pages in two processes on one database: kept, given before routing, never stale."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

from tests.web.test_storefront_catalog import Process, processes, shop, web
from tests.workflows.window_shop import Shop

from argosy.kernel.ids import encode, new_id
from argosy.modules import channels
from argosy.modules.channels import UpdateChannel
from argosy.runtime import metrics
from argosy.runtime.db import counting_statements

__all__ = ["processes", "shop", "web"]

PAGES = ("/", "/c/tops", "/p/tee", "/p/tee?variant=tee-S", "/c/tops?sort=price")


async def text(process: Process, path: str, **headers: str) -> str:
    return (await process.get(path, Accept="text/html", **headers)).text


def counted(route: str, status: int = 200) -> float:
    labels = {"route": route, "method": "GET", "status": str(status)}
    metrics.render()
    value = metrics.REGISTRY.get_sample_value("argosy_http_request_seconds_count", labels)
    return value or 0.0


async def test_many_first_visitors_at_once_are_all_answered(shop: Shop, web: Process) -> None:
    """More than there are connections, of a process that keeps nothing: as after a restart of the
    database on a busy day. Who holds a connection must not wait for what takes another.
    """
    await shop.add("tee", categories=("tops",))
    await shop.settle()
    pages = [f"/p/tee?variant=unknown-{n}" for n in range(20)] + [*PAGES] * 2
    web.app.cache.forget_everything()
    await asyncio.gather(*(web.get(path, Accept="text/html") for path in pages))


async def test_a_kept_page_costs_no_statement_and_is_the_page(shop: Shop, web: Process) -> None:
    tee = await shop.add("tee", categories=("tops",))
    await shop.settle()
    first = {path: await web.get(path, Accept="text/html") for path in PAGES}
    assert counted("/p/{slug}") >= 1
    before = counted("/p/{slug}")
    with counting_statements() as count:
        again = {path: await web.get(path, Accept="text/html") for path in PAGES}
    assert (count.statements, count.round_trips) == (0, 0)
    assert counted("/p/{slug}") == before + 2
    own = {"x-request-id", "ratelimit"}
    for path in PAGES:
        told, kept = first[path], again[path]
        assert kept.text == told.text
        assert kept.headers["content-encoding"] == "gzip"
        assert {n: v for n, v in told.headers.items() if n not in own} == {
            n: v for n, v in kept.headers.items() if n not in own
        }
        assert len(kept.headers.get_list("content-security-policy")) == 1
        plain = await web.get(path, Accept_Encoding="identity")
        assert "content-encoding" not in plain.headers
        assert plain.text == told.text
        tag = kept.headers["etag"]
        assert (await web.get(path, status=304, If_None_Match=tag)).content == b""
        head = await web.client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == kept.headers["content-length"]
    # What it shows by visitor is put in as well there; a part of it for htmx is another answer.
    cart = encode("cart", new_id())
    cookie = f"argosy_cart_eu={cart}; argosy_pieces_eu=41; argosy_theme=dark"
    with counting_statements() as count:
        mine = await text(web, "/p/tee", Cookie=cookie)
    assert count.statements == 0
    assert 'class="pieces">41<' in mine
    assert mine.replace(">41<", "><", 1) == first["/p/tee"].text
    part = await text(web, "/p/tee", HX_Request="true")
    assert "<html" not in part
    assert encode("variant", tee["S"]) in part
    for host in ("evil host", "a/b"):
        await web.get("/p/tee", status=400, Host=host)


async def soon(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds. The notice takes milliseconds; rendering beside other tests, longer."""
    async with asyncio.timeout(10):
        while not await true():  # noqa: ASYNC110 - another process brings it about
            await asyncio.sleep(0.01)


async def test_a_change_is_on_the_pages_of_every_process_at_once(
    shop: Shop, processes: list[Process]
) -> None:
    tee = await shop.add("tee", sizes=("S",), minor=1000, categories=("tops",))
    await shop.settle()
    shown = ("/c/tops", "/p/tee?variant=tee-S")
    for process in processes:
        for path in shown:
            assert "€10.00" in await text(process, path)
            assert "€10.00" in await text(process, path)

    async def all_show(wanted: str) -> bool:
        return all([wanted in await text(p, path) for p in processes for path in shown])

    await shop.price(tee["S"], minor=750)
    await shop.settle()
    await soon(lambda: all_show("€7.50"))
    assert not await all_show("€10.00")
    await shop.stock(tee["S"], units=-10)
    await shop.settle()
    await soon(lambda: all_show("Sold out"))
    async with shop.db.transaction() as tx:
        await channels.update_channel(tx, shop.channel, UpdateChannel(name="Everything else"))
    await soon(lambda: all_show("Everything else"))


async def test_who_is_signed_in_and_what_is_unusual_is_not_given_the_kept_page_at_the_edge(
    shop: Shop, web: Process
) -> None:
    await shop.add("tee", categories=("tops",))
    await shop.settle()
    for _ in range(2):
        await text(web, "/p/tee")
    page = await web.get("/p/tee", Cookie="argosy_session=ses_nobody; a=b")
    assert page.status_code == 200
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    traced = await web.get("/p/tee", traceparent=trace)
    assert traced.headers["traceresponse"].split("-")[1] == trace.split("-")[1]
    assert (await web.client.post("/p/tee")).status_code == 405


async def test_made_up_queries_neither_fill_the_memory_nor_change_the_page(
    shop: Shop, web: Process
) -> None:
    await shop.add("tee", categories=("tops",))
    await shop.settle()
    clean = await text(web, "/p/tee")
    entries = len(web.app.cache)
    for n in range(20):
        assert await text(web, f"/p/tee?utm_source={n}") == clean
    assert len(web.app.cache) == entries
    assert re.search(r'rel="canonical" href="[^"?]+/p/tee"', clean)
    await web.get("/p/tee?utm_source=1")
    with counting_statements() as count:
        assert await text(web, "/p/tee") == clean
    assert count.statements == 0
