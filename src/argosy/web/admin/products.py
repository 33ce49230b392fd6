"""The list of products: filters and search, those that lack something, states set for several."""

from collections.abc import Sequence
from functools import partial
from typing import Any, get_args
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import catalog, channels, producttypes, staff
from argosy.modules.catalog import Category, Product, ProductInput, ProductStatus
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.field_lists import filters_by_field, page_by_field
from argosy.web.admin.kept_views import with_own
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Bulk,
    Column,
    Empty,
    Filter,
    SavedView,
    asked_of,
    by_fields,
    csv_of,
    listing_of,
    read_sorted,
    sorting,
)
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, Notice, Undo, admin_page, lead_to, say
from argosy.web.admin.states import STATES
from argosy.web.api.admin.completeness import least_complete
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.sorting import check_alone, products_sorted
from argosy.workflows import typed_products

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/products"
INCOMPLETE = f"{PATH}/incomplete"
BULK = f"{PATH}/bulk"
PUT_BACK = f"{BULK}/put-back"
_STATUSES: tuple[ProductStatus, ...] = get_args(ProductStatus)
_MOST_CHOICES = 300
_SORTINGS = (("title", N_("by title")), ("updated", N_("the latest changed first")))
_NO_CATEGORY = UUID(int=0)
BUILT_IN = {
    "photograph": N_("a picture"),
    "price": N_("a price"),
    "description": N_("a description"),
}
"""What a product may lack that is no attribute, by how `producttypes.Lack` names it."""


class Unfinished(msgspec.Struct, frozen=True):
    """A product of the list of those that lack something in a channel."""

    product: Product
    score: int
    lacks: str


def product_path(product_id: UUID) -> str:
    """The page of a product."""
    return f"{PATH}/{encode('product', product_id)}"


def to_products(request: AnyRequest) -> Crumb:
    """The way back to the list."""
    return Crumb(say(request, N_("Products")), PATH)


@get(PATH, include_in_schema=False, guards=[may("catalog:read")])
async def show_products(request: AnyRequest) -> Response[bytes]:
    """Products, the newest first. Eight statements, whatever their number."""
    async with shop(request).db.reading() as tx:
        tree = await catalog.list_categories(tx)
    filters = [*_filters(request, tree), *await filters_by_field(request, "product")]
    asked, cursor = asked_of(request, filters), request.query_params.get("cursor")
    page, refusal = await read_sorted(asked, lambda: _page(request, tree, asked, cursor, PAGE))
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: encode("product", row.row.id),
        row_path=lambda row: product_path(row.row.id),
        filters=filters,
        asked=asked,
        views=await with_own(request, PATH, _views(request)),
        keeps=True,
        bulk=[
            Bulk(say(request, N_("Set active")), f"{BULK}/active", "catalog:write"),
            Bulk(say(request, N_("Set to draft")), f"{BULK}/draft", "catalog:write"),
            Bulk(say(request, N_("Archive")), f"{BULK}/archived", "catalog:write"),
        ],
        empty=_empty(request, asked),
    )
    title = say(request, N_("Products"))
    return admin_page(request, "admin/products.html", {"list": found}, title=title, refusal=refusal)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("catalog:read")])
async def export_products(request: AnyRequest) -> Stream:
    """The filtered list as a file."""
    db = shop(request).db
    async with db.reading() as tx:
        tree = await catalog.list_categories(tx)
    filters = [*_filters(request, tree), *await filters_by_field(request, "product")]
    asked = asked_of(request, filters)

    async def read(cursor: str | None) -> Page[Product]:
        return await _page(request, tree, asked, cursor, CSV_BATCH)

    return csv_of("products", _columns(request), read)


async def _page(
    request: AnyRequest,
    tree: list[Category],
    asked: dict[str, str],
    cursor: str | None,
    limit: int,
) -> Page[Product]:
    if by_fields(asked):
        return await page_by_field(request, "product", asked, _by_ids, cursor=cursor, limit=limit)
    async with shop(request).db.reading() as tx:
        return await _filtered(tx, tree, asked, cursor, limit)


async def _by_ids(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Product]:
    return {one.row.id: one for one in await catalog.products_by_ids(tx, list(ids))}


async def _filtered(
    tx: Tx, tree: list[Category], asked: dict[str, str], cursor: str | None, limit: int
) -> Page[Product]:
    if "sort" in asked:
        check_alone(q=asked.get("q"), category=asked.get("category"))
        return await products_sorted(
            tx,
            asked["sort"],  # type: ignore[arg-type]  # one of the filter's choices
            status=asked.get("status"),  # type: ignore[arg-type]
            cursor=cursor,
            limit=limit,
        )
    category = None
    if "category" in asked:
        wanted = asked["category"].strip("/")
        # A category that does not exist finds nothing, and is no error: links outlive categories.
        category = next((one.id for one in tree if one.path == wanted), _NO_CATEGORY)
    return await catalog.list_products(
        tx,
        status=asked.get("status"),  # type: ignore[arg-type]  # one of the filter's choices
        search=asked.get("q"),
        category_id=category,
        cursor=cursor,
        limit=limit,
    )


