"""What variants cost one buyer, to show before anything is in a cart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from argosy.kernel.address import Address
from argosy.kernel.money import Money
from argosy.modules import pricing
from argosy.modules.pricing import LineToPrice, TierKind
from argosy.reads.sellable import PriceTier, Sellable, sellable_variants
from argosy.workflows.app import App
from argosy.workflows.kit_lines import WantedLine, priced_kit
from argosy.workflows.shop_rules import ShopRules, hidden_from_buyer, is_told, rules_for


class BuyerPrice(NamedTuple):
    """What so many units of a variant cost a buyer: one unit, all of them, and from which quantity
    on what. None: not purchasable. `personal`: by a list that is not offered to everybody.
    `personalised`: it was made for this buyer, who is to be told.
    """

    variant_id: UUID
    quantity: int
    price: Money | None
    subtotal: Money | None
    personal: bool
    tier_kind: TierKind
    tiers: tuple[tuple[int, Money], ...]
    personalised: bool = False


async def prices_of_buyer(
    app: App,
    channel_id: UUID,
    customer_id: UUID | None,
    variant_ids: Sequence[UUID],
    quantity: int,
) -> list[BuyerPrice]:
    """What each variant that the channel sells costs the buyer, alone in a cart.

    What is not for the buyer is left out. For the channel's default country. One statement while
    the rules are kept. Raises ChannelNotFound.
    """
    rules = await rules_for(app, channel_id, customer_id)
    async with app.db.reading() as tx:
        lists = rules.book.list_ids
        goods = await sellable_variants(tx, channel_id, lists, variant_ids, tx.now)
        return [
            _price(rules, goods, variant_id, quantity, tx.now)
            for variant_id in variant_ids
            if variant_id in goods
            and goods[variant_id].published
            and hidden_from_buyer(rules, goods[variant_id].product_id, variant_id) is None
        ]


def _price(
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    variant_id: UUID,
    quantity: int,
    at: datetime,
) -> BuyerPrice:
    channel, goods = rules.channel, sellables[variant_id]
    if goods.bill is not None and goods.bill.price == "sum":
        return _summed(rules, sellables, variant_id, quantity, at)
    home = Address(country=channel.default_country)
    line = LineToPrice[PriceTier](
        key="",
        variant_id=goods.variant_id,
        product_id=goods.product_id,
        quantity=quantity,
        prices=goods.prices,
    )
    found = pricing.price_lines(
        rules.book, [line], at=at, market=home.country, mode=rules.policy.rounding
    )[""]
    taken, terms = found.taken, found.terms
    if taken is None or terms is None:
        return BuyerPrice(goods.variant_id, quantity, None, None, False, "volume", ())
    subtotal = found.subtotal_minor
    own = [price for price in goods.prices if price.price_list_id == terms.price_list_id]
    return BuyerPrice(
        variant_id=goods.variant_id,
        quantity=quantity,
        price=Money(taken.amount_minor, channel.currency),
        subtotal=Money(
            taken.amount_minor * quantity if subtotal is None else subtotal, channel.currency
        ),
        personal=terms.level in pricing.PERSONAL,
        tier_kind=terms.tier_kind,
        tiers=tuple(
            (start, Money(amount, channel.currency)) for start, amount in pricing.ladder(own, at)
        ),
        personalised=is_told(rules, terms.level),
    )


def _summed(
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    variant_id: UUID,
    quantity: int,
    at: datetime,
) -> BuyerPrice:
    """What a kit costs that has no price of its own, with its default choice; none without one."""
    line = WantedLine(key="", variant_id=variant_id, quantity=quantity)
    home = Address(country=rules.channel.default_country)
    found = priced_kit(rules, sellables, line, None, home, at)
    if isinstance(found, str):
        return BuyerPrice(variant_id, quantity, None, None, False, "volume", ())
    price = Money(found.unit_minor, rules.channel.currency)
    return BuyerPrice(variant_id, quantity, price, price * quantity, False, "volume", ())
