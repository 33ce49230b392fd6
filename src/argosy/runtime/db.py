"""Database and Tx: the only two handles on PostgreSQL that a use case gets.

A function that takes `tx` runs inside its caller's transaction: SQL, `tx.emit`, `tx.enqueue`,
nothing else. A function that takes `db` (or the App) opens its own and may talk to the outside
world between them, never within.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.exceptions._base import DataError as _DriverDataError
from asyncpg.pgproto import pgproto as _values
from asyncpg.protocol import protocol as _driver

from argosy.kernel.errors import Invalid, Unavailable
from argosy.kernel.events import Event, Job
from argosy.kernel.ids import make_with
from argosy.runtime import metrics, telemetry
from argosy.runtime.outbox_rows import Answered, Flush
from argosy.runtime.statements import Statement
from argosy.runtime.tasks import is_cancelled

# The driver asks of each element of an array whether it is an array itself, through the abstract
# Iterable and Sized, which run in Python: 240 times for a purchase. The kinds of containers that we
# pass are few, and asking for them costs next to nothing.
_driver.IterableABC = _driver.SizedABC = (
    list, tuple, set, frozenset, type({}.keys()), type({}.values()),
)  # fmt: skip

# What the driver reads from rows; a purchase makes some thirty, and puts them into sets and dicts.
make_with(_values.UUID)

Record: TypeAlias = asyncpg.Record
IntegrityError = asyncpg.IntegrityConstraintViolationError

Clock = Callable[[], datetime]


class DatabaseUnavailable(Unavailable):
    """The database did not answer in time or is restarting. Nothing can be said about this request
    yet: send the very same request again (with the same Idempotency-Key) after `Retry-After`.
    """

    code = "service.database_unavailable"
    usual_cure = (
        "Send the very same request again, with the same `Idempotency-Key`, after `Retry-After`."
    )


class ValueRefused(Invalid):
    """A value of the request is outside of what can be stored, for example an integer beyond the
    64 bits of a column or a character that no text may hold. Send a smaller or cleaner value.
    """

    code = "request.value_refused"
    usual_cure = "Send a smaller number or a text without unusual characters."


class RowMissing(AssertionError):
    """A statement of kind :one found no row or several: a defect, never an input error."""


# A value that no column takes: from the server (class 22), and from the driver before it sends.
_REFUSED_VALUES = (asyncpg.DataError, _DriverDataError)

_AWAY = "The database is busy or restarting; send the same request again."

_FRESH_PLANS = "set local plan_cache_mode = force_custom_plan"

# Errors after which the very same work may be tried again on a fresh connection.
_TRANSIENT = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InterfaceError,
    # Raised by the driver for a connection whose server died before the driver noticed.
    asyncpg.InternalClientError,
    # Refused, reset, timed out, no name for the host, no socket while the server restarts.
    OSError,
)


class StatementCount:
    """What one request or job asked of the database, by statement name."""

    __slots__ = ("names", "transactions")

    def __init__(self) -> None:
        self.names: list[str] = []
        self.transactions = 0

    @property
    def statements(self) -> int:
        """Statements sent, transaction control (BEGIN, COMMIT) not included."""
        return len(self.names)

    @property
    def round_trips(self) -> int:
        """Statements plus BEGIN and COMMIT of each transaction."""
        return len(self.names) + 2 * self.transactions

    def mark(self) -> tuple[int, int]:
        """This moment, for `since`."""
        return len(self.names), self.transactions

    def since(self, mark: tuple[int, int]) -> tuple[list[str], int]:
        """Names of the statements, and number of transactions, after `mark`."""
        return self.names[mark[0] :], self.transactions - mark[1]


_count: ContextVar[StatementCount | None] = ContextVar("argosy_statements", default=None)


@contextmanager
def counting_statements() -> Iterator[StatementCount]:
    """Count every statement sent by this task and the tasks it starts."""
    counter = StatementCount()
    token = _count.set(counter)
    try:
        yield counter
    finally:
        _count.reset(token)


def begin_counting() -> StatementCount:
    """The counter of this task; without one, from here on all its statements are counted."""
    counter = _count.get()
    if counter is None:
        counter = StatementCount()
        _count.set(counter)
    return counter


def current_count() -> StatementCount | None:
    """The counter of this task, if its statements are counted."""
    return _count.get()


def constraint(error: BaseException) -> str | None:
    """The name of the violated constraint, when `error` is an IntegrityError."""
    return getattr(error, "constraint_name", None)


def utc_now() -> datetime:
    """The wall clock, in UTC. Only `Database` calls it; use cases read `tx.now`."""
    return datetime.now(UTC)


class Tx:
    """One transaction (or one autocommit reader, see `Database.reading`)."""

    __slots__ = (
        "_answers",
        "_connection",
        "_events",
        "_jobs",
        "_notices",
        "_traces",
        "_writable",
        "committed",
        "now",
    )

    def __init__(self, connection: Any, now: datetime, *, writable: bool) -> None:
        self._connection = connection
        self._writable = writable
        self._events: list[Event] = []
        self._jobs: list[tuple[Job, timedelta, str | None]] = []
        self._notices: list[tuple[str, str]] = []
        self._answers: list[Answered] = []
        self._traces: dict[UUID, str | None] = {}
        self.committed: list[Event] = []
        self.now = now

    async def one(self, statement: Statement, *args: object) -> Record:
        """The single row of a `:one` statement."""
        row = await self.maybe(statement, *args)
        if row is None:
            raise RowMissing(f"{statement.origin}:{statement.name} returned no row")
        return row

    async def maybe(self, statement: Statement, *args: object) -> Record | None:
        """The row of a `:one?` statement, or None."""
        _counted(statement)
        return await self._connection.fetchrow(statement.sql, *args)

    async def many(self, statement: Statement, *args: object) -> list[Record]:
        """All rows of a `:many` statement."""
        _counted(statement)
        rows: list[Record] = await self._connection.fetch(statement.sql, *args)
        return rows

    async def run(self, statement: Statement, *args: object) -> int:
        """Run an `:exec` statement; the number of rows it touched."""
        _counted(statement)
        status: str = await self._connection.execute(statement.sql, *args)
        return int(status.rpartition(" ")[2]) if status[-1:].isdigit() else 0

    @property
    def is_lost(self) -> bool:
        """Whether the connection is gone, so that nothing of this transaction can take effect."""
        return bool(self._connection.is_closed())

    def emit(self, event: Event) -> None:
        """Record a fact: written to the outbox with this transaction, or not at all."""
        assert self._writable, "events need a transaction"
        self._events.append(event)

    def enqueue(
        self, job: Job, *, after: timedelta = timedelta(0), dedupe: str | None = None
    ) -> None:
        """Ask the worker for `job` once this transaction commits; `dedupe` drops a second request
        while one with the same key is still waiting.
        """
        assert self._writable, "jobs need a transaction"
        self._jobs.append((job, after, dedupe))

    def notify(self, topic: str, payload: str) -> None:
        """Tell the caches of every process, at commit (see runtime/cache.py)."""
        assert self._writable, "notices need a transaction"
        self._notices.append((topic, payload))

    def remember(self, answer: Answered) -> None:
        """Store the answer of an idempotent command with its effect (DOMAIN.md G2, G3)."""
        assert self._writable, "answers need a transaction"
        self._answers.append(answer)

    def trace(self, subject_id: UUID, traceparent: str | None) -> None:
        """Let the events about this subject belong to that trace: a batch serves many requests."""
        self._traces[subject_id] = traceparent

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Work inside may fail without failing the transaction; its events go with it."""
        kept = len(self._events), len(self._jobs), len(self._notices)
        try:
            async with self._connection.transaction():
                yield
        except BaseException:
            del self._events[kept[0] :], self._jobs[kept[1] :], self._notices[kept[2] :]
            raise

    async def flush(self) -> None:
        """Write buffered events, notices, jobs and the stored answer.

        `Database` does so before the commit. Who wants to lock something as the very last may do so
        before, and again.
        """
        await Flush(self._events, self._notices, self._answers, self._jobs, self._traces).write(
            self._connection, self.now, _counted
        )
        self.committed += self._events
        self._events, self._jobs, self._notices, self._answers = [], [], [], []


