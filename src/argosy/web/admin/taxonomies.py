"""What categories and products are in the product categories of Google and Shopify."""

from typing import Any, get_args

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode
from argosy.kernel.paging import Page
from argosy.modules import taxonomy
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
from argosy.web.api.admin.taxonomies import MappingRow
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import classing

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/taxonomies"
SYSTEMS = {"google": "Google", "shopify": "Shopify"}
WHICH = {"inherited": N_("As the one above says"), "own": N_("Mapped"), "all": N_("All")}
_LONGEST = 200


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
        row_id=lambda row: row.category_id,
        row_path=lambda row: f"{PATH}/{row.category_id}",
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

    async def read(cursor: str | None) -> Page[MappingRow]:
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
) -> Page[MappingRow]:
    told = await ask(
        request,
        api.list_mappings,
        system=_system(asked.get("system", "google")),
        which=asked.get("which", "none"),
        cursor=cursor,
        limit=limit,
    )
    return msgspec.convert(told, Page[MappingRow])


def _columns(request: AnyRequest) -> list[Column]:
    words = WHICH | {"none": N_("Not mapped")}
    return [
        Column("category", say(request, N_("Category")), lambda row: row.name),
        Column("path", say(request, N_("Path")), lambda row: row.path, "muted", narrow=False),
        Column("code", say(request, N_("Its code there")), lambda row: row.code, "code"),
        Column("state", say(request, N_("State")), lambda row: say(request, words[row.state])),
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
