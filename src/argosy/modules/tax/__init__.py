"""Tax: where which taxes are due, since when, on what.

Owns tax zones, their places, dated rates, tax classes and the shipped data packs.
Emits TaxRulesChanged and notifies `rules` at every change.
Never computes an amount: the quote does, with the rates found here.
"""

from argosy.modules.tax.commands import (
    EVERY_CHANNEL,
    TAX_PACKS,
    add_rate,
    create_zone,
    delete_rate,
    delete_zone,
    load_tax_pack,
    put_zone,
    set_tax_class,
    update_rate,
    update_zone,
)
from argosy.modules.tax.errors import (
    TaxClassUnknown,
    TaxPackNotFound,
    TaxRateInvalid,
    TaxRateNotFound,
    TaxRateOverlaps,
    TaxZoneChanged,
    TaxZoneCodeTaken,
    TaxZoneInvalid,
    TaxZoneNotFound,
)
from argosy.modules.tax.events import TaxRulesChanged
from argosy.modules.tax.queries import (
    list_zones,
    tax_classes,
    zone_by_id,
    zones_of_channel,
)
from argosy.modules.tax.rules import ZoneIndex, index_zones, rates_on, zone_at
from argosy.modules.tax.types import (
    Area,
    PackLoaded,
    Put,
    Rate,
    SetRate,
    SetZone,
    TaxClass,
    TaxPack,
    Treatment,
    Zone,
)

__all__ = [
    "EVERY_CHANNEL",
    "TAX_PACKS",
    "Area",
    "PackLoaded",
    "Put",
    "Rate",
    "SetRate",
    "SetZone",
    "TaxClass",
    "TaxClassUnknown",
    "TaxPack",
    "TaxPackNotFound",
    "TaxRateInvalid",
    "TaxRateNotFound",
    "TaxRateOverlaps",
    "TaxRulesChanged",
    "TaxZoneChanged",
    "TaxZoneCodeTaken",
    "TaxZoneInvalid",
    "TaxZoneNotFound",
    "Treatment",
    "Zone",
    "ZoneIndex",
    "add_rate",
    "create_zone",
    "delete_rate",
    "delete_zone",
    "index_zones",
    "list_zones",
    "load_tax_pack",
    "put_zone",
    "rates_on",
    "set_tax_class",
    "tax_classes",
    "update_rate",
    "update_zone",
    "zone_at",
    "zone_by_id",
    "zones_of_channel",
]
