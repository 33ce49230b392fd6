"""From a cart and what its goods cost to everything that Begin writes. Pure: nothing is awaited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.email import checked_email
from argosy.kernel.ids import decode, encode, new_id
from argosy.kernel.tax_id import TaxIdEvidence
from argosy.modules import cart as carts
from argosy.modules import orders, payments
from argosy.modules.cart import Cart, CartLine
from argosy.modules.channels import Channel, offered_gateways
from argosy.modules.inventory import Demand
from argosy.modules.orders import MoneyFacts, OpenOrder, OrderLine
from argosy.modules.payments import Authorised, Captured, Operation
from argosy.modules.promotions import Wanted
from argosy.modules.quote import Quote, QuoteLine
from argosy.modules.tax import EngineDocument, Filing
from argosy.reads.sellable import Sellable
from argosy.workflows.app import App
from argosy.workflows.baskets import basket_of, check_coupons, check_ready, check_total
from argosy.workflows.discounting import Buyer
from argosy.workflows.line_words import chain_of, in_words, words_of
from argosy.workflows.live_rates import RatesWanted
from argosy.workflows.location_evidence import with_location
from argosy.workflows.placement import (
    PaymentChoice,
    PaymentMissing,
    PlaceCart,
    Placement,
    Purchase,
    Reply,
)
from argosy.workflows.quoting import ShopRules
from argosy.workflows.tax_engine import check_small_enough, engine_taxed
from argosy.workflows.tax_ids import NOTHING_KNOWN, Known, check_evidence


class Wish(NamedTuple):
    """A request to place or to purchase, with the trace that its events belong to, and what was
    found out about the buyer's taxes before. `rated`: carriers were asked for their rates.
    """

    command: PlaceCart | Purchase
    reply: Reply
    trace: str | None
    known: Known = NOTHING_KNOWN
    rated: bool = False


class NothingToPay(Exception):
    """The total is zero: no provider is asked, so it can be completed at once."""


class Draft(NamedTuple):
    """What will be written for a wish. `operation` None: there is nothing to pay. `filing` None: no
    tax engine is to be told.

    `placement` is what would be answered if nothing more were known; `claims` what it needs of the
    limits of promotions.
    """

    wish: Wish
    cart: Cart
    quote: Quote
    order: OpenOrder
    demand: tuple[Demand, ...]
    operation: Operation | None
    placement: Placement
    claims: tuple[Wanted, ...] = ()
    filing: Filing | None = None

    @property
    def facts(self) -> MoneyFacts:
        """The order's sums once the operation is decided."""
        if self.operation is None:
            return MoneyFacts()
        total = self.order.total.minor
        taken = total if self.operation.takes_money else 0
        return MoneyFacts(authorised_minor=total, captured_minor=taken)


def draft_of(  # noqa: PLR0917 - all that an order is drafted from
    app: App,
    rules: ShopRules,
    wish: Wish,
    cart: Cart,
    sellables: Mapping[UUID, Sellable],
    buyer: Buyer,
    *,
    at_once: bool,
    at: datetime,
) -> Draft:
    """What the wish comes to: `at_once` with its payment decided, else with one to be asked for.

    Raises NothingToPay unless `at_once`, PaymentMissing, CouponRefused (a purchase in one call),
    TaxIdStale, RatesWanted, EngineWanted, TaxEngineDown, and what `check_ready` and `check_total`
    raise.
    """
    command = wish.command
    known = wish.known
    basket = basket_of(
        cart,
        command.channel,
        rules,
        sellables,
        at=at,
        buyer=buyer,
        tax_buyer=known.buyer,
        payment_method=None if command.payment is None else command.payment.gateway,
    )
    if basket.unrated and not wish.rated:
        raise RatesWanted(basket.unrated)
    check_evidence(app, rules, basket, cart, known, at)
    check_ready(command.channel, cart, basket)
    if isinstance(command, Purchase):
        check_coupons(basket)
    basket, document = engine_taxed(app, rules, cart, basket, known.buyer, known.degraded)
    check_small_enough(rules, basket.quote)
    if command.expected_total is not None:
        check_total(basket, command.expected_total)
    quote, payment = with_location(basket, cart, command.ip_country), command.payment
    if not quote.total.minor:
        if not at_once:
            raise NothingToPay
        payment = None
    elif payment is None:
        raise PaymentMissing(
            "This purchase costs something.", field="payment", cure="Say how it is paid."
        )
    order = _order(cart, quote, sellables, payment, command)
    operation = None
    if payment is not None:
        operation = _operation(order, command.channel, payment, sellables, at)
        if at_once:
            operation = payments.decided(operation, _outcome(app, operation))
    demand = demand_of(order.lines)
    filing = None if document is None else _filing(order, quote, rules, document)
    shown = _placement(app, order)
    return Draft(wish, cart, quote, order, demand, operation, shown, basket.claims, filing)


