"""Fees as they are stored, and what of a purchase decides about them. Amounts are minor units of
the channel's currency, in its tax mode (gross where its prices contain tax).
"""

from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

FeeKind = Literal["deposit", "eco", "payment", "handling", "gift_wrap", "other"]
FeePer = Literal["order", "line", "unit"]


class FeeWhen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a fee is due: everything that is named must hold; nothing named, always.

    `countries` of the destination, `shipping_methods` by code, `payment_methods` by gateway (not
    due while the way to pay is not known). `products`, `variants`, `categories` (by id or path,
    with all below), `product_types` (by code), `tax_classes` and `shipping_classes` select lines;
    of several kinds a line must be in each that is named.
    `configuration`: the shopper made these choices on the line ({"gift_wrap": "yes"}; "*" is any).
    The value of all goods before discounts is at least `from_goods_minor` and less than
    `below_goods_minor`; there are `from_quantity` units of the selected lines or more, and fewer
    than `below_quantity`. A fee per order needs one selected line.
    """

    countries: tuple[str, ...] = ()
    shipping_methods: tuple[str, ...] = ()
    payment_methods: tuple[str, ...] = ()
    products: tuple[UUID, ...] = ()
    variants: tuple[UUID, ...] = ()
    categories: tuple[str, ...] = ()
    product_types: tuple[str, ...] = ()
    tax_classes: tuple[str, ...] = ()
    shipping_classes: tuple[str, ...] = ()
    configuration: dict[str, str] = {}
    from_goods_minor: int | None = None
    below_goods_minor: int | None = None
    from_quantity: int | None = None
    below_quantity: int | None = None

    @property
    def asks_of_products(self) -> bool:
        """Whether it goes by what a cart's own reading of goods does not bring."""
        return bool(self.categories or self.product_types)


class SetFee(msgspec.Struct, frozen=True, kw_only=True):
    """A fee to create, or what an existing one shall be.

    It is `amount_minor` per order, line or unit; or `percent` (of 100) of the selected lines after
    discounts, per order or line, at most `cap_minor`, and `with_shipping` of what shipping costs,
    too. `tax_class` is its own; None: it is out of scope, which an
    invoice by EN 16931 cannot show beside taxed goods (BR-O-11): a class with an exempt or zero
    rate can. `labels` are its names by
    locale, `name` where there is none. `returned`: whoever returns a unit gets it back (a bottle's
    deposit). No promotion reduces a fee.
    """

    code: str
    kind: FeeKind
    name: str
    per: FeePer
    amount_minor: int | None = None
    percent: Decimal | None = None
    cap_minor: int | None = None
    with_shipping: bool = False
    tax_class: str | None = "standard"
    labels: dict[str, str] = {}
    when: FeeWhen = FeeWhen()
    returned: bool = False
    position: int = 0
    active: bool = True


class Fee(SetFee, frozen=True, kw_only=True):
    """A fee of one channel."""

    id: UUID
    channel_id: UUID
    version: int = 1


class FeeLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as fees see it; `value_minor` is what it costs after discounts. `categories` are
    all that its product is in, with those above, by id and by path.
    """

    key: str
    variant_id: UUID
    product_id: UUID
    tax_class: str
    shipping_class: str
    quantity: int
    value_minor: int
    ships: bool
    configuration: dict[str, str] = {}
    categories: frozenset[str] = frozenset()
    product_type: str = ""


class FeeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase as fees see it. `goods_minor` is before discounts, `shipping_minor` after."""

    country: str
    lines: tuple[FeeLine, ...]
    goods_minor: int
    shipping_minor: int = 0
    shipping_method: str | None = None
    payment_method: str | None = None


class DueFee(msgspec.Struct, frozen=True, kw_only=True):
    """A fee that is due: `quantity` times `unit_minor`. `line` is the line it comes with, `ships`
    whether anything it is charged for is delivered.
    """

    fee: Fee
    key: str
    unit_minor: int
    quantity: int = 1
    line: str | None = None
    ships: bool = False
