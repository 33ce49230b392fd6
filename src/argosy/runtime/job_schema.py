"""Where PgQueuer's tables live: in their own schema, so that an island's stay an island's."""

from __future__ import annotations

import functools
from typing import Any

from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings, Durability

SCHEMA = "jobs"


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
    return Queries(driver, qbe=environment, qbq=queue, qbs=schedules)


def install_statements() -> str:
    """The DDL of PgQueuer's tables, run once by the first migration."""
    return QueryBuilderEnvironment(job_settings()).build_install_query()
