"""Bodies and answers of the fee operations."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from argosy.kernel.ids import decode, encode
from argosy.modules import fees

Code = Annotated[
    str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", max_length=63, examples=["bottle"])
]
Codes = Annotated[
    list[Annotated[str, msgspec.Meta(min_length=1, max_length=63)]], msgspec.Meta(max_length=100)
]
Name = Annotated[str, msgspec.Meta(pattern=r"\S", min_length=1, max_length=200)]
Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", examples=["DE"])]
Minor = Annotated[int, msgspec.Meta(ge=1, le=10**12, examples=[25])]
Bound = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Id = Annotated[str, msgspec.Meta(max_length=60)]
Ids = Annotated[list[Id], msgspec.Meta(max_length=1000)]
Categories = Annotated[
    list[Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]],
    msgspec.Meta(max_length=100, examples=[["drinks/juice"]]),
]
Quantity = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Kind = Literal["deposit", "eco", "payment", "handling", "gift_wrap", "other"]
Per = Literal["order", "line", "unit"]


class FeeWhenBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a fee is due: everything that is named must hold; nothing named, always.

    `products`, `variants`, `categories` (by id or path, with all below), `product_types` (by code),
    `tax_classes`, `shipping_classes` and `configuration` (choices that the shopper made on the
    line, `*` is any) select lines; a fee per order needs one selected line. The value of all goods
    before discounts is from `from_goods_minor` on and less than `below_goods_minor`; of the
    selected lines there are `from_quantity` units or more, and fewer than `below_quantity`.
    `payment_methods` are gateways: not due while none is chosen.
    """

    countries: Annotated[list[Country], msgspec.Meta(max_length=300)] = msgspec.field(
        default_factory=list
    )
    shipping_methods: Codes = msgspec.field(default_factory=list)
    payment_methods: Codes = msgspec.field(default_factory=list)
    products: Ids = msgspec.field(default_factory=list)
    variants: Ids = msgspec.field(default_factory=list)
    categories: Categories = msgspec.field(default_factory=list)
    product_types: Codes = msgspec.field(default_factory=list)
    tax_classes: Codes = msgspec.field(default_factory=list)
    shipping_classes: Codes = msgspec.field(default_factory=list)
    configuration: dict[
        Annotated[str, msgspec.Meta(min_length=1, max_length=100)],
        Annotated[str, msgspec.Meta(min_length=1, max_length=200)],
    ] = msgspec.field(default_factory=dict)
    from_goods_minor: Bound | None = None
    below_goods_minor: Bound | None = None
    from_quantity: Quantity | None = None
    below_quantity: Quantity | None = None


class FeeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fee: `amount_minor` per order, line or unit; or `percent` of the selected lines after
    discounts, per order or line, at most `cap_minor` (`with_shipping`: of shipping, too).

    Amounts are minor units of the channel's currency, in its tax mode. `tax_class` null: out of
    scope of taxes, only in channels that tax nothing (BR-O-11 of EN 16931): else name a class with
    a zero or exempt rate. `labels` are names by locale.
    `returned`: goes back with a returned unit. No promotion reduces a fee.
    """

    code: Code
    kind: Kind
    name: Name
    per: Per
    amount_minor: Minor | None = None
    percent: (
        Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,4})?$", examples=["1.5"])]
        | None
    ) = None
    cap_minor: Minor | None = None
    with_shipping: bool = False
    tax_class: Code | None = "standard"
    labels: dict[Annotated[str, msgspec.Meta(min_length=2, max_length=35)], Name] = msgspec.field(
        default_factory=dict
    )
    when: FeeWhenBody = msgspec.field(default_factory=FeeWhenBody)
    returned: bool = False
    position: Annotated[int, msgspec.Meta(ge=-1000, le=1000)] = 0
    active: bool = True

    def command(self) -> fees.SetFee:
        """The fee to set. Raises MalformedId."""
        fields = {name: getattr(self, name) for name in FeeBody.__struct_fields__}
        when = msgspec.to_builtins(self.when)
        for kind, names in (("product", "products"), ("variant", "variants")):
            when[names] = [
                decode(kind, text, field=f"when.{names}.{index}")
                for index, text in enumerate(when[names])
            ]
        return msgspec.convert(fields | {"when": when}, fees.SetFee)


class NewFeeBody(FeeBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new fee of a channel."""

    channel_id: Id


class FeeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A fee."""

    id: str
    channel_id: str
    code: str
    kind: Kind
    name: str
    per: Per
    amount_minor: int | None
    percent: str | None
    cap_minor: int | None
    with_shipping: bool
    tax_class: str | None
    labels: dict[str, str]
    when: FeeWhenBody
    returned: bool
    position: int
    active: bool
    version: int

    @classmethod
    def of(cls, fee: fees.Fee) -> "FeeRow":
        """As answers show it."""
        when = msgspec.structs.asdict(fee.when)
        when |= {
            "products": _public("product", fee.when.products),
            "variants": _public("variant", fee.when.variants),
        }
        fields = msgspec.structs.asdict(fee) | {
            "id": encode("fee", fee.id),
            "channel_id": encode("channel", fee.channel_id),
            "percent": None if fee.percent is None else f"{fee.percent:f}",
            "when": when,
        }
        return msgspec.convert(fields, cls)


def _public(kind: str, ids: tuple[UUID, ...]) -> list[str]:
    return [encode(kind, each) for each in ids]
