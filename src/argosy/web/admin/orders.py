"""The list of orders: views of work that waits, filters, CSV of what is filtered."""

from functools import partial
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.email import EmailInvalid, checked_email
from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.kernel.paging import Page
from argosy.modules import channels
from argosy.reads.order_list import OrderFilters, OrderRow, orders_by_ids
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
    day_start,
    listing_of,
    read_sorted,
    sorting,
)
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import admin_page, say
from argosy.web.admin.states import STATES
from argosy.web.auth import shop
from argosy.web.long_lists import order_page
from argosy.web.paging import filters_of
from argosy.web.sorting import check_alone, orders_by_total

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/orders"
BULK_CAPTURE, BULK_CANCEL = f"{PATH}/bulk/capture", f"{PATH}/bulk/cancel"
NOBODY = "nobody@invalid.invalid"

_STAGES = ("pending_payment", "payment_failed", "confirmed", "cancelled")
_PAYMENT = (
    "pending",
    "action_required",
    "failed",
    "authorised",
    "partially_paid",
    "paid",
    "partially_refunded",
    "refunded",
    "voided",
    "not_required",
)
_FULFILMENT = ("unfulfilled", "partially_fulfilled", "fulfilled", "not_required")
_SORTINGS = (("total", N_("the highest total first")),)
_QUEUES = (("to_fulfil", N_("To fulfil")), ("held", N_("On hold")))


def order_path(order_id: Any) -> str:
    """The page of an order."""
    return f"{PATH}/{encode('order', order_id)}"


@get(PATH, include_in_schema=False, guards=[may("orders:read")])
async def show_orders(request: AnyRequest) -> Response[bytes]:
    """Orders, the newest first. Three statements."""
    filters = await _filters(request)
    asked = asked_of(request, filters)
    cursor = request.query_params.get("cursor")
    page, refusal = await read_sorted(asked, lambda: _page(request, asked, cursor, PAGE))
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: encode("order", row.id),
        row_path=lambda row: order_path(row.id),
        filters=filters,
        asked=asked,
        views=await with_own(request, PATH, _views(request)),
        keeps=True,
        bulk=[
            Bulk(say(request, N_("Capture")), BULK_CAPTURE, "payments:write"),
            Bulk(say(request, N_("Cancel…")), BULK_CANCEL, "orders:write", danger=True),
        ],
        empty=_empty(request, asked),
    )
    title = say(request, N_("Orders"))
    return admin_page(request, "admin/list.html", {"list": found}, title=title, refusal=refusal)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("orders:read")])
async def export_orders(request: AnyRequest) -> Stream:
    """The filtered list as a file."""
    asked = asked_of(request, await _filters(request))

    async def read(cursor: str | None) -> Page[OrderRow]:
        return await _page(request, asked, cursor, CSV_BATCH)

    return csv_of("orders", _columns(request), read)


