"""Ways to ship, as they are stored. Amounts are minor units of the channel's currency and in its
tax mode (gross where its prices contain tax).
"""

from typing import Literal
from uuid import UUID

import msgspec

MethodPricing = Literal["flat", "weight", "price"]


class ShippingClass(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of goods that is shipped alike; products name it by `code`."""

    code: str
    name: str


class Area(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place: a country (ISO 3166-1 alpha-2), or a region of it."""

    country: str
    region: str = ""


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
    """The price from a value on: grams, or minor units of goods. None: not offered from there."""

    from_value: int
    price_minor: int | None


class ClassRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What goods of a class add to the price, per unit or once; or that they are not taken."""

    shipping_class: str
    surcharge_minor: int = 0
    per: Literal["unit", "order"] = "unit"
    excluded: bool = False


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """A way to ship, offered by one channel to some zones.

    `pricing` says what the tiers count: nothing (flat: one tier from 0), the weight in grams, or
    the value of the goods. `min_days` and `max_days` are for display.
    """

    id: UUID
    channel_id: UUID
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
    version: int = 1


class SetMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A method to create, or what an existing one shall be."""

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


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be shipped together: only goods that need shipping count.

    `goods_minor` is their value after discounts; `units` counts them by shipping class. A variant
    without a weight counts as weightless.
    """

    weight_g: int
    goods_minor: int
    units: dict[str, int]
