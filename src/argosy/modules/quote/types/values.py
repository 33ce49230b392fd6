"""Words shared by conditions and actions: amounts, names, comparisons, wall-clock times."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

Amounts = Annotated[
    dict[
        Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")],
        Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)],
    ],
    msgspec.Meta(min_length=1, description="Minor units by currency, in the channel's tax mode."),
]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Names = Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=1000)]
Whole = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Scalar = str | int | bool
FieldFact = str | int | bool | tuple[str, ...]
"""A custom field's value: a number is plain decimal text, a date ISO, choices are a tuple."""
GoodsOwner = Literal["product", "variant"]
CartOwner = Literal["cart", "customer", "order"]
Operator = Literal["eq", "ne", "in", "gt", "gte", "lt", "lte", "contains", "exists"]
Basis = Literal["list", "after_sale", "after_line", "after_order"]
"""What goods are worth: before any promotion, or after the sale, line or order phase (D6)."""
Zone = Annotated[
    str, msgspec.Meta(min_length=1, description="IANA time zone, such as Europe/Berlin.")
]


class Part(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
):
    """A piece of a rule's document: `type` names it, and an unknown field is an error."""


class Window(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Half-open [from, until) in wall-clock time of a zone; DST is the zone's (rule 13).

    Either end may be missing. A time in the gap of a switch means the instant after it, one that
    occurs twice means the first.
    """

    zone: Zone
    start: datetime | None = msgspec.field(default=None, name="from")
    stop: datetime | None = msgspec.field(default=None, name="until")


class Floor(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Below this the promotion takes no unit (D7): the highest of what is given counts.

    `percent_of_list`: of the price before promotions. `price`: per unit. `margin_percent`: the
    cost is at most 100 - margin percent of what the unit then costs; units without a known cost
    are not touched. What cannot be taken is lost and reported, never moved elsewhere.
    """

    percent_of_list: Decimal | None = None
    price: Amounts | None = None
    margin_percent: Decimal | None = None
