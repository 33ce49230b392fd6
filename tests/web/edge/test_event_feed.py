"""The event feed: in order, nothing skipped, as CloudEvents; parked events can be replayed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from tests.web.edge.making import code_of
from tests.web.identity.making import Shop

from argosy.kernel.events import Event, Job
from argosy.kernel.ids import encode, new_id
from argosy.kernel.money import Money
from argosy.runtime import feed
from argosy.runtime.subscriptions import Subscription, deliver, register


class ThingSold(Event, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "argosy.testing.thing_sold.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    variant_ids: tuple[UUID, ...] = ()
    operation_id: UUID = UUID(int=7)
    total: Money = Money(1999, "USD")
    note_id: str = "x"


class ThingLost(ThingSold, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "argosy.testing.thing_lost.v1"


async def _emit(shop: Shop, *events: Event, settle: bool = True) -> None:
    async with shop.app.db.transaction() as tx:
        for event in events:
            tx.emit(event)
    if settle:
        await _settled(shop)


@pytest.fixture
async def key(shop: Shop) -> str:
    return await shop.secret_key("events:read", "events:write")


async def _read(shop: Shop, key: str, **query: Any) -> dict[str, Any]:
    answer = await shop.client.get(
        "/admin/v1/events", params=query, headers={"authorization": f"Bearer {key}"}
    )
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def _settled(shop: Shop) -> None:
    """Wait until everything committed so far lies below the horizon.

    Transactions of other databases on the same server hold the horizon back too.
    """
    xid = await shop.app.db.pool.fetchval("select pg_current_xact_id()::text")
    below = "select pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8"
    async with asyncio.timeout(30):
        while not await shop.app.db.pool.fetchval(below, xid):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _sold(page: dict[str, Any]) -> list[str]:
    return [e["subject"] for e in page["items"] if e["type"] == ThingSold.TYPE]


async def test_P3_events_are_cloud_events_with_public_ids_and_a_sequence(shop: Shop, key: str):
    order, variant = new_id(), new_id()
    await _emit(shop, ThingSold(order_id=order, variant_ids=(variant,)), ThingSold(order_id=order))
    page = await _read(shop, key, types=ThingSold.TYPE)
    first, second = page["items"]
    assert first["specversion"] == "1.0"
    assert first["id"].startswith("evt_")
    assert first["subject"] == encode("order", order)
    assert (first["sequence"], second["sequence"]) == ("1", "2")
    assert first["data"] == {
        "order_id": encode("order", order),
        "variant_ids": [encode("variant", variant)],
        "operation_id": encode("payment_operation", UUID(int=7)),
        "total": {"minor": 1999, "currency": "USD"},
        "note_id": "x",
    }
    assert first["id"] != second["id"]


async def test_the_feed_is_read_to_its_end_and_on(shop: Shop, key: str):
    orders = [new_id() for _ in range(5)]
    for order in orders:
        await _emit(shop, ThingSold(order_id=order))
    seen: list[str] = []
    page = await _read(shop, key, limit=2, types=ThingSold.TYPE)
    while page["items"]:
        seen += _sold(page)
        page = await _read(shop, key, limit=2, types=ThingSold.TYPE, cursor=page["next_cursor"])
    assert seen == [encode("order", order) for order in orders]

    late = new_id()
    await _emit(shop, ThingSold(order_id=late))
    page = await _read(shop, key, types=ThingSold.TYPE, cursor=page["next_cursor"])
    assert _sold(page) == [encode("order", late)]


async def test_order_is_by_number_when_transaction_ids_gain_a_digit(shop: Shop, key: str):
    orders = [new_id() for _ in range(4)]
    for order, xid in zip(orders, ("98", "99", "100", "101"), strict=True):
        await _emit(shop, ThingSold(order_id=order))
        await shop.app.db.pool.execute(
            "update runtime.outbox set xid = $2::text::xid8 where subject = $1",
            encode("order", order),
            xid,
        )
    seen: list[str] = []
    page = await _read(shop, key, limit=1, types=ThingSold.TYPE)
    while page["items"]:
        seen += _sold(page)
        page = await _read(shop, key, limit=1, types=ThingSold.TYPE, cursor=page["next_cursor"])
    assert seen == [encode("order", order) for order in orders]


async def test_a_transaction_that_commits_late_is_never_skipped(shop: Shop, key: str):
    slow, quick = new_id(), new_id()
    page = await _read(shop, key, types=ThingSold.TYPE, start="newest")
    cursor, go = page["next_cursor"], asyncio.Event()

    async def slowly() -> None:
        async with shop.app.db.transaction() as tx:
            tx.emit(ThingSold(order_id=slow))
            await tx.flush()
            await go.wait()

    running = asyncio.create_task(slowly())
    await asyncio.sleep(0.1)
    await _emit(shop, ThingSold(order_id=quick), settle=False)
    seen = []
    page = await _read(shop, key, types=ThingSold.TYPE, cursor=cursor)
    seen += _sold(page)
    go.set()
    await running
    await _settled(shop)
    page = await _read(shop, key, types=ThingSold.TYPE, cursor=page["next_cursor"])
    seen += _sold(page)
    assert sorted(seen) == sorted(encode("order", order) for order in (slow, quick))


async def test_types_filter_and_bind_the_cursor(shop: Shop, key: str):
    await _emit(shop, ThingSold(order_id=new_id()), ThingLost(order_id=new_id()))
    page = await _read(shop, key, types=ThingLost.TYPE)
    assert {e["type"] for e in page["items"]} == {ThingLost.TYPE}
    answer = await shop.client.get(
        "/admin/v1/events",
        params={"cursor": page["next_cursor"], "types": ThingSold.TYPE},
        headers={"authorization": f"Bearer {key}"},
    )
    assert code_of(answer) == "paging.cursor_invalid"


async def test_newest_skips_what_was_and_misses_nothing_after(shop: Shop, key: str):
    await _emit(shop, ThingSold(order_id=new_id()))
    start = await _read(shop, key, types=ThingSold.TYPE, start="newest")
    assert start["items"] == []
    after = new_id()
    await _emit(shop, ThingSold(order_id=after))
    page = await _read(shop, key, types=ThingSold.TYPE, cursor=start["next_cursor"])
    assert _sold(page) == [encode("order", after)]


async def test_a_parked_event_is_listed_and_replayed_by_who_may(shop: Shop, key: str):
    broken = True

    async def handle(tx: Any, events: Any) -> None:
        if broken:
            raise ValueError("ada@example.com")

    subscription = Subscription("testing", frozenset({ThingSold.TYPE}), handle)
    await register(shop.app.db, [subscription])
    await _emit(shop, ThingSold(order_id=new_id()))
    while await deliver(shop.app.db, subscription):
        pass
    headers = {"authorization": f"Bearer {key}"}
    listed = await shop.client.get("/admin/v1/events/parked", headers=headers)
    (parked,) = listed.json()["items"]
    assert (parked["subscription"], parked["type"], parked["error"]) == (
        "testing",
        ThingSold.TYPE,
        "ValueError",
    )
    path = f"/admin/v1/events/parked/testing/{parked['event_id']}/replay"
    reader = await shop.secret_key("events:read")
    refused = await shop.client.post(path, headers={"authorization": f"Bearer {reader}"})
    assert refused.status_code == 403
    assert (await shop.client.post(path, headers=headers)).status_code == 204
    other = f"/admin/v1/events/parked/testing/{encode('event', new_id())}/replay"
    answer = await shop.client.post(other, headers=headers)
    assert (answer.status_code, code_of(answer)) == (404, "events.parked_unknown")
    audited = await shop.app.db.pool.fetchval(
        "select count(*) from staff.audit where action = 'event.replayed'"
    )
    assert audited == 1


class Chore(Job, frozen=True, kw_only=True):
    NAME: ClassVar[str] = "testing_chore"


async def test_jobs_wait_from_the_moment_they_are_due(shop: Shop):
    async with shop.app.db.transaction() as tx:
        before = await feed.jobs_waiting(tx)
        tx.enqueue(Chore())
        tx.enqueue(Chore(), after=timedelta(hours=1))
    await asyncio.sleep(0.01)
    async with shop.app.db.reading() as tx:
        assert await feed.jobs_waiting(tx) == before + 1
