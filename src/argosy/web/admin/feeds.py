"""Feeds in the back office: the list with their last pulls, one with its runs, run now, pause."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.kernel.paging import Page
from argosy.modules import feeds, staff
from argosy.modules.feeds import Feed, Run
from argosy.web.admin.access import may
from argosy.web.admin.editing import confirm_page
from argosy.web.admin.import_plans import FORMATS, plan_path
from argosy.web.admin.lists import CSV_BATCH, PAGE, Column, Empty, csv_of, listing_of
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, refusal_text, say
from argosy.web.admin.states import State
from argosy.web.api.admin.feeds import shown
from argosy.web.auth import actor, shop
from argosy.web.pages.guarding import own_pages_only
from argosy.web.paging import after, filters_of, page_of
from argosy.workflows.feeding import request_pull

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/feeds"
ONE = f"{PATH}/{{code:str}}"
RUNS = {
    "queued": State(N_("Waits for its turn"), "warn"),
    "running": State(N_("Is being pulled"), "warn"),
    "unchanged": State(N_("Unchanged")),
    "waiting": State(N_("Waits for a person"), "warn"),
    "applied": State(N_("Applied"), "good"),
    "failed": State(N_("Failed"), "bad"),
}
_RUNS_SHOWN = 20


def feed_path(code: str) -> str:
    """The page of a feed."""
    return f"{PATH}/{code}"


@get(PATH, include_in_schema=False, guards=[may("catalog:read")])
async def show_feeds(request: AnyRequest) -> Response[bytes]:
    """Feeds by code, each with its last pull. Two statements."""
    page = await _page(request, request.query_params.get("cursor"), PAGE)
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: row[0].code,
        row_path=lambda row: feed_path(row[0].code),
        empty=Empty(
            say(request, N_("No feeds yet")),
            say(
                request,
                N_("A feed is a file at an address that is pulled by a schedule. It applies itself"
                   " when nothing in it looks like a mistake."),
            ),
            say(request, N_("Add a feed")),
            f"{PATH}/new",
        ),
    )  # fmt: skip
    title = say(request, N_("Feeds"))
    return admin_page(request, "admin/feeds.html", {"list": found}, title=title)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("catalog:read")])
async def export_feeds(request: AnyRequest) -> Stream:
    """The list as a file."""

    async def read(cursor: str | None) -> Page[Any]:
        return await _page(request, cursor, CSV_BATCH)

    return csv_of("feeds", _columns(request), read)


async def _page(
    request: AnyRequest, cursor: str | None, limit: int
) -> Page[tuple[Feed, Run | None]]:
    filters = filters_of("admin feeds")
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await feeds.list_feeds(tx, after=str(keys[0]) if keys else None, limit=limit + 1)
        last = await feeds.last_runs(tx, [row.id for row in rows])
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: (row.code,),
        show=lambda row: (row, last.get(row.id)),
    )


def _columns(request: AnyRequest) -> list[Column]:
    def said(row: tuple[Feed, Run | None]) -> str:
        return say(request, RUNS[row[1].state].label) if row[1] else ""

    def state(row: tuple[Feed, Run | None]) -> str:
        return say(request, N_("Paused") if row[0].state == "paused" else N_("Active"))

    return [
        Column("name", say(request, N_("Name")), lambda row: row[0].name),
        Column("state", say(request, N_("State")), state),
        Column("last", say(request, N_("Last pull")), said),
        Column(
            "good", say(request, N_("Last good pull")), lambda row: row[0].last_good_at, "instant",
            narrow=False,
        ),
        Column("failures", say(request, N_("Failures in a row")), lambda row: row[0].failures,
               "number"),
        Column(
            "next", say(request, N_("Next pull")),
            lambda row: row[0].next_at if row[0].state == "active" else None, "instant",
            narrow=False,
        ),
        Column("url", say(request, N_("Address")), lambda row: row[0].url[:80], "muted",
               narrow=False),
    ]  # fmt: skip


@get(ONE, include_in_schema=False, guards=[may("catalog:read")])
async def show_feed(request: AnyRequest, code: str) -> Response[bytes]:
    """A feed and its last pulls. Two statements."""
    async with shop(request).db.reading() as tx:
        feed = await feeds.feed_by_code(tx, code)
        runs = await feeds.runs_of(tx, feed.id, limit=_RUNS_SHOWN)
    values = {
        "feed": feed,
        "path": feed_path(code),
        "runs": runs,
        "states": RUNS,
        "formats": {"mapped": say(request, N_("Any shape, by a mapping")), **dict(FORMATS)},
        "plan": lambda run: plan_path(run.plan_id) if run.plan_id else "",
        "busy": any(run.ended_at is None for run in runs),
    }
    return admin_page(
        request, "admin/feed.html", values, title=feed.name, crumbs=[to_feeds(request)]
    )


@post(f"{ONE}/run", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def run_feed(request: AnyRequest, code: str) -> Response[bytes]:
    """Have the worker pull it now."""
    who = actor(request)
    try:
        async with shop(request).db.transaction() as tx:
            await request_pull(tx, code, asked_by=who.name)
            feed = await feeds.feed_by_code(tx, code)
            subject = encode("feed", feed.id)
            await staff.audit(tx, who, "feed.pulled", subject, None, {"fresh": False})
    except ArgosyError as refusal:
        return lead_to(request, feed_path(code), Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, feed_path(code), Notice(say(request, N_("It is pulled now."))))


@post(f"{ONE}/pause", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def pause_feed(request: AnyRequest, code: str) -> Response[bytes]:
    """Stop pulling it by its schedule."""
    return await _set_paused(request, code, paused=True)


@post(f"{ONE}/resume", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def resume_feed(request: AnyRequest, code: str) -> Response[bytes]:
    """Go on with it."""
    return await _set_paused(request, code, paused=False)


async def _set_paused(request: AnyRequest, code: str, *, paused: bool) -> Response[bytes]:
    async with shop(request).db.transaction() as tx:
        before, one = await feeds.set_paused(tx, code, paused=paused)
        if before.state != one.state:
            action = "feed.paused" if paused else "feed.resumed"
            await staff.audit(tx, actor(request), action, encode("feed", one.id))
    text = N_("It is paused.") if paused else N_("It goes on by its schedule.")
    return lead_to(request, feed_path(code), Notice(say(request, text)))


@get(f"{ONE}/remove", include_in_schema=False, guards=[may("catalog:write")])
async def ask_remove(request: AnyRequest, code: str) -> Response[bytes]:
    """Say what removing a feed means."""
    async with shop(request).db.reading() as tx:
        feed = await feeds.feed_by_code(tx, code)
    return confirm_page(
        request,
        title=say(request, N_("Remove the feed")),
        says=[
            say(request, N_("What it imported stays.")),
            say(request, N_("The record of its pulls and its secret are gone.")),
        ],
        path=f"{feed_path(code)}/remove",
        back=feed_path(code),
        button=say(request, N_("Remove it")),
        danger=True,
        crumbs=[to_feeds(request), Crumb(feed.name, feed_path(code))],
    )


@post(f"{ONE}/remove", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def remove_feed(request: AnyRequest, code: str) -> Response[bytes]:
    """Remove a feed with the record of its pulls."""
    async with shop(request).db.transaction() as tx:
        gone = await feeds.delete_feed(tx, code)
        subject = encode("feed", gone.id)
        await staff.audit(tx, actor(request), "feed.deleted", subject, shown(gone))
    return lead_to(request, PATH, Notice(say(request, N_("The feed is removed."))))


def to_feeds(request: AnyRequest) -> Crumb:
    """The way back to the list."""
    return Crumb(say(request, N_("Feeds")), PATH)


ENTRIES = (
    Entry(
        N_("Feeds"), PATH, N_("Imports and data"), "catalog:read", icon="download",
        words="schedule pull url supplier automatic import", position=61,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    show_feeds,
    export_feeds,
    show_feed,
    run_feed,
    pause_feed,
    resume_feed,
    ask_remove,
    remove_feed,
]
