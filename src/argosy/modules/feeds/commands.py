"""Make and change feeds, and keep the record of their pulls."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from argosy.kernel.ids import new_id
from argosy.modules.feeds import rules, store
from argosy.modules.feeds.errors import (
    FeedBusy,
    FeedExists,
    FeedInvalid,
    FeedNotFound,
    FeedVersionConflict,
)
from argosy.modules.feeds.events import FeedApplied, FeedFailed, FeedWaits
from argosy.modules.feeds.types import Feed, FeedFields, Fetched, Run
from argosy.runtime.db import Tx

DUE_AT_ONCE = 20
RUN_LASTS = timedelta(hours=6)
RUNS_KEPT = timedelta(days=90)


async def create_feed(
    tx: Tx,
    code: str,
    fields: FeedFields,
    *,
    secret: bytes | None,
    author: str,
    http_hosts: Collection[str],
) -> Feed:
    """A feed that is pulled the next time that its schedule names. `secret` is encrypted.

    Raises FeedAddressRefused, ScheduleInvalid, ZoneUnknown, FeedInvalid, FeedExists.
    """
    given = {k: v for k, v in msgspec.structs.asdict(fields).items() if v is not UNSET}
    missing = {"name", "url", "format", "options", "schedule", "zone"} - given.keys()
    if missing:
        raise FeedInvalid(f"It needs {', '.join(sorted(missing))}.", field=min(missing))
    feed = Feed(
        **{"mapping": None, "auth": "none", "auth_user": "", **given},
        id=new_id(), code=code, state="active", etag=None, modified=None, sha256=None,
        next_at=tx.now, last_good_at=None, late_after=tx.now, failures=0, version=1,
        author=author, created_at=tx.now, updated_at=tx.now,
    )  # fmt: skip
    feed = _timed(tx, feed)
    _check(feed, http_hosts, has_secret=secret is not None)
    if not await store.insert_feed(tx, feed, secret):
        raise FeedExists(f"There is a feed {code!r} already.", field="code")
    return feed


async def update_feed(
    tx: Tx,
    code: str,
    fields: FeedFields,
    *,
    secret: bytes | UnsetType | None = UNSET,
    expected_version: int | None = None,
    http_hosts: Collection[str],
) -> tuple[Feed, Feed]:
    """Change what is given: the feed before and after. Whatever file was the last, the next one
    counts as new. An encrypted `secret` of None takes it away.

    Raises FeedNotFound, FeedVersionConflict and what `create_feed` raises.
    """
    before = await _locked(tx, code, expected_version)
    given = {k: v for k, v in msgspec.structs.asdict(fields).items() if v is not UNSET}
    after = msgspec.structs.replace(before, **given)
    kept = await store.secret_of(tx, before.id) if secret is UNSET else secret
    _check(after, http_hosts, has_secret=kept is not None)
    if after == before and secret is UNSET:
        return before, before
    after = _timed(tx, msgspec.structs.replace(after, etag=None, modified=None, sha256=None))
    version = await store.update_feed(
        tx, after, set_secret=secret is not UNSET, secret=None if secret is UNSET else secret
    )
    return before, msgspec.structs.replace(after, version=version, updated_at=tx.now)


async def set_paused(
    tx: Tx, code: str, *, paused: bool, expected_version: int | None = None
) -> tuple[Feed, Feed]:
    """Stop pulling a feed by its schedule, or go on with it; a repeat changes nothing.

    Raises FeedNotFound, FeedVersionConflict.
    """
    before = await _locked(tx, code, expected_version)
    if (before.state == "paused") == paused:
        return before, before
    after = _timed(tx, msgspec.structs.replace(before, state="paused" if paused else "active"))
    await store.set_state(tx, after)
    return before, msgspec.structs.replace(after, version=before.version + 1)


async def delete_feed(tx: Tx, code: str, *, expected_version: int | None = None) -> Feed:
    """Remove a feed with the record of its pulls; what it imported stays.

    Raises FeedNotFound, FeedVersionConflict.
    """
    gone = await _locked(tx, code, expected_version)
    await store.delete_feed(tx, gone.id)
    return gone


async def request_run(tx: Tx, code: str, *, asked_by: str, fresh: bool = False) -> UUID:
    """Have a feed pulled now, paused or not; `fresh` also when its file is the one that we know.

    Raises FeedNotFound, FeedBusy.
    """
    feed = await _locked(tx, code, None)
    run_id = new_id()
    if not await store.insert_run(tx, run_id, feed.id, asked_by, fresh=fresh):
        raise FeedBusy(f"The feed {code!r} is being pulled.")
    return run_id


async def start_due(tx: Tx) -> list[UUID]:
    """A pull for each feed whose time has come; each is due again at its next time."""
    started = []
    for due in await store.due_feeds(tx, DUE_AT_ONCE):
        await store.set_next(tx, due.id, rules.next_time(due.schedule, due.zone, tx.now))
        run_id = new_id()
        if await store.insert_run(tx, run_id, due.id, "", fresh=False):
            started.append(run_id)
    return started


async def start_run(tx: Tx, run_id: UUID) -> Run | None:
    """The pull to be done, or to be gone on with; None when it has ended or is gone."""
    run = await store.run_by_id(tx, run_id, lock=True)
    if run is None or run.ended_at is not None:
        return None
    await store.start_run(tx, run_id)
    return run


async def note_plan(tx: Tx, run_id: UUID, plan_id: UUID, file: Fetched) -> list[UUID]:
    """Note the plan that is made of the file; the plans of earlier pulls that waited."""
    await store.note_plan(tx, run_id, plan_id, file)
    run = await store.run_by_id(tx, run_id)
    return await store.earlier_waiting(tx, run.feed_id, run_id) if run else []


async def end_unchanged(tx: Tx, run_id: UUID) -> None:
    """The file is the one that we know; a no-op when the pull has ended."""
    if await store.end_run(tx, run_id, "unchanged", code="", message="") is not None:
        await _good(tx, run_id, (None, None, None))


async def end_applied(tx: Tx, run_id: UUID, plan_id: UUID) -> None:
    """The file is imported; a no-op when the pull has ended."""
    known = await store.end_run(tx, run_id, "applied", code="", message="")
    if known is not None:
        feed = await _good(tx, run_id, known)
        tx.emit(FeedApplied(feed_id=feed.id, run_id=run_id, plan_id=plan_id))


async def end_waiting(tx: Tx, run_id: UUID, plan_id: UUID, message: str) -> None:
    """The plan of the file waits for a person; a no-op when the pull has ended."""
    known = await store.end_run(tx, run_id, "waiting", code="outliers", message=message)
    if known is not None:
        feed = await _good(tx, run_id, known)
        tx.emit(FeedWaits(feed_id=feed.id, run_id=run_id, plan_id=plan_id))


async def end_failed(tx: Tx, run_id: UUID, *, code: str, message: str) -> None:
    """Nothing came of it: it is tried again soon; a no-op when the pull has ended."""
    if await store.end_run(tx, run_id, "failed", code=code, message=message) is None:
        return
    feed = await store.feed_of_run(tx, run_id)
    assert feed is not None, run_id
    scheduled = rules.next_time(feed.schedule, feed.zone, tx.now)
    next_at = rules.next_try(scheduled, tx.now, feed.failures + 1)
    failures = await store.note_failure(tx, feed.id, next_at)
    tx.emit(FeedFailed(feed_id=feed.id, run_id=run_id, reason=code, failures=failures))


async def end_forgotten(tx: Tx) -> int:
    """Give up pulls that no worker has ended for hours; how many."""
    forgotten = await store.forgotten_runs(tx, tx.now - RUN_LASTS)
    for run_id in forgotten:
        await end_failed(tx, run_id, code="abandoned", message="No worker brought it to an end.")
    return len(forgotten)


async def forget_runs(tx: Tx) -> None:
    """Forget pulls of more than ninety days ago."""
    await store.delete_old_runs(tx, tx.now - RUNS_KEPT)


async def _good(tx: Tx, run_id: UUID, known: tuple[str | None, str | None, str | None]) -> Feed:
    feed = await store.feed_of_run(tx, run_id)
    assert feed is not None, run_id
    late_after = rules.next_time(feed.schedule, feed.zone, tx.now) + rules.GRACE
    await store.note_good(tx, feed.id, late_after, known)
    return feed


def _timed(tx: Tx, feed: Feed) -> Feed:
    next_at = rules.next_time(feed.schedule, feed.zone, tx.now)
    return msgspec.structs.replace(feed, next_at=next_at, late_after=next_at + rules.GRACE)


def _check(feed: Feed, http_hosts: Collection[str], *, has_secret: bool) -> None:
    rules.check_url(feed.url, http_hosts)
    rules.next_time(feed.schedule, feed.zone, feed.updated_at)
    rules.check_together(
        format_name=feed.format, mapping=feed.mapping, options=feed.options, auth=feed.auth,
        auth_user=feed.auth_user, has_secret=has_secret,
    )  # fmt: skip


async def _locked(tx: Tx, code: str, expected_version: int | None) -> Feed:
    feed = None if "\x00" in code else await store.feed_by_code(tx, code, lock=True)
    if feed is None:
        raise FeedNotFound(f"There is no feed {code[:80]!r}.")
    if expected_version is not None and expected_version != feed.version:
        raise FeedVersionConflict("It was changed since you read it.", current_version=feed.version)
    return feed
