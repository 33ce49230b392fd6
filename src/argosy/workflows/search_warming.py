"""A server process asks the frequent searches itself, so that no shopper is the first to ask.

    the log of what is searched for -- the most frequent of the last week --> one after the other
      -- the very answer that a shopper would get --> kept in the process (runtime/cache.py)
    what is shown where they were asked --> on the shelves (shelves.py), for the seldom searches

It begins when the process serves already, and again when an index has changed or the process has
lost what it kept. Requests come first: between two searches it rests for several times as long as
the last one took, so that it slows down by itself where there is much to do, and it gives up after
a minute. Nothing of this is counted as a search.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from argosy.modules import search
from argosy.modules.channels import Channel
from argosy.modules.search import SearchUnavailable
from argosy.runtime import metrics
from argosy.runtime.cache import Fill
from argosy.runtime.tasks import is_cancelled
from argosy.workflows import searching, shelves
from argosy.workflows.app import App
from argosy.workflows.windows import in_language

DAYS: Final = timedelta(days=7)
"""What was asked so lately is asked again."""

LOOK_EVERY_S: Final = 30.0
MOST_S: Final = 60.0
"""A round that is not done by then is left."""

_SOON_S: Final = 0.5
_RESTS: Final = 3
_DONE: Final = "search_warmed"

Prepare = Callable[[App, Channel, str], Awaitable[int]]
"""Makes the answers to some words in a channel and keeps them; how many had to be made."""

log = structlog.get_logger(__name__)


@asynccontextmanager
async def running(app: App, prepare: Prepare) -> AsyncIterator[None]:
    """Keep frequent searches answered within."""
    task = asyncio.create_task(_keep_warm(app, prepare))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def warm(app: App, prepare: Prepare) -> int:
    """A round: ask the most frequent searches whose answers are not kept; how many were made. None
    is due while the indexes are as in the last one and nothing was lost since.

    Two statements, beside those of the searches and of the shelves.
    """
    most = app.settings.search_warm_queries
    if not most or not app.cache.is_listening:
        return 0
    async with app.db.reading() as tx:
        channels = {c.id: c for c in await searching.every_channel(tx) if c.active}
    stamps = await asyncio.to_thread(_stamps, app, channels.values())
    if app.cache.peek(_DONE) == stamps:
        return 0
    async with app.db.reading() as tx:
        today = tx.now.date()
        days = today - DAYS, today
        frequent = await search.frequent_queries(tx, sorted(channels), days, most)
    until = time.monotonic() + MOST_S
    made = await _ask(app, prepare, [(channels[id_], words) for id_, words in frequent], until)
    for id_ in dict.fromkeys(id_ for id_, _ in frequent):
        for window_id in _windows(channels[id_]):
            await shelves.fill(app, window_id, rest=_rest, until=until)

    async def note() -> Fill[dict[UUID, str]]:
        return Fill(stamps, topics=(), size=200 * len(stamps))

    # Kept beside the answers: who loses these loses this, too.
    app.cache.drop(_DONE)
    await app.cache.get(_DONE, note)
    return made


async def _ask(
    app: App, prepare: Prepare, frequent: Sequence[tuple[Channel, str]], until: float
) -> int:
    made = 0
    for channel, words in frequent:
        began = time.monotonic()
        if began > until:
            break
        try:
            fresh = await prepare(app, channel, words)
        except SearchUnavailable:
            continue
        metrics.SEARCHES_WARMED.inc(fresh)
        made += fresh
        await _rest(time.monotonic() - began if fresh else 0)
    return made


async def _rest(took: float) -> None:
    await asyncio.sleep(_RESTS * took)


def _windows(channel: Channel) -> list[UUID]:
    """Those that everybody sees, one for each language."""
    return [in_language(channel.id, language) for language in (None, *channel.shown_locales)]


def _stamps(app: App, channels: Iterable[Channel]) -> dict[UUID, str]:
    """The state of the index of each window that everybody sees; '' where there is none."""
    found = {}
    for channel in channels:
        for window_id in _windows(channel):
            try:
                found[window_id] = app.search.stamp(window_id)
            except SearchUnavailable:
                found[window_id] = ""
    return found


async def _keep_warm(app: App, prepare: Prepare) -> None:
    while app.settings.search_warm_queries:
        began = time.monotonic()
        try:
            if made := await warm(app, prepare):
                log.info("search.warmed", answers=made, seconds=round(time.monotonic() - began, 1))
        except Exception as error:  # noqa: BLE001 - nobody waits for it, and it is tried again
            log.warning("search.not_warmed", error=type(error).__name__)
        except asyncio.CancelledError:
            if is_cancelled():
                raise
            log.warning("search.not_warmed", error="CancelledError")
        # Nothing is kept before notices arrive, which may take a moment where there is much to do.
        await asyncio.sleep(LOOK_EVERY_S if app.cache.is_listening else _SOON_S)
