"""What a channel is: a market and everything that it decides."""

from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel.rounding import Rounding

TaxRounding = Literal["unit", "line", "rate", "order"]
ShippingTax = Literal["own", "highest", "proportional"]
Capture = Literal["manual", "automatic"]


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A brand, market or point of sale. `version` grows with every change.

    `countries` are where it sells to (ISO 3166-1 alpha-2); without an address taxes are estimated
    for `default_country`. `tax_inclusive` says that its prices contain tax. `locations` are the
    stock locations it sells from, in order of preference. `gateways` are the ways to pay that it
    offers, in this order; empty means all that the settings enable. Rules about days run in
    `time_zone`. `locales` are its languages besides `locale`; `shown_locales` those of them that
    shoppers can have by now, and `ended_locales` those that it had formerly. `fallbacks` tell in
    which locale to look next for a text that one has not.
    """

    id: UUID
    code: str
    name: str
    currency: str
    countries: tuple[str, ...]
    default_country: str
    locale: str
    time_zone: str
    tax_inclusive: bool
    tax_rounding: TaxRounding
    rounding_mode: Rounding
    shipping_tax: ShippingTax
    price_list_id: UUID
    capture: Capture
    reservation_ttl_s: int
    order_prefix: str
    gateways: tuple[str, ...]
    active: bool
    version: int
    locations: tuple[UUID, ...]
    locales: tuple[str, ...] = ()
    shown_locales: tuple[str, ...] = ()
    ended_locales: tuple[str, ...] = ()
    fallbacks: dict[str, str] = {}


class CreateChannel(msgspec.Struct, frozen=True, kw_only=True):
    """A new channel. The price list must be in the channel's currency.

    `shipping_tax` is "proportional" if not given and prices contain tax, else "own" (rule 9).
    """

    code: str
    name: str
    currency: str
    countries: tuple[str, ...]
    default_country: str
    price_list_id: UUID
    tax_inclusive: bool
    locale: str = "en"
    time_zone: str = "UTC"
    tax_rounding: TaxRounding = "line"
    rounding_mode: Rounding = "half_up"
    shipping_tax: ShippingTax | None = None
    capture: Capture = "manual"
    reservation_ttl_s: int = 900
    order_prefix: str = ""
    gateways: tuple[str, ...] = ()
    locations: tuple[UUID, ...] = ()
    locales: tuple[str, ...] = ()
    fallbacks: dict[str, str] = {}


class UpdateChannel(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a channel; None leaves a field as it is.

    Code, currency and tax mode are fixed: carts, prices and orders count on them.
    """

    name: str | None = None
    countries: tuple[str, ...] | None = None
    default_country: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    tax_rounding: TaxRounding | None = None
    rounding_mode: Rounding | None = None
    shipping_tax: ShippingTax | None = None
    price_list_id: UUID | None = None
    capture: Capture | None = None
    reservation_ttl_s: int | None = None
    order_prefix: str | None = None
    gateways: tuple[str, ...] | None = None
    active: bool | None = None
    locations: tuple[UUID, ...] | None = None
    locales: tuple[str, ...] | None = None
    fallbacks: dict[str, str] | None = None
