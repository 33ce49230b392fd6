"""The pages of a kind of thing that the API lists, makes, changes and removes.

A group says what it is (`Things`): the handlers of the API, the columns of the list, the words of
the form. `pages_of` makes list, CSV, form and confirmation of it; every act is the API's own
(`calling.ask`). A form that was opened before somebody else saved is merged member by member.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError, Conflict, Invalid, NotFound
from argosy.kernel.ids import new_id
from argosy.kernel.paging import Page
from argosy.modules import staff
from argosy.modules.staff import AuditFilter
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import CHOOSE, Clash, Difference, confirm_page
from argosy.web.admin.kept_views import with_own
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
from argosy.web.admin.places import N_
from argosy.web.admin.showing import (
    Crumb,
    Notice,
    admin_page,
    lead_to,
    money_shown,
    refusal_text,
    say,
    zone_of,
)
from argosy.web.admin.struct_forms import (
    Document,
    Node,
    Shaping,
    as_typed,
    faults_at,
    fields_of,
    lacking,
    nodes_of,
)
from argosy.web.admin.struct_reading import act_on, read_document
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.web.problems import FieldError

AnyRequest = Request[Any, Any, Any]
Row = dict[str, Any]

MOST_FIELDS = 4000
_MOST_VERSIONS = 10**9


def _id(row: Row) -> str:
    return str(row["id"])


def _name(row: Row) -> str:
    return str(row["name"])


async def _nothing(
    _request: AnyRequest, _row: Row | None, _document: Document, _form: Form
) -> dict[str, Any]:
    return {}


More = Callable[[AnyRequest, Row | None, Document, Form], Awaitable[dict[str, Any]]]


class Things(NamedTuple):
    """A kind of thing. `area` names its scopes. `one` is None where rows are found in the list.

    `shaping` gets the row, or for a new one what is typed so far; `more` gives a page of its own
    template what else it shows. `cards`: headings over the members of the form, in their order;
    members that none names stand in the last. `find`: how a row is found that is part of another
    thing; `given` are then the parameters that name that, and `home` is its page. `prepare` makes
    the body of what was typed. `beside`: what else the template of the list shows.
    """

    path: str
    title: str
    new: str
    area: str
    rows: HTTPRouteHandler
    columns: Callable[[AnyRequest], list[Column]]
    shaping: Callable[[AnyRequest, Document], Awaitable[Shaping]]
    empty: tuple[str, str]
    one: HTTPRouteHandler | None = None
    make: HTTPRouteHandler | None = None
    change: HTTPRouteHandler | None = None
    remove: HTTPRouteHandler | None = None
    param: str = "id"
    ident: Callable[[Row], str] = _id
    called: Callable[[Row], str] = _name
    removal: Sequence[str] = ()
    cards: Sequence[tuple[str, Sequence[str]]] = ()
    filters: Callable[[AnyRequest], Awaitable[list[Filter]]] | None = None
    template: str = "admin/thing.html"
    list_template: str = "admin/things.html"
    more: More = _nothing
    made_says: str = N_("It is made.")
    first: Mapping[str, Any] = {}
    bulk: Callable[[AnyRequest], Sequence[Bulk]] | None = None
    find: Callable[[AnyRequest, str], Awaitable[Row]] | None = None
    prepare: Callable[[AnyRequest, Row], Awaitable[Row]] | None = None
    given: Mapping[str, Any] = {}
    home: str = ""
    links: Sequence[tuple[str, str]] = ()
    beside: Mapping[str, Any] = {}

    def path_of(self, row: Row) -> str:
        """The page of one."""
        return f"{self.path}/{quote(self.ident(row), safe='')}"


def pages_of(kind: Things) -> list[HTTPRouteHandler]:
    """The pages; those of acts that the API does not have are left out."""
    read, write = may(f"{kind.area}:read"), may(f"{kind.area}:write")
    reads: dict[str, Any] = {"include_in_schema": False, "guards": [read]}
    looks: dict[str, Any] = {"include_in_schema": False, "guards": [write]}
    writes: dict[str, Any] = {"include_in_schema": False, "guards": [own_pages_only, write]}
    one = f"{kind.path}/{{thing_id:str}}"

    async def show_list(request: AnyRequest) -> Response[bytes]:
        return await list_page(request, kind)

    async def export(request: AnyRequest) -> Stream:
        return await csv_file(request, kind)

    async def show_new(request: AnyRequest) -> Response[bytes]:
        asked = {**kind.first, **dict(request.query_params)}
        return await form_page(request, kind, None, asked)

    async def add(request: AnyRequest) -> Response[bytes]:
        return await save_new(request, kind)

    async def show_one(request: AnyRequest, thing_id: str) -> Response[bytes]:
        row = await row_of(request, kind, thing_id)
        return await form_page(request, kind, row, held_of(kind, row))

    async def save(request: AnyRequest, thing_id: str) -> Response[bytes]:
        return await save_one(request, kind, thing_id)

    async def ask_remove(request: AnyRequest, thing_id: str) -> Response[bytes]:
        return await removal_page(request, kind, thing_id)

    async def remove(request: AnyRequest, thing_id: str) -> Response[bytes]:
        return await remove_one(request, kind, thing_id)

    pages = [get(kind.path, **reads)(show_list), get(f"{kind.path}.csv", **reads)(export)]
    if kind.make is not None:
        pages += [
            get(f"{kind.path}/new", **looks)(show_new),
            post(f"{kind.path}/new", **writes)(add),
        ]
    if kind.change is not None:
        pages += [get(one, **reads)(show_one), post(one, **writes)(save)]
    if kind.remove is not None:
        pages += [
            get(f"{one}/delete", **looks)(ask_remove),
            post(f"{one}/delete", **writes)(remove),
        ]
    return pages


async def list_page(request: AnyRequest, kind: Things) -> Response[bytes]:
    """The list, a page of it."""
    filters = [] if kind.filters is None else await kind.filters(request)
    asked = asked_of(request, filters)
    title, text = (say(request, one) for one in kind.empty)
    writes = kind.make is not None
    found = listing_of(
        request,
        await page_of_rows(request, kind, asked, request.query_params.get("cursor"), PAGE),
        path=kind.path,
        columns=columns_of(request, kind, filters),
        row_id=kind.ident,
        row_path=kind.path_of if kind.change is not None else None,
        filters=filters,
        asked=asked,
        views=await with_own(request, kind.path) if filters else (),
        keeps=bool(filters),
        bulk=() if kind.bulk is None else kind.bulk(request),
        empty=Empty(title, text, say(request, kind.new), f"{kind.path}/new")
        if writes
        else Empty(title, text),
    )
    values = {"list": found, "new": say(request, kind.new) if writes else "", "area": kind.area}
    values["links"] = [(say(request, name), path) for name, path in kind.links]
    values |= kind.beside
    return admin_page(request, kind.list_template, values, title=say(request, kind.title))


async def csv_file(request: AnyRequest, kind: Things) -> Stream:
    """The whole list as a file."""
    filters = [] if kind.filters is None else await kind.filters(request)
    asked = asked_of(request, filters)

    async def read(cursor: str | None) -> Page[Row]:
        return await page_of_rows(request, kind, asked, cursor, CSV_BATCH)

    return csv_of(kind.path.rpartition("/")[2], columns_of(request, kind, filters), read)


def columns_of(request: AnyRequest, kind: Things, filters: Sequence[Filter]) -> list[Column]:
    """The columns; where a list can be filtered by channel, each row says its own, too."""
    columns = kind.columns(request)
    channel = next((one for one in filters if one.name == "channel_id" and one.choices), None)
    if channel is not None:
        names = dict(channel.choices)
        shown = Column(
            "channel",
            channel.label,
            lambda row: names.get(row.get("channel_id"), ""),
            narrow=False,
        )
        columns.insert(1, shown)
    return columns


async def page_of_rows(
    request: AnyRequest, kind: Things, asked: Mapping[str, str], cursor: str | None, limit: int
) -> Page[Row]:
    """A page of the API's list."""
    given: dict[str, Any] = {**kind.given, **asked}
    found = await ask(request, kind.rows, limit=limit, cursor=cursor, **given)
    return Page(items=found["items"], next_cursor=found.get("next_cursor"))


