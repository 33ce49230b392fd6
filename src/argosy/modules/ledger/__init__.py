"""Ledger: the double-entry books of the shop.

Owns schema `ledger`: transaction and entry, append-only, balanced per currency by the database
itself. One business fact is one transaction, unique by its source. Emits nothing. Never decides
what happened: workflows tell it, with the postings of workflows/bookkeeping.py.
"""

from argosy.modules.ledger.commands import (
    post,
    reverse,
    sum_up,
)
from argosy.modules.ledger.errors import (
    AccountUnknown,
    PostingUnbalanced,
    SourceReused,
    TransactionNotFound,
)
from argosy.modules.ledger.queries import (
    list_transactions,
    postings_of,
    postings_of_order,
    transactions_look_end,
    trial_balance,
    verify,
)
from argosy.modules.ledger.rules import (
    ACCOUNTS,
    CUSTOMER_RECEIVABLE,
    REFUNDS_PAYABLE,
    REVENUE_GOODS,
    REVENUE_SHIPPING,
    SALES_DISCOUNTS,
    SALES_RETURNS,
    check_account,
    psp_clearing,
    tax_payable,
)
from argosy.modules.ledger.types import (
    Account,
    AccountBalance,
    Booked,
    Entry,
    Finding,
    Posting,
)

__all__ = [
    "ACCOUNTS",
    "CUSTOMER_RECEIVABLE",
    "REFUNDS_PAYABLE",
    "REVENUE_GOODS",
    "REVENUE_SHIPPING",
    "SALES_DISCOUNTS",
    "SALES_RETURNS",
    "Account",
    "AccountBalance",
    "AccountUnknown",
    "Booked",
    "Entry",
    "Finding",
    "Posting",
    "PostingUnbalanced",
    "SourceReused",
    "TransactionNotFound",
    "check_account",
    "list_transactions",
    "post",
    "postings_of",
    "postings_of_order",
    "psp_clearing",
    "reverse",
    "sum_up",
    "tax_payable",
    "transactions_look_end",
    "trial_balance",
    "verify",
]
