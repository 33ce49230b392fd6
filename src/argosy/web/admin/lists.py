"""Lists: the newest first by keyset, with filters, views, acts on a selection, and CSV of it all.

A page says once what its columns are (`Column.value` takes a row of the query); the same columns
make the table and the file. Filters and the cursor stand in the address, so that every list can be
linked to, kept as a bookmark and opened in another tab.
"""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

from litestar import Request
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.money import Money
from argosy.kernel.paging import Page
from argosy.modules.fields import MAX_FILTERS, FilterInvalid
from argosy.modules.staff import covers
from argosy.web.admin.places import N_
from argosy.web.auth import actor
from argosy.web.pages.wording import decimal_text
from argosy.web.sorting import SortUnfitting

AnyRequest = Request[Any, Any, Any]
Kind = Literal["text", "code", "money", "number", "instant", "badge", "muted", "act", "named"]
"""`act` and `named` say in words what files and filters call by its name (`raw_names.py`)."""

PAGE = 50
CSV_BATCH = 500
CSV_MOST_ROWS = 1_000_000
COLUMNS = "columns"
FIELD, VALUE = "field", "is"
"""The filters by custom fields (`field_lists.py`): `field` and `is`, `field2` and `is2`, ..."""
FIELD_PAIRS = tuple(
    (f"{FIELD}{n}", f"{VALUE}{n}") for n in ("", *(str(n) for n in range(2, MAX_FILTERS + 1)))
)
_LONGEST_FILTER = 254
_LONGEST_CHOICE = 1000
# Lists of few columns fit; of what does not stay on a phone so much stays on a small and on a
# large screen. The largest show all.
_FEW, _STAY, _STAY_ON_LARGE = 3, 2, 5
_SORTED_BY, _NEWEST = N_("Sorted by"), N_("the newest first")


class Column(NamedTuple):
    """A column. `name` is its header in the file, `label` on the page; `href` makes a link of the
    cell. `narrow` columns stay on a phone; of the others the first two stay on a small screen.
    """

    name: str
    label: str
    value: Callable[[Any], object]
    kind: Kind = "text"
    href: Callable[[Any], str | None] | None = None
    narrow: bool = True


class Filter(NamedTuple):
    """What a list can be narrowed or sorted by: a choice of values with their labels, or free text.
    `none`: what it is when nothing is chosen, "Any" unless given. `pick`: what the text takes is
    offered by name (`picking.py`). `of`: the filter whose value it is; both come and go together.
    """

    name: str
    label: str
    choices: tuple[tuple[str, str], ...] = ()
    kind: Literal["choice", "text", "day"] = "choice"
    none: str = ""
    pick: str = ""
    of: str = ""

    def label_of(self, value: str) -> str:
        """How a value of the filter is shown."""
        return next((label for known, label in self.choices if known == value), value)


class SavedView(NamedTuple):
    """A list with filters that are asked for often, under a name. `id` of one's own, else empty."""

    name: str
    filters: Mapping[str, str]
    id: str = ""


class Bulk(NamedTuple):
    """An act on the chosen rows, for who has `scope`: the form goes to `path` with a field `chosen`
    for each (`form.every("chosen")`).
    """

    label: str
    path: str
    scope: str
    danger: bool = False


class Empty(NamedTuple):
    """What a list without rows says, and what to do then."""

    title: str
    text: str
    action: str = ""
    path: str = ""


