"""The chart of accounts (DOMAIN.md I5) and pure checks on postings."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from argosy.kernel.money import Money
from argosy.modules.ledger.errors import AccountUnknown, PostingUnbalanced
from argosy.modules.ledger.types import Account, Booked, Entry, Posting, Side

_Type = Literal["asset", "liability", "income", "contra_income", "expense"]


def _account(name: str, kind: _Type, normal: Side, says: str, by: str | None = None) -> Account:
    return Account(name=name, type=kind, normal=normal, says=says, by=by)


_CHART = (
    _account("customer_receivable", "asset", "debit", "What customers owe for confirmed orders."),
    _account(
        "psp_clearing", "asset", "debit", "Money that a gateway holds for us, until paid out.",
        "gateway",
    ),
    _account("bank", "asset", "debit", "Money on our accounts.", "account"),
    _account("revenue", "income", "credit", "Sales by kind, net of tax.", "kind"),
    _account("sales_discounts", "contra_income", "debit", "Discounts given, net of tax."),
    _account("sales_returns", "contra_income", "debit", "Sales given back, net of tax."),
    _account("tax_payable", "liability", "credit", "Tax collected, by regime.", "regime"),
    _account(
        "refunds_payable", "liability", "credit",
        "Refunds that came back from the bank and are still owed to the customer.",
    ),
    _account("stored_value", "liability", "credit", "Gift cards, credit, points.", "kind"),
    _account("seller_payable", "liability", "credit", "Owed to marketplace sellers.", "seller"),
    _account("commission", "income", "credit", "Commission kept from sellers."),
    _account("psp_fees", "expense", "debit", "What gateways charge.", "gateway"),
    _account("disputes", "asset", "debit", "Money withdrawn by open chargebacks.", "gateway"),
    _account("fx", "expense", "debit", "Gains and losses of exchange, and liquidity legs."),
    _account("rounding", "expense", "debit", "Cash rounding."),
    _account("write_off", "expense", "debit", "What we gave up collecting."),
)  # fmt: skip

ACCOUNTS: Final[dict[str, Account]] = {account.name: account for account in _CHART}
"""The chart: every account that a posting may name, by the part before the colon."""

CUSTOMER_RECEIVABLE: Final = "customer_receivable"
REVENUE_GOODS: Final = "revenue:goods"
REVENUE_SHIPPING: Final = "revenue:shipping"
SALES_DISCOUNTS: Final = "sales_discounts"
SALES_RETURNS: Final = "sales_returns"
REFUNDS_PAYABLE: Final = "refunds_payable"

_DETAIL = re.compile(r"[A-Za-z0-9_.-]{1,60}")


def psp_clearing(gateway: str) -> str:
    """The clearing account of a gateway (its currencies are kept apart by the entries)."""
    return f"psp_clearing:{gateway}"


def tax_payable(regime: str) -> str:
    """The tax account of a regime (`DE`, `US-CA`); characters that accounts lack become dots."""
    return f"tax_payable:{re.sub(r'[^A-Za-z0-9_.-]', '.', regime)[:60] or 'none'}"


def check_account(account: str) -> None:
    """Raise AccountUnknown unless the chart has it, with a detail exactly where it asks for one."""
    name, colon, detail = account.partition(":")
    known = ACCOUNTS.get(name)
    if known is None or bool(colon) != (known.by is not None):
        raise AccountUnknown(f"{account[:80]!r} is not in the chart of accounts.", field="account")
    if colon and not _DETAIL.fullmatch(detail):
        raise AccountUnknown(f"{account[:80]!r} has a malformed part after the colon.")


def settled_entries(posting: Posting) -> tuple[Entry, ...]:
    """One entry per account and currency, without zeros, in order of first mention.

    Raises AccountUnknown, PostingUnbalanced (also when fewer than two entries are left).
    """
    sums: dict[tuple[str, str], int] = {}
    for entry in posting.entries:
        check_account(entry.account)
        key = (entry.account, entry.amount.currency)
        sums[key] = sums.get(key, 0) + entry.amount.minor
    off: dict[str, int] = {}
    for (_, currency), minor in sums.items():
        off[currency] = off.get(currency, 0) + minor
    left = tuple(
        Entry(account, Money(minor, currency))
        for (account, currency), minor in sums.items()
        if minor
    )
    if any(off.values()) or len(left) < 2:
        raise PostingUnbalanced(
            f"The posting {posting.source!r} does not balance.",
            off_by={currency: minor for currency, minor in off.items() if minor},
        )
    return left


def reversal_of(booked: Booked, source: str, kind: str, posting: Posting) -> Posting:
    """`posting` with the mirrored entries of `booked` (DOMAIN.md I2)."""
    mirrored = tuple(Entry(entry.account, -entry.amount) for entry in booked.entries)
    return msgspec.structs.replace(
        posting, source=source, kind=kind, entries=mirrored, reverses=booked.source
    )
