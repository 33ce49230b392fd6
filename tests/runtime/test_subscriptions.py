"""Delivery of events to subscriptions, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from tests.runtime.test_db import OrderTouched, sql

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import new_id
from argosy.runtime import feed, subscriptions
from argosy.runtime.db import Database, DatabaseUnavailable, Tx
from argosy.runtime.subscriptions import (
    MAX_TRIES,
    Delivered,
    Subscription,
    deliver,
    lags,
    list_parked,
    pass_by,
    register,
    replay,
    retry_parked,
)

TYPES = frozenset({OrderTouched.TYPE})
NOTE = sql("insert into public.seen values ($1)", "exec")
END = sql("select pg_terminate_backend(pg_backend_pid())", "exec")


class Recorder:
    """A reaction whose effect is a row, and that fails on the numbers in `poison`."""

    def __init__(self, *poison: int) -> None:
        self.poison = set(poison)

    async def handle(self, tx: Tx, events: Sequence[Delivered]) -> None:
        for event in events:
            await tx.run(NOTE, event.data["n"])
            if event.data["n"] in self.poison:
                raise ValueError("poison")

    def subscription(self, name: str = "test") -> Subscription:
        return Subscription(name, TYPES, self.handle)


async def delivered(db: Database, subscription: Subscription, *, batch: int = 500) -> int:
    """Deliver until there is something: transactions in any database of the server, those of tests
    running beside this one included, hold the horizon back for as long as they are open.
    """
    for _ in range(1000):
        if count := await deliver(db, subscription, batch=batch):
            return count
        async with db.reading() as tx:
            if not (await lags(tx))[subscription.name]:
                return 0
        await asyncio.sleep(0.02)
    raise AssertionError("the horizon stays behind")


async def drained(db: Database, subscription: Subscription, *, batch: int = 500) -> int:
    """Deliver until nothing waits; how many events."""
    total = 0
    while count := await delivered(db, subscription, batch=batch):
        total += count
    return total


async def touch(db: Database, *numbers: int) -> None:
    async with db.transaction() as tx:
        for n in numbers:
            tx.emit(OrderTouched(order_id=new_id(), n=n))


async def prepared(db: Database, recorder: Recorder) -> Subscription:
    async with db.transaction() as tx:
        await tx.run(sql("create table if not exists public.seen (n int)", "exec"))
    await register(db, [recorder.subscription()])
    return recorder.subscription()


async def seen(db: Database) -> list[int]:
    async with db.reading() as tx:
        return [r["n"] for r in await tx.many(sql("select n from public.seen order by n"))]


async def test_each_event_takes_effect_once_and_in_order(db: Database) -> None:
    subscription = await prepared(db, Recorder())
    await touch(db, 1, 2)
    await touch(db, 3)
    assert await drained(db, subscription) == 3
    assert await deliver(db, subscription) == 0
    await touch(db, 4)
    assert await drained(db, subscription) == 1
    assert await seen(db) == [1, 2, 3, 4]


async def test_P3_an_event_that_commits_late_is_not_skipped(db: Database) -> None:
    subscription = await prepared(db, Recorder())
    started, finish = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with db.transaction() as tx:
            tx.emit(OrderTouched(order_id=new_id(), n=1))
            await tx.flush()  # the row is written, the commit comes late
            started.set()
            await finish.wait()

    task = asyncio.create_task(slow())
    await started.wait()
    await touch(db, 2)
    assert await deliver(db, subscription) == 0, "nothing may pass an open transaction"
    finish.set()
    await task
    await drained(db, subscription)
    assert await seen(db) == [1, 2]


async def test_order_is_by_number_when_transaction_ids_gain_a_digit(db: Database) -> None:
    subscription = await prepared(db, recorder := Recorder())
    await touch(db, 0, 1, 2, 3)
    async with db.transaction() as tx:
        for position, xid in enumerate(("98", "99", "100", "101")):
            await tx.run(
                sql(
                    "update runtime.outbox set xid = $2::text::xid8 where (data->>'n')::int = $1",
                    "exec",
                ),
                position,
                xid,
            )
    order: list[int] = []
    inner = recorder.handle

    async def handle(tx: Tx, events: Sequence[Delivered]) -> None:
        order.extend(event.data["n"] for event in events)
        await inner(tx, events)

    spy = Subscription(subscription.name, TYPES, handle)
    await drained(db, spy, batch=1)
    assert order == [0, 1, 2, 3]


async def test_P4_a_dump_that_is_restored_elsewhere_loses_no_event(db: Database) -> None:
    subscription = await prepared(db, Recorder())
    await touch(db, 1, 2)
    await drained(db, subscription)
    await touch(db, 3)
    # As a dump of a server with many more transactions brings it along.
    for table in ("outbox", "subscription"):
        await db.pool.execute(
            f"update runtime.{table} set xid = (xid::text::bigint + 1000000000)::text::xid8"
        )
    await touch(db, 4)
    assert await deliver(db, subscription) == 0, "so it was: never told of"
    async with db.reading() as tx:
        with pytest.raises(feed.PositionLost):
            await feed.read_feed(tx, ("1000000100", 1), types=None, limit=5, source="shop")
    await asyncio.gather(*(register(db, [subscription]) for _ in range(3)))
    await touch(db, 5)
    await drained(db, subscription)
    told = await seen(db)
    assert set(told) == {1, 2, 3, 4, 5}
    assert [told.count(n) for n in (3, 4, 5)] == [1, 1, 1]
    await register(db, [subscription])
    assert await deliver(db, subscription) == 0
    async with db.reading() as tx:
        read = await feed.read_feed(tx, feed.START, types=None, limit=9, source="shop")
    assert [event.data["n"] for event in read.events] == [1, 2, 3, 4, 5]


async def test_P18_a_poison_event_stops_only_itself_and_leaves_no_half_effect(db: Database) -> None:
    subscription = await prepared(db, Recorder(2))
    await touch(db, 1, 2, 3)
    await drained(db, subscription)
    assert await seen(db) == [1, 3]
    async with db.reading() as tx:
        parked = await list_parked(tx)
    assert [p["tries"] for p in parked] == [1]
    assert "poison" in parked[0]["error"]


async def test_events_are_not_called_poison_when_the_connection_is_lost(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor parked one by one on a connection that cannot park: on call would read of each."""
    lost, parked = 0, 0
    recorder, park = Recorder(), subscriptions._park

    async def count(*given: Any, **more: Any) -> None:
        nonlocal parked
        parked += 1
        await park(*given, **more)

    async def handle(tx: Tx, events: Sequence[Delivered]) -> None:
        nonlocal lost
        if not lost:
            lost += 1
            await tx.run(END)
        await recorder.handle(tx, events)

    monkeypatch.setattr(subscriptions, "_park", count)
    await prepared(db, recorder)
    subscription = Subscription("test", TYPES, handle)
    await touch(db, 1, 2, 3)
    with pytest.raises(DatabaseUnavailable):
        await drained(db, subscription)
    await drained(db, subscription)
    assert (lost, parked, await seen(db)) == (1, 0, [1, 2, 3])