def _filters(request: AnyRequest, tree: list[Category]) -> list[Filter]:
    # A tree of thousands would make every page of the list heavy: then the path is typed.
    few = len(tree) <= _MOST_CHOICES
    paths = tuple((one.path, one.path) for one in tree)
    states = tuple((one, say(request, STATES[one].label)) for one in _STATUSES)
    return [
        Filter("q", say(request, N_("Title or SKU begins with")), kind="text"),
        Filter("status", say(request, N_("State")), states),
        Filter("category", say(request, N_("Category")), paths)
        if few and paths
        else Filter("category", say(request, N_("Category")), kind="text"),
        sorting(partial(say, request), _SORTINGS),
    ]


def _views(request: AnyRequest) -> list[SavedView]:
    return [
        SavedView(say(request, N_("All")), {}),
        SavedView(say(request, N_("Active")), {"status": "active"}),
        SavedView(say(request, N_("Drafts")), {"status": "draft"}),
        SavedView(say(request, N_("Archived")), {"status": "archived"}),
    ]


def _columns(request: AnyRequest) -> list[Column]:
    return [
        Column("title", say(request, N_("Product")), lambda row: row.row.title),
        Column("status", say(request, N_("State")), lambda row: row.row.status, "badge"),
        Column(
            "variants", say(request, N_("Variants")), lambda row: row.variant_count, "number",
            narrow=False,
        ),
        Column(
            "channels", say(request, N_("Channels")), lambda row: len(row.publications), "number",
            narrow=False,
        ),
        Column("brand", say(request, N_("Brand")), lambda row: row.row.brand, narrow=False),
        Column(
            "categories", say(request, N_("Categories")),
            lambda row: ", ".join(row.categories), "muted", narrow=False,
        ),
        Column(
            "changed", say(request, N_("Changed")), lambda row: row.row.updated_at, "instant",
            narrow=False,
        ),
    ]  # fmt: skip


def _empty(request: AnyRequest, asked: dict[str, str]) -> Empty:
    if asked:
        return Empty(
            say(request, N_("No product fits these filters")),
            say(request, N_("The search takes the beginning of a title or of a SKU.")),
            say(request, N_("All products")),
            PATH,
        )
    return Empty(
        say(request, N_("No products yet")),
        say(request, N_("Make one here, or bring many at once as a file of another shop system.")),
        say(request, N_("New product")),
        f"{PATH}/new",
    )


@get(INCOMPLETE, include_in_schema=False, guards=[may("catalog:read")])
async def show_incomplete(request: AnyRequest) -> Response[bytes]:
    """Products that lack something where they are shown, the least complete first."""
    async with shop(request).db.reading() as tx:
        asked, filters = await _asked_channel(request, tx)
        page = await _unfinished(request, tx, asked, request.query_params.get("cursor"), PAGE)
    found = listing_of(
        request,
        page,
        path=INCOMPLETE,
        columns=_unfinished_columns(request),
        row_id=lambda row: encode("product", row.product.row.id),
        row_path=lambda row: product_path(row.product.row.id),
        filters=filters,
        asked=asked,
        empty=Empty(
            say(request, N_("Nothing is missing")),
            say(
                request,
                N_("Every product of this channel has a price, a picture, texts, and what its type"
                   " asks for."),
            ),
            say(request, N_("All products")),
            PATH,
        ),
    )  # fmt: skip
    title = say(request, N_("Incomplete products"))
    return admin_page(
        request, "admin/list.html", {"list": found}, title=title, crumbs=[to_products(request)]
    )


@get(f"{INCOMPLETE}.csv", include_in_schema=False, guards=[may("catalog:read")])
async def export_incomplete(request: AnyRequest) -> Stream:
    """What is missing, as a file."""
    db = shop(request).db
    async with db.reading() as tx:
        asked, _ = await _asked_channel(request, tx)

    async def read(cursor: str | None) -> Page[Unfinished]:
        async with db.reading() as tx:
            return await _unfinished(request, tx, asked, cursor, CSV_BATCH)

    return csv_of("incomplete-products", _unfinished_columns(request), read)