def _filing(order: OpenOrder, quote: Quote, rules: ShopRules, document: EngineDocument) -> Filing:
    return Filing(
        order_id=order.id,
        channel_id=order.channel_id,
        engine=rules.taxes.policy.engine,
        state="open",
        degraded=quote.tax_source == "degraded",
        document=document,
        charged_tax_minor=quote.tax_total.minor,
        currency=quote.currency,
    )


def demand_of(lines: Sequence[OrderLine]) -> tuple[Demand, ...]:
    """What the lines, gifts too, take from stock; goods that are not tracked take nothing."""
    return tuple(
        Demand(variant_id=line.variant_id, quantity=line.quantity)
        for line in lines
        if line.tracks_inventory
    )


def _gifts(quote: Quote) -> list[tuple[CartLine, QuoteLine]]:
    """The lines that promotions added, as if they had been in the cart."""
    return [
        (CartLine(id=new_id(), variant_id=line.variant_id, quantity=line.quantity), line)
        for line in quote.lines
        if line.gift_of is not None
    ]


def _bought(cart: Cart, quote: Quote) -> list[tuple[CartLine, QuoteLine]]:
    """The lines of the cart, each with its price; in the place of a kit its components, which are
    lines of the order like any other.
    """
    of_key = {line.key: line for line in quote.lines}
    if not quote.kits:
        return [(line, of_key[encode("cart_line", line.id)]) for line in cart.lines]
    kits = {kit.key: kit for kit in quote.kits}
    found = []
    for line in cart.lines:
        key = encode("cart_line", line.id)
        for part_key in kits[key].parts if key in kits else (key,):
            quoted = of_key[part_key]
            part = CartLine(
                id=decode("cart_line", part_key),
                variant_id=quoted.variant_id,
                quantity=quoted.quantity,
                configuration=line.configuration,
            )
            found.append((part, quoted))
    return found


def _order(
    cart: Cart,
    quote: Quote,
    sellables: Mapping[UUID, Sellable],
    payment: PaymentChoice | None,
    command: PlaceCart | Purchase,
) -> OpenOrder:
    bought = _bought(cart, quote)
    locale = command.locale or cart.locale
    own, shown = chain_of(command.channel, ""), chain_of(command.channel, locale)
    return OpenOrder(
        id=cart.id,
        attempt=cart.attempt,
        channel_id=cart.channel_id,
        customer_id=cart.customer_id,
        email=cart.email,
        email_normalised=checked_email(cart.email).normalised,
        total=quote.total,
        subtotal_minor=quote.subtotal.minor,
        discount_minor=quote.discount_total.minor,
        shipping_minor=quote.shipping_total.minor,
        tax_minor=quote.tax_total.minor,
        quote=quote,
        quote_hash=quote.hash,
        shipping_address=cart.shipping_address,
        billing_address=cart.billing_address or cart.shipping_address,
        shipping_method=cart.shipping_method,
        payment_id=new_id() if payment else None,
        operation_id=new_id() if payment else None,
        gateway=payment.gateway if payment else None,
        lines=tuple(
            _line(place, line, quoted, sellables[line.variant_id], own, shown)
            for place, (line, quoted) in enumerate([*bought, *_gifts(quote)], start=1)
        ),
        locale=locale or command.channel.locale,
    )


