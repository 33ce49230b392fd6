"""Changing a cart: read it, change it by pure rules, price it, write it back if nobody else did.

What a shopper may ask for is here; how carts are read and written together is in `cart_desk.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.email import checked_email
from argosy.kernel.ids import new_id
from argosy.kernel.tax_id import TaxIdEvidence
from argosy.modules import cart as carts
from argosy.modules import customers, promotions
from argosy.modules.cart import Cart, MergeNote
from argosy.modules.shipping import RateQuestion
from argosy.reads.sellable import sellable_variants
from argosy.runtime import metrics
from argosy.runtime.attempts import claim_attempt, forget_attempts
from argosy.runtime.idempotency import Key, KeyInProgress, KeyReused
from argosy.runtime.outbox_rows import Answered
from argosy.workflows.answer_files import files_said, follow
from argosy.workflows.app import App
from argosy.workflows.baskets import (
    Basket,
    basket_of,
    check_coupons,
    check_lines,
    check_said,
    check_served,
)
from argosy.workflows.cart_desk import CartDesk, Change, Counter, Creation, Reading, Seller, Shown
from argosy.workflows.discounting import buyer_of
from argosy.workflows.live_rates import learn_rates
from argosy.workflows.placement import ShippingMethodMissing, TypedTaxId, WantedItem
from argosy.workflows.quoting import ShippingOption, rules_for, shipping_options
from argosy.workflows.shipping_prices import consignment_of, unrated
from argosy.workflows.tax_engine import shown_taxed
from argosy.workflows.tax_ids import buyer_for, checked_tax_id

FREE_CODES = 10
"""So many codes may be tried without waiting, by one shopper or cart."""


class CartReply(NamedTuple):
    """Under which key (None: none) a change is made, and how a cart becomes (status, body)."""

    key: Key | None
    render: Callable[[Cart, Basket], tuple[int, bytes]]

    def answered(self, shown: Shown) -> Answered:
        """The answer to give. A repeat shows the cart as it is now, and says so."""
        status, body = self.render(shown.cart, shown.basket)
        headers = {"Idempotency-Replayed": "true"} if shown.replayed else {}
        return Answered(scope="", key="", status=status, body=body, headers=headers)


class CartDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What a new cart may hold from the start. Addresses and e-mail are as typed."""

    items: tuple[WantedItem, ...] = ()
    email: str = ""
    shipping_address: Address | None = None
    billing_address: Address | None = None
    shipping_method: str | None = None
    tax_id: TypedTaxId | None = None
    locale: str = ""


class CartUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """What of a cart shall be set; None leaves it as it is. Addresses and e-mail are as typed."""

    email: str | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    shipping_method: str | None = None
    locale: str | None = None


async def create_cart(app: App, seller: Seller, details: CartDetails, reply: CartReply) -> Answered:
    """A new cart. One statement, and one for the goods that it holds; shared with others that come
    in the same moment. A repeat with its key answers with the cart as it is now.

    Raises EmailInvalid, AddressInvalid, CountryNotServed, NotPurchasable, QuantityOutOfRange,
    CartTooLong, TaxIdInvalid, KeyReused, AnswerRefused.
    """
    counter = await _counter(app, seller)
    tax_id = None
    if details.tax_id is not None:
        tax_id = await _known_tax_id(app, counter, details.tax_id)
    cart = _filled(app, seller, details, tax_id)

    def check(basket: Basket) -> None:
        check_said(basket, details.items)
        check_lines(basket)

    shown = await app.part(CartDesk).create(Creation(counter, cart, check, reply.key))
    if shown is not None:
        metrics.CARTS.inc()
        return reply.answered(await _finished(app, counter, shown))
    assert reply.key is not None, "without a key every cart is new"
    return await _made_before(app, counter, reply, reply.key)


async def read_cart(app: App, seller: Seller, cart_id: UUID) -> tuple[Cart, Basket]:
    """The cart with the prices of this moment. Raises CartNotFound."""
    counter = await _counter(app, seller)
    shown = await app.part(CartDesk).read(Reading(counter, cart_id))
    shown = await _finished(app, counter, shown)
    return shown.cart, shown.basket


