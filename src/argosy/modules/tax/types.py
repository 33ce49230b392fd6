"""Zones, classes and dated rates, as they are stored. Days are calendar days of the channel."""

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

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


class TaxClass(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of goods that is taxed alike; products name it by `code`."""

    code: str
    name: str


class Area(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place: a country (ISO 3166-1 alpha-2), a region of it, postal codes that begin alike."""

    country: str
    region: str = ""
    postal_prefix: str = ""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """One tax of one jurisdiction on one class, in force on days [valid_from, valid_until).

    `rate` is a ratio: Decimal("0.19") is 19 %. A compound rate applies to the base plus the taxes
    before it (by `position`, then `code`). `source` says where the figure was taken from.
    """

    id: UUID
    tax_class: str
    code: str
    name: str
    jurisdiction: str
    rate: Decimal
    treatment: Treatment = "standard"
    compound: bool = False
    position: int = 0
    valid_from: date | None = None
    valid_until: date | None = None
    source: str = ""
    version: int = 1


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """Where the same taxes are due, for one channel or (None) for all."""

    id: UUID
    code: str
    name: str
    channel_id: UUID | None
    priority: int
    areas: tuple[Area, ...]
    rates: tuple[Rate, ...]
    source: str = ""
    version: int = 1


class SetZone(msgspec.Struct, frozen=True, kw_only=True):
    """A zone to create, or what an existing one shall be. The areas replace the former ones."""

    code: str
    name: str
    areas: tuple[Area, ...]
    channel_id: UUID | None = None
    priority: int = 0
    source: str = ""


class SetRate(msgspec.Struct, frozen=True, kw_only=True):
    """A rate of a zone to create, or what an existing one shall be."""

    tax_class: str
    code: str
    name: str
    jurisdiction: str
    rate: Decimal
    treatment: Treatment = "standard"
    compound: bool = False
    position: int = 0
    valid_from: date | None = None
    valid_until: date | None = None
    source: str = ""


TaxPack = Literal[
    "eu-vat",
    "us-states",
    "ca-sales-tax",
    "gb-vat",
    "ch-vat",
    "no-vat",
    "au-gst",
    "jp-consumption-tax",
]
Put = Literal["created", "updated", "unchanged"]


class PackLoaded(msgspec.Struct, frozen=True, kw_only=True):
    """What loading a data pack did. Zones that exist already are left as they are."""

    name: str
    source: str
    as_of: date
    zones_created: int
    zones_kept: int
    rates_created: int


class PackZone(SetZone, frozen=True, kw_only=True):
    """A zone of a data pack, with its rates."""

    rates: tuple[SetRate, ...] = ()


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A shipped set of zones and rates. `as_of` is the day on which its source was checked."""

    source: str
    as_of: date
    zones: tuple[PackZone, ...]
