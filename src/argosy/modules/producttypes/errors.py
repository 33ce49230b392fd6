"""Why a use case of product types stops.

ArgosyError
├── NotFound ── TypeNotFound           no such type, or no such version of it
├── Invalid ─── SchemaInvalid          a schema that makes no sense; `faults` lists why
└── Conflict ┬─ TypeChanged            changed since it was read
             ├─ NothingToPublish       there is no draft
             └─ SchemaBreaksProducts   `missing: block`, and products would break
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class TypeNotFound(NotFound):
    """There is no product type with this code, or no such version of it."""

    code = "producttypes.not_found"
    usual_cure = "Use the code of a type that `GET /admin/v1/product-types` lists."


class SchemaInvalid(Invalid):
    """The schema of a product type makes no sense: an attribute that is not defined, a group or
    channel that is not there, a range that is none. `faults` names each place with its reason.
    """

    code = "producttypes.schema_invalid"
    usual_cure = "Correct each place that `faults` names and send the schema again."


class TypeChanged(Conflict):
    """Somebody changed this product type since you read it. Read it again, then repeat your change
    with the new ETag in `If-Match`.
    """

    code = "producttypes.changed"
    usual_cure = "Read it again, and repeat the change with the new `ETag` in `If-Match`."


class NothingToPublish(Conflict):
    """The product type has no draft. Save one first."""

    code = "producttypes.nothing_to_publish"
    usual_cure = "Save a draft of the schema, look at what it breaks, and publish it then."


class SchemaBreaksProducts(Conflict):
    """The draft says `missing: block`, and products would break its rules. Nothing was published,
    and no product was touched. The dry run lists every one of them with what is wrong. Mend them,
    or save the draft with `missing: flag`: they stay as they are, and are listed as incomplete.
    """

    code = "producttypes.schema_breaks_products"
    usual_cure = "Mend what the dry run of the draft lists, or save it with `missing: flag`."
