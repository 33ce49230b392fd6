"""The first page of the back office: sales, what waits for somebody, and whether all is well."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.money import Money
from argosy.modules import payments
from argosy.modules.staff import covers
from argosy.reads.overview import (
    MOST_COUNTED,
    DaySales,
    StockWaiting,
    orders_waiting,
    sales_by_day,
    stock_waiting,
)
from argosy.runtime import feed, readiness
from argosy.runtime.cache import Fill
from argosy.runtime.db import Tx
from argosy.web.admin.access import HOME, staff_only
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import admin_page, is_place, local_midnight, say, zone_of
from argosy.web.auth import actor, shop

AnyRequest = Request[Any, Any, Any]

DAYS = 14
KEPT = timedelta(minutes=1)
"""So old may the sales of earlier days be, whose orders may be confirmed or cancelled today, and
the counts of variants that are low or sold out, which only looking at all levels can tell.
"""


class Waiting(NamedTuple):
    """Work that waits: how much, where it is done, and whether it is urgent."""

    label: str
    shown: str
    path: str
    tone: str = "warn"


class Sales(NamedTuple):
    """The sales of one currency over the days, and what is shown of them in numbers."""

    currency: str
    points: list[tuple[str, list[float]]]
    total: Money
    orders: int
    average: Money | None
    completed: str


@get(HOME, include_in_schema=False, guards=[staff_only])
async def show_overview(request: AnyRequest) -> Response[bytes]:
    """Where a day begins. At most eight statements, each bounded."""
    scopes = actor(request).scopes
    app = shop(request)
    sales: list[Sales] = []
    waiting: list[Waiting] = []
    if covers(scopes, "orders:read"):
        sales = await _sales(request)
    async with app.db.reading() as tx:
        waiting = await _waiting(request, tx)
        health = await _health(request, tx)
    values = {
        "sales": sales,
        "waiting": waiting,
        "health": health,
        "days": DAYS,
        "sold": covers(scopes, "orders:read"),
    }
    return admin_page(request, "admin/overview.html", values, title=say(request, N_("Overview")))


async def _sales(request: AnyRequest) -> list[Sales]:
    """The sales of the days to now. Those of earlier days, of which a large shop has many, are read
    once a minute.
    """
    app, zone = shop(request), zone_of(request)
    today = local_midnight(request, app.db.clock())
    since = today - timedelta(days=DAYS - 1)

    async def load() -> Fill[list[DaySales]]:
        async with app.db.reading() as tx:
            rows = await sales_by_day(tx, since, zone, today)
            return Fill(rows, topics=(), size=200 * len(rows), expires_at=tx.now + KEPT)

    earlier = await app.cache.get(("overview sales", since, zone), load)
    async with app.db.reading() as tx:
        now = await sales_by_day(tx, today, zone, tx.now + timedelta(days=1))
    return sales_of([*earlier, *now], [since.date() + timedelta(days=at) for at in range(DAYS)])


def sales_of(rows: Sequence[DaySales], days: Sequence[date]) -> list[Sales]:
    """By currency, the one with the most orders first; days without sales are zero."""
    found = []
    for currency in {row.currency for row in rows}:
        mine = {row.day: row for row in rows if row.currency == currency}
        orders = sum(row.confirmed for row in mine.values())
        begun = sum(row.begun for row in mine.values())
        total = Money(sum(row.total_minor for row in mine.values()), currency)
        points = []
        for day in days:
            row = mine.get(day)
            amount = Money(0 if row is None else row.total_minor, currency).to_decimal()
            points.append((day.isoformat(), [float(amount), 0 if row is None else row.confirmed]))
        found.append(
            Sales(
                currency=currency,
                points=points,
                total=total,
                orders=orders,
                average=Money(total.minor // orders, currency) if orders else None,
                completed=f"{100 * orders // begun}\u00a0%" if begun else "",
            )
        )
    return sorted(found, key=lambda one: (-one.orders, one.currency))


async def _waiting(request: AnyRequest, tx: Tx) -> list[Waiting]:
    scopes = actor(request).scopes
    found = []
    if covers(scopes, "orders:read"):
        orders = await orders_waiting(tx, tx.now - timedelta(days=7))
        found += [
            Waiting(
                N_("Orders to fulfil"), _count(orders.to_fulfil), "/admin/orders?queue=to_fulfil"
            ),
            Waiting(N_("Orders on hold"), _count(orders.held), "/admin/orders?queue=held", "bad"),
            Waiting(
                N_("Payments that failed this week"),
                _count(orders.payment_failed),
                "/admin/orders?stage=payment_failed",
            ),
        ]
    if covers(scopes, "payments:read"):
        lapsing = await payments.list_payments(
            tx, None, state=None, gateway=None, lapsing=True, limit=50
        )
        count = "50+" if len(lapsing) == 50 else str(len(lapsing))
        found.append(
            Waiting(
                N_("Holds that lapse within a day"), count, "/admin/payments?lapsing=yes", "bad"
            )
        )
    if covers(scopes, "inventory:read"):
        stock = await _stock(request)
        path = "/admin/stock"
        found += [
            Waiting(N_("Sold out"), _count(stock.sold_out), f"{path}?standing=out"),
            Waiting(N_("Running low"), _count(stock.low), f"{path}?standing=low"),
        ]
    return [_reachable(request, one) for one in found if one.shown != "0"]


async def _stock(request: AnyRequest) -> StockWaiting:
    app = shop(request)

    async def load() -> Fill[StockWaiting]:
        async with app.db.reading() as tx:
            return Fill(await stock_waiting(tx), topics=(), expires_at=tx.now + KEPT)

    return await app.cache.get(("overview stock",), load)


async def _health(request: AnyRequest, tx: Tx) -> list[Waiting]:
    """What of the system should be looked at; nothing for who may not see it."""
    if not covers(actor(request).scopes, "events:read"):
        return []
    parked = sum((await feed.parked_counts(tx)).values())
    jobs = await feed.jobs_waiting(tx)
    checks = await readiness.check(shop(request).db)
    found = [
        Waiting(N_("Database"), checks["database"], "", "good"),
        Waiting(
            N_("Migrations"),
            checks["migrations"],
            "",
            "good" if checks["migrations"] == "ok" else "bad",
        ),
        Waiting(N_("Parked events"), str(parked), "/admin/events", "bad" if parked else "good"),
        Waiting(N_("Jobs that wait"), str(jobs), "/admin/jobs", "warn" if jobs > 100 else "good"),
    ]
    return [_reachable(request, one) for one in found]


def _reachable(request: AnyRequest, one: Waiting) -> Waiting:
    """Without a link where the person's place for it is missing."""
    return one if is_place(request, one.path.partition("?")[0]) else one._replace(path="")


def _count(number: int) -> str:
    return f"{MOST_COUNTED}+" if number >= MOST_COUNTED else str(number)


ENTRIES = (Entry(N_("Overview"), HOME, key="h", icon="home", position=0, words="home start"),)
ROUTES: list[HTTPRouteHandler] = [show_overview]