async def _page(
    request: AnyRequest, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[OrderRow]:
    if by_fields(asked):
        return await page_by_field(
            request, "order", asked, orders_by_ids, cursor=cursor, limit=limit
        )
    wanted = _wanted(asked)
    if "sort" in asked:
        check_alone(**{name: asked.get(name) for name in asked if name not in {"sort", "channel"}})
        async with shop(request).db.reading() as tx:
            return await orders_by_total(
                tx, channel_id=wanted.channel_id, cursor=cursor, limit=limit
            )
    filters = filters_of("admin orders", **msgspec.structs.asdict(wanted))
    async with shop(request).db.reading() as tx:
        return await order_page(tx, wanted, cursor, filters, limit)


def _wanted(asked: dict[str, str]) -> OrderFilters:
    return OrderFilters(
        queue=asked.get("queue", "all"),  # type: ignore[arg-type]  # one of the filter's choices
        stage=asked.get("stage"),
        payment_status=asked.get("payment"),
        fulfilment_status=asked.get("fulfilment"),
        channel_id=decode("channel", asked["channel"]) if "channel" in asked else None,
        number=asked["number"].lstrip("#").upper() if "number" in asked else None,
        email=_normalised(asked["email"]) if "email" in asked else None,
        opened_since=day_start(asked.get("since", "")),
    )


def _normalised(email: str) -> str:
    """The compared form; what is no address finds nothing."""
    try:
        return checked_email(email).normalised
    except EmailInvalid:
        return NOBODY


async def _filters(request: AnyRequest) -> list[Filter]:
    async with shop(request).db.reading() as tx:
        known = await channels.list_channels(tx)
    return [
        Filter("number", say(request, N_("Order number")), kind="text"),
        Filter("email", say(request, N_("E-mail address")), kind="text"),
        Filter("queue", say(request, N_("Waits for")), _said(request, _QUEUES)),
        Filter("stage", say(request, N_("Stage")), states(request, _STAGES)),
        Filter("payment", say(request, N_("Payment")), states(request, _PAYMENT)),
        Filter("fulfilment", say(request, N_("Fulfilment")), states(request, _FULFILMENT)),
        Filter(
            "channel",
            say(request, N_("Channel")),
            tuple((encode("channel", one.id), one.name) for one in known),
        ),
        Filter("since", say(request, N_("Since")), kind="day"),
        sorting(partial(say, request), _SORTINGS),
        *await filters_by_field(request, "order"),
    ]


def states(request: AnyRequest, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """States as choices of a filter."""
    return tuple((name, say(request, STATES[name].label)) for name in names)


def _said(request: AnyRequest, pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((value, say(request, label)) for value, label in pairs)


def _views(request: AnyRequest) -> list[SavedView]:
    return [
        SavedView(say(request, N_("All")), {}),
        SavedView(say(request, N_("To fulfil")), {"queue": "to_fulfil"}),
        SavedView(say(request, N_("To capture")), {"stage": "confirmed", "payment": "authorised"}),
        SavedView(say(request, N_("On hold")), {"queue": "held"}),
        SavedView(say(request, N_("Waits for payment")), {"stage": "pending_payment"}),
        SavedView(say(request, N_("Cancelled")), {"stage": "cancelled"}),
    ]


def _columns(request: AnyRequest) -> list[Column]:
    def total(row: OrderRow) -> Money:
        return Money(row.total_minor, row.currency)

    # Numbers come with the confirmation, so that they have no gaps.
    unnumbered = say(request, N_("No number yet"))
    return [
        Column("number", say(request, N_("Order")), lambda row: row.number or unnumbered),
        Column(
            "opened_at",
            say(request, N_("Opened")),
            lambda row: row.opened_at,
            "instant",
            narrow=False,
        ),
        Column("email", say(request, N_("Customer")), lambda row: row.email, narrow=False),
        Column("total", say(request, N_("Total")), total, "money"),
        Column("stage", say(request, N_("Stage")), lambda row: row.stage, "badge", narrow=False),
        Column("payment", say(request, N_("Payment")), lambda row: row.payment_status, "badge"),
        Column(
            "fulfilment",
            say(request, N_("Fulfilment")),
            # Of what is not sold, or not any more, nothing waits to be fulfilled.
            lambda row: row.fulfilment_status if row.stage == "confirmed" else "",
            "badge",
            narrow=False,
        ),
        Column("units", say(request, N_("Units")), lambda row: row.units, "number", narrow=False),
    ]


def _empty(request: AnyRequest, asked: dict[str, str]) -> Empty:
    if asked:
        return Empty(
            say(request, N_("No order fits these filters")),
            say(request, N_("Take a filter off, or look at all orders.")),
            say(request, N_("All orders")),
            PATH,
        )
    return Empty(
        say(request, N_("No orders yet")),
        say(
            request,
            N_("An order stands here as soon as a shopper begins to pay, also before it is paid."),
        ),
        say(request, N_("Visit the shop")),
        "/",
    )


ENTRIES = (
    Entry(
        N_("Orders"), PATH, N_("Sales"), "orders:read", "o", "orders", "sales purchases", position=1
    ),
)
ROUTES: list[HTTPRouteHandler] = [show_orders, export_orders]
