"""The books: trial balance, what was booked, and what was booked for an order."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import ledger
from argosy.modules.ledger import ACCOUNTS, Booked
from argosy.web.admin.access import may
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Column,
    Empty,
    Filter,
    asked_of,
    csv_of,
    day_start,
    listing_of,
)
from argosy.web.admin.numbered import Numbered, numbered, order_column
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, admin_page, say
from argosy.web.api.admin.ledger import totals_of
from argosy.web.auth import shop
from argosy.web.long_lists import booking_page
from argosy.web.paging import filters_of

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/books"
ENTRIES_PATH = "/admin/books/transactions"


@get(PATH, include_in_schema=False, guards=[may("ledger:read")])
async def show_balance(request: AnyRequest) -> Response[bytes]:
    """Every account with debits, credits and balance, now or before a day (UTC). One statement."""
    asked = asked_of(request, [_before(request)])
    until: datetime | None = day_start(asked.get("before", ""))
    async with shop(request).db.reading() as tx:
        rows = await ledger.trial_balance(tx, until)
    totals = totals_of(rows)
    values = {
        "rows": [(row, ACCOUNTS[row.account.partition(":")[0]]) for row in rows],
        "totals": totals,
        "balanced": not any(total.balance for total in totals),
        "before": asked.get("before", ""),
    }
    return admin_page(request, "admin/books.html", values, title=say(request, N_("Trial balance")))


@get(ENTRIES_PATH, include_in_schema=False, guards=[may("ledger:read")])
async def show_transactions(request: AnyRequest) -> Response[bytes]:
    """What was booked, the newest first. Two statements."""
    filters = [Filter("kind", say(request, N_("Kind")), kind="text")]
    asked = asked_of(request, filters)
    found = listing_of(
        request,
        await _page(request, asked, request.query_params.get("cursor"), PAGE),
        path=ENTRIES_PATH,
        columns=_columns(request),
        row_id=lambda one: encode("ledger_transaction", one.row.id),
        filters=filters,
        asked=asked,
        empty=Empty(
            say(request, N_("Nothing is booked here")),
            say(request, N_("Each fact about money is one transaction: debits equal credits.")),
            say(request, N_("Trial balance")),
            PATH,
        ),
    )
    title = say(request, N_("Transactions"))
    crumbs = [Crumb(say(request, N_("Trial balance")), PATH)]
    return admin_page(request, "admin/list.html", {"list": found}, title=title, crumbs=crumbs)


@get(f"{ENTRIES_PATH}.csv", include_in_schema=False, guards=[may("ledger:read")])
async def export_transactions(request: AnyRequest) -> Stream:
    """The filtered list as a file."""
    asked = asked_of(request, [Filter("kind", "", kind="text")])

    async def read(cursor: str | None) -> Page[Numbered[Booked]]:
        return await _page(request, asked, cursor, CSV_BATCH)

    return csv_of("transactions", _columns(request), read)


@get(f"{PATH}/orders/{{order_id:str}}", include_in_schema=False, guards=[may("ledger:read")])
async def show_order_bookings(request: AnyRequest, order_id: str) -> Response[bytes]:
    """Every entry that was booked for an order, the oldest first. One statement."""
    found = decode("order", order_id, field="order_id")
    async with shop(request).db.reading() as tx:
        booked = await ledger.postings_of_order(tx, found)
    values = {"booked": booked, "order_path": f"/admin/orders/{encode('order', found)}"}
    crumbs = [Crumb(say(request, N_("Trial balance")), PATH)]
    title = say(request, N_("Booked for the order"))
    return admin_page(request, "admin/bookings.html", values, title=title, crumbs=crumbs)


async def _page(
    request: AnyRequest, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[Numbered[Booked]]:
    filters = filters_of("admin books", **asked)
    async with shop(request).db.reading() as tx:
        page = await booking_page(tx, cursor, filters, limit, kind=asked.get("kind"))
        return await numbered(tx, page, lambda row: row.order_id)


def _columns(request: AnyRequest) -> list[Column]:
    def order(one: Numbered[Booked]) -> str | None:
        return None if one.order_id is None else f"{PATH}/orders/{encode('order', one.order_id)}"

    return [
        Column("source", say(request, N_("Source")), lambda one: one.row.source, "code"),
        Column("kind", say(request, N_("Kind")), lambda one: one.row.kind, "named"),
        Column("posted_at", say(request, N_("Booked")), lambda one: one.row.posted_at, "instant"),
        order_column(request, order),
        Column(
            "accounts",
            say(request, N_("Accounts")),
            lambda one: ", ".join(dict.fromkeys(entry.account for entry in one.row.entries)),
            "muted",
            narrow=False,
        ),
    ]


def _before(request: AnyRequest) -> Filter:
    return Filter("before", say(request, N_("Before")), kind="day")


ENTRIES = (
    Entry(
        N_("Books"),
        PATH,
        N_("Money"),
        "ledger:read",
        "b",
        "books",
        "ledger accounts trial balance",
        position=2,
    ),
)
ROUTES: list[HTTPRouteHandler] = [
    show_balance,
    show_transactions,
    export_transactions,
    show_order_bookings,
]
