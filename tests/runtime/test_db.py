"""Database and Tx against a real PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import asyncpg
import pytest

from argosy.drill.clock import MovableClock
from argosy.kernel.events import Event, Job
from argosy.kernel.ids import encode, new_id
from argosy.runtime import idempotency
from argosy.runtime.db import Database, DatabaseUnavailable, ValueRefused, counting_statements
from argosy.runtime.statements import Statement, parse_statements


class OrderTouched(Event, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "argosy.orders.order_touched.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"
    order_id: UUID
    n: int


class Poke(Job, frozen=True, kw_only=True):
    NAME: ClassVar[str] = "poke"
    n: int


def sql(text: str, kind: str = "many") -> Statement:
    return Statement("test", kind, text, "test")  # type: ignore[arg-type]


async def test_events_of_one_subject_are_numbered_without_gaps_across_transactions(
    db: Database,
) -> None:
    a, b = new_id(), new_id()
    for step in (1, 2):
        async with db.transaction() as tx:
            for order in (a, b, a):
                tx.emit(OrderTouched(order_id=order, n=step))
    async with db.reading() as tx:
        rows = await tx.many(sql("select subject, seq, data from runtime.outbox order by id"))
    assert [r["seq"] for r in rows if r["subject"] == encode("order", a)] == [1, 2, 3, 4]
    assert [r["seq"] for r in rows if r["subject"] == encode("order", b)] == [1, 2]
    assert rows[0]["data"] == {"order_id": str(a), "n": 1}


async def test_P4_a_rolled_back_transaction_leaves_no_event_no_job_and_no_answer(
    db: Database,
) -> None:
    key = idempotency.key_for("t", "k", b"body")
    with pytest.raises(RuntimeError):
        async with db.transaction() as tx:
            assert await idempotency.claim(tx, key) is None
            tx.emit(OrderTouched(order_id=new_id(), n=1))
            tx.enqueue(Poke(n=1))
            tx.remember(key.answered(200, b"x"))
            raise RuntimeError("stop")
    async with db.reading() as tx:
        for table in ("runtime.outbox", "runtime.idempotency", "jobs.pgqueuer"):
            assert (await tx.one(sql(f"select count(*) as n from {table}")))["n"] == 0


async def test_events_answer_and_transaction_cost_one_statement_at_commit(db: Database) -> None:
    key = idempotency.key_for("t", "k", b"body")
    with counting_statements() as count:
        async with db.transaction() as tx:
            await idempotency.claim(tx, key)
            tx.emit(OrderTouched(order_id=new_id(), n=1))
            tx.emit(OrderTouched(order_id=new_id(), n=2))
            tx.remember(key.answered(201, b'{"a":1}', {"etag": "1"}))
    assert count.names == ["claim", "write_events_and_answer"]
    assert count.round_trips == 4
    async with db.transaction() as tx:
        replay = await idempotency.claim(tx, key)
    assert replay is not None
    assert (replay.status, replay.body, replay.headers) == (201, b'{"a":1}', {"etag": "1"})


async def test_G2_same_key_other_body_is_refused(db: Database) -> None:
    async with db.transaction() as tx:
        await idempotency.claim(tx, idempotency.key_for("t", "k", b"one"))
    with pytest.raises(idempotency.KeyReused):
        async with db.transaction() as tx:
            await idempotency.claim(tx, idempotency.key_for("t", "k", b"two"))


async def test_G2_fifty_at_once_have_one_effect_and_equal_answers(db: Database) -> None:
    key = idempotency.key_for("t", "k", b"body")
    effects = 0

    async def command() -> bytes:
        nonlocal effects
        async with db.transaction() as tx:
            stored = await idempotency.claim(tx, key)
            if stored:
                return stored.body
            effects += 1
            answer = key.answered(200, b"answer %d" % effects)
            tx.remember(answer)
        return answer.body

    answers = await asyncio.gather(*[command() for _ in range(50)])
    assert effects == 1
    assert set(answers) == {b"answer 1"}


async def test_a_lease_keeps_a_second_request_out_until_it_ends(
    db: Database, clock: MovableClock
) -> None:
    key, lease = idempotency.key_for("t", "k", b"body"), timedelta(seconds=30)
    async with db.transaction() as tx:
        assert await idempotency.claim(tx, key, lease=lease) is None
    with pytest.raises(idempotency.KeyInProgress):
        async with db.transaction() as tx:
            await idempotency.claim(tx, key, lease=lease)
    clock.advance(seconds=31)
    async with db.transaction() as tx:
        assert await idempotency.claim(tx, key, lease=lease) is None


async def test_a_job_with_a_waiting_twin_is_dropped(db: Database) -> None:
    for _ in range(3):
        async with db.transaction() as tx:
            tx.enqueue(Poke(n=1), dedupe="one")
            tx.enqueue(Poke(n=2))
    async with db.reading() as tx:
        rows = await tx.many(sql("select payload from jobs.pgqueuer order by id"))
    assert sorted(r["payload"] for r in rows) == [b'[null,{"n":1}]'] + [b'[null,{"n":2}]'] * 3


async def test_a_job_is_written_so_that_the_worker_can_read_it(db: Database) -> None:
    async with db.transaction() as tx:
        tx.enqueue(Poke(n=1))
    async with db.reading() as tx:
        row = await tx.one(sql("select jsonb_typeof(headers) as kind from jobs.pgqueuer", "one"))
    assert row["kind"] in {None, "null", "object"}


async def test_a_savepoint_takes_its_events_with_it(db: Database) -> None:
    async with db.transaction() as tx:
        tx.emit(OrderTouched(order_id=new_id(), n=1))
        with pytest.raises(ValueError, match="inner"):
            async with tx.savepoint():
                tx.emit(OrderTouched(order_id=new_id(), n=2))
                raise ValueError("inner")
    async with db.reading() as tx:
        rows = await tx.many(sql("select data from runtime.outbox"))
    assert [r["data"]["n"] for r in rows] == [1]


async def test_a_lock_that_is_not_had_in_time_is_a_retryable_problem(database_url: str) -> None:
    db = await Database.open(database_url, lock_timeout_s=0.1, min_size=2)
    try:
        async with db.transaction() as tx:
            await tx.run(sql("lock table runtime.subscription in access exclusive mode", "exec"))
            with pytest.raises(DatabaseUnavailable) as caught:
                async with db.transaction() as other:
                    await other.many(sql("select * from runtime.subscription"))
        assert caught.value.retryable
    finally:
        await db.close()


@pytest.mark.parametrize(
    "lost",
    [
        asyncpg.InternalClientError("cannot switch to state 12; the protocol has failed"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.DiskFullError("could not extend file"),
        asyncpg.OutOfMemoryError("out of memory"),
        FileNotFoundError("the socket of a server that restarts"),
        # The driver cancels what waits on a connection that is lost.
        asyncio.CancelledError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_connection_that_died_with_its_server_is_a_retryable_problem(
    db: Database, lost: BaseException
) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        async with db.transaction():
            raise lost
    assert caught.value.retryable


async def test_who_gets_no_connection_in_time_is_told_so_and_lets_go(database_url: str) -> None:
    """Each holds one and wants another: without an end to the wait, the process would be lost."""
    db = await Database.open(database_url, min_size=1, max_size=2, wait_s=0.2)
    all_hold = asyncio.Barrier(2)

    async def holds_and_wants() -> None:
        async with db.reading():
            await all_hold.wait()
            async with db.reading() as other:
                await other.many(sql("select 1"))

    try:
        async with asyncio.timeout(10):
            ends = await asyncio.gather(
                holds_and_wants(), holds_and_wants(), return_exceptions=True
            )
            assert any(isinstance(end, DatabaseUnavailable) for end in ends)
            async with db.transaction() as tx:
                await tx.many(sql("select 1"))
    finally:
        await db.close()


async def test_who_is_cancelled_in_a_transaction_ends(db: Database) -> None:
    begun = asyncio.Event()

    async def sleeps() -> None:
        async with db.transaction() as tx:
            begun.set()
            await tx.many(sql("select pg_sleep(60)"))

    task = asyncio.create_task(sleeps())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), db.transaction() as tx:
            await tx.many(sql("select pg_sleep(60)"))


async def test_a_backend_killed_in_a_transaction_is_a_retryable_problem_and_then_forgotten(
    db: Database,
) -> None:
    whoami = Statement("whoami", ":one", "select pg_backend_pid() as pid", "test")
    kill = Statement("kill", ":one", "select pg_terminate_backend($1) as done", "test")
    with pytest.raises(DatabaseUnavailable):
        async with db.transaction() as tx:
            pid = (await tx.one(whoami))["pid"]
            async with db.reading() as other:
                await other.one(kill, pid)
            await tx.one(whoami)
    async with db.transaction() as tx:
        assert (await tx.one(whoami))["pid"] != pid


def test_statements_are_parsed_and_malformed_headers_refused() -> None:
    found = parse_statements("-- name: a_b :one?\nselect 1;\n\n-- name: c :exec\nselect 2\n", "x")
    assert found["a_b"] == Statement("a_b", "one?", "select 1", "x")
    assert found["c"].sql == "select 2"
    with pytest.raises(ValueError, match="malformed"):
        parse_statements("-- name: A :one\nselect 1\n", "x")
    with pytest.raises(ValueError, match="twice"):
        parse_statements("-- name: a :one\nselect 1\n-- name: a :one\nselect 1\n", "x")


async def test_arrays_are_taken_from_every_kind_of_container(db: Database) -> None:
    joined = sql("select array_to_string($1::text[], ',') as texts", "one")
    kept = sql("select ($1::jsonb[])[1] as first", "one")
    texts = {"a": "b"}
    async with db.reading() as tx:
        for given in (["a"], ("a",), {"a"}, frozenset("a"), texts.keys()):
            assert (await tx.one(joined, given))["texts"] == "a"
        assert (await tx.one(joined, texts.values()))["texts"] == "b"
        assert (await tx.one(kept, [{"a": ["b"]}]))["first"] == {"a": ["b"]}
    for wrong in ("a", texts):
        with pytest.raises(ValueRefused):
            async with db.reading() as tx:
                await tx.one(joined, wrong)


async def test_a_transaction_of_fresh_plans_never_goes_by_what_a_table_was(db: Database) -> None:
    asked = sql("select count(*) from runtime.outbox where id = any ($1::bigint[])")
    plans = sql("select generic_plans from pg_prepared_statements where statement = $1")
    async with db.transaction(fresh_plans=True) as tx:
        for _ in range(8):
            await tx.many(asked, [1])
        assert [r["generic_plans"] for r in await tx.many(plans, asked.sql)] == [0]
    async with db.reading() as tx:
        found = await tx.many(sql("select current_setting('plan_cache_mode') as mode"))
    assert found[0]["mode"] == "auto"
