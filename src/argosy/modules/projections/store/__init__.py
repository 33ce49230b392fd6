"""The only file of projections that runs SQL; statements live in store.sql.

All multi-row writes are sorted by key, so that two projectors wait for each other and never in a
circle. One transaction writes one batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.modules.projections.types import (
    ChannelStatus,
    Facet,
    FacetTerm,
    ListProducts,
    Shown,
    VariantBody,
)
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import Statement, load_statements

SQL = load_statements("argosy.modules.projections")

TermKey = tuple[UUID, str, str]
ProductKey = tuple[UUID, UUID]


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One row to be of projections.product; `terms` maps this channel's facet values to numbers."""

    channel_id: UUID
    product_id: UUID
    slot: int
    valid_from: datetime | None
    valid_until: datetime | None
    due_at: datetime | None
    slug: str
    shown: Shown | None
    categories: tuple[int, ...]
    facets: tuple[int, ...]
    positions: tuple[int, ...]
    offer_facets: tuple[tuple[int, ...], ...]
    is_buyable: bool


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What a written or dropped row held before, and whether an answer differs now."""

    channel_id: UUID
    product_id: UUID
    slot: int
    categories: frozenset[int]
    facets: frozenset[int]
    is_buyable: bool = False
    page_changed: bool = True
    card_changed: bool = True


def _array(numbers: Iterable[object]) -> str:
    # Rows of arrays of unequal length: PostgreSQL cannot unnest those, so each travels as text.
    return "{" + ",".join(map(str, numbers)) + "}"


def _texts(values: Iterable[str | None]) -> str:
    quoted = (
        "NULL" if v is None else '"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"'
        for v in values
    )
    return "{" + ",".join(quoted) + "}"


async def next_revision(tx: Tx) -> int:
    row = await tx.one(SQL.next_revision)
    revision: int = row["revision"]
    return revision


# --- facet values ------------------------------------------------------------------------------


async def number_terms(
    tx: Tx, wanted: Mapping[TermKey, FacetTerm]
) -> tuple[dict[TermKey, int], frozenset[UUID]]:
    """The number of each facet value, made where it is new; and the channels of which values or
    labels differ now.
    """
    rows = await _find_terms(tx, wanted)
    known = {(r["channel_id"], r["code"], r["value"]): r for r in rows}
    news = {
        key: term
        for key, term in wanted.items()
        if key not in known
        or known[key]["position"] < term.position
        or (term.is_defined and (known[key]["swatch"] or "") != (term.swatch or ""))
    }
    relabelled = {
        (key[0], key[1]): term for key, term in wanted.items() if _relabels(known.get(key), term)
    }
    numbers = {key: row["id"] for key, row in known.items()}
    if news:
        await tx.run(
            SQL.save_terms,
            [key[0] for key in news],
            [key[1] for key in news],
            [key[2] for key in news],
            [term.label for term in news.values()],
            [term.position for term in news.values()],
            [(term.swatch or "") if term.is_defined else None for term in news.values()],
        )
        added = await _find_terms(tx, news)
        numbers |= {(r["channel_id"], r["code"], r["value"]): r["id"] for r in added}
    if relabelled:
        await tx.run(
            SQL.save_facets,
            [key[0] for key in relabelled],
            [key[1] for key in relabelled],
            [term.facet_label for term in relabelled.values()],
            [term.facet_unit for term in relabelled.values()],
            [term.facet_position for term in relabelled.values()],
        )
    gained = {key[0] for key in news} | {key[0] for key in relabelled}
    return numbers, frozenset(gained)


async def _find_terms(tx: Tx, wanted: Iterable[TermKey]) -> list[Record]:
    keys = list(wanted)
    return await tx.many(
        SQL.find_terms, [k[0] for k in keys], [k[1] for k in keys], [k[2] for k in keys]
    )


def _relabels(known: Record | None, term: FacetTerm) -> bool:
    """A facet keeps its first label, unless an attribute's definition says otherwise."""
    if not term.code:
        return False
    if known is None or known["facet_label"] is None:
        return True
    return term.is_defined and (term.facet_label, term.facet_unit, term.facet_position) != (
        known["facet_label"],
        known["facet_unit"],
        known["facet_position"],
    )


# --- rows of a batch ---------------------------------------------------------------------------


async def save_products(tx: Tx, slots: Sequence[Slot], revision: int) -> list[Before]:
    """Write the rows whose stored revision is lower; only those are answered for (E12)."""
    rows = await tx.many(
        SQL.save_products,
        [s.channel_id for s in slots],
        [s.product_id for s in slots],
        [s.slot for s in slots],
        [s.valid_from for s in slots],
        [s.valid_until for s in slots],
        [s.due_at for s in slots],
        [s.slug for s in slots],
        [s.shown.document if s.shown else None for s in slots],
        [s.shown.card if s.shown else None for s in slots],
        [_array(s.categories) for s in slots],
        revision,
        tx.now,
        [_array(s.facets) for s in slots],
        [s.is_buyable for s in slots],
    )
    return [
        Before(
            channel_id=r["channel_id"],
            product_id=r["product_id"],
            slot=r["slot"],
            categories=frozenset(r["categories"] or ()),
            facets=frozenset(r["facets"] or ()),
            is_buyable=bool(r["buyable"]),
            page_changed=r["page_changed"],
            card_changed=r["card_changed"],
        )
        for r in rows
    ]


