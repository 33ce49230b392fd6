"""The words of checkout: what a purchase is asked for, what becomes of it, what can be wrong.

ArgosyError
├── Invalid
│   ├── EmailMissing            checkout.email_missing
│   ├── AddressMissing          checkout.address_missing
│   ├── ShippingMethodMissing   checkout.shipping_method_missing
│   ├── CountryNotServed        checkout.country_not_served
│   ├── PaymentMissing          checkout.payment_missing
│   └── CartEmpty               checkout.cart_empty
└── Conflict
    ├── TotalChanged            checkout.total_changed
    └── NothingToResume         checkout.nothing_to_resume
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.errors import Conflict, Invalid
from argosy.kernel.money import Money
from argosy.modules import orders
from argosy.modules.channels import Channel
from argosy.modules.orders import Because, Order
from argosy.runtime.idempotency import Key
from argosy.runtime.outbox_rows import Answered

Result = Literal["placed", "pending", "requires_action", "processing", "declined"]


class PaymentChoice(msgspec.Struct, frozen=True, kw_only=True):
    """How the shopper wants to pay: the gateway's name and what it needs (tokens, never cards).

    `saved`: with this one of the ways to pay that are kept for them. `save`: keep this one.
    """

    gateway: str
    instrument: dict[str, str] = {}
    return_url: str | None = None
    saved: UUID | None = None
    save: bool = False


class PlaceCart(msgspec.Struct, frozen=True, kw_only=True):
    """Turn a cart into an order. `expected_total` is what the shopper agreed to pay (C4).

    `payment` may be left out when nothing is to be paid (G6). `ip_country` is where the buyer seems
    to be (B19). `locale` is the language that the shopper reads, if not the cart's.
    """

    cart_id: UUID
    channel: Channel
    customer_id: UUID | None
    expected_total: Money
    payment: PaymentChoice | None
    because: Because
    ip_country: str = ""
    locale: str = ""


class WantedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a one-call purchase."""

    variant_id: UUID
    quantity: int
    configuration: dict[str, str] = {}


class TypedTaxId(msgspec.Struct, frozen=True, kw_only=True):
    """A tax id as typed; `country` helps where it does not begin with one."""

    text: str
    country: str = ""


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """A whole purchase in one call. Addresses and e-mail are checked by the caller.

    Without `expected_total` the buyer accepts the price as it is (a till that has just shown it).
    """

    channel: Channel
    customer_id: UUID | None
    items: tuple[WantedItem, ...]
    email: str
    shipping_address: Address | None
    billing_address: Address | None
    shipping_method: str | None
    expected_total: Money | None
    payment: PaymentChoice | None
    because: Because
    coupons: tuple[str, ...] = ()
    tax_id: TypedTaxId | None = None
    ip_country: str = ""
    locale: str = ""


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a purchase, as it was when it was decided.

    placed: the order is confirmed. pending: the order stands and waits for the money of a slow
    method. requires_action: the shopper must go to `next_action.url`, then resume. processing:
    the provider did not answer in time; the outcome will show at the order. declined: nothing was
    charged and the cart is open again; `reason` says what to do, no more. Amounts in minor units.
    """

    result: Result
    order_id: UUID
    number: str | None
    token: str
    currency: str
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    stage: str
    payment_status: str
    fulfilment_status: str
    hold_status: str
    placed_at: datetime | None = None
    payment_id: UUID | None = None
    gateway: str | None = None
    next_action: dict[str, Any] | None = None
    reason: str | None = None


class Reply(NamedTuple):
    """Under which key the answer is stored, and how a Placement becomes (status, body)."""

    key: Key
    render: Callable[[Placement], tuple[int, bytes]]

    def answered(self, placement: Placement) -> Answered:
        """The answer to store with the effect, and to give."""
        return self.key.answered(*self.render(placement))


class CartEmpty(Invalid):
    """There is nothing to buy. Add a line to the cart first."""

    code = "checkout.cart_empty"
    usual_cure = "Add a line with `POST /v1/carts/{id}/lines` first."


class EmailMissing(Invalid):
    """A purchase needs an e-mail address. Set it with `PUT /v1/carts/{id}/email`."""

    code = "checkout.email_missing"
    usual_cure = "Set the e-mail address with `PUT /v1/carts/{id}/email`."


class AddressMissing(Invalid):
    """An address is missing. Goods that are shipped need a shipping address.

    A purchase of digital goods needs a billing address with at least the country, because the
    place of the buyer decides the tax.
    """

    code = "checkout.address_missing"
    usual_cure = "Set the address with `PUT /v1/carts/{id}/shipping-address` or `/billing-address`."


class CountryNotServed(Invalid):
    """The channel does not sell to this country. The problem's `cure` lists those it serves."""

    code = "checkout.country_not_served"
    usual_cure = "Choose an address in a country that the channel serves."


class ShippingMethodMissing(Invalid):
    """Goods are to be shipped, but no way of shipping is chosen or the chosen one is not offered.

    Read `GET /v1/carts/{id}/shipping-options` and choose one of them.
    """

    code = "checkout.shipping_method_missing"
    usual_cure = "Choose one of `GET /v1/carts/{id}/shipping-options`."


class PaymentMissing(Invalid):
    """There is something to pay, but the request does not say how. Send `payment`."""

    code = "checkout.payment_missing"
    usual_cure = "Send `payment` with one of the channel's gateways."


class TotalChanged(Conflict):
    """The total is not what the shopper agreed to: a price, tax, shipping or the cart has changed.

    Nothing was charged or reserved. `quote` is the present one: show it, and place again with its
    total as `expected_total`.
    """

    code = "checkout.total_changed"
    usual_cure = "Show the present `quote`, and place again with its total as `expected_total`."


class NothingToResume(Conflict):
    """No payment of this cart is waiting. Place the cart first."""

    code = "checkout.nothing_to_resume"
    usual_cure = "Place the cart with `POST /v1/carts/{id}/place` first."


def placement_of(order: Order, result: Result, secret: str, reason: str | None = None) -> Placement:
    """The Placement that an order's row tells."""
    return Placement(
        result=result,
        order_id=order.id,
        number=order.number,
        token=orders.order_token(secret, order.id),
        currency=order.currency,
        subtotal_minor=order.subtotal_minor,
        discount_minor=order.discount_minor,
        shipping_minor=order.shipping_minor,
        tax_minor=order.tax_minor,
        total_minor=order.total_minor,
        stage=order.stage,
        payment_status=order.payment_status,
        fulfilment_status=order.fulfilment_status,
        hold_status=order.hold_status,
        placed_at=order.confirmed_at,
        payment_id=order.payment_id,
        gateway=order.gateway,
        next_action=order.next_action,
        reason=reason,
    )
