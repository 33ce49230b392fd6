"""Events: what has happened, and the parked ones that a subscription of ours failed on."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.ids import decode
from argosy.kernel.paging import Page, encode_cursor
from argosy.runtime import feed, subscriptions
from argosy.runtime.feed import CloudEvent
from argosy.web.admin.access import may
from argosy.web.admin.audit import place_of
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Bulk,
    Column,
    Empty,
    Filter,
    asked_of,
    csv_of,
    listing_of,
)
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Notice, admin_page, lead_to, say
from argosy.web.api.admin.events import ParkedEvent, parked_page, position_of, replay_parked
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.paging import filters_of

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/events"
FEED = f"{PATH}/feed"
REPLAY = f"{PATH}/replay"
_SEPARATOR = "~"


class Tab(NamedTuple):
    """One of the two lists."""

    name: str
    path: str


@get(PATH, include_in_schema=False, guards=[may("events:read")])
async def show_parked(request: AnyRequest) -> Response[bytes]:
    """Parked events by subscription, and how far behind each subscription is. Two statements."""
    async with shop(request).db.reading() as tx:
        lags = await subscriptions.lags(tx)
        page = await parked_page(tx, cursor=request.query_params.get("cursor"), limit=PAGE)
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_parked_columns(request),
        row_id=lambda row: f"{row.subscription}{_SEPARATOR}{row.event_id}",
        bulk=[Bulk(say(request, N_("Try again")), REPLAY, "events:write")],
        empty=Empty(
            say(request, N_("Nothing is parked")),
            say(
                request,
                N_(
                    "When a part of the shop cannot handle an event it is parked here, tried twelve"
                    " times with growing pauses, and holds up nothing else."
                ),
            ),
        ),
    )
    late = sorted(((lag, name) for name, lag in lags.items() if lag >= 1), reverse=True)
    values = {"list": found, "late": late, "subscriptions": len(lags), "tabs": _tabs(request)}
    return admin_page(request, "admin/events.html", values, title=say(request, N_("Events")))


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("events:read")])
async def export_parked(request: AnyRequest) -> Stream:
    """What is parked, as a file."""

    async def read(cursor: str | None) -> Page[ParkedEvent]:
        async with shop(request).db.reading() as tx:
            return await parked_page(tx, cursor=cursor, limit=CSV_BATCH)

    return csv_of("parked-events", _parked_columns(request), read)


@post(REPLAY, include_in_schema=False, guards=[own_pages_only, may("events:write")])
async def replay(request: AnyRequest) -> Response[bytes]:
    """Make the chosen events due at once. What was handled meanwhile is left alone."""
    form = await read_form(request)
    done = 0
    async with shop(request).db.transaction() as tx:
        for chosen in sorted(set(form.every("chosen")[:PAGE])):
            subscription, _, event_id = chosen.partition(_SEPARATOR)
            done += await replay_parked(
                tx, actor(request), subscription[:200], decode("event", event_id)
            )
    if not done:
        said = say(request, N_("Nothing of it is parked any more."))
        return lead_to(request, PATH, Notice(said, "info"))
    said = say(request, N_("%(count)s are tried again now. What fails comes back here."))
    return lead_to(request, PATH, Notice(said % {"count": done}))


@get(FEED, include_in_schema=False, guards=[may("events:read")])
async def show_feed(request: AnyRequest) -> Response[bytes]:
    """What has happened, the oldest first, by type. One statement."""
    filters = _feed_filters(request)
    asked = asked_of(request, filters)
    page = await _feed_page(request, asked, request.query_params.get("cursor"), PAGE)
    found = listing_of(
        request,
        page,
        path=FEED,
        columns=_feed_columns(request),
        row_id=lambda row: row.id,
        filters=filters,
        asked=asked,
        empty=Empty(
            say(request, N_("No such event is kept")),
            say(request, N_("Types are compared as a whole; several are separated by commas.")),
        ),
    )
    values = {"list": found, "late": None, "tabs": _tabs(request)}
    return admin_page(request, "admin/events.html", values, title=say(request, N_("Events")))


@get(f"{FEED}.csv", include_in_schema=False, guards=[may("events:read")])
async def export_feed(request: AnyRequest) -> Stream:
    """The filtered feed as a file."""
    asked = asked_of(request, _feed_filters(request))

    async def read(cursor: str | None) -> Page[CloudEvent]:
        return await _feed_page(request, asked, cursor, CSV_BATCH)

    return csv_of("events", _feed_columns(request), read)


async def _feed_page(
    request: AnyRequest, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[CloudEvent]:
    wanted = _types(asked.get("types", ""))
    filters = filters_of("admin events", types=wanted)
    position = feed.START if cursor is None else position_of(cursor, filters)
    app = shop(request)
    async with app.db.reading() as tx:
        read = await feed.read_feed(
            tx, position, types=wanted, limit=limit, source=app.settings.public_url
        )
    more = encode_cursor(read.position, filters) if read.more else None
    return Page(items=read.events, next_cursor=more)


def _types(text: str) -> Sequence[str] | None:
    return sorted({one.strip() for one in text.split(",") if one.strip()}) or None


def _feed_filters(request: AnyRequest) -> list[Filter]:
    return [Filter("types", say(request, N_("Types, separated by commas")), kind="text")]


def _feed_columns(request: AnyRequest) -> list[Column]:
    return [
        Column("type", say(request, N_("Type")), lambda row: row.type, "act"),
        Column(
            "subject",
            say(request, N_("About")),
            lambda row: row.subject,
            "code",
            lambda row: place_of(request, row.subject),
            narrow=False,
        ),
        Column("at", say(request, N_("When")), lambda row: row.time, "instant"),
        Column("sequence", say(request, N_("Number")), lambda row: row.sequence, narrow=False),
        Column("id", say(request, N_("Id")), lambda row: row.id, "muted", narrow=False),
    ]


def _parked_columns(request: AnyRequest) -> list[Column]:
    waits = say(request, N_("waits for somebody"))
    return [
        Column("subscription", say(request, N_("Who failed")), lambda row: row.subscription),
        Column("type", say(request, N_("Event")), lambda row: row.type, "act", narrow=False),
        Column(
            "subject",
            say(request, N_("About")),
            lambda row: row.subject,
            "code",
            lambda row: place_of(request, row.subject),
            narrow=False,
        ),
        Column("error", say(request, N_("Error")), lambda row: row.error),
        Column("tries", say(request, N_("Tries")), lambda row: row.tries, "number"),
        Column(
            "happened",
            say(request, N_("Happened")),
            lambda row: row.occurred_at,
            "instant",
            narrow=False,
        ),
        Column(
            "next",
            say(request, N_("Tried next")),
            lambda row: row.next_try_at.isoformat() if row.next_try_at else waits,
            "muted",
            narrow=False,
        ),
    ]


def _tabs(request: AnyRequest) -> list[Tab]:
    return [Tab(say(request, N_("Parked")), PATH), Tab(say(request, N_("All that happened")), FEED)]


ENTRIES = (
    Entry(
        N_("Events"),
        PATH,
        N_("System"),
        "events:read",
        "e",
        "events",
        "parked replay webhooks reactions subscriptions feed",
        position=20,
    ),
)
ROUTES: list[HTTPRouteHandler] = [show_parked, export_parked, replay, show_feed, export_feed]
