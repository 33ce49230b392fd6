"""What categories and products are in the product categories of Google and Shopify."""

from collections.abc import Sequence
from typing import Any, NamedTuple, get_args
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import catalog, taxonomy
from argosy.modules.catalog import Category
from argosy.modules.taxonomy import System
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
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
)
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.api.admin import taxonomies as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.paging import after, filters_of, page_of
from argosy.workflows import classing

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/taxonomies"
SYSTEMS = {"google": "Google", "shopify": "Shopify"}
WHICH = {"inherited": N_("As the one above says"), "own": N_("Mapped"), "all": N_("All")}
_LONGEST = 200


class Mapped(NamedTuple):
    """A category, what it is, and whose word that is: its own, one above it, or nobody's."""

    category: Category
    code: str
    word: str


@get(PATH, include_in_schema=False, guards=[may("catalog:read")])
async def show_mappings(request: AnyRequest) -> Response[bytes]:
    """Categories that nothing is said of, in one system. Four statements at most."""
    filters = _filters(request)
    asked = asked_of(request, filters)
    system = _system(asked.get("system", "google"))
    page = await _page(request, asked, request.query_params.get("cursor"), PAGE)
    async with shop(request).db.reading() as tx:
        loaded = await taxonomy.count_nodes(tx, system)
    views = [
        SavedView(
            f"{name}: {say(request, N_('Not mapped'))}", {} if one == "google" else {"system": one}
        )
        for one, name in SYSTEMS.items()
    ]
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: encode("category", row.category.id),
        row_path=lambda row: f"{PATH}/{encode('category', row.category.id)}",
        filters=filters,
        asked=asked,
        views=views,
        empty=_empty(request, asked),
    )
    values = {"list": found, "loaded": loaded, "system": system, "system_name": SYSTEMS[system]}
    title = say(request, N_("Google's and Shopify's categories"))
    return admin_page(request, "admin/taxonomies.html", values, title=title)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("catalog:read")])
async def export_mappings(request: AnyRequest) -> Stream:
    """The list as a file."""
    asked = asked_of(request, _filters(request))

    async def read(cursor: str | None) -> Page[Mapped]:
        return await _page(request, asked, cursor, CSV_BATCH)

    return csv_of("taxonomies", _columns(request), read)


def _system(text: str) -> System:
    for one in get_args(System):
        if one == text:
            found: System = one
            return found
    raise taxonomy.NodeUnknown("There is no such system.", field="system")


def _filters(request: AnyRequest) -> list[Filter]:
    return [
        Filter("system", say(request, N_("System")), tuple(SYSTEMS.items()), none="Google"),
        Filter(
            "which",
            say(request, N_("Which")),
            tuple((value, say(request, name)) for value, name in WHICH.items()),
            none=say(request, N_("Not mapped")),
        ),
    ]


