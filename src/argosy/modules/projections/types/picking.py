"""Choosing one of very many variants: what is left to choose, and where each value leads."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.money import Money
from argosy.modules.projections.types import Availability, VariantDocument


class PickableValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value of an option, with what is chosen of the other options.

    `variants` have it, `buyable` of them can be bought, at prices from `price_min` to `price_max`;
    `availability` is their best, null where there is none.
    """

    value: str
    variants: int
    buyable: int
    availability: Availability | None
    price_min: Money | None
    price_max: Money | None


class PickableOption(msgspec.Struct, frozen=True, kw_only=True):
    """An option with all its values in display order; `chosen` is null while none is."""

    code: str
    name: str
    chosen: str | None
    values: list[PickableValue]


class Picker(msgspec.Struct, frozen=True, kw_only=True):
    """What is left to choose. `variants` match all that is chosen, `buyable` of them can be bought;
    `variant` is the one that is left, null while there are several.
    """

    options: list[PickableOption]
    variants: int
    buyable: int
    variant: VariantDocument | None


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """Where a value leads: to the variant of this SKU, None where no variant has the value.

    `state`: `available`; `elsewhere`, when other options change with it; `sold_out`; `absent`.
    """

    value: str
    sku: str | None
    state: Literal["available", "elsewhere", "sold_out", "absent"]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A variant, and by option where each value leads from it."""

    variant: VariantDocument
    leads: tuple[tuple[Lead, ...], ...]


# --- rows ---------------------------------------------------------------------------------------


class ValueRow(NamedTuple):
    """A value of the option at `place`, from 1; see the statement."""

    place: int
    value: str
    variants: int
    buyable: int
    state: int | None
    lowest: int | None
    highest: int | None
    is_sold_out: int
    others: int
    sku: str | None


class OptionRow(msgspec.Struct, frozen=True, kw_only=True):
    """An option as the product's document has it."""

    code: str
    name: str
    values: list[str]


class PickRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the statement answers."""

    product_id: UUID
    valid_until: datetime | None
    options: list[OptionRow]
    wanted: list[str | None]
    variants: int
    buyable: int
    body: bytes | None
    values: dict[tuple[int, str], ValueRow]
