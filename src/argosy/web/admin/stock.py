"""Stock: what is where, what runs low, and the journal that explains each number."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.ids import MalformedId, decode, encode
from argosy.kernel.paging import MAX_PAGE, CursorInvalid, Page
from argosy.modules import catalog, inventory
from argosy.modules.inventory import JournalEntry, Location
from argosy.reads.stock_list import LevelInList, StockFilters, stock_list
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
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
from argosy.web.admin.showing import Crumb, admin_page, say
from argosy.web.admin.states import STATES
from argosy.web.auth import shop
from argosy.web.long_lists import stock_page
from argosy.web.paging import after, filters_of, page_of

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/stock"
STANDINGS = ("oversold", "out", "low", "available")
NOTHING = UUID(int=0)
"""A variant that there is not: what is unknown finds nothing."""


def stock_path(variant_id: UUID, location_id: UUID | None = None) -> str:
    """The page of a variant's stock, or of what is at one location."""
    path = f"{PATH}/{encode('variant', variant_id)}"
    return path if location_id is None else f"{path}/{encode('location', location_id)}"


@get(PATH, include_in_schema=False, guards=[may("inventory:read")])
async def show_stock(request: AnyRequest) -> Response[bytes]:
    """Levels with filters. Two statements, three with an SKU."""
    async with shop(request).db.reading() as tx:
        filters = _filters(request, await all_locations(tx))
        asked = asked_of(request, filters)
        page = await _page(tx, asked, request.query_params.get("cursor"), PAGE)
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: encode("variant", row.variant_id),
        row_path=lambda row: stock_path(row.variant_id),
        filters=filters,
        asked=asked,
        views=_views(request),
        empty=_empty(request, asked),
    )
    title = say(request, N_("Stock"))
    return admin_page(request, "admin/stock_list.html", {"list": found}, title=title)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("inventory:read")])
async def export_stock(request: AnyRequest) -> Stream:
    """The filtered levels as a file."""
    async with shop(request).db.reading() as tx:
        asked = asked_of(request, _filters(request, await all_locations(tx)))

    async def read(cursor: str | None) -> Page[LevelInList]:
        async with shop(request).db.reading() as tx:
            return await _page(tx, asked, cursor, CSV_BATCH)

    return csv_of("stock", _columns(request), read)


