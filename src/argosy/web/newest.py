"""Cursors of lists that show the newest first, by a time and a unique id."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from argosy.kernel.paging import CursorInvalid, Page
from argosy.web.paging import after, page_of

Row = TypeVar("Row")
Position = tuple[datetime, UUID]


async def newest_page(
    cursor: str | None,
    filters: str,
    *,
    limit: int,
    read: Callable[[Position | None, int], Awaitable[Sequence[Row]]],
    place: Callable[[Row], Position],
    look_end: Callable[[Position | None], Awaitable[Position | None]] | None = None,
) -> Page[Row]:
    """The page after a cursor. `read` gives up to so many rows before a position, the newest first;
    where it looks through a bounded number only, `look_end` says where that look ended (None: at
    the end of the list). Raises CursorInvalid.
    """
    before = newest_after(cursor, filters)
    rows = await read(before, limit + 1)
    end = await look_end(before) if look_end is not None and len(rows) <= limit else None
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: newest_keys(*place(row)),
        show=lambda row: row,
        further=None if end is None else newest_keys(*end),
    )


def newest_keys(at: datetime, row_id: UUID) -> list[str]:
    """The sort keys of a row, for `page_of`."""
    return [at.isoformat(), row_id.hex]


def newest_after(cursor: str | None, filters: str) -> tuple[datetime, UUID] | None:
    """Time and id of the last row seen, None for the first page. Raises CursorInvalid."""
    keys = after(cursor, filters, length=2)
    if keys is None:
        return None
    try:
        # Whoever makes up a cursor may write any time; what cannot be UTC is refused here.
        return datetime.fromisoformat(str(keys[0])).astimezone(UTC), UUID(hex=str(keys[1]))
    except (ValueError, OverflowError) as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error
