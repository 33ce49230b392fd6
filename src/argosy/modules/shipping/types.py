"""Ways to ship, as they are stored. Amounts are minor units of the channel's currency and in its
tax mode (gross where its prices contain tax).
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel.address import Address

MethodPricing = Literal["flat", "weight", "volume", "quantity", "price"]


class ShippingClass(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of goods that is shipped alike; products name it by `code`."""

    code: str
    name: str


class Area(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place: a country (ISO 3166-1 alpha-2), or a region of it, or some postal codes of it.

    `postal_codes` are the only ones that belong to it (none given: all), `except_postal_codes`
    those that do not. Each is a code ("10115"), all codes that begin alike ("BT*"), or a range of
    equally long numbers ("10000-19999", both ends included); spaces do not count.
    """

    country: str
    region: str = ""
    postal_codes: tuple[str, ...] = ()
    except_postal_codes: tuple[str, ...] = ()


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """Places that are served alike."""

    id: UUID
    code: str
    name: str
    areas: tuple[Area, ...]
    version: int = 1


class SetZone(msgspec.Struct, frozen=True, kw_only=True):
    """A zone to create, or what an existing one shall be. The areas replace the former ones."""

    code: str
    name: str
    areas: tuple[Area, ...]


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """The price from a value on (see Method.pricing). None: not offered from there."""

    from_value: int
    price_minor: int | None


class ClassRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What goods of a class add to the price, per unit or once; or that they are not taken."""

    shipping_class: str
    surcharge_minor: int = 0
    per: Literal["unit", "order"] = "unit"
    excluded: bool = False


class Packing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a carrier counts parcels; the price is then found for each parcel and added up.

    No parcel is heavier than `max_weight_g` or larger than `max_volume_cm3`, and no unit longer
    than `max_side_mm`. With `cm3_per_kg` (5000 is usual) a parcel weighs at least its volume
    divided by it: its dimensional weight, in grams, rounded up.
    """

    max_weight_g: int | None = None
    max_volume_cm3: int | None = None
    max_side_mm: int | None = None
    cm3_per_kg: int | None = None


class Conditions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a purchase must fulfil to be offered a method; both ends are included.

    `*_goods_minor` is the value of what is shipped before discounts; `only_classes` are the
    shipping classes of which all goods must be.
    """

    min_goods_minor: int | None = None
    max_goods_minor: int | None = None
    min_weight_g: int | None = None
    max_weight_g: int | None = None
    min_units: int | None = None
    max_units: int | None = None
    only_classes: tuple[str, ...] = ()


class FreeFrom(msgspec.Struct, frozen=True, kw_only=True):
    """Goods of this value or more ship free (DOMAIN.md D6, K3): of the whole purchase, once.

    The value counted is the goods' in the channel's tax mode, without gift cards and shipping,
    before or after all discounts of goods.
    """

    amount_minor: int
    counts: Literal["before_discounts", "after_discounts"] = "after_discounts"


class Promise(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How long a purchase takes. Weekdays are ISO numbers, Monday is 1.

    What is ordered before `cut_off` (HH:MM in `time_zone`) counts as ordered on that day. It is
    handled for `handling_days` ship days, leaves on a ship day, and arrives `transit_min_days` to
    `transit_max_days` delivery days later. A ship day is one of `ship_days` that is no public
    holiday of `holidays` ("DE", or "DE-BY" with a subdivision; "": none) and not in `closed`. A
    delivery day is one of `delivery_days` that is no public holiday of the destination.
    """

    cut_off: str
    time_zone: str
    transit_min_days: int
    transit_max_days: int
    handling_days: int = 0
    ship_days: tuple[int, ...] = (1, 2, 3, 4, 5)
    delivery_days: tuple[int, ...] = (1, 2, 3, 4, 5)
    holidays: str = ""
    closed: tuple[date, ...] = ()


class LiveRates(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The price is what carriers say at the moment, for the method's parcels (K1, K2).

    The cheapest of the allowed `services` ("USPS/Priority"; none named: all) of all `carriers` (the
    names of rate services in the settings) counts. `markup_percent` of it (exact, rounded once)
    and `handling_minor` (once, or per parcel) come on top, as do the surcharges of classes. Each
    parcel weighs `tare_g` more than its goods. `amounts` says whether carriers' amounts are
    without tax ("net": it is added where the channel's prices contain tax) or are taken as they
    are. When no carrier can be reached, the method's tiers are the price, and the quote says that
    it is an estimate ("table"); or the method is not offered ("withhold").
    """

    carriers: tuple[str, ...]
    origin: Address
    services: tuple[str, ...] = ()
    markup_percent: Decimal = Decimal(0)
    handling_minor: int = 0
    handling_per: Literal["order", "parcel"] = "order"
    tare_g: int = 0
    amounts: Literal["net", "as_is"] = "net"
    fallback: Literal["table", "withhold"] = "table"


class SetMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A method to create, or what an existing one shall be.

    `pricing` says what the tiers count: nothing (flat: one tier from 0), the billed weight in
    grams, the volume in cubic centimetres, units, or the value of the goods before discounts.
    `min_days` and `max_days` are for display where there is no `promise`.
    """

    code: str
    name: str
    pricing: MethodPricing
    zone_ids: tuple[UUID, ...]
    tiers: tuple[Tier, ...]
    class_rules: tuple[ClassRule, ...] = ()
    description: str = ""
    tax_class: str = "standard"
    min_days: int | None = None
    max_days: int | None = None
    position: int = 0
    active: bool = True
    packing: Packing | None = None
    conditions: Conditions | None = None
    free_from: FreeFrom | None = None
    promise: Promise | None = None
    live: LiveRates | None = None


class Method(SetMethod, frozen=True, kw_only=True):
    """A way to ship, offered by one channel to some zones."""

    id: UUID
    channel_id: UUID
    version: int = 1


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """Equal units to be shipped. Unknown weight counts as weightless, unknown sides as no volume.

    `sides_mm` is length, width and height of a unit; `unit_minor` its price before discounts.
    """

    shipping_class: str
    units: int
    unit_minor: int
    weight_g: int = 0
    sides_mm: tuple[int, int, int] | None = None


Consignment = tuple[Goods, ...]
"""What is to be shipped together: only goods that need shipping."""


class DeliveryPromise(msgspec.Struct, frozen=True, kw_only=True):
    """When a purchase made before `order_before` (UTC) leaves and arrives, as local dates."""

    order_before: datetime
    ships_on: date
    earliest: date
    latest: date


class RateParcel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`count` equal parcels; `sides_mm` is length, width and height, None where not known."""

    weight_g: int
    sides_mm: tuple[int, int, int] | None = None
    count: int = 1


class RateQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What a carrier is asked: what these parcels cost from here to there.

    Of the places only what prices depend on: no names, no streets. Parcels are in a fixed order.
    """

    carrier: str
    origin: Address
    destination: Address
    parcels: tuple[RateParcel, ...]
    currency: str


class LiveRate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What all the parcels cost by one service. `service` is "carrier/service"."""

    service: str
    amount_minor: int
    transit_days: int | None = None


class Rated(msgspec.Struct, frozen=True, kw_only=True, tag="rated"):
    """The carrier's word: these services take all the parcels. None: it does not go there."""

    rates: tuple[LiveRate, ...]


class RateRefused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The carrier answered, but not with prices: it did not understand the place or the parcels."""

    reason: str


class RateSilent(msgspec.Struct, frozen=True, kw_only=True, tag="silent"):
    """No (usable) answer in time."""

    reason: str


RateAnswer = Rated | RateRefused | RateSilent


class StoredRate(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that is kept for all processes, by the content of its question."""

    key: str
    rates: tuple[LiveRate, ...]
    asked_at: datetime


class FoundPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a method costs, in the channel's tax mode. `rate`: the carrier's that was taken;
    `estimated`: no carrier was reached, and the price is the table's.
    """

    price_minor: int
    rate: LiveRate | None = None
    asked_at: datetime | None = None
    estimated: bool = False
