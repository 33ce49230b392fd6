"""The prices of a customer in the pages of the shop window.

A page as everybody (or the customer's audience) sees it --own_prices--> the same page with what the
customer pays. One statement a page; the result is for this customer and kept by nobody (C10).

Order and narrowing of lists go by the prices of the page as it was. A price of one's own shows
neither a former price nor the prior price: those are of what everybody pays (C5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

import msgspec

from argosy.kernel.ids import decode
from argosy.kernel.money import Money
from argosy.modules import pricing
from argosy.modules.pricing import LineToPrice, Measure
from argosy.modules.projections import (
    LARGE,
    Picker,
    PriceRange,
    PriceTier,
    ProductCard,
    ProductDocument,
    UnitPriceDocument,
    VariantDocument,
    VariantPage,
)
from argosy.modules.relations import KINDS
from argosy.reads.own_prices import ShownVariant, shown_variants
from argosy.reads.sellable import PriceTier as PriceTierRow
from argosy.workflows.app import App
from argosy.workflows.shop_rules import ShopRules, hidden_from_buyer, is_told

Raws = dict[str, msgspec.Raw]

_document = msgspec.json.Decoder(ProductDocument).decode
_picker = msgspec.json.Decoder(Picker).decode
_variant_page = msgspec.json.Decoder(VariantPage).decode
_raws = msgspec.json.Decoder(Raws).decode
_cards = msgspec.json.Decoder(list[ProductCard]).decode
_encode = msgspec.json.Encoder().encode
Shown = TypeVar("Shown", ProductCard, ProductDocument)


class OwnPrice(NamedTuple):
    """What one unit of a variant costs the customer. `own`: by a list that is not for everybody.
    `told`: it was made for this customer, who is to be told.
    """

    buyable: bool
    own: bool
    price: Money
    unit_price: UnitPriceDocument | None
    tiers: list[PriceTier]
    told: bool = False


Found = dict[UUID, dict[UUID, OwnPrice]]
"""By product and variant."""


async def list_page(app: App, rules: ShopRules, window_id: UUID, body: bytes) -> bytes:
    """An encoded list or search result, with the customer's prices on its cards."""
    return await _with_cards(app, rules, window_id, body, "items")


async def suggestions(app: App, rules: ShopRules, window_id: UUID, body: bytes) -> bytes:
    """Encoded suggestions, with the customer's prices on their cards."""
    return await _with_cards(app, rules, window_id, body, "products")


async def related(app: App, rules: ShopRules, window_id: UUID, body: bytes) -> bytes:
    """Encoded products beside a product, with the customer's prices on their cards."""
    for kind in KINDS:
        body = await _with_cards(app, rules, window_id, body, kind)
    return body


async def option_picker(app: App, rules: ShopRules, window_id: UUID, body: bytes) -> bytes:
    """An encoded Picker with the customer's price of the variant that is left, if only one is."""
    picker = _picker(body)
    if picker.variant is None:
        return body
    wanted = [decode("variant", picker.variant.id)]
    own = await _own_of_variants(app, rules, window_id, wanted)
    return _encode(msgspec.structs.replace(picker, variant=_priced(picker.variant, own)))


async def _own_of_variants(
    app: App, rules: ShopRules, window_id: UUID, wanted: Sequence[UUID]
) -> dict[UUID, OwnPrice]:
    async with app.db.reading() as tx:
        shown = await shown_variants(tx, window_id, rules.book.list_ids, tx.now, variant_ids=wanted)
        found = _own(rules, shown, tx.now)
    return {variant: price for each in found.values() for variant, price in each.items()}


async def _with_cards(
    app: App, rules: ShopRules, window_id: UUID, body: bytes, field: str
) -> bytes:
    page = _raws(body)
    cards = _cards(page[field])
    # All variants of these are read; what one of very many costs its page tells.
    few = [card.id for card in cards if card.variant_count <= LARGE]
    found = await _own_prices(app, rules, window_id, few)
    shown = [_ranged(card, found.get(decode("product", card.id), {})) for card in cards]
    page[field] = msgspec.Raw(_encode(shown))
    return _encode(page)


