"""Pull feeds: fetch a file, plan its import, and apply the plan when nothing in it looks wrong.

```
due -> queued -> running -+-> unchanged   the server, or the file's hash, says that it is the same
                          +-> applied     planned without outliers, and applied
                          +-> waiting     outliers: the plan waits for a person
                          +-> failed      not fetched, not readable; tried again soon
```
A pull is one job. Killed anywhere, the job is done again: before there is a plan it fetches anew,
after that it goes on with the plan.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar
from uuid import UUID

import msgspec

from argosy.kernel.errors import ArgosyError, Conflict, Unavailable
from argosy.kernel.events import Job
from argosy.modules import feeds, imports
from argosy.modules.feeds import Asked, Feed, Fetched, NotFetched, NotModified, Run
from argosy.modules.imports import Plan
from argosy.runtime import metrics
from argosy.runtime.credentials import locked, unlocked
from argosy.runtime.db import Tx
from argosy.runtime.settings import Settings
from argosy.workflows.app import App
from argosy.workflows.mapped_imports import with_mapping
from argosy.workflows.product_applying import apply_plan
from argosy.workflows.product_planning import MakeImportPlan, make_import_plan

_PURPOSE = "feed secrets"


class PullFeed(Job, frozen=True, kw_only=True):
    """Pull a feed: fetch, plan, apply."""

    NAME: ClassVar[str] = "pull_feed"

    run_id: UUID


def sealed_secret(settings: Settings, secret: str | None) -> bytes | None:
    """A feed's password or token as it is stored."""
    if secret is None:
        return None
    return locked(settings.secret_key.get_secret_value(), secret, purpose=_PURPOSE)


async def request_pull(tx: Tx, code: str, *, asked_by: str, fresh: bool = False) -> UUID:
    """Have the worker pull a feed now. Raises FeedNotFound, FeedBusy."""
    run_id = await feeds.request_run(tx, code, asked_by=asked_by, fresh=fresh)
    tx.enqueue(PullFeed(run_id=run_id))
    return run_id


async def pull_now(app: App, code: str, *, asked_by: str, fresh: bool = False) -> Run:
    """Pull a feed in this process; the pull as it ended. Raises FeedNotFound, FeedBusy."""
    async with app.db.transaction() as tx:
        run_id = await feeds.request_run(tx, code, asked_by=asked_by, fresh=fresh)
    await pull_feed(app, PullFeed(run_id=run_id))
    async with app.db.reading() as tx:
        run = await feeds.run_by_id(tx, run_id)
    assert run is not None, run_id
    return run


async def start_due(app: App) -> int:
    """Start the pulls whose time has come. A sweep: how many."""
    async with app.db.transaction() as tx:
        await feeds.end_forgotten(tx)
        started = await feeds.start_due(tx)
        for run_id in started:
            tx.enqueue(PullFeed(run_id=run_id))
    return len(started)


async def measure(app: App) -> int:
    """Set the metrics of feeds. A sweep: returns 0, nothing more to do."""
    async with app.db.reading() as tx:
        health = await feeds.health(tx)
    metrics.FEEDS_FAILING.set(health.failing)
    metrics.FEEDS_LATE.set(health.late)
    return 0


async def forget_runs(app: App) -> None:
    """Forget pulls of more than ninety days ago."""
    async with app.db.transaction() as tx:
        await feeds.forget_runs(tx)


async def pull_feed(app: App, job: PullFeed) -> None:
    """Do a pull, or go on with it; a no-op when it has ended or its feed is gone.

    Raises an Unavailable when the database stays away: the job is then done again.
    """
    async with app.db.transaction() as tx:
        run = await feeds.start_run(tx, job.run_id)
        feed = await feeds.feed_of_run(tx, job.run_id) if run else None
    if run is None or feed is None:
        return
    try:
        plan_id = run.plan_id or await _planned(app, feed, run)
        if plan_id is not None:
            await _applied(app, run, plan_id)
    except Unavailable:
        raise
    except ArgosyError as error:
        async with app.db.transaction() as tx:
            await feeds.end_failed(tx, run.id, code=error.code, message=error.message)
    async with app.db.reading() as tx:
        ended = await feeds.run_by_id(tx, run.id)
    if ended is not None:
        metrics.FEED_RUNS.labels(ended.state).inc()


