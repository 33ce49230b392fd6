"""One typed function per statement of store.sql."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from argosy.kernel import paging
from argosy.kernel.money import Money
from argosy.modules.ledger.errors import PostingUnbalanced, SourceReused
from argosy.modules.ledger.types import AccountBalance, Booked, Entry, Posting
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)

Row = tuple[UUID, Posting, tuple[Entry, ...]]


async def post(tx: Tx, rows: Sequence[Row]) -> set[UUID]:
    """Insert transactions with their entries; the ids of those whose source was new.

    Raises PostingUnbalanced (the database's own check), SourceReused (already reversed).
    """
    legs = [
        (transaction_id, number, entry.account, entry.amount.currency, entry.amount.minor)
        for transaction_id, _, entries in rows
        for number, entry in enumerate(entries, start=1)
    ]
    columns: tuple[list[Any], ...] = tuple(list(column) for column in zip(*legs, strict=True))
    try:
        found = await tx.many(
            SQL.post,
            tx.now,
            [transaction_id for transaction_id, _, _ in rows],
            [posting.source for _, posting, _ in rows],
            [posting.kind for _, posting, _ in rows],
            [posting.order_id for _, posting, _ in rows],
            [len(entries) for _, _, entries in rows],
            [posting.effective_at for _, posting, _ in rows],
            [posting.reverses for _, posting, _ in rows],
            [posting.memo for _, posting, _ in rows],
            *columns,
        )
    except IntegrityError as error:
        if constraint(error) == "ledger_balanced":
            raise PostingUnbalanced("The posting does not balance.") from error
        if constraint(error) == "transaction_reversed_once":
            raise SourceReused("This transaction was reversed before.") from error
        raise
    return {row["id"] for row in found}


async def by_sources(tx: Tx, sources: Sequence[str]) -> list[Booked]:
    """The transactions with these sources."""
    return _booked(await tx.many(SQL.by_sources, list(sources)))


async def by_source_prefix(tx: Tx, prefix: str) -> list[Booked]:
    """The transactions whose source starts with `prefix`, oldest first."""
    return _booked(await tx.many(SQL.by_source_prefix, prefix))


async def of_order(tx: Tx, order_id: UUID) -> list[Booked]:
    """The transactions of an order, oldest first."""
    return _booked(await tx.many(SQL.of_order, order_id))


async def list_transactions(
    tx: Tx, before: tuple[datetime, UUID], kind: str | None, limit: int
) -> list[Booked]:
    """Transactions posted before the keyset position, newest first."""
    return _booked(
        await tx.many(SQL.list_transactions, *before, kind, limit, paging.LOOK if kind else limit)
    )


async def transactions_look_end(
    tx: Tx, before: tuple[datetime, UUID]
) -> tuple[datetime, UUID] | None:
    """The last transaction that `list_transactions` looks at; None at the end of the list."""
    row = await tx.maybe(SQL.list_transactions_end, *before, paging.LOOK)
    return None if row is None else (row["posted_at"], row["id"])


async def kept_trial_balance(tx: Tx, before: date | None) -> list[AccountBalance] | None:
    """The same before a day (UTC), from the sums that are kept; None: they cannot tell now."""
    rows = await tx.many(SQL.kept_trial_balance, before, paging.LOOK)
    return None if not rows or rows[0]["unsure"] else _balances(rows)


async def sum_up(tx: Tx, limit: int) -> int:
    """Add the next transactions to the sums; how many. What somebody else is at is left to them."""
    taken: int = (await tx.one(SQL.sum_up, limit))["taken"]
    return taken


async def sum_up_old(tx: Tx, limit: int) -> int:
    """The same of those that were posted before sums were kept; 0: all of them are summed."""
    cursor = await tx.maybe(SQL.old_cursor)
    if cursor is None:
        return 0
    taken: int = (await tx.one(SQL.sum_up_old, limit, cursor["old_id"]))["taken"]
    return taken


async def wrong_balances(tx: Tx) -> list[tuple[str, Money, Money]]:
    """Accounts of which the kept balance is not that of the entries: the account, kept, booked."""
    return [
        (row["account"], Money(row["told"], row["currency"]), Money(row["booked"], row["currency"]))
        for row in await tx.many(SQL.wrong_balances)
    ]


async def trial_balance(tx: Tx, before: datetime | None) -> list[AccountBalance]:
    """Sums by account and currency of what is effective before an instant (None: of everything), by
    reading all of the books.
    """
    return _balances(await tx.many(SQL.trial_balance, before))


def _balances(rows: Sequence[Record]) -> list[AccountBalance]:
    return [
        AccountBalance(
            account=row["account"],
            debits=Money(row["debit_minor"], row["currency"]),
            credits=Money(row["credit_minor"], row["currency"]),
            balance=Money(row["debit_minor"] - row["credit_minor"], row["currency"]),
        )
        for row in rows
    ]


async def off_balance(tx: Tx) -> list[tuple[UUID, Money]]:
    """Transactions that do not add up to zero."""
    rows = await tx.many(SQL.off_balance)
    return [(row["transaction_id"], Money(row["off_minor"], row["currency"])) for row in rows]


async def incomplete(tx: Tx) -> list[tuple[UUID, int, int]]:
    """Transactions with another number of entries than they were posted with."""
    return [(row["id"], row["legs"], row["found"]) for row in await tx.many(SQL.incomplete)]


async def accounts_in_use(tx: Tx) -> list[str]:
    """Every account that has an entry."""
    return [row["account"] for row in await tx.many(SQL.accounts_in_use)]


def _booked(rows: Sequence[Record]) -> list[Booked]:
    entries: dict[UUID, list[Entry]] = {}
    heads: dict[UUID, Record] = {}
    for row in rows:
        heads.setdefault(row["id"], row)
        entry = Entry(row["account"], Money(row["amount_minor"], row["currency"]))
        entries.setdefault(row["id"], []).append(entry)
    return [
        Booked(
            id=row["id"],
            source=row["source"],
            kind=row["kind"],
            order_id=row["order_id"],
            effective_at=row["effective_at"],
            posted_at=row["posted_at"],
            reverses=row["reverses"],
            memo=row["memo"],
            entries=tuple(entries[transaction_id]),
        )
        for transaction_id, row in heads.items()
    ]
