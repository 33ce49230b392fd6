"""Searching: the words of shop windows go into an index, the words of shoppers find them there.

    a projection is saved -- search.mark_shown, same transaction --> the log of changes
      -- follow (a sweep of the worker): read what is shown now, update the index
    a shopper's words -- the index ranks --> product ids
      -- projections.ranked_page: what is shown now, narrowed, with facets --> answer

The index may be a second old; what is answered is not: each product found is looked up in the
shop window, or in what the process remembers of it (shelves.py), so that neither a hidden product
nor an old price can be shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

import msgspec
import structlog

from argosy.modules import audiences, channels, projections, search
from argosy.modules.channels import Channel
from argosy.modules.projections import Answer, ListRanked
from argosy.modules.search import (
    Changes,
    Cursor,
    Found,
    IndexBusy,
    SearchText,
    SearchUnavailable,
    Suggested,
)
from argosy.modules.search.ports import SearchIndex
from argosy.runtime import metrics
from argosy.runtime.cache import Fill
from argosy.runtime.db import Tx
from argosy.workflows import merchandising
from argosy.workflows.app import App
from argosy.workflows.search_texts import texts_of
from argosy.workflows.shelves import Basis, shelf_of, shelves_of
from argosy.workflows.windows import Window, windows_of

RANKED: Final = 500
"""A search answers at most so many products: nobody reads further, and ranks mean little there."""

MISSING_LAG_S: Final = 3600.0
"""What the lag is told to be where a channel has no index at all."""

_BATCH: Final = 1000
_CHANNELS: Final = 200
_TRIES: Final = 3

T = TypeVar("T")


log = structlog.get_logger(__name__)


# --- searching -----------------------------------------------------------------------------------


async def find(app: App, channel: Channel, text: str, *, else_in: Channel | None = None) -> Found:
    """The products that the words mean, best first, in the order of the channel's rules; at most
    RANKED beside what is pinned. `channel` may be the window of an audience of `else_in`; while
    that has no index, those of `else_in` are found.

    Raises SearchUnavailable.
    """
    found = await look_up(app, channel, text, else_in=else_in)
    ranked = list(zip(found.product_ids, found.scores, strict=True))
    ordered = await merchandising.order_found(app, else_in or channel, channel.id, text, ranked)
    return Found(product_ids=tuple(ordered), corrections=found.corrections)


async def look_up(
    app: App, channel: Channel, text: str, *, else_in: Channel | None = None
) -> Found:
    """What the index alone finds; as `find` otherwise. Kept until index or synonyms change: further
    pages, other filters and other spellings of the same words do not look again.

    Raises SearchUnavailable.
    """
    words = search.asked_as(text)
    synonyms = await synonyms_for(app, channel)

    async def load() -> Fill[_LookedUp]:
        stamp = _stamp(app, channel, else_in)
        found = await _found(app, channel, words, synonyms, else_in)
        size = 2 * 8 * len(found.product_ids)
        return Fill(_LookedUp(stamp, synonyms, found), topics=(), size=size)

    key = ("found", channel.id, words)
    for _ in range(_TRIES):
        kept = await app.cache.get(key, load)
        if kept.stamp == _stamp(app, channel, else_in) and kept.synonyms == synonyms:
            break
        app.cache.drop(key)
    return kept.found


class _LookedUp(NamedTuple):
    """What an index found for some words, in which state, with which synonyms."""

    stamp: str
    synonyms: Sequence[Sequence[str]]
    found: Found


async def _found(
    app: App,
    channel: Channel,
    words: str,
    synonyms: Sequence[Sequence[str]],
    else_in: Channel | None,
) -> Found:
    index = app.search
    try:
        return await _aside(app, lambda: index.find(channel.id, words, RANKED, synonyms))
    except SearchUnavailable:
        if else_in is None or else_in.id == channel.id:
            raise
        other = else_in.id
        return await _aside(app, lambda: index.find(other, words, RANKED, synonyms))


class MadeFrom(NamedTuple):
    """What a page of a search was made from: the state of the index, and products."""

    stamp: str
    basis: Basis


class Searched(NamedTuple):
    """A page of a search, what was found, and what it was made from."""

    answer: Answer
    found: Found
    made_from: MadeFrom


async def search_page(
    app: App, channel: Channel, ask: ListRanked, *, else_in: Channel | None = None
) -> Searched:
    """The page of `ask` for the words that are its fingerprint, as it is shown now; as `find`
    otherwise. Raises SearchUnavailable, CursorInvalid, TooManyFacets.

    No statement where the process remembers the products and no merchandising rule is due. The
    answer ends with the next start or end of such a rule, and with a change of rules or synonyms;
    whether it holds besides is told by `holds`.
    """
    stamp = _stamp(app, channel, else_in)
    seen = shelves_of(app).changes
    found = await find(app, channel, ask.fingerprint, else_in=else_in)
    ask = msgspec.structs.replace(ask, product_ids=found.product_ids)
    page = await projections.ranked_page(shelf_of(app, channel.id), ask, app.db.clock())
    answer = (await merchandising.next_order(app, else_in or channel)).ending(page)
    topic = f"{search.SYNONYMS_TOPIC}:{search.language_of(channel.locale).code}"
    answer = msgspec.structs.replace(answer, topics=answer.topics | {topic})
    return Searched(answer, found, MadeFrom(stamp, Basis(found.product_ids, seen)))


def holds(app: App, channel: Channel, made: MadeFrom, *, else_in: Channel | None = None) -> bool:
    """Whether neither the index nor one of the products has changed since. No statement."""
    try:
        same = _stamp(app, channel, else_in) == made.stamp
    except SearchUnavailable:
        return False
    return same and shelves_of(app).holds(made.basis)


def _stamp(app: App, channel: Channel, else_in: Channel | None) -> str:
    try:
        return app.search.stamp(channel.id)
    except SearchUnavailable:
        if else_in is None or else_in.id == channel.id:
            raise
        return app.search.stamp(else_in.id)


async def suggest(
    app: App, channel: Channel, text: str, limit: int, *, else_in: Channel | None = None
) -> tuple[Suggested, list[bytes]]:
    """What the beginning of a query may become, with encoded cards; as `find` otherwise.

    Raises SearchUnavailable.
    """
    index = app.search
    try:
        suggested = await _aside(app, lambda: index.suggest(channel.id, text, limit))
    except SearchUnavailable:
        if else_in is None or else_in.id == channel.id:
            raise
        other = else_in.id
        suggested = await _aside(app, lambda: index.suggest(other, text, limit))
    async with app.db.reading() as tx:
        return suggested, await projections.shown_cards(tx, channel.id, suggested.product_ids)


async def synonyms_for(app: App, channel: Channel) -> Sequence[Sequence[str]]:
    """The synonyms of the channel's language: the merchant's own, then the usual ones; no statement
    while they are kept.
    """
    language = search.language_of(channel.locale).code

    async def load() -> Fill[list[tuple[str, ...]]]:
        async with app.db.reading() as tx:
            found = await search.synonyms_of(tx, language)
        found += search.usual_synonyms(language, found)
        return Fill(found, topics={f"synonyms:{language}"})

    return await app.cache.get(("synonyms", language), load)


class _Seekers:
    """The thread in which this process searches: one, for several only wait for one another while
    they keep all that is answered from memory waiting.
    """

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(1, thread_name_prefix="argosy-search")


async def _aside(app: App, look: Callable[[], T]) -> T:
    threads = app.part(_Seekers).threads
    return await asyncio.get_running_loop().run_in_executor(threads, look)


# --- keeping the index ---------------------------------------------------------------------------


async def follow(app: App) -> int:
    """Bring every channel's index up to date; how many products were looked at.

    Nothing if another process of this machine does it. An index that is missing, of another
    layout or language, or too far behind, is made anew beside the present one.
    """
    with app.search.try_writing() as may_write:
        if not may_write:
            return 0
        changed = _Log(app)
        return sum([await _follow(app, app.search, each, changed) for each in await _channels(app)])


async def rebuild(app: App, channel: Channel) -> int:
    """Make a channel's index anew while the present one goes on answering; how many products.

    Raises IndexBusy when another process of this machine is writing just now.
    """
    with app.search.try_writing() as may_write:
        if not may_write:
            raise IndexBusy("Another process is writing the index.", retry_after=1)
        return await _rebuild(app, app.search, channel)


async def forget_changes(app: App) -> None:
    """Forget the log of changes that every index has long followed."""
    async with app.db.transaction() as tx:
        await search.forget_changes(tx)


class IndexStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A channel's index on this machine, and the seconds it is behind; None without one."""

    channel: str
    made: bool
    behind_s: float | None


