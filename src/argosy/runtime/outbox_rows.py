"""What a transaction writes at its end, in one statement: events, the stored answer, notices.

Jobs go through PgQueuer's own statement, in the same transaction, when there are any.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver

from argosy.kernel.events import Event, Job
from argosy.kernel.ids import encode, new_id
from argosy.runtime import tracing
from argosy.runtime.job_schema import job_queries
from argosy.runtime.statements import Statement, load_statements

SQL = load_statements(__package__, "outbox.sql")


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of an idempotent command, replayed byte for byte: see runtime/idempotency.py."""

    scope: str
    key: str
    status: int
    body: bytes
    headers: dict[str, str] = {}


class Flush(msgspec.Struct, frozen=True):
    """The buffered writes of one transaction."""

    events: Sequence[Event]
    notices: Sequence[tuple[str, str]]
    answers: Sequence[Answered]
    jobs: Sequence[tuple[Job, timedelta, str | None]]
    traces: Mapping[UUID, str | None]

    async def write(
        self, connection: Any, now: datetime, counted: Callable[[Statement], None]
    ) -> None:
        """Send what is buffered; nothing is sent when there is nothing."""
        if self.events:
            statement = SQL.write_events_and_answer if self.answers else SQL.write_events
            counted(statement)
            await connection.execute(
                statement.sql, *self._event_columns(now), *self._answer_columns()
            )
        elif self.answers:
            counted(SQL.write_answer)
            await connection.execute(SQL.write_answer.sql, *self._answer_columns())
        if self.notices:
            counted(SQL.notify)
            topics, payloads = zip(*dict.fromkeys(self.notices), strict=True)
            await connection.execute(SQL.notify.sql, topics, payloads)
        if self.jobs:
            await self._enqueue(connection, counted)

    def _event_columns(self, now: datetime) -> tuple[object, ...]:
        own = tracing.traceparent()
        return (
            [new_id() for _ in self.events],
            [event.TYPE for event in self.events],
            [subject_of(event) for event in self.events],
            self.events,
            [self.traces.get(getattr(event, event.SUBJECT_FIELD), own) for event in self.events],
            now,
        )

    def _answer_columns(self) -> tuple[object, ...]:
        if not self.answers:
            return ()
        return (
            [answer.scope for answer in self.answers],
            [answer.key for answer in self.answers],
            [answer.status for answer in self.answers],
            [answer.body for answer in self.answers],
            [answer.headers for answer in self.answers],
        )

    async def _enqueue(self, connection: Any, counted: Callable[[Statement], None]) -> None:
        counted(_ENQUEUE)
        trace = tracing.traceparent()
        await job_queries(_PlainJson(connection)).enqueue(
            [job.NAME for job, _, _ in self.jobs],
            [msgspec.json.encode([trace, job]) for job, _, _ in self.jobs],
            [0] * len(self.jobs),
            [after for _, after, _ in self.jobs],
            [dedupe for _, _, dedupe in self.jobs],
            on_conflict="skip",
        )


class _PlainJson(AsyncpgDriver):
    """PgQueuer hands jsonb (its last argument) over as text; our connections would encode it again,
    and the worker could not read the job.
    """

    async def fetch(self, query: str, *args: Any) -> list[dict[str, Any]]:
        """Run PgQueuer's insert."""
        *others, headers = args
        return await super().fetch(query, *others, [msgspec.Raw(text) for text in headers])


_ENQUEUE = Statement("enqueue_jobs", "many", "", "pgqueuer")


def subject_of(event: Event) -> str:
    """The public id of the aggregate whose history the event belongs to."""
    return encode(event.SUBJECT_KIND, getattr(event, event.SUBJECT_FIELD))


@functools.cache
def island_of(event_type: str) -> str:
    """`orders` for `argosy.orders.order_placed.v1`."""
    found = re.fullmatch(r"argosy\.([a-z]+)\.[a-z_]+\.v[0-9]+", event_type)
    assert found, f"malformed event type {event_type!r}"
    return found.group(1)
