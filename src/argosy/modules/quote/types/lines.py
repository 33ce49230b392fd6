"""What a computation is about: policy, rates, lines, shipping, granted discounts, destination.

Amounts named `*_minor` are integers of the quote's currency. In a tax-inclusive quote, prices,
subtotals and discounts are gross; in a tax-exclusive one they are net.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel.rounding import Ratio, Rounding
from argosy.modules.quote.types.goods import LineFacts

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
    not a treatment: `treatment` says why nothing is due (B5), `note` the words that the law wants
    on the document for it.
    """

    code: str
    name: str
    jurisdiction: str
    rate: Decimal
    treatment: Treatment = "standard"
    compound: bool = False
    note: str = ""


class RateSet(msgspec.Struct, frozen=True, kw_only=True):
    """The rates that apply together to one kind of goods at one place, compiled to integers.

    The tax of a net base is base x numerator / denominator; `numerators` are the exact shares of
    each rate in it. Made by `rate_set` and `waived` only. `inside`: the rates, in the same order,
    that a gross price contains; what the waived ones among `rates` would have taken is taken out of
    the price (B8). `key` names the set: in one request, equal keys are equal sets.
    """

    key: str
    rates: tuple[TaxRate, ...]
    numerators: tuple[int, ...]
    numerator: int
    denominator: int
    inside: "RateSet | None" = None


