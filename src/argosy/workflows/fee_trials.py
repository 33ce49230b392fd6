"""Fees before they are saved: whether a channel can invoice them, and what they would do to a cart.

Nothing is written; shoppers see nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.ids import new_id
from argosy.modules import cart as carts
from argosy.modules import fees, tax
from argosy.modules.cart import Cart
from argosy.modules.fees import Fee, FeeInvalid, SetFee
from argosy.modules.quote import Quote, QuoteCharge, Violation, check_tax_document, tax_document
from argosy.reads.sellable import sellable_variants
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.baskets import Basket, basket_of, check_lines
from argosy.workflows.discounting import buyer_of
from argosy.workflows.live_promotions import compile_live
from argosy.workflows.placement import WantedItem
from argosy.workflows.quoting import ShopRules, rules_for


class FeeTrial(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase that might be, to try a fee on. Without a country: the channel's own."""

    items: tuple[WantedItem, ...]
    country: str | None = None
    region: str = ""
    postal_code: str = ""
    shipping_method: str | None = None
    payment_method: str | None = None


class TriedFee(NamedTuple):
    """What a fee would do: the quote without and with it, the charges that are its own, and what
    its tax document would break that is not broken without it.
    """

    before: Quote
    after: Quote
    charges: tuple[QuoteCharge, ...]
    violations: tuple[Violation, ...]


async def check_taxed(tx: Tx, channel_id: UUID, wish: SetFee) -> None:
    """Refuse a fee outside all taxes in a channel that taxes: no invoice by EN 16931 could show it
    beside the goods (BR-O-11). Raises FeeInvalid.
    """
    if wish.tax_class is not None:
        return
    zones = await tax.zones_of_channel(tx, channel_id)
    classes = sorted({r.tax_class for z in zones for r in z.rates if not r.rate})
    if any(rate.rate for zone in zones for rate in zone.rates):
        raise FeeInvalid(
            "Beside taxed goods an invoice cannot show what is outside all taxes (BR-O-11).",
            field="tax_class",
            cure="Name a tax class with a zero or exempt rate"
            + (f", such as {', '.join(classes[:3])}." if classes else ": set one up first."),
        )


async def try_on_cart(app: App, channel_id: UUID, wish: SetFee, cart_id: UUID) -> TriedFee:
    """What a fee would do to a cart of the channel, with its fees as they are.

    Raises FeeInvalid, CartNotFound, ChannelNotFound.
    """
    fees.check_fee(wish)
    async with app.db.reading() as tx:
        cart = await carts.find_cart(tx, cart_id)
    if cart is None or cart.channel_id != channel_id:
        raise carts.CartNotFound("There is no such cart in this channel.")
    rules = await rules_for(app, channel_id, cart.customer_id)
    return await _tried(app, rules, wish, cart, None)


async def try_on_goods(app: App, channel_id: UUID, wish: SetFee, trial: FeeTrial) -> TriedFee:
    """What a fee would do to a purchase of these goods.

    Raises FeeInvalid, NotPurchasable, QuantityOutOfRange, CartTooLong, ChannelNotFound.
    """
    fees.check_fee(wish)
    rules = await rules_for(app, channel_id)
    cart = imagined_cart(rules, trial, app.db.clock())
    return await _tried(app, rules, wish, cart, trial.payment_method)


def imagined_cart(rules: ShopRules, trial: FeeTrial, at: datetime) -> Cart:
    """A cart with these goods that is stored nowhere. Raises QuantityOutOfRange, CartTooLong."""
    country = trial.country or rules.channel.default_country
    place = Address(country=country, region=trial.region, postal_code=trial.postal_code)
    cart = carts.new_cart(
        at,
        channel_id=rules.channel.id,
        currency=rules.channel.currency,
        customer_id=None,
        email="",
        shipping_address=place,
        billing_address=place,
        shipping_method=trial.shipping_method,
    )
    for item in trial.items:
        cart, _ = carts.with_line(
            cart, item.variant_id, item.quantity, item.configuration, line_id=new_id()
        )
    return cart


async def _tried(
    app: App, rules: ShopRules, wish: SetFee, cart: Cart, payment_method: str | None
) -> TriedFee:
    wanted = msgspec.structs.asdict(wish)
    fee = Fee(**wanted, id=new_id(), channel_id=rules.channel.id)
    others = tuple(one for one in rules.charged if one.code != wish.code)
    rules = _knowing_goods(rules) if wish.when.asks_of_products else rules
    less, more = replace(rules, charged=others), replace(rules, charged=(*others, fee))
    before = (await tried_basket(app, less, cart, payment_method)).quote
    after = (await tried_basket(app, more, cart, payment_method)).quote
    own = tuple(charge for charge in after.charges if charge.code == wish.code)
    known = {(one.rule, one.subject) for one in _broken(before)}
    new = tuple(one for one in _broken(after) if (one.rule, one.subject) not in known)
    return TriedFee(before, after, own, new)


def _knowing_goods(rules: ShopRules) -> ShopRules:
    """The rules that know of goods what fees ask for, beside what promotions do."""
    live = rules.promotions or compile_live(
        (), currency=rules.policy.currency, channel_id=rules.channel.id, for_fees=True
    )
    assert live is not None
    return replace(rules, promotions=replace(live, reads=live.reads | {"categories"}))


async def tried_basket(
    app: App, rules: ShopRules, cart: Cart, payment_method: str | None
) -> Basket:
    """What a cart would cost by these rules now. Raises NotPurchasable."""
    async with app.db.reading() as tx:
        live = rules.promotions
        variants = [line.variant_id for line in cart.lines] + [*(live.gifts if live else ())]
        sellables = await sellable_variants(
            tx, rules.channel.id, rules.book.list_ids, variants, tx.now
        )
        buyer = await buyer_of(tx, live, cart, sellables, payment_method=payment_method)
        basket = basket_of(
            cart, rules.channel, rules, sellables, at=tx.now, bound=False, buyer=buyer,
            payment_method=payment_method,
        )  # fmt: skip
    check_lines(basket)
    return basket


def _broken(quote: Quote) -> Sequence[Violation]:
    return [one for one in check_tax_document(tax_document(quote)) if not one.tolerated]
