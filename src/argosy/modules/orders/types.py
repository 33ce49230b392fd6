"""What an order is: recorded facts, and statuses that follow from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.money import Money

Stage = Literal["pending_payment", "payment_failed", "confirmed", "cancelled"]
PaymentStatus = Literal[
    "not_required",
    "pending",
    "action_required",
    "failed",
    "authorised",
    "partially_paid",
    "paid",
    "partially_refunded",
    "refunded",
    "voided",
]
FulfilmentStatus = Literal["not_required", "unfulfilled", "partially_fulfilled", "fulfilled"]
ReturnStatus = Literal["none", "partially_returned", "returned"]
HoldStatus = Literal["clear", "held"]
WaitingFor = Literal["gateway", "action", "funds"]
HoldKind = Literal["stock_shortage", "payment_review", "manual"]
ActorKind = Literal["shopper", "staff", "key", "provider", "system"]


class OrderActor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who acted. `id` is a public id (`stf_...`); `name` is shown in the timeline: no e-mail."""

    kind: ActorKind
    id: str | None = None
    name: str = ""


SYSTEM = OrderActor(kind="system", name="Argosy")
SHOPPER = OrderActor(kind="shopper")


class Because(msgspec.Struct, frozen=True, kw_only=True):
    """Who, why, and what it belongs to: the actor, the cause and the correlation of J9.

    `correlation` ties entries of one flow together (a trace id, a payment operation's id).
    """

    actor: OrderActor
    cause: str | None = None
    correlation: str | None = None


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A typed reason not to ship yet. Several may stand at once, released one by one (J6)."""

    id: UUID
    kind: HoldKind
    reason: str
    placed_at: datetime


class LineWords(msgspec.Struct, frozen=True, kw_only=True):
    """What a line is called in a language."""

    title: str
    variant_title: str
    options: dict[str, str]


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was on the day (DOMAIN.md E1); `id` is the id of the cart's line.

    Amounts are minor units of the order's currency. `unit_minor`, `subtotal_minor` and
    `discount_minor` are gross in a tax-inclusive channel and net otherwise; net + tax = total.
    `told` is what the shopper read, where that is not what the channel's own language says.
    """

    id: UUID
    position: int
    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    variant_title: str
    options: dict[str, str]
    configuration: dict[str, str]
    tax_class: str
    image_key: str | None
    weight_g: int | None
    requires_shipping: bool
    tracks_inventory: bool
    quantity: int
    unit_minor: int
    subtotal_minor: int
    discount_minor: int
    net_minor: int
    tax_minor: int
    total_minor: int
    told: LineWords | None = None

    @property
    def shown(self) -> LineWords:
        """What it is called in the order's language."""
        return self.told or LineWords(
            title=self.title, variant_title=self.variant_title, options=self.options
        )


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What Begin writes: everything about an order but its fate.

    `quote` is the frozen quote, any JSON-able value. `attempt` is the cart's attempt: a later one
    overwrites the order of an earlier attempt that failed. `email_normalised` is what is compared.
    `locale` is the language that the shopper read.
    """

    id: UUID
    attempt: int
    channel_id: UUID
    customer_id: UUID | None
    email: str
    email_normalised: str
    total: Money
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    quote: Any
    quote_hash: str
    shipping_address: Address | None
    billing_address: Address | None
    shipping_method: str | None
    payment_id: UUID | None
    operation_id: UUID | None
    gateway: str | None
    lines: tuple[OrderLine, ...]
    locale: str = ""


class MoneyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of the order's payments so far, in minor units of its currency."""

    authorised_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    voided_minor: int = 0


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """An order to write, and how far it is: with a `number` its payment is decided and it is
    confirmed at once, with the sums in `facts`; without, it waits for its payment, and until
    `lease_until` the caller answers for it.
    """

    order: OpenOrder
    because: Because
    number: str | None = None
    facts: MoneyFacts = MoneyFacts()
    waiting_for: WaitingFor | None = None
    lease_until: datetime | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order without its lines and its quote. Statuses are projections of the facts (J1).

    `waiting_for`: what the running payment attempt waits for; `lease_until`: until when the request
    that runs it answers for it. Amounts are minor units of `currency`. `locale` is the language
    that the shopper read; empty where that is not known.
    """

    id: UUID
    number: str | None
    channel_id: UUID
    customer_id: UUID | None
    email: str
    currency: str
    attempt: int
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    shipping_address: Address | None
    billing_address: Address | None
    shipping_method: str | None
    payment_id: UUID | None
    operation_id: UUID | None
    gateway: str | None
    opened_at: datetime
    waiting_for: WaitingFor | None
    lease_until: datetime | None
    next_action: dict[str, Any] | None
    failed_at: datetime | None
    failure: str | None
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    voided_minor: int
    units: int
    units_to_ship: int
    units_fulfilled: int
    units_returned: int
    holds: tuple[Hold, ...]
    version: int
    updated_at: datetime
    stage: Stage
    payment_status: PaymentStatus
    fulfilment_status: FulfilmentStatus
    return_status: ReturnStatus
    hold_status: HoldStatus
    locale: str = ""

    @property
    def total(self) -> Money:
        """What the shopper pays, tax included."""
        return Money(self.total_minor, self.currency)


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to an order. Never changed, never removed (J9)."""

    id: UUID
    at: datetime
    kind: str
    actor: OrderActor
    cause: str | None
    correlation: str | None
    data: dict[str, Any]


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """An unfinished payment attempt whose lease ran out and was taken over by the caller."""

    order_id: UUID
    operation_id: UUID | None
    waiting_for: WaitingFor | None
    opened_at: datetime