def _counted(statement: Statement) -> None:
    counter = _count.get()
    if counter is not None:
        counter.names.append(statement.name)


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """A pooled connection that is returned without the RESET round trip.

    Nothing here changes session state: no advisory locks, no SET, no cursors outside transactions.
    """

    def get_reset_query(self) -> str:
        return ""


async def _prepare_connection(connection: Any) -> None:
    telemetry.trace_statements(connection)
    # The binary jsonb format is one version byte followed by the text.
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + msgspec.json.encode(value),
        decoder=lambda raw: msgspec.json.decode(memoryview(raw)[1:]),
    )


class Database:
    """A pool of connections to one PostgreSQL database. Safe to share between tasks."""

    def __init__(self, pool: Any, clock: Clock = utc_now, *, wait_s: float = 30.0) -> None:
        self.pool = pool
        self.clock = clock
        self._wait_s = wait_s

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        clock: Clock = utc_now,
        min_size: int = 2,
        max_size: int = 16,
        statement_timeout_s: float = 5.0,
        lock_timeout_s: float = 3.0,
        wait_s: float = 10.0,
        name: str = "argosy",
        generic_plans: bool = False,
    ) -> Database:
        """Connect. Timeouts are per statement; `name` shows in pg_stat_activity. Who gets no free
        connection within `wait_s` gets DatabaseUnavailable.

        `generic_plans` is for pools whose statements all go by key: PostgreSQL would else plan
        those with an array parameter (`id = any ($1)`) anew at every call, which costs several
        times their execution. Not for lists with optional filters. Such a plan is kept, also for
        the check of a foreign key, and so goes by index from the first row on: a table that was
        small when it was made would be read through until PostgreSQL analyses it.
        """
        pool = await asyncpg.create_pool(
            url,
            min_size=min_size,
            max_size=max_size,
            command_timeout=statement_timeout_s + 5.0,
            connection_class=_Connection,
            init=_prepare_connection,
            statement_cache_size=1000,
            max_cached_statement_lifetime=0,
            max_inactive_connection_lifetime=0,
            server_settings={
                "application_name": name,
                "statement_timeout": str(int(statement_timeout_s * 1000)),
                "lock_timeout": str(int(lock_timeout_s * 1000)),
                "idle_in_transaction_session_timeout": "30000",
                "timezone": "UTC",
                "jit": "off",
                "plan_cache_mode": "force_generic_plan" if generic_plans else "auto",
                "enable_seqscan": "off" if generic_plans else "on",
            },
        )
        return cls(pool, clock, wait_s=wait_s)

    async def _acquire(self) -> Any:
        # Bounded: where all connections are held by those who wait for one more, nobody would ever
        # get one, and nothing but the end of the process would help.
        async with asyncio.timeout(self._wait_s):
            return await self.pool.acquire()

    async def close(self) -> None:
        """Close the pool; running transactions get five seconds to finish."""
        try:
            await asyncio.wait_for(self.pool.close(), timeout=5)
        except TimeoutError:
            self.pool.terminate()

    @asynccontextmanager
    async def transaction(self, *, fresh_plans: bool = False) -> AsyncIterator[Tx]:
        """READ COMMITTED. Commits at the end, rolls back on any exception.

        `fresh_plans` is for transactions of many rows into tables that grow meanwhile: each
        statement is planned for the tables as they are, where one that was planned while they were
        small would read them through, again and again.

        Raises DatabaseUnavailable when the connection, a lock or a timeout gave way; a command with
        an idempotency key can then simply be sent again.
        """
        with translated():
            connection = await self._acquire()
            try:
                counter = _count.get()
                if counter is not None:
                    counter.transactions += 1
                async with connection.transaction():
                    if fresh_plans:
                        await connection.execute(_FRESH_PLANS)
                    tx = Tx(connection, self.clock(), writable=True)
                    yield tx
                    await tx.flush()
            finally:
                await self.pool.release(connection)
            metrics.committed(tx.committed)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """A connection without BEGIN and COMMIT: for single reads and single-statement writes."""
        with translated():
            connection = await self._acquire()
            try:
                yield Tx(connection, self.clock(), writable=False)
            finally:
                await self.pool.release(connection)


@contextmanager
def translated() -> Iterator[None]:
    """The driver's errors as ours: raises DatabaseUnavailable, ValueRefused."""
    try:
        yield
    except _REFUSED_VALUES as error:
        raise ValueRefused("A value of this request cannot be stored.") from error
    except _TRANSIENT as error:
        raise DatabaseUnavailable(_AWAY, retry_after=1) from error
    except asyncio.CancelledError as error:
        if is_cancelled():
            raise
        raise DatabaseUnavailable(_AWAY, retry_after=1) from error
