"""Change sets: the list, a new one, and one with its edits and what others did meanwhile."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import changesets, channels, staff
from argosy.modules.changesets import ChangeSet, Edit
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.editing import faults_of
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Column,
    Empty,
    Filter,
    SavedView,
    asked_of,
    csv_of,
    listing_of,
    url_of,
)
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.admin.states import State
from argosy.web.api.admin.change_set_forms import entity_of
from argosy.web.auth import actor, shop
from argosy.web.newest import newest_after, newest_keys
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.web.paging import after, filters_of, page_of
from argosy.workflows import change_rollback, change_staging
from argosy.workflows.change_staging import Conflict, changes_of
from argosy.workflows.change_writing import public_id

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/changes"
STATES = {
    "draft": State(N_("Draft"), "warn"),
    "scheduled": State(N_("Scheduled"), "warn"),
    "published": State(N_("Published"), "good"),
    "rolled_back": State(N_("Rolled back")),
    "cancelled": State(N_("Cancelled")),
}
_EDITS = 25
_CONFLICTS_SHOWN = 50
_MOST_VERSIONS = 10**15


def set_path(set_id: UUID) -> str:
    """The page of a set."""
    return f"{PATH}/{encode('change_set', set_id)}"


def set_of(text: str) -> UUID:
    """The id of a set. Raises MalformedId."""
    return decode("change_set", text, field="set_id")


def version_of(form: Form) -> int:
    """The version of the set that the form was opened with; one that never was if it is wrong."""
    return whole_number(form["version"], least=0, most=_MOST_VERSIONS) or 0


def to_changes(request: AnyRequest) -> Crumb:
    """Back to the list."""
    return Crumb(say(request, N_("Change sets")), PATH)


@get(PATH, include_in_schema=False, guards=[may("changes:read")])
async def show_change_sets(request: AnyRequest) -> Response[bytes]:
    """Change sets, the newest first. One statement."""
    filters = _filters(request)
    asked = asked_of(request, filters)
    page = await _page(request, asked, request.query_params.get("cursor"), PAGE)
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: encode("change_set", row.id),
        row_path=lambda row: set_path(row.id),
        filters=filters,
        asked=asked,
        views=[
            SavedView(say(request, N_("All")), {}),
            *(
                SavedView(say(request, STATES[state].label), {"state": state})
                for state in ("draft", "scheduled", "published")
            ),
        ],
        empty=Empty(
            say(request, N_("No change sets yet")),
            say(
                request,
                N_(
                    "A change set holds edits of products, prices and promotions that take effect"
                    " together, at an hour of your choice, and can be taken back together."
                ),
            ),
            say(request, N_("New change set")),
            f"{PATH}/new",
        ),
    )
    title = say(request, N_("Change sets"))
    return admin_page(request, "admin/change_sets.html", {"list": found}, title=title)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("changes:read")])
async def export_change_sets(request: AnyRequest) -> Stream:
    """The list as a file."""
    asked = asked_of(request, _filters(request))

    async def read(cursor: str | None) -> Page[ChangeSet]:
        return await _page(request, asked, cursor, CSV_BATCH)

    return csv_of("change-sets", _columns(request), read)


def _filters(request: AnyRequest) -> list[Filter]:
    choices = tuple((code, say(request, one.label)) for code, one in STATES.items())
    return [Filter("state", say(request, N_("State")), choices)]


async def _page(
    request: AnyRequest, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[ChangeSet]:
    state = next((one for one in changesets.STATES if one == asked.get("state")), None)
    filters = filters_of("admin change sets", state=state)
    place = newest_after(cursor, filters)
    async with shop(request).db.reading() as tx:
        rows = await changesets.list_change_sets(tx, state=state, after=place, limit=limit + 1)
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: newest_keys(row.created_at, row.id),
        show=lambda row: row,
    )


def _columns(request: AnyRequest) -> list[Column]:
    return [
        Column("name", say(request, N_("Name")), lambda row: row.name),
        Column("state", say(request, N_("State")), lambda row: say(request, _label(row))),
        Column("edits", say(request, N_("Edits")), lambda row: row.edits, "number"),
        Column("scheduled_for", say(request, N_("When")), _when, "instant"),
        Column("by", say(request, N_("By")), lambda row: row.created_by, "muted", narrow=False),
        Column(
            "made", say(request, N_("Made")), lambda row: row.created_at, "instant", narrow=False
        ),
    ]  # fmt: skip


def _label(row: ChangeSet) -> str:
    return STATES[row.state].label


def _when(row: ChangeSet) -> object:
    return row.rolled_back_at or row.published_at or row.scheduled_for


@get(f"{PATH}/new", include_in_schema=False, guards=[may("changes:write")])
async def new_change_set(request: AnyRequest) -> Response[bytes]:
    """The form of a new set."""
    return _new(request, Form(), None)


@post(f"{PATH}/new", include_in_schema=False, guards=[own_pages_only, may("changes:write")])
async def add_change_set(request: AnyRequest) -> Response[bytes]:
    """Make an empty draft."""
    form = await read_form(request)
    try:
        async with shop(request).db.transaction() as tx:
            made = await created(request, tx, form["name"], form["note"])
    except ArgosyError as refusal:
        return _new(request, form, refusal)
    said = say(request, N_("The draft is made. Open a product or a price, and save to it."))
    return lead_to(request, set_path(made.id), Notice(said))


async def created(request: AnyRequest, tx: Tx, name: str, note: str = "") -> ChangeSet:
    """A new draft, in the audit trail. Raises EditInvalid."""
    who = actor(request)
    made = await changesets.create_change_set(tx, name, note=note, by=who.name)
    subject = encode("change_set", made.id)
    await staff.audit(tx, who, "change_set.created", subject, None, {"name": made.name})
    return made


def _new(request: AnyRequest, form: Form, refusal: ArgosyError | None) -> Response[bytes]:
    return admin_page(
        request,
        "admin/change_set_new.html",
        {"form": form, "faults": faults_of(refusal, ["name", "note"])},
        title=say(request, N_("New change set")),
        crumbs=[to_changes(request)],
        refusal=refusal,
    )


@get(f"{PATH}/{{set_id:str}}", include_in_schema=False, guards=[may("changes:read")])
async def show_change_set(request: AnyRequest, set_id: str) -> Response[bytes]:
    """A set: where it stands, its edits field by field, and what others changed meanwhile."""
    return await set_page(request, set_of(set_id), None)


async def set_page(
    request: AnyRequest, set_id: UUID, refusal: ArgosyError | None
) -> Response[bytes]:
    """The page of a set, with what stopped an act on it."""
    async with shop(request).db.reading() as tx:
        found = await changesets.change_set_by_id(tx, set_id)
        page = await _edits(request, tx, set_id)
        conflicts: list[Conflict] = []
        if found.state in {"draft", "scheduled"}:
            conflicts = await change_staging.conflicts_of(tx, set_id)
        elif found.state == "published":
            conflicts = await change_rollback.clashes_of_rollback(tx, set_id)
        places = await channels.list_channels(tx)
    path = set_path(set_id)
    values = {
        "one": found,
        "path": path,
        "shown": STATES[found.state],
        "edits": [(public_id(e.kind, e.entity_id), e, changes_of(e)) for e in page.items],
        "following": url_of(path, {"cursor": page.next_cursor}) if page.next_cursor else "",
        "conflicts": [
            (public_id(c.edit.kind, c.edit.entity_id), c) for c in conflicts[:_CONFLICTS_SHOWN]
        ],
        "conflict_count": len(conflicts),
        "places": [(encode("channel", one.id), one.name) for one in places if one.active],
    }
    return admin_page(
        request,
        "admin/change_set.html",
        values,
        title=found.name,
        crumbs=[to_changes(request)],
        refusal=refusal,
    )


async def _edits(request: AnyRequest, tx: Tx, set_id: UUID) -> Page[Edit]:
    filters = filters_of("admin change set", change_set=set_id)
    keys = after(request.query_params.get("cursor"), filters, length=1)
    try:
        last = None if keys is None else UUID(str(keys[0]))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong here.", field="cursor") from error
    rows = await changesets.list_edits(tx, set_id, after=last, limit=_EDITS + 1)
    return page_of(
        rows, limit=_EDITS, filters=filters, keys=lambda e: (str(e.entity_id),), show=lambda e: e
    )


@post(
    f"{PATH}/{{set_id:str}}/remove",
    include_in_schema=False,
    guards=[own_pages_only, may("changes:write")],
)
async def remove_edit(request: AnyRequest, set_id: str) -> Response[bytes]:
    """Leave a product or promotion out again."""
    found, form = set_of(set_id), await read_form(request)
    try:
        _, entity = entity_of(form["entity_id"])
        async with shop(request).db.transaction() as tx:
            held = await changesets.hold_change_set(tx, found)
            await changesets.remove_edits(tx, held, [entity])
            shown = {"removed": [form["entity_id"]]}
            await staff.audit(tx, actor(request), "change_set.staged", set_id, None, shown)
    except ArgosyError as refusal:
        return await set_page(request, found, refusal)
    return lead_to(request, set_path(found), Notice(say(request, N_("It is left out."))))


@post(
    f"{PATH}/{{set_id:str}}/resolve",
    include_in_schema=False,
    guards=[own_pages_only, may("changes:write")],
)
async def resolve_conflict(request: AnyRequest, set_id: str) -> Response[bytes]:
    """Take what was chosen for each field that both had changed."""
    found, form = set_of(set_id), await read_form(request)
    paths = form.every("path")
    theirs = [path for n, path in enumerate(paths) if form[f"take.{n}"] == "theirs"]
    try:
        kind, entity = entity_of(form["entity_id"])
        async with shop(request).db.transaction() as tx:
            await change_staging.resolve(
                tx,
                found,
                kind,
                entity,
                theirs=theirs,
                seen_version=version_of(form),
                by=actor(request).name,
            )
            shown = {"resolved": form["entity_id"], "theirs": theirs}
            await staff.audit(tx, actor(request), "change_set.resolved", set_id, None, shown)
    except ArgosyError as refusal:
        return await set_page(request, found, refusal)
    return lead_to(request, set_path(found), Notice(say(request, N_("It is decided."))))


ENTRIES = (
    Entry(
        N_("Change sets"),
        PATH,
        N_("Shop window"),
        "changes:read",
        "g",
        "audit",
        "launch schedule staged release rollback",
        position=55,
    ),
)
ROUTES: list[HTTPRouteHandler] = [
    show_change_sets,
    export_change_sets,
    new_change_set,
    add_change_set,
    show_change_set,
    remove_edit,
    resolve_conflict,
]
