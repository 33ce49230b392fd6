"""Why a use case of invoices stops.

ArgosyError
├── NotFound ┬─ EntityNotFound      invoices.entity_not_found
│            └─ DocumentNotFound    invoices.not_found
├── Invalid ─── EntityInvalid       invoices.entity_invalid
└── Conflict ┬─ EntityCodeTaken     invoices.code_taken
             ├─ EntityChanged       invoices.changed
             ├─ EntityMissing       invoices.entity_missing
             ├─ NothingToInvoice    invoices.nothing_left
             ├─ UnitsNotLeft        invoices.units_not_left
             └─ TooMuchCredited     invoices.too_much_credited
"""

from argosy.kernel.errors import Conflict, Invalid, NotFound


class EntityNotFound(NotFound):
    """There is no legal entity with this id. List them to see which there are."""

    code = "invoices.entity_not_found"
    usual_cure = "Use the id of an entity that `GET /admin/v1/legal-entities` lists."


class DocumentNotFound(NotFound):
    """There is no invoice or credit note with this id; of an order's, none of this order."""

    code = "invoices.not_found"
    usual_cure = "Use the id of a document that `GET /admin/v1/invoices` lists."


class EntityInvalid(Invalid):
    """A setting of the entity is not possible. `field` names it, `cure` says what would be."""

    code = "invoices.entity_invalid"
    usual_cure = "Correct the setting that `field` names."


class EntityCodeTaken(Conflict):
    """Another legal entity has this code, or sells through one of these channels already."""

    code = "invoices.code_taken"
    usual_cure = "Choose another code, or take the channel off the other entity first."


class EntityChanged(Conflict):
    """The legal entity was changed since you read it. Read it again, then decide."""

    code = "invoices.changed"
    usual_cure = "Read the entity again, and repeat the change with its new `ETag` in `If-Match`."


class EntityMissing(Conflict):
    """The order's channel belongs to no legal entity, so that nobody can issue the invoice."""

    code = "invoices.entity_missing"
    usual_cure = "Add the channel to a legal entity: `PUT /admin/v1/legal-entities/{id}`."


class NothingToInvoice(Conflict):
    """There is nothing left to invoice or to credit: documents for all of it were issued before."""

    code = "invoices.nothing_left"
    usual_cure = "Look at the order's documents: `GET /admin/v1/invoices?order_id=...`."


class UnitsNotLeft(Conflict):
    """So many units of that line are not left for a document: `left` says how many are."""

    code = "invoices.units_not_left"
    usual_cure = "Name no more units than `left`."


class TooMuchCredited(Conflict):
    """More would be credited than the invoice has left: `left_minor` says how much that is."""

    code = "invoices.too_much_credited"
    usual_cure = "Credit no more than `left_minor`."
