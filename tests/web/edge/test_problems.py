"""Whatever goes wrong, the answer is a problem document with a stable code, and never a leak."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import httpx
import msgspec
import pytest
from litestar import get, post
from litestar.params import Parameter
from tests.web.edge.making import an_edge, code_of, names

from argosy.kernel.errors import Conflict, NotFound, Refused, Unauthenticated, Unavailable
from argosy.web.api.storefront import carts
from argosy.web.openapi import build_document
from argosy.web.paging import CursorText, Limit


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sku: str
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    size: Literal["S", "M", "L"] | None = None


class Basket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lines: list[Line]
    note: Annotated[str, msgspec.Meta(max_length=20)] = ""


@post("/v1/baskets", tags=["T"], status_code=200)
async def echo(data: Basket) -> Basket:
    return data


@post("/v1/optional", tags=["T"], status_code=200)
async def optional(data: Basket | None = None) -> bool:
    return data is None


@get("/v1/list", tags=["T"])
async def listing(limit: Limit = 24, cursor: CursorText = None) -> int:
    return limit


@get("/v1/needs", tags=["T"])
async def needs(size: int) -> int:
    return size


@get("/v1/chosen", tags=["T"])
async def chosen(
    *,
    the_state: Annotated[Literal["open", "placed"] | None, Parameter(query="state")] = None,
    limit: Limit = 24,
    recent: bool = False,
    since: datetime | None = None,
) -> int:
    return limit


@pytest.mark.parametrize(
    ("query", "field", "cure"),
    [
        ("state=shut", "state", "Send one of open, placed."),
        ("limit=0", "limit", "Send a whole number from 1 to 100."),
        ("limit=x", "limit", "Send a whole number from 1 to 100."),
        ("recent=perhaps", "recent", "Send true or false."),
        ("since=soon", "since", "Send an instant like 2026-01-31T12:00:00Z."),
    ],
)
async def test_a_wrong_query_value_is_named_as_it_was_sent(query, field, cure):
    async with an_edge(chosen) as client:
        answer = await client.get(f"/v1/chosen?{query}")
        assert (answer.status_code, code_of(answer)) == (422, "request.invalid")
        assert (answer.json()["field"], answer.json()["cure"]) == (field, cure)


@get("/v1/since", tags=["T"])
async def since(opened_since: datetime | None = None) -> bool:
    return opened_since is None


@pytest.mark.parametrize("value", ["2026", "0.5", "1e9", "-1", "null", "tomorrow", "2026-13-01"])
async def test_a_point_in_time_is_not_a_number(value):
    async with an_edge(since) as client:
        answer = await client.get("/v1/since", params={"opened_since": value})
        assert (answer.status_code, code_of(answer)) == (422, "request.invalid")
        assert answer.json()["field"] == "opened_since"
        good = {"opened_since": "2026-06-01T12:00:00Z"}
        assert (await client.get("/v1/since", params=good)).json() is False


class OutOfPears(Conflict):
    """There are no pears."""

    code = "testing.out_of_pears"
    usual_cure = "Wait for autumn."


_ERRORS = {
    "conflict": OutOfPears("No pears.", field="lines[0]", cure="Take apples.", available=3),
    "missing": NotFound("Nothing here."),
    "refused": Refused("No."),
    "anonymous": Unauthenticated("Who?"),
    "later": Unavailable("Later.", retry_after=7),
    "bug": KeyError("ada@example.com secret"),
    "odd": OutOfPears("Odd.", value=object),
}


@get("/v1/fail/{kind:str}", tags=["T"])
async def fail(kind: str) -> None:
    raise _ERRORS[kind]


@pytest.fixture
async def client():
    async with an_edge(echo, optional, listing, needs, fail) as made:
        yield made


async def _send(client: httpx.AsyncClient, body: bytes, kind: str = "application/json"):
    return await client.post("/v1/baskets", content=body, headers={"content-type": kind})


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (b'{"lines":[{"sku":"a","quantity":"1"}]}', 422, "request.invalid", "lines[0].quantity"),
        (b'{"lines":[{"sku":"a","quantity":1.5}]}', 422, "request.invalid", "lines[0].quantity"),
        (b'{"lines":[{"sku":"a","quantity":true}]}', 422, "request.invalid", "lines[0].quantity"),
        (b'{"lines":[{"sku":"a","quantity":0}]}', 422, "request.invalid", "lines[0].quantity"),
        (b'{"lines":[{"sku":null,"quantity":1}]}', 422, "request.invalid", "lines[0].sku"),
        (b'{"lines":[{"sku":"a"}]}', 422, "request.invalid", "lines[0].quantity"),
        (b'{"lines":[],"color":"red"}', 422, "request.invalid", "color"),
        (b'{"lines":[],"note":"' + b"x" * 21 + b'"}', 422, "request.invalid", "note"),
        (b"[]", 422, "request.invalid", "body"),
        (b"null", 422, "request.invalid", "body"),
        (b"", 422, "request.body_missing", "body"),
        (
            b'{"lines":[{"sku":"a","quantity":' + b"9" * 30 + b"}]}",
            422,
            "request.number_too_large",
            "lines[0].quantity",
        ),
        (b'{"lines":[],"note":"\\u0000"}', 422, "request.character_refused", "note"),
        (b'{"lines":[],"note":"4111 1111 1111 1111"}', 422, "request.card_number", "note"),
        (b'{"lines":', 400, "request.malformed", None),
        (b"{'lines':[]}", 400, "request.malformed", None),
        (b'{"lines":[]} x', 400, "request.malformed", None),
        (b'\xef\xbb\xbf{"lines":[]}', 400, "request.malformed", None),
        (b'{"lines":[],"note":"\xff"}', 400, "request.malformed", None),
        (b'{"lines":[],"note":"\\ud800"}', 400, "request.malformed", None),
        (b'{"lines":[],"note":"\xed\xa0\x80"}', 400, "request.malformed", None),
        (b'{"lines":[],"note":"\x00"}', 400, "request.malformed", None),
        (b'{"lines":[],"x":' + b"[" * 200_000, None, None, None),
    ],
)
async def test_bodies_are_read_strictly(client, body, status, code, field):
    answer = await _send(client, body)
    if code is None:
        assert answer.status_code in (400, 422)
        code_of(answer)
        return
    assert (answer.status_code, code_of(answer)) == (status, code)
    if field is not None:
        assert answer.json()["field"] == field
        assert field in names(answer.json()["errors"])


@pytest.mark.parametrize(
    ("line", "cure"),
    [
        ({"sku": "a", "quantity": 0}, "Send a whole number from 1 to 1000."),
        ({"sku": "a", "quantity": "two"}, "Send a whole number from 1 to 1000."),
        ({"sku": "a", "quantity": 1, "size": "XS"}, "Send one of L, M, S."),
        ({"sku": 5, "quantity": 1}, "Send a text."),
        ({"sku": "a"}, "Send it."),
        ({"sku": "a", "quantity": 1, "colour": "red"}, "Leave it out."),
    ],
)
async def test_a_wrong_value_says_what_would_be_right(client, line, cure):
    answer = await client.post("/v1/baskets", json={"lines": [line]})
    assert (answer.status_code, answer.json()["cure"]) == (422, cure)


async def test_deep_json_is_refused_where_anything_is_allowed():
    @post("/v1/anything", tags=["T"])
    async def anything(data: dict[str, object]) -> bool:
        return bool(data)

    async with an_edge(anything) as client:
        body = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
        answer = await client.post(
            "/v1/anything", content=body, headers={"content-type": "application/json"}
        )
    assert (answer.status_code, code_of(answer)) == (400, "request.too_deep")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "", "json"]
)
async def test_other_media_types_are_refused(client, kind):
    answer = await _send(client, b'{"lines":[]}', kind)
    assert (answer.status_code, code_of(answer)) == (415, "request.unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON"])
async def test_json_may_name_its_charset(client, kind):
    assert (await _send(client, b'{"lines":[]}', kind)).status_code == 200


async def test_an_optional_body_may_be_left_out_but_not_wrong(client):
    assert (await client.post("/v1/optional")).json() is True
    answer = await client.post("/v1/optional", json={"lines": 1})
    assert code_of(answer) == "request.invalid"


async def test_each_application_keeps_its_own_limit_of_a_body():
    """One for a shop, one more for its document: handlers are the same, limits are not."""
    async with (
        an_edge(*carts.ROUTES, body_limit_bytes=1024) as narrow,
        an_edge(*carts.ROUTES) as wide,
    ):
        build_document(carts.ROUTES)
        for client, length, code in (
            (wide, 2000, "request.malformed"),
            (narrow, 2000, "request.too_large"),
            (wide, 2_000_000, "request.too_large"),
        ):
            answer = await client.post(
                "/v1/carts", content=b" " * length, headers={"content-type": "application/json"}
            )
            assert code_of(answer) == code


async def test_bodies_have_a_limit_announced_or_not():
    async with an_edge(echo, body_limit_bytes=1024) as client:
        answer = await _send(client, b" " * 2000)
        assert (answer.status_code, code_of(answer)) == (413, "request.too_large")

        async def chunks():
            for _ in range(20):
                yield b" " * 100

        answer = await client.post(
            "/v1/baskets", content=chunks(), headers={"content-type": "application/json"}
        )
        assert (answer.status_code, code_of(answer)) == (413, "request.too_large")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=99999999999999999999999", "limit"),
        ("cursor=" + "x" * 1001, "cursor"),
        ("cursor=%00", "cursor"),
    ],
)
async def test_query_values_are_checked(client, query, field):
    answer = await client.get(f"/v1/list?{query}")
    assert answer.status_code == 422
    code_of(answer)
    assert names(answer.json()["errors"]) == {field}


async def test_a_missing_query_value_is_named(client):
    answer = await client.get("/v1/needs")
    assert (answer.status_code, code_of(answer)) == (422, "request.invalid")
    assert answer.json()["field"] == "size"


@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/v1/nowhere", "GET", 404, "request.route_unknown"),
        ("/nothing", "GET", 404, "request.route_unknown"),
        ("/v1/a%00b", "GET", 404, "request.route_unknown"),
        ("/v1/%ff%fe", "GET", 404, "request.route_unknown"),
        ("/v1/" + "a/" * 500, "GET", 404, "request.route_unknown"),
        ("/v1/baskets", "GET", 405, "request.method_not_allowed"),
        ("/v1/baskets", "BREW", 405, "request.method_not_allowed"),
        ("/v1/list", "DELETE", 405, "request.method_not_allowed"),
    ],
)
async def test_unknown_paths_and_methods(client, path, method, status, code):
    answer = await client.request(method, path)
    assert (answer.status_code, code_of(answer)) == (status, code)
    if status == 405:
        assert answer.headers["allow"]


async def test_an_error_shows_field_cure_and_details(client):
    answer = await client.get("/v1/fail/conflict")
    assert (answer.status_code, code_of(answer)) == (409, "testing.out_of_pears")
    problem = answer.json()
    assert problem["detail"] == "No pears."
    assert (problem["field"], problem["cure"], problem["available"]) == (
        "lines[0]",
        "Take apples.",
        3,
    )
    assert problem["title"] == "Out of pears"


@pytest.mark.parametrize(
    ("kind", "status"), [("missing", 404), ("refused", 403), ("anonymous", 401), ("odd", 409)]
)
async def test_kinds_of_errors_have_their_status(client, kind, status):
    answer = await client.get(f"/v1/fail/{kind}")
    assert answer.status_code == status
    if kind == "odd":
        assert answer.json()["cure"] == "Wait for autumn."
    code_of(answer)
    assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_what_can_be_retried_says_so_and_when(client):
    answer = await client.get("/v1/fail/later")
    assert (answer.status_code, code_of(answer)) == (503, "service.unavailable")
    assert answer.json()["retryable"] is True
    assert answer.headers["retry-after"] == "7"


async def test_the_unexpected_leaks_nothing(client):
    answer = await client.get("/v1/fail/bug")
    assert (answer.status_code, code_of(answer)) == (500, "internal")
    assert "ada@" not in answer.text
    assert "KeyError" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_each_type_leads_to_its_page(client):
    problem = (await client.get("/v1/nowhere")).json()
    page = await client.get(problem["type"].removeprefix("http://127.0.0.1:8000"))
    assert page.status_code == 200
    assert "code: request.route_unknown" in page.text
    assert "There is no operation at this path" in page.text
    assert "What to do: Check the path" in page.text
    assert (await client.get("/problems/made.up")).status_code == 404


async def test_a_client_that_hangs_up_in_its_request_is_no_failure_of_ours(client, caplog):
    app, told = client._transport.app, []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        told.append(message)

    headers = [(b"content-type", b"application/json"), (b"content-length", b"90")]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/baskets",
        "raw_path": b"/v1/baskets",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("edge.test", 80),
        "state": {},
    }
    await app(scope, receive, send)
    assert told[0]["status"] == 400
    assert b"request.cut_short" in told[1]["body"]
