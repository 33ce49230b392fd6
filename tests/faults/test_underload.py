"""Faults in the middle of load: real processes, a PostgreSQL that is really killed, real buyers.

Each test hurts a shop while shoppers are at it, then asks: was everybody told only what can be
acted upon, does the same request sent again succeed, is everything whole in the end with nobody's
help? `ARGOSY_FAULTS_SECONDS=60` makes each time of load that long (seconds; a few by default),
`ARGOSY_FAULTS_BUYERS` the crowd larger. The tests of this file share one shop, and leave it whole.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import shutil
import signal
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio

from argosy.drill import shop as drill
from argosy.drill.effects import tell
from argosy.drill.load import Goods, Load, Told
from argosy.drill.shop import SERVER, WORKER, card_body, running_shop, temporary_home
from argosy.entry.wiring import running_app
from argosy.modules import customers
from argosy.workflows.mailing import SendProof

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

SECONDS = float(os.environ.get("ARGOSY_FAULTS_SECONDS", "1.5"))
BUYERS = int(os.environ.get("ARGOSY_FAULTS_BUYERS", "6"))
SECOND = "second worker"
QUICK = {
    "ARGOSY_PLACING_LEASE_S": "3",
    "ARGOSY_PROVIDER_TIMEOUT_S": "1",
    "ARGOSY_PROVIDER_PAUSE_S": "1",
    "ARGOSY_CHECKOUT_POOL_SIZE": str(max(2, BUYERS - 2)),
    "ARGOSY_LOG_REQUESTS": "false",
}


class Shop(drill.Shop):
    """A shop that knows the numbers of the orders it had before a test."""

    before: list[str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def open_shop() -> AsyncIterator[drill.Shop]:
    """A shop with one server process, on a durable PostgreSQL of its own."""
    home = temporary_home()
    try:
        async with running_shop(running_app, home, server_processes=1, settings=QUICK) as shop:
            yield shop
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest_asyncio.fixture(loop_scope="module")
async def shop(open_shop: drill.Shop) -> AsyncIterator[Shop]:
    """The open shop, all at work; afterwards no process has met with what nobody expected.

    A worker that starts while its database is away ends: who takes that away waits until it is up.
    """
    one = cast("Shop", open_shop)
    for name in (SERVER, WORKER):
        if one.processes[name].poll() is not None:
            one.start(name)  # a test that failed left none
    await one.wait_ready(SERVER)
    await one.wait_at_work()
    one.before = await confirmed(one)
    yield one
    await open_shop.provider.behave()
    await open_shop.provider.http.put("/_test/webhooks", json={"paused": False})
    assert surprises(open_shop) == []


def surprises(shop: drill.Shop) -> list[str]:
    """What the processes logged as nobody expected it."""
    lines = [
        line
        for path in sorted((shop.home / "logs").glob("*.log"))
        for line in path.read_text("utf-8", "replace").splitlines()
    ]
    return [line[:3000] for line in lines if '"request.failed"' in line]


def alive(shop: drill.Shop) -> bool:
    """Whether all processes run."""
    return all(process.poll() is None for process in shop.processes.values())


async def until(is_so: Callable[[], Any], *, within_s: float = 60, every_s: float = 0.05) -> None:
    """Wait until something is so. Raises TimeoutError."""
    deadline = time.monotonic() + within_s
    while True:
        found = is_so()
        if await found if inspect.isawaitable(found) else found:
            return
        if time.monotonic() > deadline:
            raise TimeoutError
        await asyncio.sleep(every_s)


def load_on(shop: Shop, **more: float) -> Load:
    """Shoppers with cards."""
    goods = [Goods(name, shop.till.public_id(name)) for name in ("shirt", "mug")]
    key = shop.http.headers["x-publishable-key"]
    return Load(shop.address, key, goods, payment=card_body(), **more)


def clear(told: list[Told]) -> None:
    """Nobody was told anything but what can be acted upon: no 5xx but a retryable 503."""
    for one in told:
        if one.status >= 500:
            assert (one.status, one.retryable, one.waits) == (503, True, True), one
            assert one.code, one


async def confirmed(shop: drill.Shop) -> list[str]:
    """The numbers of all confirmed orders."""
    rows = await shop.till.db.pool.fetch(
        "select number from orders.\"order\" where stage = 'confirmed'"
    )
    return sorted(row["number"] for row in rows)


async def whole(shop: Shop, *loads: Load) -> None:
    """All carts are bought, once; the same requests are answered the same; nothing is amiss."""
    for load in loads:
        await load.finish()
    assert await shop.rest() == []
    for load in loads:
        clear(load.told)
        await load.repeat_all()
        assert load.unequal == []
    assert alive(shop), "each process comes through by itself"
    bought = [str(buying.number) for load in loads for buying in load.bought]
    assert await confirmed(shop) == sorted([*shop.before, *bought])


# --- PostgreSQL -------------------------------------------------------------------------------


async def test_postgres_goes_away_in_the_middle_of_load(shop: Shop) -> None:
    """Restarted first; then killed with all its processes, and it recovers what was committed."""
    load = load_on(shop)
    outages: list[tuple[float, float]] = []
    async with load.running(buyers=BUYERS):
        for how in (signal.SIGINT, signal.SIGKILL):
            await asyncio.sleep(SECONDS)
            await shop.stop_postgres(how)
            away = load.now
            await asyncio.sleep(1)
            await shop.start_postgres()
            outages.append((away, load.now))
            await until(lambda since=load.now: load.since(since, "place", good=True))
        await asyncio.sleep(SECONDS)
    for away, back in outages:
        told = load.since(away, until=back)
        assert {one.code for one in told if one.status == 503} == {"service.database_unavailable"}
    await whole(shop, load)


# --- processes --------------------------------------------------------------------------------


async def test_the_server_is_killed_under_load(shop: Shop) -> None:
    load = load_on(shop)
    await shop.provider.behave(mode="slow", slow_s=0.2)
    async with load.running(buyers=BUYERS):
        for _ in range(2):
            await asyncio.sleep(SECONDS / 2)
            await until(lambda: load.placing)
            shop.kill(SERVER)
            shop.start(SERVER)
            await shop.wait_ready(SERVER)
            back = load.now
            await until(lambda since=back: load.since(since, "place", good=True))
    await shop.provider.behave()
    assert any(one.status == 0 for one in load.told)
    await whole(shop, load)


async def test_a_drill_says_which_process_ended_by_itself(shop: Shop) -> None:
    """Else it would tell of what nobody did, and not why."""
    assert shop.ended() == []
    shop.processes[WORKER].terminate()
    await until(shop.ended)
    assert [one.partition(":")[0] for one in shop.ended()] == ["worker ended with 0"]
    assert shop.ended()[0].endswith(shop.said(WORKER)[-100:])
    shop.start(WORKER)
    await shop.wait_at_work()
    assert shop.ended() == []


EVENTS = 600


async def _nothing(shop: Shop, query: str) -> bool:
    return not await shop.till.db.pool.fetch(query)


async def of_events(shop: Shop) -> bool:
    """A worker is at a batch: it holds the lock of the cursor."""
    free = """select name from runtime.subscription where name = 'ask_for_mail'
                 for update skip locked"""
    return await shop.till.db.pool.fetchval(free) is None


async def of_jobs(shop: Shop) -> bool:
    """A worker is at jobs: some are picked, many wait."""
    at = "select count(*) from jobs.pgqueuer where entrypoint = $1 and status = $2"
    pool, name = shop.till.db.pool, SendProof.NAME
    return (
        bool(await pool.fetchval(at, name, "picked"))
        and await pool.fetchval(at, name, "queued") > 50
    )


async def effects(shop: Shop) -> int:
    """How often the facts of `tell` took effect."""
    done = """select count(*) from public.drill_effect e join runtime.outbox o using (event_id)
               where o.type = $1 and e.reaction = 'ask_for_mail'"""
    found: int = await shop.till.db.pool.fetchval(done, customers.PasswordResetAsked.TYPE)
    return found


async def test_a_worker_is_killed_in_the_middle_of_a_batch(shop: Shop) -> None:
    """Of events, whose reaction asks for a mail each, and of the jobs that are asked for."""
    shop.kill(WORKER)
    made = "select count(distinct job_id) from jobs.pgqueuer_log where entrypoint = $1"
    before = await shop.till.db.pool.fetchval(made, SendProof.NAME)
    took = await effects(shop)
    await tell(shop.till.db, EVENTS)
    load = load_on(shop)
    async with load.running(buyers=BUYERS):
        for in_the_middle in (of_events, of_jobs):
            shop.start(WORKER)
            await until(lambda so=in_the_middle: so(shop), every_s=0.002)
            shop.kill(WORKER)
        shop.start(WORKER)
        await asyncio.sleep(SECONDS)
    await whole(shop, load)

    async def idle() -> bool:
        waits = "select count(*) from jobs.pgqueuer where status in ('queued', 'picked')"
        return not await shop.till.db.pool.fetchval(waits)

    await until(idle)
    asked = await shop.till.db.pool.fetchval(made, SendProof.NAME)
    assert asked - before == EVENTS, "none lost"
    # Jobs are dropped when they are asked for again: what the reaction did is counted beside it.
    assert await effects(shop) - took == EVENTS, "each reaction once in effect"
    assert await shop.not_once() == []

    unapplied = """select w.type, w.operation_id, w.says, w.received_at, q.status, q.attempts
                     from payments.webhook_event w
                     left join jobs.pgqueuer q on convert_from(q.payload, 'utf8') ~ w.event_id
                    where w.applied_at is null"""
    with suppress(TimeoutError):  # the last webhook may have come after the last job
        await until(lambda: _nothing(shop, unapplied))
    assert [dict(row) for row in await shop.till.db.pool.fetch(unapplied)] == []


@pytest.mark.parametrize(
    ("breaks", "finding"),
    [("cursor_moves_first", "took effect 0 times"), ("effect_comes_first", "took effect 2 times")],
)
async def test_a_worker_that_loses_or_repeats_is_found(
    shop: Shop, breaks: str, finding: str
) -> None:
    """It delivers in two transactions, and is killed between them."""
    shop.kill(WORKER)
    took, pool = await effects(shop), shop.till.db.pool
    await tell(shop.till.db, 50)
    place = "select xid, id from runtime.subscription where name = 'ask_for_mail'"
    at = await pool.fetchrow(place)

    async def half_done() -> bool:
        return await effects(shop) != took or await pool.fetchrow(place) != at

    with broken(shop, breaks):
        shop.start(WORKER)
        await until(half_done)
        shop.kill(WORKER)
    shop.start(WORKER)
    await shop.wait_at_work()
    await until(lambda: _lags_behind_nothing(shop))
    found = await shop.not_once()
    assert len([one for one in found if finding in one]) == 50
    # Whole again, for the tests after this one.
    async with pool.acquire() as connection:
        await connection.execute(
            "delete from public.drill_effect where event_id in"
            " (select event_id from runtime.outbox where type = $1)",
            customers.PasswordResetAsked.TYPE,
        )
        await connection.execute(
            "delete from runtime.outbox where type = $1", customers.PasswordResetAsked.TYPE
        )
    assert await shop.rest() == []


async def _lags_behind_nothing(shop: Shop) -> bool:
    """The reaction has passed the newest of the facts."""
    waits = """select count(*) from runtime.outbox o, runtime.subscription s
                where s.name = 'ask_for_mail' and o.type = $1 and (o.xid, o.id) > (s.xid, s.id)"""
    found = await shop.till.db.pool.fetchval(waits, customers.PasswordResetAsked.TYPE)
    return not found


async def strand(shop: Shop) -> Load:
    """Orders whose server died while their provider had them already, and nobody is left."""
    load = load_on(shop, lost_answers=0, repeats=0)
    shop.kill(WORKER)
    await shop.provider.http.put("/_test/webhooks", json={"paused": True})
    await shop.provider.behave(mode="slow", slow_s=30)
    async with load.running(buyers=BUYERS, browsers=0):
        await until(lambda: load.placing == BUYERS)
        await asyncio.sleep(0.3)
        shop.kill(SERVER)
    await shop.provider.behave()
    return load


async def test_two_workers_recover_the_same_orders(shop: Shop) -> None:
    """Nobody else is there: no server, so no shopper's retry and no webhook."""
    load = await strand(shop)
    shop.start(WORKER)
    shop.commands[SECOND] = shop.commands[WORKER]
    shop.start(SECOND)
    found = await shop.rest(60)
    shop.kill(SECOND)
    shop.processes.pop(SECOND)
    assert found == []
    assert len(await confirmed(shop)) == len(shop.before) + len(load.bought)
    shop.start(SERVER)
    await shop.wait_ready(SERVER)
    await whole(shop, load)


