"""The first page of the back office: sales, what waits for somebody, and whether all is well."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.money import Money
from argosy.reads.overview import MOST_COUNTED
from argosy.web.admin.access import HOME, staff_only
from argosy.web.admin.calling import ask
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import admin_page, is_place, say, zone_of
from argosy.web.api.admin import overview as api
from argosy.web.api.admin.overview import OverviewView, SalesView, SystemView

AnyRequest = Request[Any, Any, Any]

_MANY_JOBS = 100


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
    """Where a day begins. At most nine statements, each bounded."""
    told = await ask(request, api.get_overview, zone=zone_of(request))
    found = msgspec.convert(told, OverviewView)
    values = {
        "sales": [_sales(one) for one in found.sales or ()],
        "waiting": [_reachable(request, one) for one in _waiting(found) if one.shown != "0"],
        "health": [_reachable(request, one) for one in _health(found.system)],
        "days": api.DAYS,
        "sold": found.sales is not None,
    }
    return admin_page(request, "admin/overview.html", values, title=say(request, N_("Overview")))


def _sales(of: SalesView) -> Sales:
    return Sales(
        currency=of.currency,
        points=[
            (one.day.isoformat(), [float(one.total.to_decimal()), one.orders]) for one in of.days
        ],
        total=of.total,
        orders=of.orders,
        average=of.average,
        completed=f"{100 * of.orders // of.begun}\u00a0%" if of.begun else "",
    )


def _waiting(found: OverviewView) -> Iterator[Waiting]:
    if (orders := found.orders) is not None:
        path = "/admin/orders"
        yield Waiting(N_("Orders to fulfil"), _count(orders.to_fulfil), f"{path}?queue=to_fulfil")
        yield Waiting(N_("Orders on hold"), _count(orders.held), f"{path}?queue=held", "bad")
        failed = N_("Payments that failed this week")
        yield Waiting(failed, _count(orders.payment_failed), f"{path}?stage=payment_failed")
    if found.lapsing_payments is not None:
        count = _count(found.lapsing_payments, api.MOST_LAPSING)
        yield Waiting(
            N_("Holds that lapse within a day"), count, "/admin/payments?lapsing=yes", "bad"
        )
    if (stock := found.stock) is not None:
        yield Waiting(N_("Sold out"), _count(stock.sold_out), "/admin/stock?standing=out")
        yield Waiting(N_("Running low"), _count(stock.low), "/admin/stock?standing=low")


def _health(of: SystemView | None) -> Iterator[Waiting]:
    """What of the system should be looked at; nothing for who may not see it."""
    if of is None:
        return
    parked, jobs = of.parked_events, of.waiting_jobs
    migrated = "good" if of.migrations == "ok" else "bad"
    yield Waiting(N_("Database"), of.database, "", "good")
    yield Waiting(N_("Migrations"), of.migrations, "", migrated)
    yield Waiting(N_("Parked events"), str(parked), "/admin/events", "bad" if parked else "good")
    yield Waiting(
        N_("Jobs that wait"), str(jobs), "/admin/jobs", "warn" if jobs > _MANY_JOBS else "good"
    )


def _reachable(request: AnyRequest, one: Waiting) -> Waiting:
    """Without a link where the person's place for it is missing."""
    return one if is_place(request, one.path.partition("?")[0]) else one._replace(path="")


def _count(number: int, most: int = MOST_COUNTED) -> str:
    return f"{most}+" if number >= most else str(number)


ENTRIES = (Entry(N_("Overview"), HOME, key="h", icon="home", position=0, words="home start"),)
ROUTES: list[HTTPRouteHandler] = [show_overview]
