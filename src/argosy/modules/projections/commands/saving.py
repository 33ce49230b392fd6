"""Writing projections: one batch, one transaction, the newer revision wins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.modules.projections import store
from argosy.modules.projections.rules.topics import (
    TOPIC,
    directory_topic,
    list_topic,
    product_topic,
    tree_topic,
)
from argosy.modules.projections.store import Before, ProductKey, Slot, TermKey, holding, waiting
from argosy.modules.projections.types import Claimed, FacetTerm, Projection, Saved, Shown
from argosy.runtime.db import Tx

_EACH = 500
"""More stale topics than this in one batch, and all answers are dropped instead."""


async def hold_products(tx: Tx, product_ids: Sequence[UUID]) -> None:
    """Be the only one who projects these until the transaction ends: what it reads from here on is
    newer than what anybody stored (DOMAIN.md E12). Waits for who is at it.
    """
    await holding.hold_products(tx, product_ids)


async def shown_in(tx: Tx, product_ids: Sequence[UUID]) -> dict[UUID, frozenset[UUID]]:
    """By product the windows that show it now or from its next boundary on, as it is stored."""
    return await holding.shown_in(tx, product_ids)


async def stored_in(tx: Tx, product_ids: Sequence[UUID]) -> dict[UUID, frozenset[UUID]]:
    """By window those of the products that it shows or has ever shown."""
    return await holding.stored_in(tx, product_ids)


async def next_revision(tx: Tx) -> int:
    """A number to be drawn before the sources of a batch are read (DOMAIN.md E12).

    A projection with a higher revision has seen all that one with a lower revision saw.
    """
    return await store.next_revision(tx)


async def save_projections(tx: Tx, projections: Sequence[Projection], revision: int) -> Saved:
    """Store what the products look like, where nothing newer is stored already.

    At most one save per transaction: its locks are taken in key order. Tells the caches of every
    process which answers are stale; a repeat with the same revision changes nothing.
    """
    if not projections:
        return Saved(written=0, stale_topics=frozenset())
    numbers, gained = await store.number_terms(tx, _terms(projections))
    slots = [s for p in projections for s in _slots(p, numbers)]
    saved = await save_products(tx, slots, revision)
    if saved is None:
        return Saved(written=0, stale_topics=frozenset())
    changed = [*saved.winners, *(_nothing(b) for b in saved.dropped)]
    narrowed = await store.replace_offers(tx, changed)
    varied = await store.replace_variants(tx, changed)
    stale = await settle(tx, saved, narrowed=narrowed, varied=varied)
    stale |= {directory_topic(channel_id) for channel_id in gained}
    announce(tx, stale)
    return Saved(written=len(saved.before), stale_topics=frozenset(stale))


class SavedRows(msgspec.Struct, frozen=True):
    """Rows of products that were written and dropped: those that won, and what was there before."""

    winners: list[Slot]
    before: list[Before]
    dropped: list[Before]


async def save_products(tx: Tx, slots: list[Slot], revision: int) -> SavedRows | None:
    """Write the rows of products where nothing newer is stored; None: nowhere."""
    slots.sort(key=lambda s: (s.product_id, s.channel_id, s.slot))
    before = await store.save_products(tx, slots, revision)
    won = {(b.channel_id, b.product_id, b.slot) for b in before}
    # Slot 0 decides for the product: it is always written, slot 1 only when something is scheduled.
    winners = [s for s in slots if (s.channel_id, s.product_id, 0) in won]
    if not winners:
        return None
    scheduled = {(s.channel_id, s.product_id) for s in winners if s.slot == 1}
    unscheduled = [
        (s.channel_id, s.product_id)
        for s in winners
        if s.slot == 0 and (s.channel_id, s.product_id) not in scheduled
    ]
    return SavedRows(winners, before, await store.drop_upcoming(tx, unscheduled, revision))


def forget_all(tx: Tx) -> None:
    """Make every answer made from projections stale: for changes that concern all of them."""
    tx.notify(TOPIC, "*")


def forget_product(tx: Tx, product_id: UUID) -> None:
    """Make stale what is shown of one product, and with it."""
    tx.notify(TOPIC, product_topic(product_id).partition(":")[2])


def forget_directory(tx: Tx, channel_id: UUID) -> None:
    """Make stale what a channel's lists can be asked for."""
    tx.notify(TOPIC, directory_topic(channel_id).partition(":")[2])


