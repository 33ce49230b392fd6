"""What a type of product asks of its products."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Code = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,62}$")]
AttributeCode = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,62}$")]
Label = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")]
Weight = Annotated[int, Meta(ge=0, le=100)]
Bound = Annotated[str, Meta(min_length=1, max_length=30, pattern=r"^-?[0-9][0-9.-]*$")]
ChannelCodes = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=63)], ...],
    Meta(min_length=1, max_length=200),
]
Missing = Literal["block", "flag"]


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Attributes that forms and pages show together; in the order of the schema."""

    code: AttributeCode
    label: Label


class TypeAttribute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An attribute that products of the type have, in display order.

    `required`: in no channel, in all, or in those of these codes. `weight` counts in the score.
    `minimum`, `maximum` (in the unit of the attribute) and `choices` narrow what its definition
    allows.
    """

    code: AttributeCode
    group: AttributeCode | None = None
    required: bool | ChannelCodes = False
    weight: Annotated[int, Meta(ge=1, le=100)] = 1
    minimum: Bound | None = None
    maximum: Bound | None = None
    choices: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=1000)
    ] = ()


class Weights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What counts in the score beside attributes, and how much; 0 leaves it out."""

    photograph: Weight = 1
    price: Weight = 1
    description: Weight = 1


class Schema(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a type asks. `others`: whether products may have other attributes too.

    `missing` decides about products that are shown without what is required: `flag` lets them stay
    and be shown, and lists them; `block` refuses to publish the schema while there are any, and to
    show a product that lacks something.
    """

    attributes: Annotated[tuple[TypeAttribute, ...], Meta(max_length=500)] = ()
    groups: Annotated[tuple[Group, ...], Meta(max_length=100)] = ()
    others: Literal["allow", "refuse"] = "allow"
    missing: Missing = "flag"
    weights: Weights = Weights()


class AttributeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the schema must know of an attribute's definition."""

    code: str
    kind: str
    level: Literal["product", "variant"]
    choices: tuple[str, ...] = ()


class ProductType(msgspec.Struct, frozen=True, kw_only=True):
    """A type. `published` is the number of the version in force; `version` counts its changes."""

    code: str
    label: str
    published: int | None
    version: int
    created_at: datetime
    updated_at: datetime


class TypeVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a type's schema: a draft until it is published, and then for ever the same."""

    type_code: str
    number: int
    schema: Schema
    saved_at: datetime
    published_at: datetime | None = None
    published_by: str = ""


class SchemaFault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a schema makes no sense: `column` is a path such as `attributes[2].minimum`."""

    column: str
    message: str


class Lack(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a score misses: an attribute's code, or `photograph`, `price`, `description`
    with `built_in` set.
    """

    what: str
    built_in: bool = False


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How complete a product is for a channel: 0 to 100, and what it lacks."""

    score: Annotated[int, Meta(ge=0, le=100)]
    lacks: tuple[Lack, ...]


class ProductScore(Score, frozen=True, kw_only=True):
    """How complete a product is for a channel that it is published in."""

    product_id: UUID
    channel_id: UUID
    type_code: str | None = None
