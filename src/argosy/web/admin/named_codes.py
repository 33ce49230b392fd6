"""Small tables of codes with names (tax classes, shipping classes): a list with its form."""

from collections.abc import Callable
from typing import Any, NamedTuple

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.paging import Page
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.lists import Column, Empty, csv_of, listing_of
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.admin.struct_forms import faults_at, nodes_of
from argosy.web.admin.things import Row, column, shape_of, shaped
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]


class Codes(NamedTuple):
    """A table. `put` takes a code and the body that names it; `member` is that body's only one."""

    path: str
    title: str
    area: str
    rows: HTTPRouteHandler
    put: HTTPRouteHandler
    about: str
    back: tuple[str, str]
    member: str = "name"
    href: Callable[[Row], str] | None = None


def pages_of_codes(kind: Codes) -> list[HTTPRouteHandler]:
    """The list with its form, the CSV, and setting a name."""
    read, write = may(f"{kind.area}:read"), may(f"{kind.area}:write")

    async def show(request: AnyRequest) -> Response[bytes]:
        return await _page(request, kind, Form(dict(request.query_params)), None)

    async def export(request: AnyRequest) -> Stream:
        async def rows(_cursor: str | None) -> Page[Row]:
            return await _rows(request, kind)

        return csv_of(kind.path.rpartition("/")[2], _columns(request, kind), rows)

    async def put(request: AnyRequest) -> Response[bytes]:
        form = await read_form(request)
        data = {kind.member: form[kind.member]}
        try:
            await ask(request, kind.put, data=data, code=form["code"])
        except ArgosyError as refusal:
            return await _page(request, kind, form, refusal)
        return lead_to(request, kind.path, Notice(say(request, N_("Saved."))))

    guards: dict[str, Any] = {"include_in_schema": False, "guards": [read]}
    return [
        get(kind.path, **guards)(show),
        get(f"{kind.path}.csv", **guards)(export),
        post(kind.path, include_in_schema=False, guards=[own_pages_only, write])(put),
    ]


async def _rows(request: AnyRequest, kind: Codes) -> Page[Row]:
    found = await ask(request, kind.rows)
    return Page(items=found["items"], next_cursor=None)


def _columns(request: AnyRequest, kind: Codes) -> list[Column]:
    name = column(request, kind.member, N_("Name"))
    return [
        Column("code", say(request, N_("Code")), lambda row: row["code"], "code", href=kind.href),
        name,
    ]


async def _page(
    request: AnyRequest, kind: Codes, form: Form, refusal: ArgosyError | None
) -> Response[bytes]:
    found = listing_of(
        request,
        await _rows(request, kind),
        path=kind.path,
        columns=_columns(request, kind),
        row_id=lambda row: str(row["code"]),
        empty=Empty(say(request, N_("None yet")), say(request, kind.about)),
    )
    nodes = nodes_of(shape_of(kind.put), dict(form), shaped(request))
    known = faults_at(nodes, refusal)
    values = {"list": found, "form": form, "faults": known, "kind": kind}
    values |= {"about": say(request, kind.about), "member": kind.member}
    crumbs = [Crumb(say(request, kind.back[0]), kind.back[1])]
    title = say(request, kind.title)
    return admin_page(
        request, "admin/named_codes.html", values, title=title, crumbs=crumbs, refusal=refusal
    )
