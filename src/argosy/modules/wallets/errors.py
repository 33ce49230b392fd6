"""Why wallets stops.

ArgosyError
├── NotFound ── SavedMethodNotFound   no such way to pay is kept for this customer
└── Conflict ── WalletFull            no further one is kept for them
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, NotFound


class SavedMethodNotFound(NotFound):
    """No such way to pay is kept for this customer, or not at this gateway. List theirs, or let
    them pay in another way.
    """

    code = "wallets.method_not_found"
    usual_cure = "Use the id of a way to pay that `GET /v1/customers/me/payment-methods` lists."


class WalletFull(Conflict):
    """As many ways to pay as can be are kept for this customer. Let them remove one first, or pay
    without keeping this one.
    """

    code = "wallets.full"
    usual_cure = "Let the customer remove one first, or leave out `save`."
