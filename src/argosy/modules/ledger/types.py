"""The words of the books. A debit is a positive amount, a credit a negative one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel.money import Money

Side = Literal["debit", "credit"]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of account. `by` says what follows the colon (`psp_clearing:sandbox`), if anything.

    `normal` is the side on which its balance usually stands.
    """

    name: str
    type: Literal["asset", "liability", "income", "contra_income", "expense"]
    normal: Side
    by: str | None = None
    says: str


class Entry(msgspec.Struct, frozen=True):
    """One leg: an account and a signed amount (debit positive, credit negative), never zero."""

    account: str
    amount: Money


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """One business fact to book. `source` is its unique name, `order:<uuid>:placed` for example.

    Entries of zero and entries that cancel out are dropped before posting; entries on the same
    account and currency are added up. `reverses` names the source of the posting taken back.
    """

    source: str
    kind: str
    entries: tuple[Entry, ...]
    effective_at: datetime
    order_id: UUID | None = None
    reverses: str | None = None
    memo: str | None = None


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction as it stands in the books."""

    id: UUID
    source: str
    kind: str
    order_id: UUID | None
    effective_at: datetime
    posted_at: datetime
    reverses: str | None
    memo: str | None
    entries: tuple[Entry, ...]


class AccountBalance(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of one account in one currency: debits and credits as positive amounts, and their net
    (positive: debit balance).
    """

    account: str
    debits: Money
    credits: Money
    balance: Money


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the books that must not be; see `verify`."""

    problem: Literal["off_balance", "incomplete", "unknown_account", "balance_differs"]
    subject: str
    detail: str