async def test_P18_a_parked_event_is_tried_with_growing_pauses_then_waits_for_a_person(
    db: Database, clock: MovableClock
) -> None:
    recorder = Recorder(1)
    subscription = await prepared(db, recorder)
    await touch(db, 1)
    await drained(db, subscription)
    assert await retry_parked(db, subscription) == 0, "not due yet"
    for _ in range(MAX_TRIES):
        clock.advance(hours=2)
        await retry_parked(db, subscription)
    clock.advance(days=9)
    assert await retry_parked(db, subscription) == 0, "given up"

    recorder.poison.clear()
    async with db.transaction() as tx:
        event_id = (await list_parked(tx))[0]["event_id"]
        assert await replay(tx, "test", event_id)
    assert await retry_parked(db, subscription) == 1
    assert await seen(db) == [1]
    async with db.reading() as tx:
        assert await list_parked(tx) == []


async def test_two_workers_do_not_handle_an_event_twice(db: Database) -> None:
    subscription = await prepared(db, Recorder())
    for n in range(40):
        await touch(db, n)
    await asyncio.gather(*[drained(db, subscription, batch=3) for _ in range(6)])
    assert await seen(db) == list(range(40))


async def test_lag_is_the_age_of_the_oldest_unread_event(db: Database, clock: MovableClock) -> None:
    subscription = await prepared(db, Recorder())
    async with db.reading() as tx:
        assert await lags(tx) == {"test": 0.0}
    await touch(db, 1)
    clock.advance(seconds=60)
    async with db.reading() as tx:
        assert 60 <= (await lags(tx))["test"] < 90
    await drained(db, subscription)
    async with db.reading() as tx:
        assert await lags(tx) == {"test": 0.0}


async def passed(db: Database, *subscriptions: Subscription, batch: int = 500) -> set[str]:
    """Who has work once all events can be seen."""
    names: set[str] = set()
    for _ in range(1000):
        called, more = await pass_by(db, subscriptions, batch=batch)
        names |= called
        async with db.reading() as tx:
            waiting = await lags(tx)
        if not more and not any(waiting[s.name] for s in subscriptions if s.name not in names):
            return names
        await asyncio.sleep(0.02)
    raise AssertionError("the horizon stays behind")


async def test_events_that_concern_nobody_pass_by_and_the_concerned_are_called(
    db: Database,
) -> None:
    concerned = await prepared(db, Recorder())
    deaf = Subscription("deaf", frozenset({"argosy.test.other.v1"}), Recorder().handle)
    await register(db, [deaf])
    await touch(db, *range(7))
    assert await passed(db, deaf, batch=3) == set()
    assert await deliver(db, deaf) == 0, "the cursor is behind them"
    assert await passed(db, concerned, deaf) == {"test"}
    assert await seen(db) == [], "a call moves no cursor"
    assert await drained(db, concerned) == 7
    assert await passed(db, concerned, deaf) == set()
    assert await seen(db) == list(range(7))


async def test_who_is_too_far_ahead_to_be_judged_is_called(db: Database) -> None:
    slow = await prepared(db, Recorder())
    fast = Subscription("fast", TYPES, Recorder().handle)
    await register(db, [fast])
    await touch(db, *range(5))
    await drained(db, fast)
    await touch(db, 5)
    names, more = await pass_by(db, [slow, fast], batch=3)
    assert names == {"test", "fast"}
    assert more
    assert await drained(db, fast) == 1


async def test_due_parked_events_call_their_subscription(db: Database, clock: MovableClock) -> None:
    subscription = await prepared(db, Recorder(1))
    await touch(db, 1)
    await drained(db, subscription)
    assert await passed(db, subscription) == set()
    clock.advance(hours=1)
    assert await passed(db, subscription) == {"test"}
