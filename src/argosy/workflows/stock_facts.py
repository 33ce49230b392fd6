"""Stock facts from people and other systems, about variants that exist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.modules import catalog, inventory
from argosy.modules.catalog import VariantNotFound
from argosy.modules.inventory import (
    Count,
    Fact,
    FactPosted,
    Level,
    LocationNotFound,
    Movement,
    Selling,
)
from argosy.runtime.db import Tx


class FeedItem(msgspec.Struct, frozen=True, kw_only=True):
    """What another system says of a SKU at a location (by its code).

    `on_hand` is a count as of `as_of`, `moved` a movement at that time; exactly one is given.
    """

    sku: str
    location: str
    on_hand: int | None = None
    moved: int | None = None
    as_of: datetime | None = None
    expected: int | None = None


class FeedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a feed. `sequence` orders the counts of that feed, however they arrive."""

    feed: str
    message: str
    items: tuple[FeedItem, ...]
    sequence: int | None = None


async def receive_feed(
    tx: Tx, message: FeedMessage, *, actor: str, correlation: str | None = None
) -> FactPosted:
    """Apply a message once by (feed, message); see `inventory.post_fact` for its outcomes.

    SKUs and locations are looked up by their codes, all of them or nothing is applied. Raises
    VariantNotFound, LocationNotFound (both naming the item), and what `post_fact` raises.
    """
    variants = await catalog.variant_ids_by_sku(tx, [item.sku for item in message.items])
    places = await inventory.locations_by_code(tx, [item.location for item in message.items])
    items: list[Movement | Count] = []
    for number, item in enumerate(message.items):
        variant = variants.get(catalog.sku_key(item.sku))
        if variant is None:
            raise VariantNotFound(
                f"There is no variant with the SKU {item.sku!r}.", field=f"items.{number}.sku"
            )
        if item.location not in places:
            raise LocationNotFound(
                f"There is no location {item.location!r}.", field=f"items.{number}.location"
            )
        items.append(_as_item(item, variant, places[item.location].id))
    fact = Fact(
        key=f"feed:{message.feed}:{message.message}",
        kind="feed",
        reason="feed",
        actor=actor,
        items=tuple(items),
        correlation=correlation,
        feed=message.feed,
        message=message.message,
        sequence=message.sequence,
    )
    return await inventory.post_fact(tx, fact)


def _as_item(item: FeedItem, variant_id: UUID, location_id: UUID) -> Movement | Count:
    if item.on_hand is not None:
        return Count(
            variant_id=variant_id,
            location_id=location_id,
            on_hand=item.on_hand,
            as_of=item.as_of,
            expected=item.expected,
        )
    return Movement(
        variant_id=variant_id,
        location_id=location_id,
        on_hand=item.moved or 0,
        occurred_at=item.as_of,
        expected=item.expected,
    )


async def post_known(tx: Tx, fact: Fact) -> FactPosted:
    """`inventory.post_fact`, for variants of the catalog only. Raises VariantNotFound besides."""
    await check_variants(tx, [item.variant_id for item in fact.items], field="items")
    return await inventory.post_fact(tx, fact)


async def sell_known(
    tx: Tx, variant_id: UUID, location_id: UUID, selling: Selling
) -> tuple[Level | None, Level]:
    """`inventory.set_selling`, for a variant of the catalog. Raises VariantNotFound besides."""
    await check_variants(tx, [variant_id], field="variant_id")
    return await inventory.set_selling(tx, variant_id, location_id, selling)


async def check_variants(tx: Tx, variant_ids: Sequence[UUID], *, field: str) -> None:
    """Raise VariantNotFound unless all of them exist: a level of nothing would never be found."""
    known = {variant.id for variant in await catalog.variants_by_ids(tx, variant_ids)}
    if not known.issuperset(variant_ids):
        raise VariantNotFound("There is no such variant.", field=field)
