"""The worker: delivers events to reactions, runs jobs, sweeps and housekeeping.

Any number of workers may run: cursors, jobs and sweeps are taken with SKIP LOCKED.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

import structlog

from argosy.entry.wiring import running_app
from argosy.kernel.errors import Unavailable
from argosy.runtime import feed, metrics, telemetry
from argosy.runtime.db import Database
from argosy.runtime.jobs import JobQueue
from argosy.runtime.settings import Settings
from argosy.runtime.subscriptions import (
    BATCH,
    Subscription,
    deliver,
    lags,
    pass_by,
    register,
    retry_parked,
)
from argosy.runtime.tasks import is_cancelled
from argosy.workflows.app import App
from argosy.workflows.housekeeping import CRONS, FOLLOWED, SWEEPS
from argosy.workflows.reactions import JOBS, subscriptions

POLL_S = 0.2
"""Longest wait of an event for its reactions while nothing else holds them up."""
CALLED_WITHIN_S = 60.0
"""Longer than the longest statement takes that judges who has work."""
JOBS_PAUSE_S = 1.0

log = structlog.get_logger(__name__)


Companions = Callable[[Database, Sequence[Subscription]], Awaitable[list[Subscription]]]


class PartEnded(Exception):
    """One of the worker's loops returned although nobody asked it to."""


async def run_worker(
    settings: Settings,
    url: str,
    *,
    stop: asyncio.Event | None = None,
    companions: Companions | None = None,
) -> None:
    """Work until `stop` is set, or until SIGINT or SIGTERM when no event is given.

    `companions` gives each reaction another in its transaction (a drill counts effects so).
    """
    telemetry.start(settings, service="worker")
    if stop is None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running_app(settings, url, purpose="worker") as app:
        subscribed = subscriptions(app)
        if companions is not None:
            subscribed = await companions(app.db, subscribed)
        await work(app, url, stop, subscribed)
    telemetry.stop()


async def work(
    app: App, url: str, stop: asyncio.Event, subscribed: Sequence[Subscription] | None = None
) -> None:
    """Everything a worker does, until `stop` is set; `subscribed` instead of the shop's own.

    Raises PartEnded, or what ended it, when a part ends by itself: better no worker, which is
    noticed and started anew, than one that seems to be well.
    """
    subscribed = subscriptions(app) if subscribed is None else subscribed
    await register(app.db, subscribed)
    queue = await JobQueue.open(url, app, JOBS, CRONS)  # fails at once where there is no database
    log.info("worker.started", subscriptions=len(subscribed), jobs=len(JOBS))
    called = {s.name: asyncio.Event() for s in subscribed}
    roused = {name: asyncio.Event() for name in FOLLOWED.values()}
    tasks = [
        asyncio.create_task(
            _forever(
                f"subscription:{s.name}",
                stop,
                0.0,
                _delivery(app, s, called[s.name], roused.get(FOLLOWED.get(s.name, ""))),
            )
        )
        for s in subscribed
    ]
    tasks.append(
        asyncio.create_task(_forever("events", stop, POLL_S, _calling(app, subscribed, called)))
    )
    tasks += [
        asyncio.create_task(
            _forever(
                f"sweep:{name}", stop, seconds(app.settings), _sweep(app, act), roused.get(name)
            )
        )
        for name, (seconds, act) in SWEEPS.items()
    ]
    tasks.append(asyncio.create_task(_forever("lag", stop, 5.0, _lag(app))))
    tasks.append(asyncio.create_task(_run_jobs(app, url, stop, queue)))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    unasked = not stop.is_set()
    stopping.cancel()
    stop.set()
    for call in (*called.values(), *roused.values()):
        call.set()
    await asyncio.gather(*tasks)
    if unasked:
        raise PartEnded


