"""Quotes to look at: a cart's with all that was decided about it, and one of a cart that is not.

Nothing is written and nothing is held. What is answered is what placing would say at this moment.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.email import checked_email
from argosy.kernel.ids import new_id
from argosy.modules import cart as carts
from argosy.modules import customers, quote
from argosy.modules.cart import Cart
from argosy.modules.channels import Channel
from argosy.modules.quote import Explanation
from argosy.reads.sellable import sellable_variants
from argosy.runtime.db import Database, Tx
from argosy.workflows.app import App
from argosy.workflows.baskets import Basket, basket_of, check_lines, check_served
from argosy.workflows.cart_desk import Seller
from argosy.workflows.discounting import buyer_of
from argosy.workflows.live_rates import learn_rates
from argosy.workflows.placement import WantedItem
from argosy.workflows.quoting import ShopRules, rules_for

PRIVATE = frozenset({"coupon", "customer", "customer_group", "field"})
"""Conditions that say something of others, or of codes: what lacks them is not told to shoppers."""


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase to be quoted without making a cart. Addresses and e-mail are as typed."""

    items: tuple[WantedItem, ...]
    email: str = ""
    shipping_address: Address | None = None
    billing_address: Address | None = None
    shipping_method: str | None = None
    coupons: tuple[str, ...] = ()
    payment_method: str | None = None


class Explained(NamedTuple):
    """A cart (stored or not), what it costs, and what became of every promotion, if asked."""

    cart: Cart
    basket: Basket
    explanation: Explanation | None


async def quote_of_cart(
    app: App,
    seller: Seller,
    cart_id: UUID,
    *,
    payment_method: str | None = None,
    explain: bool = False,
) -> Explained:
    """What a cart costs now, as placing it by that way to pay would say. Raises CartNotFound."""
    rules = await rules_for(app, seller.channel.id, seller.customer_id)
    async with app.checkout_db.reading() as tx:
        cart = carts.check_theirs(
            await carts.find_cart(tx, cart_id),
            channel_id=seller.channel.id,
            customer_id=seller.customer_id,
        )
    basket = await _rated_basket(app, rules, seller.channel, cart, payment_method)
    return Explained(cart, basket, _explained(rules, basket) if explain else None)


async def quote_of_wish(
    app: App, seller: Seller, wish: WhatIf, *, explain: bool = False
) -> Explained:
    """What it would cost: nothing is made. Codes that cannot be used are told, not refused.

    Raises EmailInvalid, AddressInvalid, CountryNotServed, NotPurchasable, QuantityOutOfRange,
    CartTooLong.
    """
    rules = await rules_for(app, seller.channel.id, seller.customer_id)
    cart = _imagined(app.checkout_db, seller, wish)
    basket = await _rated_basket(app, rules, seller.channel, cart, wish.payment_method)
    check_lines(basket)
    return Explained(cart, basket, _explained(rules, basket) if explain else None)


async def _rated_basket(
    app: App, rules: ShopRules, channel: Channel, cart: Cart, payment_method: str | None
) -> Basket:
    async with app.checkout_db.reading() as tx:
        basket = await _basket(tx, rules, channel, cart, payment_method)
    if not basket.unrated:
        return basket
    await learn_rates(app, basket.unrated, honoured=True)
    async with app.checkout_db.reading() as tx:
        return await _basket(tx, rules, channel, cart, payment_method)


async def _basket(
    tx: Tx, rules: ShopRules, channel: Channel, cart: Cart, payment_method: str | None
) -> Basket:
    variants = [line.variant_id for line in cart.lines]
    if rules.promotions is not None:
        variants += rules.promotions.gifts
    sellables = await sellable_variants(tx, channel.id, rules.book.list_ids, variants, tx.now)
    buyer = await buyer_of(tx, rules.promotions, cart, sellables, payment_method=payment_method)
    return basket_of(
        cart, channel, rules, sellables, at=tx.now, buyer=buyer, payment_method=payment_method
    )


def _explained(rules: ShopRules, basket: Basket) -> Explanation:
    if rules.promotions is None:
        return Explanation(verdicts=())
    return quote.explain(basket.asked, rules.promotions.compiled)


def for_shoppers(explanation: Explanation) -> Explanation:
    """Leave out what a shopper must not learn: promotions for others, for codes, or not yet; and
    which floor a promotion met, for one on margin tells of costs.
    """
    return msgspec.structs.replace(
        explanation,
        verdicts=tuple(
            msgspec.structs.replace(verdict, cut=()) if verdict.cut else verdict
            for verdict in explanation.verdicts
            if verdict.outcome in {"applied", "superseded"}
            or (
                verdict.code == "conditions_not_met"
                and not any(one.code in PRIVATE for one in verdict.missing)
            )
        ),
    )


def _imagined(db: Database, seller: Seller, wish: WhatIf) -> Cart:
    cart = carts.new_cart(
        db.clock(),
        channel_id=seller.channel.id,
        currency=seller.channel.currency,
        customer_id=seller.customer_id,
        email=checked_email(wish.email).shown if wish.email else "",
        shipping_address=_checked(wish.shipping_address, "shipping_address"),
        billing_address=_checked(wish.billing_address, "billing_address"),
        shipping_method=wish.shipping_method,
    )
    for item in wish.items:
        cart, _ = carts.with_line(
            cart, item.variant_id, item.quantity, item.configuration, line_id=new_id()
        )
    for code in wish.coupons:
        cart = carts.with_coupon(cart, code)
    if cart.shipping_address is not None:
        check_served(seller.channel, cart.shipping_address, field="shipping_address")
    return cart


def _checked(address: Address | None, field: str) -> Address | None:
    return None if address is None else customers.check_address(address, field=field)