async def status(app: App) -> list[IndexStatus]:
    """How current the index of each active channel is on this machine."""
    found = []
    known: dict[Cursor, float] = {}
    for channel in await _channels(app):
        cursor = await asyncio.to_thread(app.search.cursor, channel.id, channel.locale)
        behind = None
        if cursor is not None:
            if cursor not in known:
                async with app.db.reading() as tx:
                    known[cursor] = await search.seconds_behind(tx, cursor)
            behind = known[cursor]
        found.append(IndexStatus(channel=channel.code, made=cursor is not None, behind_s=behind))
    return found


async def measure_lag(app: App) -> int:
    """Set the metric `argosy_search_lag_seconds`. A sweep: returns 0, nothing more to do."""
    behind = [one.behind_s for one in await status(app)]
    metrics.SEARCH_LAG.set(max((MISSING_LAG_S if s is None else s for s in behind), default=0.0))
    return 0


class _Log:
    """The log of changes, read once for all channels that have followed it equally far."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.read: dict[Cursor, tuple[Changes, Mapping[UUID, frozenset[UUID]]]] = {}

    async def after(self, cursor: Cursor) -> tuple[Changes, Mapping[UUID, frozenset[UUID]]]:
        """What changed, and by channel which of it the channel shows or has ever shown."""
        if cursor not in self.read:
            async with self.app.db.reading() as tx:
                changes = await search.changes_after(tx, cursor, _BATCH)
                ids = sorted(changes.product_ids)
                stored = await projections.stored_in(tx, ids) if ids else {}
            self.read[cursor] = changes, stored
        return self.read[cursor]


async def _follow(app: App, index: SearchIndex, channel: Channel, changed: _Log) -> int:
    cursor = await asyncio.to_thread(index.cursor, channel.id, channel.locale)
    if cursor is None:
        return await _rebuild(app, index, channel)
    changes, stored = await changed.after(cursor)
    if not changes.complete:
        log.warning("search.too_far_behind", channel=channel.code)
        return await _rebuild(app, index, channel)
    if not changes.product_ids:
        return 0
    concerned = stored.get(channel.id, frozenset())
    texts = await texts_of(app, channel, sorted(concerned)) if concerned else []
    gone = concerned - {text.product_id for text in texts}
    await asyncio.to_thread(index.update, channel.id, texts, sorted(gone), changes.cursor)
    return len(changes.product_ids)


async def _rebuild(app: App, index: SearchIndex, channel: Channel) -> int:
    async with app.db.reading() as tx:
        cursor: Cursor = await search.present_cursor(tx)
    # Collected first: a writer of Tantivy belongs to one thread. A text is a few hundred bytes.
    texts = [text async for text in _all_texts(app, channel)]
    count = await asyncio.to_thread(index.rebuild, channel.id, channel.locale, texts, cursor)
    log.info("search.rebuilt", channel=channel.code, products=count)
    return count


async def _all_texts(app: App, channel: Channel) -> AsyncIterator[SearchText]:
    after = UUID(int=0)
    while True:
        async with app.db.reading() as tx:
            ids = await projections.shown_after(tx, channel.id, after, _BATCH)
        if not ids:
            return
        for text in await texts_of(app, channel, ids):
            yield text
        after = ids[-1]


async def every_channel(tx: Tx) -> list[Channel]:
    """All channels, those that are not active too, by code."""
    found: list[Channel] = []
    while page := await channels.list_channels(
        tx, after=found[-1].code if found else None, limit=_CHANNELS
    ):
        found += page
        if len(page) < _CHANNELS:
            break
    return found


async def _channels(app: App) -> list[Channel]:
    async with app.db.reading() as tx:
        found = await every_channel(tx)
        every = await audiences.all_audiences(tx)
    # Each window is searched like a channel of its own: what is in one is not found in another.
    return [
        msgspec.structs.replace(one.channel, id=one.id, code=_name_of(one), locale=one.locale)
        for one in windows_of(found, every)
        if one.active
    ]


def _name_of(window: Window) -> str:
    code, audience = window.channel.code, window.audience
    name = code if audience is None else f"{code}:{audience.code}"
    return name if window.language is None else f"{name}:{window.language}"
