"""What a channel may sell: variants with their publication and prices, in one statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.bill import Bill
from argosy.kernel.personal import Asked
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "sellable.sql")


Spoken = Mapping[tuple[str, str], Mapping[str, Mapping[str, str]]]
"""Translations that people approved: by kind and entity, then by field, then by locale."""


class PriceTier(msgspec.Struct, frozen=True, kw_only=True):
    """A price in force at the time of reading, from `min_quantity` units of a line on."""

    price_id: UUID
    price_list_id: UUID
    min_quantity: int
    priority: int
    amount_minor: int
    compare_at_minor: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    mix_group: str | None = None


class Content(NamedTuple):
    """What a unit holds, and per what its price is told (DOMAIN.md C7)."""

    content: Decimal
    unit: str
    drained: Decimal | None
    base_quantity: Decimal
    base_unit: str


class Sellable(msgspec.Struct, frozen=True, kw_only=True):
    """A variant as a channel sells it. `published` is False when it must not be sold (now).

    `prices` are those of the lists that were asked for, in their currency and in no order; without
    any, or with none for the quantity, the variant is not purchasable. `measure` is what a unit
    holds, where that is known. `bill` is what a kit consists of: its components must be `active`,
    and need not be published. `asked` is what the product asks of shoppers, if it ever did.
    `title`, `variant_title` and `options` are the catalogue's own words, in `source_locale` if that
    was told; `spoken` what of them says otherwise in other languages: by kind and entity, then by
    field, then by locale.
    """

    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    variant_title: str
    options: dict[str, str]
    product_slug: str
    image_key: str | None
    tax_class: str
    shipping_class: str
    weight_g: int | None
    dimensions_mm: tuple[int, int, int] | None = None
    requires_shipping: bool
    tracks_inventory: bool
    published: bool
    prices: tuple[PriceTier, ...]
    measure: Content | None = None
    active: bool = True
    bill: Bill | None = None
    asked: Asked | None = None
    source_locale: str | None = None
    spoken: Spoken = {}


async def sellable_variants(
    tx: Tx,
    channel_id: UUID,
    price_list_ids: Sequence[UUID],
    variant_ids: Sequence[UUID],
    at: datetime,
) -> dict[UUID, Sellable]:
    """Return the variants that exist, by id, as the channel sells them at that instant, with the
    prices of these lists; and with kits all that may be in them.

    One statement, whatever the number of variants, and one more if there are kits among them; none
    if there are no variants to read.
    """
    if not variant_ids:
        return {}
    found = await _read(tx, channel_id, price_list_ids, variant_ids, at)
    inside = {one for goods in found.values() if goods.bill for one in goods.bill.variants()}
    more = inside.difference(found)
    if more:
        found |= await _read(tx, channel_id, price_list_ids, list(more), at)
    return found


async def _read(
    tx: Tx,
    channel_id: UUID,
    price_list_ids: Sequence[UUID],
    variant_ids: Sequence[UUID],
    at: datetime,
) -> dict[UUID, Sellable]:
    rows = await tx.many(
        SQL.sellable_variants, channel_id, list(price_list_ids), sorted(set(variant_ids)), at
    )
    first: dict[UUID, Record] = {}
    tiers: dict[UUID, list[PriceTier]] = {}
    for row in rows:
        variant_id = row["variant_id"]
        if variant_id not in first:
            first[variant_id] = row
            tiers[variant_id] = []
        if row["price_id"] is not None:
            tiers[variant_id].append(_tier(row))
    return {key: _sellable(row, tuple(tiers[key])) for key, row in first.items()}


def _tier(row: Record) -> PriceTier:
    return PriceTier(
        price_id=row["price_id"],
        price_list_id=row["price_list_id"],
        min_quantity=row["min_quantity"],
        priority=row["priority"],
        amount_minor=row["amount_minor"],
        compare_at_minor=row["compare_at_minor"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        mix_group=row["mix_group"],
    )


def _sellable(row: Record, prices: tuple[PriceTier, ...]) -> Sellable:
    sides = row["dimensions_mm"]
    return Sellable(
        variant_id=row["variant_id"],
        product_id=row["product_id"],
        sku=row["sku"],
        title=row["title"],
        variant_title=row["variant_title"],
        options=row["options"],
        product_slug=row["product_slug"],
        image_key=row["image_key"],
        tax_class=row["tax_class"],
        shipping_class=row["shipping_class"],
        weight_g=row["weight_g"],
        dimensions_mm=None if sides is None else tuple(sides),
        requires_shipping=row["requires_shipping"],
        tracks_inventory=row["tracks_inventory"],
        published=row["published"],
        prices=prices,
        measure=content_of(row),
        active=row["active"],
        bill=None if row["bill"] is None else msgspec.convert(row["bill"], Bill),
        asked=None if row["asked"] is None else msgspec.convert(row["asked"], Asked),
        source_locale=row["source_locale"],
        spoken=_spoken(row["spoken"]),
    )


def _spoken(rows: Sequence[tuple[str, str, str, str, str]] | None) -> Spoken:
    found: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
    for kind, entity, field, locale, text in rows or ():
        found.setdefault((kind, entity), {}).setdefault(field, {})[locale] = text
    return found


def content_of(row: Record) -> Content | None:
    """What a row says that a unit holds; None if it does not."""
    if row["content"] is None:
        return None
    return Content(*(row[name] for name in Content._fields))