class Listing(NamedTuple):
    """A list as `admin/list.html` shows it; `listing_of` makes it."""

    path: str
    columns: Sequence[Column]
    rows: Sequence[Any]
    row_id: Callable[[Any], str]
    row_path: Callable[[Any], str] | None
    filters: Sequence[Filter]
    asked: Mapping[str, str]
    views: Sequence[SavedView]
    bulk: Sequence[Bulk]
    empty: Empty
    next_cursor: str | None
    first: bool
    keeps: bool = False
    offered: Sequence[Column] = ()
    chosen: str = ""

    @property
    def here(self) -> dict[str, str]:
        """What the address says: the filters, and the columns if they are chosen."""
        return {**self.asked, COLUMNS: self.chosen} if self.chosen else dict(self.asked)

    @property
    def can_choose(self) -> bool:
        """Whether there are columns enough to choose among."""
        return len(self.offered) > _FEW

    def fold(self, at: int) -> str:
        """The class of a column by the width that it asks for: it is left out where the list is
        too narrow for it.
        """
        if self.columns[at].narrow:
            return ""
        before = sum(not column.narrow for column in self.columns[:at])
        return " wide" + " wider" * (before >= _STAY) + " widest" * (before >= _STAY_ON_LARGE)

    def url(self, **changed: str) -> str:
        """This list with other filters; an empty value leaves a filter out."""
        return url_of(self.path, {**self.here, **changed})

    def url_of_view(self, view: SavedView) -> str:
        """The list with the filters of `view` alone."""
        return url_of(self.path, view.filters)

    def is_shown(self, view: SavedView) -> bool:
        """Whether `view` is what is shown now."""
        return dict(view.filters) == self.here

    @property
    def own_shown(self) -> SavedView | None:
        """The view of one's own that is shown now."""
        return next((view for view in self.views if view.id and self.is_shown(view)), None)

    @property
    def can_keep(self) -> bool:
        """Whether what is shown could be kept as a view."""
        return self.keeps and bool(self.here) and not any(map(self.is_shown, self.views))

    @property
    def chips(self) -> list[tuple[str, str, str]]:
        """The filters that are set: label, value, and the list without it. What has a value of its
        own to it stands there once, with that.
        """
        known = {one.name: one for one in self.filters}
        paired = {one.of for one in self.filters if one.name in self.asked}
        chips = []
        for one in self.filters:
            if one.name not in self.asked or one.name in paired & self.asked.keys():
                continue
            whose = known.get(one.of) if one.of in self.asked else None
            label = one.label if whose is None else whose.label_of(self.asked[whose.name])
            without = self.url(**{name: "" for name in (one.name, one.of) if name})
            chips.append((label, one.label_of(self.asked[one.name]), without))
        return chips

    @property
    def goes_on(self) -> bool:
        """Whether there may be more although the page is not full: a filter that little fits is
        put on so many rows at a time (kernel/paging.py, `LOOK`).
        """
        return self.next_cursor is not None and len(self.rows) < PAGE

    @property
    def next_url(self) -> str:
        """The next page."""
        return self.url(cursor=self.next_cursor or "")

    @property
    def csv_url(self) -> str:
        """The whole list, as filtered, as a file."""
        return url_of(f"{self.path}.csv", self.asked)


def asked_of(request: AnyRequest, filters: Sequence[Filter]) -> dict[str, str]:
    """The filters that the address sets. Values that are not offered are left out: links from
    elsewhere carry anything.
    """
    asked = {}
    for one in filters:
        value = request.query_params.get(one.name, "").strip()[:_LONGEST_FILTER]
        offered = not one.choices or any(value == known for known, _ in one.choices)
        if value and offered and (one.kind != "day" or _is_day(value)):
            asked[one.name] = value
    return asked


def listing_of(
    request: AnyRequest,
    page: Page[Any],
    *,
    path: str,
    columns: Sequence[Column],
    row_id: Callable[[Any], str],
    empty: Empty,
    row_path: Callable[[Any], str] | None = None,
    filters: Sequence[Filter] = (),
    asked: Mapping[str, str] | None = None,
    views: Sequence[SavedView] = (),
    bulk: Sequence[Bulk] = (),
    keeps: bool = False,
) -> Listing:
    """The list on this page. `page` is one of `web/paging.py`'s, with rows of your own type.
    `keeps`: people can keep its filters as a view of their own (`kept_views.with_own`).
    """
    chosen = chosen_columns(request, columns)
    return Listing(
        path=path,
        columns=[one for one in columns if one.name in chosen] or columns,
        offered=columns,
        chosen=",".join(one.name for one in columns if one.name in chosen),
        rows=page.items,
        row_id=row_id,
        row_path=row_path,
        filters=filters,
        asked={} if asked is None else asked,
        views=views,
        bulk=[act for act in bulk if covers(actor(request).scopes, act.scope)],
        empty=empty,
        next_cursor=page.next_cursor,
        first="cursor" not in request.query_params,
        keeps=keeps,
    )


