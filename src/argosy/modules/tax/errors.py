"""Why a use case of tax stops.

ArgosyError
├── NotFound ┬─ TaxZoneNotFound   tax.zone_not_found
│            ├─ TaxRateNotFound   tax.rate_not_found
│            └─ TaxPackNotFound   tax.pack_not_found
├── Invalid ─┬─ TaxZoneInvalid    tax.zone_invalid
│            ├─ TaxRateInvalid    tax.rate_invalid
│            └─ TaxClassUnknown   tax.class_unknown
└── Conflict ┬─ TaxZoneCodeTaken  tax.zone_code_taken
             ├─ TaxRateOverlaps   tax.rate_overlaps
             └─ TaxZoneChanged    tax.zone_changed
"""

from argosy.kernel.errors import Conflict, Invalid, NotFound


class TaxZoneNotFound(NotFound):
    """There is no tax zone with this id. List the zones to see which there are."""

    code = "tax.zone_not_found"


class TaxRateNotFound(NotFound):
    """There is no tax rate with this id in this zone. Read the zone to see its rates."""

    code = "tax.rate_not_found"


class TaxPackNotFound(NotFound):
    """There is no tax data pack of this name. `packs` lists those that are shipped."""

    code = "tax.pack_not_found"


class TaxZoneInvalid(Invalid):
    """A setting of the tax zone is not possible. `field` names it, `cure` says what would be."""

    code = "tax.zone_invalid"


class TaxRateInvalid(Invalid):
    """A setting of the tax rate is not possible. `field` names it, `cure` says what would be."""

    code = "tax.rate_invalid"


class TaxClassUnknown(Invalid):
    """There is no such tax class. List the tax classes, or create this one first."""

    code = "tax.class_unknown"


class TaxZoneCodeTaken(Conflict):
    """Another tax zone has this code. Codes are unique; choose another."""

    code = "tax.zone_code_taken"


class TaxRateOverlaps(Conflict):
    """The zone has a rate with this class and code on some of these days already.

    End the earlier rate on the day on which this one begins, then try again.
    """

    code = "tax.rate_overlaps"


class TaxZoneChanged(Conflict):
    """The tax zone was changed since you read it. Read it again, then decide."""

    code = "tax.zone_changed"
