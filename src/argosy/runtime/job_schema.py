"""Where PgQueuer's tables live: in their own schema, so that an island's stay an island's."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import Any, TypeAlias

import structlog
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.models import Job, TracebackRecord
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import JOB_STATUS

SCHEMA = "jobs"

log = structlog.get_logger(__name__)

Ended: TypeAlias = tuple[Job, JOB_STATUS, TracebackRecord | None]


class _LosingNothing(Queries):
    """PgQueuer's operations. A job of which the end could not be told stays as it is: its worker is
    not heard of any more, so that it is taken up again.
    """

    async def retry_job(
        self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None
    ) -> None:
        """Have a job tried again. PgQueuer would hold one for which this cannot be written."""
        try:
            await super().retry_job(job, delay, traceback_record)
        except Exception as error:  # noqa: BLE001 - whatever it is, the job is to be done
            log.warning("job.retry_untold", job=job.entrypoint, error=type(error).__name__)

    async def log_jobs(self, job_status: list[Ended]) -> None:
        """Take ended jobs out of the queue, but for the cancelled ones: nobody cancels a job here,
        they were broken off when their queue was.
        """
        ended = [one for one in job_status if one[1] != "canceled"]
        if ended:
            await super().log_jobs(ended)


@functools.cache
def job_settings() -> DBSettings:
    """PgQueuer's names, fixed here rather than taken from the environment."""
    return DBSettings(db_schema=SCHEMA, prefix="", durability=Durability.balanced)


@functools.cache
def _builders() -> tuple[QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder]:
    settings = job_settings()
    return (
        QueryBuilderEnvironment(settings),
        QueryQueueBuilder(settings),
        QuerySchedulerBuilder(settings),
    )


def job_queries(driver: Any) -> Queries:
    """PgQueuer's operations on our schema, over one of its drivers."""
    environment, queue, schedules = _builders()
    return _LosingNothing(driver, qbe=environment, qbq=queue, qbs=schedules)


def install_statements() -> str:
    """The DDL of PgQueuer's tables, run once by the first migration."""
    return QueryBuilderEnvironment(job_settings()).build_install_query()
