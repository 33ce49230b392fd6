"""Bodies and answers of the tax operations."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from argosy.kernel.ids import decode, encode
from argosy.kernel.wall_clock import day_given
from argosy.modules import tax

ClassCode = Annotated[
    str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", max_length=63, examples=["standard"])
]
ZoneCode = Annotated[
    str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$", max_length=63, examples=["DE"])
]
RateCode = Annotated[
    str,
    msgspec.Meta(
        pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", max_length=63, examples=["DE.standard"]
    ),
]
Name = Annotated[
    str, msgspec.Meta(pattern=r"\S", min_length=1, max_length=200, examples=["Germany"])
]
Text = Annotated[str, msgspec.Meta(max_length=500)]
Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", max_length=2, examples=["DE"])]
Region = Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{0,3}$", max_length=3, examples=["CA"])]
Postal = Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{0,10}$", max_length=10, examples=["90"])]
Small = Annotated[int, msgspec.Meta(ge=-1000, le=1000)]
# A text: a decimal fraction in JSON would pass through a float on its way (A12).
Ratio = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(10|[0-9])(\.[0-9]{1,6})?$",
        max_length=9,
        description="A ratio as decimal text: 0.19 is 19 %. At most 10.",
        examples=["0.19"],
    ),
]
Id = Annotated[str, msgspec.Meta(max_length=60)]
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


class TaxClassRow(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of goods that is taxed alike."""

    code: str
    name: str


class TaxClassList(msgspec.Struct, frozen=True, kw_only=True):
    """All tax classes."""

    items: list[TaxClassRow]
    next_cursor: str | None = None


class TaxClassBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The name of a tax class."""

    name: Name


class TaxAreaBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place: a country, a region of it, postal codes that begin alike."""

    country: Country
    region: Region = ""
    postal_prefix: Postal = ""


class TaxRateBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tax of one jurisdiction on one class, in force on days [valid_from, valid_until).

    A compound rate applies to the base plus the taxes before it (by `position`).
    """

    tax_class: ClassCode
    code: RateCode
    name: Name
    jurisdiction: Name
    rate: Ratio
    treatment: Treatment = "standard"
    compound: bool = False
    position: Small = 0
    valid_from: date | None = None
    valid_until: date | None = None
    source: Text = ""

    def command(self) -> tax.SetRate:
        """The rate to set. Raises TimeOutOfRange."""
        day_given(self.valid_from, "valid_from")
        day_given(self.valid_until, "valid_until")
        return tax.SetRate(**msgspec.structs.asdict(self) | {"rate": Decimal(self.rate)})


class TaxZoneBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place with its own taxes, for one channel or (without `channel_id`) for all."""

    code: ZoneCode
    name: Name
    areas: Annotated[list[TaxAreaBody], msgspec.Meta(min_length=1, max_length=2000)]
    channel_id: Id | None = None
    priority: Small = 0
    source: Text = ""

    def command(self) -> tax.SetZone:
        """The zone to set. Raises MalformedId."""
        return tax.SetZone(
            code=self.code,
            name=self.name,
            areas=tuple(tax.Area(**msgspec.structs.asdict(area)) for area in self.areas),
            channel_id=None
            if self.channel_id is None
            else decode("channel", self.channel_id, field="channel_id"),
            priority=self.priority,
            source=self.source,
        )


class NewTaxZoneBody(TaxZoneBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new zone with its rates."""

    rates: Annotated[list[TaxRateBody], msgspec.Meta(max_length=500)] = msgspec.field(
        default_factory=list
    )


class TaxPackBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shipped data pack to load, for one channel or (without `channel_id`) for all."""

    pack: tax.TaxPack
    channel_id: Id | None = None


class TaxAreaRow(msgspec.Struct, frozen=True, kw_only=True):
    """A place of a zone."""

    country: str
    region: str
    postal_prefix: str


class TaxRateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rate of a zone."""

    id: str
    tax_class: str
    code: str
    name: str
    jurisdiction: str
    rate: str
    treatment: Treatment
    compound: bool
    position: int
    valid_from: date | None
    valid_until: date | None
    source: str


class TaxZoneRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tax zone with its places and rates."""

    id: str
    code: str
    name: str
    channel_id: str | None
    priority: int
    areas: list[TaxAreaRow]
    rates: list[TaxRateRow]
    source: str
    version: int

    @classmethod
    def of(cls, zone: tax.Zone) -> "TaxZoneRow":
        """As answers show it."""
        return cls(
            id=encode("tax_zone", zone.id),
            code=zone.code,
            name=zone.name,
            channel_id=None if zone.channel_id is None else encode("channel", zone.channel_id),
            priority=zone.priority,
            areas=[TaxAreaRow(**msgspec.structs.asdict(area)) for area in zone.areas],
            rates=[shown_rate(rate) for rate in zone.rates],
            source=zone.source,
            version=zone.version,
        )


class TaxPackLoaded(msgspec.Struct, frozen=True, kw_only=True):
    """What loading a pack did. Zones that exist already were left as they are."""

    pack: str
    source: str
    as_of: date
    zones_created: int
    zones_kept: int
    rates_created: int


def shown_rate(rate: tax.Rate) -> TaxRateRow:
    """A rate as answers show it: the ratio is a text."""
    fields = msgspec.structs.asdict(rate)
    del fields["version"]
    return TaxRateRow(**fields | {"id": encode("tax_rate", rate.id), "rate": f"{rate.rate:f}"})


def shown_pack(done: tax.PackLoaded) -> TaxPackLoaded:
    """What loading did, as answers show it."""
    fields = msgspec.structs.asdict(done)
    return TaxPackLoaded(pack=fields.pop("name"), **fields)
