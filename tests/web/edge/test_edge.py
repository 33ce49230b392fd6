"""What every answer carries, and what every request is given."""

from __future__ import annotations

from typing import Any

import pytest
from litestar import Request, Response, get
from tests.web.edge.making import an_edge, code_of

from argosy.runtime import tracing
from argosy.web.etag import content_tag

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@get("/v1/ids", tags=["T"])
async def ids(request: Request[Any, Any, Any]) -> dict[str, str | None]:
    return {
        "request_id": request.scope["argosy.request_id"],
        "traceparent": tracing.traceparent(),
    }


@get("/v1/cached", tags=["T"])
async def cached() -> Response[dict[str, int]]:
    headers = {
        "Cache-Control": "public, max-age=60",
        "Content-Security-Policy": "default-src 'self'",
        "ETag": content_tag(b"x"),
    }
    return Response({"a": 1}, headers=headers)


async def test_answers_carry_security_headers_and_are_not_cached_by_default():
    async with an_edge(ids) as client:
        headers = (await client.get("/v1/ids")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers


async def test_a_handler_decides_about_its_own_caching_and_policy():
    async with an_edge(cached, public_url="https://shop.example") as client:
        headers = (await client.get("/v1/cached")).headers
    assert headers.get_list("cache-control") == ["public, max-age=60"]
    assert headers.get_list("content-security-policy") == ["default-src 'self'"]
    assert headers["strict-transport-security"].startswith("max-age=")


async def test_a_presentable_request_id_is_kept_and_another_replaced():
    async with an_edge(ids) as client:
        kept = await client.get("/v1/ids", headers={"x-request-id": "order-4711.retry_1"})
        assert kept.headers["x-request-id"] == kept.json()["request_id"] == "order-4711.retry_1"
        for bad in ("short", "x" * 65, "has space inside", 'quote"quote"quote'):
            made = await client.get("/v1/ids", headers={"x-request-id": bad})
            assert made.headers["x-request-id"] != bad
        first, second = [(await client.get("/v1/ids")).json()["request_id"] for _ in range(2)]
    assert first != second


async def test_P14_a_trace_is_continued_and_told_back():
    async with an_edge(ids) as client:
        answer = await client.get("/v1/ids", headers={"traceparent": TRACE})
        inside = answer.json()["traceparent"]
        assert inside.split("-")[1] == TRACE.split("-")[1]
        assert inside.split("-")[2] != TRACE.split("-")[2]
        assert answer.headers["traceresponse"] == inside
        fresh = await client.get("/v1/ids", headers={"traceparent": "00-zz-1-01"})
        assert fresh.json()["traceparent"].split("-")[1] != TRACE.split("-")[1]


async def test_head_is_get_without_its_body():
    async with an_edge(cached) as client:
        full, head = await client.get("/v1/cached"), await client.head("/v1/cached")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == full.headers["etag"]
    assert head.headers["content-length"] == full.headers["content-length"]


async def test_browsers_are_let_in_from_configured_origins_only():
    async with an_edge(cached, cors_origins=["https://shop.example"]) as client:
        good, bad = {"origin": "https://shop.example"}, {"origin": "https://evil.example"}
        assert (await client.get("/v1/cached", headers=good)).headers[
            "access-control-allow-origin"
        ] == "https://shop.example"
        answer = await client.get("/v1/cached", headers=bad)
        assert "access-control-allow-origin" not in answer.headers
        asked = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "x-publishable-key,idempotency-key,content-type",
        }
        preflight = await client.options("/v1/cached", headers=good | asked)
        assert preflight.status_code == 204
        assert "x-publishable-key" in preflight.headers["access-control-allow-headers"].lower()
        refused = await client.options("/v1/cached", headers=bad | asked)
        assert refused.status_code == 400


@pytest.mark.parametrize(
    "query", ["q=4111111111111111", "note=4111+1111+1111+1111", "4111-1111-1111-1111=x"]
)
async def test_H17_a_card_number_in_a_query_is_refused_and_not_repeated(query):
    async with an_edge(cached) as client:
        answer = await client.get(f"/v1/cached?{query}")
    assert (answer.status_code, code_of(answer)) == (422, "request.card_number")
    assert "4111" not in answer.text
