"""The audit trail: who changed what, by whom and what; and one act with its before and after."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.ids import MalformedId, decode, encode
from argosy.kernel.paging import Page
from argosy.modules import staff
from argosy.modules.staff import AuditEntry
from argosy.web.admin.access import may
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Column,
    Empty,
    Filter,
    asked_of,
    csv_of,
    day_start,
    listing_of,
    url_of,
)
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.raw_names import act_text
from argosy.web.admin.showing import Crumb, admin_page, is_place, say
from argosy.web.auth import shop
from argosy.web.newest import newest_after, newest_keys
from argosy.web.paging import filters_of, page_of

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/audit"
_SAME_INSTANT = 100
_NOBODY = UUID(int=0)

_PLACES = {
    "chn": "/admin/channels",
    "cus": "/admin/customers",
    "key": "/admin/keys",
    "ord": "/admin/orders",
    "pay": "/admin/payments",
    "prd": "/admin/products",
    "stf": "/admin/staff",
}
"""Where the things are that acts are about, by the prefix of their id."""


class Change(NamedTuple):
    """A field that an act changed: what it was and what it is; None where it was not."""

    name: str
    was: str | None
    now: str | None


@get(PATH, include_in_schema=False, guards=[may("audit:read")])
async def show_audit(request: AnyRequest) -> Response[bytes]:
    """Acts, the newest first. One statement."""
    filters = _filters(request)
    asked = asked_of(request, filters)
    page = await _page(request, asked, request.query_params.get("cursor"), PAGE)
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: encode("audit", row.id),
        row_path=_entry_path,
        filters=filters,
        asked=asked,
        empty=_empty(request, asked),
    )
    title = say(request, N_("Audit trail"))
    return admin_page(request, "admin/list.html", {"list": found}, title=title)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("audit:read")])
async def export_audit(request: AnyRequest) -> Stream:
    """The filtered trail as a file, with what changed."""
    asked = asked_of(request, _filters(request))

    async def read(cursor: str | None) -> Page[AuditEntry]:
        return await _page(request, asked, cursor, CSV_BATCH)

    columns = [
        *_columns(request),
        Column("before", "", lambda row: _json(row.before)),
        Column("after", "", lambda row: _json(row.after)),
        Column("request_id", "", lambda row: row.request_id),
    ]
    return csv_of("audit", columns, read)


@get(f"{PATH}/{{entry_id:str}}", include_in_schema=False, guards=[may("audit:read")])
async def show_entry(request: AnyRequest, entry_id: str) -> Response[bytes]:
    """One act: its fields before and after. The address tells when it was: the trail is read by
    time. One statement.
    """
    wanted, at = decode("audit", entry_id), _instant(request.query_params.get("at", ""))
    one = None
    if at is not None:
        around = staff.AuditFilter(since=at, until=at + timedelta(microseconds=1))
        async with shop(request).db.reading() as tx:
            rows = await staff.list_audit(tx, around, limit=_SAME_INSTANT)
        one = next((row for row in rows if row.id == wanted), None)
    if one is None:
        raise NotFoundException
    who = _actor_id(one)
    values = {
        "entry": one,
        "changes": changes_of(one.before, one.after),
        "who": who,
        "who_path": None if who is None else place_of(request, who),
        "subject_path": place_of(request, one.subject),
        "about_url": url_of(PATH, {"subject": one.subject}),
        "by_url": None if who is None else url_of(PATH, {"who": who}),
    }
    crumbs = [Crumb(say(request, N_("Audit trail")), PATH)]
    title = act_text(one.action, partial(say, request))
    return admin_page(request, "admin/audit_entry.html", values, title=title, crumbs=crumbs)


def changes_of(
    before: Mapping[str, object] | None, after: Mapping[str, object] | None
) -> list[Change]:
    """The fields that differ, by name; inner ones by dotted names."""
    was, now = _flat(before or {}), _flat(after or {})
    return [
        Change(name, was.get(name), now.get(name))
        for name in sorted(was.keys() | now.keys())
        if was.get(name) != now.get(name)
    ]


def _flat(value: Mapping[str, object], above: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            found |= _flat(inner, f"{above}{name}.")
        else:
            found[above + name] = inner if isinstance(inner, str) else _json(inner)
    return found


def _json(value: object) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()


def place_of(request: AnyRequest, public_id: str) -> str | None:
    """The page of the thing with this id, if it has one that the person may go to."""
    place = _PLACES.get(public_id.partition("_")[0])
    if place is None or "_" not in public_id or not is_place(request, place):
        return None
    return f"{place}/{public_id}"


async def _page(
    request: AnyRequest, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[AuditEntry]:
    filters = filters_of("admin audit", **asked)
    position = newest_after(cursor, filters)
    until = day_start(asked.get("until", ""))
    wanted = staff.AuditFilter(
        subject=asked.get("subject"),
        action=asked.get("action"),
        actor_id=_wanted_actor(asked["who"]) if "who" in asked else None,
        since=day_start(asked.get("since", "")),
        until=None if until is None or until.year > 9000 else until + timedelta(days=1),
    )
    async with shop(request).db.reading() as tx:
        rows = await staff.list_audit(tx, wanted, after=position, limit=limit + 1)
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: newest_keys(row.at, row.id),
        show=lambda row: row,
    )


def _wanted_actor(text: str) -> UUID:
    """The person or key; what is no id finds nothing."""
    try:
        return decode("key" if text.startswith("key_") else "staff", text)
    except MalformedId:
        return _NOBODY


def _filters(request: AnyRequest) -> list[Filter]:
    return [
        Filter("subject", say(request, N_("Id of what was changed")), kind="text"),
        Filter("action", say(request, N_("Act, as in key.revoked")), kind="text"),
        Filter("who", say(request, N_("Id of the person or key")), kind="text"),
        Filter("since", say(request, N_("Since")), kind="day"),
        Filter("until", say(request, N_("Until the end of")), kind="day"),
    ]


def _columns(request: AnyRequest) -> list[Column]:
    def about(row: AuditEntry) -> str | None:
        return place_of(request, row.subject)

    return [
        Column("action", say(request, N_("Act")), lambda row: row.action, "act"),
        Column("subject", say(request, N_("About")), lambda row: row.subject, "code", about, False),
        Column("who", say(request, N_("Who")), lambda row: row.actor_name, narrow=False),
        Column(
            "changed",
            say(request, N_("Changed")),
            lambda row: ", ".join(one.name for one in changes_of(row.before, row.after)[:4]),
            "muted",
            narrow=False,
        ),
        Column("at", say(request, N_("When")), lambda row: row.at, "instant"),
    ]


def _entry_path(row: AuditEntry) -> str:
    return url_of(f"{PATH}/{encode('audit', row.id)}", {"at": row.at.astimezone(UTC).isoformat()})


def _actor_id(one: AuditEntry) -> str | None:
    return None if one.actor_id is None else encode(one.actor_kind, one.actor_id)


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo and found.year < 9000 else None
    except (ValueError, OverflowError):
        return None


def _empty(request: AnyRequest, asked: dict[str, str]) -> Empty:
    if asked:
        return Empty(
            say(request, N_("No act fits these filters")),
            say(request, N_("Ids and acts are compared as a whole, as in stf_… and key.revoked.")),
            say(request, N_("The whole trail")),
            PATH,
        )
    return Empty(
        say(request, N_("Nothing was done yet")),
        say(request, N_("Every change that staff, keys or the command line make stands here.")),
    )


ENTRIES = (
    Entry(
        N_("Audit trail"),
        PATH,
        N_("System"),
        "audit:read",
        "a",
        "audit",
        "history log who changed",
        position=30,
    ),
)
ROUTES: list[HTTPRouteHandler] = [show_audit, export_audit, show_entry]
