"""Alive, ready, metrics: cheap, and right when the database is not."""

from __future__ import annotations

from tests.web.edge.making import code_of
from tests.web.identity.making import Shop

from argosy.runtime.db import counting_statements


async def test_alive_needs_nothing(shop: Shop):
    with counting_statements() as counted:
        answer = await shop.client.get("/health/live")
    assert (answer.status_code, answer.json()["status"]) == (200, "alive")
    assert counted.statements == 0


async def test_ready_takes_one_statement(shop: Shop):
    with counting_statements() as counted:
        answer = await shop.client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "checks": {"database": "ok", "migrations": "ok"},
    }
    assert counted.statements == 1


async def test_P10_an_older_schema_is_not_ready_a_newer_one_is(shop: Shop):
    pool = shop.app.db.pool
    await pool.execute("update alembic_version set version_num = '0000_nothing'")
    answer = await shop.client.get("/health/ready")
    assert (answer.status_code, code_of(answer)) == (503, "service.not_ready")
    assert answer.json()["checks"]["migrations"] == "pending"
    await pool.execute("update alembic_version set version_num = '9999_later'")
    assert (await shop.client.get("/health/ready")).status_code == 200


async def test_without_a_database_it_is_alive_and_not_ready(shop: Shop):
    await shop.app.db.close()
    assert (await shop.client.get("/health/live")).status_code == 200
    answer = await shop.client.get("/health/ready")
    assert (answer.status_code, code_of(answer)) == (503, "service.not_ready")
    assert answer.json()["retryable"] is True


async def test_metrics_show_requests_pools_and_problems(shop: Shop):
    await shop.client.get("/health/live")
    await shop.client.get("/v1/nowhere")
    answer = await shop.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'argosy_http_request_seconds_count{method="GET",route="/health/live"' in answer.text
    assert 'argosy_problems_total{code="request.route_unknown"}' in answer.text
    assert 'argosy_database_connections{pool="general",state="open"}' in answer.text
    assert "nowhere" not in answer.text