def _line(  # noqa: PLR0917 - private
    position: int,
    line: CartLine,
    quoted: QuoteLine,
    known: Sellable,
    own: Sequence[str],
    shown: Sequence[str],
) -> OrderLine:
    """A line with everything that it must remember (DOMAIN.md E1): what the channel calls it in its
    `own` language, and what the shopper is `shown`.
    """
    goods = in_words(known, own)
    told = words_of(in_words(known, shown))
    return OrderLine(
        id=line.id,
        position=position,
        variant_id=line.variant_id,
        product_id=goods.product_id,
        sku=goods.sku,
        title=goods.title,
        variant_title=goods.variant_title,
        options=goods.options,
        configuration=line.configuration,
        tax_class=goods.tax_class,
        image_key=goods.image_key,
        weight_g=goods.weight_g,
        requires_shipping=goods.requires_shipping,
        tracks_inventory=goods.tracks_inventory,
        quantity=line.quantity,
        unit_minor=quoted.unit_price.minor,
        subtotal_minor=quoted.subtotal.minor,
        discount_minor=quoted.discount.minor,
        net_minor=quoted.net.minor,
        tax_minor=quoted.tax.minor,
        total_minor=quoted.total.minor,
        told=None if told == words_of(goods) else told,
    )


def _operation(
    order: OpenOrder,
    channel: Channel,
    payment: PaymentChoice,
    sellables: Mapping[UUID, Sellable],
    at: datetime,
) -> Operation:
    assert order.payment_id is not None
    # Goods are paid when they ship, what has no shipment at once (part one, 27).
    ships = any(sellables[line.variant_id].requires_shipping for line in order.lines)
    return payments.authorisation(
        payment_id=order.payment_id,
        operation_id=order.operation_id,
        order_id=order.id,
        gateway=payment.gateway,
        amount=order.total,
        instrument=payment.instrument,
        capture="manual" if ships and channel.capture == "manual" else "automatic",
        return_url=payment.return_url,
        at=at,
    )


def _outcome(app: App, operation: Operation) -> Authorised | Captured:
    """The outcome of an immediate gateway."""
    outcome = payments.gateway_named(app.gateways, operation.gateway).at_once(operation)
    assert isinstance(outcome, Authorised | Captured), "immediate gateways do not decline"
    return outcome


def _placement(app: App, order: OpenOrder) -> Placement:
    ships = any(line.requires_shipping for line in order.lines)
    return Placement(
        result="processing",
        order_id=order.id,
        number=None,
        token=orders.order_token(app.settings.secret_key.get_secret_value(), order.id),
        currency=order.total.currency,
        subtotal_minor=order.subtotal_minor,
        discount_minor=order.discount_minor,
        shipping_minor=order.shipping_minor,
        tax_minor=order.tax_minor,
        total_minor=order.total.minor,
        stage="pending_payment",
        payment_status="pending",
        fulfilment_status="unfulfilled" if ships else "not_required",
        hold_status="clear",
        payment_id=order.payment_id,
        gateway=order.gateway,
    )


def check_owner(cart: Cart, channel_id: UUID, customer_id: UUID | None) -> None:
    """Raise CartNotFound for another channel's cart, or another customer's."""
    if cart.channel_id != channel_id or cart.customer_id not in (None, customer_id):
        raise carts.CartNotFound("There is no such cart.", field="cart_id")


def check_choice(app: App, channel: Channel, choice: PaymentChoice | None) -> None:
    """Raise GatewayNotOffered or InstrumentInvalid before anything is written."""
    if choice is not None:
        offered = {name: app.gateways[name] for name in offered_gateways(channel, app.gateways)}
        payments.gateway_named(offered, choice.gateway).check_instrument(choice.instrument)


def new_cart_of(command: Purchase, tax_id: TaxIdEvidence | None, at: datetime) -> Cart:
    """The cart that a purchase in one call makes on its way: not stored yet."""
    cart = carts.new_cart(
        at,
        channel_id=command.channel.id,
        currency=command.channel.currency,
        customer_id=command.customer_id,
        email=command.email,
        shipping_address=command.shipping_address,
        billing_address=command.billing_address,
        shipping_method=command.shipping_method,
        coupons=command.coupons,
        tax_id=tax_id,
        locale=command.locale,
    )
    for item in command.items:
        cart, _ = carts.with_line(
            cart, item.variant_id, item.quantity, item.configuration, line_id=new_id()
        )
    return msgspec.structs.replace(cart, attempt=1)