async def row_of(request: AnyRequest, kind: Things, thing_id: str) -> Row:
    """The thing as the API shows it. Raises what that does; NotFound where it has a list only."""
    wanted = unquote(thing_id)
    if kind.find is not None:
        return await kind.find(request, wanted)
    if kind.one is not None:
        given: dict[str, Any] = {**kind.given, kind.param: wanted}
        found: Row = await ask(request, kind.one, **given)
        return found
    for row in (await ask(request, kind.rows, limit=1000))["items"]:
        if kind.ident(row) == wanted:
            return dict(row)
    raise NotFound("There is no such thing.")


def shape_of(handler: HTTPRouteHandler) -> type[msgspec.Struct]:
    """The body that the handler takes."""
    shape: type[msgspec.Struct] = handler.parsed_fn_signature.parameters["data"].raw
    return shape


def held_of(kind: Things, row: Row) -> Row:
    """The body that a thing would be saved with as it is."""
    assert kind.change is not None
    names = {one.encode_name for one in msgspec.structs.fields(shape_of(kind.change))}
    return {name: value for name, value in row.items() if name in names}


def needed(kind: Things, nodes: list[Node]) -> list[Node]:
    """The form of a change, where what a new one must have is needed, too."""
    if kind.make is None:
        return nodes
    names = {one.encode_name for one in fields_of(shape_of(kind.make)) if one.required}
    return [node._replace(required=node.required or node.path in names) for node in nodes]


