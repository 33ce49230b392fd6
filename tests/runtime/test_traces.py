"""Traces: exported when a collector is set, carried on when not, and nearly free then."""

from __future__ import annotations

import time

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from argosy.runtime import telemetry, tracing
from argosy.runtime.db import Database
from argosy.runtime.idempotency import SQL as IDEMPOTENCY
from argosy.runtime.otel import Exporter

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def spans():
    """Finished spans, by name."""
    memory = InMemorySpanExporter()
    exporter = Exporter(endpoint="http://unused", ratio=1.0, service="tests", exporter=memory)
    telemetry.use_exporter(exporter)
    yield lambda: (
        exporter._provider.force_flush(),
        {span.name: span for span in memory.get_finished_spans()},
    )[1]
    telemetry.use_exporter(None)
    exporter.stop()


def _request(status: int = 200):
    work, token = telemetry.begin_request("abcdefgh", (TRACE, PARENT, True))
    work.status = status
    return work, token


async def test_a_request_a_part_of_it_and_a_statement_make_one_trace(database_url, spans):
    db = await Database.open(database_url, min_size=1, max_size=1)
    work, token = _request()
    with telemetry.span("payments.authorise", gateway="sandbox"):
        async with db.reading() as tx:
            await tx.maybe(IDEMPOTENCY.claimed, "a", "b")
    async with db.reading():
        pass
    telemetry.end_request(work, token, "/v1/carts/{cart_id}/place", "POST", 0.1, 1)
    await db.close()

    found = spans()
    root = found["POST /v1/carts/{cart_id}/place"]
    part = found["payments.authorise"]
    assert f"{root.context.trace_id:032x}" == TRACE
    assert f"{root.parent.span_id:016x}" == PARENT
    assert part.parent.span_id == root.context.span_id
    statement = next(span for name, span in found.items() if name.startswith("db "))
    assert statement.name == "db runtime.claimed"
    assert statement.context.trace_id == root.context.trace_id
    assert "a" not in {str(value) for value in statement.attributes.values()}


def test_a_job_continues_the_trace_of_the_request_that_caused_it(spans):
    work, token = _request()
    with telemetry.span("orders.open"):
        handed_on = tracing.traceparent()
    telemetry.end_request(work, token, "/v1/x", "POST", 0.1, 0)

    with telemetry.job("recover_placement", handed_on):
        pass

    found = spans()
    job = found["recover_placement"]
    assert f"{job.context.trace_id:032x}" == TRACE
    assert job.parent.span_id == found["orders.open"].context.span_id


def test_P14_a_failure_marks_its_span_without_its_message(spans):
    work, token = _request(500)
    with pytest.raises(ValueError, match="ada"), telemetry.span("carts.read"):
        raise ValueError("ada@example.com")
    telemetry.end_request(work, token, "/v1/x", "GET", 0.1, 0)
    failed = spans()["carts.read"]
    assert not failed.status.is_ok
    assert failed.attributes["error.type"] == "ValueError"
    assert not failed.events
    assert "ada" not in failed.to_json()


def test_without_a_collector_the_context_is_still_carried_on():
    work, token = _request()
    handed_on = tracing.traceparent()
    tracing.end(token)
    assert handed_on == f"00-{TRACE}-{work.span_id}-01"
    assert tracing.traceparent() is None
    with telemetry.job("x", handed_on):
        inner = tracing.current()
        assert inner is not None
        assert inner.trace_id == TRACE
        assert inner.parent == work.span_id


@pytest.mark.parametrize(
    "header",
    ["", "00-0-0-01", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01", "x" * 10_000],
)
def test_malformed_contexts_begin_a_new_trace(header):
    assert tracing.parse(header) is None


def test_a_span_without_a_collector_costs_less_than_two_microseconds():
    rounds, best = 20_000, 1.0
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(rounds):
            with telemetry.span("orders.open", kind="x"):
                pass
        best = min(best, (time.perf_counter() - started) / rounds)
    assert best < 2e-6