def announce(tx: Tx, stale: set[str]) -> None:
    """Tell the caches of every process which answers are stale."""
    if len(stale) > _EACH:
        forget_all(tx)
        return
    for topic in sorted(stale):
        tx.notify(TOPIC, topic.partition(":")[2])


async def settle(
    tx: Tx, saved: SavedRows, *, narrowed: set[ProductKey], varied: set[ProductKey]
) -> set[str]:
    """Where the products stand and are counted, and the topics that the differences make stale.

    `narrowed` are the products whose offers differ, `varied` those whose variants do.
    """
    before, dropped = saved.before, saved.dropped
    now = {(s.channel_id, s.product_id, s.slot): s for s in saved.winners}
    await store.drop_placements(tx, sorted(_left(now, [*before, *dropped])))
    moved = await store.save_placements(tx, saved.winners)
    counts = _differences(now, before)
    await store.count_facets(tx, counts)

    stale = {list_topic(category) for category in moved}
    # Searches keep cards and offers of single products (workflows/shelves.py): these concern them.
    stale |= {product_topic(product_id) for _, product_id in narrowed | varied}
    for b in [*before, *dropped]:
        slot = now.get((b.channel_id, b.product_id, b.slot))
        if b.page_changed or b.card_changed:
            stale.add(product_topic(b.product_id))
        if b.card_changed or (b.channel_id, b.product_id) in narrowed:
            categories = b.categories | set(slot.categories if slot else ())
            stale |= {list_topic(category) for category in categories}
    changed = {category for category, term in counts if category == term}
    stale |= {
        tree_topic(s.channel_id)
        for s in saved.winners
        if s.slot == 0 and changed & set(s.categories)
    }
    stale |= {tree_topic(b.channel_id) for b in before if b.slot == 0 and changed & b.categories}
    return stale


async def mark_changed(tx: Tx, product_ids: Iterable[UUID], changed_at: datetime) -> None:
    """Say that the products' sources changed at `changed_at`; they are projected soon.

    Any number of marks of a product before that cost one projection.
    """
    ids = list(dict.fromkeys(product_ids))
    if ids:
        await waiting.mark_pending(tx, ids, changed_at)


async def claim_changed(tx: Tx, limit: int) -> Claimed:
    """Take up to `limit` marks, or products whose boundary has come, for this transaction.

    Another projector takes others. If this transaction fails they wait again.
    """
    claimed = await waiting.claim_pending(tx, limit)
    if claimed.product_ids:
        return claimed
    return await waiting.claim_scheduled(tx, limit)


async def park_product(tx: Tx, product_id: UUID, error: str) -> None:
    """Put a product that cannot be projected aside; it is tried again, ever more rarely."""
    await waiting.park(tx, product_id, error[:500])


async def recount_facets(tx: Tx) -> int:
    """Count all facets from the products anew; returns how many counts were wrong."""
    return await store.recount_facets(tx)


# --- from projections to rows --------------------------------------------------------------------


def _terms(projections: Iterable[Projection]) -> dict[TermKey, FacetTerm]:
    """Every facet value and category of the batch, each with its highest position."""
    found: dict[TermKey, FacetTerm] = {}
    for projection in projections:
        for shown in (projection.current, projection.upcoming):
            if shown is None:
                continue
            for category in shown.categories:
                key = (projection.channel_id, "", str(category))
                found.setdefault(key, FacetTerm("", key[2], ""))
            for term in {t for offer in shown.offers for t in offer.terms}:
                key = (projection.channel_id, term.code, term.value)
                known = found.get(key)
                found[key] = term if known is None else _both(known, term)
    return found


