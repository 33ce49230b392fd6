"""Following the log of changes; reading synonyms."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from argosy.modules.search import store
from argosy.modules.search.types import Changes, Cursor, QueryDay, TopQuery
from argosy.runtime.db import Tx


async def changes_after(tx: Tx, cursor: Cursor, limit: int) -> Changes:
    """Return the next changes after the cursor, at most `limit` entries, in the order of commit.

    One statement too many is never lost: an entry whose transaction is still open comes later.
    """
    # An index that is ahead of the server followed one whose dump this database was made of.
    forgotten, coming = await store.forgotten(tx)
    complete = forgotten <= cursor.xid < coming
    found = await store.changes_after(tx, cursor, limit)
    return Changes(
        product_ids=frozenset(product_id for _, product_id in found),
        cursor=found[-1][0] if found else cursor,
        more=len(found) == limit,
        complete=complete,
    )


async def seconds_behind(tx: Tx, cursor: Cursor) -> float:
    """The age of the oldest change that an index with this cursor does not hold; 0 if none."""
    at = await store.waiting_since(tx, cursor)
    return 0.0 if at is None else max(0.0, (tx.now - at).total_seconds())


async def present_cursor(tx: Tx) -> Cursor:
    """The cursor for an index that reads everything from now on."""
    return Cursor(xid=await store.present(tx), id=2**62)


async def synonyms_of(tx: Tx, language: str) -> list[tuple[str, ...]]:
    """The groups of synonyms of a language ("en"), as they were given, in lower case."""
    return await store.synonyms(tx, language)


async def top_queries(
    tx: Tx,
    channel_id: UUID,
    days: tuple[date, date],
    *,
    nothing: bool = False,
    after: tuple[int, str] | None = None,
    limit: int,
) -> list[TopQuery]:
    """What was searched for on these days (UTC, both inclusive), the most frequent first; with
    `nothing` what found nothing, by how often. `after`: this number and words. One statement.
    """
    return await store.top_queries(tx, channel_id, days, nothing=nothing, after=after, limit=limit)


async def frequent_queries(
    tx: Tx, channel_ids: Sequence[UUID], days: tuple[date, date], limit: int
) -> list[tuple[UUID, str]]:
    """What was asked most often in these channels on these days (UTC, both inclusive), all channels
    together, as channel and words. One statement.
    """
    return await store.frequent_queries(tx, channel_ids, days, limit)


async def query_days(tx: Tx, channel_id: UUID, days: tuple[date, date]) -> list[QueryDay]:
    """The searches of each day (UTC) on which there were any, in order. One statement."""
    return await store.query_days(tx, channel_id, days)
