"""Fields that a shop defines for itself, and the values that its things have of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Subject = Literal["product", "variant", "customer", "cart", "order"]
Kind = Literal["text", "integer", "number", "boolean", "date", "choice", "choices"]
Visible = Literal["staff", "storefront"]

MAX_DEFINITIONS = 200
MAX_TEXT = 500

Code = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,62}$")]
Bound = Annotated[str, Meta(min_length=1, max_length=30, pattern=r"^-?[0-9][0-9.-]*$")]
Choice = Annotated[str, Meta(min_length=1, max_length=200)]
FieldValue = (
    Annotated[str, Meta(max_length=MAX_TEXT)]
    | Annotated[int, Meta(ge=-(10**15), le=10**15)]
    | bool
    | Annotated[tuple[Choice, ...], Meta(max_length=50)]
)
"""text, number (exact decimal text), date (ISO), choice | integer | boolean | choices."""


class DefineField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a field is. `code` names it among the fields of its subject.

    `minimum` and `maximum` are inclusive: of integers, numbers and dates. `pattern` is of the safe
    kind that `rules.parse_pattern` takes, and must match the whole text. `default` is shown where
    no value is stored. `shopper_writes` is for carts. `on_order`: a cart's value goes onto its
    order when that is placed.
    """

    code: Code
    label: Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")]
    kind: Kind
    required: bool = False
    default: FieldValue | None = None
    visible: Visible = "staff"
    shopper_writes: bool = False
    on_order: bool = False
    minimum: Bound | None = None
    maximum: Bound | None = None
    max_length: Annotated[int, Meta(ge=1, le=MAX_TEXT)] | None = None
    pattern: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    choices: Annotated[tuple[Choice, ...], Meta(max_length=500)] = ()


class FieldDefinition(DefineField, frozen=True, kw_only=True):
    """A field as it is defined now."""

    id: UUID
    subject: Subject
    version: int
    created_at: datetime
    updated_at: datetime


class FieldFault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a definition or a value does not fit."""

    column: str
    code: str
    message: str


class FieldFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Only things whose field is `equals`, or within the inclusive bounds."""

    definition_id: UUID
    equals: str | None = None
    low: str | None = None
    high: str | None = None