def chosen_columns(request: AnyRequest, columns: Sequence[Column]) -> frozenset[str]:
    """The columns that the address names; the first, which leads to the row, is always one."""
    named = request.query_params.getall(COLUMNS, [])
    wanted = {word for text in named for word in text[:_LONGEST_CHOICE].split(",")}
    known = {one.name for one in columns} & wanted
    return frozenset(known | {columns[0].name}) if known else frozenset()


def by_fields(asked: Mapping[str, str]) -> bool:
    """Whether the list is narrowed by custom fields."""
    return any(name in asked for pair in FIELD_PAIRS for name in pair)


def sorting(said: Callable[[str], str], choices: Sequence[tuple[str, str]]) -> Filter:
    """The choice of a list's sorting: the newest first unless one of these is chosen."""
    offered = tuple((value, said(label)) for value, label in choices)
    return Filter("sort", said(_SORTED_BY), offered, none=said(_NEWEST))


async def read_sorted(
    asked: dict[str, str], read: Callable[[], Awaitable[Page[Any]]]
) -> tuple[Page[Any], ArgosyError | None]:
    """The page that is asked for; where its sorting does not go with its filters, or a custom field
    not with the others or with its value, the list without that, and why.
    """
    try:
        return await read(), None
    except SortUnfitting as refusal:
        del asked["sort"]
        return await read(), refusal
    except FilterInvalid as refusal:
        for name in [name for pair in FIELD_PAIRS for name in pair]:
            asked.pop(name, None)
        return await read(), refusal


def url_of(path: str, query: Mapping[str, str]) -> str:
    """A path with the filters that are set."""
    text = urlencode([(name, value) for name, value in query.items() if value])
    return f"{path}?{text}" if text else path


def csv_of(
    name: str,
    columns: Sequence[Column],
    read: Callable[[str | None], Awaitable[Page[Any]]],
) -> Stream:
    """The whole list as a file, sent while it is read: `read` gives the page after a cursor, of
    CSV_BATCH rows each. UTF-8 with a byte order mark, which Excel needs; amounts as decimals with
    their currency beside them, instants in UTC. What a shopper wrote is never a formula.
    """

    async def lines() -> AsyncIterator[str]:
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([head for column in columns for head in _heads(column)])
        yield "\ufeff" + _taken(out)
        cursor: str | None = None
        for _ in range(CSV_MOST_ROWS // CSV_BATCH):
            page = await read(cursor)
            for row in page.items:
                writer.writerow([cell for column in columns for cell in _cells(column, row)])
            yield _taken(out)
            cursor = page.next_cursor
            if cursor is None:
                return

    headers = {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Cache-Control": "no-store",
    }
    return Stream(lines(), media_type="text/csv; charset=utf-8", headers=headers)


def day_start(text: str) -> datetime | None:
    """A filter's day (`2026-11-21`) as the instant it begins, in UTC; None for no day."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if _is_day(text) else None


def _is_day(text: str) -> bool:
    try:
        return datetime.strptime(text, "%Y-%m-%d") is not None  # noqa: DTZ007 - a day, no instant
    except ValueError:
        return False


def _heads(column: Column) -> list[str]:
    return [column.name, f"{column.name}_currency"] if column.kind == "money" else [column.name]


def _cells(column: Column, row: Any) -> list[str]:
    value = column.value(row)
    if column.kind == "money":
        if not isinstance(value, Money):
            return ["", ""]
        return [decimal_text(value), value.currency]
    if isinstance(value, datetime):
        return [value.astimezone(UTC).isoformat()]
    return ["" if value is None else harmless(str(value))]


def harmless(text: str) -> str:
    """`text` so that a spreadsheet shows it and does not run it (OWASP, CSV Injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _taken(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text
