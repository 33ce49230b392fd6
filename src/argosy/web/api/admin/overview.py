"""How a shop stands: sales by day, what waits for somebody, and whether the system is well."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from argosy.kernel.errors import Invalid
from argosy.kernel.money import Money
from argosy.modules import payments
from argosy.modules.staff import covers
from argosy.reads.overview import (
    DaySales,
    OrdersWaiting,
    StockWaiting,
    orders_waiting,
    sales_by_day,
    stock_waiting,
)
from argosy.runtime import feed, readiness
from argosy.runtime.cache import Fill
from argosy.runtime.db import Tx
from argosy.web.auth import ADMINISTRATION, actor, requires_actor, shop
from argosy.workflows.app import App

AnyRequest = Request[Any, Any, Any]

DAYS = 14
MOST_LAPSING = 50
KEPT = timedelta(minutes=1)
"""So old may the sales of yesterday be, whose orders may be confirmed or cancelled today, and the
counts of variants that are low or sold out, which only looking at all levels can tell.
"""
KEPT_EARLIER = timedelta(minutes=30)
"""So old may the sales of the days before be: few of their orders change, and there are many."""

Zone = Annotated[
    str,
    Parameter(
        max_length=60,
        description="The zone whose days are meant, as `Europe/Berlin`.",
        examples=[],
    ),
]


class ZoneUnknown(Invalid):
    """No such time zone is known: zones are named as the IANA database names them."""

    code = "overview.zone_unknown"
    usual_cure = "Name a zone of the IANA database, for example `Europe/Berlin`, or leave it out."


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """The orders of a day that were confirmed and not cancelled, and their total with tax."""

    day: date
    orders: int
    total: Money


class SalesView(msgspec.Struct, frozen=True, kw_only=True):
    """Sales in one currency. `begun`: checkouts that came to the payment, `orders` those of them
    that were confirmed and not cancelled; `average` None without one. Totals are with tax.
    """

    currency: str
    begun: int
    orders: int
    total: Money
    average: Money | None
    days: list[DayView]


class SystemView(msgspec.Struct, frozen=True, kw_only=True):
    """`ok` or what is wrong, and what waits: events that a reaction could not take, and jobs."""

    database: str
    migrations: str
    parked_events: int
    waiting_jobs: int


class OverviewView(msgspec.Struct, frozen=True, kw_only=True):
    """How the shop stands. A part that the caller may not see is null.

    `since`: the first of the days. `orders` and `stock` are counted to 1,000, `lapsing_payments`
    (authorisations that lapse within a day) to 50: there are so many or more.
    """

    since: date
    sales: list[SalesView] | None
    orders: OrdersWaiting | None
    lapsing_payments: int | None
    stock: StockWaiting | None
    system: SystemView | None


@get(
    "/admin/v1/overview",
    tags=["Overview"],
    security=ADMINISTRATION,
    guards=[requires_actor],
    problems=[ZoneUnknown],
)
async def get_overview(request: AnyRequest, zone: Zone = "UTC") -> OverviewView:
    """The sales of the last 14 days, today included, and what waits for somebody. Sales of days
    before yesterday may be half an hour old, yesterday's and the state of stock a minute.
    """
    app, scopes = shop(request), actor(request).scopes
    today = _midnight(app.db.clock(), zone)
    sees_orders = covers(scopes, "orders:read")
    sales = await _sales(app, today, zone) if sees_orders else None
    stock = await _stock(app) if covers(scopes, "inventory:read") else None
    async with app.db.reading() as tx:
        return OverviewView(
            since=today.date() - timedelta(days=DAYS - 1),
            sales=sales,
            orders=await orders_waiting(tx, tx.now - timedelta(days=7)) if sees_orders else None,
            lapsing_payments=await _lapsing(tx) if covers(scopes, "payments:read") else None,
            stock=stock,
            system=await _system(app, tx) if covers(scopes, "events:read") else None,
        )


def _midnight(now: datetime, zone: str) -> datetime:
    """When the day of `now` began there. Raises ZoneUnknown."""
    try:
        local = now.astimezone(ZoneInfo(zone))
    except (ValueError, OSError, KeyError) as error:
        raise ZoneUnknown("There is no such time zone.", field="zone") from error
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


async def _sales(app: App, today: datetime, zone: str) -> list[SalesView]:
    since, yesterday = today - timedelta(days=DAYS - 1), today - timedelta(days=1)

    async def kept(name: str, of: datetime, until: datetime, age: timedelta) -> list[DaySales]:
        async def load() -> Fill[list[DaySales]]:
            async with app.db.reading() as tx:
                rows = await sales_by_day(tx, of, zone, until)
                return Fill(rows, topics=(), size=200 * len(rows), expires_at=tx.now + age)

        return await app.cache.get((name, of, zone), load)

    rows = await kept("overview earlier", since, yesterday, KEPT_EARLIER)
    rows = rows + await kept("overview yesterday", yesterday, today, KEPT)
    async with app.db.reading() as tx:
        rows = rows + await sales_by_day(tx, today, zone, tx.now + timedelta(days=1))
    return sales_of(rows, [since.date() + timedelta(days=at) for at in range(DAYS)])


def sales_of(rows: Sequence[DaySales], days: Sequence[date]) -> list[SalesView]:
    """By currency, the one with the most orders first; days without sales are zero."""
    found = []
    for currency in {row.currency for row in rows}:
        mine = {row.day: row for row in rows if row.currency == currency}
        orders = sum(row.confirmed for row in mine.values())
        total = Money(sum(row.total_minor for row in mine.values()), currency)
        found.append(
            SalesView(
                currency=currency,
                begun=sum(row.begun for row in mine.values()),
                orders=orders,
                total=total,
                average=Money(total.minor // orders, currency) if orders else None,
                days=[_day(day, mine.get(day), currency) for day in days],
            )
        )
    return sorted(found, key=lambda one: (-one.orders, one.currency))


def _day(day: date, row: DaySales | None, currency: str) -> DayView:
    if row is None:
        return DayView(day=day, orders=0, total=Money(0, currency))
    return DayView(day=day, orders=row.confirmed, total=Money(row.total_minor, currency))


async def _lapsing(tx: Tx) -> int:
    found = await payments.list_payments(
        tx, None, state=None, gateway=None, lapsing=True, limit=MOST_LAPSING
    )
    return len(found)


async def _stock(app: App) -> StockWaiting:
    async def load() -> Fill[StockWaiting]:
        async with app.db.reading() as tx:
            return Fill(await stock_waiting(tx), topics=(), expires_at=tx.now + KEPT)

    return await app.cache.get(("overview stock",), load)


async def _system(app: App, tx: Tx) -> SystemView:
    checks = await readiness.check(app.db)
    return SystemView(
        database=checks["database"],
        migrations=checks["migrations"],
        parked_events=sum((await feed.parked_counts(tx)).values()),
        waiting_jobs=await feed.jobs_waiting(tx),
    )


ROUTES: list[HTTPRouteHandler] = [get_overview]
