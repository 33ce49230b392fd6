"""What the rules of a collection would let in, before they are saved. Nothing is written.

Products are held against the rules as the channel shows them at the moment, exactly as they are
when they are projected; so many at a time, that a person can wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.modules import channels, collections, projections
from argosy.modules.collections import Rules
from argosy.modules.projections import Collect, ProductDocument, SourceCollection, SourceProduct
from argosy.reads import product_document as reads
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.collecting import check_categories, facts_of
from argosy.workflows.kit_windows import Seen, read_components
from argosy.workflows.window_facts import (
    Facts,
    read_facts,
    read_restrictions,
    read_sources,
    source_channel,
)

MOST_LOOKED_AT = 1000
_BATCH = 200


class LetIn(msgspec.Struct, frozen=True, kw_only=True):
    """A product that fits the rules, as the channel shows it."""

    product_id: UUID
    slug: str
    title: str
    availability: str


class RulesPreview(msgspec.Struct, frozen=True, kw_only=True):
    """Of `products` in the catalogue so many were looked at; `fitting` are those that fit. `last`
    is where to go on, None at the end.
    """

    products: int
    looked_at: int
    fitting: tuple[LetIn, ...]
    last: UUID | None


async def preview_rules(
    app: App, rules: Rules, channel_id: UUID, *, after: UUID | None = None
) -> RulesPreview:
    """Which of the next MOST_LOOKED_AT products after `after` (in order of their ids) the rules
    would let into a collection of the channel now.

    Raises ChannelNotFound, RulesInvalid.
    """
    collections.checked_rules(rules)
    last, looked, fitting = after or UUID(int=0), 0, []
    async with app.db.reading() as tx:
        await channels.channel_by_id(tx, channel_id)
        await check_categories(tx, rules)
        facts = await read_facts(tx, {channel_id})
        products = await reads.count_products(tx)
        while looked < MOST_LOOKED_AT:
            ids = await reads.product_ids_after(tx, last, _BATCH)
            fitting += await _fitting(tx, facts, rules, ids)
            looked += len(ids)
            if len(ids) < _BATCH:
                return RulesPreview(
                    products=products, looked_at=looked, fitting=tuple(fitting), last=None
                )
            last = ids[-1]
    return RulesPreview(products=products, looked_at=looked, fitting=tuple(fitting), last=last)


async def _fitting(tx: Tx, facts: Facts, rules: Rules, ids: list[UUID]) -> list[LetIn]:
    if not ids:
        return []
    sources = await read_sources(tx, facts, ids)
    parts = await read_components(tx, facts, sources)
    restricted = await read_restrictions(tx, facts, [*sources, *parts])
    # The channel's own window: everybody's, in its own language.
    window = facts.windows[0]
    shop, channel = facts.prices[window.channel.id], source_channel(window)
    found: list[LetIn] = []
    shown = Seen(window, shop, restricted, tx.now).with_parts(sources, parts)
    for source, seen in zip(sources, shown, strict=True):
        collect = _judging(rules, source, tx.now, found)
        projections.project(seen, channel, tx.now, collect=collect)
    return found


def _judging(rules: Rules, source: SourceProduct, now: datetime, found: list[LetIn]) -> Collect:
    def judge(document: ProductDocument, at: datetime) -> Iterable[SourceCollection]:
        if at == now and collections.fits(rules, facts_of(source, document), at):
            found.append(
                LetIn(
                    product_id=source.id,
                    slug=document.slug,
                    title=document.title,
                    availability=document.availability,
                )
            )
        return ()

    return judge
