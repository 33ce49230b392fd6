"""Bodies and answers of the shipping operations."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from argosy.kernel.ids import decode, encode
from argosy.kernel.wall_clock import day_given
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
Pricing = Literal["flat", "weight", "volume", "quantity", "price"]
PostalCodes = Annotated[
    list[Annotated[str, msgspec.Meta(min_length=1, max_length=30, examples=["10000..19999"])]],
    msgspec.Meta(max_length=5000),
]
Limit = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Bound = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Weekday = Annotated[int, msgspec.Meta(ge=1, le=7)]
Weekdays = Annotated[list[Weekday], msgspec.Meta(min_length=1, max_length=7)]
WORKING_DAYS = [1, 2, 3, 4, 5]


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
    """A place: a country, or a region of it, or some postal codes of it.

    A postal code is written out ("10115"), as a beginning ("BT*"), or as a range of equally long
    numbers ("10000..19999"). Without `postal_codes`, all belong to it but `except_postal_codes`.
    """

    country: Country
    region: Region = ""
    postal_codes: PostalCodes = msgspec.field(default_factory=list)
    except_postal_codes: PostalCodes = msgspec.field(default_factory=list)


class ShippingZoneBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Places that are served alike."""

    code: Code
    name: Name
    areas: Annotated[list[ShippingAreaBody], msgspec.Meta(min_length=1, max_length=2000)]

    def command(self) -> shipping.SetZone:
        """The zone to set."""
        return msgspec.convert(self, shipping.SetZone, from_attributes=True)


class ShippingAreaRow(msgspec.Struct, frozen=True, kw_only=True):
    """A place of a zone."""

    country: str
    region: str
    postal_codes: list[str]
    except_postal_codes: list[str]


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
            areas=[
                msgspec.convert(area, ShippingAreaRow, from_attributes=True) for area in zone.areas
            ],
            version=zone.version,
        )


class ShippingTierBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price from a value on: what is counted there, the method's `pricing` says.

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


class ShippingPacking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How goods are packed; flat, weight and volume prices are then of each parcel, added up.

    With `cm3_per_kg` (5000 is usual) a parcel weighs at least its volume divided by it.
    """

    max_weight_g: Limit | None = None
    max_volume_cm3: Limit | None = None
    max_side_mm: Limit | None = None
    cm3_per_kg: Limit | None = None


class ShippingConditions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a purchase must fulfil to be offered the method; both ends are included.

    The value of goods is counted before discounts. `only_classes`: all goods are of these.
    """

    min_goods_minor: Bound | None = None
    max_goods_minor: Bound | None = None
    min_weight_g: Bound | None = None
    max_weight_g: Bound | None = None
    min_units: Bound | None = None
    max_units: Bound | None = None
    only_classes: Annotated[list[Code], msgspec.Meta(max_length=100)] = msgspec.field(
        default_factory=list
    )