class PriceSource(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Where a unit price came from, and which candidates lost to it and why. `level` is how the
    list is offered (C1): "base" is the channel's own. `held_until`: the cart held it since the line
    was added, and the live price is higher (C11).
    """

    price_list: str
    level: str = "base"
    min_quantity: int = 1
    price_id: UUID | None = None
    lost: tuple[tuple[int, str], ...] = ()
    """(amount in minor units, reason code) of each candidate that was not taken."""
    held_until: datetime | None = None


class RequestPart(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A component of a kit: `quantity` units in each, taxed by their own `rates`.

    `weight_minor` is what they cost alone: by that the kit's price is divided (E11). `key` is
    unique in the request, as it becomes the key of a line.
    """

    key: str
    variant_id: UUID
    sku: str
    quantity: int
    weight_minor: int
    rates: RateSet
    goods: bool = True


class RequestKit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a line is made of, and what the quote remembers of the kit (E1)."""

    parts: tuple[RequestPart, ...]
    product_id: UUID | None = None
    title: str = ""
    variant_title: str = ""
    image_key: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What a shopper said of a line, as far as it is priced: to what (`label`), what was chosen,
    and what it adds to each unit. The words themselves stand with the line, not in the quote.
    """

    code: str
    label: str
    choice: str = ""
    unit_minor: int = 0


class RequestLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A wanted line. `key` is stable and unique in the request; it breaks ties.

    The line's subtotal is primary (A3): quantity x unit price unless `subtotal_minor` says
    otherwise ("3 for 10.00"); the unit price is then for display. `goods` is False for lines that
    are no goods (gift cards): they carry no share of the shipping tax (B10). Promotions neither
    count nor reduce them, nor lines that are not `discountable` (deposits, B14). `cost_minor` is
    what a unit costs the shop, for floors on margin; `facts` is what promotions select by. A line
    with a `kit` is reduced as one, and quoted as the lines of its components. What `answers` add
    is in the unit price.
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
    discountable: bool = True
    cost_minor: int | None = None
    facts: LineFacts | None = None
    kit: RequestKit | None = None
    answers: tuple[Answer, ...] = ()


class FreeFrom(msgspec.Struct, frozen=True, kw_only=True):
    """Goods of this value or more ship free (D6, K3); counted without gift cards and shipping."""

    amount_minor: int
    counts: Literal["before_discounts", "after_discounts"] = "after_discounts"


class ShippingRate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whence a price that is asked of carriers (K2): "live" from a carrier, whose `service` costs
    `amount_minor` by itself; or "estimated" by the shop's table, as no carrier was reached.
    """

    source: Literal["live", "estimated"]
    service: str = ""
    amount_minor: int | None = None
    transit_days: int | None = None
    asked_at: datetime | None = None


class RequestShipping(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The chosen shipping, its price already found; `rates` are those of its own tax class.

    `cheapest`: no way of shipping offered for this cart costs less (D8). `free_from` takes off
    what promotions leave of the price, before discounts granted by hand.
    """

    method_id: UUID
    code: str
    name: str
    price_minor: int
    rates: RateSet
    cheapest: bool = False
    free_from: FreeFrom | None = None
    rate: ShippingRate | None = None


class Discount(msgspec.Struct, frozen=True, kw_only=True):
    """A reduction that was granted: a fixed amount, or a percentage (exact ratio) of its target.

    Target "line": one line (`line`), optionally its units [start, stop) only. Target "order": all
    lines, or those named in `lines`, apportioned by discounted value. Target "shipping".
    A percentage is of the running price, or of the original one if `of_original`. Never more than
    what is left of the target is taken; the rest is lost (rule 7). Discounts come after promotions
    of the request; one that does not `stack` keeps all promotions off its target (D19).
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
    stacks: bool = True


ChargeKind = Literal["deposit", "eco", "payment", "handling", "gift_wrap", "other"]


class RequestCharge(msgspec.Struct, frozen=True, kw_only=True):
    """A fee or a deposit beside the goods (B14): `quantity` times `unit_minor`, with its own rates.

    In the quote's tax mode. No promotion or discount reduces it, and it carries no shipping tax.
    `line` names the line it comes with (a bottle's deposit), `key` is unique among the charges.
    `returned`: whoever returns units of that line gets their share of it back.
    """

    key: str
    kind: ChargeKind
    code: str
    name: str
    unit_minor: int
    rates: RateSet
    quantity: int = 1
    line: str | None = None
    returned: bool = False


class GivenTax(msgspec.Struct, frozen=True, kw_only=True):
    """The tax of one rate on one part of the request, as a tax engine has computed it (B16)."""

    code: str
    name: str
    jurisdiction: str
    rate: Decimal
    tax_minor: int
    treatment: Treatment = "standard"


class GivenTaxes(msgspec.Struct, frozen=True, kw_only=True):
    """A tax engine's answer: it replaces what the rates would give, line by line (B11, B16).

    `lines` by line key, `charges` by charge key; each line and charge of the request is in them.
    Gift lines that the engine was not asked about are taxed by their rates.
    """

    lines: dict[str, tuple[GivenTax, ...]]
    shipping: tuple[GivenTax, ...] = ()
    charges: dict[str, tuple[GivenTax, ...]] = {}


class BuyerTax(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was known of the buyer's standing in tax law when the quote was made: the evidence (B7).

    `status`: `valid`, `invalid` (the register's words), `unverified` (nobody was asked, or nobody
    answered). `check_id` names the stored answer, `request_id` is the register's own number.
    `certificates` are the exemption certificates that applied (B22).
    """

    tax_id: str = ""
    country: str = ""
    status: str = ""
    check_id: UUID | None = None
    request_id: str = ""
    checked_at: datetime | None = None
    certificates: tuple[str, ...] = ()


class ImportRule(msgspec.Struct, frozen=True, kw_only=True):
    """How goods of the request are taxed that come into the EU for this sale (B18).

    `goods` are the keys of their lines, of a kit those of its components; gifts are goods, too.
    Their intrinsic value is their net amount after discounts, without shipping and fees. Up to
    `limit_minor` the tax of their rates is charged and declared under `number`; above it, with
    goods under excise duty (`excise`, keys), and for businesses (`business`) none is. `keep_net`:
    see `waived`. `note` tells the shopper what is not included then. `euro_rate`, `rate_as_of` and
    `rate_source` are what 150 EUR were converted by.
    """

    number: str
    dispatched_from: str
    limit_minor: int
    goods: frozenset[str]
    excise: frozenset[str] = frozenset()
    business: bool = False
    keep_net: bool = True
    note: str = ""
    euro_rate: Decimal | None = None
    rate_as_of: date | None = None
    rate_source: str = ""


class Imported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was decided about goods that come into the EU for a sale, and by what (B18).

    "ioss": the tax of the destination is charged, and declared under `number`. "import_vat": none
    is charged, the recipient owes it on importation, and `note` says so; `reason` is why.
    The consignment is all goods of the purchase: the `lines` of these keys.
    """

    scheme: Literal["ioss", "import_vat"]
    reason: Literal["within_limit", "over_limit", "excise", "business"]
    lines: tuple[str, ...]
    value_minor: int
    limit_minor: int
    dispatched_from: str
    destination: str
    number: str = ""
    note: str = ""
    euro_rate: Decimal | None = None
    rate_as_of: date | None = None
    rate_source: str = ""


class EvidenceItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that says in which country a buyer is."""

    source: Literal["billing_address", "ip_address", "tax_id", "card"]
    country: str


class LocationEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Where the buyer of digital goods was taken to be, and what says so (B19).

    `standing`: `sufficient` when two items say that country; `contradictory` when less do and one
    says another; `single` when there is but one, `none` when there is nothing.
    """

    country: str
    items: tuple[EvidenceItem, ...]
    standing: str


class Destination(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the goods go, as far as it decides taxes and shipping. No name, no street.

    `country` is ISO 3166-1 alpha-2; `region` the part of ISO 3166-2 after the hyphen ("CA").
    """

    country: str
    region: str = ""
    postal_code: str = ""
