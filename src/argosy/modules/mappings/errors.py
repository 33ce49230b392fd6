"""Why mappings stops.

ArgosyError
├── NotFound ── MappingNotFound
├── Invalid ─── MappingInvalid
└── Conflict ── MappingExists, MappingVersionConflict
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class MappingNotFound(NotFound):
    """There is no saved mapping with this code, or not in this version."""

    code = "mappings.not_found"
    usual_cure = "Take the code from `GET /admin/v1/import-mappings`."


class MappingInvalid(Invalid):
    """The mapping cannot be used as it is written: it names a field that there is not, gives a
    field twice, needs a column, or has a transform that does not fit. `field` says where.
    """

    code = "mappings.invalid"
    usual_cure = "Correct the rule that `field` names; the reference of mappings lists all fields."


class MappingExists(Conflict):
    """There is a mapping with this code already. Change that one, or choose another code."""

    code = "mappings.exists"
    usual_cure = "Choose another code, or replace the mapping that is there."


class MappingVersionConflict(Conflict):
    """Somebody changed the mapping since you read it. Read it again, then repeat your change with
    the new ETag in `If-Match`.
    """

    code = "mappings.version_conflict"
    usual_cure = "Read it again, and repeat the change with the new `ETag` in `If-Match`."
