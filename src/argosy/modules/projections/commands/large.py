"""Large products: projected part by part, so that one variant of ten thousand costs little.

A part is some variants; what all of them amount to (price range, availability, facets) is asked of
the rows that are stored. Whoever projects a large product holds its lock from before its sources
are read until the end, so that parts of different moments never mix.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.modules.projections import store
from argosy.modules.projections.commands.saving import announce, save_products, settle
from argosy.modules.projections.rules.topics import directory_topic, product_topic
from argosy.modules.projections.store import ProductKey, Slot, TermKey, large, waiting
from argosy.modules.projections.store.large import KeptPlace
from argosy.modules.projections.types import FacetTerm
from argosy.modules.projections.types.parts import ClaimedParts, Head, Part, Place
from argosy.runtime.db import Tx

PARTS_AT_ONCE = 500
Kept = Mapping[tuple[UUID, int], KeptPlace]


class Differences(msgspec.Struct):
    """The products of channels of which offers, and of which variants, differ from before."""

    narrowed: set[ProductKey] = msgspec.field(default_factory=set)
    varied: set[ProductKey] = msgspec.field(default_factory=set)

    def add(self, found: tuple[set[ProductKey], set[ProductKey]]) -> None:
        """Note what one more write changed."""
        self.narrowed |= found[0]
        self.varied |= found[1]


async def mark_parts(
    tx: Tx, parts: Iterable[tuple[UUID, UUID | None]], changed_at: datetime
) -> None:
    """Say that variants of large products changed: (product, variant); without: all of it."""
    marks = list(dict.fromkeys(parts))
    if marks:
        await large.mark_parts(tx, marks, changed_at)


async def set_large_aside(tx: Tx, product_ids: Sequence[UUID], changed_at: datetime) -> None:
    """These of the claimed products are large: they are projected by themselves, all of each."""
    if product_ids:
        await large.mark_parts(tx, [(one, None) for one in product_ids], changed_at)
        await large.unschedule(tx, product_ids)


async def claim_large(tx: Tx) -> ClaimedParts | None:
    """Take what waits of one large product, at most PARTS_AT_ONCE variants, and lock it.

    None where nothing waits. If this transaction fails it waits again.
    """
    product_id = await large.next_part(tx)
    if product_id is None:
        return None
    await large.lock_large(tx, product_id)
    taken = await large.take_parts(tx, product_id, PARTS_AT_ONCE)
    variants = tuple(dict.fromkeys(one for one in taken if one is not None))
    return ClaimedParts(product_id=product_id, variant_ids=None if None in taken else variants)


async def hold_large(tx: Tx, product_id: UUID) -> ClaimedParts:
    """Lock a large product to project all of it, whatever waits."""
    await large.lock_large(tx, product_id)
    return ClaimedParts(product_id=product_id, variant_ids=None)


async def park_large(tx: Tx, product_id: UUID, error: str) -> None:
    """Put a large product that cannot be projected aside; it is tried again later."""
    while await large.take_parts(tx, product_id, PARTS_AT_ONCE):
        pass
    await waiting.park(tx, product_id, error[:500])


async def stored_places(tx: Tx, product_id: UUID) -> Kept:
    """By channel and slot: until when the product is shown so, and where."""
    return await large.kept_places(tx, product_id)


async def save_part(
    tx: Tx,
    product_id: UUID,
    looked_at: Collection[UUID],
    parts: Sequence[Part],
    *,
    kept: Kept,
    differences: Differences,
) -> None:
    """Store what is shown of the variants `looked_at`; those that no part names are not shown."""
    numbers, gained = await store.number_terms(tx, _terms(parts))
    facets = {
        (p.place.channel_id, o.variant_id): tuple(
            sorted({numbers[p.place.channel_id, t.code, t.value] for t in o.terms})
        )
        for p in parts
        for o in p.offers
    }
    differences.add(
        await large.drop_of_part(
            tx,
            [
                (p.place, one)
                for p in parts
                for one in sorted(set(looked_at) - {o.variant_id for o in p.offers})
            ],
            [
                (p.place, one)
                for p in parts
                for one in sorted(set(looked_at) - {v.variant_id for v in p.variants})
            ],
        )
    )
    differences.add(await large.save_rows(tx, product_id, parts, kept, facets))
    announce(tx, {directory_topic(channel_id) for channel_id in gained})


def _terms(parts: Iterable[Part]) -> dict[TermKey, FacetTerm]:
    found: dict[TermKey, FacetTerm] = {}
    for part in parts:
        for term in {t for offer in part.offers for t in offer.terms}:
            key = (part.place.channel_id, term.code, term.value)
            known = found.get(key)
            if known is None or known.position < term.position:
                found[key] = term
    return found


async def drop_besides(
    tx: Tx,
    product_id: UUID,
    channel_ids: Sequence[UUID],
    *,
    places: Sequence[Place],
    variant_ids: Collection[UUID],
    differences: Differences,
) -> None:
    """Remove what these channels show outside these places, or of no variant that there is."""
    differences.add(await large.drop_besides(tx, product_id, channel_ids, places, variant_ids))


async def save_heads(
    tx: Tx,
    product_id: UUID,
    heads: Sequence[Head],
    revision: int,
    *,
    kept: Kept,
    differences: Differences,
) -> None:
    """Store the product itself in all its places, and tell the caches what differs.

    Where a newer projection was stored meanwhile, all of it is projected once more.
    """
    wanted = {
        (h.place.channel_id, "", str(category)): FacetTerm("", str(category), "")
        for h in heads
        if h.shown is not None
        for category in h.shown.categories
    }
    numbers, gained = await store.number_terms(tx, wanted)
    slots = [_slot(product_id, head, numbers) for head in heads]
    saved = await save_products(tx, slots, revision)
    if saved is None:
        announce(tx, {product_topic(product_id)})
        await large.mark_parts(tx, [(product_id, None)], tx.now)
        return
    unlike = [
        (s.channel_id, s.slot, s.categories)
        for s in slots
        if s.shown is not None and _categories(kept, s) != s.categories
    ]
    differences.narrowed |= await large.retag_offers(tx, product_id, unlike)
    stale = await settle(tx, saved, narrowed=differences.narrowed, varied=differences.varied)
    announce(tx, stale | {directory_topic(channel_id) for channel_id in gained})


def _categories(kept: Kept, slot: Slot) -> tuple[int, ...] | None:
    stored = kept.get((slot.channel_id, slot.slot))
    return None if stored is None else stored.categories


def _slot(product_id: UUID, head: Head, numbers: Mapping[TermKey, int]) -> Slot:
    place, shown = head.place, head.shown
    positions = sorted(
        (numbers[place.channel_id, "", str(category)], position)
        for category, position in (shown.categories if shown else {}).items()
    )
    return Slot(
        channel_id=place.channel_id,
        product_id=product_id,
        slot=place.slot,
        valid_from=place.valid_from,
        valid_until=place.valid_until,
        due_at=place.valid_until if place.slot == 0 else None,
        slug=head.slug,
        shown=shown,
        categories=tuple(category for category, _ in positions),
        positions=tuple(position for _, position in positions),
        facets=head.facets,
        offer_facets=(),
        is_buyable=shown is not None and shown.buyable,
    )
