"""Redirects: where former or made-up addresses of the shop lead."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.modules.paths import RedirectInvalid
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import all_channels, channel_options
from argosy.web.admin.lists import Column, Filter
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.admin.struct_forms import Document, Shaping, faults_at, nodes_of
from argosy.web.admin.struct_reading import read_document
from argosy.web.admin.things import Row, Things, column, pages_of, shaped
from argosy.web.api.admin import redirects as api
from argosy.web.auth import shop
from argosy.web.pages.forms import read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/redirects"
_ANSWERS = {"moved": N_("leads on"), "gone": N_("says that it is gone")}
WORDS = {
    "path": (N_("Address"), N_("As in /old/tee.html.")),
    "to": (N_("Leads to"), N_("A product's or category's id or path, or an https address.")),
    "channel": (N_("Only in the channel"), ""),
    "locale": (N_("Only in the language"), N_("As in de or en-GB.")),
    "answer": (N_("What it does"), ""),
    **{f"answer:{one}": (said, "") for one, said in _ANSWERS.items()},
}


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    async with shop(request).db.reading() as tx:
        known = [(one.code, one.name) for one in await all_channels(tx)]
    return shaped(
        request,
        words=WORDS,
        options={"channel": known},
        picks={"to": "target/path"},
    )


async def _filters(request: AnyRequest) -> list[Filter]:
    async with shop(request).db.reading() as tx:
        known = channel_options(await all_channels(tx))
    return [
        Filter("prefix", say(request, N_("Address begins with")), kind="text"),
        Filter("channel_id", say(request, N_("Channel")), tuple(known)),
    ]


def _columns(request: AnyRequest) -> list[Column]:
    return [
        column(request, "path", N_("Address")),
        column(request, "to", N_("Leads to"), "muted"),
        Column(
            "answer",
            say(request, N_("What it does")),
            lambda row: say(request, _ANSWERS[row["answer"]]),
            narrow=False,
        ),
        column(request, "locale", N_("Language"), narrow=False),
        Column(
            "acts",
            say(request, N_("Delete…")),
            lambda _: say(request, N_("Delete…")),
            href=lambda row: f"{PATH}/{row['id']}/delete",
        ),
    ]


REDIRECTS = Things(
    path=PATH,
    title=N_("Redirects"),
    new=N_("New redirect"),
    area="catalog",
    rows=api.list_redirects,
    one=api.get_redirect,
    remove=api.delete_redirect,
    param="redirect_id",
    called=lambda row: str(row["path"]),
    columns=_columns,
    shaping=_shaping,
    filters=_filters,
    list_template="admin/redirects.html",
    empty=(
        N_("No redirects yet"),
        N_("What was renamed leads on by itself. A redirect is for addresses of a former shop."),
    ),
    removal=(N_("The address answers as if it had never led anywhere."),),
)


@get(f"{PATH}/new", include_in_schema=False, guards=[may("catalog:write")])
async def show_new(request: AnyRequest) -> Response[bytes]:
    """The form of a redirect."""
    return await _form(request, {}, None)


@post(f"{PATH}/new", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def save(request: AnyRequest) -> Response[bytes]:
    """Make a redirect, or make it anew where there is one for the address."""
    form = await read_form(request)
    typed = read_document(api.RedirectBody, form, await _shaping(request, {}))
    try:
        done = await ask(request, api.save_redirects, data={"redirects": [typed]})
        for fault in done["faults"]:
            member = fault["column"] if fault["column"] in WORDS else "path"
            raise RedirectInvalid(fault["reason"], field=f"redirects[0].{member}")
    except ArgosyError as refusal:
        return await _form(request, typed, refusal)
    said = N_("The redirect is made.") if done["created"] else N_("The redirect is made anew.")
    return lead_to(request, PATH, Notice(say(request, said)))


async def _form(request: AnyRequest, typed: Row, refusal: ArgosyError | None) -> Response[bytes]:
    nodes = nodes_of(api.RedirectBody, typed, await _shaping(request, {}))
    named = [node._replace(path=f"redirects[0].{node.path}") for node in nodes]
    faults = faults_at(named, refusal)
    at = {path.removeprefix("redirects[0]."): said for path, said in faults.at.items()}
    values = {"nodes": nodes, "faults": faults._replace(at=at), "path": f"{PATH}/new"}
    crumbs = [Crumb(say(request, N_("Redirects")), PATH)]
    title = say(request, N_("New redirect"))
    return admin_page(
        request, "admin/redirect.html", values, title=title, crumbs=crumbs, refusal=refusal
    )


ENTRIES = (
    Entry(
        N_("Redirects"), PATH, N_("Shop window"), "catalog:read", icon="events",
        words="addresses paths urls moved gone", position=70,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [*pages_of(REDIRECTS), show_new, save]
