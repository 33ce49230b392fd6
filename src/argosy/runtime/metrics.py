"""The metrics of Argosy, all in one place, in Prometheus' form at `/metrics`.

Labels have few values each: routes are templates, never paths; no ids, no people. With several
server processes set PROMETHEUS_MULTIPROC_DIR to an empty folder before the first import (as
`argosy serve` does): every process then writes there and any of them answers for all.
"""

from __future__ import annotations

import asyncio
import collections
import os
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
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

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
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
TAX_ID_CHECKS = Counter(
    "argosy_tax_id_checks",
    "Questions to registers of tax ids, by register and answer: valid, invalid or silent.",
    ["register", "answer"],
    registry=REGISTRY,
)
CARRIER_CALLS = Counter(
    "argosy_carrier_rate_calls",
    "Questions to carriers for rates, by answer: rated, refused or silent.",
    ["carrier", "answer"],
    registry=REGISTRY,
)
TAX_ENGINE_CALLS = Counter(
    "argosy_tax_engine_calls",
    "Questions to tax engines, by operation and answer: assessed, refused, silent or voided.",
    ["engine", "operation", "answer"],
    registry=REGISTRY,
)
DEGRADED_TAXES = Gauge(
    "argosy_degraded_tax_orders",
    "Orders whose taxes are of our tables because the engine was down, not trued up yet.",
    registry=REGISTRY,
)
PLACEMENTS = Counter(
    "argosy_placements",
    "Placements by outcome: placed, pending, payment_failed, or the code of the refusal.",
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
    "Payment operations by gateway, kind and outcome.",
    ["gateway", "kind", "outcome"],
    registry=REGISTRY,
)
LATE_AUTHORISATIONS = Counter(
    "argosy_late_authorisations",
    "Authorisations found after their attempt had been given up; they are voided or refunded.",
    ["gateway"],
    registry=REGISTRY,
)
AUTHORISATIONS_LAPSING = Gauge(
    "argosy_authorisations_lapsing",
    "Authorised money that nobody has taken, by gateway and state: it lapses within a day (soon),"
    " or should have lapsed and the gateway has not said so (lapsed).",
    ["gateway", "state"],
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
MONEY = Counter(
    "argosy_payments_minor",
    "Money captured and refunded in minor units, by kind and currency.",
    ["kind", "currency"],
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
PICTURES = Counter(
    "argosy_pictures",
    "Pictures taken up for renditions, by outcome: drawn, repeated (the focal point was moved "
    "meanwhile), refused or failed.",
    ["outcome"],
    registry=REGISTRY,
)
PICTURES_WAITING = Gauge(
    "argosy_pictures_waiting",
    "Pictures whose renditions are not made yet; pages show the originals.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
PICTURES_FAILED = Gauge(
    "argosy_pictures_failed",
    "Pictures of which no renditions can be made; see argosy media failed.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
FEED_RUNS = Counter(
    "argosy_feed_runs",
    "Pulls of feeds by outcome: unchanged, applied, waiting (for a person) or failed.",
    ["outcome"],
    registry=REGISTRY,
)
FEEDS_FAILING = Gauge(
    "argosy_feeds_failing",
    "Active feeds whose last pull failed.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
FEEDS_LATE = Gauge(
    "argosy_feeds_late",
    "Active feeds that have come to no good end for an hour after their time.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
MEDIA_CLEANED = Counter(
    "argosy_media_cleaned",
    "Files that were deleted because nothing named them: file (an original with its renditions) or "
    "stray (which nothing names).",
    ["kind"],
    registry=REGISTRY,
)
JOBS_WAITING = Gauge(
    "argosy_jobs_waiting",
    "Jobs due and not yet picked.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
OUTBOX_LAG = Gauge(
    "argosy_outbox_lag_seconds",
    "Age of the oldest event that a subscription has not handled yet.",
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
MAILS = Counter(
    "argosy_order_mails_total",
    "Mails about orders that were handed to the mail server, refused by it, or could not be handed "
    "over now.",
    ["kind", "outcome"],
    registry=REGISTRY,
)
MAILS_UNDELIVERED = Gauge(
    "argosy_order_mails_undelivered",
    "Mails about orders that wait for more than ten minutes after a failure (late), and that were "
    "given up within a day (failed).",
    ["state"],
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
PROMOTIONS_UNREADABLE = Gauge(
    "argosy_promotions_unreadable",
    "Live promotions that this version cannot evaluate: they are left out of carts.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
PROJECTION_LAG = Gauge(
    "argosy_projection_lag_seconds",
    "Age of the oldest change that the shop windows do not show yet.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
SEARCHES = Counter(
    "argosy_searches", "Searches of shoppers, by outcome.", ["outcome"], registry=REGISTRY
)
SEARCHES_WARMED = Counter(
    "argosy_searches_warmed",
    "Answers to frequent searches that were made before a shopper asked.",
    registry=REGISTRY,
)
SEARCH_LAG = Gauge(
    "argosy_search_lag_seconds",
    "Age of the oldest change that a search index of this machine does not hold; 3600 without one.",
    registry=REGISTRY,
    multiprocess_mode="mostrecent",
)
PROJECTIONS_PARKED = Gauge(
    "argosy_projections_parked",
    "Products that could not be projected and wait to be tried again.",
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


class _Tally:
    """Observations of one label set of a histogram, not yet handed to it.

    Handing each one over takes two locks; a tally takes a list index, and is handed over as a whole
    once a second and before every scrape.
    """

    __slots__ = ("bounds", "child", "counts", "total")

    def __init__(self, child: Histogram) -> None:
        self.child = child
        self.bounds = tuple(child._upper_bounds)
        self.counts = [0] * len(self.bounds)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def hand_over(self) -> None:
        for index, count in enumerate(self.counts):
            if count:
                self.child._buckets[index].inc(count)
                self.counts[index] = 0
        self.child._sum.inc(self.total)
        self.total = 0.0


_requests: dict[tuple[str, str, int], tuple[_Tally, _Tally]] = {}
_waiting = False


def http_answered(route: str, method: str, status: int, seconds: float, statements: int) -> None:
    """Count an answered request. `route` is the template, `method` any text, `status` 0 if none."""
    tallies = _requests.get((route, method, status))
    if tallies is None:
        known = method if method in METHODS else "OTHER"
        tallies = _requests.get((route, known, status)) or (
            _Tally(HTTP_SECONDS.labels(route, known, str(status))),
            _Tally(HTTP_STATEMENTS.labels(route)),
        )
        _requests[route, known, status] = tallies
    tallies[0].add(seconds)
    tallies[1].add(statements)
    if not _waiting:
        _hand_over_soon()


def _hand_over_soon() -> None:
    global _waiting  # noqa: PLW0603 - one timer per process
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        _hand_over()
        return
    _waiting = True
    loop.call_later(1.0, _hand_over)


def _hand_over() -> None:
    global _waiting  # noqa: PLW0603
    _waiting = False
    for tallies in _requests.values():
        for tally in tallies:
            tally.hand_over()


Counted = Mapping[type[Event], Callable[[Any], None]]

_counted: dict[type[Event], Callable[[Any], None]] = {}


def count_with(counters: Counted) -> None:
    """Let `counters` turn committed events into business metrics (workflows/measuring.py)."""
    _counted.update(counters)


def committed(events: Sequence[Event]) -> None:
    """Count facts once their transaction has committed."""
    for kind, number in collections.Counter(event.TYPE for event in events).items():
        EVENTS.labels(kind).inc(number)
    for event in events:
        count = _counted.get(type(event))
        if count is not None:
            count(event)


_completing: list[Callable[[], None]] = []


def complete_with(count: Callable[[], None]) -> None:
    """Let `count` hand over what it counts late before every scrape."""
    _completing.append(count)


def render() -> bytes:
    """All metrics in Prometheus' text form; of all processes when they share a folder."""
    for complete in _completing:
        complete()
    for tallies in _requests.values():
        for tally in tallies:
            tally.hand_over()
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)


def observe_pool(name: str, pool: Any) -> None:
    """Record how many connections of a pool are open and idle."""
    POOL.labels(name, "open").set(pool.get_size())
    POOL.labels(name, "idle").set(pool.get_idle_size())
