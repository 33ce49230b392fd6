"""The category tree: its list, the form of a category, and removing one."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import catalog, staff
from argosy.modules.catalog import Category
from argosy.modules.paths import Thing
from argosy.web.admin.access import may
from argosy.web.admin.editing import Clash, chosen, clash_of, confirm_page, faults_of
from argosy.web.admin.lists import CSV_BATCH, Column, Empty, Filter, asked_of, csv_of, listing_of
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.products import PATH as PRODUCTS
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, refusal_text, say
from argosy.web.api.admin.catalog_views import CategoryView, changes
from argosy.web.api.admin.endings import ending_of, shown_ending
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.web.paging import after, filters_of, page_of
from argosy.workflows.addressing import end_thing

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/categories"
NAMES = {
    "name": N_("Name"),
    "parent": N_("Below"),
    "slug": N_("Slug"),
    "position": N_("Place"),
    "description": N_("Description"),
}
_PROBLEM_FIELDS = {"parent_id": "parent", "path": "slug"}
_PAGE = 200
_MOST_CHOICES = 300
_MOST_VERSIONS = 10**9
_LONGEST = {"name": 200, "slug": 120, "description": 20_000}


def category_path(category_id: UUID) -> str:
    """The page of a category."""
    return f"{PATH}/{encode('category', category_id)}"


@get(PATH, include_in_schema=False, guards=[may("catalog:read")])
async def show_categories(request: AnyRequest) -> Response[bytes]:
    """The tree, parents before what is below them. One statement."""
    filters = [Filter("q", say(request, N_("Name or path holds")), kind="text")]
    asked = asked_of(request, filters)
    page = await _page(request, asked, request.query_params.get("cursor"), _PAGE)
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request, indented="q" not in asked),
        row_id=lambda row: encode("category", row.id),
        row_path=lambda row: category_path(row.id),
        filters=filters,
        asked=asked,
        empty=_empty(request, asked),
    )
    title = say(request, N_("Categories"))
    return admin_page(request, "admin/categories.html", {"list": found}, title=title)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("catalog:read")])
async def export_categories(request: AnyRequest) -> Stream:
    """The tree as a file."""
    asked = asked_of(request, [Filter("q", "", kind="text")])

    async def read(cursor: str | None) -> Page[Category]:
        return await _page(request, asked, cursor, CSV_BATCH)

    return csv_of("categories", _columns(request, indented=False), read)


async def _page(
    request: AnyRequest, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[Category]:
    filters = filters_of("admin categories", **asked)
    keys = after(cursor, filters, length=1)
    words = asked.get("q", "").casefold()
    async with shop(request).db.reading() as tx:
        tree = await catalog.list_categories(tx)
    fit = [one for one in tree if words in one.name.casefold() or words in one.path]
    places = [one.path for one in fit]
    start = places.index(str(keys[0])) + 1 if keys and keys[0] in places else 0
    rows = fit[start : start + limit + 1]
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda row: [row.path], show=lambda row: row
    )


def _columns(request: AnyRequest, *, indented: bool) -> list[Column]:
    def name(row: Category) -> str:
        return ("\u2003" * row.path.count("/") if indented else "") + row.name

    return [
        Column("name", say(request, N_("Name")), name),
        Column("path", say(request, N_("Path")), lambda row: row.path, "muted", narrow=False),
        Column(
            "position", say(request, N_("Place")), lambda row: row.position, "number", narrow=False
        ),
        Column(
            "products",
            say(request, N_("Its products")),
            lambda _: say(request, N_("List them")),
            "muted",
            href=lambda row: f"{PRODUCTS}?category={row.path}",
        ),
    ]


def _empty(request: AnyRequest, asked: Mapping[str, str]) -> Empty:
    if asked:
        text = say(request, N_("Take the filter off to see the whole tree."))
        return Empty(say(request, N_("No category fits")), text, say(request, N_("All")), PATH)
    return Empty(
        say(request, N_("No categories yet")),
        say(request, N_("Categories are the shelves of the shop: shoppers walk through them.")),
        say(request, N_("New category")),
        f"{PATH}/new",
    )


@get(f"{PATH}/new", include_in_schema=False, guards=[may("catalog:write")])
async def new_category(request: AnyRequest) -> Response[bytes]:
    """The form of a new category, below `parent` of the address."""
    parent = request.query_params.get("parent", "")
    async with shop(request).db.reading() as tx:
        tree = await catalog.list_categories(tx)
    return _form(request, tree, None, {"parent": parent})


@post(f"{PATH}/new", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def add_category(request: AnyRequest) -> Response[bytes]:
    """Make a category. Its path makes a second sending fail."""
    form = await read_form(request)
    async with shop(request).db.reading() as tx:
        tree = await catalog.list_categories(tx)
    try:
        fields = _read(form, tree, list(NAMES))
        async with shop(request).db.transaction() as tx:
            made = await catalog.create_category(
                tx,
                parent_id=fields["parent_id"],
                name=fields["name"],
                slug=fields["slug"] or None,
                description=fields["description"],
                position=fields["position"],
            )
            subject, shown = encode("category", made.id), {"path": made.path, "name": made.name}
            await staff.audit(tx, actor(request), "category.created", subject, None, shown)
    except ArgosyError as refusal:
        return _form(request, tree, None, form, refusal=refusal)
    return lead_to(request, PATH, Notice(say(request, N_("%(name)s is made."), name=made.name)))


@get(f"{PATH}/{{category_id:str}}", include_in_schema=False, guards=[may("catalog:read")])
async def show_category(request: AnyRequest, category_id: str) -> Response[bytes]:
    """The form of a category."""
    found = decode("category", category_id, field="category_id")
    async with shop(request).db.reading() as tx:
        category = await catalog.category_by_id(tx, found)
        tree = await catalog.list_categories(tx)
    return _form(request, tree, category, form_of(category))


@post(
    f"{PATH}/{{category_id:str}}",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def save_category(request: AnyRequest, category_id: str) -> Response[bytes]:
    """Write what was changed in the form."""
    found, db = decode("category", category_id, field="category_id"), shop(request).db
    sent = await read_form(request)
    plain = Form({name: value.replace("\r\n", "\n") for name, value in sent.items()})
    form = chosen(plain, list(NAMES))
    version = whole_number(form["version"], least=0, most=_MOST_VERSIONS) or 0
    async with db.reading() as tx:
        tree = await catalog.list_categories(tx)
    try:
        fields = _read(form, tree, [one for one in NAMES if form[one] != form["opened." + one]])
        async with db.transaction() as tx:
            before = await catalog.category_by_id(tx, found)
            after_ = await catalog.update_category(tx, found, **fields, expected_version=version)
            old, new = changes(CategoryView.of(before), CategoryView.of(after_), None)
            if old != new:
                await staff.audit(tx, actor(request), "category.changed", category_id, old, new)
    except catalog.CatalogVersionConflict as refusal:
        async with db.reading() as tx:
            now = await catalog.category_by_id(tx, found)
            labels = {name: say(request, label) for name, label in NAMES.items()}
            clash = await clash_of(tx, category_id, labels, form, form_of(now))
        return _form(request, tree, now, clash.merged, refusal=refusal, clash=clash)
    except ArgosyError as refusal:
        async with db.reading() as tx:
            known = await catalog.category_by_id(tx, found)
        return _form(request, tree, known, form, refusal=refusal, opened=form)
    return lead_to(request, PATH, Notice(say(request, N_("%(name)s is saved."), name=after_.name)))


def form_of(category: Category) -> dict[str, str]:
    """What the form holds for a category as it is."""
    return {
        "name": category.name.strip(),
        "parent": category.path.rpartition("/")[0],
        "slug": category.slug,
        "position": str(category.position),
        "description": category.description.strip(),
    }


def _read(form: Form, tree: Sequence[Category], names: Sequence[str]) -> dict[str, Any]:
    """These fields as the catalog takes them. Raises CatalogInputInvalid, CategoryNotFound."""
    fields: dict[str, Any] = {}
    for name in names:
        text = form[name]
        if len(text) > _LONGEST.get(name, 2000):
            raise catalog.CatalogInputInvalid("This is too long.", field=name)
        if name == "parent":
            fields["parent_id"] = _parent(text, tree)
        elif name == "position":
            number = whole_number(text or "0", least=0, most=1_000_000)
            if number is None:
                raise catalog.CatalogInputInvalid("Write a whole number.", field=name)
            fields[name] = number
        else:
            fields[name] = text
    if "name" in fields and not fields["name"]:
        raise catalog.CatalogInputInvalid("A category has a name.", field="name")
    slug = fields.get("slug", "")
    if "/" in slug or any(letter.isspace() for letter in slug):
        raise catalog.CatalogInputInvalid("A slug holds no spaces and no slashes.", field="slug")
    return fields


def _parent(path: str, tree: Sequence[Category]) -> UUID | None:
    wanted = path.strip("/")
    if not wanted:
        return None
    for one in tree:
        if one.path == wanted:
            return one.id
    raise catalog.CategoryNotFound("There is no category with this path.", field="parent")


def _form(
    request: AnyRequest,
    tree: Sequence[Category],
    category: Category | None,
    form: Mapping[str, str],
    *,
    refusal: ArgosyError | None = None,
    clash: Clash | None = None,
    opened: Form | None = None,
) -> Response[bytes]:
    now = form_of(category) if category else None
    if opened is not None:
        now = {name: opened["opened." + name] for name in NAMES}
    below = "" if category is None else category.path
    others = [one for one in tree if not below or not f"{one.path}/".startswith(f"{below}/")]
    root = ("", say(request, N_("Nothing: it stands at the top")))
    values = {
        "form": Form(dict(form)),
        "opened": now,
        "version": opened["version"] if opened else category.version if category else "",
        "category": category,
        "parents": [root, *((one.path, one.path) for one in others)]
        if len(others) <= _MOST_CHOICES
        else None,
        "path": category_path(category.id) if category else f"{PATH}/new",
        "faults": faults_of(None if clash else refusal, list(NAMES), _PROBLEM_FIELDS),
        "clash": clash,
    }
    return admin_page(
        request,
        "admin/category.html",
        values,
        title=category.name if category else say(request, N_("New category")),
        crumbs=[Crumb(say(request, N_("Categories")), PATH)],
        refusal=refusal,
    )


@get(f"{PATH}/{{category_id:str}}/delete", include_in_schema=False, guards=[may("catalog:write")])
async def ask_delete(request: AnyRequest, category_id: str) -> Response[bytes]:
    """Ask before a category goes."""
    found = decode("category", category_id, field="category_id")
    async with shop(request).db.reading() as tx:
        category = await catalog.category_by_id(tx, found)
    return confirm_page(
        request,
        title=say(request, N_("Delete %(title)s"), title=category.name),
        says=[
            say(request, N_("Its products stay, in their other categories.")),
            say(request, N_("Its address answers that it is gone.")),
        ],
        path=f"{category_path(found)}/delete",
        back=category_path(found),
        button=say(request, N_("Delete for good")),
        fields={"version": str(category.version)},
        crumbs=[Crumb(say(request, N_("Categories")), PATH)],
    )


@post(
    f"{PATH}/{{category_id:str}}/delete",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def delete_category(request: AnyRequest, category_id: str) -> Response[bytes]:
    """Remove a category that has none below it, as it was seen."""
    found, form = decode("category", category_id, field="category_id"), await read_form(request)
    version = whole_number(form["version"], least=0, most=_MOST_VERSIONS) or 0
    ending = ending_of(None, None)
    try:
        async with shop(request).db.transaction() as tx:
            before = await catalog.category_by_id(tx, found)
            await catalog.delete_category(tx, found, expected_version=version)
            await end_thing(tx, Thing(kind="category", id=found), ending)
            gone = {"path": before.path, "name": before.name, **shown_ending(ending)}
            await staff.audit(tx, actor(request), "category.deleted", category_id, gone)
    except (catalog.CategoryNotEmpty, catalog.CatalogVersionConflict) as refusal:
        return lead_to(request, category_path(found), Notice(refusal_text(request, refusal), "bad"))
    said = say(request, N_("%(name)s is deleted."), name=before.name)
    return lead_to(request, PATH, Notice(said))


ENTRIES = (
    Entry(
        N_("Categories"), PATH, N_("Catalogue"), "catalog:read", key="c", icon="categories",
        words="tree shelves navigation", position=20,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    show_categories,
    export_categories,
    new_category,
    add_category,
    show_category,
    save_category,
    ask_delete,
    delete_category,
]
