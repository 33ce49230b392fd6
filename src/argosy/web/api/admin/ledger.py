"""The books: trial balance, transactions, what was booked for an order, the chart of accounts."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.kernel.paging import Page
from argosy.kernel.wall_clock import in_utc
from argosy.modules import ledger
from argosy.modules.ledger import ACCOUNTS, Account, AccountBalance, Booked
from argosy.web.auth import ADMINISTRATION, requires, shop
from argosy.web.long_lists import booking_page
from argosy.web.paging import CursorText, Limit, filters_of


class TrialBalanceRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account in one currency. `balance` is debits less credits: positive is a debit balance."""

    account: str
    type: Literal["asset", "liability", "income", "contra_income", "expense"]
    debits: Money
    credits: Money
    balance: Money

    @classmethod
    def of(cls, row: AccountBalance) -> "TrialBalanceRow":
        """As answers show it."""
        return cls(
            account=row.account,
            type=ACCOUNTS[row.account.partition(":")[0]].type,
            debits=row.debits,
            credits=row.credits,
            balance=row.balance,
        )


class TrialBalanceTotal(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of one currency. Debits equal credits, always."""

    currency: str
    debits: Money
    credits: Money
    balance: Money


class TrialBalanceView(msgspec.Struct, frozen=True, kw_only=True):
    """Every account that was ever used, and the proof that the books balance."""

    before: datetime | None
    balanced: bool
    items: list[TrialBalanceRow]
    totals: list[TrialBalanceTotal]


class LedgerEntryView(msgspec.Struct, frozen=True, kw_only=True):
    """One leg: a debit is positive, a credit negative."""

    account: str
    amount: Money


class LedgerTransactionView(msgspec.Struct, frozen=True, kw_only=True):
    """One business fact in the books. It is never changed; `reverses` names the source of the
    transaction that it takes back.
    """

    id: str
    source: str
    kind: str
    order_id: str | None
    effective_at: datetime
    posted_at: datetime
    reverses: str | None
    memo: str | None
    entries: list[LedgerEntryView]

    @classmethod
    def of(cls, booked: Booked) -> "LedgerTransactionView":
        """As answers show it."""
        return cls(
            id=encode("ledger_transaction", booked.id),
            source=booked.source,
            kind=booked.kind,
            order_id=None if booked.order_id is None else encode("order", booked.order_id),
            effective_at=booked.effective_at,
            posted_at=booked.posted_at,
            reverses=booked.reverses,
            memo=booked.memo,
            entries=[
                LedgerEntryView(account=entry.account, amount=entry.amount)
                for entry in booked.entries
            ],
        )


class OrderBookings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything booked for one order, oldest first."""

    items: list[LedgerTransactionView]


class LedgerAccountView(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of account. `by` says what follows the colon in its name, if anything."""

    name: str
    type: Literal["asset", "liability", "income", "contra_income", "expense"]
    normal: Literal["debit", "credit"]
    by: str | None
    description: str

    @classmethod
    def of(cls, account: Account) -> "LedgerAccountView":
        """As answers show it."""
        return cls(
            name=account.name,
            type=account.type,
            normal=account.normal,
            by=account.by,
            description=account.says,
        )


class ChartOfAccounts(msgspec.Struct, frozen=True, kw_only=True):
    """All kinds of accounts."""

    items: list[LedgerAccountView]


Before = Annotated[
    datetime | None,
    Parameter(description="Only what was effective before this time (UTC)."),
]
KindFilter = Annotated[
    str | None, Parameter(max_length=60, description="Only facts of this kind, like `captured`.")
]


@get(
    "/admin/v1/ledger/trial-balance",
    tags=["Ledger"],
    security=ADMINISTRATION,
    guards=[requires("ledger:read")],
)
async def trial_balance(request: Request[Any, Any, Any], before: Before = None) -> TrialBalanceView:
    """Debits, credits and balance of every account."""
    until = in_utc(before, "before")
    async with shop(request).db.reading() as tx:
        rows = await ledger.trial_balance(tx, until)
    totals = totals_of(rows)
    return TrialBalanceView(
        before=until,
        balanced=not any(total.balance for total in totals),
        items=[TrialBalanceRow.of(row) for row in rows],
        totals=totals,
    )


@get(
    "/admin/v1/ledger/transactions",
    tags=["Ledger"],
    security=ADMINISTRATION,
    guards=[requires("ledger:read")],
)
async def list_ledger_transactions(
    request: Request[Any, Any, Any],
    *,
    limit: Limit = 24,
    cursor: CursorText = None,
    kind: KindFilter = None,
) -> Page[LedgerTransactionView]:
    """What was booked, the newest first."""
    filters = filters_of("ledger", kind=kind)
    async with shop(request).db.reading() as tx:
        page = await booking_page(tx, cursor, filters, limit, kind=kind)
    items = [LedgerTransactionView.of(booked) for booked in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@get(
    "/admin/v1/ledger/orders/{order_id:str}",
    tags=["Ledger"],
    security=ADMINISTRATION,
    guards=[requires("ledger:read")],
)
async def list_order_bookings(request: Request[Any, Any, Any], order_id: str) -> OrderBookings:
    """Everything booked for an order; empty for one that was never confirmed."""
    found = decode("order", order_id, field="order_id")
    async with shop(request).db.reading() as tx:
        booked = await ledger.postings_of_order(tx, found)
    return OrderBookings(items=[LedgerTransactionView.of(one) for one in booked])


@get(
    "/admin/v1/ledger/accounts",
    tags=["Ledger"],
    security=ADMINISTRATION,
    guards=[requires("ledger:read")],
)
async def list_ledger_accounts() -> ChartOfAccounts:
    """The chart of accounts."""
    return ChartOfAccounts(items=[LedgerAccountView.of(each) for each in ACCOUNTS.values()])


def totals_of(rows: list[AccountBalance]) -> list[TrialBalanceTotal]:
    """Sums by currency."""
    totals = []
    for currency in sorted({row.balance.currency for row in rows}):
        zero = Money.zero(currency)
        mine = [row for row in rows if row.balance.currency == currency]
        totals.append(
            TrialBalanceTotal(
                currency=currency,
                debits=sum((row.debits for row in mine), zero),
                credits=sum((row.credits for row in mine), zero),
                balance=sum((row.balance for row in mine), zero),
            )
        )
    return totals


ROUTES = [trial_balance, list_ledger_transactions, list_order_bookings, list_ledger_accounts]
