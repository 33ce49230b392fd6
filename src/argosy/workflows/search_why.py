"""Why a product is, or is not, where it is in a search: for staff.

shown?  the product's facts in this window --> what keeps it from being shown
found?  the index --> how each part of the query is met, score and rank
left?   each filter alone --> which of them leaves it out
placed? the rules of the channel --> what moves it; the rank that shoppers see
"""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

import msgspec

from argosy.kernel.ids import encode
from argosy.modules import audiences, merchandising, projections, search
from argosy.modules.channels import Channel
from argosy.modules.merchandising import Asked, Standing
from argosy.modules.projections import ListRanked, ProductList, facet_value
from argosy.modules.search import Explained, SearchUnavailable
from argosy.runtime.db import Tx
from argosy.workflows import searching
from argosy.workflows.app import App
from argosy.workflows.merchandising import order_due
from argosy.workflows.shown_prices import shown_in
from argosy.workflows.window_facts import (
    read_facts,
    read_restrictions,
    read_sources,
    source_channel,
)
from argosy.workflows.windows import Window, seen_in

_PAGE: Final = 100
_decode = msgspec.json.Decoder(ProductList).decode


class Narrowed(msgspec.Struct, frozen=True, kw_only=True):
    """What a shopper narrowed the search to: a category by its term, facets, prices, stock."""

    category: int | None = None
    facets: dict[str, tuple[str, ...]] = {}
    price_min: int | None = None
    price_max: int | None = None
    in_stock: bool = False

    def apart(self) -> list[tuple[str, Narrowed]]:
        """Each filter alone, by its name."""
        found = [
            (code, Narrowed(facets={code: values})) for code, values in sorted(self.facets.items())
        ]
        if self.category is not None:
            found.append(("category", Narrowed(category=self.category)))
        if self.price_min is not None:
            found.append(("price_min", Narrowed(price_min=self.price_min)))
        if self.price_max is not None:
            found.append(("price_max", Narrowed(price_max=self.price_max)))
        if self.in_stock:
            found.append(("in_stock", Narrowed(in_stock=True)))
        return found

    def ask(self, window_id: UUID, ids: tuple[UUID, ...], cursor: str | None = None) -> ListRanked:
        """The question for these products."""
        return ListRanked(
            channel_id=window_id,
            product_ids=ids,
            fingerprint="why",
            category=self.category,
            facets={code: tuple(map(facet_value, v)) for code, v in self.facets.items()},
            price_min=self.price_min,
            price_max=self.price_max,
            in_stock=self.in_stock,
            cursor=cursor,
            limit=_PAGE,
        )


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `rank` is the place that shoppers see, from 1 on; None: they do not see it.

    `not_shown` are the reasons why the window does not show the product at all; `waiting`: it is
    about to. The index is `behind_s` seconds; None: it has to be made anew. `filters` tell of each
    filter alone whether it lets the product through. `rules` are the names of those that are due.
    """

    rank: int | None
    not_shown: tuple[str, ...]
    waiting: bool
    behind_s: float | None
    explained: Explained
    filters: dict[str, bool]
    pinned: bool
    standing: Standing | None
    rules: dict[UUID, str]


async def why(
    app: App,
    channel: Channel,
    product_id: UUID,
    words: str,
    narrowed: Narrowed,
    *,
    audience: str | None = None,
) -> Why:
    """Explain a search of now, as everybody or an audience sees it.

    Raises AudienceNotFound, SearchUnavailable.
    """
    async with app.db.reading() as tx:
        window = await _window(tx, channel, audience)
        reasons = await _not_shown(tx, window, product_id)
        shown = await projections.shown_cards(tx, window.id, [product_id])
    index = await _index_of(app, window)
    synonyms = await searching.synonyms_for(app, channel)
    explained = await asyncio.to_thread(
        app.search.explain, index, search.asked_as(words), product_id, searching.RANKED, synonyms
    )
    seen = msgspec.structs.replace(channel, id=window.id)
    found = await searching.look_up(app, seen, words, else_in=channel)
    ranked = list(zip(found.product_ids, found.scores, strict=True))
    cursor = await asyncio.to_thread(app.search.cursor, index, channel.locale)
    async with app.db.reading() as tx:
        rules = await merchandising.rules_of(tx, channel.id)
        due = merchandising.due(rules, Asked(words), tx.now, channel.locale)
        ids, standings = await order_due(tx, window.id, due, ranked)
        standing = standings.get(product_id)
        return Why(
            rank=await _rank(tx, window.id, tuple(ids), narrowed, product_id),
            not_shown=reasons,
            waiting=not reasons and not shown,
            behind_s=None if cursor is None else await search.seconds_behind(tx, cursor),
            explained=explained,
            filters={
                name: bool(await _matching(tx, one.ask(window.id, (product_id,))))
                for name, one in narrowed.apart()
            },
            pinned=bool(standing and standing.buyable) and product_id in merchandising.pinned(due),
            standing=standing,
            rules={rule.id: rule.name for rule in due},
        )


async def _index_of(app: App, window: Window) -> UUID:
    """The window's own index, or that of its channel while it has none."""
    try:
        await asyncio.to_thread(app.search.suggest, window.id, "a", 1)
    except SearchUnavailable:
        return window.channel.id
    return window.id


async def _window(tx: Tx, channel: Channel, audience: str | None) -> Window:
    if audience is None:
        return Window(channel, None)
    for one in await audiences.list_audiences(tx, channel.id):
        if one.code == audience:
            return Window(channel, one)
    raise audiences.AudienceNotFound("The channel has no such audience.", field="audience")


async def _not_shown(tx: Tx, window: Window, product_id: UUID) -> tuple[str, ...]:
    channel_id = window.channel.id
    facts = await read_facts(tx, {channel_id})
    sources = await read_sources(tx, facts, [product_id])
    restricted = (await read_restrictions(tx, facts, sources)).get(channel_id, {})
    source = sources[0]
    seen = seen_in(shown_in(source, facts.prices[channel_id], tx.now), window, restricted)
    hidden = bool(source.variants) and not seen.variants
    return projections.why_not_shown(seen, source_channel(window), tx.now, hidden=hidden)


async def _rank(
    tx: Tx, window_id: UUID, ids: tuple[UUID, ...], narrowed: Narrowed, product_id: UUID
) -> int | None:
    """Its place among all that is left, page by page: a search finds five pages at most."""
    wanted, before = encode("product", product_id), 0
    cursor: str | None = None
    while True:
        page = _decode(await projections.list_ranked(tx, narrowed.ask(window_id, ids, cursor)))
        places = [card.id for card in page.items]
        if wanted in places:
            return before + places.index(wanted) + 1
        if page.next_cursor is None:
            return None
        before, cursor = before + len(places), page.next_cursor


async def _matching(tx: Tx, ask: ListRanked) -> list[str]:
    return [card.id for card in _decode(await projections.list_ranked(tx, ask)).items]