async def save_new(request: AnyRequest, kind: Things) -> Response[bytes]:
    """Make one of the form, once however often it is sent."""
    assert kind.make is not None
    form = await read_form(request, most=MOST_FIELDS)
    how = await kind.shaping(request, dict(form))
    typed = read_document(shape_of(kind.make), form, how)
    if form["act@"] != "save":
        return await form_page(request, kind, None, act_on(typed, form["act@"], form), form=form)
    try:
        _check_filled(request, nodes_of(shape_of(kind.make), typed, how))
        ready = typed if kind.prepare is None else await kind.prepare(request, typed)
        made = await ask(request, kind.make, data=ready, key=form["once@"], **kind.given)
    except ArgosyError as refusal:
        return await form_page(request, kind, None, typed, form=form, refusal=refusal)
    path = kind.home
    if not path:
        shown = kind.change is not None and isinstance(made, dict)
        path = kind.path_of(made) if shown else kind.path
    return lead_to(request, path, Notice(say(request, kind.made_says)))


async def save_one(request: AnyRequest, kind: Things, thing_id: str) -> Response[bytes]:
    """Write the form, as the thing was seen; else show what somebody else changed."""
    assert kind.change is not None
    form = await read_form(request, most=MOST_FIELDS)
    row = await row_of(request, kind, thing_id)
    how = await kind.shaping(request, row)
    shape, opened = shape_of(kind.change), _opened(form)
    typed = read_document(shape, form, how)
    for name in opened:
        if form[CHOOSE + name] == "theirs":
            typed[name] = opened[name]
    if form["act@"] != "save":
        return await form_page(request, kind, row, act_on(typed, form["act@"], form), form=form)
    version = whole_number(form["version@"], least=0, most=_MOST_VERSIONS)
    whole = "PUT" in kind.change.http_methods
    kept = {name: opened[name] for name in how.left_out if whole and name in opened}
    try:
        _check_filled(request, needed(kind, nodes_of(shape, typed, how)))
        given: dict[str, Any] = {**kind.given, kind.param: unquote(thing_id)}
        ready = typed if kind.prepare is None else await kind.prepare(request, typed)
        await ask(request, kind.change, data=kept | ready, version=version, **given)
    except ArgosyError as refusal:
        if isinstance(refusal, Conflict):
            row = await row_of(request, kind, thing_id)
            if row.get("version", version) != version:
                clash, merged = await _clash(request, kind, row, typed, opened)
                return await form_page(request, kind, row, merged, refusal=refusal, clash=clash)
        return await form_page(request, kind, row, typed, form=form, refusal=refusal)
    path = kind.home or kind.path_of(row)
    return lead_to(request, path, Notice(say(request, N_("Saved."))))


def _opened(form: Form) -> Row:
    try:
        return msgspec.json.decode(form["opened@"] or "{}", type=Row)
    except msgspec.DecodeError:  # Also of what is no object.
        return {}


def _check_filled(request: AnyRequest, nodes: Sequence[Node]) -> None:
    empty = lacking(nodes)
    if empty:
        said = say(request, N_("This has to be filled in."))
        errors = [FieldError(field=path, message=said) for path in empty]
        raise Invalid(said, field=empty[0], errors=errors)


async def _clash(
    request: AnyRequest, kind: Things, row: Row, typed: Row, opened: Row
) -> tuple[Clash, Row]:
    """What both changed, and the form with what only the other one did."""
    how = await kind.shaping(request, row)
    now, differences, taken, merged = held_of(kind, row), [], [], dict(typed)
    for name, yours in typed.items():
        was, theirs = opened.get(name), now.get(name)
        if theirs in (was, yours):
            continue
        label = how.said(name)[0]
        if yours == was:
            merged[name] = theirs
            taken.append(label)
        else:
            texts = (_briefly(one) for one in (was, yours, theirs))
            differences.append(Difference(name, label, *texts))
    async with shop(request).db.reading() as tx:
        about = AuditFilter(subject=kind.ident(row))
        trail = await staff.list_audit(tx, about, limit=1)
    who, at = (trail[0].actor_name, trail[0].at) if trail else ("", None)
    return Clash(differences, taken, {}, who, at), merged


