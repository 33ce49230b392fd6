"""Changing a cart: read it, change it by pure rules, price it, write it back if nobody else did.

Three statements for each change: the cart with what its idempotency key is known for, the goods,
and one compare-and-set that also stores the answer. A change that lost the race is done again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.email import checked_email
from argosy.kernel.ids import new_id
from argosy.modules import cart as carts
from argosy.modules import customers
from argosy.modules.cart import Cart, MergeNote
from argosy.modules.channels import Channel
from argosy.reads.sellable import sellable_variants
from argosy.runtime import metrics
from argosy.runtime.db import Tx
from argosy.runtime.idempotency import Key, KeyReused, claim
from argosy.runtime.outbox_rows import Answered
from argosy.workflows.app import App
from argosy.workflows.baskets import Basket, basket_of, check_lines, check_served
from argosy.workflows.placement import ShippingMethodMissing, WantedItem
from argosy.workflows.quoting import ShippingOption, ShopRules, rules_for, shipping_options

TRIES = 8


class Seller(NamedTuple):
    """In which channel, and for which customer (None: a guest)."""

    channel: Channel
    customer_id: UUID | None


class CartReply(NamedTuple):
    """Under which key (None: none) the answer is stored, and how a cart becomes (status, body)."""

    key: Key | None
    render: Callable[[Cart, Basket], tuple[int, bytes]]

    def answered(self, cart: Cart, basket: Basket) -> Answered:
        """The answer to store, when there is a key, and to give."""
        status, body = self.render(cart, basket)
        if self.key is None:
            return Answered(scope="", key="", status=status, body=body)
        return self.key.answered(status, body)


class CartDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What a new cart may hold from the start. Addresses and e-mail are as typed."""

    items: tuple[WantedItem, ...] = ()
    email: str = ""
    shipping_address: Address | None = None
    billing_address: Address | None = None
    shipping_method: str | None = None


async def create_cart(app: App, seller: Seller, details: CartDetails, reply: CartReply) -> Answered:
    """A new cart. Two statements (one when it is empty).

    Raises EmailInvalid, AddressInvalid, CountryNotServed, NotPurchasable, QuantityOutOfRange,
    CartTooLong, KeyReused.
    """
    rules = await rules_for(app, seller.channel.id)
    async with app.checkout_db.reading() as tx:
        cart = _filled(tx, seller, details, keep_days=app.settings.cart_ttl_days)
        basket = await _priced(tx, seller.channel, rules, cart)
        check_lines(basket)
        if cart.shipping_address is not None:
            check_served(seller.channel, cart.shipping_address, field="shipping_address")
        answer = reply.answered(cart, basket)
        if await carts.create_cart(tx, cart, reply.key, answer):
            metrics.CARTS.inc()
            return answer
    assert reply.key is not None, "without a key every cart is new"
    async with app.checkout_db.transaction() as tx:
        stored = await claim(tx, reply.key)
    assert stored is not None, "carts are stored together with their answer"
    return replayed(stored)


async def read_cart(app: App, seller: Seller, cart_id: UUID) -> tuple[Cart, Basket]:
    """The cart with today's prices. Raises CartNotFound."""
    rules = await rules_for(app, seller.channel.id)
    async with app.checkout_db.reading() as tx:
        cart = await carts.cart_by_id(
            tx, cart_id, channel_id=seller.channel.id, customer_id=seller.customer_id
        )
        return cart, await _priced(tx, seller.channel, rules, cart)


async def add_line(
    app: App, seller: Seller, cart_id: UUID, item: WantedItem, reply: CartReply
) -> Answered:
    """Put so many of a variant into the cart. Raises NotPurchasable, QuantityOutOfRange,
    CartTooLong, ConfigurationInvalid, and what `_change` raises.
    """
    line_id = new_id()

    def change(cart: Cart) -> Cart:
        return carts.with_line(
            cart, item.variant_id, item.quantity, item.configuration, line_id=line_id
        )[0]

    return await _change(app, seller, cart_id, change, reply, buys=item.variant_id)


async def change_quantity(  # noqa: PLR0917 - a handler passes them all
    app: App, seller: Seller, cart_id: UUID, line_id: UUID, quantity: int, reply: CartReply
) -> Answered:
    """Set a line's quantity; 0 removes it. Raises CartLineNotFound, QuantityOutOfRange."""
    return await _change(
        app, seller, cart_id, lambda cart: carts.with_quantity(cart, line_id, quantity), reply
    )


async def set_email(
    app: App, seller: Seller, cart_id: UUID, email: str, reply: CartReply
) -> Answered:
    """Whom to write to. Raises EmailInvalid."""
    shown = checked_email(email).shown
    return await _change(app, seller, cart_id, lambda cart: carts.with_email(cart, shown), reply)


async def set_shipping_address(
    app: App, seller: Seller, cart_id: UUID, address: Address, reply: CartReply
) -> Answered:
    """Where the goods go. Raises AddressInvalid, CountryNotServed."""
    checked = customers.check_address(address)
    check_served(seller.channel, checked, field="")
    return await _change(
        app, seller, cart_id, lambda cart: carts.with_shipping_address(cart, checked), reply
    )


async def set_billing_address(
    app: App, seller: Seller, cart_id: UUID, address: Address, reply: CartReply
) -> Answered:
    """Who pays. Raises AddressInvalid."""
    checked = customers.check_address(address)
    return await _change(
        app, seller, cart_id, lambda cart: carts.with_billing_address(cart, checked), reply
    )


