"""Booking. Nothing in the books is ever changed: a correction is a posting of its own."""

from __future__ import annotations

from argosy.kernel.ids import new_id
from argosy.modules.ledger import rules, store
from argosy.modules.ledger.errors import SourceReused, TransactionNotFound
from argosy.modules.ledger.types import Entry, Posting
from argosy.runtime.db import Tx

_AT_ONCE = 5_000


async def post(tx: Tx, *postings: Posting) -> int:
    """Book facts; the number of those that were new. ONE statement for all of them.

    Idempotent by source: a fact that is in the books already, with the same entries, is left alone.
    Raises AccountUnknown, PostingUnbalanced (also the database refuses, DOMAIN.md I1), and
    SourceReused when a source was booked with other entries.
    """
    if not postings:
        return 0
    rows = [(new_id(), posting, rules.settled_entries(posting)) for posting in postings]
    new = await store.post(tx, rows)
    replayed = [(posting, entries) for row_id, posting, entries in rows if row_id not in new]
    if replayed:
        await _check_same(tx, replayed)
    return len(new)


async def _check_same(tx: Tx, replayed: list[tuple[Posting, tuple[Entry, ...]]]) -> None:
    sources = [posting.source for posting, _ in replayed]
    booked = {found.source: found for found in await store.by_sources(tx, sources)}
    for posting, entries in replayed:
        if set(booked[posting.source].entries) != set(entries):
            raise SourceReused(
                f"{posting.source!r} is in the books with other entries.", source=posting.source
            )


async def sum_up(tx: Tx) -> int:
    """Add what was posted since to the sums of `trial_balance`; the number of transactions, 0 when
    none waits. Two at once take different ones.
    """
    return await store.sum_up(tx, _AT_ONCE) or await store.sum_up_old(tx, _AT_ONCE)


async def reverse(tx: Tx, source: str, by: Posting) -> int:
    """Book the mirror image of the fact `source` as the fact `by` (its entries are ignored).

    Idempotent by `by.source`. Raises TransactionNotFound, and SourceReused when another fact has
    reversed it.
    """
    found = await store.by_sources(tx, [source])
    if not found:
        raise TransactionNotFound(f"There is no transaction {source!r}.")
    return await post(tx, rules.reversal_of(found[0], by.source, by.kind, by))