async def add_line(
    app: App, seller: Seller, cart_id: UUID, item: WantedItem, reply: CartReply
) -> Answered:
    """Put so many of a variant into the cart. Raises NotPurchasable, QuantityOutOfRange,
    CartTooLong, ConfigurationInvalid, AnswerRefused, and what `CartDesk.change` raises.
    """
    line_id = new_id()
    files = await files_said(app, cart_id, item.configuration)

    def change(cart: Cart) -> Cart:
        return carts.with_line(
            cart, item.variant_id, item.quantity, item.configuration, line_id=line_id, files=files
        )[0]

    return await _change(
        app,
        seller,
        cart_id,
        change,
        reply,
        check=lambda basket: check_lines(basket, only=item),
        buys=item.variant_id,
    )


async def change_quantity(  # noqa: PLR0917 - a handler passes them all
    app: App, seller: Seller, cart_id: UUID, line_id: UUID, quantity: int, reply: CartReply
) -> Answered:
    """Set a line's quantity; 0 removes it. Raises CartLineNotFound, QuantityOutOfRange."""
    return await _change(
        app, seller, cart_id, lambda cart: carts.with_quantity(cart, line_id, quantity), reply
    )


async def update_cart(
    app: App,
    seller: Seller,
    cart_id: UUID,
    update: CartUpdate,
    reply: CartReply,
    *,
    nested: bool = True,
) -> Answered:
    """Set who buys, where the goods go, who pays, how they get there: any of these in one change.

    Another country drops the shipping choice, unless one is set with it. `nested`: the fields of a
    problem name the address they are in. Raises EmailInvalid, AddressInvalid, CountryNotServed,
    ShippingMethodMissing when the method is not offered.
    """
    email = None if update.email is None else checked_email(update.email).shown
    shipping = _checked(update.shipping_address, "shipping_address" if nested else "")
    billing = shipping
    if update.billing_address != update.shipping_address:
        billing = _checked(update.billing_address, "billing_address" if nested else "")
    method = update.shipping_method
    if shipping is not None:
        check_served(seller.channel, shipping, field="shipping_address" if nested else "")

    def change(cart: Cart) -> Cart:
        if email is not None:
            cart = carts.with_email(cart, email)
        if shipping is not None:
            cart = carts.with_shipping_address(cart, shipping)
        if billing is not None:
            cart = carts.with_billing_address(cart, billing)
        if update.locale is not None:
            cart = msgspec.structs.replace(cart, locale=update.locale)
        return cart if method is None else carts.with_shipping_method(cart, method)

    check = _check_ships if method is not None else _check_nothing
    return await _change(app, seller, cart_id, change, reply, check=check)


async def list_shipping_options(
    app: App, seller: Seller, cart_id: UUID, *, place: Address | None = None
) -> list[ShippingOption]:
    """The ways to ship what is in the cart to `place`, else to its address, else to the default
    country. Raises CartNotFound.
    """
    counter = await _counter(app, seller)
    cart, basket, _ = await app.part(CartDesk).read(Reading(counter, cart_id))
    return await shipping_options_of(app, seller, cart, basket, place=place)


async def shipping_options_of(
    app: App, seller: Seller, cart: Cart, basket: Basket, *, place: Address | None = None
) -> list[ShippingOption]:
    """As `list_shipping_options`, of a cart that was read a moment ago: no statement."""
    counter = await _counter(app, seller)
    channel, rules, now = seller.channel, counter.rules, app.checkout_db.clock()
    known = cart.shipping_address if place is None else place
    # A carrier is not asked about half an address: until it is whole, prices are estimates.
    if rules.asks_carriers and known is not None and known.line1:
        goods = consignment_of(basket.goods, basket.asked.lines)
        unknown = unrated(rules, rules.methods, goods, known, now)
        if unknown:
            await learn_rates(app, unknown)
    return shipping_options(
        rules,
        channel,
        basket.goods,
        basket.wanted,
        known or Address(country=channel.default_country),
        quoted=basket.quote,
        at=now,
    )


