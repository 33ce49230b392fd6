"""Why a use case of tax stops.

ArgosyError
├── Unavailable ─ TaxEngineDown        tax.engine_down
├── NotFound ┬─ TaxZoneNotFound      tax.zone_not_found
│            ├─ TaxRateNotFound      tax.rate_not_found
│            ├─ TaxPackNotFound      tax.pack_not_found
│            └─ CertificateNotFound  tax.certificate_not_found
├── Invalid ─┬─ TaxZoneInvalid       tax.zone_invalid
│            ├─ TaxRateInvalid       tax.rate_invalid
│            ├─ TaxClassUnknown      tax.class_unknown
│            ├─ TaxIdInvalid         tax.id_invalid
│            ├─ CertificateInvalid   tax.certificate_invalid
│            └─ TaxPolicyInvalid     tax.policy_invalid
└── Conflict ┬─ TaxZoneCodeTaken     tax.zone_code_taken
             ├─ TaxRateOverlaps      tax.rate_overlaps
             ├─ TaxZoneChanged       tax.zone_changed
             ├─ TaxPolicyChanged     tax.policy_changed
             ├─ CertificateTaken     tax.certificate_taken
             └─ CertificateChanged   tax.certificate_changed
"""

from argosy.kernel.errors import Conflict, Invalid, NotFound, Unavailable


class TaxZoneNotFound(NotFound):
    """There is no tax zone with this id. List the zones to see which there are."""

    code = "tax.zone_not_found"
    usual_cure = "Use the id of a zone that `GET /admin/v1/tax-zones` lists."


class TaxRateNotFound(NotFound):
    """There is no tax rate with this id in this zone. Read the zone to see its rates."""

    code = "tax.rate_not_found"
    usual_cure = "Use the id of a rate of this zone: read the zone to see them."


class TaxPackNotFound(NotFound):
    """There is no tax data pack of this name. `packs` lists those that are shipped."""

    code = "tax.pack_not_found"
    usual_cure = "Use one of the names in `packs`."


class TaxZoneInvalid(Invalid):
    """A setting of the tax zone is not possible. `field` names it, `cure` says what would be."""

    code = "tax.zone_invalid"
    usual_cure = "Correct the setting that `field` names."


class TaxRateInvalid(Invalid):
    """A setting of the tax rate is not possible. `field` names it, `cure` says what would be."""

    code = "tax.rate_invalid"
    usual_cure = "Correct the setting that `field` names."


class TaxClassUnknown(Invalid):
    """There is no such tax class. List the tax classes, or create this one first."""

    code = "tax.class_unknown"
    usual_cure = "Use a class that `GET /admin/v1/tax-classes` lists, or create this one first."


class TaxZoneCodeTaken(Conflict):
    """Another tax zone has this code. Codes are unique; choose another."""

    code = "tax.zone_code_taken"
    usual_cure = "Choose another code."


class TaxRateOverlaps(Conflict):
    """The zone has a rate with this class and code on some of these days already.

    End the earlier rate on the day on which this one begins, then try again.
    """

    code = "tax.rate_overlaps"
    usual_cure = "End the earlier rate on the day on which this one begins, then try again."


class TaxZoneChanged(Conflict):
    """The tax zone was changed since you read it. Read it again, then decide."""

    code = "tax.zone_changed"
    usual_cure = "Read the zone again, and repeat the change with its new `ETag` in `If-Match`."


class TaxIdInvalid(Invalid):
    """This is not a tax id: its structure or its check digits are wrong for the country.

    Look for a typing error. A VAT id of the EU begins with its country (`FR40303265045`); for
    others name the country. Without a tax id the purchase is taxed like anybody's.
    """

    code = "tax.id_invalid"
    usual_cure = "Correct the tax id, name its country, or leave it out and pay the tax."


class CertificateNotFound(NotFound):
    """The customer has no exemption certificate with this id. List them to see which there are."""

    code = "tax.certificate_not_found"
    usual_cure = "Use the id of a certificate that the customer's list shows."


class CertificateInvalid(Invalid):
    """A part of the exemption certificate is not possible. `field` names it."""

    code = "tax.certificate_invalid"
    usual_cure = "Correct the part that `field` names."


class CertificateTaken(Conflict):
    """The customer has a certificate with this number already. Replace that one."""

    code = "tax.certificate_taken"
    usual_cure = "Replace the certificate that has this number."


class CertificateChanged(Conflict):
    """The certificate was changed or revoked since you read it. Read it again, then decide."""

    code = "tax.certificate_changed"
    usual_cure = "Read the certificate again, and repeat the change with its new `ETag`."


class TaxPolicyInvalid(Invalid):
    """A part of the tax policy is not possible. `field` names it, `cure` says what would be."""

    code = "tax.policy_invalid"
    usual_cure = "Correct the part that `field` names."


class TaxPolicyChanged(Conflict):
    """The tax policy was changed since you read it. Read it again, then decide."""

    code = "tax.policy_changed"
    usual_cure = "Read the policy again, and repeat the change with its new `ETag` in `If-Match`."


class TaxEngineDown(Unavailable):
    """The tax engine does not answer, and the purchase is too large to be placed without it.

    Nothing was charged or reserved. Send the same request again in a moment; smaller purchases are
    placed by the shop's own tables meanwhile.
    """

    code = "tax.engine_down"
    usual_cure = "Send the same request again in a moment."
