"""Projecting products of very many variants: never more than a part of one at a time.

    note_changes, project_changed -- marks of parts --> projections.pending_part
      -- project_next: lock, read these variants, save them, ask what all amount to --> caches told

A change of stock or of a price of a variant concerns that variant and the head of its product. What
concerns all of them (a title, a publication, the next boundary in time) goes through all of them,
page by page (DOMAIN.md E12, C8).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

import msgspec
import structlog

from argosy.kernel.errors import Unavailable
from argosy.modules import projections, search
from argosy.modules.projections import (
    ClaimedParts,
    Collect,
    Differences,
    Head,
    Kept,
    Place,
    SourceChannel,
    SourceProduct,
)
from argosy.reads import product_document as reads
from argosy.runtime.db import Database, Tx
from argosy.workflows.collecting import Gathered, gather
from argosy.workflows.kit_windows import Seen, read_components
from argosy.workflows.regulating import gather_sheets
from argosy.workflows.voicing import gather_voices
from argosy.workflows.window_facts import (
    Facts,
    concerned_by,
    read_facts,
    read_restrictions,
    read_sources,
    source_channel,
)
from argosy.workflows.windows import Window

LARGE = projections.LARGE
PAGE = 500
_FIRST = (-(2**31), UUID(int=0))

log = structlog.get_logger(__name__)

Views = Sequence[tuple[Window, SourceChannel, SourceProduct]]
"""A product, or some of its variants, as each window shows it."""
Boundaries = Mapping[UUID, datetime | None]
"""By window."""


class _Work(NamedTuple):
    """One large product that is being projected."""

    product_id: UUID
    facts: Facts
    gathered: Gathered
    head: SourceProduct
    kept: Kept
    differences: Differences


async def project_next(db: Database) -> int:
    """Project what waits of one large product, at most a page of variants or all of it; 1, or 0
    when nothing waits. One that cannot be projected is put aside and tried again later.

    Raises Unavailable.
    """
    claimed: ClaimedParts | None = None
    try:
        async with db.transaction() as tx:
            claimed = await projections.claim_large(tx)
            if claimed is not None:
                await _project(tx, claimed)
    except Unavailable:
        raise
    except Exception as error:
        if claimed is None:
            raise
        await _park(db, claimed.product_id, error)
    return 0 if claimed is None else 1


async def project_all(db: Database, product_id: UUID, wanted: Collection[UUID] | None) -> None:
    """Project all of a large product, in these channels or in all. Raises Unavailable."""
    try:
        async with db.transaction() as tx:
            await _project(tx, await projections.hold_large(tx, product_id), wanted)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - a poison product must stop only itself
        await _park(db, product_id, error)


async def _park(db: Database, product_id: UUID, error: Exception) -> None:
    log.error("projection.parked", product_id=str(product_id), error=type(error).__name__)
    async with db.transaction() as tx:
        await projections.park_large(tx, product_id, repr(error))


async def _project(tx: Tx, claimed: ClaimedParts, wanted: Collection[UUID] | None = None) -> None:
    # The lock is held already: what is read from here on is newer than what anybody stored.
    revision = await projections.next_revision(tx)
    facts = await read_facts(tx, wanted)
    (head,) = await read_sources(tx, facts, [claimed.product_id], ())
    kept = await projections.stored_places(tx, claimed.product_id)
    stored = {claimed.product_id: {window_id for window_id, _ in kept}}
    work = _Work(
        product_id=claimed.product_id,
        facts=facts.in_channels(concerned_by(facts, [head], stored)),
        gathered=await gather(tx, [claimed.product_id]),
        head=head,
        kept=kept,
        differences=Differences(),
    )
    boundaries = None
    if claimed.variant_ids is not None:
        views = await _look(tx, work, claimed.variant_ids)
        boundaries = _boundaries_as_stored(work, views, tx.now)
        if boundaries is not None:
            await _save(tx, work, claimed.variant_ids, views, boundaries)
    if boundaries is None:
        boundaries = await _project_variants(tx, work)
    await _project_head(tx, work, boundaries, revision)
    await search.mark_shown(tx, [claimed.product_id])


async def _look(tx: Tx, work: _Work, variant_ids: Sequence[UUID]) -> Views:
    """The product with these of its variants, as each window shows it."""
    (source,) = await read_sources(tx, work.facts, [work.product_id], variant_ids)
    parts = await read_components(tx, work.facts, [source])
    restricted = await read_restrictions(tx, work.facts, [source, *parts])
    voices = await gather_voices(tx, [source], work.facts.windows, work.gathered.live)
    found = []
    for window in work.facts.windows:
        looking = Seen(window, work.facts.prices[window.channel.id], restricted, tx.now, False)
        (view,) = looking.with_parts([source], parts)
        found.append((window, source_channel(window), voices.in_window(view, window)))
    return found


def _boundaries_as_stored(work: _Work, views: Views, now: datetime) -> Boundaries | None:
    """When the product next changes by schedule, as it is stored; None where that does not hold
    any more, or a variant changes before: then all of it is projected.
    """
    found: dict[UUID, datetime | None] = {}
    ageing = work.gathered.ageing(work.head)
    for window, channel, view in views:
        kept = work.kept.get((window.id, 0))
        if kept is None:
            return None
        stored = kept.valid_until
        own = projections.next_boundary(view, channel, now, ageing)
        if (stored is not None and stored <= now) or (
            own is not None and (stored is None or own < stored)
        ):
            return None
        found[window.id] = stored
    return found


async def _save(
    tx: Tx,
    work: _Work,
    variant_ids: Sequence[UUID],
    views: Views,
    boundaries: Boundaries,
) -> None:
    parts = [
        projections.part_of(view, channel, place)
        for window, channel, view in views
        for place in _places(view, channel, tx.now, boundaries[window.id])
    ]
    await projections.save_part(
        tx, work.product_id, variant_ids, parts, kept=work.kept, differences=work.differences
    )


def _places(
    source: SourceProduct, channel: SourceChannel, now: datetime, boundary: datetime | None
) -> list[Place]:
    return projections.places_of(
        partial(projections.shown_since, source, channel), channel.id, now, boundary
    )


async def _project_variants(tx: Tx, work: _Work) -> Boundaries:
    """All variants, page by page, and what is shown of none of them is removed."""
    boundaries = await _boundaries(tx, work)
    seen: list[UUID] = []
    async for ids in _pages(tx, work.product_id):
        await _save(tx, work, ids, await _look(tx, work, ids), boundaries)
        seen += ids
    views = await _look(tx, work, ())
    await projections.drop_besides(
        tx,
        work.product_id,
        [window.id for window in work.facts.windows],
        places=[
            place
            for window, channel, view in views
            for place in _places(view, channel, tx.now, boundaries[window.id])
        ],
        variant_ids=seen,
        differences=work.differences,
    )
    return boundaries


async def _boundaries(tx: Tx, work: _Work) -> Boundaries:
    """When the product next changes by schedule, in each window. Where no price has a schedule the
    variants are not read for it.
    """
    terms = [t for prices in work.facts.prices.values() for t in prices.book.terms]
    scheduled = any(
        t is not None and t > tx.now for one in terms for t in (one.valid_from, one.valid_until)
    ) or await reads.has_prices_ahead(tx, work.product_id, work.facts.list_ids)
    ageing = work.gathered.ageing(work.head)
    found: dict[UUID, datetime | None] = {}

    def note(views: Views) -> None:
        for window, channel, view in views:
            ends = (
                found.get(window.id),
                projections.next_boundary(view, channel, tx.now, ageing),
            )
            found[window.id] = min((t for t in ends if t is not None), default=None)

    note(await _look(tx, work, ()))
    if scheduled:
        async for ids in _pages(tx, work.product_id):
            note(await _look(tx, work, ids))
    return found


async def _pages(tx: Tx, product_id: UUID) -> AsyncIterator[list[UUID]]:
    after = _FIRST
    while page := await reads.active_variants(tx, product_id, after, PAGE):
        yield [variant_id for _, variant_id in page]
        if len(page) < PAGE:
            break
        after = page[-1]


async def _project_head(tx: Tx, work: _Work, boundaries: Boundaries, revision: int) -> None:
    """The product itself, from what its stored variants amount to."""
    views = await _look(tx, work, ())
    places = {
        (window.id, place.slot): place
        for window, channel, view in views
        for place in _places(view, channel, tx.now, boundaries[window.id])
    }
    amounts = await projections.stored_amounts(tx, work.product_id, list(places.values()))
    voices = await gather_voices(tx, [], work.facts.windows, work.gathered.live)
    sheets = await gather_sheets(tx, [(work.head.id, work.head.brand)])
    collects: dict[UUID, Callable[[Window], Collect]] = {}
    heads: list[Head] = []
    for window, channel, view in views:
        if window.language is None:
            collect = work.gathered.collect(work.head, window.channel.id)
            collects[window.base_id] = voices.collecting(collect)
        told = collects[window.base_id](window)
        for slot in (0, 1):
            found = amounts.get((window.id, slot))
            if found is None and slot:
                continue
            place = places.get((window.id, slot)) or Place(
                channel_id=window.id,
                slot=slot,
                at=tx.now,
                valid_from=None,
                valid_until=boundaries[window.id],
            )
            shown = None
            if found is not None:
                # Where some goods are for some people only, values that nobody sees are not named.
                source = _with_values(view, found.states) if work.facts.has_audiences else view
                source = sheets.in_window(source, window)
                summary = projections.summary_of(source, channel, found)
                shown = projections.present(source, channel, place.at, summary, told)
            heads.append(
                Head(
                    place=place,
                    slug=view.slug,
                    shown=shown,
                    facets=found.facets if found else (),
                )
            )
    await projections.save_heads(
        tx, work.product_id, heads, revision, kept=work.kept, differences=work.differences
    )


def _with_values(source: SourceProduct, states: Sequence[tuple[int, str, int]]) -> SourceProduct:
    held = {(place, value) for place, value, _ in states}
    options = tuple(
        msgspec.structs.replace(
            option,
            values=tuple(
                value for value in option.values if (place, option.words.get(value, value)) in held
            ),
        )
        for place, option in enumerate(source.options, start=1)
    )
    return msgspec.structs.replace(source, options=options)
