"""Why compliance stops.

ArgosyError
├── NotFound ── PartyNotFound
├── Invalid ─── SheetInvalid, DocumentFileUnknown
└── Conflict ── PartyCodeTaken, PartyInUse, ComplianceVersionConflict, MayNotPublish
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class PartyNotFound(NotFound):
    """There is no such manufacturer or responsible person in the address book."""

    code = "compliance.party_not_found"
    usual_cure = "Take the id from `GET /admin/v1/parties`, or make the party first."


class SheetInvalid(Invalid):
    """What was said about a product contradicts itself, or a party cannot be reached: see the
    message and `field`.
    """

    code = "compliance.invalid"
    usual_cure = "Correct the field that is named."


class DocumentFileUnknown(Invalid):
    """No file of this key is stored. Upload it first: the answer has the key at the end of its
    `url`.
    """

    code = "compliance.file_unknown"
    usual_cure = "Upload the file (`POST /admin/v1/media`) and name its key."


class PartyCodeTaken(Conflict):
    """Another party has this code. Choose another one, or change that party."""

    code = "compliance.party_code_taken"
    usual_cure = "Choose another code."


class PartyInUse(Conflict):
    """Products or brands name this party. Name another one there first."""

    code = "compliance.party_in_use"
    usual_cure = "Name another party on the products and brands that name this one."


class ComplianceVersionConflict(Conflict):
    """Somebody changed it since you read it. Read it again, then repeat your change with the new
    ETag in `If-Match`.
    """

    code = "compliance.version_conflict"
    usual_cure = "Read it again, and repeat the change with the new `ETag` in `If-Match`."


class MayNotPublish(Conflict):
    """The product lacks what the law of a channel's market wants said beside it, and the channel
    refuses such products. `missing` names each field with the rule that wants it and its source.
    """

    code = "compliance.may_not_publish"
    usual_cure = "Fill in what is missing, say why the rule does not apply, or ask for a warning \
only in the policy of the channel."