async def _asked_channel(request: AnyRequest, tx: Tx) -> tuple[dict[str, str], list[Filter]]:
    known = await channels.list_channels(tx)
    choices = tuple((one.code, one.name) for one in known)
    filters = [Filter("channel", say(request, N_("Channel")), choices)]
    asked = asked_of(request, filters)
    if "channel" not in asked and known:
        asked["channel"] = known[0].code
    return asked, filters


async def _unfinished(
    request: AnyRequest, tx: Tx, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[Unfinished]:
    if "channel" not in asked:
        return Page(items=[], next_cursor=None)
    rows, following = await least_complete(
        tx, asked["channel"], below=100, type_code=None, limit=limit, cursor=cursor
    )
    ids = [row.product_id for row in rows]
    products = {one.row.id: one for one in await catalog.products_by_ids(tx, ids)}
    scores = await producttypes.scores_of(tx, ids)
    lacks = {(one.product_id, one.channel_id): one.lacks for one in scores}
    known = {one.code: one.label for one in await catalog.list_attributes(tx)}
    items = [
        Unfinished(
            products[row.product_id],
            row.score,
            ", ".join(
                say(request, BUILT_IN[one.what]) if one.built_in else known.get(one.what, one.what)
                for one in lacks.get((row.product_id, row.channel_id), ())
            ),
        )
        for row in rows
        if row.product_id in products
    ]
    return Page(items=items, next_cursor=following)


def _unfinished_columns(request: AnyRequest) -> list[Column]:
    return [
        Column("title", say(request, N_("Product")), lambda row: row.product.row.title),
        Column("score", say(request, N_("Complete, in per cent")), lambda row: row.score, "number"),
        Column("lacks", say(request, N_("Lacks")), lambda row: row.lacks),
        Column(
            "status",
            say(request, N_("State")),
            lambda row: row.product.row.status,
            "badge",
            narrow=False,
        ),
    ]


@post(
    f"{BULK}/{{status:str}}",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def set_states(request: AnyRequest, status: str) -> Response[bytes]:
    """Give the chosen products a state; the notice takes it back."""
    form = await read_form(request)
    ids = sorted({decode("product", text) for text in form.every("chosen")[:PAGE]})
    wanted: ProductStatus = next((one for one in _STATUSES if one == status), "draft")
    return await _set(request, dict.fromkeys(ids, wanted), undoable=True)


@post(PUT_BACK, include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def put_back_states(request: AnyRequest) -> Response[bytes]:
    """Give products the states that they had."""
    form = await read_form(request)
    wanted: dict[UUID, ProductStatus] = {}
    for pair in form["were"].split()[:PAGE]:
        product_id, _, status = pair.partition(":")
        for known in _STATUSES:
            if known == status:
                wanted[decode("product", product_id)] = known
    return await _set(request, wanted, undoable=False)


async def _set(
    request: AnyRequest, wanted: dict[UUID, ProductStatus], *, undoable: bool
) -> Response[bytes]:
    if not wanted:
        said = say(request, N_("Choose some products first."))
        return lead_to(request, PATH, Notice(said, "info"))
    were, failures = [], []
    for product_id in sorted(wanted):
        name = encode("product", product_id)
        try:
            was = await set_status(request, product_id, wanted[product_id])
        except ArgosyError as refusal:
            failures.append(f"{name} ({refusal.message})")
        else:
            if was != wanted[product_id]:
                were.append(f"{name}:{was}")
    if failures:
        said = say(
            request,
            N_("%(done)s products are changed. Not changed: %(failures)s"),
            done=len(wanted) - len(failures),
            failures="; ".join(failures),
        )
        return lead_to(request, PATH, Notice(said, "bad"))
    said = say(request, N_("%(done)s products are changed."), done=len(were))
    undo = Undo(PUT_BACK, {"were": " ".join(were)}) if were and undoable else None
    return lead_to(request, PATH, Notice(said, undo=undo))


async def set_status(request: AnyRequest, product_id: UUID, status: ProductStatus) -> ProductStatus:
    """Give a product a state, and say which it had. Raises ProductNotFound, CatalogInputInvalid."""
    async with shop(request).db.transaction() as tx:
        before = (await catalog.product_by_id(tx, product_id)).row.status
        if before != status:
            await typed_products.update_product(tx, product_id, ProductInput(status=status))
            name, old, new = encode("product", product_id), {"status": before}, {"status": status}
            await staff.audit(tx, actor(request), "product.changed", name, old, new)
    return before


ENTRIES = (
    Entry(
        N_("Products"), PATH, N_("Catalogue"), "catalog:read", key="p", icon="products",
        words="goods items variants", position=10,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    show_products,
    export_products,
    show_incomplete,
    export_incomplete,
    put_back_states,
    set_states,
]