async def _page(
    request: AnyRequest, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[Mapped]:
    filters = filters_of("admin taxonomies", **asked)
    keys = after(cursor, filters, length=1)
    system = _system(asked.get("system", "google"))
    async with shop(request).db.reading() as tx:
        tree = await catalog.list_categories(tx)
        said = await taxonomy.mappings_of(tx, [one.id for one in tree])
    codes = {one.entity_id: one.node.code for one in said if one.node.system == system}
    rows = _mapped(tree, codes)
    which = asked.get("which", "none")
    fit = [one for one in rows if which in ("all", one.word)]
    places = [one.category.path for one in fit]
    start = places.index(str(keys[0])) + 1 if keys and keys[0] in places else 0
    return page_of(
        fit[start : start + limit + 1],
        limit=limit,
        filters=filters,
        keys=lambda row: [row.category.path],
        show=lambda row: row,
    )


def _mapped(tree: Sequence[Category], codes: dict[UUID, str]) -> list[Mapped]:
    """Each category with what is said of it, or of the nearest above it. Pure."""
    by_path = {one.path: codes[one.id] for one in tree if one.id in codes}
    rows = []
    for one in tree:
        code, word, path = codes.get(one.id, ""), "own" if one.id in codes else "none", one.path
        while not code and "/" in path:
            path = path.rpartition("/")[0]
            if path in by_path:
                code, word = by_path[path], "inherited"
        rows.append(Mapped(one, code, word))
    return rows


def _columns(request: AnyRequest) -> list[Column]:
    words = WHICH | {"none": N_("Not mapped")}
    return [
        Column("category", say(request, N_("Category")), lambda row: row.category.name),
        Column(
            "path", say(request, N_("Path")), lambda row: row.category.path, "muted", narrow=False
        ),
        Column("code", say(request, N_("Its code there")), lambda row: row.code, "code"),
        Column("state", say(request, N_("State")), lambda row: say(request, words[row.word])),
    ]


def _empty(request: AnyRequest, asked: dict[str, str]) -> Empty:
    if asked.get("which"):
        return Empty(
            say(request, N_("No category stands so")),
            say(request, N_("Take the filter off to see those that are not mapped.")),
        )
    text = N_(
        "What is said of a category holds for all below it. Marketplaces and feeds ask for these"
        " codes."
    )
    return Empty(say(request, N_("Every category is mapped")), say(request, text))


@get(f"{PATH}/{{thing_id:str}}", include_in_schema=False, guards=[may("catalog:read")])
async def show_classes(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """What a category or product is in each system; `q` looks for another by name."""
    return await _classes(request, thing_id, Form(), None)


@post(
    f"{PATH}/{{thing_id:str}}",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def save_class(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """Say what it is in a system, or that it is what its category is."""
    form = await read_form(request)
    given: dict[str, Any] = {"system": form["system"], "thing_id": thing_id}
    try:
        _system(form["system"])
        if form["act"] == "clear":
            await ask(request, api.clear_class, **given)
        else:
            await ask(request, api.set_class, data={"code": form["code"]}, **given)
    except ArgosyError as refusal:
        return await _classes(request, thing_id, form, refusal)
    return lead_to(request, f"{PATH}/{thing_id}", Notice(say(request, N_("Saved."))))


async def _classes(
    request: AnyRequest, thing_id: str, form: Form, refusal: ArgosyError | None
) -> Response[bytes]:
    is_category = thing_id.startswith("ctg_")
    kind = "category" if is_category else "product"
    found = decode(kind, thing_id, field="thing_id")
    words = request.query_params.get("q", "").strip()[:_LONGEST]
    looked = request.query_params.get("system", "")
    async with shop(request).db.reading() as tx:
        name = await classing.name_of(tx, "category" if is_category else "product", found)
    systems = []
    for system, label in SYSTEMS.items():
        one = await ask(request, api.get_class, system=system, thing_id=thing_id)
        hits = None
        if words and system == looked:
            hits = await ask(request, api.find_nodes, system=system, q=words)
        typed = form["code"] if form["system"] == system else ""
        systems.append((system, label, one, hits, typed))
    home = "/admin/categories" if is_category else "/admin/products"
    values = {
        "systems": systems,
        "path": f"{PATH}/{thing_id}",
        "words": words,
        "thing": thing_id,
        "home": f"{home}/{thing_id}",
        "is_category": is_category,
        "fault": refusal.message if refusal else "",
        "faulty": form["system"],
    }
    crumbs = [Crumb(say(request, N_("Google's and Shopify's categories")), PATH)]
    return admin_page(
        request, "admin/taxonomy.html", values, title=name, crumbs=crumbs, refusal=refusal
    )


ENTRIES = (
    Entry(
        N_("Google's and Shopify's categories"), PATH, N_("Imports and data"), "catalog:read",
        icon="categories", words="taxonomy google shopify mapping feeds", position=22,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [show_mappings, export_mappings, show_classes, save_class]
