"""The only file of search that runs SQL; statements live in store.sql."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from argosy.modules.search.types import Cursor, QueryCount, QueryDay, TopQuery
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def mark(tx: Tx, product_ids: Collection[UUID]) -> None:
    """Write the products into the log."""
    await tx.run(SQL.mark, sorted(product_ids), tx.now)


async def forget(tx: Tx, before: datetime) -> int:
    """Delete older entries and note that they are gone; how many."""
    await tx.run(SQL.note_forgotten, before)
    return await tx.run(SQL.forget, before)


async def changes_after(tx: Tx, cursor: Cursor, limit: int) -> list[tuple[Cursor, UUID]]:
    """The next entries, each with the cursor after it."""
    rows = await tx.many(SQL.changes_after, cursor.xid, cursor.id, limit)
    return [(Cursor(xid=row["xid_number"], id=row["id"]), row["product_id"]) for row in rows]


async def waiting_since(tx: Tx, cursor: Cursor) -> datetime | None:
    """When the oldest change after the cursor was made."""
    at: datetime | None = (await tx.one(SQL.waiting_since, cursor.xid, cursor.id))["at"]
    return at


async def present(tx: Tx) -> int:
    """The last transaction before any that is still open."""
    return int((await tx.one(SQL.present))["xid"])


async def forgotten(tx: Tx) -> tuple[int, int]:
    """The last transaction whose entries were forgotten, and the next one that there will be."""
    row = await tx.one(SQL.forgotten)
    return row["xid"], row["next_xid"]


async def synonyms(tx: Tx, language: str) -> list[tuple[str, ...]]:
    """The groups of a language in their order."""
    return [tuple(row["terms"]) for row in await tx.many(SQL.synonyms, language)]


async def replace_synonyms(tx: Tx, language: str, groups: Sequence[Sequence[str]]) -> None:
    """Replace all groups of a language."""
    await tx.run(SQL.drop_synonyms, language)
    rows = [{"position": at, "terms": list(terms)} for at, terms in enumerate(groups)]
    await tx.run(SQL.insert_synonyms, language, rows)


async def count_queries(tx: Tx, day: date, counts: Sequence[QueryCount]) -> None:
    """Add to the counts of a day."""
    await tx.run(
        SQL.count_queries,
        day,
        [one.channel_id for one in counts],
        [one.words for one in counts],
        [one.searches for one in counts],
        [one.nothing for one in counts],
        [one.results for one in counts],
        [one.clicks for one in counts],
        [one.click_ranks for one in counts],
    )


async def forget_queries(tx: Tx, before: date) -> int:
    """Delete the counts of older days; how many."""
    return await tx.run(SQL.forget_queries, before)


async def top_queries(
    tx: Tx,
    channel_id: UUID,
    days: tuple[date, date],
    *,
    nothing: bool,
    after: tuple[int, str] | None,
    limit: int,
) -> list[TopQuery]:
    """Queries by how often they were asked, or found nothing."""
    number, words = after or (None, None)
    rows = await tx.many(SQL.top_queries, channel_id, *days, nothing, number, words, limit)
    fields = TopQuery.__struct_fields__
    return [TopQuery(**{name: row[name] for name in fields}) for row in rows]


async def frequent_queries(
    tx: Tx, channel_ids: Sequence[UUID], days: tuple[date, date], limit: int
) -> list[tuple[UUID, str]]:
    """Channels and words, by how often these were asked."""
    rows = await tx.many(SQL.frequent_queries, list(channel_ids), *days, limit)
    return [(row["channel_id"], row["words"]) for row in rows]


async def query_days(tx: Tx, channel_id: UUID, days: tuple[date, date]) -> list[QueryDay]:
    """The searches of each day on which there were any."""
    rows = await tx.many(SQL.query_days, channel_id, *days)
    return [QueryDay(**dict(row)) for row in rows]
