"""Kits in shop windows: what is in them, how many can be made, and what the cheapest one costs.

A kit is shown with the stock of its components (F12). Those are counted together over the channel's
locations, for an order may be sent from several. The window hears of a component when its word
changes (in stock, low, out): a kit with several of one may be shown as buyable until then, and is
refused when it is placed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.bill import Bill, BillGroup, BillOption
from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules import kits
from argosy.modules.channels import Channel
from argosy.modules.kits import Part
from argosy.modules.projections import (
    KitDocument,
    KitGroupDocument,
    KitItemDocument,
    KitOptionDocument,
    SourceLevel,
    SourcePrice,
    SourceProduct,
    SourceVariant,
)
from argosy.reads import product_document as reads
from argosy.runtime.db import Tx
from argosy.workflows.asking import with_inputs
from argosy.workflows.kit_lines import reduced
from argosy.workflows.shown_prices import ShopPrices, shown_in
from argosy.workflows.window_facts import Facts, Restrictions, read_sources
from argosy.workflows.windows import Window, seen_in

_AHEAD = 8
"""So many changes of a kit's price are prepared; the next projection prepares those after them."""


class Inside(NamedTuple):
    """A component as the window shows it."""

    product: SourceProduct
    variant: SourceVariant


async def read_components(
    tx: Tx, facts: Facts, sources: Iterable[SourceProduct]
) -> list[SourceProduct]:
    """The products of what may be in the kits among these. No statement without kits, else two."""
    wanted = {
        one
        for source in sources
        for variant in source.variants
        if variant.bill is not None
        for one in variant.bill.variants()
    }
    if not wanted:
        return []
    products = await reads.products_of_variants(tx, wanted)
    return await read_sources(tx, facts, sorted(products), sorted(wanted))


def components_in(products: Iterable[SourceProduct]) -> dict[UUID, Inside]:
    """The components by their ids. What is not active is not there."""
    return {
        variant.id: Inside(product, variant)
        for product in products
        if product.status == "active"
        for variant in product.variants
    }


class Seen(NamedTuple):
    """How one window looks at goods. `whole`: all variants of a product are at hand."""

    window: Window
    shop: ShopPrices
    restrictions: Restrictions
    at: datetime
    whole: bool = True

    def of(self, source: SourceProduct) -> SourceProduct:
        """The product as it is shown, but for its kits."""
        own = self.restrictions.get(self.window.channel.id, {})
        shown = shown_in(source, self.shop, self.at)
        seen = seen_in(shown, self.window, own, whole=self.whole)
        return seen if seen.asked is None else with_inputs(seen, self.window.channel.currency)

    def with_parts(
        self, sources: Iterable[SourceProduct], parts: Sequence[SourceProduct]
    ) -> list[SourceProduct]:
        """The products as they are shown, kits with what they are made of (`read_components`)."""
        inside = components_in(self.of(part) for part in parts)
        channel = self.window.channel
        return [with_kits(self.of(one), channel, inside, self.at) for one in sources]


def with_kits(
    source: SourceProduct, channel: Channel, inside: Mapping[UUID, Inside], at: datetime
) -> SourceProduct:
    """The product with its kits as the channel shows them; one that nobody can choose is not."""
    if all(variant.bill is None for variant in source.variants):
        return source
    variants = tuple(
        shown
        for variant in source.variants
        if (shown := _shown(variant, channel, inside, at)) is not None
    )
    return msgspec.structs.replace(source, variants=variants)


def _shown(
    variant: SourceVariant, channel: Channel, inside: Mapping[UUID, Inside], at: datetime
) -> SourceVariant | None:
    bill = variant.bill
    if bill is None:
        return variant
    choice = _cheapest(bill, channel, inside)
    if choice is None:
        return None
    extra = sum(part.extra_minor for part in choice)
    if bill.price == "sum":
        prices = tuple(_summed(bill, choice, extra, channel, inside, at))
    else:
        prices = tuple(_dearer(price, extra) for price in variant.prices)
    known = [one for part in choice if (one := inside.get(part.variant_id)) is not None]
    return msgspec.structs.replace(
        variant,
        prices=prices,
        changes=(),
        requires_shipping=any(one.variant.requires_shipping for one in known),
        kit=_document(bill, channel, inside),
        **_stock(bill, channel, inside),
    )


def _cheapest(bill: Bill, channel: Channel, inside: Mapping[UUID, Inside]) -> kits.Choice | None:
    """What is chosen if nothing is said, else the least that can be, by what it adds."""
    usual = kits.chosen(bill, {}, channel.currency)
    if not isinstance(usual, str):
        return usual
    codes: dict[str, str] = {}
    for group in bill.groups:
        offered = sorted(
            (option for option in group.options if _is_offered(option, channel, inside)),
            key=lambda option: option.extra.get(channel.currency, 0),
        )
        if group.repeats:
            offered = offered[:1] * group.least
        codes[group.code] = ",".join(one.code for one in offered[: group.least])
    least = kits.chosen(bill, codes, channel.currency)
    return None if isinstance(least, str) else least


def _is_offered(option: BillOption, channel: Channel, inside: Mapping[UUID, Inside]) -> bool:
    return option.variant_id in inside and (not option.extra or channel.currency in option.extra)


