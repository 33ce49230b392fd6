"""The computation: what goes in (QuoteRequest) and what comes out (Quote), to the cent."""

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel.money import Money
from argosy.kernel.rounding import Rounding
from argosy.modules.quote.types.facts import Facts
from argosy.modules.quote.types.lines import (
    Answer,
    BuyerTax,
    ChargeKind,
    Destination,
    Discount,
    GivenTaxes,
    Imported,
    ImportRule,
    LocationEvidence,
    Policy,
    RequestCharge,
    RequestLine,
    RequestShipping,
    ShippingRate,
    TaxRounding,
    Treatment,
    UnitRuns,
)
from argosy.modules.quote.types.verdicts import Verdict

TaxSource = Literal["tables", "engine", "degraded"]
"""Whence the taxes: our own tables; a tax engine; our tables, because the engine did not answer."""


class QuoteRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a quote depends on. Equal requests give equal quotes.

    `binding` is bound by the hash and not stored: the caller puts there what the shopper agreed to
    besides (a digest of the full delivery address, for instance; G4). None: the quote is only
    shown, and its hash is empty. Without `facts` no promotion is looked at. `given` are the taxes
    of an engine. `buyer`, `tax_date` (the tax point, B6, whose rates the lines carry) and
    `tax_source` are kept with the quote and change no amount. `imports`: goods come into the EU for
    this sale, and their value decides whether they are taxed now; not beside `given`.
    """

    policy: Policy
    lines: tuple[RequestLine, ...]
    shipping: RequestShipping | None = None
    discounts: tuple[Discount, ...] = ()
    destination: Destination | None = None
    binding: str | None = ""
    facts: Facts | None = None
    charges: tuple[RequestCharge, ...] = ()
    given: GivenTaxes | None = None
    buyer: BuyerTax | None = None
    tax_date: date | None = None
    tax_source: TaxSource = "tables"
    imports: ImportRule | None = None


class Adjustment(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What a rule took off a line or off shipping (a positive amount), down to the units.

    `version` is the promotion's (D14), 0 for discounts that were granted by hand.
    """

    rule: str
    reason: str
    level: Literal["line", "order", "shipping"]
    amount: Money
    units: UnitRuns = ()
    version: int = 0


class TaxPart(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The tax of one rate on a line or on shipping."""

    code: str
    name: str
    jurisdiction: str
    rate: Decimal
    tax: Money
    treatment: Treatment = "standard"
    note: str = ""


class UnitShare(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`count` equal units of a line, each with these amounts; total of one is net + tax.

    Later refunds and partial shipments look their amounts up here (rule 6, A9).
    """

    count: int
    subtotal_minor: int
    discount_minor: int
    net_minor: int
    tax_minor: int


class QuoteLine(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A computed line: subtotal - discount is its price; net + tax is its total.

    `relief` is the tax that was in the price and is not charged (B8); without it price and total
    of a tax-inclusive line are the same. `gift_of` is the promotion that added the line (D9): its
    subtotal is its worth (B15). `kit` is the key of the kit (QuoteKit) that it is a component of.
    `answers` are what the shopper had done to it; what they cost is in its price.
    """

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
    gift_of: str | None = None
    relief: Money | None = None
    kit: str | None = None
    answers: tuple[Answer, ...] = ()


class QuoteKit(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A kit that is quoted as its components: their keys are `parts`, their sums the amounts.

    `key`, `quantity` and `unit_price` are those of the line that was asked for.
    """

    key: str
    variant_id: UUID
    sku: str
    title: str
    quantity: int
    unit_price: Money
    subtotal: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    parts: tuple[str, ...]
    product_id: UUID | None = None
    variant_title: str = ""
    image_key: str | None = None
    compare_at: Money | None = None
    answers: tuple[Answer, ...] = ()


class QuoteShipping(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Computed shipping: price - discount is what is asked; net + tax is its total. `rate` says
    whence the price of a method whose carriers are asked; the frozen quote keeps it (K2).
    """

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
    relief: Money | None = None
    rate: ShippingRate | None = None


class QuoteCharge(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A computed fee or deposit (B14): `price` is what is asked; net + tax is its total."""

    key: str
    kind: ChargeKind
    code: str
    name: str
    quantity: int
    price: Money
    net: Money
    tax: Money
    total: Money
    rate_set: str
    taxes: tuple[TaxPart, ...] = ()
    line: str | None = None
    relief: Money | None = None
    returned: bool = False


class TaxTotal(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One rate over the whole quote: the net amount it was charged on, and the tax."""

    code: str
    name: str
    jurisdiction: str
    rate: Decimal
    net: Money
    tax: Money
    treatment: Treatment = "standard"
    note: str = ""


class TaxGroup(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One rate set over the whole quote.

    `tax` is the tax charged; `document_tax` is what EN 16931 (BR-CO-17) computes from the group's
    base in one go. They may differ by cents when tax is rounded per unit or line (B4).
    """

    rate_set: str
    net: Money
    tax: Money
    document_tax: Money


class Step(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One step of the computation, for machines: a code and the numbers that went in and out."""

    code: str
    numbers: dict[str, int | str]
    subject: str = ""


class Quote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A computed purchase. Every total equals the sum of its parts.

    `subtotal`, `discount_total` (of the goods) and `shipping_total` (after its discounts) are
    gross in a tax-inclusive quote: total = subtotal - discount_total + shipping_total. Otherwise
    they are net and tax_total is added. With charges, `charges_total` is added; with a relief
    (B8), `tax_relief` is taken off. Always total = net_total + tax_total. `promotions` holds the
    verdicts on those that applied or were superseded; `explain` has all. `buyer`, `tax_date` and
    `tax_source` are the tax evidence of the request; `tax_rounding` and `rounding` how it was
    rounded (B3). `location` is kept with orders of digital goods (B19). `kits` says which lines
    are components of what (E11). `imported`: what was decided about goods that come into the EU.
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
    promotions: tuple[Verdict, ...] = ()
    charges: tuple[QuoteCharge, ...] = ()
    charges_total: Money | None = None
    tax_relief: Money | None = None
    buyer: BuyerTax | None = None
    tax_date: date | None = None
    tax_source: TaxSource = "tables"
    location: LocationEvidence | None = None
    kits: tuple[QuoteKit, ...] = ()
    imported: Imported | None = None
