"""Shipping: where to, how, and for how much.

Owns shipping zones (countries, regions, postal codes), methods (priced flat, by weight, volume,
quantity or value of goods, per parcel where goods are packed; with conditions, free-shipping
thresholds and delivery promises) and shipping classes.
Emits ShippingMethodChanged and ShippingZoneChanged, and notifies `rules` at every change.
Never talks to a carrier and never taxes: prices found here go into the quote.
"""

from argosy.modules.shipping.commands import (
    create_method,
    create_zone,
    delete_method,
    delete_zone,
    set_shipping_class,
    update_method,
    update_zone,
)
from argosy.modules.shipping.errors import (
    ShippingChanged,
    ShippingCodeTaken,
    ShippingMethodInvalid,
    ShippingMethodNotFound,
    ShippingNotOffered,
    ShippingZoneInvalid,
    ShippingZoneNotFound,
    ShippingZoneUsed,
)
from argosy.modules.shipping.events import ShippingMethodChanged, ShippingZoneChanged
from argosy.modules.shipping.queries import (
    list_methods,
    list_zones,
    method_by_id,
    shipping_classes,
    zone_by_id,
)
from argosy.modules.shipping.rules.charging import price_of
from argosy.modules.shipping.rules.promising import promise_at
from argosy.modules.shipping.rules.reaching import serves
from argosy.modules.shipping.types import (
    Area,
    ClassRule,
    Conditions,
    Consignment,
    DeliveryPromise,
    FreeFrom,
    Goods,
    Method,
    MethodPricing,
    Packing,
    Promise,
    SetMethod,
    SetZone,
    ShippingClass,
    Tier,
    Zone,
)

__all__ = [
    "Area",
    "ClassRule",
    "Conditions",
    "Consignment",
    "DeliveryPromise",
    "FreeFrom",
    "Goods",
    "Method",
    "MethodPricing",
    "Packing",
    "Promise",
    "SetMethod",
    "SetZone",
    "ShippingChanged",
    "ShippingClass",
    "ShippingCodeTaken",
    "ShippingMethodChanged",
    "ShippingMethodInvalid",
    "ShippingMethodNotFound",
    "ShippingNotOffered",
    "ShippingZoneChanged",
    "ShippingZoneInvalid",
    "ShippingZoneNotFound",
    "ShippingZoneUsed",
    "Tier",
    "Zone",
    "create_method",
    "create_zone",
    "delete_method",
    "delete_zone",
    "list_methods",
    "list_zones",
    "method_by_id",
    "price_of",
    "promise_at",
    "serves",
    "set_shipping_class",
    "shipping_classes",
    "update_method",
    "update_zone",
    "zone_by_id",
]
