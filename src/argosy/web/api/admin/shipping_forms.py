"""Bodies and answers of the shipping operations."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from argosy.kernel.ids import decode, encode
from argosy.modules import shipping

Code = Annotated[
    str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", max_length=63, examples=["parcel"])
]
Name = Annotated[
    str, msgspec.Meta(pattern=r"\S", min_length=1, max_length=200, examples=["Parcel"])
]
Description = Annotated[str, msgspec.Meta(max_length=2000)]
Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", max_length=2, examples=["DE"])]
Region = Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{0,3}$", max_length=3, examples=["CA"])]
Minor = Annotated[int, msgspec.Meta(ge=0, le=10**12, examples=[490])]
FromValue = Annotated[int, msgspec.Meta(ge=0, le=10**15, examples=[0])]
Days = Annotated[int, msgspec.Meta(ge=0, le=365)]
Position = Annotated[int, msgspec.Meta(ge=-1000, le=1000)]
Id = Annotated[str, msgspec.Meta(max_length=60)]
ZoneId = Annotated[
    str, msgspec.Meta(max_length=60, examples=[encode("shipping_zone", UUID(int=1))])
]
Pricing = Literal["flat", "weight", "price"]


class ShippingClassRow(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of goods that is shipped alike."""

    code: str
    name: str


class ShippingClassList(msgspec.Struct, frozen=True, kw_only=True):
    """All shipping classes."""

    items: list[ShippingClassRow]
    next_cursor: str | None = None


class ShippingClassBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The name of a shipping class."""

    name: Name


class ShippingAreaBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place: a country, or a region of it."""

    country: Country
    region: Region = ""


class ShippingZoneBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Places that are served alike."""

    code: Code
    name: Name
    areas: Annotated[list[ShippingAreaBody], msgspec.Meta(min_length=1, max_length=2000)]

    def command(self) -> shipping.SetZone:
        """The zone to set."""
        areas = (shipping.Area(country=a.country, region=a.region) for a in self.areas)
        return shipping.SetZone(code=self.code, name=self.name, areas=tuple(areas))


class ShippingAreaRow(msgspec.Struct, frozen=True, kw_only=True):
    """A place of a zone."""

    country: str
    region: str


class ShippingZoneRow(msgspec.Struct, frozen=True, kw_only=True):
    """A shipping zone."""

    id: str
    code: str
    name: str
    areas: list[ShippingAreaRow]
    version: int

    @classmethod
    def of(cls, zone: shipping.Zone) -> "ShippingZoneRow":
        """As answers show it."""
        return cls(
            id=encode("shipping_zone", zone.id),
            code=zone.code,
            name=zone.name,
            areas=[ShippingAreaRow(country=a.country, region=a.region) for a in zone.areas],
            version=zone.version,
        )


class ShippingTierBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price from a value on: grams (`weight`), or minor units of goods (`price`).

    `price_minor` null: from there on the method is not offered.
    """

    from_value: FromValue
    price_minor: Minor | None


class ShippingClassRuleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goods of a class add to the price, per unit or once; or that they are not taken."""

    shipping_class: Code
    surcharge_minor: Minor = 0
    per: Literal["unit", "order"] = "unit"
    excluded: bool = False


class ShippingMethodBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way to ship. Amounts are minor units of the channel's currency, in its tax mode.

    `pricing` says what the tiers count: nothing (`flat`: one tier from 0), the `weight` in grams,
    or the `price` of the goods.
    """

    code: Code
    name: Name
    pricing: Pricing
    zone_ids: Annotated[list[ZoneId], msgspec.Meta(min_length=1, max_length=100)]
    tiers: Annotated[list[ShippingTierBody], msgspec.Meta(min_length=1, max_length=100)]
    class_rules: Annotated[list[ShippingClassRuleBody], msgspec.Meta(max_length=100)] = (
        msgspec.field(default_factory=list)
    )
    description: Description = ""
    tax_class: Code = "standard"
    min_days: Days | None = None
    max_days: Days | None = None
    position: Position = 0
    active: bool = True

    def command(self) -> shipping.SetMethod:
        """The method to set. Raises MalformedId."""
        fields = {name: getattr(self, name) for name in ShippingMethodBody.__struct_fields__}
        return shipping.SetMethod(
            **fields
            | {
                "zone_ids": tuple(
                    decode("shipping_zone", text, field=f"zone_ids.{index}")
                    for index, text in enumerate(self.zone_ids)
                ),
                "tiers": tuple(shipping.Tier(**msgspec.structs.asdict(t)) for t in self.tiers),
                "class_rules": tuple(
                    shipping.ClassRule(**msgspec.structs.asdict(r)) for r in self.class_rules
                ),
            }
        )


class NewShippingMethodBody(
    ShippingMethodBody, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A new way to ship in a channel."""

    channel_id: Id


class ShippingTierRow(msgspec.Struct, frozen=True, kw_only=True):
    """The price from a value on; null: not offered from there."""

    from_value: int
    price_minor: int | None


class ShippingClassRuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """What goods of a class add, or that they are not taken."""

    shipping_class: str
    surcharge_minor: int
    per: Literal["unit", "order"]
    excluded: bool


class ShippingMethodRow(msgspec.Struct, frozen=True, kw_only=True):
    """A way to ship."""

    id: str
    channel_id: str
    code: str
    name: str
    description: str
    pricing: Pricing
    tax_class: str
    zone_ids: list[str]
    tiers: list[ShippingTierRow]
    class_rules: list[ShippingClassRuleRow]
    min_days: int | None
    max_days: int | None
    position: int
    active: bool
    version: int

    @classmethod
    def of(cls, method: shipping.Method) -> "ShippingMethodRow":
        """As answers show it."""
        fields = msgspec.structs.asdict(method) | {
            "id": encode("shipping_method", method.id),
            "channel_id": encode("channel", method.channel_id),
            "zone_ids": [encode("shipping_zone", zone) for zone in method.zone_ids],
            "tiers": [ShippingTierRow(**msgspec.structs.asdict(tier)) for tier in method.tiers],
            "class_rules": [
                ShippingClassRuleRow(**msgspec.structs.asdict(rule)) for rule in method.class_rules
            ],
        }
        return cls(**fields)
