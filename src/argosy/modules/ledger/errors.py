"""Why a posting is refused.

ArgosyError
├── Invalid ──┬─ PostingUnbalanced    debits and credits differ
│             └─ AccountUnknown       not in the chart of accounts
├── Conflict ── SourceReused          the source was booked with other entries
└── NotFound ── TransactionNotFound
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class PostingUnbalanced(Invalid):
    """The entries of a posting do not add up to zero in each currency, or nothing is left of them.
    Nothing was booked. Correct the amounts.
    """

    code = "ledger.unbalanced"
    usual_cure = "Correct the amounts until they add up to zero in each currency."


class AccountUnknown(Invalid):
    """The account is not in the chart of accounts, or its part after the colon is malformed."""

    code = "ledger.account_unknown"
    usual_cure = "Use an account that `GET /admin/v1/ledger/accounts` lists."


class SourceReused(Conflict):
    """A fact with this source is in the books already, with other entries. The ledger is never
    changed: book the difference as a fact of its own, or reverse the first.
    """

    code = "ledger.source_reused"
    usual_cure = "Book the difference as a fact of its own, or reverse the first."


class TransactionNotFound(NotFound):
    """There is no ledger transaction with this source or id."""

    code = "ledger.not_found"
    usual_cure = "Use the id of a transaction that `GET /admin/v1/ledger/transactions` lists."