async def _planned(app: App, feed: Feed, run: Run) -> UUID | None:
    """The plan that is to be made of the file; None when the pull has ended without one."""
    assert app.fetcher is not None, "entry/wiring.py gives one"
    async with app.db.reading() as tx:
        box = await feeds.secret_of(tx, feed.id)
    found = await app.fetcher.fetch(_asked(app.settings, feed, box, fresh=run.fresh))
    match found:
        case NotFetched(code=code, message=message):
            async with app.db.transaction() as tx:
                await feeds.end_failed(tx, run.id, code=code, message=message)
        case NotModified():
            async with app.db.transaction() as tx:
                await feeds.end_unchanged(tx, run.id)
        case Fetched() if found.sha256 == feed.sha256 and not run.fresh:
            found.path.unlink(missing_ok=True)
            async with app.db.transaction() as tx:
                await feeds.end_unchanged(tx, run.id)
        case Fetched():
            return await _request_plan(app, feed, run, found)
    return None


def _asked(settings: Settings, feed: Feed, box: bytes | None, *, fresh: bool) -> Asked:
    secret = None
    if box is not None:
        secret = unlocked(settings.secret_key.get_secret_value(), box, purpose=_PURPOSE)
    return Asked(
        url=feed.url,
        auth=feed.auth,
        auth_user=feed.auth_user,
        secret=secret or "",
        etag=None if fresh else feed.etag,
        modified=None if fresh else feed.modified,
    )


async def _request_plan(app: App, feed: Feed, run: Run, file: Fetched) -> UUID:
    try:
        key = await app.storage.put_upload(file.path, suffix=".bin")
    finally:
        file.path.unlink(missing_ok=True)
    options: dict[str, object] = msgspec.to_builtins(feed.options)
    async with app.db.transaction() as tx:
        if feed.mapping:
            options = await with_mapping(tx, options, feed.mapping)
        plan_id = await imports.request_plan(
            tx,
            format_name=feed.format,
            file_name=_name_of(feed),
            storage_key=key,
            options=options | {"feed": feed.code},
            actor=f"feed {feed.code}",
        )
        superseded = await feeds.note_plan(tx, run.id, plan_id, file)
        for earlier in superseded:
            await _discarded(tx, earlier)
    return plan_id


def _name_of(feed: Feed) -> str:
    """The last part of the address, without what is asked behind it."""
    path = feed.url.partition("?")[0].partition("#")[0]
    return Path(path).name[-150:] or feed.code


async def _discarded(tx: Tx, plan_id: UUID) -> None:
    """A newer file is here: whoever applied the plan of an older one would take it back."""
    try:
        plan = await imports.plan_by_id(tx, plan_id)
        if plan.state == "planned":
            await imports.discard_plan(tx, plan_id)
    except (imports.PlanNotFound, Conflict):
        pass


async def _applied(app: App, run: Run, plan_id: UUID) -> None:
    """Make the plan, and apply it when it has no outliers. Raises what these raise."""
    await make_import_plan(app, MakeImportPlan(plan_id=plan_id))
    async with app.db.reading() as tx:
        plan = await imports.plan_by_id(tx, plan_id)
        groups = await imports.groups_of(tx, plan_id)
    waiting = [group.name for group in groups if group.acknowledged_at is None]
    if plan.state == "failed":
        async with app.db.transaction() as tx:
            await feeds.end_failed(tx, run.id, code="unreadable", message=plan.message)
    elif not _takes_any(plan):
        async with app.db.transaction() as tx:
            await feeds.end_failed(
                tx, run.id, code="nothing_taken", message="No record of the file can be taken."
            )
    elif plan.state == "planned" and waiting:
        async with app.db.transaction() as tx:
            await feeds.end_waiting(tx, run.id, plan_id, f"Outliers: {', '.join(waiting)}.")
    else:
        await _apply(app, run, plan)


def _takes_any(plan: Plan) -> bool:
    """Else it is no file of products: a page that says sorry, or another file altogether."""
    return plan.creates + plan.updates + plan.unchanged > 0


async def _apply(app: App, run: Run, plan: Plan) -> None:
    if plan.state in {"planned", "applying"}:
        plan = await apply_plan(app, plan.id)
    async with app.db.transaction() as tx:
        if plan.state == "applied":
            await feeds.end_applied(tx, run.id, plan.id)
        else:
            # Somebody has taken it in hand meanwhile.
            await feeds.end_waiting(tx, run.id, plan.id, f"The plan is {plan.state}.")
