"""The only file of feeds that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.modules.feeds.types import Feed, Fetched, Health, Run, RunState
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


class Due(NamedTuple):
    """A feed whose time has come."""

    id: UUID
    schedule: str
    zone: str


async def insert_feed(tx: Tx, feed: Feed, secret: bytes | None) -> bool:
    """A new feed; False when the code is taken."""
    row = await tx.maybe(
        SQL.insert_feed, feed.id, feed.code, feed.name, feed.url, feed.format, feed.mapping,
        feed.options, feed.schedule, feed.zone, feed.auth, feed.auth_user, secret, feed.next_at,
        feed.late_after, feed.author, tx.now,
    )  # fmt: skip
    return row is not None


async def feed_by_code(tx: Tx, code: str, *, lock: bool = False) -> Feed | None:
    """One feed."""
    return _feed(await tx.maybe(SQL.lock_feed if lock else SQL.feed_by_code, code))


async def feed_of_run(tx: Tx, run_id: UUID) -> Feed | None:
    """The feed that is pulled."""
    return _feed(await tx.maybe(SQL.feed_of_run, run_id))


async def feed_page(tx: Tx, after: str, limit: int) -> list[Feed]:
    """Feeds by code."""
    return [msgspec.convert(dict(r), Feed) for r in await tx.many(SQL.feed_page, after, limit)]


def _feed(row: Record | None) -> Feed | None:
    return msgspec.convert(dict(row), Feed) if row else None


async def secret_of(tx: Tx, feed_id: UUID) -> bytes | None:
    """The encrypted secret."""
    row = await tx.maybe(SQL.secret_of, feed_id)
    return row["secret"] if row else None


async def update_feed(tx: Tx, feed: Feed, *, set_secret: bool, secret: bytes | None) -> int:
    """Write all of a feed, and forget which file was the last; the new version."""
    row = await tx.one(
        SQL.update_feed, feed.id, feed.name, feed.url, feed.format, feed.mapping, feed.options,
        feed.schedule, feed.zone, feed.auth, feed.auth_user, set_secret, secret, feed.next_at,
        feed.late_after, tx.now,
    )  # fmt: skip
    version: int = row["version"]
    return version


async def set_state(tx: Tx, feed: Feed) -> None:
    """Write the state and the next times."""
    await tx.run(SQL.set_state, feed.id, feed.state, feed.next_at, feed.late_after, tx.now)


async def delete_feed(tx: Tx, feed_id: UUID) -> None:
    """Remove a feed with its runs."""
    await tx.run(SQL.delete_feed, feed_id)


async def due_feeds(tx: Tx, limit: int) -> list[Due]:
    """Feeds whose time has come and that nobody pulls, locked."""
    rows = await tx.many(SQL.due_feeds, tx.now, limit)
    return [Due(row["id"], row["schedule"], row["zone"]) for row in rows]


async def set_next(tx: Tx, feed_id: UUID, at: datetime) -> None:
    """When it is due again."""
    await tx.run(SQL.set_next, feed_id, at)


async def insert_run(tx: Tx, run_id: UUID, feed_id: UUID, asked_by: str, *, fresh: bool) -> bool:
    """A pull that waits for a worker; False while there is another."""
    row = await tx.maybe(SQL.insert_run, run_id, feed_id, asked_by, fresh, tx.now)
    return row is not None


async def run_by_id(tx: Tx, run_id: UUID, *, lock: bool = False) -> Run | None:
    """One pull."""
    row = await tx.maybe(SQL.lock_run if lock else SQL.run_by_id, run_id)
    return Run(**dict(row)) if row else None


async def run_page(tx: Tx, feed_id: UUID, before: UUID | None, limit: int) -> list[Run]:
    """Pulls of a feed, the newest first."""
    return [Run(**dict(row)) for row in await tx.many(SQL.run_page, feed_id, before, limit)]


async def last_runs(tx: Tx, feed_ids: Sequence[UUID]) -> list[Run]:
    """The newest pull of each feed."""
    return [Run(**dict(row)) for row in await tx.many(SQL.last_runs, list(feed_ids))]


async def start_run(tx: Tx, run_id: UUID) -> None:
    """A worker is at it."""
    await tx.run(SQL.start_run, run_id)


async def note_plan(tx: Tx, run_id: UUID, plan_id: UUID, file: Fetched) -> None:
    """The plan that was made of the file."""
    await tx.run(
        SQL.note_plan, run_id, plan_id, file.byte_size, file.etag, file.modified, file.sha256
    )


async def end_run(
    tx: Tx, run_id: UUID, state: RunState, *, code: str, message: str
) -> tuple[str | None, str | None, str | None] | None:
    """End a pull: what its file is known by (etag, modified, sha256); None when it had ended."""
    row = await tx.maybe(SQL.end_run, run_id, state, code, message[:2000], tx.now)
    return (row["etag"], row["modified"], row["sha256"]) if row else None


async def note_good(
    tx: Tx,
    feed_id: UUID,
    late_after: datetime,
    known: tuple[str | None, str | None, str | None],
) -> None:
    """A pull came to a good end."""
    await tx.run(SQL.note_good, feed_id, tx.now, late_after, *known)


async def note_failure(tx: Tx, feed_id: UUID, next_at: datetime) -> int:
    """A pull failed; how many in a row."""
    failures: int = (await tx.one(SQL.note_failure, feed_id, next_at))["failures"]
    return failures


async def earlier_waiting(tx: Tx, feed_id: UUID, run_id: UUID) -> list[UUID]:
    """Plans of earlier pulls that waited for a person."""
    rows = await tx.many(SQL.earlier_waiting, feed_id, run_id)
    return [row["plan_id"] for row in rows]


async def forgotten_runs(tx: Tx, before: datetime) -> list[UUID]:
    """Pulls that began before the instant and have not ended."""
    return [row["id"] for row in await tx.many(SQL.forgotten_runs, before)]


async def delete_old_runs(tx: Tx, before: datetime) -> None:
    """Forget pulls before the instant, but the newest of each feed."""
    await tx.run(SQL.delete_old_runs, before)


async def health(tx: Tx) -> Health:
    """How the active feeds are."""
    row = await tx.one(SQL.health, tx.now)
    return Health(failing=row["failing"], late=row["late"])
