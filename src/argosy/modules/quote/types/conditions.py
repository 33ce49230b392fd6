"""When a promotion applies: conditions on the cart, the customer, the moment and the way to buy.

`of` narrows a condition to selected goods. Every threshold on money names the moment it is measured
at (`basis`); without one it is the beginning of the promotion's own phase. It is measured once
there, so that a promotion cannot disqualify itself (D6).
"""

from datetime import time
from typing import Annotated, Literal

import msgspec

from argosy.modules.quote.types.goods import Selector
from argosy.modules.quote.types.values import (
    Amounts,
    Basis,
    CartOwner,
    Name,
    Names,
    Operator,
    Part,
    Positive,
    Scalar,
    Whole,
    Window,
    Zone,
)

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TaxMode = Literal["as_priced", "net", "gross"]
HistoryFact = Literal["orders", "spent_minor", "days_since_last_order"]


class CartAmount(Part, frozen=True, kw_only=True, tag="cart_amount"):
    """The (selected) goods are worth at least `gte` and less than `lt`.

    Shipping, gift cards, deposits and gifts do not count. `tax` measures as the channel prices, or
    net, or gross (of each line, rounded as the channel rounds).
    """

    gte: Amounts | None = None
    lt: Amounts | None = None
    of: Selector | None = None
    basis: Basis | None = None
    tax: TaxMode = "as_priced"


class CartQuantity(Part, frozen=True, kw_only=True, tag="cart_quantity"):
    """There are `gte` to `lte` units of (selected) goods."""

    gte: Whole = 1
    lte: Whole | None = None
    of: Selector | None = None


class LineAmount(Part, frozen=True, kw_only=True, tag="line_amount"):
    """One variant, on however many lines (D5), is worth at least `gte` and less than `lt`."""

    gte: Amounts | None = None
    lt: Amounts | None = None
    of: Selector | None = None
    basis: Basis | None = None


class LineQuantity(Part, frozen=True, kw_only=True, tag="line_quantity"):
    """There are `gte` to `lte` units of one variant, on however many lines (D5)."""

    gte: Whole = 1
    lte: Whole | None = None
    of: Selector | None = None


class DistinctVariants(Part, frozen=True, kw_only=True, tag="distinct_variants"):
    """There are `gte` to `lte` different variants among the (selected) goods."""

    gte: Whole = 1
    lte: Whole | None = None
    of: Selector | None = None


class Customer(Part, frozen=True, kw_only=True, tag="customer"):
    """The customer is one of these."""

    ids: Names


class CustomerGroup(Part, frozen=True, kw_only=True, tag="customer_group"):
    """The customer belongs to one of these groups."""

    ids: Names


class SignedIn(Part, frozen=True, kw_only=True, tag="signed_in"):
    """The shopper has signed in; `is: false`: buys as a guest."""

    is_: bool = msgspec.field(default=True, name="is")


class FirstOrder(Part, frozen=True, kw_only=True, tag="first_order"):
    """The customer has placed no order before. Who is unknown has no history, and fails."""


class NthOrder(Part, frozen=True, kw_only=True, tag="nth_order"):
    """This is the customer's n-th order, or every n-th of them."""

    n: Positive
    every: bool = False


class OrderHistory(Part, frozen=True, kw_only=True, tag="order_history"):
    """A fact of the customer's past lies in [gte, lte].

    `orders` placed, `spent_minor` in the quote's currency, or `days_since_last_order`, which no
    first order has.
    """

    fact: HistoryFact
    gte: Whole | None = None
    lte: Whole | None = None


class Bought(Part, frozen=True, kw_only=True, tag="bought"):
    """The customer has bought one of these products before."""

    products: Names


class Channel(Part, frozen=True, kw_only=True, tag="channel"):
    """The cart is in one of these channels."""

    ids: Names


class Country(Part, frozen=True, kw_only=True, tag="country"):
    """The goods go to one of these countries (ISO 3166-1 alpha-2)."""

    codes: Names


class ShippingMethod(Part, frozen=True, kw_only=True, tag="shipping_method"):
    """One of these ways of shipping is chosen."""

    codes: Names


class PaymentMethod(Part, frozen=True, kw_only=True, tag="payment_method"):
    """One of these ways of paying is chosen."""

    codes: Names


class Coupon(Part, frozen=True, kw_only=True, tag="coupon"):
    """One of these codes was presented, or any code of one of the pools.

    Codes compare trimmed, NFKC and case-folded (D10). Codes by the hundred thousand live in a pool
    of the promotions' storage, and the request says which pool a presented code is of.
    """

    codes: tuple[Name, ...] = ()
    pools: tuple[Name, ...] = ()


class During(Part, frozen=True, kw_only=True, tag="during"):
    """The quote's instant lies in the window."""

    window: Window


class DayOfWeek(Part, frozen=True, kw_only=True, tag="day_of_week"):
    """It is one of these days in the zone, within [from, until) of the clock if given.

    With `until` before `from` the hours run past midnight and belong to the day they began on.
    """

    zone: Zone
    days: Annotated[tuple[Weekday, ...], msgspec.Meta(min_length=1, max_length=7)]
    start: time | None = msgspec.field(default=None, name="from")
    stop: time | None = msgspec.field(default=None, name="until")


class CartField(Part, frozen=True, kw_only=True, tag="field"):
    """A custom field of the cart, of the customer, or one that the order will have, compares so.

    If it is missing, only `ne` holds. `gt` to `lte` are for integers, numbers (decimal text such as
    "1.5") and dates (ISO text); `contains` is for parts of texts, and for one of several choices,
    of which each compares by itself: `eq` and `in` hold if one does, `ne` if none does.
    """

    name: Name
    subject: CartOwner = "cart"
    op: Operator
    value: Scalar | tuple[Scalar, ...] | None = None


class AllOf(Part, frozen=True, kw_only=True, tag="all"):
    """Every condition holds."""

    of: Annotated[tuple["Condition", ...], msgspec.Meta(min_length=1, max_length=100)]


class AnyOf(Part, frozen=True, kw_only=True, tag="any"):
    """At least one condition holds."""

    of: Annotated[tuple["Condition", ...], msgspec.Meta(min_length=1, max_length=100)]


class NoneOf(Part, frozen=True, kw_only=True, tag="none"):
    """No condition holds."""

    of: Annotated[tuple["Condition", ...], msgspec.Meta(min_length=1, max_length=100)]


class CountOf(Part, frozen=True, kw_only=True, tag="count"):
    """`gte` to `lte` of the conditions hold."""

    of: Annotated[tuple["Condition", ...], msgspec.Meta(min_length=1, max_length=100)]
    gte: Whole = 1
    lte: Whole | None = None


Condition = (
    CartAmount
    | CartQuantity
    | LineAmount
    | LineQuantity
    | DistinctVariants
    | Customer
    | CustomerGroup
    | SignedIn
    | FirstOrder
    | NthOrder
    | OrderHistory
    | Bought
    | Channel
    | Country
    | ShippingMethod
    | PaymentMethod
    | Coupon
    | During
    | DayOfWeek
    | CartField
    | AllOf
    | AnyOf
    | NoneOf
    | CountOf
)