class ShippingFreeFrom(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Goods of this value or more ship free, counted for the whole purchase without gift cards."""

    amount_minor: Annotated[int, msgspec.Meta(ge=1, le=10**12, examples=[5000])]
    counts: Literal["before_discounts", "after_discounts"] = "after_discounts"


class ShippingPromise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a purchase leaves and arrives. Weekdays are ISO numbers, Monday is 1.

    Ordered before `cut_off` (wall time in `time_zone`), it is handled for `handling_days` ship
    days and arrives `transit_min_days` to `transit_max_days` delivery days after it left.
    `holidays` names the sender's public holidays ("DE", "DE-BY"); those of the destination are
    known from the address. `closed` are further days on which nothing leaves.
    """

    cut_off: Annotated[str, msgspec.Meta(pattern="^[0-2][0-9]:[0-5][0-9]$", examples=["14:00"])]
    time_zone: Annotated[str, msgspec.Meta(max_length=60, examples=["Europe/Berlin"])]
    transit_min_days: Annotated[int, msgspec.Meta(ge=0, le=60)]
    transit_max_days: Annotated[int, msgspec.Meta(ge=0, le=60)]
    handling_days: Annotated[int, msgspec.Meta(ge=0, le=60)] = 0
    ship_days: Weekdays = msgspec.field(default_factory=WORKING_DAYS.copy)
    delivery_days: Weekdays = msgspec.field(default_factory=WORKING_DAYS.copy)
    holidays: Annotated[
        str, msgspec.Meta(pattern="^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$", examples=["DE-BY"])
    ] = ""
    closed: Annotated[list[date], msgspec.Meta(max_length=400)] = msgspec.field(
        default_factory=list
    )


class ShippingOriginBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where parcels leave from, as far as prices depend on it."""

    country: Country
    postal_code: Annotated[str, msgspec.Meta(min_length=1, max_length=20, examples=["94107"])]
    region: Region = ""
    city: Annotated[str, msgspec.Meta(max_length=120, examples=["San Francisco"])] = ""


class ShippingLiveBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price is what carriers say at the moment, for all parcels; the cheapest service counts.

    `services` are the allowed ones ("USPS/Priority"; none: all). Charged is the carrier's amount,
    with tax where it is `net` and the channel's prices contain tax, and `markup_percent` of it,
    and `handling_minor` once or per parcel. When no carrier is reached, the `tiers` are the price
    (`table`: it is shown as an estimate), or the method is not offered (`withhold`).
    """

    carriers: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=40, examples=["easypost"])]],
        msgspec.Meta(min_length=1, max_length=10),
    ]
    origin: ShippingOriginBody
    services: Annotated[
        list[
            Annotated[
                str, msgspec.Meta(min_length=3, max_length=160, examples=["USPS/GroundAdvantage"])
            ]
        ],
        msgspec.Meta(max_length=100),
    ] = msgspec.field(default_factory=list)
    markup_percent: Annotated[
        str, msgspec.Meta(pattern=r"^[0-9]{1,4}(\.[0-9]{1,4})?$", examples=["7.5"])
    ] = "0"
    handling_minor: Minor = 0
    handling_per: Literal["order", "parcel"] = "order"
    tare_g: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0
    amounts: Literal["net", "as_is"] = "net"
    fallback: Literal["table", "withhold"] = "table"


class ShippingMethodBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way to ship. Amounts are minor units of the channel's currency, in its tax mode.

    `pricing` says what the tiers count: nothing (`flat`: one tier from 0), the billed `weight` in
    grams, the `volume` in cubic centimetres, units (`quantity`), or the `price` of the goods
    before discounts. `min_days` and `max_days` are for display where there is no `promise`.
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
    packing: ShippingPacking | None = None
    conditions: ShippingConditions | None = None
    free_from: ShippingFreeFrom | None = None
    promise: ShippingPromise | None = None
    live: ShippingLiveBody | None = None

    def command(self) -> shipping.SetMethod:
        """The method to set. Raises MalformedId, TimeOutOfRange."""
        zones = [
            decode("shipping_zone", text, field=f"zone_ids.{index}")
            for index, text in enumerate(self.zone_ids)
        ]
        fields = {name: getattr(self, name) for name in ShippingMethodBody.__struct_fields__}
        live = None if self.live is None else msgspec.to_builtins(self.live)
        for index, day in enumerate(() if self.promise is None else self.promise.closed):
            day_given(day, f"promise.closed.{index}")
        return msgspec.convert(
            fields | {"zone_ids": zones, "live": live}, shipping.SetMethod, from_attributes=True
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
    packing: ShippingPacking | None
    conditions: ShippingConditions | None
    free_from: ShippingFreeFrom | None
    promise: ShippingPromise | None
    live: ShippingLiveBody | None
    version: int

    @classmethod
    def of(cls, method: shipping.Method) -> "ShippingMethodRow":
        """As answers show it."""
        fields = msgspec.structs.asdict(method) | {
            "id": encode("shipping_method", method.id),
            "channel_id": encode("channel", method.channel_id),
            "zone_ids": [encode("shipping_zone", zone) for zone in method.zone_ids],
            "live": None if method.live is None else _live(method.live),
        }
        return msgspec.convert(fields, cls, from_attributes=True)


def _live(live: shipping.LiveRates) -> ShippingLiveBody:
    origin = live.origin
    shown = {name: getattr(live, name) for name in ShippingLiveBody.__struct_fields__}
    shown |= {
        "markup_percent": f"{live.markup_percent:f}",
        "origin": ShippingOriginBody(
            country=origin.country,
            postal_code=origin.postal_code,
            region=origin.region,
            city=origin.city,
        ),
    }
    return msgspec.convert(shown, ShippingLiveBody)
