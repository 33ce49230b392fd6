"""Fees: what is charged beside the goods, as data (DOMAIN.md B14).

Owns schema `fees`: deposits, eco taxes, gift wrap, handling, small-order and payment fees of each
channel, with the conditions under which they are due.
Emits FeeChanged, and notifies `rules` at every change.
Never computes a tax or a total: what is due goes into the quote as charges.
"""

from argosy.modules.fees.commands import create_fee, delete_fee, update_fee
from argosy.modules.fees.errors import FeeChangedMeanwhile, FeeCodeTaken, FeeInvalid, FeeNotFound
from argosy.modules.fees.events import FeeChanged
from argosy.modules.fees.queries import fee_by_id, list_fees
from argosy.modules.fees.rules import check_fee, fees_due, label_of
from argosy.modules.fees.types import (
    DueFee,
    Fee,
    FeeFacts,
    FeeKind,
    FeeLine,
    FeePer,
    FeeWhen,
    SetFee,
)

__all__ = [
    "DueFee",
    "Fee",
    "FeeChanged",
    "FeeChangedMeanwhile",
    "FeeCodeTaken",
    "FeeFacts",
    "FeeInvalid",
    "FeeKind",
    "FeeLine",
    "FeeNotFound",
    "FeePer",
    "FeeWhen",
    "SetFee",
    "check_fee",
    "create_fee",
    "delete_fee",
    "fee_by_id",
    "fees_due",
    "label_of",
    "list_fees",
    "update_fee",
]
