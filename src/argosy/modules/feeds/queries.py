"""Read feeds and their pulls."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.modules.feeds import store
from argosy.modules.feeds.errors import FeedNotFound
from argosy.modules.feeds.types import Feed, Health, Run
from argosy.runtime.db import Tx


async def feed_by_code(tx: Tx, code: str) -> Feed:
    """One feed. Raises FeedNotFound."""
    found = None if "\x00" in code else await store.feed_by_code(tx, code)
    if found is None:
        raise FeedNotFound(f"There is no feed {code[:80]!r}.")
    return found


async def feed_of_run(tx: Tx, run_id: UUID) -> Feed:
    """The feed that is pulled. Raises FeedNotFound."""
    found = await store.feed_of_run(tx, run_id)
    if found is None:
        raise FeedNotFound("The feed is gone.")
    return found


async def list_feeds(tx: Tx, *, after: str | None = None, limit: int) -> list[Feed]:
    """Feeds by code."""
    return await store.feed_page(tx, after or "", limit)


async def secret_of(tx: Tx, feed_id: UUID) -> bytes | None:
    """The encrypted secret of a feed."""
    return await store.secret_of(tx, feed_id)


async def runs_of(tx: Tx, feed_id: UUID, *, before: UUID | None = None, limit: int) -> list[Run]:
    """Pulls of a feed, the newest first, from before that one."""
    return await store.run_page(tx, feed_id, before, limit)


async def last_runs(tx: Tx, feed_ids: Sequence[UUID]) -> dict[UUID, Run]:
    """The newest pull of each of the feeds."""
    return {run.feed_id: run for run in await store.last_runs(tx, feed_ids)}


async def run_by_id(tx: Tx, run_id: UUID) -> Run | None:
    """One pull."""
    return await store.run_by_id(tx, run_id)


async def health(tx: Tx) -> Health:
    """How many active feeds fail, and how many are late."""
    return await store.health(tx)