def _both(one: FacetTerm, other: FacetTerm) -> FacetTerm:
    """A value that two of the batch name: as it is defined, if it is, in the later place."""
    if one.is_defined != other.is_defined:
        named = one if one.is_defined else other
        return msgspec.structs.replace(named, position=max(one.position, other.position))
    return other if one.position < other.position else one


def _slots(projection: Projection, numbers: dict[TermKey, int]) -> list[Slot]:
    p = projection
    slots = [_slot(p, p.current, numbers, slot=0)]
    if p.upcoming is not None:
        slots.append(_slot(p, p.upcoming, numbers, slot=1))
    return slots


def _slot(
    projection: Projection, shown: Shown | None, numbers: dict[TermKey, int], *, slot: int
) -> Slot:
    channel = projection.channel_id
    places = sorted(
        (numbers[channel, "", str(category)], position)
        for category, position in (shown.categories if shown else {}).items()
    )
    categories = tuple(category for category, _ in places)
    facets = [
        tuple(sorted({numbers[channel, t.code, t.value] for t in offer.terms}))
        for offer in (shown.offers if shown else ())
    ]
    return Slot(
        channel_id=channel,
        product_id=projection.product_id,
        slot=slot,
        valid_from=projection.boundary if slot else None,
        valid_until=None if slot else projection.boundary,
        due_at=projection.boundary if slot == 0 else None,
        slug=projection.slug,
        shown=shown,
        categories=categories,
        positions=tuple(position for _, position in places),
        facets=tuple(sorted({term for terms in facets for term in terms})),
        offer_facets=tuple(facets),
        is_buyable=shown is not None and shown.buyable,
    )


def _nothing(before: Before) -> Slot:
    return Slot(
        channel_id=before.channel_id,
        product_id=before.product_id,
        slot=before.slot,
        valid_from=None,
        valid_until=None,
        due_at=None,
        slug="",
        shown=None,
        categories=(),
        facets=(),
        positions=(),
        offer_facets=(),
        is_buyable=False,
    )


def _left(
    now: dict[tuple[UUID, UUID, int], Slot], before: Iterable[Before]
) -> set[tuple[int, UUID, int]]:
    """(category, product, slot) of the categories in which the products stand no more."""
    left: set[tuple[int, UUID, int]] = set()
    for b in before:
        slot = now.get((b.channel_id, b.product_id, b.slot))
        kept = set(slot.categories) if slot else set()
        left |= {(category, b.product_id, b.slot) for category in b.categories - kept}
    return left


def _differences(
    now: dict[tuple[UUID, UUID, int], Slot], before: Iterable[Before]
) -> dict[tuple[int, int], int]:
    """By (category, facet value) how many more products are visible as of now."""
    counts: Counter[tuple[int, int]] = Counter()
    for b in before:
        if b.slot != 0:
            continue
        slot = now[b.channel_id, b.product_id, 0]
        if (b.categories, b.facets, b.is_buyable) == (
            frozenset(slot.categories),
            frozenset(slot.facets),
            slot.is_buyable,
        ):
            continue
        counts.subtract(_pairs(b.categories, b.facets, b.is_buyable))
        counts.update(_pairs(slot.categories, slot.facets, slot.is_buyable))
    return {pair: n for pair, n in counts.items() if n}


def _pairs(
    categories: Iterable[int], facets: Iterable[int], is_buyable: bool
) -> list[tuple[int, int]]:
    """Each category with each facet value; with itself: the count of all its products; and with 0,
    which is no term: the count of those that can be bought.
    """
    counted = [*facets, 0] if is_buyable else list(facets)
    return [(category, term) for category in categories for term in (*counted, category)]
