"""Cursors of lists that show the newest first, by a time and a unique id."""

from datetime import UTC, datetime
from uuid import UUID

from argosy.kernel.paging import CursorInvalid
from argosy.web.paging import after


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
