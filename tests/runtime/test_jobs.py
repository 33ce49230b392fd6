"""The job queue keeps its jobs whatever becomes of the worker and of the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

import pytest

from argosy.kernel.errors import Unavailable
from argosy.kernel.events import Job
from argosy.runtime import jobs
from argosy.runtime.db import Database
from argosy.runtime.jobs import JobQueue

pytestmark = pytest.mark.usefixtures("quick_heartbeat")


class Deed(Job, frozen=True, kw_only=True):
    """What is to be done."""

    NAME: ClassVar[str] = "deed"


@pytest.fixture
def quick_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "HEARTBEAT", timedelta(seconds=1))


Act = Callable[[None, Deed], Awaitable[None]]


async def opened(url: str, act: Act) -> JobQueue:
    return await JobQueue.open(url, None, {Deed: act}, {})


async def asked_for(db: Database) -> None:
    async with db.transaction() as tx:
        tx.enqueue(Deed())


async def left(db: Database) -> list[str]:
    """The states of the jobs that are not done."""
    return [row["status"] for row in await db.pool.fetch("select status from jobs.pgqueuer")]


async def worked_off(url: str, act: Act, done: asyncio.Event) -> None:
    """As a worker does it: a queue that lost its database is opened anew."""
    async with asyncio.timeout(20):
        while not done.is_set():
            with suppress(Unavailable):
                queue = await opened(url, act)
                running = asyncio.create_task(queue.run())
                ending = asyncio.create_task(done.wait())
                await asyncio.wait({running, ending}, return_when=asyncio.FIRST_COMPLETED)
                ending.cancel()
                queue.stop()
                await running
            await asyncio.sleep(0.1)


REFUSING = """
create function public.refuse() returns trigger language plpgsql as
  $$ begin raise exception 'not now'; end $$;
create trigger refuse before update on jobs.pgqueuer for each row
  when (new.status = 'queued') execute function public.refuse();
"""


async def test_a_job_of_which_nobody_could_write_that_it_is_to_be_tried_again_is(
    db: Database, database_url: str
) -> None:
    """As when the database goes away: the job is neither lost nor held."""
    tries, done = 0, asyncio.Event()

    async def act(_app: None, _deed: Deed) -> None:
        nonlocal tries
        tries += 1
        if tries > 1:
            await db.pool.execute("drop trigger refuse on jobs.pgqueuer")
            done.set()
            return
        await db.pool.execute(REFUSING)
        raise Unavailable("Somebody is away.")

    await asked_for(db)
    await worked_off(database_url, act, done)
    assert tries == 2
    assert await left(db) == []


async def test_a_job_whose_queue_broke_off_is_taken_up_again(
    db: Database, database_url: str
) -> None:
    begun, done = asyncio.Event(), asyncio.Event()

    async def act(_app: None, _deed: Deed) -> None:
        if begun.is_set():
            done.set()
            return
        begun.set()
        await asyncio.sleep(60)

    await asked_for(db)
    running = asyncio.create_task((await opened(database_url, act)).run())
    await begun.wait()
    for _ in range(2):  # the second time ends its wait for its jobs
        running.cancel()
        await asyncio.sleep(0.1)
    with suppress(asyncio.CancelledError):
        await running
    assert await left(db) == ["picked"]
    await worked_off(database_url, act, done)
    assert await left(db) == []