async def _run_jobs(app: App, url: str, stop: asyncio.Event, queue: JobQueue) -> None:
    """Run jobs until `stop`; a queue that lost its database is opened anew until it is back."""
    while True:
        try:
            await _until_stopped(queue, stop)
            if stop.is_set():
                return
        except Unavailable as error:
            log.warning("worker.jobs_interrupted", code=error.code)
        except BaseException as error:  # noqa: BLE001 - a failing queue must not end the worker
            _survived(error, "jobs")
        opened = None
        while opened is None and not stop.is_set():
            await _pause(stop, JOBS_PAUSE_S)
            try:
                opened = await JobQueue.open(url, app, JOBS, CRONS)
            except Unavailable:
                continue
            except BaseException as error:  # noqa: BLE001 - nor must one that does not open
                _survived(error, "jobs")
        if opened is None:
            return
        queue = opened
        log.info("worker.jobs_resumed")


async def _until_stopped(queue: JobQueue, stop: asyncio.Event) -> None:
    running = asyncio.create_task(queue.run())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    queue.stop()
    await running


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not beyond `stop`."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def _forever(
    name: str,
    stop: asyncio.Event,
    pause_s: float,
    turn: Callable[[], Awaitable[int]],
    roused: asyncio.Event | None = None,
) -> None:
    """Turn after turn; at once while there is more to do, else after a pause, or when it is roused;
    never gives up.
    """
    while not stop.is_set():
        wait = pause_s
        if roused is not None:
            roused.clear()
        try:
            if await turn() > 0:
                wait = 0.0
        except Unavailable:
            wait = max(1.0, pause_s)
        except BaseException as error:  # noqa: BLE001 - one failing turn must not end the worker
            wait = max(_survived(error, name), pause_s)
        if wait:
            # Who failed is not hurried.
            await _pause(roused if roused is not None and wait == pause_s else stop, wait)


def _survived(error: BaseException, part: str) -> float:
    """Seconds to wait after what nobody expected. Raises `error` when this task is to end."""
    if isinstance(error, asyncio.CancelledError) and not is_cancelled():
        # A wait within the driver was cancelled, when its connection was lost.
        log.warning("worker.turn_broken_off", part=part)
        return 1.0
    if isinstance(error, (asyncio.CancelledError, KeyboardInterrupt, SystemExit)):
        raise error
    # Not only an Exception: what panics in a library written in Rust is none.
    telemetry.unexpected(error, route=part)
    return 5.0


def _calling(
    app: App, subscribed: Sequence[Subscription], called: Mapping[str, asyncio.Event]
) -> Callable[[], Awaitable[int]]:
    """Call those who have work. Most events concern nobody, and cost one statement for many."""

    async def turn() -> int:
        # Without this part no event reaches anybody: it must not wait for what never comes.
        async with asyncio.timeout(CALLED_WITHIN_S):
            names, more = await pass_by(app.db, subscribed)
        for name in names:
            called[name].set()
        return int(more)

    return turn


def _delivery(
    app: App,
    subscription: Subscription,
    called: asyncio.Event,
    rouse: asyncio.Event | None = None,
) -> Callable[[], Awaitable[int]]:
    async def turn() -> int:
        await called.wait()
        called.clear()
        read = await deliver(app.db, subscription)
        if read >= BATCH:
            called.set()
        if read and rouse is not None:
            rouse.set()
        return await retry_parked(app.db, subscription)

    return turn


def _sweep(app: App, act: Callable[[App], Awaitable[int]]) -> Callable[[], Awaitable[int]]:
    async def turn() -> int:
        return await act(app)

    return turn


def _lag(app: App) -> Callable[[], Awaitable[int]]:
    async def turn() -> int:
        async with app.db.reading() as tx:
            waiting, parked = await lags(tx), await feed.parked_counts(tx)
            metrics.JOBS_WAITING.set(await feed.jobs_waiting(tx))
        for name, seconds in waiting.items():
            metrics.OUTBOX_LAG.labels(name).set(seconds)
            metrics.PARKED.labels(name).set(parked.get(name, 0))
        return 0

    return turn