async def drop_upcoming(tx: Tx, products: Sequence[ProductKey], revision: int) -> list[Before]:
    """Remove the second row of products for which nothing is scheduled any more."""
    if not products:
        return []
    rows = await tx.many(
        SQL.drop_upcoming, [p[0] for p in products], [p[1] for p in products], revision
    )
    return [
        Before(
            channel_id=r["channel_id"],
            product_id=r["product_id"],
            slot=r["slot"],
            categories=frozenset(r["categories"]),
            facets=frozenset(r["facets"]),
        )
        for r in rows
    ]


async def save_placements(tx: Tx, slots: Sequence[Slot]) -> set[int]:
    """Write where the products stand; the categories in which something moved."""
    rows = [
        (s, shown, category, position)
        for s in slots
        if (shown := s.shown) is not None
        for category, position in zip(s.categories, s.positions, strict=True)
    ]
    if not rows:
        return set()
    moved = await tx.many(
        SQL.save_placements,
        [category for _, _, category, _ in rows],
        [s.product_id for s, _, _, _ in rows],
        [s.slot for s, _, _, _ in rows],
        [s.valid_from for s, _, _, _ in rows],
        [s.valid_until for s, _, _, _ in rows],
        [position for _, _, _, position in rows],
        [shown.price_minor for _, shown, _, _ in rows],
        [shown.listed_at for _, shown, _, _ in rows],
        [shown.name_key for _, shown, _, _ in rows],
        [s.is_buyable for s, _, _, _ in rows],
    )
    return {r["category"] for r in moved}


async def drop_placements(tx: Tx, gone: Sequence[tuple[int, UUID, int]]) -> None:
    """Remove products from categories: (category, product, slot)."""
    if gone:
        await tx.run(
            SQL.drop_placements, [g[0] for g in gone], [g[1] for g in gone], [g[2] for g in gone]
        )


async def replace_offers(tx: Tx, slots: Sequence[Slot]) -> set[ProductKey]:
    """Make the purchasable variants of these rows exactly those; the products that differ."""
    changed = await _drop(
        tx,
        SQL.drop_offers,
        [(s, [o.variant_id for o in s.shown.offers] if s.shown else []) for s in slots],
    )
    return changed | await save_offers(
        tx,
        [
            (
                s.channel_id,
                offer.variant_id,
                s.slot,
                s.product_id,
                s.valid_from,
                s.valid_until,
                _array(s.categories),
                _array(facets),
                offer.price_minor,
            )
            for s in slots
            if s.shown is not None
            for offer, facets in zip(s.shown.offers, s.offer_facets, strict=True)
        ],
    )


async def save_offers(tx: Tx, rows: Sequence[tuple[object, ...]]) -> set[ProductKey]:
    """Write offers, given as columns of `save_offers`; the products for which that differs."""
    if not rows:
        return set()
    saved = await tx.many(SQL.save_offers, *map(list, zip(*rows, strict=True)))
    return {(r["channel_id"], r["product_id"]) for r in saved}


async def replace_variants(tx: Tx, slots: Sequence[Slot]) -> set[ProductKey]:
    """Make the shown variants of these rows exactly those; the products that differ."""
    changed = await _drop(
        tx,
        SQL.drop_variants,
        [(s, [v.variant_id for v in s.shown.variants] if s.shown else []) for s in slots],
    )
    return changed | await save_variants(
        tx,
        [
            (s.channel_id, s.slot, s.product_id, s.valid_from, s.valid_until, variant)
            for s in slots
            if s.shown is not None
            for variant in s.shown.variants
        ],
    )


VariantRow = tuple[UUID, int, UUID, datetime | None, datetime | None, VariantBody]
"""Channel, slot, product, valid from and until, and the variant."""


async def save_variants(tx: Tx, rows: Sequence[VariantRow]) -> set[ProductKey]:
    """Write what is shown of variants; the products for which that differs."""
    if not rows:
        return set()
    channels, slots, products, since, until, variants = zip(*rows, strict=True)
    saved = await tx.many(
        SQL.save_variants,
        channels,
        [v.variant_id for v in variants],
        slots,
        products,
        since,
        until,
        [v.position for v in variants],
        [v.body for v in variants],
        [_texts(v.picks) for v in variants],
        [v.state for v in variants],
        [v.price_minor for v in variants],
    )
    return {(r["channel_id"], r["product_id"]) for r in saved}


async def _drop(
    tx: Tx, statement: Statement, kept: Sequence[tuple[Slot, list[UUID]]]
) -> set[ProductKey]:
    rows = await tx.many(
        statement,
        [s.channel_id for s, _ in kept],
        [s.product_id for s, _ in kept],
        [s.slot for s, _ in kept],
        [_array(ids) for _, ids in kept],
    )
    return {(r["channel_id"], r["product_id"]) for r in rows}


