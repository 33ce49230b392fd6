"""What was searched for: counted in the process, written every few seconds.

A search waits for nothing of this. The counts of the last seconds are lost when a process is
killed: they say what shoppers look for, and are no records.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog

from argosy.modules import search
from argosy.modules.search import QueryCount, SearchUnavailable
from argosy.runtime import metrics
from argosy.workflows.app import App

FLUSH_AFTER_S: Final = 5.0
MOST_WAITING: Final = 5_000
"""More different queries than this within seconds are counted without their words."""

_FIELDS: Final = ("searches", "nothing", "results", "clicks", "click_ranks")

log = structlog.get_logger(__name__)


class Waiting:
    """The counts of this process that are not written yet."""

    def __init__(self) -> None:
        self.counts: dict[tuple[UUID, str], list[int]] = {}
        self.timer: asyncio.TimerHandle | None = None
        self.writing: asyncio.Task[None] | None = None

    def add(self, channel_id: UUID, query: str, *numbers: int) -> None:
        """Add these numbers, in the order of _FIELDS."""
        words = search.words_kept(query)
        if len(self.counts) >= MOST_WAITING and (channel_id, words) not in self.counts:
            words = ""
        known = self.counts.setdefault((channel_id, words), [0] * len(_FIELDS))
        for at, number in enumerate(numbers):
            known[at] += number

    def take(self) -> list[QueryCount]:
        """All of them, once."""
        taken, self.counts = self.counts, {}
        return [
            QueryCount(channel_id=channel_id, words=words, **dict(zip(_FIELDS, n, strict=True)))
            for (channel_id, words), n in taken.items()
        ]


def note_search(app: App, channel_id: UUID, query: str, results: int) -> None:
    """Count a search that found so many products."""
    metrics.SEARCHES.labels("found" if results else "nothing").inc()
    _add(app, channel_id, query, 1, int(not results), results)


def note_click(app: App, channel_id: UUID, query: str, rank: int) -> None:
    """Count that the product at this rank (from 1 on) of a search was looked at."""
    _add(app, channel_id, query, 0, 0, 0, 1, rank)


async def flush(app: App) -> None:
    """Write what was counted in this process."""
    if counts := app.part(Waiting).take():
        async with app.db.transaction() as tx:
            await search.count_queries(tx, counts)


async def forget_queries(app: App) -> None:
    """Forget what was searched for long ago."""
    async with app.db.transaction() as tx:
        await search.forget_queries(tx)


async def looking_like(
    app: App, channel_id: UUID, queries: Sequence[str], limit: int = 5
) -> list[list[str]]:
    """For each query, words of the catalogue that look like those that no product has: it may be
    worth a synonym. Nothing where there is no index here.
    """
    try:
        return await asyncio.to_thread(app.search.near, channel_id, queries, limit)
    except SearchUnavailable:
        return [[] for _ in queries]


def _add(app: App, channel_id: UUID, query: str, *numbers: int) -> None:
    waiting = app.part(Waiting)
    waiting.add(channel_id, query, *numbers)
    if waiting.timer is None:
        loop = asyncio.get_running_loop()
        waiting.timer = loop.call_later(FLUSH_AFTER_S, _write, app, waiting)


def _write(app: App, waiting: Waiting) -> None:
    waiting.timer = None
    waiting.writing = asyncio.create_task(_try_to_write(app))


async def _try_to_write(app: App) -> None:
    try:
        await flush(app)
    except Exception as error:  # noqa: BLE001 - nobody waits for it, and the next ones may succeed
        log.warning("search.queries_not_counted", error=type(error).__name__)
