"""One effect and one answer for the same request, however often it is sent (G2, G3)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from litestar import Request, Response, post
from tests.web.edge.making import an_edge, code_of

from argosy.kernel.errors import Conflict
from argosy.runtime.db import Database, Tx
from argosy.runtime.statements import Statement
from argosy.web.idempotent import RequiredKeyHeader, once

ADD = Statement("add", "one", "insert into effect (n) values ($1) returning id, n", "test")


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    n: int


class Full(Conflict):
    """There is no room."""

    code = "testing.full"


@post("/v1/effects", tags=["T"])
async def effect(request: Request[Any, Any, Any], data: Body) -> Response[bytes]:
    async def run(tx: Tx) -> dict[str, int]:
        row = await tx.one(ADD, data.n)
        if data.n < 0:
            raise Full("No room.")
        return dict(row)

    return await once(request, run, headers=lambda row: {"Location": f"/v1/effects/{row['id']}"})


@post("/v1/others", tags=["T"])
async def other(
    request: Request[Any, Any, Any], data: Body, key: RequiredKeyHeader
) -> Response[bytes]:
    async def run(tx: Tx) -> dict[str, int]:
        return dict(await tx.one(ADD, data.n))

    return await once(request, run, required=True)


@pytest.fixture
async def client(db: Database):
    await db.pool.execute("create table effect (id bigserial primary key, n int)")
    async with an_edge(effect, other, db=db) as made:
        yield made


async def _send(client, n: int, key: str | None = "k-1", path: str = "/v1/effects", **headers: str):
    if key is not None:
        headers["idempotency-key"] = key
    return await client.post(path, json={"n": n}, headers=headers)


async def _effects(db: Database) -> int:
    return int(await db.pool.fetchval("select count(*) from effect"))


async def test_G2_a_repeated_request_is_answered_byte_for_byte_from_the_store(client, db):
    first, second = await _send(client, 5), await _send(client, 5)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert first.status_code == 201
    assert first.headers["location"] == second.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert await _effects(db) == 1


async def test_G2_without_a_key_each_request_has_its_effect(client, db):
    await _send(client, 5, None)
    await _send(client, 5, None)
    assert await _effects(db) == 2


async def test_G2_the_same_key_with_another_body_is_refused(client, db):
    await _send(client, 5)
    answer = await _send(client, 6)
    assert (answer.status_code, code_of(answer)) == (422, "idempotency.key_reused")
    assert await _effects(db) == 1


async def test_G2_the_scope_is_principal_and_route(client, db):
    assert (await _send(client, 5)).status_code == 201
    assert (await _send(client, 5, authorization="Bearer somebody-else")).status_code == 201
    assert (await _send(client, 5, **{"x-publishable-key": "pk_other"})).status_code == 201
    assert (await _send(client, 5, path="/v1/others")).status_code == 201
    assert await _effects(db) == 4


async def test_G2_fifty_at_once_have_one_effect_and_equal_answers(client, db):
    answers = await asyncio.gather(*(_send(client, 5) for _ in range(50)))
    assert {(a.status_code, a.content) for a in answers} == {(201, answers[0].content)}
    assert await _effects(db) == 1


async def test_G3_a_failure_without_effect_is_not_kept(client, db):
    refused = await _send(client, -1, "k-2")
    assert (refused.status_code, code_of(refused)) == (409, "testing.full")
    assert await _effects(db) == 0
    again = await _send(client, -1, "k-2")
    assert again.status_code == 409
    assert (await _send(client, 1, "k-2")).status_code == 201


async def test_a_required_key_is_asked_for_and_a_malformed_one_refused(client):
    answer = await _send(client, 5, None, path="/v1/others")
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["field"]
    for bad in ("", " ", "x" * 256, "with space", 'a"b"c'):
        answer = await _send(client, 5, bad)
        assert (answer.status_code, code_of(answer)) == (422, "idempotency.key_malformed"), bad


async def test_a_quoted_key_is_the_same_key(client, db):
    await _send(client, 5, "abc")
    await _send(client, 5, '"abc"')
    assert await _effects(db) == 1
