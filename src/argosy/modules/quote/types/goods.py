"""Which goods a condition counts and an action reduces: selectors over the units of a cart.

A selector reads what does not depend on how a shopper split the lines (D5). Goods that are no
goods (gift cards), that are not discountable (deposits), and gifts are never selected (B14, D9).
"""

from typing import Annotated

import msgspec

from argosy.modules.quote.types.values import (
    Amounts,
    FieldFact,
    GoodsOwner,
    Name,
    Names,
    Operator,
    Part,
    Scalar,
)


class Products(Part, frozen=True, kw_only=True, tag="products"):
    """Goods of these products."""

    ids: Names


class Variants(Part, frozen=True, kw_only=True, tag="variants"):
    """Goods that are one of these variants."""

    ids: Names


class Categories(Part, frozen=True, kw_only=True, tag="categories"):
    """Goods in one of these categories or below."""

    ids: Names


class Collections(Part, frozen=True, kw_only=True, tag="collections"):
    """Goods in one of these collections."""

    ids: Names


class Brands(Part, frozen=True, kw_only=True, tag="brands"):
    """Goods of one of these brands."""

    ids: Names


class Attribute(Part, frozen=True, kw_only=True, tag="attribute"):
    """Goods whose attribute or option has one of these values."""

    name: Name
    values: Names


class GoodsField(Part, frozen=True, kw_only=True, tag="field"):
    """Goods whose custom field, of the product or of the variant, compares so.

    Compares as the condition `field` does. A missing field matches nothing but `ne`.
    """

    name: Name
    subject: GoodsOwner = "product"
    op: Operator
    value: Scalar | tuple[Scalar, ...] | None = None


class OnSale(Part, frozen=True, kw_only=True, tag="on_sale"):
    """Goods that are reduced already (D18): by the price list or the sale phase, by nothing else.

    `is: false` selects those at their regular price.
    """

    is_: bool = msgspec.field(default=True, name="is")


class UnitPrice(Part, frozen=True, kw_only=True, tag="unit_price"):
    """Goods whose unit price before promotions lies in [gte, lte]."""

    gte: Amounts | None = None
    lte: Amounts | None = None


class GoodsAll(Part, frozen=True, kw_only=True, tag="all"):
    """Goods that every selector selects."""

    of: Annotated[tuple["Selector", ...], msgspec.Meta(min_length=1, max_length=100)]


class GoodsAny(Part, frozen=True, kw_only=True, tag="any"):
    """Goods that at least one selector selects."""

    of: Annotated[tuple["Selector", ...], msgspec.Meta(min_length=1, max_length=100)]


class GoodsNone(Part, frozen=True, kw_only=True, tag="none"):
    """Goods that none of the selectors selects."""

    of: Annotated[tuple["Selector", ...], msgspec.Meta(min_length=1, max_length=100)]


Selector = (
    Products
    | Variants
    | Categories
    | Collections
    | Brands
    | Attribute
    | GoodsField
    | OnSale
    | UnitPrice
    | GoodsAll
    | GoodsAny
    | GoodsNone
)


class LineFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a line's goods, ready to be compared. Made by `line_facts`, once a version.

    `tokens` are words such as "product:prd_1" or "attribute:color=red"; `fields` are custom, by
    `field_key`.
    """

    tokens: frozenset[str]
    fields: dict[str, FieldFact] = {}
