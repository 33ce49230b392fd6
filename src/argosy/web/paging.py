"""Lists answer `{"items": [...], "next_cursor": null}`; this reads `limit` and `cursor`.

DOMAIN.md P1: a cursor holds the sort keys of the last row and a hash of the filters, so that
inserts neither repeat nor skip a row and a cursor cannot be carried to another list.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
from litestar.params import Parameter

from argosy.kernel.paging import MAX_PAGE, Page, decode_cursor, encode_cursor

Row = TypeVar("Row")
Item = TypeVar("Item")

Limit = Annotated[
    int,
    Parameter(ge=1, le=MAX_PAGE, description="How many items to answer at most, 1 to 100."),
]
CursorText = Annotated[
    str | None,
    Parameter(
        max_length=1000,
        description="The `next_cursor` of the page before. Leave it out for the first page. Go on"
        " until `next_cursor` is null: where few of very many rows fit the filters, a page holds"
        " fewer than `limit`, even none, and the next page looks further.",
    ),
]


def filters_of(route: str, **filters: object) -> str:
    """The text that a cursor is bound to: the list it belongs to and every filter and sorting."""
    return msgspec.json.encode([route, sorted(filters.items())], enc_hook=str).decode()


def after(cursor: str | None, filters: str, *, length: int) -> list[str | int | None] | None:
    """The sort keys after which the page starts, None for the first page. Raises CursorInvalid."""
    return None if cursor is None else decode_cursor(cursor, filters, length=length)


def page_of(
    rows: Sequence[Row],
    *,
    limit: int,
    filters: str,
    keys: Callable[[Row], Sequence[str | int | None]],
    show: Callable[[Row], Item],
    further: Sequence[str | int | None] | None = None,
) -> Page[Item]:
    """A page from up to `limit + 1` rows: the extra row only says that there is more.

    `keys` gives a row's sort tuple (last one unique), `show` its form in the answer. `further`: the
    sort tuple where a look for rows ended before the page was full.
    """
    kept = rows[:limit]
    end = keys(kept[-1]) if len(rows) > limit else further
    more = None if end is None else encode_cursor(end, filters)
    return Page(items=[show(row) for row in kept], next_cursor=more)
