"""Why a use case of fields stops.

ArgosyError
├── NotFound ── FieldNotFound      no field with this id or code
├── Invalid ┬── FieldInvalid       a definition that makes no sense
│           ├── ValuesInvalid      values that do not fit; `faults` lists them all
│           └── FilterInvalid      a list is narrowed by what cannot narrow it
└── Conflict ┬─ FieldCodeTaken
             ├─ FieldChanged       changed since it was read
             ├─ ValuesChanged      the values of a thing are others than were read
             └─ FieldsClosed       the cart is being bought or is an order
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class FieldNotFound(NotFound):
    """There is no custom field with this id."""

    code = "fields.not_found"
    usual_cure = "Use the id of a field that `GET /admin/v1/field-definitions` lists."


class FieldInvalid(Invalid):
    """The definition of a custom field makes no sense, or another kind was asked for than the
    field has: make a new field for that.
    """

    code = "fields.definition_invalid"
    usual_cure = "Correct what the message names and send the definition again."


class ValuesInvalid(Invalid):
    """Some values of custom fields do not fit their definitions. `faults` names each field with its
    reason; nothing was written.
    """

    code = "fields.values_invalid"
    usual_cure = "Correct each field that `faults` names and send them again."


class FilterInvalid(Invalid):
    """A list is narrowed by a custom field that is not defined for it, or by what is no value of
    it, or by a custom field and something else at once.
    """

    code = "fields.filter_invalid"
    usual_cure = "Narrow by `field.<code>`, `field.<code>.min` and `field.<code>.max` alone."


class FieldCodeTaken(Conflict):
    """Another custom field of the same subject has this code."""

    code = "fields.code_taken"
    usual_cure = "Choose another code, or change the field that has it."


class FieldChanged(Conflict):
    """Somebody changed this custom field since you read it. Read it again, then repeat your change
    with the new ETag in `If-Match`.
    """

    code = "fields.changed"
    usual_cure = "Read it again, and repeat the change with the new `ETag` in `If-Match`."


class ValuesChanged(Conflict):
    """The custom fields of this thing hold other values than you read, so that your change was not
    made. `current_version` is the version of what they hold now.
    """

    code = "fields.values_changed"
    usual_cure = "Read the values again, and repeat the change with the new `ETag` in `If-Match`."


class FieldsClosed(Conflict):
    """The cart is being bought or is an order already: its custom fields stay as they are. Staff
    may change those of the order.
    """

    code = "fields.closed"
    usual_cure = "Change the custom fields of the order."