def _dearer(price: SourcePrice, extra: int) -> SourcePrice:
    if not extra:
        return price
    was, prior = price.compare_at_minor, price.prior_minor
    return msgspec.structs.replace(
        price,
        amount_minor=price.amount_minor + extra,
        compare_at_minor=None if was is None else was + extra,
        prior_minor=None if prior is None else prior + extra,
    )


def _summed(  # noqa: PLR0917 - private
    bill: Bill,
    choice: Sequence[Part],
    extra: int,
    channel: Channel,
    inside: Mapping[UUID, Inside],
    at: datetime,
) -> Iterator[SourcePrice]:
    """What the kit costs from now on, and from each change of a component's price on."""
    parts = [(part.quantity, inside.get(part.variant_id)) for part in choice]
    rows = [
        price
        for _, one in parts
        if one is not None
        for price in one.variant.prices
        if price.price_list_id == channel.price_list_id
    ]
    ends = {t for price in rows for t in (price.valid_from, price.valid_until)}
    later = sorted(t for t in ends if t is not None and t > at)[:_AHEAD]
    for place, start in enumerate([at, *later]):
        costs = [
            None if one is None else _alone(one.variant, quantity, channel.price_list_id, start)
            for quantity, one in parts
        ]
        if None in costs:
            continue
        whole = extra + sum(cost for cost in costs if cost is not None)
        amount = reduced(bill, whole, channel.currency, channel.rounding_mode)
        yield SourcePrice(
            price_list_id=channel.price_list_id,
            min_quantity=1,
            amount_minor=amount,
            compare_at_minor=whole if amount < whole else None,
            valid_from=start if place else None,
            valid_until=later[place] if place < len(later) else None,
        )


def _alone(variant: SourceVariant, quantity: int, list_id: UUID, at: datetime) -> int | None:
    """What so many units cost at that instant."""
    found = [
        price
        for price in variant.prices
        if price.price_list_id == list_id
        and price.min_quantity <= quantity
        and (price.valid_from is None or price.valid_from <= at)
        and (price.valid_until is None or at < price.valid_until)
    ]
    best = max(found, key=lambda price: (price.priority, price.min_quantity), default=None)
    return None if best is None else best.amount_minor * quantity


def _stock(bill: Bill, channel: Channel, inside: Mapping[UUID, Inside]) -> dict[str, Any]:
    """One level for all locations: as many kits as the components make."""
    sellable: dict[UUID, int] = {}
    promised: dict[UUID, int] = {}
    low: dict[UUID, int] = {}
    for one_id in bill.variants():
        one = inside.get(one_id)
        if one is None:
            sellable[one_id] = promised[one_id] = low[one_id] = 0
        elif one.variant.tracks_inventory:
            levels = [x for x in one.variant.levels if x.location_id in channel.locations]
            sellable[one_id] = sum(max(0, level.sellable) for level in levels)
            promised[one_id] = sum(max(0, x.sellable + x.backorder_limit) for x in levels)
            low[one_id] = max((level.low_threshold for level in levels), default=0)
    if not sellable:
        return {"tracks_inventory": False, "levels": ()}
    made = kits.available(bill, sellable)
    level = SourceLevel(
        location_id=next(iter(channel.locations), UUID(int=0)),
        sellable=made,
        backorder_limit=kits.available(bill, promised) - made,
        low_threshold=kits.available(bill, low),
    )
    return {"tracks_inventory": True, "levels": (level,)}


def _document(bill: Bill, channel: Channel, inside: Mapping[UUID, Inside]) -> KitDocument:
    return KitDocument(
        items=[
            KitItemDocument(**_item(one, channel, item.quantity))
            for item in bill.items
            if (one := inside.get(item.variant_id)) is not None
        ],
        groups=[_group(group, channel, inside) for group in bill.groups],
    )


def _group(group: BillGroup, channel: Channel, inside: Mapping[UUID, Inside]) -> KitGroupDocument:
    return KitGroupDocument(
        code=group.code,
        name=group.name,
        least=group.least,
        most=group.most,
        repeats=group.repeats,
        defaults=list(group.defaults),
        options=[
            KitOptionDocument(
                **_item(inside[option.variant_id], channel, option.quantity),
                code=option.code,
                extra=Money(option.extra[channel.currency], channel.currency)
                if option.extra.get(channel.currency)
                else None,
                availability="in_stock"
                if _has(inside[option.variant_id].variant, option.quantity, channel)
                else "out_of_stock",
            )
            for option in group.options
            if _is_offered(option, channel, inside)
        ],
    )


def _has(variant: SourceVariant, quantity: int, channel: Channel) -> bool:
    levels = [level for level in variant.levels if level.location_id in channel.locations]
    can = sum(max(0, level.sellable + level.backorder_limit) for level in levels)
    return not variant.tracks_inventory or can >= quantity


def _item(one: Inside, channel: Channel, quantity: int) -> dict[str, Any]:
    shown = any(each.channel_id == channel.id for each in one.product.publications)
    return {
        "variant_id": encode("variant", one.variant.id),
        "sku": one.variant.sku,
        "title": one.product.title,
        "variant_title": one.variant.title,
        "slug": one.product.slug if shown else None,
        "quantity": quantity,
    }
