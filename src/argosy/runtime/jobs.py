"""The worker's job queue: PgQueuer runs what transactions enqueued, with bounded retries.

A job is delivered at least once; its handler must therefore be idempotent. A handler that raises is
tried again with growing pauses, and after MAX_TRIES it is held with its traceback, visible in
`argosy jobs failed`, until a person requeues it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

import asyncpg
import msgspec
import structlog
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.domain.errors import FailingListenerError, RetryRequested
from pgqueuer.domain.models import Job as QueuedJob
from pgqueuer.domain.models import Schedule

from argosy.kernel.events import Job
from argosy.runtime import telemetry
from argosy.runtime.db import DatabaseUnavailable, translated
from argosy.runtime.job_schema import job_queries

MAX_TRIES = 10
HEARTBEAT = timedelta(seconds=10)
"""A job whose worker has not been heard of for so long is given to another one."""

A = TypeVar("A")
JobHandler = Callable[[A, Any], Awaitable[None]]
CronHandler = Callable[[A], Awaitable[None]]

log = structlog.get_logger(__name__)


def pause_after(tries: int) -> timedelta:
    """1, 2, 4 ... seconds, at most ten minutes."""
    return timedelta(seconds=min(600, 2**tries))


class JobQueue:
    """The queue of one worker process. `run` returns when `stop` is called."""

    def __init__(self, pool: Any, queue: PgQueuer) -> None:
        self._pool = pool
        self._queue = queue

    @classmethod
    async def open(
        cls,
        url: str,
        app: A,
        handlers: Mapping[type[Job], JobHandler[A]],
        crons: Mapping[str, tuple[str, CronHandler[A]]],
    ) -> JobQueue:
        """Connect and register `handlers` by job type, `crons` as name -> (expression, act).

        Raises DatabaseUnavailable.
        """
        # A pool of its own: PgQueuer expects PostgreSQL's plain text form of jsonb.
        with translated():
            pool = await asyncpg.create_pool(
                url, min_size=2, max_size=4, server_settings={"application_name": "argosy jobs"}
            )
        driver = AsyncpgPoolDriver(pool)
        queue = PgQueuer(connection=driver, queries=job_queries(driver))
        for job_type, handler in handlers.items():
            queue.entrypoint(job_type.NAME, accepts_context=False, on_failure="hold")(
                _entrypoint(app, job_type, handler)
            )
        for name, (expression, cron) in crons.items():
            queue.schedule(name, expression, accepts_context=False)(_scheduled(app, name, cron))
        return cls(pool, queue)

    async def run(self) -> None:
        """Work until `stop`; jobs in progress are finished first.

        Raises DatabaseUnavailable when a connection is lost: then a new queue must be opened.
        Jobs that were in progress are picked up again once their heartbeat is older than HEARTBEAT.
        """
        try:
            with translated():
                await self._queue.run(
                    dequeue_timeout=timedelta(seconds=5),
                    batch_size=20,
                    heartbeat_timeout=HEARTBEAT,
                    # Without its listener a queue would come to new jobs seconds late, for good.
                    shutdown_on_listener_failure=True,
                )
        except FailingListenerError as error:
            raise DatabaseUnavailable("The job queue hears nothing any more.") from error
        finally:
            try:
                await asyncio.wait_for(self._pool.close(), timeout=10)
            except TimeoutError:
                self._pool.terminate()

    def stop(self) -> None:
        """Take no further job; `run` returns when those in progress are done."""
        self._queue.shutdown.set()


def _entrypoint(
    app: A, job_type: type[Job], handler: JobHandler[A]
) -> Callable[[QueuedJob], Awaitable[None]]:
    decoder = msgspec.json.Decoder(tuple[str | None, job_type])  # type: ignore[valid-type]

    async def run(queued: QueuedJob) -> None:
        trace, job = decoder.decode(queued.payload or b"")
        with telemetry.job(job_type.NAME, trace):
            try:
                await handler(app, job)
            except Exception as error:
                if queued.attempts + 1 >= MAX_TRIES:
                    log.exception("job.held", job=job_type.NAME, tries=queued.attempts + 1)
                    raise
                log.warning(
                    "job.retried",
                    job=job_type.NAME,
                    tries=queued.attempts + 1,
                    error=type(error).__name__,
                )
                raise RetryRequested(pause_after(queued.attempts), type(error).__name__) from error

    return run


def _scheduled(app: A, name: str, cron: CronHandler[A]) -> Callable[[Schedule], Awaitable[None]]:
    async def run(_schedule: Schedule) -> None:
        with telemetry.job(name, None):
            await cron(app)

    return run
