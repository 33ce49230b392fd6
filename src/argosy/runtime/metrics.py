"""The metrics of Argosy, all in one place, in Prometheus' form at `/metrics`.

Labels have few values each: routes are templates, never paths; no ids, no people. With several
server processes set PROMETHEUS_MULTIPROC_DIR to an empty folder before the first import (as
`argosy serve` does): every process then writes there and any of them answers for all.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from argosy.kernel.events import Event

REGISTRY = CollectorRegistry(auto_describe=True)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

HTTP_SECONDS = Histogram(
    "argosy_http_request_seconds",
    "Time to answer a request, by route template, method and status.",
    ["route", "method", "status"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
HTTP_STATEMENTS = Histogram(
    "argosy_http_statements",
    "Database statements that one request needed.",
    ["route"],
    buckets=(0, 1, 2, 3, 5, 8, 11, 14, 20, 50),
    registry=REGISTRY,
)
PROBLEMS = Counter(
    "argosy_problems", "Problem answers, by stable code.", ["code"], registry=REGISTRY
)
EVENTS = Counter(
    "argosy_events", "Facts committed to the outbox, by type.", ["type"], registry=REGISTRY
)
CARTS = Counter("argosy_carts", "Carts made.", registry=REGISTRY)
PLACEMENTS = Counter(
    "argosy_placements",
    "Placements by outcome: placed, pending, requires_action, or the problem's code.",
    ["outcome"],
    registry=REGISTRY,
)
ORDERS = Counter("argosy_orders", "Orders placed, by currency.", ["currency"], registry=REGISTRY)
REVENUE = Counter(
    "argosy_revenue_minor",
    "Totals of placed orders in minor units, by currency.",
    ["currency"],
    registry=REGISTRY,
)
PAYMENTS = Counter(
    "argosy_payments",
    "Payment operations by kind and outcome.",
    ["kind", "outcome"],
    registry=REGISTRY,
)
OUT_OF_STOCK = Counter(
    "argosy_out_of_stock", "Requests refused for want of stock.", registry=REGISTRY
)
JOBS = Counter(
    "argosy_jobs", "Jobs run, by name and outcome.", ["job", "outcome"], registry=REGISTRY
)
JOB_SECONDS = Histogram(
    "argosy_job_seconds", "Time that a job took.", ["job"], buckets=_SECONDS, registry=REGISTRY
)
JOBS_WAITING = Gauge(
    "argosy_jobs_waiting",
    "Jobs due and not yet picked.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
SUBSCRIPTION_LAG = Gauge(
    "argosy_subscription_lag_seconds",
    "Age of the oldest event that a subscription has not handled (the read model's among them).",
    ["subscription"],
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
PARKED = Gauge(
    "argosy_parked_events",
    "Events that a subscription failed on and that wait.",
    ["subscription"],
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
POOL = Gauge(
    "argosy_database_connections",
    "Connections of this process, by pool and state.",
    ["pool", "state"],
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
PROVIDER_SECONDS = Histogram(
    "argosy_provider_call_seconds",
    "Time of calls to payment and other providers, by operation and outcome.",
    ["provider", "operation", "outcome"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
    registry=REGISTRY,
)
BREAKER = Gauge(
    "argosy_provider_breaker_open",
    "1 while the breaker of a provider's operation is open.",
    ["provider", "operation"],
    registry=REGISTRY,
    multiprocess_mode="max",
)

_http_children: dict[tuple[str, str, int], Histogram] = {}
_statement_children: dict[str, Histogram] = {}


def http_answered(route: str, method: str, status: int, seconds: float, statements: int) -> None:
    """Count an answered request. `route` is the template, `method` any text, `status` 0 if none."""
    key = (route, method, status)
    child = _http_children.get(key)
    if child is None:
        known = method if method in _METHODS else "OTHER"
        child = HTTP_SECONDS.labels(route, known, str(status))
        if known == method:
            _http_children[key] = child
    child.observe(seconds)
    counted = _statement_children.get(route)
    if counted is None:
        counted = _statement_children[route] = HTTP_STATEMENTS.labels(route)
    counted.observe(statements)


def committed(events: Sequence[Event]) -> None:
    """Count facts once their transaction has committed."""
    for event in events:
        EVENTS.labels(event.TYPE).inc()


def render() -> bytes:
    """All metrics in Prometheus' text form; of all processes when they share a folder."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)


def observe_pool(name: str, pool: Any) -> None:
    """Record how many connections of a pool are open and idle."""
    POOL.labels(name, "open").set(pool.get_size())
    POOL.labels(name, "idle").set(pool.get_idle_size())
