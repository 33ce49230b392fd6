"""What can be wrong with an order.

ArgosyError
├── NotFound
│   └── OrderNotFound         orders.not_found
├── Invalid
│   └── NoteInvalid           orders.note_invalid
├── Refused
│   └── EmailNotVerified      orders.email_not_verified
└── Conflict
    ├── OrderActionIllegal    orders.action_illegal
    ├── OrderChanged          orders.changed
    └── OrderSettled          orders.already_settled
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound, Refused


class OrderNotFound(NotFound):
    """There is no such order, or the caller may not see it.

    A guest sends the order's token in `X-Order-Token`; a customer signs in; staff need the scope
    `orders:read`. The answer never tells which of these was missing.
    """

    code = "orders.not_found"
    usual_cure = (
        "Check the number or id, and send the order's token in `X-Order-Token`, a customer's "
        "session or a key with `orders:read`."
    )


class NoteInvalid(Invalid):
    """A note has 1 to 4000 characters. Notes are part of the timeline and cannot be changed."""

    code = "orders.note_invalid"
    usual_cure = "Send 1 to 4000 characters."


class EmailNotVerified(Refused):
    """Orders of a guest are claimed by the account that has proved to own their e-mail address.

    Ask for a mail with `POST /v1/customers/me/email-verification`, answer it, then claim again.
    """

    code = "orders.email_not_verified"
    usual_cure = (
        "Ask for a mail with `POST /v1/customers/me/email-verification`, answer it, then claim "
        "again."
    )


class OrderActionIllegal(Conflict):
    """The order's state does not allow this action. `legal_actions` names those that it allows."""

    code = "orders.action_illegal"
    usual_cure = "Choose one of `legal_actions`."


class OrderChanged(Conflict):
    """Somebody changed the order since it was read. `current_version` is its version now.

    Read the order again and decide whether the action still makes sense.
    """

    code = "orders.changed"
    usual_cure = "Read the order again, and decide whether the action still makes sense."


class OrderSettled(Conflict):
    """The payment attempt was settled by somebody else in the meantime. Read the order."""

    code = "orders.already_settled"
    usual_cure = "Read the order to see how the payment ended."
    retryable = True
