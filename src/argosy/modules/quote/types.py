"""The vocabulary of a computation: what goes in (QuoteRequest) and what comes out (Quote).

Amounts named `*_minor` are integers of the quote's currency. In a tax-inclusive quote, prices,
subtotals and discounts are gross; in a tax-exclusive one they are net.
"""

from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel.money import Money
from argosy.kernel.rounding import Ratio, Rounding

TaxRounding = Literal["unit", "line", "rate", "order"]
ShippingTax = Literal["own", "highest", "proportional"]
Treatment = Literal[
    "standard",
    "zero_rated",
    "exempt",
    "reverse_charge",
    "intra_community",
    "export",
    "out_of_scope",
    "margin_scheme",
]
UnitRuns = tuple[tuple[int, int], ...]
"""(count, amount of each in minor units), in unit order: ((1, 334), (2, 333)) are three units."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How the market computes: one currency, one tax mode, one rounding, said once.

    `tax_rounding` is the level at which tax is rounded (DOMAIN.md B3, B4): each unit, each line,
    each rate group, or the whole document. `shipping_tax` says which rates shipping is taxed by
    (B9): its own class, the highest rate of the goods, or in proportion to the goods.
    """

    currency: str
    tax_inclusive: bool
    tax_rounding: TaxRounding = "line"
    rounding: Rounding = "half_up"
    shipping_tax: ShippingTax = "proportional"


class TaxRate(msgspec.Struct, frozen=True, kw_only=True):
    """One tax of one jurisdiction. `rate` is a ratio: Decimal("0.19") is 19 %.

    A compound rate applies to the base plus the taxes before it in its RateSet. Zero is a number,
    not a treatment: `treatment` says why nothing is due (B5).
    """

    code: str
    name: str
    jurisdiction: str
    rate: Decimal
    treatment: Treatment = "standard"
    compound: bool = False


class RateSet(msgspec.Struct, frozen=True, kw_only=True):
    """The rates that apply together to one kind of goods at one place, compiled to integers.

    The tax of a net base is base x numerator / denominator; `numerators` are the exact shares of
    each rate in it. Made by `rate_set` only.
    """

    key: str
    rates: tuple[TaxRate, ...]
    numerators: tuple[int, ...]
    numerator: int
    denominator: int


class PriceSource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a unit price came from, and which candidates lost to it and why."""

    price_list: str
    min_quantity: int = 1
    price_id: UUID | None = None
    lost: tuple[tuple[int, str], ...] = ()
    """(amount in minor units, reason code) of each candidate that was not taken."""


class RequestLine(msgspec.Struct, frozen=True, kw_only=True):
    """A wanted line. `key` is stable and unique in the request; it breaks ties.

    The line's subtotal is primary (A3): quantity x unit price unless `subtotal_minor` says
    otherwise ("3 for 10.00"); the unit price is then for display. `goods` is False for lines that
    are no goods (gift cards): they carry no share of the shipping tax (B10).
    """

    key: str
    variant_id: UUID
    sku: str
    quantity: int
    unit_minor: int
    rates: RateSet
    subtotal_minor: int | None = None
    compare_at_minor: int | None = None
    source: PriceSource | None = None
    goods: bool = True


class RequestShipping(msgspec.Struct, frozen=True, kw_only=True):
    """The chosen shipping, its price already found; `rates` are those of its own tax class."""

    method_id: UUID
    code: str
    name: str
    price_minor: int
    rates: RateSet


class Discount(msgspec.Struct, frozen=True, kw_only=True):
    """A reduction that was granted: a fixed amount, or a percentage (exact ratio) of its target.

    Target "line": one line (`line`), optionally its units [start, stop) only. Target "order": all
    lines, or those named in `lines`, apportioned by discounted value. Target "shipping".
    A percentage is of the running price, or of the original one if `of_original`. Never more than
    what is left of the target is taken; the rest is lost (rule 7).
    """

    rule: str
    reason: str
    target: Literal["line", "order", "shipping"]
    amount_minor: int | None = None
    percent: Ratio | None = None
    of_original: bool = False
    line: str | None = None
    units: tuple[int, int] | None = None
    lines: tuple[str, ...] | None = None


class Destination(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the goods go, as far as it decides taxes and shipping. No name, no street.

    `country` is ISO 3166-1 alpha-2; `region` the part of ISO 3166-2 after the hyphen ("CA").
    """

    country: str
    region: str = ""
    postal_code: str = ""


class QuoteRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a quote depends on. Equal requests give equal quotes.

    `binding` is bound by the hash and not stored: the caller puts there what the shopper agreed to
    besides (a digest of the full delivery address, for instance; G4).
    """

    policy: Policy
    lines: tuple[RequestLine, ...]
    shipping: RequestShipping | None = None
    discounts: tuple[Discount, ...] = ()
    destination: Destination | None = None
    binding: str = ""


class Adjustment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a rule took off a line or off shipping (a positive amount), down to the units."""

    rule: str
    reason: str
    level: Literal["line", "order", "shipping"]
    amount: Money
    units: UnitRuns = ()


class TaxPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The tax of one rate on a line or on shipping."""

    code: str
    name: str
    jurisdiction: str
    rate: Decimal
    tax: Money
    treatment: Treatment = "standard"


class UnitShare(msgspec.Struct, frozen=True, kw_only=True):
    """`count` equal units of a line, each with these amounts; total of one is net + tax.

    Later refunds and partial shipments look their amounts up here (rule 6, A9).
    """

    count: int
    subtotal_minor: int
    discount_minor: int
    net_minor: int
    tax_minor: int


class QuoteLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A computed line: subtotal - discount is its price; net + tax is its total."""

    key: str
    variant_id: UUID
    sku: str
    quantity: int
    unit_price: Money
    subtotal: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    rate_set: str
    taxes: tuple[TaxPart, ...] = ()
    discounts: tuple[Adjustment, ...] = ()
    units: tuple[UnitShare, ...] = ()
    compare_at: Money | None = None


class QuoteShipping(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Computed shipping: price - discount is what is asked; net + tax is its total."""

    method_id: UUID
    code: str
    name: str
    price: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    taxes: tuple[TaxPart, ...] = ()
    discounts: tuple[Adjustment, ...] = ()


class TaxTotal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rate over the whole quote: the net amount it was charged on, and the tax."""

    code: str
    name: str
    jurisdiction: str
    rate: Decimal
    net: Money
    tax: Money
    treatment: Treatment = "standard"


class TaxGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One rate set over the whole quote.

    `tax` is the tax charged; `document_tax` is what EN 16931 (BR-CO-17) computes from the group's
    base in one go. They may differ by cents when tax is rounded per unit or line (B4).
    """

    rate_set: str
    net: Money
    tax: Money
    document_tax: Money


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of the computation, for machines: a code and the numbers that went in and out."""

    code: str
    numbers: dict[str, int | str]
    subject: str = ""


class Quote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A computed purchase. Every total equals the sum of its parts.

    `subtotal`, `discount_total` (of the goods) and `shipping_total` (after its discounts) are
    gross in a tax-inclusive quote: total = subtotal - discount_total + shipping_total. Otherwise
    they are net and tax_total is added. Always total = net_total + tax_total.
    """

    currency: str
    tax_inclusive: bool
    tax_rounding: TaxRounding
    rounding: Rounding
    lines: tuple[QuoteLine, ...]
    subtotal: Money
    discount_total: Money
    shipping_total: Money
    net_total: Money
    tax_total: Money
    total: Money
    taxes: tuple[TaxTotal, ...]
    tax_groups: tuple[TaxGroup, ...]
    explanation: tuple[Step, ...]
    hash: str
    shipping: QuoteShipping | None = None
    destination: Destination | None = None