@get(f"{PATH}/{{variant_id:str}}", include_in_schema=False, guards=[may("inventory:read")])
async def show_variant_stock(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Where a variant is, and what can be done about it. Three statements."""
    found = decode("variant", variant_id, field="variant_id")
    async with shop(request).db.reading() as tx:
        variant = await catalog.variant_by_id(tx, found)
        rows = await stock_list(tx, StockFilters(variant_id=found), after=None, limit=MAX_PAGE)
        places = await all_locations(tx)
    held = {row.location_id for row in rows}
    values = {
        "variant": variant,
        "product": encode("product", variant.product_id),
        "rows": [(encode("location", row.location_id), row) for row in rows],
        "others": [
            (encode("location", one.id), one) for one in places if one.active and one.id not in held
        ],
        "path": stock_path(found),
        "sums": {
            name: sum(getattr(row, name) for row in rows)
            for name in ("on_hand", "reserved", "allocated", "quarantine", "incoming", "sellable")
        },
    }
    return admin_page(
        request,
        "admin/stock_variant.html",
        values,
        title=variant.sku,
        crumbs=[Crumb(say(request, N_("Stock")), PATH)],
    )


_JOURNAL = f"{PATH}/{{variant_id:str}}/{{location_id:str}}/journal"


@get(_JOURNAL, include_in_schema=False, guards=[may("inventory:read")])
async def show_journal(request: AnyRequest, variant_id: str, location_id: str) -> Response[bytes]:
    """Why a number is what it is: every change, the newest first. Four statements."""
    variant, place = level_ids(variant_id, location_id)
    path = stock_path(variant, place)
    async with shop(request).db.reading() as tx:
        page = await _journal(tx, variant, place, request.query_params.get("cursor"), PAGE)
        goods = await catalog.variant_by_id(tx, variant)
        location = await inventory.location_by_id(tx, place)
        levels = await inventory.levels_of(tx, [variant])
    found = listing_of(
        request,
        page,
        path=f"{path}/journal",
        columns=_entry_columns(request),
        row_id=lambda row: str(row.id),
        empty=Empty(
            say(request, N_("Nothing has moved yet")),
            say(request, N_("Rules for selling are set here, and no unit ever came or went.")),
        ),
    )
    level = next(one for one in levels if one.location_id == place)
    values = {"list": found, "level": level, "path": path}
    crumbs = [
        Crumb(say(request, N_("Stock")), PATH),
        Crumb(goods.sku, stock_path(variant)),
    ]
    title = say(request, N_("%(sku)s at %(place)s"), sku=goods.sku, place=location.name)
    return admin_page(request, "admin/stock_journal.html", values, title=title, crumbs=crumbs)


@get(f"{_JOURNAL}.csv", include_in_schema=False, guards=[may("inventory:read")])
async def export_journal(request: AnyRequest, variant_id: str, location_id: str) -> Stream:
    """The whole journal of a level as a file."""
    variant, place = level_ids(variant_id, location_id)

    async def read(cursor: str | None) -> Page[JournalEntry]:
        async with shop(request).db.reading() as tx:
            return await _journal(tx, variant, place, cursor, CSV_BATCH)

    return csv_of("stock-journal", _entry_columns(request), read)


def level_ids(variant_id: str, location_id: str) -> tuple[UUID, UUID]:
    """Variant and location of a path. Raises MalformedId."""
    return (
        decode("variant", variant_id, field="variant_id"),
        decode("location", location_id, field="location_id"),
    )


async def all_locations(tx: Tx) -> list[Location]:
    """The locations, for a choice: those of the first thousand codes."""
    return await inventory.list_locations(tx, limit=1_000)


async def _page(tx: Tx, asked: dict[str, str], cursor: str | None, limit: int) -> Page[LevelInList]:
    variant = None
    if "sku" in asked:
        found = await catalog.find_variant_by_sku(tx, asked["sku"])
        variant = NOTHING if found is None else found.id
    wanted = StockFilters(
        location_id=_location(asked.get("location")),
        variant_id=variant,
        standing=asked.get("standing"),  # type: ignore[arg-type]  # one of the filter's choices
    )
    filters = filters_of("admin stock", **asked)
    return await stock_page(tx, wanted, cursor, filters, limit)


async def _journal(
    tx: Tx, variant_id: UUID, location_id: UUID, cursor: str | None, limit: int
) -> Page[JournalEntry]:
    filters = filters_of("admin stock journal", variant=variant_id, location=location_id)
    keys = after(cursor, filters, length=1)
    if keys is not None and not isinstance(keys[0], int):
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor")
    before = None if keys is None else int(keys[0] or 0)
    rows = await inventory.explain(tx, variant_id, location_id, before=before, limit=limit + 1)
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda row: [row.id], show=lambda row: row
    )


def _location(text: str | None) -> UUID | None:
    try:
        return None if text is None else decode("location", text)
    except MalformedId:
        return NOTHING


def _filters(request: AnyRequest, places: list[Location]) -> list[Filter]:
    standings = tuple((name, say(request, STATES[name].label)) for name in STANDINGS)
    return [
        Filter("sku", say(request, N_("SKU")), kind="text", pick="variant/sku"),
        Filter("standing", say(request, N_("Standing")), standings),
        Filter(
            "location",
            say(request, N_("Location")),
            tuple((encode("location", one.id), one.name) for one in places),
        ),
    ]


def _views(request: AnyRequest) -> list[SavedView]:
    return [
        SavedView(say(request, N_("All")), {}),
        SavedView(say(request, N_("Sold out")), {"standing": "out"}),
        SavedView(say(request, N_("Running low")), {"standing": "low"}),
        SavedView(say(request, N_("Oversold")), {"standing": "oversold"}),
    ]


def _columns(request: AnyRequest) -> list[Column]:
    def number(name: str, label: str, *, narrow: bool = False) -> Column:
        return Column(
            name, say(request, label), lambda row: getattr(row, name), "number", narrow=narrow
        )

    return [
        Column("sku", say(request, N_("SKU")), lambda row: row.sku),
        Column("title", say(request, N_("Item")), lambda row: row.name, narrow=False),
        Column("location", say(request, N_("Location")), lambda row: row.location_name),
        Column("standing", say(request, N_("Standing")), lambda row: row.standing, "badge"),
        number("sellable", N_("Sellable"), narrow=True),
        number("on_hand", N_("On the shelf")),
        number("reserved", N_("Reserved")),
        number("allocated", N_("Allocated")),
        number("quarantine", N_("Quarantine")),
        number("incoming", N_("Incoming")),
    ]


def _entry_columns(request: AnyRequest) -> list[Column]:
    def number(name: str, label: str, *, narrow: bool = False) -> Column:
        return Column(
            name,
            say(request, label),
            lambda row: getattr(row, name) or None,
            "number",
            narrow=narrow,
        )

    def order(row: JournalEntry) -> str | None:
        is_order = row.source_kind == "order"
        return f"/admin/orders/{encode('order', row.source_id)}" if is_order else None

    return [
        Column("occurred_at", say(request, N_("When")), lambda row: row.occurred_at, "instant"),
        Column(
            "reason",
            say(request, N_("Why")),
            lambda row: row.reason,
            "named",
            order,
        ),
        Column("actor", say(request, N_("Who")), lambda row: row.actor, "muted", narrow=False),
        number("on_hand", N_("Shelf ±"), narrow=True),
        number("reserved", N_("Reserved ±")),
        number("allocated", N_("Allocated ±")),
        number("quarantine", N_("Quarantine ±")),
        number("incoming", N_("Incoming ±")),
        Column(
            "on_hand_after",
            say(request, N_("Then on the shelf")),
            lambda row: row.on_hand_after,
            "number",
            narrow=False,
        ),
        Column(
            "sellable_after",
            say(request, N_("Then sellable")),
            lambda row: row.sellable_after,
            "number",
        ),
    ]


def _empty(request: AnyRequest, asked: dict[str, str]) -> Empty:
    if asked:
        return Empty(
            say(request, N_("No stock fits these filters")),
            say(request, N_("Nothing stands like this. Take a filter off, or look at all stock.")),
            say(request, N_("All stock")),
            PATH,
        )
    return Empty(
        say(request, N_("No stock is recorded yet")),
        say(
            request,
            N_(
                "Stock begins with a count: find the variant by its SKU, count what is on the"
                " shelf, or import a file of counts. What sells without stock stands not here."
            ),
        ),
    )


ENTRIES = (
    Entry(
        N_("Stock"),
        PATH,
        N_("Stock"),
        "inventory:read",
        "i",
        "stock",
        "inventory levels warehouse count journal",
        position=10,
    ),
)
ROUTES: list[HTTPRouteHandler] = [
    show_stock,
    export_stock,
    show_variant_stock,
    show_journal,
    export_journal,
]
