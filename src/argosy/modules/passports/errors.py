"""Why passports stop.

ArgosyError
├── NotFound ── PassportNotFound, PassportSchemaNotFound, PassportAccessNotFound
├── Invalid ─── PassportInvalid, DigitalLinkInvalid
├── Refused ─── PassportAccessOver
└── Conflict ── PassportTaken, GtinTaken, PassportIncomplete, PassportNotPublished,
                PassportChangedMeanwhile, PassportSchemaTaken, PassportSchemaInUse,
                PassportAccessesFull
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound, Refused


class PassportNotFound(NotFound):
    """There is no such product passport, or it was never published."""

    code = "passports.not_found"
    usual_cure = "Take the id from `GET /admin/v1/passports`, or the address from the data carrier."


class PassportSchemaNotFound(NotFound):
    """There is no schema of this code."""

    code = "passports.schema_not_found"
    usual_cure = "Take the code from `GET /admin/v1/passport-schemas`, or make the schema first."


class PassportAccessNotFound(NotFound):
    """The passport has no such access link."""

    code = "passports.access_not_found"
    usual_cure = "Take the id from `GET /admin/v1/passports/{id}/access`."


class PassportInvalid(Invalid):
    """What a passport or a schema is to say is not of its kind, or contradicts itself: see the
    message and `field`.
    """

    code = "passports.invalid"
    usual_cure = "Correct the field that is named."


class DigitalLinkInvalid(Invalid):
    """This is no GS1 Digital Link of a trade item: a GTIN with a right check digit, then maybe a
    lot (`/10/`) and a serial number (`/21/`) of 1 to 20 characters that GS1 allows.
    """

    code = "passports.link_invalid"
    usual_cure = "Correct the GTIN, lot or serial number that is named."


class PassportAccessOver(Refused):
    """This access link is not of this passport, has expired, or was revoked."""

    code = "passports.access_over"
    usual_cure = "Ask whoever gave you the link for a new one, or read the public part without it."


class PassportTaken(Conflict):
    """There is a passport of this GTIN, lot and serial number already."""

    code = "passports.taken"
    usual_cure = "Change that passport: `GET /admin/v1/passports?q=` finds it by its GTIN."


class GtinTaken(Conflict):
    """Passports of this GTIN are of another variant. A GTIN is of one model for good, also when the
    other is not sold any more (GS1 General Specifications: a GTIN is never given to another item).
    """

    code = "passports.gtin_taken"
    usual_cure = "Give the variant a GTIN of its own."


class PassportIncomplete(Conflict):
    """The passport lacks what its schema requires; `missing` names each data point and its
    source.
    """

    code = "passports.incomplete"
    usual_cure = "Fill in what is missing, then publish again."


class PassportNotPublished(Conflict):
    """Only a passport that is published can be withdrawn, shown and printed."""

    code = "passports.not_published"
    usual_cure = "Publish it first (`POST /admin/v1/passports/{id}/publish`)."


class PassportChangedMeanwhile(Conflict):
    """Somebody else changed it since you read it."""

    code = "passports.changed"
    usual_cure = "Read it again, and repeat the change with the new `ETag` in `If-Match`."


class PassportSchemaTaken(Conflict):
    """There is a schema of this code already."""

    code = "passports.schema_taken"
    usual_cure = "Choose another code, or change that schema."


class PassportSchemaInUse(Conflict):
    """Passports say what this schema asks, or it comes with the program."""

    code = "passports.schema_in_use"
    usual_cure = "Give those passports another schema first. One that comes with the program stays."


class PassportAccessesFull(Conflict):
    """The passport has as many access links as it can have."""

    code = "passports.access_full"
    usual_cure = "Revoke links that are not needed any more."
