"""Saved mappings of files: which there are, what each said in every version, and removing one."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.paging import Page
from argosy.modules import feeds
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import confirm_page
from argosy.web.admin.import_mapping import LABELS
from argosy.web.admin.import_plans import PATH as IMPORTS
from argosy.web.admin.lists import CSV_BATCH, PAGE, Column, Empty, csv_of, listing_of, url_of
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, refusal_text, say
from argosy.web.admin.things import moment_column
from argosy.web.api.admin import import_mappings as api
from argosy.web.auth import shop
from argosy.web.pages.forms import read_form, whole_number
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]
Row = dict[str, Any]

PATH = f"{IMPORTS}/mappings"
_ONE = f"{PATH}/{{code:str}}"
_VERSIONS, _MOST_FEEDS, _MOST_VERSIONS = 10, 1000, 10**9
DOES = {
    "trim": N_("space taken off"),
    "split": N_("cut at a separator"),
    "join": N_("put together"),
    "number": N_("read as a number"),
    "unit": N_("read with its unit"),
    "date": N_("read as a day"),
    "lookup": N_("looked up in a table"),
    "truth": N_("read as yes or no"),
    "constant": N_("always the same"),
    "default": N_("filled where it is empty"),
    "template": N_("written by a template"),
    "category": N_("read as a place in the categories"),
}


@get(PATH, include_in_schema=False, guards=[may("catalog:read")])
async def show_mappings(request: AnyRequest) -> Response[bytes]:
    """Saved mappings by code, each in its newest version. One statement."""
    found = listing_of(
        request,
        await _page(request, request.query_params.get("cursor"), PAGE),
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: str(row["code"]),
        row_path=lambda row: f"{PATH}/{row['code']}",
        empty=Empty(
            say(request, N_("No mappings are saved")),
            say(
                request,
                N_(
                    "A mapping says what the columns of a supplier's file mean. It is made where a"
                    " file of any shape is imported."
                ),
            ),
            say(request, N_("Import a file")),
            f"{IMPORTS}/new",
        ),
    )
    values = {"list": found, "new": "", "area": "catalog", "links": ()}
    return admin_page(
        request,
        "admin/things.html",
        values,
        title=say(request, N_("Mappings of files")),
        crumbs=[_to_imports(request)],
    )


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("catalog:read")])
async def export_mappings(request: AnyRequest) -> Stream:
    """The mappings as a file."""

    async def read(cursor: str | None) -> Page[Row]:
        return await _page(request, cursor, CSV_BATCH)

    return csv_of("import-mappings", _columns(request), read)


@get(_ONE, include_in_schema=False, guards=[may("catalog:read")])
async def show_versions(request: AnyRequest, code: str) -> Response[bytes]:
    """What a mapping says in each of its versions, and what each changed. Two statements."""
    found = await ask(
        request,
        api.list_import_mapping_versions,
        code=code,
        # One more, which tells what the last one shown changed.
        limit=_VERSIONS + 1,
        cursor=request.query_params.get("cursor"),
    )
    shown = found["items"][:_VERSIONS]
    older = [*found["items"][1:], None]
    further = None
    if len(found["items"]) > _VERSIONS:
        # The page after the one that is left out here begins with it.
        again = await ask(
            request, api.list_import_mapping_versions, code=code, limit=_VERSIONS,
            cursor=request.query_params.get("cursor"),
        )  # fmt: skip
        further = again["next_cursor"]
    newest = shown[0] if shown else None
    values = {
        "versions": [
            (one, datetime.fromisoformat(one["created_at"]), _lines(request, one, before))
            for one, before in zip(shown, older, strict=False)
        ],
        "newest": newest,
        "first": "cursor" not in request.query_params,
        "path": f"{PATH}/{code}",
        "following": url_of(f"{PATH}/{code}", {"cursor": further}) if further else "",
        "used_by": await _used_by(request, code),
    }
    return admin_page(
        request,
        "admin/import_mapping_versions.html",
        values,
        title=newest["name"] if newest else code,
        crumbs=[_to_imports(request), Crumb(say(request, N_("Mappings of files")), PATH)],
    )


@get(f"{_ONE}/delete", include_in_schema=False, guards=[may("catalog:write")])
async def ask_delete(request: AnyRequest, code: str) -> Response[bytes]:
    """Before a mapping goes with all its versions: what still goes by it."""
    row = await ask(request, api.get_import_mapping, code=code)
    says = [
        say(request, N_("It is removed with all its versions.")),
        say(request, N_("Imports that were made or planned with it stay as they are.")),
    ]
    used_by = await _used_by(request, code)
    if used_by:
        names = ", ".join(name for name, _ in used_by)
        says.insert(
            0,
            say(
                request,
                N_("These feeds go by it and fail from their next run on: %(feeds)s."),
                feeds=names,
            ),
        )
    return confirm_page(
        request,
        title=say(request, N_("Delete %(title)s"), title=row["name"]),
        says=says,
        path=f"{PATH}/{code}/delete",
        back=f"{PATH}/{code}",
        button=say(request, N_("Delete for good")),
        fields={"version": str(row["version"])},
        typed=code if used_by else "",
        crumbs=[
            _to_imports(request),
            Crumb(say(request, N_("Mappings of files")), PATH),
            Crumb(row["name"], f"{PATH}/{code}"),
        ],
    )


@post(f"{_ONE}/delete", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def delete(request: AnyRequest, code: str) -> Response[bytes]:
    """Remove a mapping as it was seen; where feeds go by it, when its code was typed."""
    form = await read_form(request)
    version = whole_number(form["version"], least=0, most=_MOST_VERSIONS)
    if await _used_by(request, code) and form["typed"] != code:
        said = say(request, N_("Nothing is deleted: the code was not typed as it is."))
        return lead_to(request, f"{PATH}/{code}", Notice(said, "bad"))
    try:
        await ask(request, api.delete_import_mapping, code=code, version=version or 0)
    except ArgosyError as refusal:
        return lead_to(request, PATH, Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, PATH, Notice(say(request, N_("The mapping is deleted."))))


def _to_imports(request: AnyRequest) -> Crumb:
    return Crumb(say(request, N_("Imports")), IMPORTS)


async def _page(request: AnyRequest, cursor: str | None, limit: int) -> Page[Row]:
    found = await ask(request, api.list_import_mappings, limit=limit, cursor=cursor)
    return Page(items=found["items"], next_cursor=found["next_cursor"])


async def _used_by(request: AnyRequest, code: str) -> list[tuple[str, str]]:
    """The feeds that go by the mapping: name and page."""
    async with shop(request).db.reading() as tx:
        found = await feeds.list_feeds(tx, limit=_MOST_FEEDS)
    return [(one.name, f"/admin/feeds/{one.code}") for one in found if one.mapping == code]


def _columns(request: AnyRequest) -> list[Column]:
    return [
        Column("name", say(request, N_("Name")), lambda row: row["name"]),
        Column("code", say(request, N_("Code")), lambda row: row["code"], "code", narrow=False),
        Column("version", say(request, N_("Version")), lambda row: row["version"], "number"),
        Column(
            "fields", say(request, N_("Fields")), lambda row: len(row["document"]["rules"]),
            "number", narrow=False,
        ),
        Column("author", say(request, N_("Written by")), lambda row: row["author"], "muted",
               narrow=False),
        moment_column(request, "created_at", N_("When"), narrow=False),
    ]  # fmt: skip


def _lines(
    request: AnyRequest, version: Row, before: Row | None
) -> list[tuple[str, str, str, str]]:
    """What a version says of each field: kept, new, changed or gone; the field, its columns, what
    is done on the way.
    """
    old = {rule["field"]: rule for rule in before["document"]["rules"]} if before else {}
    made = []
    for rule in version["document"]["rules"]:
        was = old.pop(rule["field"], None)
        state = "kept" if before is None or was == rule else "new" if was is None else "changed"
        made.append((state, *_said(request, rule)))
    return made + [("gone", *_said(request, rule)) for rule in old.values()]


def _said(request: AnyRequest, rule: Row) -> tuple[str, str, str]:
    columns = [rule["column"]] if rule.get("column") else rule.get("columns") or ()
    steps = []
    for step in rule.get("transforms") or ():
        text = say(request, DOES[step["do"]])
        value = step.get("value") or step.get("text")
        steps.append(f"{text}: {value[:100]}" if value else text)
    label = LABELS.get(rule["field"])
    return (say(request, label) if label else rule["field"], " + ".join(columns), "; ".join(steps))


ROUTES: list[HTTPRouteHandler] = [
    show_mappings,
    export_mappings,
    show_versions,
    ask_delete,
    delete,
]
