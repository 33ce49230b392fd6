"""Metrics: tallied requests arrive, committed facts count, unknown methods do not multiply."""

from __future__ import annotations

import subprocess
import sys
from typing import ClassVar
from uuid import UUID

import pytest
from prometheus_client.parser import text_string_to_metric_families

from argosy.kernel.events import Event
from argosy.kernel.ids import new_id
from argosy.runtime import metrics
from argosy.runtime.db import Database


class ThingDone(Event, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "argosy.testing.thing_done.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID


def _samples(name: str, **labels: str) -> float:
    found = 0.0
    lines = [line for line in metrics.render().decode().splitlines() if line.startswith(name)]
    for family in text_string_to_metric_families("\n".join(lines) + "\n"):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                found += sample.value
    return found


async def test_requests_are_counted_timed_and_their_statements_told():
    for seconds, statements in ((0.002, 1), (0.03, 4)):
        metrics.http_answered("/v1/testing/{id}", "GET", 200, seconds, statements)
    labels = {"route": "/v1/testing/{id}"}
    assert _samples("argosy_http_request_seconds_count", status="200", **labels) == 2
    assert _samples("argosy_http_request_seconds_bucket", le="0.0025", **labels) == 1
    assert _samples("argosy_http_request_seconds_bucket", le="0.05", **labels) == 2
    assert _samples("argosy_http_request_seconds_sum", **labels) == pytest.approx(0.032)
    assert _samples("argosy_http_statements_sum", **labels) == 5


async def test_invented_methods_share_one_label():
    for method in ("BREW", "PROPFIND", "X" * 1000):
        metrics.http_answered("/v1/teapot", method, 405, 0.001, 0)
    assert _samples("argosy_http_request_seconds_count", route="/v1/teapot", method="OTHER") == 3
    assert "BREW" not in metrics.render().decode()


async def test_P4_facts_count_when_they_are_committed_and_not_before(db: Database):
    seen = []
    metrics.count_with({ThingDone: seen.append})
    event = ThingDone(order_id=new_id())

    async def give_up() -> None:
        async with db.transaction() as tx:
            tx.emit(event)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        await give_up()
    assert seen == []

    async with db.transaction() as tx:
        tx.emit(event)
    assert seen == [event]
    assert _samples("argosy_events_total", type=ThingDone.TYPE) >= 1


def test_several_processes_answer_for_each_other(tmp_path):
    """Two processes count into one folder; a third sees the sum."""
    count = (
        "from argosy.runtime import metrics;"
        "metrics.CARTS.inc();"
        "metrics.OUTBOX_LAG.labels('x').set(3)"
    )
    show = "from argosy.runtime import metrics; print(metrics.render().decode())"
    env = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for code in (count, count):
        subprocess.run([sys.executable, "-c", code], env=env, check=True)
    shown = subprocess.run(
        [sys.executable, "-c", show], env=env, check=True, capture_output=True, text=True
    ).stdout
    assert "argosy_carts_total 2.0" in shown
    assert 'argosy_outbox_lag_seconds{subscription="x"} 3.0' in shown
