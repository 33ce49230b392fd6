"""Begin: from a cart to a pending order with stock held and a payment operation on record.

One transaction, before any money moves. A payment whose outcome is known without a call (an offline
method, nothing to pay) is completed in the same transaction. Locks: idempotency key, cart, order,
payment, stock, then inserts only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.email import checked_email
from argosy.kernel.ids import encode, new_id
from argosy.kernel.money import Money
from argosy.modules import cart as carts
from argosy.modules import inventory, ledger, orders, payments
from argosy.modules.cart import Cart, CartLine
from argosy.modules.channels import Channel, offered_gateways
from argosy.modules.inventory import Demand
from argosy.modules.orders import Because, MoneyFacts, OpenOrder, OrderLine
from argosy.modules.payments import Authorised, Captured, Operation
from argosy.modules.quote import QuoteLine
from argosy.reads.sellable import Sellable, sellable_variants
from argosy.runtime.db import Tx
from argosy.runtime.outbox_rows import Answered
from argosy.workflows.app import App
from argosy.workflows.baskets import Basket, basket_of, check_ready, check_total
from argosy.workflows.completing import Attempt, paid_status, sale_postings
from argosy.workflows.placement import (
    PaymentChoice,
    PaymentMissing,
    PlaceCart,
    Placement,
    Purchase,
    Reply,
)
from argosy.workflows.quoting import ShopRules, rules_for


class Begun(NamedTuple):
    """A purchase whose money is still to be asked for."""

    attempt: Attempt
    operation: Operation


class KeyKnown(Exception):
    """The idempotency key was claimed before. For `checkout` only."""


class CartNotReady(Exception):
    """The cart is not open, or not there. For `checkout` only."""


class Contended(Exception):
    """A variant is in such demand that its stock must be held by the stock gate first."""

    def __init__(self, demand: Sequence[Demand]) -> None:
        super().__init__()
        self.demand = demand


async def begin_cart(app: App, command: PlaceCart, reply: Reply) -> Answered | Begun:
    """Begin the purchase of a stored cart. Answered: it is complete already.

    Raises KeyKnown, CartNotReady (nothing was written), CartNotFound, and what `check_ready`,
    `check_total`, payments and inventory raise.
    """
    rules = await rules_for(app, command.channel.id)
    check_choice(app, command.channel, command.payment)
    try:
        return await _begin_cart(app, command, reply, rules, gated=False)
    except Contended as contended:
        await hold_ahead(app, command.channel, command.cart_id, contended.demand)
    return await _begin_cart(app, command, reply, rules, gated=True)


async def _begin_cart(
    app: App, command: PlaceCart, reply: Reply, rules: ShopRules, *, gated: bool
) -> Answered | Begun:
    at_once = command.payment is None or _is_immediate(app, command.payment)
    async with app.checkout_db.transaction() as tx:
        claimed, cart = await carts.begin(tx, command.cart_id, reply.key, placed=at_once)
        if not claimed:
            raise KeyKnown
        if cart is None:
            raise CartNotReady
        check_owner(cart, command.channel.id, command.customer_id)
        carts.check_open(msgspec.structs.replace(cart, state="open"), tx.now)
        sellables = await sellable_variants(
            tx,
            command.channel.id,
            command.channel.price_list_id,
            [line.variant_id for line in cart.lines],
            tx.now,
        )
        basket = basket_of(cart, command.channel, rules, sellables, at=tx.now)
        check_ready(command.channel, cart, basket)
        check_total(basket, command.expected_total)
        demand = demand_of(cart.lines, sellables)
        if not gated and app.stock_gate.contended(demand):
            raise Contended(demand)
        begin = _Begin(command.channel, cart, basket, sellables, command.payment, command.because)
        return await _write(tx, app, begin, reply)


async def begin_purchase(app: App, command: Purchase, reply: Reply) -> Answered | Begun:
    """Begin a one-call purchase: the cart is made, and begun, with the order.

    Prices are read before the transaction, so that the stock gate can be asked first. Raises
    KeyKnown, and the same as `begin_cart`.
    """
    channel = command.channel
    rules = await rules_for(app, channel.id)
    check_choice(app, channel, command.payment)
    at_once = command.payment is None or _is_immediate(app, command.payment)
    async with app.checkout_db.reading() as tx:
        cart = _new_cart(tx, command)
        sellables = await sellable_variants(
            tx, channel.id, channel.price_list_id, [line.variant_id for line in cart.lines], tx.now
        )
        basket = basket_of(cart, channel, rules, sellables, at=tx.now)
    check_ready(channel, cart, basket)
    if command.expected_total is not None:
        check_total(basket, command.expected_total)
    demand = demand_of(cart.lines, sellables)
    held = await hold_ahead(app, channel, cart.id, demand)
    async with app.checkout_db.transaction() as tx:
        if await carts.begin_new(tx, cart, reply.key, placed=at_once):
            begun = msgspec.structs.replace(cart, attempt=1)
            begin = _Begin(channel, begun, basket, sellables, command.payment, command.because)
            return await _write(tx, app, begin, reply)
        if held:
            await inventory.release(tx, cart.id, reason="repeated_request")
    raise KeyKnown


async def hold_ahead(app: App, channel: Channel, order_id: UUID, demand: Sequence[Demand]) -> bool:
    """Let the stock gate hold contended stock before the transaction; see StockGate.prepare."""
    expires_at = app.checkout_db.clock() + timedelta(seconds=app.settings.placing_lease_s)
    return await app.stock_gate.prepare(order_id, demand, channel.locations, expires_at)


def check_owner(cart: Cart, channel_id: UUID, customer_id: UUID | None) -> None:
    """Raise CartNotFound for another channel's cart, or another customer's."""
    if cart.channel_id != channel_id or cart.customer_id not in (None, customer_id):
        raise carts.CartNotFound("There is no such cart.", field="cart_id")


def check_choice(app: App, channel: Channel, choice: PaymentChoice | None) -> None:
    """Raise GatewayNotOffered or InstrumentInvalid before anything is written."""
    if choice is not None:
        offered = {name: app.gateways[name] for name in offered_gateways(channel, app.gateways)}
        payments.gateway_named(offered, choice.gateway).check_instrument(choice.instrument)


def demand_of(lines: Sequence[CartLine], sellables: Mapping[UUID, Sellable]) -> list[Demand]:
    """What the lines take from stock; goods that are not tracked take nothing."""
    return [
        Demand(variant_id=line.variant_id, quantity=line.quantity)
        for line in lines
        if sellables[line.variant_id].tracks_inventory
    ]


class _Begin(NamedTuple):
    channel: Channel
    cart: Cart
    basket: Basket
    sellables: Mapping[UUID, Sellable]
    payment: PaymentChoice | None
    because: Because


async def _write(tx: Tx, app: App, begin: _Begin, reply: Reply) -> Answered | Begun:
    total = begin.basket.quote.total
    if not total.minor:
        return await _complete_now(tx, app, begin, None, reply)
    if begin.payment is None:
        raise PaymentMissing(
            "This purchase costs something.", field="payment", cure="Say how it is paid."
        )
    opening = _opening(begin, payment_id=new_id(), operation_id=new_id())
    if _is_immediate(app, begin.payment):
        return await _complete_now(tx, app, begin, opening, reply)
    lease = tx.now + timedelta(seconds=app.settings.placing_lease_s)
    if await orders.open_order(tx, opening, begin.because, lease_until=lease) is None:
        raise orders.OrderSettled("This cart was ordered meanwhile.", retry_after=1)
    operation = await _open_payment(tx, begin, opening)
    await inventory.reserve(
        tx,
        opening.id,
        demand_of(begin.cart.lines, begin.sellables),
        locations=begin.channel.locations,
        expires_at=tx.now + timedelta(seconds=begin.channel.reservation_ttl_s),
    )
    return Begun(_attempt(tx, app, begin, opening), operation)


async def _complete_now(
    tx: Tx, app: App, begin: _Begin, opening: OpenOrder | None, reply: Reply
) -> Answered:
    """Begin and Complete in one: the payment is decided, or there is nothing to pay (G6)."""
    facts, outcome = MoneyFacts(), None
    if opening is None:
        opening = _opening(begin, payment_id=None, operation_id=None)
        if begin.payment is not None and not _is_immediate(app, begin.payment):
            await carts.move(tx, begin.cart.id, begin.cart.attempt, "placed")
    else:
        outcome = _decided(app, begin, opening, tx)
        captured = opening.total.minor if isinstance(outcome, Captured) else 0
        facts = MoneyFacts(authorised_minor=opening.total.minor, captured_minor=captured)
    done = await orders.open_confirmed(
        tx, opening, begin.because, facts=facts, number_prefix=begin.channel.order_prefix
    )
    if done is None:
        raise orders.OrderSettled("This cart was ordered meanwhile.", retry_after=1)
    operation = await _open_payment(tx, begin, opening, outcome) if outcome else None
    demand = demand_of(begin.cart.lines, begin.sellables)
    await inventory.take(tx, opening.id, demand, locations=begin.channel.locations)
    await ledger.post(tx, *sale_postings(opening.id, begin.basket.quote, operation, tx.now))
    placement = msgspec.structs.replace(
        _placement(app, opening),
        result="placed",
        number=done.number,
        stage="confirmed",
        payment_status=paid_status(opening.total, facts),
        placed_at=tx.now,
    )
    answer = reply.answered(placement)
    tx.remember(answer)
    return answer


def _is_immediate(app: App, choice: PaymentChoice) -> bool:
    return payments.gateway_named(app.gateways, choice.gateway).immediate


def _new_cart(tx: Tx, command: Purchase) -> Cart:
    cart = carts.new_cart(
        tx.now,
        channel_id=command.channel.id,
        currency=command.channel.currency,
        customer_id=command.customer_id,
        email=command.email,
        shipping_address=command.shipping_address,
        billing_address=command.billing_address,
        shipping_method=command.shipping_method,
    )
    for item in command.items:
        cart, _ = carts.with_line(
            cart, item.variant_id, item.quantity, item.configuration, line_id=new_id()
        )
    return cart


def _opening(begin: _Begin, *, payment_id: UUID | None, operation_id: UUID | None) -> OpenOrder:
    cart, quote = begin.cart, begin.basket.quote
    of_key = {line.key: line for line in quote.lines}
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
        payment_id=payment_id,
        operation_id=operation_id,
        gateway=begin.payment.gateway if begin.payment and payment_id else None,
        lines=tuple(
            order_line(place, line, of_key[encode("cart_line", line.id)], begin.sellables)
            for place, line in enumerate(cart.lines, start=1)
        ),
    )


def order_line(
    position: int, line: CartLine, quoted: QuoteLine, sellables: Mapping[UUID, Sellable]
) -> OrderLine:
    """A line with everything that it must remember (DOMAIN.md E1)."""
    goods = sellables[line.variant_id]
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
    )


def _capture_mode(begin: _Begin) -> payments.CaptureMode:
    # Goods are paid when they ship, what has no shipment at once (part one, 27).
    ships = any(goods.requires_shipping for goods in begin.sellables.values())
    return "manual" if ships and begin.channel.capture == "manual" else "automatic"


async def _open_payment(
    tx: Tx, begin: _Begin, opening: OpenOrder, outcome: Authorised | Captured | None = None
) -> Operation:
    assert begin.payment is not None
    assert opening.payment_id is not None
    return await payments.open_payment(
        tx,
        payment_id=opening.payment_id,
        operation_id=opening.operation_id,
        order_id=opening.id,
        gateway=begin.payment.gateway,
        amount=opening.total,
        instrument=begin.payment.instrument,
        capture=_capture_mode(begin),
        return_url=begin.payment.return_url,
        outcome=outcome,
    )


def _placement(app: App, opening: OpenOrder) -> Placement:
    ships = any(line.requires_shipping for line in opening.lines)
    return Placement(
        result="processing",
        order_id=opening.id,
        number=None,
        token=orders.order_token(app.settings.secret_key.get_secret_value(), opening.id),
        currency=opening.total.currency,
        subtotal_minor=opening.subtotal_minor,
        discount_minor=opening.discount_minor,
        shipping_minor=opening.shipping_minor,
        tax_minor=opening.tax_minor,
        total_minor=opening.total.minor,
        stage="pending_payment",
        payment_status="pending",
        fulfilment_status="unfulfilled" if ships else "not_required",
        hold_status="clear",
        payment_id=opening.payment_id,
        gateway=opening.gateway,
    )


def _attempt(tx: Tx, app: App, begin: _Begin, opening: OpenOrder) -> Attempt:
    assert opening.operation_id is not None
    return Attempt(
        order_id=opening.id,
        number=opening.attempt,
        operation_id=opening.operation_id,
        order_prefix=begin.channel.order_prefix,
        total=opening.total,
        opened_at=tx.now,
        waiting_for="gateway",
        placement=_placement(app, opening),
        quote=begin.basket.quote,
    )


def _decided(app: App, begin: _Begin, opening: OpenOrder, tx: Tx) -> Authorised | Captured:
    """The outcome of an immediate gateway."""
    assert begin.payment is not None
    assert opening.payment_id is not None
    assert opening.operation_id is not None
    gateway = payments.gateway_named(app.gateways, begin.payment.gateway)
    outcome = gateway.at_once(
        Operation(
            id=opening.operation_id,
            payment_id=opening.payment_id,
            order_id=opening.id,
            gateway=gateway.name,
            kind="authorise",
            amount=opening.total,
            state="pending",
            instrument=begin.payment.instrument,
            capture=_capture_mode(begin),
            released=Money.zero(opening.total.currency),
            created_at=tx.now,
            updated_at=tx.now,
        )
    )
    assert isinstance(outcome, Authorised | Captured), "immediate gateways do not decline"
    return outcome
