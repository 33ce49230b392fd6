"""A worker loses none of its parts without being noticed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest

from argosy.entry import worker
from argosy.entry.wiring import running_app
from argosy.runtime.db import Database, DatabaseUnavailable
from argosy.runtime.jobs import JobQueue
from argosy.runtime.settings import load_settings


class Panic(BaseException):
    """As a library in Rust raises it: no Exception."""


async def no_pause(*_: Any) -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize("error", [asyncio.CancelledError, Panic])
async def test_a_turn_that_ends_in_what_is_no_exception_is_followed_by_another(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """The driver cancels what waits on a connection that is lost; nobody cancelled the loop."""
    stop, turns = asyncio.Event(), 0

    async def turn() -> int:
        nonlocal turns
        turns += 1
        if turns == 1:
            raise error
        stop.set()
        return 0

    monkeypatch.setattr(worker, "_pause", no_pause)
    async with asyncio.timeout(10):
        await worker._forever("one", stop, 0.0, turn)
    assert turns == 2


async def test_a_loop_ends_with_the_process() -> None:
    async def turn() -> int:
        raise SystemExit

    with pytest.raises(SystemExit):
        await worker._forever("one", asyncio.Event(), 0.0, turn)


async def test_a_loop_that_is_roused_does_not_finish_its_pause() -> None:
    stop, roused, turns = asyncio.Event(), asyncio.Event(), 0

    async def turn() -> int:
        nonlocal turns
        turns += 1
        asyncio.get_running_loop().call_soon((roused, stop)[turns == 3].set)
        if turns == 3:
            roused.set()
        return 0

    async with asyncio.timeout(10):
        await worker._forever("one", stop, 60.0, turn, roused)
    assert turns == 3


async def test_a_loop_that_is_cancelled_ends() -> None:
    async def turn() -> int:
        await asyncio.sleep(60)
        return 0

    loop = asyncio.create_task(worker._forever("one", asyncio.Event(), 0.0, turn))
    await asyncio.sleep(0)
    loop.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await loop


class LostQueue:
    """What is left of a queue whose database went away."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    async def run(self) -> None:
        raise self._error

    def stop(self) -> None:
        """Nothing runs."""


@pytest.mark.parametrize(
    "lost",
    [DatabaseUnavailable("gone"), asyncio.CancelledError(), Panic()],
    ids=lambda error: type(error).__name__,
)
async def test_jobs_go_on_however_their_queue_ends_or_does_not_open(
    db: Database,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lost: BaseException,
) -> None:
    stop, tries, opening = asyncio.Event(), 0, JobQueue.open

    async def open_at_last(*given: Any) -> JobQueue:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise asyncpg.InternalClientError("another operation is in progress")
        opened = await opening(*given)
        stop.set()
        return opened

    monkeypatch.setattr(worker.JobQueue, "open", open_at_last)
    monkeypatch.setattr(worker, "JOBS_PAUSE_S", 0.01)
    settings = load_settings(database_url=database_url, home=str(tmp_path))
    async with running_app(settings, database_url, purpose="worker", gateways={}) as app:
        async with asyncio.timeout(20):
            await worker._run_jobs(app, database_url, stop, cast("JobQueue", LostQueue(lost)))
    assert tries == 2


async def test_a_worker_ends_when_one_of_its_parts_does(
    db: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any) -> None:
        return

    monkeypatch.setattr(worker, "_run_jobs", nothing)
    settings = load_settings(database_url=database_url, home=str(tmp_path))
    async with running_app(settings, database_url, purpose="worker", gateways={}) as app:
        async with asyncio.timeout(20):
            with pytest.raises(worker.PartEnded):
                await worker.work(app, database_url, asyncio.Event())