async def claim_cart(
    app: App, seller: Seller, cart_id: UUID
) -> tuple[Cart, Basket, tuple[MergeNote, ...]]:
    """After sign-in: the guest's cart becomes the customer's, or goes into it (DOMAIN.md G9).

    Repeatable. Raises CartNotFound, CartNotOpen, CartExpired.
    """
    assert seller.customer_id is not None, "only a signed-in customer claims a cart"
    rules = await rules_for(app, seller.channel.id, seller.customer_id)
    tax_buyer = await buyer_for(app, rules, seller.customer_id)
    async with app.checkout_db.transaction() as tx:
        merged = await carts.merge_carts(
            tx,
            cart_id,
            seller.channel.id,
            seller.customer_id,
            keep_days=app.settings.cart_ttl_days,
        )
        await follow(tx, cart_id, merged.cart)
        variants = [line.variant_id for line in merged.cart.lines]
        if rules.promotions is not None:
            variants += rules.promotions.gifts
        sellables = await sellable_variants(
            tx, seller.channel.id, rules.book.list_ids, variants, tx.now
        )
        buyer = await buyer_of(tx, rules.promotions, merged.cart, sellables)
    price = partial(
        basket_of,
        merged.cart,
        seller.channel,
        rules,
        sellables,
        buyer=buyer,
        tax_buyer=tax_buyer,
        locale=seller.locale,
    )
    basket = price(at=tx.now)
    if basket.unrated:
        await learn_rates(app, basket.unrated, honoured=True)
        basket = price(at=tx.now)
    return merged.cart, basket, merged.notes


async def add_coupon(
    app: App, seller: Seller, cart_id: UUID, code: str, reply: CartReply, *, guesser: str
) -> Answered:
    """Put a code into the cart, if it is applied there; a code that it has already is no change.

    `guesser` names who tries, for the limit on tries (DOMAIN.md D10). Raises CouponRefused with the
    reason and what is missing, TooManyCoupons, TooManyTries, and what `CartDesk.change` raises.
    """
    bucket = sha256(f"coupon:{seller.channel.id}:{guesser}".encode()).digest()
    await claim_attempt(app.checkout_db, bucket, free_tries=FREE_CODES)
    answer = await _change(
        app,
        seller,
        cart_id,
        lambda cart: carts.with_coupon(cart, code),
        reply,
        check=lambda basket: check_coupons(basket, only=promotions.normal_code(code)),
        presents=code,
    )
    async with app.checkout_db.reading() as tx:
        await forget_attempts(tx, bucket)
    return answer


async def wish_gift(  # noqa: PLR0917 - a handler passes them all
    app: App, seller: Seller, cart_id: UUID, variant_id: UUID, wanted: bool, reply: CartReply
) -> Answered:
    """Remember that a gift is not wanted, or wanted again. Setting it twice sets it."""
    return await _change(
        app,
        seller,
        cart_id,
        lambda cart: carts.with_gift_wish(cart, variant_id, wanted=wanted),
        reply,
    )


async def remove_coupon(
    app: App, seller: Seller, cart_id: UUID, code: str, reply: CartReply
) -> Answered:
    """Take a code out of the cart. Raises CouponNotInCart."""
    return await _change(app, seller, cart_id, lambda cart: carts.without_coupon(cart, code), reply)


def _check_nothing(_basket: Basket) -> None:
    """Whatever a cart holds, its contact and addresses may be set."""


def _check_ships(basket: Basket) -> None:
    if basket.quote.shipping is None:
        raise ShippingMethodMissing(
            "This way of shipping is not offered for this cart.",
            field="shipping_method",
            cure="Set the shipping address, then choose one of the cart's shipping options.",
        )


