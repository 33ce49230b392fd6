"""Searching: the words of shop windows go into an index, the words of shoppers find them there.

    a projection is saved -- search.mark_shown, same transaction --> the log of changes
      -- follow (a sweep of the worker): read what is shown now, update the index
    a shopper's words -- the index ranks --> product ids
      -- projections.list_ranked: what is shown now, narrowed, with facets --> answer

The index may be a second old; what is answered is not: each product found is looked up in the
shop window, so that neither a hidden product nor an old price can be shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final
from uuid import UUID

import msgspec
import structlog

from argosy.modules import audiences, channels, projections, search
from argosy.modules.channels import Channel
from argosy.modules.projections import Answer, ListRanked, ProductDocument
from argosy.modules.search import (
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
from argosy.workflows import merchandising
from argosy.workflows.app import App
from argosy.workflows.windows import Window, windows_of

RANKED: Final = 500
"""A search answers at most so many products: nobody reads further, and ranks mean little there."""

MISSING_LAG_S: Final = 3600.0
"""What the lag is told to be where a channel has no index at all."""

_BATCH: Final = 1000
_CHANNELS: Final = 200
_TRUE: Final = "true"
_NO_WORDS: Final = {"boolean", "category_reference", "file", "product_reference"}

_decode = msgspec.json.Decoder(ProductDocument).decode

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
    """What the index alone finds; as `find` otherwise. Raises SearchUnavailable."""
    synonyms = await synonyms_for(app, channel)
    index = app.search
    try:
        return await asyncio.to_thread(index.find, channel.id, text, RANKED, synonyms)
    except SearchUnavailable:
        if else_in is None or else_in.id == channel.id:
            raise
        return await asyncio.to_thread(index.find, else_in.id, text, RANKED, synonyms)


async def keeping(app: App, channel: Channel, answer: Answer) -> Answer:
    """An answer to a search of the channel with all that it was made from: it ends with the next
    start or end of a merchandising rule, and when rules or synonyms change.
    """
    places = await merchandising.next_order(app, channel)
    topic = f"{search.SYNONYMS_TOPIC}:{search.language_of(channel.locale).code}"
    answer = places.ending(answer)
    return msgspec.structs.replace(answer, topics=answer.topics | {topic})


async def list_found(app: App, ask: ListRanked) -> bytes:
    """An encoded page of what was found, as it is shown now.

    Raises CursorInvalid, TooManyFacets.
    """
    return (await found_page(app, ask)).body


async def found_page(app: App, ask: ListRanked) -> Answer:
    """As `list_found`, with what the page was made from. Raises CursorInvalid, TooManyFacets."""
    async with app.db.reading() as tx:
        return await projections.ranked_page(tx, ask)


async def suggest(
    app: App, channel: Channel, text: str, limit: int, *, else_in: Channel | None = None
) -> tuple[Suggested, list[bytes]]:
    """What the beginning of a query may become, with encoded cards; as `find` otherwise.

    Raises SearchUnavailable.
    """
    index = app.search
    try:
        suggested = await asyncio.to_thread(index.suggest, channel.id, text, limit)
    except SearchUnavailable:
        if else_in is None or else_in.id == channel.id:
            raise
        suggested = await asyncio.to_thread(index.suggest, else_in.id, text, limit)
    async with app.db.reading() as tx:
        return suggested, await projections.shown_cards(tx, channel.id, suggested.product_ids)


async def synonyms_for(app: App, channel: Channel) -> Sequence[Sequence[str]]:
    """The synonyms of the channel's language; no statement while they are kept."""
    language = search.language_of(channel.locale).code

    async def load() -> Fill[list[tuple[str, ...]]]:
        async with app.db.reading() as tx:
            found = await search.synonyms_of(tx, language)
        return Fill(found, topics={f"synonyms:{language}"})

    return await app.cache.get(("synonyms", language), load)


# --- keeping the index ---------------------------------------------------------------------------


async def follow(app: App) -> int:
    """Bring every channel's index up to date; how many products were looked at.

    Nothing if another process of this machine does it. An index that is missing, of another
    layout or language, or too far behind, is made anew beside the present one.
    """
    with app.search.try_writing() as may_write:
        if not may_write:
            return 0
        return sum([await _follow(app, app.search, each) for each in await _channels(app)])


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
    for channel in await _channels(app):
        cursor = await asyncio.to_thread(app.search.cursor, channel.id, channel.locale)
        behind = None
        if cursor is not None:
            async with app.db.reading() as tx:
                behind = await search.seconds_behind(tx, cursor)
        found.append(IndexStatus(channel=channel.code, made=cursor is not None, behind_s=behind))
    return found


async def measure_lag(app: App) -> int:
    """Set the metric `argosy_search_lag_seconds`. A sweep: returns 0, nothing more to do."""
    behind = [one.behind_s for one in await status(app)]
    metrics.SEARCH_LAG.set(max((MISSING_LAG_S if s is None else s for s in behind), default=0.0))
    return 0


async def _follow(app: App, index: SearchIndex, channel: Channel) -> int:
    cursor = await asyncio.to_thread(index.cursor, channel.id, channel.locale)
    if cursor is None:
        return await _rebuild(app, index, channel)
    async with app.db.reading() as tx:
        changes = await search.changes_after(tx, cursor, _BATCH)
    if not changes.complete:
        log.warning("search.too_far_behind", channel=channel.code)
        return await _rebuild(app, index, channel)
    if not changes.product_ids:
        return 0
    texts = await _texts(app, channel, sorted(changes.product_ids))
    gone = changes.product_ids - {text.product_id for text in texts}
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
        for text in await _texts(app, channel, ids):
            yield text
        after = ids[-1]


async def _texts(app: App, channel: Channel, ids: Sequence[UUID]) -> list[SearchText]:
    async with app.db.reading() as tx:
        found = await projections.shown_documents(tx, channel.id, ids)
    return [text_of(product_id, _decode(document)) for product_id, document in found]


async def _channels(app: App) -> list[Channel]:
    found: list[Channel] = []
    async with app.db.reading() as tx:
        while page := await channels.list_channels(
            tx, after=found[-1].code if found else None, limit=_CHANNELS
        ):
            found += page
            if len(page) < _CHANNELS:
                break
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


def text_of(product_id: UUID, document: ProductDocument) -> SearchText:
    """The words by which a product is found: of its page, not of its money or stock."""
    return SearchText(
        product_id=product_id,
        title=document.title,
        brand=document.brand,
        kind=document.product_type,
        description=document.description,
        attributes=tuple(_attributes(document)),
        flags=tuple(
            a.label
            for a in document.attributes
            if a.searchable and a.kind == "boolean" and bytes(a.value) == _TRUE.encode()
        ),
        categories=tuple(dict.fromkeys(category.name for category in document.categories)),
        codes=tuple(_codes(document)),
    )


def _attributes(document: ProductDocument) -> Iterator[str]:
    held = [a for variant in document.variants.items for a in variant.attributes]
    for attribute in (*document.attributes, *held):
        if attribute.searchable and attribute.kind not in _NO_WORDS:
            yield attribute.text
    for option in document.options:
        yield from option.values


def _codes(document: ProductDocument) -> Iterator[str]:
    for variant in document.variants.items:
        yield variant.sku
        if variant.gtin:
            yield variant.gtin