# --- the payment provider ---------------------------------------------------------------------

MODES: dict[str, dict[str, Any]] = {
    "down": {"mode": "down"},
    "slow": {"mode": "slow", "slow_s": 30},
    "flapping": {"mode": "flapping", "flap_s": 0.7},
}


async def breaker_is_open(shop: Shop) -> bool:
    """What /metrics says of the breaker of authorisations."""
    text = (await shop.http.get("/metrics")).text
    told = [x for x in text.splitlines() if x.startswith("argosy_provider_breaker_open{")]
    return any('"authorise"' in one and float(one.split()[-1]) > 0 for one in told)


async def provider_fails(shop: Shop, load: Load, mode: str, *, patience_s: float = 60) -> None:
    """Calm, then the provider fails at peak, then it is back; asserts what shoppers notice."""
    async with load.running(buyers=BUYERS):
        await asyncio.sleep(SECONDS)
        calm = load.since(0, "page", "cart", good=True)
        await shop.provider.behave(**MODES[mode])
        failing = load.now
        if mode != "flapping":
            await until(lambda: breaker_is_open(shop), within_s=patience_s)
        await asyncio.sleep(SECONDS)
        told = load.since(failing)
        await shop.provider.behave()
        back = load.now
        await until(lambda: load.since(back, "place", good=True))
    refused = {one.code for one in told if one.what == "place" and one.status >= 400}
    assert refused <= {"payments.gateway_unavailable", "idempotency.in_progress"}
    if mode != "flapping":
        assert "payments.gateway_unavailable" in refused
    if mode == "slow":
        beside = Counter(
            one.what for one in told if one.beside == BUYERS and one.status in {200, 201}
        )
        assert beside["page"] > 2, "pages are served while all buyers wait"
        assert beside["cart"] > 0, "carts are made while all buyers wait"
    others_told = [one for one in told if one.what in {"page", "cart"}]
    assert {one.status for one in others_told} <= {200, 201}
    pages = [statistics.median(one.took_s for one in each) for each in (calm, others_told)]
    assert pages[1] < 5 * pages[0] + 0.1, "other pages keep their latency"


