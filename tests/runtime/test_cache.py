"""The cache of a process: what it keeps, and that no process keeps what has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

import asyncpg
import pytest

from argosy.drill.clock import MovableClock
from argosy.runtime.cache import Cache, Fill
from argosy.runtime.db import Database

Load = Callable[[], Awaitable[Fill[str]]]


def loading(value: str, *topics: str, calls: list[str] | None = None, **more: object) -> Load:
    async def load() -> Fill[str]:
        if calls is not None:
            calls.append(value)
        return Fill(value, topics=topics or ("rules:a",), **more)  # type: ignore[arg-type]

    return load


class Gate:
    """A load that stands still until it is let go."""

    def __init__(self, value: str, *topics: str) -> None:
        self.value, self.topics = value, topics or ("rules:a",)
        self.started, self.go = asyncio.Event(), asyncio.Event()
        self.runs = 0

    async def load(self) -> Fill[str]:
        self.runs += 1
        value = self.value
        self.started.set()
        await self.go.wait()
        return Fill(value, topics=self.topics)


@pytest.fixture
async def cache(database_url: str, clock: MovableClock) -> AsyncIterator[Cache]:
    cache = Cache(clock=clock)
    await cache.start(database_url)
    assert cache.is_listening
    yield cache
    await cache.close()


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Cache]:
    cache = Cache()
    await cache.start(database_url)
    yield cache
    await cache.close()


async def within(seconds: float, condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for is set by nobody here
            await asyncio.sleep(0.005)


async def within_a_second(condition: Callable[[], bool]) -> None:
    await within(1, condition)


async def test_loads_once(cache: Cache) -> None:
    calls: list[str] = []
    for _ in range(3):
        assert await cache.get("k", loading("v", calls=calls)) == "v"
    assert calls == ["v"]


async def test_a_commit_in_one_process_is_seen_by_all_within_a_second(
    cache: Cache, other: Cache, db: Database
) -> None:
    for process in (cache, other):
        await process.get("k", loading("old", "rules:a"))
        await process.get("kept", loading("kept", "rules:b"))
    async with db.transaction() as tx:
        tx.notify("rules", "a")
        assert cache.peek("k") == "old"
    for process in (cache, other):
        await within_a_second(lambda p=process: p.peek("k") is None)  # type: ignore[misc]
        assert process.peek("kept") == "kept"
        assert await process.get("k", loading("new")) == "new"


async def test_nothing_is_dropped_by_what_is_rolled_back(cache: Cache, db: Database) -> None:
    async def fail() -> None:
        async with db.transaction() as tx:
            tx.notify("rules", "a")
            raise ZeroDivisionError

    await cache.get("k", loading("v"))
    with pytest.raises(ZeroDivisionError):
        await fail()
    async with db.transaction() as tx:
        tx.notify("rules", "marker")
    await asyncio.sleep(0.1)
    assert cache.peek("k") == "v"


@pytest.mark.parametrize(
    ("topic", "payload", "dropped"),
    [
        ("rules", "a", {"a", "all"}),
        ("rules", "b", {"b", "all"}),
        ("rules", "c", {"all"}),
        ("rules", "*", {"a", "b", "all"}),
        ("keys", "a", {"keys"}),
    ],
)
async def test_what_a_notice_drops(
    cache: Cache, topic: str, payload: str, dropped: set[str]
) -> None:
    made = {"a": "rules:a", "b": "rules:b", "all": "rules", "keys": "keys:a", "not": "catalog:a"}
    for key, own in made.items():
        await cache.get(key, loading(key, own))
    cache.forget(topic, payload)
    assert {key for key in made if cache.peek(key) is None} == dropped


async def test_a_topic_nobody_reports_is_refused(cache: Cache) -> None:
    with pytest.raises(AssertionError):
        await cache.get("k", loading("v", "weather"))


async def test_many_who_ask_at_once_cost_one_load(cache: Cache) -> None:
    gate = Gate("v")
    asking = [asyncio.create_task(cache.get("k", gate.load)) for _ in range(50)]
    await gate.started.wait()
    gate.go.set()
    assert await asyncio.gather(*asking) == ["v"] * 50
    assert gate.runs == 1


async def test_one_who_hangs_up_does_not_fail_the_others(cache: Cache) -> None:
    gate = Gate("v")
    first = asyncio.create_task(cache.get("k", gate.load))
    await gate.started.wait()
    second = asyncio.create_task(cache.get("k", gate.load))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    gate.go.set()
    assert await second == "v"
    assert gate.runs == 1


async def test_an_error_reaches_all_who_wait_and_is_not_kept(cache: Cache) -> None:
    async def fail() -> Fill[str]:
        await asyncio.sleep(0)
        raise LookupError("gone")

    failed = await asyncio.gather(
        cache.get("k", fail), cache.get("k", fail), return_exceptions=True
    )
    assert [type(e) for e in failed] == [LookupError, LookupError]
    assert await cache.get("k", loading("v")) == "v"


async def test_a_value_overtaken_while_it_was_loaded_is_not_kept(cache: Cache) -> None:
    gate = Gate("old")
    early = asyncio.create_task(cache.get("k", gate.load))
    await gate.started.wait()
    cache.forget("rules", "a")
    gate.value = "new"
    late = asyncio.create_task(cache.get("k", gate.load))
    await asyncio.sleep(0)
    gate.go.set()
    assert await early == "old"
    assert await late == "new"
    assert cache.peek("k") == "new"


async def test_an_unrelated_notice_does_not_spoil_a_load(cache: Cache) -> None:
    gate = Gate("v")
    asking = asyncio.create_task(cache.get("k", gate.load))
    await gate.started.wait()
    cache.forget("rules", "other")
    gate.go.set()
    assert await asking == "v"
    assert cache.peek("k") == "v"


async def test_C8_an_entry_ends_at_its_boundary(cache: Cache, clock: MovableClock) -> None:
    boundary: datetime = clock.now() + timedelta(minutes=5)
    await cache.get("k", loading("v", expires_at=boundary))
    clock.advance(minutes=4)
    assert cache.peek("k") == "v"
    clock.advance(minutes=1)
    assert cache.peek("k") is None


async def test_memory_is_bounded_and_the_least_used_goes_first(
    database_url: str, clock: MovableClock
) -> None:
    cache = Cache(max_bytes=100_000, clock=clock)
    await cache.start(database_url)
    for n in range(20):
        await cache.get(n, loading("v", size=10_000))
        await cache.get(0, loading("v", size=10_000))
    assert cache.kept_bytes <= 100_000
    assert cache.peek(0) == "v"
    assert [n for n in range(20) if cache.peek(n)] == [0, *range(12, 20)]
    await cache.get("huge", loading("v", size=90_000))
    assert cache.peek("huge") is None
    await cache.close()
    assert (len(cache), cache.kept_bytes) == (0, 0)


async def test_a_link_lasts_as_long_as_both_its_entries(cache: Cache, clock: MovableClock) -> None:
    async def linked(**ends: datetime) -> None:
        await cache.get("answer", loading("v", "catalog:a", expires_at=ends.get("answer")))
        await cache.get("channel", loading("c", "keys:k", expires_at=ends.get("channel")))
        cache.link("name", "answer", other="channel")

    for topic, payload in (("catalog", "a"), ("keys", "k"), ("keys", "*")):
        await linked()
        assert cache.found("name") == "v"
        cache.forget(topic, payload)
        assert cache.found("name") is None
    await linked()
    cache.forget_everything()
    assert cache.found("name") is None
    for ending in ("answer", "channel"):
        await linked(**{ending: clock.now() + timedelta(minutes=1)})
        assert cache.found("name") == "v"
        clock.advance(minutes=1)
        assert cache.found("name") is None
        cache.forget_everything()
    cache.link("name", "answer", other="channel")
    assert cache.found("name") is None


async def test_what_is_found_by_its_link_is_not_the_first_to_go(
    database_url: str, clock: MovableClock
) -> None:
    cache = Cache(max_bytes=100_000, clock=clock)
    await cache.start(database_url)
    await cache.get("answer", loading("v", size=10_000))
    await cache.get("channel", loading("c", size=10))
    cache.link("name", "answer", other="channel")
    for n in range(20):
        await cache.get(n, loading("x", size=10_000))
        assert cache.found("name") == "v"
    assert cache.kept_bytes <= 100_000
    await cache.close()


async def test_nothing_is_kept_without_a_listening_connection() -> None:
    cache = Cache()
    await cache.start("postgresql://nobody@127.0.0.1:1/nowhere")
    calls: list[str] = []
    for _ in range(2):
        assert await cache.get("k", loading("v", calls=calls)) == "v"
    assert calls == ["v", "v"]
    await cache.close()


async def test_everything_is_dropped_when_the_connection_is_lost_and_it_listens_again(
    cache: Cache, db: Database
) -> None:
    heard: list[tuple[str, str]] = []
    cache.on_notice("keys", lambda topic, payload: heard.append((topic, payload)))
    await cache.get("k", loading("v"))

    await db.pool.execute(
        """select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'argosy notices' and datname = current_database()"""
    )

    await within_a_second(lambda: cache.peek("k") is None)
    assert ("keys", "*") in heard
    await within(5, lambda: cache.is_listening)
    await cache.get("k", loading("again"))
    async with db.transaction() as tx:
        tx.notify("rules", "a")
    await within_a_second(lambda: cache.peek("k") is None)


@pytest.mark.parametrize(
    "says",
    [
        asyncpg.InternalClientError("cannot switch to state 15"),
        # Nobody cancelled the listener: the driver cancels what waits on a lost connection.
        asyncio.CancelledError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_it_listens_again_whatever_the_driver_says_of_a_torn_connection(
    cache: Cache, database_url: str, monkeypatch: pytest.MonkeyPatch, says: BaseException
) -> None:
    listen = Cache._listen
    torn: list[str] = []

    async def tears_once(self: Cache, url: str) -> None:
        if not torn:
            torn.append(url)
            raise says
        await listen(self, url)

    monkeypatch.setattr(Cache, "_listen", tears_once)
    async with asyncio.timeout(5):
        await cache.close()
        await cache.start(database_url)
        await within_a_second(lambda: cache.is_listening)
    assert torn == [database_url]


async def test_others_are_called_back(cache: Cache, db: Database) -> None:
    heard: list[tuple[str, str]] = []

    async def slowly(topic: str, payload: str) -> None:
        await asyncio.sleep(0)
        heard.append((topic, payload))

    cache.on_notice("keys", slowly)
    async with db.transaction() as tx:
        tx.notify("keys", "k1")
        tx.notify("rules", "k2")
    await within_a_second(lambda: bool(heard))
    assert heard == [("keys", "k1")]
