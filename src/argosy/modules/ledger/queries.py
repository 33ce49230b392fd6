"""Reading and checking the books."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from argosy.modules.ledger import rules, store
from argosy.modules.ledger.errors import AccountUnknown
from argosy.modules.ledger.types import AccountBalance, Booked, Finding
from argosy.runtime.db import Tx

_END = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))


async def trial_balance(tx: Tx, before: datetime | None = None) -> list[AccountBalance]:
    """Debits, credits and balance of every account by currency; the balances of one currency add up
    to zero. With `before`, of what was effective before that instant.

    Before the beginning of a day (UTC), and of everything, from sums that are kept: as fast in a
    shop of many years. Of other instants, and while much waits to be summed, all of the books are
    read.
    """
    if before is None or before == before.replace(hour=0, minute=0, second=0, microsecond=0):
        kept = await store.kept_trial_balance(tx, before.date() if before else None)
        if kept is not None:
            return kept
    return await store.trial_balance(tx, before)


async def postings_of(tx: Tx, source_prefix: str) -> list[Booked]:
    """Transactions whose source starts so, oldest first: `order:<uuid>:` gives an order's."""
    return await store.by_source_prefix(tx, source_prefix)


async def postings_of_order(tx: Tx, order_id: UUID) -> list[Booked]:
    """Everything booked for an order, oldest first."""
    return await store.of_order(tx, order_id)


async def list_transactions(
    tx: Tx, before: tuple[datetime, UUID] | None, *, kind: str | None, limit: int
) -> list[Booked]:
    """Transactions posted before the position (None: all), newest first. Where fewer than `limit`
    come back, `transactions_look_end` says whether the list goes on.
    """
    return await store.list_transactions(tx, before or _END, kind, limit)


async def transactions_look_end(
    tx: Tx, before: tuple[datetime, UUID] | None, *, kind: str | None
) -> tuple[datetime, UUID] | None:
    """The last transaction that `list_transactions` looked at when it found too few
    (kernel/paging.py, `LOOK`); None if it saw the end of the list. One statement at most.
    """
    return await store.transactions_look_end(tx, before or _END) if kind else None


async def verify(tx: Tx) -> list[Finding]:
    """Look for what must not be: it reads all of the books and finds nothing in good ones."""
    found = [
        Finding(problem="off_balance", subject=str(transaction_id), detail=f"off by {off}")
        for transaction_id, off in await store.off_balance(tx)
    ]
    found += [
        Finding(
            problem="incomplete",
            subject=str(transaction_id),
            detail=f"{there} of {legs} entries",
        )
        for transaction_id, legs, there in await store.incomplete(tx)
    ]
    for account in await store.accounts_in_use(tx):
        try:
            rules.check_account(account)
        except AccountUnknown as error:
            found.append(Finding(problem="unknown_account", subject=account, detail=error.message))
    found += [
        Finding(problem="balance_differs", subject=account, detail=f"kept {kept}, booked {booked}")
        for account, kept, booked in await store.wrong_balances(tx)
    ]
    return found