async def _change(
    app: App,
    seller: Seller,
    cart_id: UUID,
    change: Callable[[Cart], Cart],
    reply: CartReply,
    *,
    check: Callable[[Basket], None] = _check_nothing,
    buys: UUID | None = None,
    presents: str | None = None,
) -> Answered:
    """Apply `change`; the answer shows the cart as it is then."""
    unknown: dict[str, RateQuestion] = {}

    def checked(basket: Basket) -> None:
        unknown.update(basket.unrated)
        check(basket)

    wish = Change(
        counter=await _counter(app, seller),
        cart_id=cart_id,
        apply=change,
        check=checked,
        keep_days=app.settings.cart_ttl_days,
        buys=buys,
        mark=None if reply.key is None else carts.mark_of(reply.key),
        presents=presents,
    )
    desk = app.part(CartDesk)
    try:
        shown = await desk.change(wish)
    except ShippingMethodMissing:
        if not unknown:
            raise
        # The way is not offered without a carrier's word, which nobody had asked for.
        await learn_rates(app, dict(unknown))
        shown = await desk.change(wish)
    return reply.answered(await _finished(app, wish.counter, shown))


async def _finished(app: App, counter: Counter, shown: Shown) -> Shown:
    """The cart with what others say about it: its carriers' rates, and the engine's taxes."""
    if shown.basket.unrated:
        await learn_rates(app, shown.basket.unrated)
        again = await app.part(CartDesk).read(Reading(counter, shown.cart.id))
        shown = shown._replace(cart=again.cart, basket=again.basket)
    return await _taxed(app, counter, shown)


async def _taxed(app: App, counter: Counter, shown: Shown) -> Shown:
    """The cart with the taxes of the channel's engine, if it has one."""
    if not counter.rules.taxes.policy.engine:
        return shown
    cart, basket = shown.cart, shown.basket
    taxed = await shown_taxed(app, counter.rules, cart, basket, counter.tax_buyer)
    return shown._replace(basket=taxed)


async def _counter(app: App, seller: Seller) -> Counter:
    rules = await rules_for(app, seller.channel.id, seller.customer_id)
    buyer = await buyer_for(app, rules, seller.customer_id)
    return Counter(app.checkout_db, seller, rules, buyer)


async def _made_before(app: App, counter: Counter, reply: CartReply, key: Key) -> Answered:
    async with app.checkout_db.reading() as tx:
        known = await carts.key_state(tx, key)
    if known is None or known.cart_id is None:
        raise KeyInProgress("This Idempotency-Key was being forgotten just now.", retry_after=1)
    if known.request_hash != key.request_hash:
        raise KeyReused(
            "This Idempotency-Key was used for another request.",
            field="Idempotency-Key",
            cure="Use a new key for a new request.",
        )
    shown = await app.part(CartDesk).read(Reading(counter, known.cart_id))
    return reply.answered(shown._replace(replayed=True))


async def set_tax_id(
    app: App, seller: Seller, cart_id: UUID, typed: TypedTaxId | None, reply: CartReply
) -> Answered:
    """Buy as the business with this tax id, or (None) as a consumer. The register is asked before
    the cart is touched; an id that it does not confirm is kept, and taxed. Raises TaxIdInvalid.
    """
    found = None
    if typed is not None:
        found = await _known_tax_id(app, await _counter(app, seller), typed)
    return await _change(app, seller, cart_id, lambda cart: carts.with_tax_id(cart, found), reply)


async def _known_tax_id(app: App, counter: Counter, typed: TypedTaxId) -> TaxIdEvidence:
    return await checked_tax_id(app, counter.rules.taxes.policy, typed.text, typed.country)


def _filled(app: App, seller: Seller, details: CartDetails, tax_id: TaxIdEvidence | None) -> Cart:
    cart = carts.new_cart(
        app.checkout_db.clock(),
        channel_id=seller.channel.id,
        currency=seller.channel.currency,
        customer_id=seller.customer_id,
        email=checked_email(details.email).shown if details.email else "",
        shipping_address=_checked(details.shipping_address, "shipping_address"),
        billing_address=_checked(details.billing_address, "billing_address"),
        shipping_method=details.shipping_method,
        tax_id=tax_id,
        locale=details.locale,
        keep_days=app.settings.cart_ttl_days,
    )
    for item in details.items:
        cart, _ = carts.with_line(
            cart, item.variant_id, item.quantity, item.configuration, line_id=new_id()
        )
    if cart.shipping_address is not None:
        check_served(seller.channel, cart.shipping_address, field="shipping_address")
    return cart


def _checked(address: Address | None, field: str) -> Address | None:
    return None if address is None else customers.check_address(address, field=field)