def _briefly(value: object) -> str:
    if isinstance(value, str | int | bool) or value is None:
        return "" if value is None else str(value)
    return msgspec.json.encode(value).decode()[:400]


async def form_page(
    request: AnyRequest,
    kind: Things,
    row: Row | None,
    document: Document,
    *,
    form: Form | None = None,
    refusal: ArgosyError | None = None,
    clash: Clash | None = None,
) -> Response[bytes]:
    """The form of a thing, or of a new one (`row` None). `form`: it was sent and is shown again."""
    handler = kind.make if row is None else kind.change
    assert handler is not None
    how = await kind.shaping(request, document if row is None else row)
    nodes = needed(kind, nodes_of(shape_of(handler), document, how))
    if form and refusal and not clash:
        nodes = as_typed(nodes, form)
    held = {} if row is None else held_of(kind, row)
    values = {
        "cards": _cards(request, kind, nodes),
        "faults": faults_at(nodes, None if clash else refusal),
        "clash": clash,
        "path": f"{kind.path}/new" if row is None else kind.path_of(row),
        "back": kind.home or kind.path,
        "row": row,
        "version": form["version@"] if form else "" if row is None else row.get("version", ""),
        "opened": form["opened@"] if form else msgspec.json.encode(held).decode(),
        "once": form["once@"] if form and form["once@"] else new_id().hex,
        "writes": f"{kind.area}:write",
        "removes": kind.remove is not None and row is not None,
        "subject": "" if row is None else kind.ident(row),
        "has_rich": any(one.kind == "rich" for node in nodes for one in node.all()),
    }
    values["money_of"] = money_shown(request)
    values |= await kind.more(request, row, document, form or Form())
    return admin_page(
        request,
        kind.template,
        values,
        title=say(request, kind.new) if row is None else kind.called(row),
        crumbs=[Crumb(say(request, kind.title), kind.home or kind.path)],
        refusal=refusal,
    )


def _cards(
    request: AnyRequest, kind: Things, nodes: Sequence[Node]
) -> list[tuple[str, list[Node]]]:
    placed = {name for _, names in kind.cards for name in names}
    by_name = {node.path: node for node in nodes}
    made = [
        (say(request, heading) if heading else "", [by_name[n] for n in names if n in by_name])
        for heading, names in kind.cards
    ]
    rest = [node for node in nodes if node.path not in placed]
    if rest:
        made.append((say(request, N_("Further")) if made else "", rest))
    return [card for card in made if card[1]]


async def removal_page(request: AnyRequest, kind: Things, thing_id: str) -> Response[bytes]:
    """Ask before it goes, and say what that does."""
    row = await row_of(request, kind, thing_id)
    return confirm_page(
        request,
        title=say(request, N_("Delete %(title)s"), title=kind.called(row)),
        says=[say(request, one) for one in kind.removal],
        path=f"{kind.path_of(row)}/delete",
        back=kind.path_of(row) if kind.change is not None else kind.path,
        button=say(request, N_("Delete for good")),
        fields={"version": str(row.get("version", ""))},
        crumbs=[Crumb(say(request, kind.title), kind.home or kind.path)],
    )


async def remove_one(request: AnyRequest, kind: Things, thing_id: str) -> Response[bytes]:
    """Remove it as it was seen."""
    assert kind.remove is not None
    form = await read_form(request)
    row = await row_of(request, kind, thing_id)
    version = whole_number(form["version"], least=0, most=_MOST_VERSIONS)
    try:
        given: dict[str, Any] = {**kind.given, kind.param: unquote(thing_id)}
        await ask(request, kind.remove, version=version, **given)
    except Conflict as refusal:
        path = kind.path_of(row) if kind.change is not None else kind.path
        return lead_to(request, path, Notice(refusal_text(request, refusal), "bad"))
    said = say(request, N_("%(name)s is deleted."), name=kind.called(row))
    return lead_to(request, kind.home or kind.path, Notice(said))


def shaped(request: AnyRequest, **how: Any) -> Shaping:
    """A shaping in the language and by the clock of the person."""
    return Shaping(partial(say, request), zone=zone_of(request), **how)


def column(
    request: AnyRequest, name: str, label: str, kind: Any = "text", *, narrow: bool = True
) -> Column:
    """A column of what the API's rows hold under that name."""
    return Column(name, say(request, label), lambda row: row[name], kind, narrow=narrow)


def moment_column(request: AnyRequest, name: str, label: str, *, narrow: bool = True) -> Column:
    """A column of an instant, by the person's clock."""

    def value(row: Row) -> datetime | None:
        return datetime.fromisoformat(row[name]) if row[name] else None

    return Column(name, say(request, label), value, "instant", narrow=narrow)