async def product_page(app: App, rules: ShopRules, window_id: UUID, body: bytes) -> bytes:
    """An encoded product page with the customer's prices. The price range of a product of very many
    variants is that of everybody.
    """
    document = _document(body)
    page = document.variants
    if document.variant_count > LARGE:
        wanted = [decode("variant", one.id) for one in page.items]
        own = await _own_of_variants(app, rules, window_id, wanted)
        items = [_priced(one, own) for one in page.items]
        page = msgspec.structs.replace(page, items=items)
        return _encode(msgspec.structs.replace(document, variants=page))
    found = await _own_prices(app, rules, window_id, [document.id])
    own = found.get(decode("product", document.id), {})
    variants = msgspec.structs.replace(page, items=[_priced(one, own) for one in page.items])
    return _encode(msgspec.structs.replace(_ranged(document, own), variants=variants))


async def variants_page(app: App, rules: ShopRules, window_id: UUID, body: bytes) -> bytes:
    """An encoded page of the variants of a product with the customer's prices."""
    page = _variant_page(body)
    wanted = [decode("variant", one.id) for one in page.items]
    own = await _own_of_variants(app, rules, window_id, wanted)
    return _encode(msgspec.structs.replace(page, items=[_priced(one, own) for one in page.items]))


async def _own_prices(
    app: App, rules: ShopRules, window_id: UUID, products: Sequence[str]
) -> Found:
    wanted = [decode("product", one) for one in products]
    if not wanted:
        return {}
    async with app.db.reading() as tx:
        shown = await shown_variants(tx, window_id, rules.book.list_ids, tx.now, product_ids=wanted)
        return _own(rules, shown, tx.now)


def _own(rules: ShopRules, shown: Iterable[ShownVariant], at: datetime) -> Found:
    found: Found = {}
    for one in shown:
        if hidden_from_buyer(rules, one.product_id, one.variant_id) is None:
            price = _own_price(rules, one, at)
            if price is not None:
                found.setdefault(one.product_id, {})[one.variant_id] = price
    return found


def _own_price(rules: ShopRules, one: ShownVariant, at: datetime) -> OwnPrice | None:
    channel, mode = rules.channel, rules.policy.rounding
    line = LineToPrice[PriceTierRow](
        key="", variant_id=one.variant_id, product_id=one.product_id, quantity=1, prices=one.prices
    )
    priced = pricing.price_lines(
        rules.book, [line], at=at, market=channel.default_country, mode=mode
    )[""]
    if priced.taken is None or priced.terms is None:
        return None
    amount, unit_price = priced.taken.amount_minor, None
    if one.measure is not None:
        measure = Measure(variant_id=one.variant_id, **one.measure._asdict())
        unit_price = UnitPriceDocument(
            price=Money(pricing.unit_price(amount, measure, mode=mode), channel.currency),
            per=f"{one.measure.base_quantity.normalize():f} {one.measure.base_unit}",
        )
    listed = [p for p in one.prices if p.price_list_id == priced.terms.price_list_id]
    return OwnPrice(
        buyable=one.buyable,
        own=priced.terms.level in pricing.PERSONAL,
        price=Money(amount, channel.currency),
        unit_price=unit_price,
        tiers=[
            PriceTier(min_quantity=start, price=Money(minor, channel.currency))
            for start, minor in pricing.ladder(listed, at)
            if start > 1
        ],
        told=is_told(rules, priced.terms.level),
    )


def _priced(variant: VariantDocument, own: Mapping[UUID, OwnPrice]) -> VariantDocument:
    found = own.get(decode("variant", variant.id))
    if found is None or not found.own:
        return variant
    return msgspec.structs.replace(
        variant,
        price=found.price,
        compare_at=None,
        prior=None,
        unit_price=found.unit_price,
        tiers=found.tiers,
        personalised=found.told or msgspec.UNSET,
    )


def _ranged(shown: Shown, own: Mapping[UUID, OwnPrice]) -> Shown:
    """What can be bought decides the range; if nothing can, all of it."""
    if shown.price is None or not any(one.own for one in own.values()):
        return shown
    prices = [one for one in own.values() if one.buyable] or list(own.values())
    cheapest = min(prices, key=lambda one: one.price.minor)
    dearest = max(prices, key=lambda one: one.price.minor)
    public = shown.price
    same = not cheapest.own and cheapest.price == public.min
    return msgspec.structs.replace(
        shown,
        price=PriceRange(
            min=cheapest.price,
            max=dearest.price,
            compare_at=public.compare_at if same else None,
            prior=public.prior if same else None,
            unit_price=cheapest.unit_price,
            tax_inclusive=public.tax_inclusive,
            personalised=any(one.told for one in prices) or msgspec.UNSET,
        ),
    )