@pytest.mark.parametrize("mode", MODES)
async def test_the_provider_fails_at_peak(shop: Shop, mode: str) -> None:
    load = load_on(shop)
    await provider_fails(shop, load, mode)
    await whole(shop, load)


# --- does it bite? ----------------------------------------------------------------------------


@contextmanager
def broken(shop: Shop, breaks: str) -> Iterator[None]:
    """Server and worker are started anew with the code broken in one place; then whole again."""
    path = f"{Path(__file__).parent / 'broken'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    shop.environment |= {"PYTHONPATH": path, "ARGOSY_TEST_BREAK": breaks}
    try:
        yield
    finally:
        del shop.environment["PYTHONPATH"], shop.environment["ARGOSY_TEST_BREAK"]


async def start_anew(shop: Shop, *names: str) -> None:
    for name in names or (SERVER, WORKER):
        shop.kill(name)
        shop.start(name)
    await shop.wait_ready(SERVER)
    await shop.wait_at_work()


async def test_what_does_not_survive_the_loss_of_postgres_is_found(shop: Shop) -> None:
    """A server that takes it for a surprise, and a worker that ends with it."""
    for name, breaks in (
        (SERVER, "database_errors_are_surprises"),
        (WORKER, "worker_ends_with_its_database"),
    ):
        with broken(shop, breaks):
            shop.kill(name)
            shop.start(name)
    await shop.wait_ready(SERVER)
    await shop.wait_at_work()
    load = load_on(shop)
    async with load.running(buyers=BUYERS):
        await until(lambda: load.since(0, "place", good=True))
        await shop.stop_postgres(signal.SIGINT)
        await until(lambda: any(one.status == 500 for one in load.told), within_s=30)
        await until(lambda: not alive(shop), within_s=30)  # it looks for jobs every five seconds
        await shop.start_postgres()
    with pytest.raises(AssertionError):
        clear(load.told)
    assert shop.processes[WORKER].poll() is not None
    assert shop.processes[SERVER].poll() is None
    await start_anew(shop)
    assert surprises(shop) != []
    (shop.home / "logs" / f"{SERVER}.log").write_bytes(b"")
    await load.finish()
    assert await shop.rest() == []


async def test_recovery_that_skips_is_found(shop: Shop) -> None:
    load = await strand(shop)
    with broken(shop, "recovery_skips"):
        shop.start(WORKER)
        assert any("still waits for gateway" in one for one in await shop.rest(6))
    await start_anew(shop)
    await whole(shop, load)


@pytest.mark.parametrize("breaks", ["breaker_never_opens", "connection_held_while_waiting"])
async def test_a_provider_that_drags_others_along_is_found(shop: Shop, breaks: str) -> None:
    load = load_on(shop)
    with broken(shop, breaks):
        await start_anew(shop, SERVER)
    with pytest.raises((AssertionError, TimeoutError)):
        await provider_fails(shop, load, "slow", patience_s=6)
    await shop.provider.behave()
    await start_anew(shop, SERVER)
    await whole(shop, load)
