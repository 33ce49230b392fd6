"""What shoppers search for, and what finds nothing."""

from datetime import date, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, get
from litestar.params import Parameter

from argosy.kernel.errors import Invalid
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import channels, search
from argosy.web.api.admin.shipping import of_channel
from argosy.web.auth import ADMINISTRATION, requires, shop
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows import search_log

_USUAL = timedelta(days=29)
_LONGEST = timedelta(days=366)
ChannelId = Annotated[str, Parameter(max_length=60, description="Id of the channel.")]
FromDay = Annotated[
    date | None, Parameter(description="The first day (UTC); 29 days before the last unless given.")
]
UntilDay = Annotated[
    date | None, Parameter(description="The last day (UTC), included; today unless given.")
]


class SearchedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A query without regard to case. `results` are the products found on average, `click_rank` the
    rank that was chosen on average. `alike` are words of the catalogue that look like its words, in
    the list of what found nothing.
    """

    words: str
    searches: int
    found_nothing: int
    results: float
    clicks: int
    click_rank: float | None
    last_day: date
    alike: list[str] = []


class SearchDay(msgspec.Struct, frozen=True, kw_only=True):
    """The searches of a day. Of `words_not_kept` the words are not kept: they looked like an
    address, a number of somebody, or a pasted text.
    """

    day: date
    searches: int
    found_nothing: int
    clicks: int
    words_not_kept: int


class SearchDays(msgspec.Struct, frozen=True, kw_only=True):
    """The days on which there were searches."""

    items: list[SearchDay]


@get(
    "/admin/v1/search/queries",
    tags=["Search"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[channels.ChannelNotFound, CursorInvalid],
)
async def list_search_queries(
    request: Request[Any, Any, Any],
    *,
    channel_id: ChannelId,
    from_day: FromDay = None,
    until_day: UntilDay = None,
    nothing: Annotated[
        bool, Parameter(description="Only what found nothing, by how often that was.")
    ] = False,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[SearchedQuery]:
    """What shoppers of a channel searched for, the most frequent first. Kept for 90 days."""
    app, channel = shop(request), of_channel(channel_id)
    filters = filters_of(
        "search_queries", channel=channel_id, days=[from_day, until_day], nothing=nothing
    )
    keys = _keys(after(cursor, filters, length=2))
    async with app.db.reading() as tx:
        await channels.channel_by_id(tx, channel)
        days = _days(from_day, until_day, tx.now.date())
        rows = await search.top_queries(
            tx, channel, days, nothing=nothing, after=keys, limit=limit + 1
        )
    words = [row.words for row in rows]
    alike = await search_log.looking_like(app, channel, words) if nothing and words else []
    by_words = dict(zip(words, alike, strict=False))
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: [row.nothing if nothing else row.searches, row.words],
        show=lambda row: _shown(row, by_words.get(row.words, [])),
    )


@get(
    "/admin/v1/search/days",
    tags=["Search"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[channels.ChannelNotFound],
)
async def list_search_days(
    request: Request[Any, Any, Any],
    *,
    channel_id: ChannelId,
    from_day: FromDay = None,
    until_day: UntilDay = None,
) -> SearchDays:
    """How many searches a channel had each day, and how many found nothing."""
    channel = of_channel(channel_id)
    async with shop(request).db.reading() as tx:
        await channels.channel_by_id(tx, channel)
        found = await search.query_days(tx, channel, _days(from_day, until_day, tx.now.date()))
    return SearchDays(
        items=[
            SearchDay(
                day=one.day,
                searches=one.searches,
                found_nothing=one.nothing,
                clicks=one.clicks,
                words_not_kept=one.not_kept,
            )
            for one in found
        ]
    )


def _days(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    until = last or today
    since = first or max(date.min + _USUAL, until) - _USUAL
    if since > until:
        raise Invalid("The first day is after the last.", field="from_day")
    if until - since > _LONGEST:
        raise Invalid("At most 366 days.", field="from_day")
    return since, until


def _keys(keys: list[str | int | None] | None) -> tuple[int, str] | None:
    match keys:
        case None:
            return None
        case [int() as number, str() as words] if abs(number) < 2**63 and "\x00" not in words:
            return number, words
    raise CursorInvalid("This cursor is damaged.", field="cursor")


def _shown(row: search.TopQuery, alike: list[str]) -> SearchedQuery:
    return SearchedQuery(
        words=row.words,
        searches=row.searches,
        found_nothing=row.nothing,
        results=round(row.results / row.searches, 1) if row.searches else 0.0,
        clicks=row.clicks,
        click_rank=round(row.click_ranks / row.clicks, 1) if row.clicks else None,
        last_day=row.last_day,
        alike=alike,
    )


ROUTES = [list_search_queries, list_search_days]