async def set_shipping_method(
    app: App, seller: Seller, cart_id: UUID, method: str, reply: CartReply
) -> Answered:
    """How the goods get there. Raises ShippingMethodMissing when it is not offered."""
    return await _change(
        app,
        seller,
        cart_id,
        lambda cart: carts.with_shipping_method(cart, method),
        reply,
        ships=True,
    )


async def list_shipping_options(app: App, seller: Seller, cart_id: UUID) -> list[ShippingOption]:
    """The ways to ship what is in the cart to its address (without one: in the default country)."""
    rules = await rules_for(app, seller.channel.id)
    async with app.checkout_db.reading() as tx:
        cart = await carts.cart_by_id(
            tx, cart_id, channel_id=seller.channel.id, customer_id=seller.customer_id
        )
        sellables = await sellable_variants(
            tx,
            seller.channel.id,
            seller.channel.price_list_id,
            [line.variant_id for line in cart.lines],
            tx.now,
        )
        basket = basket_of(cart, seller.channel, rules, sellables, at=tx.now)
        place = cart.shipping_address or Address(country=seller.channel.default_country)
        return shipping_options(rules, seller.channel, sellables, basket.wanted, place, at=tx.now)


async def claim_cart(
    app: App, seller: Seller, cart_id: UUID
) -> tuple[Cart, Basket, tuple[MergeNote, ...]]:
    """After sign-in: the guest's cart becomes the customer's, or goes into it (DOMAIN.md G9).

    Repeatable. Raises CartNotFound, CartNotOpen, CartExpired.
    """
    assert seller.customer_id is not None, "only a signed-in customer claims a cart"
    rules = await rules_for(app, seller.channel.id)
    async with app.checkout_db.transaction() as tx:
        merged = await carts.merge_carts(
            tx,
            cart_id,
            seller.channel.id,
            seller.customer_id,
            keep_days=app.settings.cart_ttl_days,
        )
        basket = await _priced(tx, seller.channel, rules, merged.cart)
    return merged.cart, basket, merged.notes


def replayed(answer: Answered) -> Answered:
    """A stored answer, marked as such."""
    headers = {**answer.headers, "Idempotency-Replayed": "true"}
    return msgspec.structs.replace(answer, headers=headers)


async def _change(
    app: App,
    seller: Seller,
    cart_id: UUID,
    change: Callable[[Cart], Cart],
    reply: CartReply,
    *,
    buys: UUID | None = None,
    ships: bool = False,
) -> Answered:
    """Apply `change`; the answer shows the cart as it is then.

    Raises CartNotFound, CartNotOpen, CartExpired, CartBusy, KeyReused, and what `change` raises.
    """
    rules = await rules_for(app, seller.channel.id)
    for _ in range(TRIES):
        async with app.checkout_db.reading() as tx:
            cart, seen = await carts.cart_for_change(
                tx,
                cart_id,
                reply.key,
                channel_id=seller.channel.id,
                customer_id=seller.customer_id,
            )
            if seen and seen.answer:
                return _seen_before(seen, reply)
            carts.check_open(cart, tx.now)
            changed = carts.touched(tx, change(cart), app.settings.cart_ttl_days)
            basket = await _priced(tx, seller.channel, rules, changed)
            _check_change(basket, buys=buys, ships=ships)
            shown = msgspec.structs.replace(changed, version=cart.version + 1)
            answer = reply.answered(shown, basket)
            if await carts.save(tx, changed, reply.key, answer):
                return answer
    raise carts.CartBusy("The cart is changed by several requests at once.", retry_after=1)


def _check_change(basket: Basket, *, buys: UUID | None, ships: bool) -> None:
    if buys is not None:
        check_lines(basket, only=buys)
    if ships and basket.quote.shipping is None:
        raise ShippingMethodMissing(
            "This way of shipping is not offered for this cart.",
            field="shipping_method",
            cure="Set the shipping address, then choose one of the cart's shipping options.",
        )


def _seen_before(seen: carts.Seen, reply: CartReply) -> Answered:
    assert reply.key is not None
    assert seen.answer is not None
    if seen.request_hash != reply.key.request_hash:
        raise KeyReused(
            "This Idempotency-Key was used for another request.",
            field="Idempotency-Key",
            cure="Use a new key for a new request.",
        )
    return replayed(seen.answer)


async def _priced(tx: Tx, channel: Channel, rules: ShopRules, cart: Cart) -> Basket:
    sellables = await sellable_variants(
        tx, channel.id, channel.price_list_id, [line.variant_id for line in cart.lines], tx.now
    )
    return basket_of(cart, channel, rules, sellables, at=tx.now)


def _filled(tx: Tx, seller: Seller, details: CartDetails, *, keep_days: int) -> Cart:
    cart = carts.new_cart(
        tx,
        channel_id=seller.channel.id,
        currency=seller.channel.currency,
        customer_id=seller.customer_id,
        email=checked_email(details.email).shown if details.email else "",
        shipping_address=_checked(details.shipping_address, "shipping_address"),
        billing_address=_checked(details.billing_address, "billing_address"),
        shipping_method=details.shipping_method,
        keep_days=keep_days,
    )
    for item in details.items:
        cart, _ = carts.with_line(
            cart, item.variant_id, item.quantity, item.configuration, line_id=new_id()
        )
    return cart


def _checked(address: Address | None, field: str) -> Address | None:
    return None if address is None else customers.check_address(address, field=field)