async def count_facets(tx: Tx, differences: Mapping[tuple[int, int], int]) -> None:
    """Add to the number of visible products by (category, facet value)."""
    pairs = [(category, term, n) for (category, term), n in differences.items() if n]
    if pairs:
        await tx.run(
            SQL.count_facets,
            [category for category, _, _ in pairs],
            [term for _, term, _ in pairs],
            [n for _, _, n in pairs],
        )


async def recount_facets(tx: Tx) -> int:
    """Count all facets anew; how many counts were wrong. Projections wait for it meanwhile."""
    await tx.run(SQL.lock_facet_counts)
    row = await tx.one(SQL.recount_facets)
    corrected: int = row["corrected"]
    return corrected


async def channel_status(tx: Tx) -> list[ChannelStatus]:
    return [ChannelStatus(**dict(r)) for r in await tx.many(SQL.channel_status)]


# --- answers -----------------------------------------------------------------------------------

_PAGES = {
    "position": SQL.page_by_position,
    "price": SQL.page_by_price_up,
    "-price": SQL.page_by_price_down,
    "newest": SQL.page_by_age,
    "name": SQL.page_by_name,
}


class Cards(msgspec.Struct, frozen=True, kw_only=True):
    """Encoded cards in order, each with its sort keys, the product id last."""

    cards: list[bytes]
    keys: list[tuple[object, ...]]
    boundary: datetime | None
    total: int
    facets: list[Facet] | None


async def product_page(tx: Tx, channel_id: UUID, slug: str) -> Record | None:
    return await tx.maybe(SQL.product_page, channel_id, slug, tx.now)


async def variants_page(
    tx: Tx, channel_id: UUID, slug: str, after: tuple[int, UUID], limit: int
) -> Record | None:
    return await tx.maybe(SQL.variants_page, channel_id, slug, tx.now, *after, limit)


async def page_of_category(
    tx: Tx, ask: ListProducts, after: tuple[object, ...] | None, limit: int
) -> Cards:
    """A page of a whole category: one range of one index, whatever its size. At most 101 rows."""
    key, product_id = after or (None, None)
    row = await tx.one(
        SQL.page_moved if ask.moved else _PAGES[ask.sort],
        ask.category,
        ask.channel_id,
        tx.now,
        key,
        product_id,
        limit,
        after is None,
        ask.in_stock,
        *([list(ask.moved), list(ask.moved.values())] if ask.moved else ()),
    )
    return _cards(row, list(zip(row["keys"] or (), row["product_ids"] or (), strict=True)))


async def page_narrowed(
    tx: Tx, ask: ListProducts, after: tuple[object, ...] | None, limit: int
) -> Cards:
    """A page of the products of which one variant has all that is asked (DOMAIN.md E7)."""
    key, name_key, product_id = after or (None, None, None)
    pairs = [(code, value) for code, values in ask.facets.items() for value in values]
    row = await tx.one(
        SQL.page_narrowed,
        ask.category,
        ask.channel_id,
        tx.now,
        key,
        name_key,
        product_id,
        limit,
        [code for code, _ in pairs],
        [value for _, value in pairs],
        ask.price_min,
        ask.price_max,
        ask.sort,
        after is None,
        list(ask.moved),
        list(ask.moved.values()),
    )
    keys = zip(row["keys"] or (), row["name_keys"] or (), row["product_ids"] or (), strict=True)
    return _cards(row, list(keys))


async def search_texts(
    tx: Tx, channel_id: UUID, product_ids: Sequence[UUID]
) -> list[tuple[UUID, bytes]]:
    """The documents of those products that the channel shows."""
    rows = await tx.many(SQL.search_texts, channel_id, list(product_ids))
    return [(row["product_id"], row["document"]) for row in rows]


async def search_variants(tx: Tx, channel_id: UUID, product_id: UUID) -> list[bytes]:
    """All variants of such a document."""
    return [row["body"] for row in await tx.many(SQL.search_variants, channel_id, product_id)]


async def shown_after(tx: Tx, channel_id: UUID, after: UUID, limit: int) -> list[UUID]:
    """The next products that the channel shows, by id."""
    rows = await tx.many(SQL.shown_after, channel_id, after, limit)
    return [row["product_id"] for row in rows]


async def cards_of(tx: Tx, channel_id: UUID, product_ids: Sequence[UUID]) -> list[bytes]:
    """The cards of those products that are shown now, in the order given."""
    row = await tx.one(SQL.cards_of, channel_id, list(product_ids), tx.now)
    return list(row["cards"] or ())


def _cards(row: Record, keys: list[tuple[object, ...]]) -> Cards:
    return Cards(
        cards=row["cards"] or [],
        keys=keys,
        boundary=row["boundary"],
        total=row["total"] or 0,
        facets=None if row["facets"] is None else msgspec.convert(row["facets"], list[Facet]),
    )
