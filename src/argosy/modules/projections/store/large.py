"""The SQL of large products: what waits of them, and their rows part by part."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.modules.projections.store import (
    SQL,
    ProductKey,
    _array,
    save_offers,
    save_variants,
)
from argosy.modules.projections.types import Offer, VariantBody
from argosy.modules.projections.types.parts import Amounts, Part, Place
from argosy.runtime.db import Tx


class KeptPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A stored row of a product."""

    valid_until: datetime | None
    categories: tuple[int, ...]


async def mark_parts(
    tx: Tx, parts: Sequence[tuple[UUID, UUID | None]], changed_at: datetime
) -> None:
    await tx.run(SQL.mark_parts, [p[0] for p in parts], [p[1] for p in parts], changed_at, tx.now)


async def unschedule(tx: Tx, product_ids: Sequence[UUID]) -> None:
    """What was due of these is not due any more: their parts are."""
    await tx.run(SQL.unschedule, list(product_ids), tx.now)


async def next_part(tx: Tx) -> UUID | None:
    """The product that has waited longest and that nobody else has begun with."""
    row = await tx.maybe(SQL.next_part, tx.now)
    return None if row is None else row["product_id"]


async def parts_wait(tx: Tx) -> bool:
    wait: bool = (await tx.one(SQL.parts_wait, tx.now))["wait"]
    return wait


async def lock_large(tx: Tx, product_id: UUID) -> None:
    """Until the transaction ends nobody else projects this large product."""
    await tx.one(SQL.lock_large, product_id)


async def take_parts(tx: Tx, product_id: UUID, limit: int) -> list[UUID | None]:
    """Marks of a product, taken; None stands for all of it."""
    rows = await tx.many(SQL.take_parts, product_id, tx.now, limit)
    return [row["variant_id"] for row in rows]


async def kept_places(tx: Tx, product_id: UUID) -> dict[tuple[UUID, int], KeptPlace]:
    """The stored rows of a product, by channel and slot."""
    return {
        (row["channel_id"], row["slot"]): KeptPlace(
            valid_until=row["valid_until"], categories=tuple(row["categories"] or ())
        )
        for row in await tx.many(SQL.kept_places, product_id)
    }


async def drop_of_part(
    tx: Tx, offers: Iterable[tuple[Place, UUID]], variants: Iterable[tuple[Place, UUID]]
) -> tuple[set[ProductKey], set[ProductKey]]:
    """Remove single offers and variants; the products that lost an offer, and a variant."""
    lost: list[set[ProductKey]] = []
    for statement, gone in (
        (SQL.drop_offers_of_part, list(offers)),
        (SQL.drop_variants_of_part, list(variants)),
    ):
        rows = await tx.many(
            statement,
            [place.channel_id for place, _ in gone],
            [place.slot for place, _ in gone],
            [variant_id for _, variant_id in gone],
        )
        lost.append({(row["channel_id"], row["product_id"]) for row in rows})
    return lost[0], lost[1]


async def save_rows(
    tx: Tx,
    product_id: UUID,
    parts: Sequence[Part],
    kept: Mapping[tuple[UUID, int], KeptPlace],
    facets: Mapping[tuple[UUID, UUID], tuple[int, ...]],
) -> tuple[set[ProductKey], set[ProductKey]]:
    """Write what is shown of some variants; the products whose offers, and variants, differ now.

    `facets` by channel and variant; offers stand in the categories that the product has till now.
    """

    def categories(place: Place) -> str:
        known = kept.get((place.channel_id, place.slot))
        return _array(known.categories if known else ())

    offers: list[tuple[Place, Offer]] = [(p.place, one) for p in parts for one in p.offers]
    narrowed = await save_offers(
        tx,
        [
            (
                place.channel_id,
                one.variant_id,
                place.slot,
                product_id,
                place.valid_from,
                place.valid_until,
                categories(place),
                _array(facets[place.channel_id, one.variant_id]),
                one.price_minor,
            )
            for place, one in offers
        ],
    )
    bodies: list[tuple[Place, VariantBody]] = [(p.place, one) for p in parts for one in p.variants]
    varied = await save_variants(
        tx,
        [
            (
                place.channel_id,
                place.slot,
                product_id,
                place.valid_from,
                place.valid_until,
                one,
            )
            for place, one in bodies
        ],
    )
    return narrowed, varied


async def drop_besides(
    tx: Tx,
    product_id: UUID,
    channel_ids: Sequence[UUID],
    places: Sequence[Place],
    variant_ids: Collection[UUID],
) -> tuple[set[ProductKey], set[ProductKey]]:
    """Remove what these channels show in no place any more, or of no variant that there is."""
    lost: list[set[ProductKey]] = []
    for statement in (SQL.drop_offers_besides, SQL.drop_variants_besides):
        rows = await tx.many(
            statement,
            product_id,
            list(channel_ids),
            [place.channel_id for place in places],
            [place.slot for place in places],
            list(variant_ids),
        )
        lost.append({(row["channel_id"], row["product_id"]) for row in rows})
    return lost[0], lost[1]


async def retag_offers(
    tx: Tx, product_id: UUID, tags: Sequence[tuple[UUID, int, tuple[int, ...]]]
) -> set[ProductKey]:
    """Put the offers of (channel, slot) into these categories; the products whose were others."""
    if not tags:
        return set()
    rows = await tx.many(
        SQL.retag_offers,
        product_id,
        [channel_id for channel_id, _, _ in tags],
        [slot for _, slot, _ in tags],
        [_array(categories) for _, _, categories in tags],
    )
    return {(row["channel_id"], row["product_id"]) for row in rows}


async def amounts_of(
    tx: Tx, product_id: UUID, places: Sequence[Place], first: int
) -> dict[tuple[UUID, int], Amounts]:
    """What the stored variants amount to, with the first of them; no place without a variant."""
    rows = await tx.many(
        SQL.summaries,
        product_id,
        [place.channel_id for place in places],
        [place.slot for place in places],
        first,
    )
    return {
        (row["channel_id"], row["slot"]): Amounts(
            variants=row["variants"],
            best=row["best"],
            cheapest=row["cheapest"],
            highest=row["highest"],
            bodies=row["bodies"],
            positions=row["positions"],
            states=[(place, value, best) for place, value, best in row["states"] or ()],
            facets=tuple(row["facets"] or ()),
        )
        for row in rows
    }
