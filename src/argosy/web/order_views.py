"""Orders and placements as answers show them."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

import msgspec

from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules import payments
from argosy.reads.order_list import OrderRow
from argosy.reads.order_view import HistoryEntry, OrderMoney, OrderView, ViewPayment
from argosy.runtime.feed import public_ids
from argosy.web.addresses import AddressBody
from argosy.web.answer_views import order_answers
from argosy.web.cart_views import shown_address
from argosy.web.charge_views import ChargeView, order_charges, order_charges_total
from argosy.web.import_views import ImportView, order_import
from argosy.web.kit_views import KitView, order_kits
from argosy.web.order_discounts import OrderDiscountView, order_discounts
from argosy.web.order_lines import OrderLineView, said_by_line
from argosy.web.problems import document
from argosy.web.shipping_rates import (
    CarrierRateView,
    ShippingRateView,
    order_rate,
    shopper_rate,
)
from argosy.workflows.placement import Placement

SHOPPERS_TIMELINE = frozenset(
    {
        "opened",
        "waiting",
        "confirmed",
        "payment_failed",
        "captured",
        "refunded",
        "voided",
        "cancelled",
        "shipped",
    }
)
"""Entries of the timeline that a shopper sees; notes and holds are for staff."""


class PlacedOrderView(msgspec.Struct, frozen=True, kw_only=True):
    """The order of a purchase at the moment of the answer.

    `token` opens it for a guest: send it as `X-Order-Token` to `GET /v1/orders/{id}`. `number` is
    given when the order is confirmed, or at once for slow methods of payment.
    """

    id: str
    number: str | None
    token: str
    stage: str
    payment_status: str
    fulfilment_status: str
    hold_status: str
    subtotal: Money
    discount_total: Money
    shipping_total: Money
    tax_total: Money
    total: Money
    placed_at: datetime | None


class PlacedPaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """The payment of a purchase. Send the shopper to `next_action.url` if there is one."""

    id: str
    gateway: str
    next_action: dict[str, Any] | None


class PlacementView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a purchase.

    `placed` (201): the order is confirmed. `pending` (202): it stands and waits for the money of a
    slow method. `requires_action` (202): the shopper must go to `payment.next_action.url`; call
    `resume` when they are back. `processing` (202): the provider's answer is late; the outcome
    shows at the order within minutes, without another call. `declined`: answered as a problem, 402.
    """

    result: str
    order: PlacedOrderView
    payment: PlacedPaymentView | None

    @classmethod
    def of(cls, placement: Placement) -> "PlacementView":
        """As answers show it."""

        def money(minor: int) -> Money:
            return Money(minor, placement.currency)

        payment = None
        if placement.payment_id is not None and placement.gateway is not None:
            payment = PlacedPaymentView(
                id=encode("payment", placement.payment_id),
                gateway=placement.gateway,
                next_action=placement.next_action,
            )
        return cls(
            result=placement.result,
            order=PlacedOrderView(
                id=encode("order", placement.order_id),
                number=placement.number,
                token=placement.token,
                stage=placement.stage,
                payment_status=placement.payment_status,
                fulfilment_status=placement.fulfilment_status,
                hold_status=placement.hold_status,
                subtotal=money(placement.subtotal_minor),
                discount_total=money(placement.discount_minor),
                shipping_total=money(placement.shipping_minor),
                tax_total=money(placement.tax_minor),
                total=money(placement.total_minor),
                placed_at=placement.placed_at,
            ),
            payment=payment,
        )


def placement_answer(placement: Placement, *, base: str, request_id: str) -> tuple[int, bytes]:
    """Status and body for a placement: 201, 202, or the problem of a declined payment (402)."""
    if placement.result == "declined":
        problem = payments.PaymentNotApproved(
            "The payment was not approved and nothing was charged.",
            cure="Offer another way to pay.",
            reason=placement.reason,
            order_id=encode("order", placement.order_id),
        )
        return problem.http_status, document(problem, base=base, request_id=request_id)
    status = 201 if placement.result == "placed" else 202
    return status, msgspec.json.encode(PlacementView.of(placement))


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to the order."""

    at: datetime
    kind: str


class ShopperPaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as its shopper sees it. `captured` was taken, `refunded` of it came back."""

    id: str
    gateway: str
    state: str
    amount: Money
    captured: Money
    refunded: Money
    created_at: datetime

    @classmethod
    def of(cls, payment: ViewPayment, currency: str) -> Self:
        """As answers show it."""
        return cls(
            id=encode("payment", payment.id),
            gateway=payment.gateway,
            state=payment.state,
            amount=Money(payment.amount_minor, currency),
            captured=Money(payment.captured_minor, currency),
            refunded=Money(payment.refunded_minor, currency),
            created_at=payment.created_at,
        )


class ShopperOrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order as its shopper sees it. The statuses follow from what happened, independently.
    `payments` is null unless `expand` names it.
    """

    id: str
    number: str | None
    stage: str
    payment_status: str
    fulfilment_status: str
    return_status: str
    hold_status: str
    email: str
    locale: str
    lines: list[OrderLineView]
    shipping_address: AddressBody | None
    billing_address: AddressBody | None
    shipping_method: str | None
    shipping_rate: ShippingRateView | None
    subtotal: Money
    discount_total: Money
    shipping_total: Money
    tax_total: Money
    total: Money
    taxes: list[dict[str, Any]]
    discounts: list[OrderDiscountView]
    kits: list[KitView]
    charges: list[ChargeView]
    charges_total: Money
    imported: ImportView | None
    gateway: str | None
    next_action: dict[str, Any] | None
    opened_at: datetime
    placed_at: datetime | None
    cancelled_at: datetime | None
    timeline: list[StepView]
    payments: list[ShopperPaymentView] | None = None

    @classmethod
    def of(
        cls, order: OrderView, history: list[HistoryEntry], money: OrderMoney | None = None
    ) -> "ShopperOrderView":
        """As answers show it, with its payments if `money` is given."""
        return cls(
            payments=None
            if money is None
            else [ShopperPaymentView.of(one, order.currency) for one in money.payments],
            timeline=[
                StepView(at=entry.at, kind=entry.kind)
                for entry in history
                if entry.kind in SHOPPERS_TIMELINE
            ],
            shipping_rate=shopper_rate(order.quote),
            **_shared(order, told=True),
        )


class HoldView(msgspec.Struct, frozen=True, kw_only=True):
    """Why the order must not ship yet. `stock_shortage`: paid for, but the stock was gone."""

    id: str
    kind: str
    reason: str
    placed_at: datetime


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the timeline: who did what, when, and why."""

    at: datetime
    kind: str
    actor: dict[str, str]
    cause: str | None
    correlation: str | None
    data: dict[str, Any]


class OrderPaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of the order; more at `GET /admin/v1/payments/{id}`."""

    id: str
    gateway: str
    state: str
    amount: Money
    authorised: Money
    captured: Money
    voided: Money
    refunded: Money
    created_at: datetime


class BookingView(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in the books about the order; its entries at `GET /admin/v1/ledger/transactions`."""

    id: str
    kind: str
    source: str
    posted_at: datetime


class AdminOrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order with everything that staff may see. `version` guards changes (`If-Match`)."""

    id: str
    number: str | None
    version: int
    channel_id: str
    customer_id: str | None
    stage: str
    payment_status: str
    fulfilment_status: str
    return_status: str
    hold_status: str
    email: str
    locale: str
    lines: list[OrderLineView]
    shipping_address: AddressBody | None
    billing_address: AddressBody | None
    shipping_method: str | None
    shipping_rate: CarrierRateView | None
    location: dict[str, Any] | None
    subtotal: Money
    discount_total: Money
    shipping_total: Money
    tax_total: Money
    total: Money
    taxes: list[dict[str, Any]]
    discounts: list[OrderDiscountView]
    kits: list[KitView]
    charges: list[ChargeView]
    charges_total: Money
    imported: ImportView | None
    gateway: str | None
    next_action: dict[str, Any] | None
    opened_at: datetime
    placed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    waiting_for: str | None
    failure: str | None
    attempt: int
    quote: dict[str, Any]
    holds: list[HoldView]
    timeline: list[EntryView]
    payments: list[OrderPaymentView]
    bookings: list[BookingView]

    @classmethod
    def of(cls, order: OrderView, history: list[HistoryEntry], money: OrderMoney) -> Self:
        """As answers show it."""
        return cls(
            version=order.version,
            channel_id=encode("channel", order.channel_id),
            customer_id=customer_ref(order.customer_id),
            cancel_reason=order.cancel_reason,
            waiting_for=order.waiting_for,
            failure=order.failure,
            attempt=order.attempt,
            quote=public_ids(order.quote),
            holds=[
                HoldView(
                    id=encode("hold", hold.id),
                    kind=hold.kind,
                    reason=hold.reason,
                    placed_at=hold.placed_at,
                )
                for hold in order.holds
            ],
            timeline=[msgspec.convert(entry, EntryView, from_attributes=True) for entry in history],
            payments=_payments(money, order.currency),
            bookings=[
                BookingView(
                    id=encode("ledger_transaction", booking.id),
                    kind=booking.kind,
                    source=booking.source,
                    posted_at=booking.posted_at,
                )
                for booking in money.bookings
            ],
            shipping_rate=order_rate(order.quote, order.currency),
            location=order.quote.get("location"),
            **_shared(order, told=False),
        )


class OrderRowView(msgspec.Struct, frozen=True, kw_only=True):
    """An order in a list."""

    id: str
    number: str | None
    channel_id: str
    customer_id: str | None
    email: str
    stage: str
    payment_status: str
    fulfilment_status: str
    return_status: str
    hold_status: str
    total: Money
    units: int
    opened_at: datetime
    placed_at: datetime | None

    @classmethod
    def of(cls, row: OrderRow) -> Self:
        """As answers show it."""
        return cls(
            id=encode("order", row.id),
            number=row.number,
            channel_id=encode("channel", row.channel_id),
            customer_id=customer_ref(row.customer_id),
            email=row.email,
            stage=row.stage,
            payment_status=row.payment_status,
            fulfilment_status=row.fulfilment_status,
            return_status=row.return_status,
            hold_status=row.hold_status,
            total=Money(row.total_minor, row.currency),
            units=row.units,
            opened_at=row.opened_at,
            placed_at=row.confirmed_at,
        )


def customer_ref(customer_id: UUID | None) -> str | None:
    """The public id of a customer; None for a guest."""
    return None if customer_id is None else encode("customer", customer_id)


def _shared(order: OrderView, *, told: bool) -> dict[str, Any]:
    def money(minor: int) -> Money:
        return Money(minor, order.currency)

    said = order_answers(order.quote)
    return {
        "id": encode("order", order.id),
        "number": order.number,
        "stage": order.stage,
        "payment_status": order.payment_status,
        "fulfilment_status": order.fulfilment_status,
        "return_status": order.return_status,
        "hold_status": order.hold_status,
        "email": order.email,
        "locale": order.locale,
        "lines": [OrderLineView.of(line, order.currency, said, told=told) for line in order.lines],
        "shipping_address": shown_address(order.shipping_address),
        "billing_address": shown_address(order.billing_address),
        "shipping_method": order.shipping_method,
        "subtotal": money(order.subtotal_minor),
        "discount_total": money(order.discount_minor),
        "shipping_total": money(order.shipping_minor),
        "tax_total": money(order.tax_minor),
        "total": money(order.total_minor),
        "taxes": order.quote.get("taxes", []),
        "discounts": order_discounts(order),
        "kits": order_kits(order.quote, said_by_line(order)),
        "charges": order_charges(order.quote),
        "charges_total": order_charges_total(order.quote, order.currency),
        "imported": order_import(order.quote, order.currency),
        "gateway": order.gateway,
        "next_action": order.next_action,
        "opened_at": order.opened_at,
        "placed_at": order.confirmed_at,
        "cancelled_at": order.cancelled_at,
    }


def _payments(money: OrderMoney, currency: str) -> list[OrderPaymentView]:
    return [
        OrderPaymentView(
            id=encode("payment", payment.id),
            gateway=payment.gateway,
            state=payment.state,
            amount=Money(payment.amount_minor, currency),
            authorised=Money(payment.authorised_minor, currency),
            captured=Money(payment.captured_minor, currency),
            voided=Money(payment.voided_minor, currency),
            refunded=Money(payment.refunded_minor, currency),
            created_at=payment.created_at,
        )
        for payment in money.payments
    ]
