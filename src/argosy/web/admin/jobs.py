"""Jobs: what the workers have to do, what they do, and what was held after its last try."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.paging import Page
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Bulk,
    Column,
    Empty,
    Filter,
    SavedView,
    asked_of,
    csv_of,
    listing_of,
)
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Notice, admin_page, lead_to, say
from argosy.web.admin.things import Row, column, moment_column
from argosy.web.api.admin import jobs as api
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows.reactions import JOBS

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/jobs"
REQUEUE = f"{PATH}/requeue"
_STATES = ("queued", "picked", "held")


@get(PATH, include_in_schema=False, guards=[may("events:read")])
async def show_jobs(request: AnyRequest) -> Response[bytes]:
    """Jobs that are not done, the newest first. One statement."""
    filters = _filters(request)
    asked = asked_of(request, filters)
    found = listing_of(
        request,
        await _page(request, asked, request.query_params.get("cursor"), PAGE),
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: str(row["id"]),
        filters=filters,
        asked=asked,
        views=(
            SavedView(say(request, N_("All")), {}),
            SavedView(say(request, N_("Held")), {"status": "held"}),
            SavedView(say(request, N_("Waiting")), {"status": "queued"}),
            SavedView(say(request, N_("Under way")), {"status": "picked"}),
        ),
        bulk=[Bulk(say(request, N_("Try again")), REQUEUE, "events:write")],
        empty=Empty(
            say(request, N_("Nothing waits")),
            say(
                request,
                N_(
                    "Jobs are what the workers do behind the pages: mails, imports, pictures. One"
                    " that fails is tried ten times, then it is held here."
                ),
            ),
        ),
    )
    return admin_page(request, "admin/list.html", {"list": found}, title=say(request, N_("Jobs")))


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("events:read")])
async def export_jobs(request: AnyRequest) -> Stream:
    """The list as a file."""
    asked = asked_of(request, _filters(request))

    async def read(cursor: str | None) -> Page[Row]:
        return await _page(request, asked, cursor, CSV_BATCH)

    return csv_of("jobs", _columns(request), read)


@post(REQUEUE, include_in_schema=False, guards=[own_pages_only, may("events:write")])
async def requeue(request: AnyRequest) -> Response[bytes]:
    """Have the chosen held jobs tried again. The others are left alone."""
    form = await read_form(request)
    ids = [int(one) for one in form.every("chosen")[:PAGE] if one.isascii() and one.isdigit()]
    async with shop(request).db.transaction() as tx:
        done = await api.requeue(tx, actor(request), ids)
    if not done:
        said = say(request, N_("None of them is held."))
        return lead_to(request, PATH, Notice(said, "info"))
    said = say(request, N_("%(count)s are tried again now. What fails comes back here."))
    return lead_to(request, PATH, Notice(said % {"count": done}))


async def _page(
    request: AnyRequest, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[Row]:
    given: dict[str, Any] = dict(asked)
    found = await ask(request, api.list_jobs, limit=limit, cursor=cursor, **given)
    return Page(items=found["items"], next_cursor=found["next_cursor"])


def _filters(request: AnyRequest) -> list[Filter]:
    states = ((one, say(request, label)) for one, label in zip(_STATES, _LABELS, strict=True))
    names = sorted(job.NAME for job in JOBS)
    return [
        Filter("status", say(request, N_("State")), tuple(states)),
        Filter("job", say(request, N_("Job")), tuple((one, one) for one in names)),
    ]


_LABELS = (N_("Waiting"), N_("Under way"), N_("Held"))
_SHOWN_AS = {"queued": "pending", "picked": "running", "held": "held"}


def _columns(request: AnyRequest) -> list[Column]:
    return [
        column(request, "job", N_("Job")),
        column(request, "id", N_("Number"), "muted", narrow=False),
        Column("state", say(request, N_("State")), lambda row: _SHOWN_AS[row["status"]], "badge"),
        column(request, "tries", N_("Tries"), "number"),
        column(request, "error", N_("Error"), "code"),
        moment_column(request, "due_at", N_("Due"), narrow=False),
        moment_column(request, "made_at", N_("Made"), narrow=False),
    ]


ENTRIES = (
    Entry(
        N_("Jobs"), PATH, N_("System"), "events:read", key="j", icon="jobs",
        words="queue worker background failed held tasks", position=25,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [show_jobs, export_jobs, requeue]
