"""`fields`: any answer in part, cut at the edge."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest
from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from tests.web.edge.making import an_edge, code_of

from argosy.kernel.paging import Page
from argosy.web.etag import content_tag, is_fresh
from argosy.web.openapi import build_document


class Part(msgspec.Struct):
    sku: str
    price: int
    parts: list[Part] = []


class Whole(msgspec.Struct):
    id: str
    number: str | None
    lines: list[Part]
    data: dict[str, Any]


WHOLE = Whole("ord_1", None, [Part("a", 1, [Part("c", 3)]), Part("b", 2)], {"x": {"y": 1, "z": 2}})


@get("/v1/thing", tags=["T"])
async def thing() -> Whole:
    return WHOLE


@get("/v1/strict", tags=["T"], responses={200: ResponseSpec(Whole, generate_examples=False)})
async def strict(request: Request[Any, Any, Any]) -> Response[bytes]:
    assert list(request.query_params) in ([], ["color"])
    body = msgspec.json.encode(WHOLE)
    headers = {"ETag": content_tag(body), "Cache-Control": "public"}
    if is_fresh(request, content_tag(body)):
        return Response(b"", status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@get("/v1/things", tags=["T"])
async def things(empty: bool = False) -> Page[Whole]:
    return Page(items=[] if empty else [WHOLE], next_cursor="more")


@get("/v1/text", tags=["T"], media_type="text/plain")
async def text() -> str:
    return "plain"


async def _get(path: str, **headers: str) -> httpx.Response:
    async with an_edge(thing, strict, things, text) as client:
        return await client.get(path, headers=headers)


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ("id,number", {"id": "ord_1", "number": None}),
        ("lines.sku", {"lines": [{"sku": "a"}, {"sku": "b"}]}),
        (
            "id%2C%20lines.parts.price",
            {"id": "ord_1", "lines": [{"parts": [{"price": 3}]}, {"parts": []}]},
        ),
        ("data.x.y,data.absent", {"data": {"x": {"y": 1}}}),
        ("id&fields=number", {"id": "ord_1", "number": None}),
    ],
)
async def test_only_the_named_members_are_answered(fields: str, shown: Any) -> None:
    for path in ("/v1/thing", "/v1/strict"):
        answer = await _get(f"{path}?fields={fields}")
        assert answer.json() == shown
        assert answer.headers["content-length"] == str(len(answer.content))
    page = await _get(f"/v1/things?fields={fields}")
    assert page.json() == {"items": [shown], "next_cursor": "more"}


@pytest.mark.parametrize(
    ("fields", "cure"),
    [
        ("id,nothing", "id, number, lines, data"),
        ("lines.nothing", "sku, price, parts"),
        ("number.minor", "no object"),
        ("", "id,total.minor"),
        ("id,,number", "id,total.minor"),
        (",".join(["id"] * 51), "fewer"),
        ("a" * 1001, "fewer"),
    ],
)
async def test_what_is_no_member_is_refused_by_name(fields: str, cure: str) -> None:
    for path in ("/v1/thing?", "/v1/things?", "/v1/things?empty=true&"):
        answer = await _get(f"{path}fields={fields}")
        assert (answer.status_code, code_of(answer)) == (422, "request.invalid")
        assert answer.json()["field"] == "fields"
        assert cure in answer.json()["cure"]


async def test_a_cut_answer_has_a_tag_of_its_own() -> None:
    whole = (await _get("/v1/strict")).headers["etag"]
    answer = await _get("/v1/strict?color=red&fields=id")
    tag = answer.headers["etag"]
    assert tag == content_tag(answer.content) != whole
    assert answer.headers["cache-control"] == "public"
    unchanged = await _get("/v1/strict?fields=id", **{"if-none-match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == tag
    other = await _get("/v1/strict?fields=id", **{"if-none-match": whole})
    assert (other.status_code, other.json()) == (200, {"id": "ord_1"})
    assert "etag" not in (await _get("/v1/thing?fields=id")).headers


async def test_other_answers_pass_as_they_are() -> None:
    assert (await _get("/v1/text?fields=id")).text == "plain"
    assert (await _get("/v1/absent?fields=id")).status_code == 404
    assert (await _get("/v1/thing?fieldset=id")).json()["id"] == "ord_1"


def test_every_get_that_answers_json_documents_it() -> None:
    paths = build_document([thing, strict, things, text])["paths"]
    listed = {
        path: [p["name"] for p in item["get"].get("parameters", [])] for path, item in paths.items()
    }
    assert listed["/v1/thing"] == listed["/v1/strict"] == ["fields"]
    assert listed["/v1/things"] == ["empty", "fields"]
    assert listed["/v1/text"] == []
