"""What shoppers search for is counted off the request path, and told to merchandisers."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.web.test_merchandising import Desk, desk

from argosy.drill.clock import MovableClock
from argosy.modules import search
from argosy.runtime import metrics
from argosy.runtime.db import counting_statements
from argosy.workflows import search_log

__all__ = ["desk"]

QUERIES = "/admin/v1/search/queries"


def told(outcome: str) -> float:
    return metrics.REGISTRY.get_sample_value("argosy_searches_total", {"outcome": outcome}) or 0.0


async def test_searches_are_counted_by_day_without_what_tells_of_somebody(
    desk: Desk, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_log, "FLUSH_AFTER_S", 3600.0)
    web = desk.web
    before = told("found"), told("nothing")
    for query, times in (("tee", 3), ("Teee", 1), ("tea", 0), ("TEE", 1), ("sombrero", 2),
                         ("ann@example.com", 1), ("030%20123456", 1)):  # fmt: skip
        for _ in range(times):
            await web.get(f"/v1/search?q={query}&limit=1")
    page = await web.json("/v1/search?q=tee&limit=1")
    with counting_statements() as cost:
        await web.get(f"/v1/search?q=tee&limit=1&cursor={page['next_cursor']}")
        for rank in (1, 3):
            click = {"q": "Tee", "product_id": desk.goods["tee-a"], "rank": rank}
            assert (await web.client.post("/v1/search/clicks", json=click)).status_code == 204
    assert cost.statements == 1, "counting costs a search nothing"
    assert not await desk.shop.db.pool.fetchval("select count(*) from search.query_day")
    await search_log.flush(web.app)
    await search_log.flush(web.app)
    assert (told("found") - before[0], told("nothing") - before[1]) == (6, 4)

    of = f"channel_id={desk.channel}"
    answer = await desk.send("GET", f"{QUERIES}?{of}")
    assert answer.status_code == 200, answer.text
    items = {item["words"]: item for item in answer.json()["items"]}
    assert list(items) == ["tee", "sombrero", "teee"]
    tee = items["tee"]
    assert (tee["searches"], tee["found_nothing"], tee["results"]) == (5, 0, 4.0)
    assert (tee["clicks"], tee["click_rank"]) == (2, 2.0)
    assert items["sombrero"]["click_rank"] is None

    # What found nothing, page by page, with words that look alike.
    clock.advance(days=1)
    await web.get("/v1/search?q=kap")
    await search_log.flush(web.app)
    first = (await desk.send("GET", f"{QUERIES}?{of}&nothing=true&limit=1")).json()
    assert [item["words"] for item in first["items"]] == ["sombrero"]
    rest = (
        await desk.send("GET", f"{QUERIES}?{of}&nothing=true&cursor={first['next_cursor']}")
    ).json()
    assert [(i["words"], i["alike"]) for i in rest["items"]] == [("kap", [])]
    days = (await desk.send("GET", f"/admin/v1/search/days?{of}")).json()["items"]
    assert [(d["searches"], d["found_nothing"], d["words_not_kept"]) for d in days] == [
        (10, 4, 2), (1, 1, 0)
    ]  # fmt: skip
    today = clock.now().date()
    only = (await desk.send("GET", f"{QUERIES}?{of}&from_day={today}&until_day={today}")).json()
    assert [item["words"] for item in only["items"]] == ["kap"]

    # Forgotten in time.
    clock.advance(days=search.QUERIES_KEPT.days)
    await search_log.forget_queries(web.app)
    assert await desk.shop.db.pool.fetchval("select array_agg(words) from search.query_day") == [
        "kap"
    ]


@pytest.mark.parametrize(
    "query",
    ["from_day=2026-02-02&until_day=2026-02-01", "from_day=2020-01-01", "until_day=0001-01-01",
     "cursor=xyz", "channel_id=chn_x"],
)  # fmt: skip
async def test_wrong_questions_are_refused(desk: Desk, query: str) -> None:
    answer = await desk.send("GET", f"{QUERIES}?channel_id={desk.channel}&{query}")
    assert answer.status_code == (200 if "0001" in query else 422), answer.text


async def test_the_counts_of_a_process_are_bounded_and_written_by_themselves(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_log, "MOST_WAITING", 2)
    monkeypatch.setattr(search_log, "FLUSH_AFTER_S", 0.0)
    for words in ("a", "b", "c", "d", "a"):
        search_log.note_search(desk.web.app, desk.shop.channel.id, words, 1)
    waiting = desk.web.app.part(search_log.Waiting)
    assert len(waiting.counts) == 3
    while waiting.writing is None:  # noqa: ASYNC110 - nothing tells of it but asking
        await asyncio.sleep(0)
    await waiting.writing
    today = desk.web.app.db.clock().date()
    async with desk.shop.db.reading() as tx:
        days = (today - timedelta(days=1), today)
        (day,) = await search.query_days(tx, desk.shop.channel.id, days)
    assert (day.searches, day.not_kept) == (5, 2)

    # A database that is away costs the counts, and no search.
    async def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("argosy.modules.search.count_queries", fail)
    search_log.note_search(desk.web.app, desk.shop.channel.id, "a", 1)
    waiting.writing = None
    while waiting.writing is None:  # noqa: ASYNC110 - nothing tells of it but asking
        await asyncio.sleep(0)
    await waiting.writing
