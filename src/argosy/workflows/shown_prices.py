"""The prices that a shop window shows: what everybody pays, with what belongs beside a price.

pricing --read_shop_prices--> ShopPrices     (once for a batch of products)
ShopPrices, a product's source --shown_in--> the source as one channel shows it   (pure)

Prices of one list that never changed are left as they are read. Lists that are offered beside the
channel's own (C1), prior prices (C5, C6) and prices per kilogram or litre (C7) are worked out here,
for the present and for what comes next, so that nobody has to be on time (C8).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.rounding import Rounding
from argosy.modules import pricing
from argosy.modules.channels import Channel
from argosy.modules.pricing import LineToPrice, Measure, PriceBook, PriceChange, WasPrice
from argosy.modules.projections import SourcePrice, SourceProduct, SourceVariant
from argosy.runtime.db import Tx

_AHEAD = 2
"""A product is stored as it is and as it will be from its next boundary on."""


class ShopPrices(NamedTuple):
    """How one channel prices for everybody: its lists now and later, and all there ever were."""

    base_list_id: UUID
    book: PriceBook
    past: PriceBook
    market: str
    mode: Rounding
    was_price: WasPrice

    @property
    def list_ids(self) -> tuple[UUID, ...]:
        """The lists whose prices decide what is shown."""
        return tuple(dict.fromkeys((*self.book.list_ids, *self.past.list_ids)))


async def read_shop_prices(tx: Tx, channels: Sequence[Channel]) -> dict[UUID, ShopPrices]:
    """How each channel prices, by its id. Three statements for any number of channels."""
    offered = await pricing.public_terms(tx)
    policies = await pricing.all_policies(tx)
    lists = await pricing.price_lists_by_ids(tx, {c.price_list_id for c in channels})
    found = {}
    for channel in channels:
        policy = policies.get(channel.id, pricing.Policy())
        base = pricing.terms_of(channel.price_list_id, lists.get(channel.price_list_id))
        now, past = (
            pricing.price_book(
                policy,
                offered.of(channel.id, channel.currency, base, at=tx.now, past=with_past),
            )
            for with_past in (False, True)
        )
        found[channel.id] = ShopPrices(
            base_list_id=channel.price_list_id,
            book=now,
            past=past,
            market=channel.default_country,
            mode=channel.rounding_mode,
            was_price=policy.was_price,
        )
    return found


def shown_in(source: SourceProduct, shop: ShopPrices, at: datetime) -> SourceProduct:
    """The product with the prices that the channel shows from `at` on, as if of its own list."""
    if all(_is_plain(variant, shop) for variant in source.variants):
        return source
    variants = tuple(
        variant
        if _is_plain(variant, shop)
        else msgspec.structs.replace(variant, prices=tuple(_segments(variant, shop, at)))
        for variant in source.variants
    )
    return msgspec.structs.replace(source, variants=variants)


def _is_plain(variant: SourceVariant, shop: ShopPrices) -> bool:
    return (
        shop.book.plain
        and shop.was_price == "free"
        and not variant.changes
        and variant.measure is None
    )


def _segments(variant: SourceVariant, shop: ShopPrices, at: datetime) -> Iterable[SourcePrice]:
    """What is shown from now on and from each boundary on, until the next is known."""
    ends = {t for p in variant.prices for t in (p.valid_from, p.valid_until)}
    ends |= {t for terms in shop.book.terms for t in (terms.valid_from, terms.valid_until)}
    later = sorted(t for t in ends if t is not None and t > at)
    history = [
        PriceChange(min_quantity=1, compare_at_minor=None, **msgspec.structs.asdict(change))
        for change in variant.changes
    ]
    found = 0
    for place, start in enumerate([at, *later]):
        until = later[place] if place < len(later) else None
        steps = _steps(variant, shop, start)
        yield from (
            _shown(step, variant, shop, history, (start if place else None, until), start)
            for step in steps
        )
        found += bool(steps)
        if found == _AHEAD:
            break


def _steps(variant: SourceVariant, shop: ShopPrices, at: datetime) -> list[tuple[int, SourcePrice]]:
    """From which quantity on which price applies, of whatever list."""
    steps: list[tuple[int, SourcePrice]] = []
    for quantity in sorted({1, *(price.min_quantity for price in variant.prices)}):
        line = LineToPrice[SourcePrice](
            key="",
            variant_id=variant.id,
            product_id=variant.id,
            quantity=quantity,
            prices=variant.prices,
        )
        priced = pricing.price_lines(shop.book, [line], at=at, market=shop.market)[""]
        if priced.taken is not None and (not steps or steps[-1][1] is not priced.taken):
            steps.append((quantity, priced.taken))
    return steps


def _shown(  # noqa: PLR0917 - a price with all that is shown beside it
    step: tuple[int, SourcePrice],
    variant: SourceVariant,
    shop: ShopPrices,
    history: Sequence[PriceChange],
    period: tuple[datetime | None, datetime | None],
    at: datetime,
) -> SourcePrice:
    quantity, price = step
    prior = None
    if quantity == 1 and history:
        amounts = pricing.public_amounts(
            history, shop.past.terms, shop.past.choice, market=shop.market, until=at
        )
        prior = pricing.prior_on(amounts, at)
    was = prior if shop.was_price == "omnibus" else price.compare_at_minor
    return SourcePrice(
        price_list_id=shop.base_list_id,
        min_quantity=quantity,
        amount_minor=price.amount_minor,
        compare_at_minor=was,
        valid_from=period[0],
        valid_until=period[1],
        price_id=price.price_id,
        prior_minor=prior,
        unit_price_minor=_per_base(variant, price.amount_minor, shop.mode),
    )


def _per_base(variant: SourceVariant, amount_minor: int, mode: Rounding) -> int | None:
    if variant.measure is None:
        return None
    measure = Measure(variant_id=variant.id, **msgspec.structs.asdict(variant.measure))
    return pricing.unit_price(amount_minor, measure, mode=mode)
