"""What a purchase that might be would cost: its taxes, its fees, and every way to ship it.

Nothing is written; shoppers see nothing of it. Carriers are not asked: their prices are estimates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.workflows.app import App
from argosy.workflows.baskets import Basket, check_served
from argosy.workflows.fee_trials import FeeTrial, imagined_cart, tried_basket
from argosy.workflows.quoting import ShippingOption, shipping_options
from argosy.workflows.shop_rules import rules_for


class TriedPurchase(NamedTuple):
    """The purchase as it would be quoted, with the ways to ship it there."""

    basket: Basket
    options: Sequence[ShippingOption]


async def try_purchase(app: App, channel_id: UUID, trial: FeeTrial) -> TriedPurchase:
    """Quote a purchase of these goods; without a way of shipping, by the cheapest one.

    Raises ChannelNotFound, CountryNotServed, NotPurchasable, QuantityOutOfRange, CartTooLong.
    """
    rules = await rules_for(app, channel_id)
    country = trial.country or rules.channel.default_country
    place = Address(country=country, region=trial.region, postal_code=trial.postal_code)
    check_served(rules.channel, place, field="country")
    cart = imagined_cart(rules, trial, app.db.clock())
    basket = await tried_basket(app, rules, cart, trial.payment_method)
    options = shipping_options(
        rules,
        rules.channel,
        basket.goods,
        basket.wanted,
        place,
        quoted=basket.quote,
        at=app.db.clock(),
    )
    if options and not trial.shipping_method:
        cheapest = min(options, key=lambda one: one.price.minor)
        cart = msgspec.structs.replace(cart, shipping_method=cheapest.code)
        basket = await tried_basket(app, rules, cart, trial.payment_method)
    return TriedPurchase(basket, options)
