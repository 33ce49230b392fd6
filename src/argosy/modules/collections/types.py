"""Collections, the conditions of their rules, and the facts that are held against them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from argosy.kernel.money import Money

CollectionKind = Literal["manual", "rules"]
CollectionSort = Literal["position", "price", "-price", "newest", "name"]
Availability = Literal["in_stock", "low_stock", "backorder", "out_of_stock"]

Word = Annotated[str, Meta(min_length=1, max_length=200)]
Words = Annotated[
    tuple[Word, ...], Meta(min_length=1, max_length=100, examples=[["hoodie", "jacket"]])
]
Slug = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^/\s]+$")]
Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
DecimalText = Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,9})?$")]


class _Text(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="field", forbid_unknown_fields=True
):
    """Compared without regard to case, width and runs of space; one of the values is enough."""

    op: Literal["is", "is_not", "contains", "starts_with"] = "is"
    values: Words


class TitleCondition(_Text, frozen=True, kw_only=True, tag="title"):
    """The product's title."""


class BrandCondition(_Text, frozen=True, kw_only=True, tag="brand"):
    """The product's brand."""


class TypeCondition(_Text, frozen=True, kw_only=True, tag="product_type"):
    """The product's type."""


class CategoryCondition(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="field", tag="category",
    forbid_unknown_fields=True,
):  # fmt: skip
    """In one of these categories (ids) or below it; `is_not`: in none of them."""

    op: Literal["is", "is_not"] = "is"
    values: Words


class AttributeCondition(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="field", tag="attribute",
    forbid_unknown_fields=True,
):  # fmt: skip
    """An attribute (or an option) of the product: one of these words, or a number in [min, max]. A
    product without the attribute fits `is_not` and nothing else.
    """

    code: Annotated[str, Meta(min_length=1, max_length=100)]
    op: Literal["is", "is_not", "between"] = "is"
    values: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
    min: DecimalText | None = None
    max: DecimalText | None = None


class PriceCondition(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="field", tag="price",
    forbid_unknown_fields=True,
):  # fmt: skip
    """The lowest price that the channel shows, in [min, max] minor units. In a channel of another
    currency nothing fits.
    """

    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    min: Annotated[int, Meta(ge=0, le=10**12)] | None = None
    max: Annotated[int, Meta(ge=0, le=10**12)] | None = None


class StockCondition(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="field", tag="stock",
    forbid_unknown_fields=True,
):  # fmt: skip
    """The best availability of its variants in the channel."""

    values: Annotated[
        tuple[Availability, ...], Meta(min_length=1, max_length=4, examples=[["in_stock"]])
    ]


class CreatedCondition(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="field", tag="created",
    forbid_unknown_fields=True,
):  # fmt: skip
    """Made in [after, before), or during the last so many days: membership then ends by itself."""

    after: datetime | None = None
    before: datetime | None = None
    within_days: Annotated[int, Meta(ge=1, le=3650)] | None = None


class SaleCondition(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="field", tag="sale",
    forbid_unknown_fields=True,
):  # fmt: skip
    """Whether the channel shows a higher price struck through beside its lowest one."""

    value: bool = True


Condition = (
    TitleCondition
    | BrandCondition
    | TypeCondition
    | CategoryCondition
    | AttributeCondition
    | PriceCondition
    | StockCondition
    | CreatedCondition
    | SaleCondition
)


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which products belong to a collection: those that fit all, or any, of the conditions."""

    match: Literal["all", "any"] = "all"
    conditions: Annotated[
        tuple[Condition, ...],
        Meta(min_length=1, max_length=30, examples=[[{"field": "sale", "value": True}]]),
    ]


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """From when (that instant on) until when (before that instant) a channel shows a collection;
    None: since ever, or without an end.
    """

    channel_id: UUID
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """A collection; `sort` is the order it is listed in unless the shopper chooses another. Of
    `channels`, those without a window in `windows` show it always.
    """

    id: UUID
    slug: str
    title: str
    description: str
    kind: CollectionKind
    rules: Rules | None
    sort: CollectionSort
    position: int
    media_id: UUID | None
    seo_title: str
    seo_description: str
    channels: tuple[UUID, ...]
    windows: tuple[Window, ...] = ()
    version: int
    created_at: datetime
    updated_at: datetime


class CollectionFields(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a collection; what is UNSET stays (DOMAIN.md E3)."""

    slug: Slug | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    description: str | UnsetType = UNSET
    rules: Rules | UnsetType = UNSET
    sort: CollectionSort | UnsetType = UNSET
    position: int | UnsetType = UNSET
    media_id: UUID | UnsetType | None = UNSET
    seo_title: str | UnsetType = UNSET
    seo_description: str | UnsetType = UNSET
    channels: tuple[UUID, ...] | UnsetType = UNSET
    windows: tuple[Window, ...] | UnsetType = UNSET


class NewCollection(msgspec.Struct, frozen=True, kw_only=True):
    """A new collection: by `rules`, or by hand without. `description` is HTML that was cleaned."""

    slug: Slug
    title: Title
    description: str = ""
    rules: Rules | None = None
    sort: CollectionSort = "position"
    position: int = 0
    media_id: UUID | None = None
    seo_title: str = ""
    seo_description: str = ""
    channels: tuple[UUID, ...] = ()
    windows: tuple[Window, ...] = ()


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """What deciding about products needs of a collection that some channel shows."""

    id: UUID
    slug: str
    title: str
    rules: Rules | None
    channels: frozenset[UUID]
    windows: tuple[Window, ...] = ()


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """A product as a channel shows it at an instant. Texts are `folded`; categories are public ids,
    with those above; an attribute's values are words and, of a number, its amount.
    """

    title: str
    brand: str
    product_type: str
    categories: frozenset[str]
    attributes: Mapping[str, frozenset[str | Decimal]]
    price: Money | None
    on_sale: bool
    availability: Availability
    created_at: datetime


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A collection that a product stands in, at a place."""

    id: UUID
    slug: str
    title: str
    position: int


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """How far products were looked through since a collection changed."""

    collection_id: UUID
    scope: Literal["all", "members"]
    after_id: UUID
    done: int
    total: int
    started_at: datetime
    finished_at: datetime | None
