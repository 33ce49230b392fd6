"""For load balancers and Prometheus: alive, ready, metrics. Cheap, without keys, never cached."""

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CONTENT_TYPE_LATEST

from argosy.kernel.errors import Unavailable
from argosy.runtime import metrics, readiness
from argosy.workflows.app import App

_DATABASE_PATIENCE_S = 2.0


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The state of this process; `checks` names each thing looked at and how it is."""

    status: str
    checks: dict[str, str] = {}


class NotReady(Unavailable):
    """This process cannot serve yet, or not any more: `checks` says why.

    A load balancer should send requests elsewhere until `/health/ready` answers 200.
    """

    code = "service.not_ready"
    usual_cure = "Send requests elsewhere until `/health/ready` answers 200."


@get(
    "/health/live",
    tags=["Operations"],
    summary="Is the process alive?",
    description="Answers 200 as long as the process answers at all. Restart it when it does not.",
)
async def live() -> Health:
    return Health(status="alive")


@get(
    "/health/ready",
    tags=["Operations"],
    summary="Can the process serve?",
    description="Answers 200 when the database answers, its migrations are current and a "
    "connection is free within two seconds; else 503 with `checks`. Send traffic only to ready "
    "processes.",
)
async def ready(request: Request[Any, Any, Any]) -> Health:
    shop: App = request.app.state.shop
    try:
        checks = await asyncio.wait_for(readiness.check(shop.db), _DATABASE_PATIENCE_S)
    except (TimeoutError, Unavailable) as error:
        raise NotReady("The database does not answer.", checks={"database": "down"}) from error
    if any(state != "ok" for state in checks.values()):
        raise NotReady("Not ready.", checks=checks)
    return Health(status="ready", checks=checks)


@get(
    "/metrics",
    tags=["Operations"],
    summary="Metrics in Prometheus' format",
    description="HTTP, database, jobs, subscriptions, providers and business metrics. Open to "
    "whoever can reach it: let the proxy keep the outside away.",
    media_type="text/plain",
)
async def prometheus(request: Request[Any, Any, Any]) -> Response[bytes]:
    shop: App = request.app.state.shop
    metrics.observe_pool("general", shop.db.pool)
    metrics.observe_pool("checkout", shop.checkout_db.pool)
    return Response(metrics.render(), media_type=CONTENT_TYPE_LATEST)


ROUTES: list[HTTPRouteHandler] = [live, ready, prometheus]
