"""Reading the outbox: each subscription has a cursor and moves it with its own effects.

Events are read in the order (xid, id) and only below the snapshot horizon, so that an event whose
transaction commits late is never skipped. The cursor advances in the transaction that holds the
effects: delivery is at least once, the effect once (DOMAIN.md P3). An event on which a subscription
fails is parked with its error and tried again with growing pauses; it stops nothing but itself.
After MAX_TRIES it waits for a person (`argosy events parked`, `replay`).
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from argosy.kernel.errors import Unavailable
from argosy.runtime.db import Database, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "subscriptions.sql")

MAX_TRIES = 12
BATCH = 500

log = structlog.get_logger(__name__)


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """An event as a reaction receives it. `seq` numbers the events of one `subject`."""

    event_id: UUID
    type: str
    subject: str
    seq: int
    data: dict[str, Any]
    trace: str | None
    occurred_at: datetime


Handler = Callable[[Tx, Sequence[Delivered]], Awaitable[None]]


class Subscription(msgspec.Struct, frozen=True):
    """A named reader of some event types. `handle` gets a batch, in order, inside a transaction;
    it must not fail half way on purpose: on an error the batch is repeated event by event.
    """

    name: str
    types: frozenset[str]
    handle: Handler


async def register(db: Database, subscriptions: Sequence[Subscription]) -> None:
    """Make the cursors of new subscriptions; they start at the oldest event that is kept. In a
    database that was restored from a dump, the events are put in order first.
    """
    async with db.transaction() as tx:
        if (await tx.one(SQL.is_restored))["restored"]:
            await _put_in_order(tx)
        await tx.run(SQL.register, sorted(s.name for s in subscriptions), tx.now)


async def _put_in_order(tx: Tx) -> None:
    """Events of another server have its transaction ids. Those to come have smaller ones here and
    would lie before all cursors: nobody would ever read them. What was not read is read once more
    or for the first time, and some of what was: reactions bear repeats.
    """
    await tx.run(SQL.stop_readers)
    if not (await tx.one(SQL.is_restored))["restored"]:
        return  # another worker was first
    await tx.run(SQL.renumber_cursors, tx.now)
    events = await tx.run(SQL.renumber_events)
    log.warning("events.restored", events=events)


async def pass_by(
    db: Database, subscriptions: Sequence[Subscription], *, batch: int = BATCH
) -> tuple[frozenset[str], bool]:
    """Let those whom the next events do not concern pass them by, in one statement; the names of
    those with work for `deliver` or `retry_parked`, and whether there are more events to judge.
    """
    pairs = [(s.name, kind) for s in subscriptions for kind in sorted(s.types)]
    async with db.reading() as tx:
        row = await tx.one(
            SQL.pass_by,
            [s.name for s in subscriptions],
            [name for name, _ in pairs],
            [kind for _, kind in pairs],
            batch,
            tx.now,
        )
    return frozenset(row["names"]), row["read"] >= batch


async def deliver(db: Database, subscription: Subscription, *, batch: int = BATCH) -> int:
    """Handle the next batch. The number of events read; 0 when there is nothing to do or another
    worker is at it. Raises Unavailable when the database gave way: the batch is simply repeated.
    """
    async with db.transaction() as tx:
        cursor = await tx.maybe(SQL.lock_cursor, subscription.name)
        if cursor is None:
            return 0
        rows = await tx.many(
            SQL.read_after, cursor["xid"], cursor["id"], sorted(subscription.types), batch
        )
        if not rows:
            return 0
        events = [_delivered(row) for row in rows if row["data"] is not None]
        if events:
            await _handle(tx, subscription, events)
        last = rows[-1]
        await tx.run(SQL.advance, subscription.name, last["xid"], last["id"], tx.now)
        read: int = last["read"]
        return read


async def _handle(tx: Tx, subscription: Subscription, events: Sequence[Delivered]) -> None:
    try:
        async with tx.savepoint():
            await subscription.handle(tx, events)
        return
    except Unavailable:
        raise
    except Exception as error:
        if tx.is_lost:
            raise
        if len(events) == 1:
            await _park(tx, subscription, events[0], error, tries=1)
            return
    for event in events:
        await _handle(tx, subscription, [event])


async def retry_parked(db: Database, subscription: Subscription, *, batch: int = 50) -> int:
    """Try the parked events that are due again; the number tried."""
    async with db.transaction() as tx:
        rows = await tx.many(SQL.lock_due, subscription.name, tx.now, batch)
        for row in rows:
            event = _delivered(row)
            try:
                async with tx.savepoint():
                    await subscription.handle(tx, [event])
            except Unavailable:
                raise
            except Exception as error:
                if tx.is_lost:
                    raise
                await _park(tx, subscription, event, error, tries=row["tries"] + 1)
            else:
                await tx.run(SQL.unpark, subscription.name, event.event_id)
        return len(rows)


async def _park(
    tx: Tx, subscription: Subscription, event: Delivered, error: Exception, *, tries: int
) -> None:
    next_try = tx.now + timedelta(seconds=min(3600, 2**tries)) if tries < MAX_TRIES else None
    log.error(
        "event.parked",
        subscription=subscription.name,
        event_id=str(event.event_id),
        event_type=event.type,
        tries=tries,
        error=type(error).__name__,
    )
    reason = "".join(traceback.format_exception(error))[-4000:]
    await tx.run(
        SQL.park,
        subscription.name,
        event.event_id,
        event.type,
        event.subject,
        event.seq,
        event.data,
        event.trace,
        event.occurred_at,
        tries,
        reason,
        next_try,
    )


async def replay(tx: Tx, subscription: str, event_id: UUID) -> bool:
    """Make a parked event due now, with its tries counted anew; False when it is not parked."""
    return await tx.run(SQL.make_due, subscription, event_id, tx.now) == 1


async def list_parked(
    tx: Tx, *, after: tuple[str, UUID] | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Parked events, by subscription and event id, with their last error."""
    name, event_id = after or ("", UUID(int=0))
    return [dict(row) for row in await tx.many(SQL.list_parked, name, event_id, limit)]


async def lag(tx: Tx, name: str) -> float:
    """Seconds that the oldest event which one subscription has not read has waited; 0: none."""
    return float((await tx.one(SQL.lag, name, tx.now))["lag_s"])


async def lags(tx: Tx) -> dict[str, float]:
    """Seconds that the oldest unread event of each subscription has waited; 0 when none waits."""
    return {row["name"]: float(row["lag_s"]) for row in await tx.many(SQL.lags, tx.now)}


def _delivered(row: Any) -> Delivered:
    return Delivered(
        event_id=row["event_id"],
        type=row["type"],
        subject=row["subject"],
        seq=row["seq"],
        data=row["data"],
        trace=row["trace"],
        occurred_at=row["occurred_at"],
    )
