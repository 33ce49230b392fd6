"""Every operation against hostile input: a clear problem each time, never a server error.

The base of each request is the operation's own example, pointed at things that exist; then one
thing at a time is made wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import requests
from tests.web.edge.document import DOCUMENT
from tests.web.edge.whole_shop import BASE, WholeShop, whole_shop

from argosy.kernel.ids import PREFIXES, encode, new_id

OPERATIONS = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]
EACH = pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)

CARD = "4111 1111 1111 1111"
VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    2**31,
    2**63 - 1,
    -(2**63),
    1.5,
    "",
    " ",
    "x" * 100_000,
    "'; drop table orders.order; --",
    "\u202e\ufeff\u0301",
    "😀" * 50,
    "NaN",
    "1e999999",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    [],
    {},
    [[]],
    {"minor": -1, "currency": "USD"},
    {"minor": 1, "currency": "XXQ"},
    {"": None},
]
WRONG_TYPES = 3
"""Of the values of another type than a place has; the others have their turn elsewhere."""
RAW = [
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{",
    b"{}",
    b"\xff\xfe",
    b'{"a":"\\ud800"}',
    b'{"a":' * 5000,
    b"[" * 100_000,
    b'{"a":1,"a":2}',
    b'{"__proto__":{"x":1}}',
]
TEXTS = ["%00", "%FF", "%2e%2e%2f", "x" * 3000, "null", "-1", "0", "*", "%F0%9F%98%80", "a b"]


@pytest.fixture(scope="module")
def shop(
    postgres_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WholeShop]:
    home = tmp_path_factory.mktemp("whole_shop")
    with whole_shop(postgres_url, template_database, home) as opened:
        yield opened


class Sender:
    """Sends one operation's requests, each made from its example, and checks every answer."""

    def __init__(self, shop: WholeShop, path: str, method: str, operation: dict[str, Any]) -> None:
        self.shop, self.path, self.method = shop, path, method
        self.parameters = operation.get("parameters", [])
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        example = None if content is None else content["examples"]["example"]["value"]
        self.body = shop.with_known_ids(path, example)

    def send(
        self,
        content: bytes | None = None,
        *,
        path: dict[str, str] | None = None,
        query: str = "",
        **headers: str | None,
    ) -> requests.Response:
        url = self.path
        for parameter in self.parameters:
            name = parameter["name"]
            if parameter["in"] == "path":
                known = self.shop.id_for(self.path, name) or "x"
                url = url.replace("{" + name + "}", (path or {}).get(name, known))
        token = self.shop.keys["owner"] if url.startswith("/admin/") else self.shop.shoppers[0]
        sent = self.shop.credentials(self.path, self.method, token)
        sent |= {"Content-Type": "application/json", "Idempotency-Key": encode("event", new_id())}
        sent["If-Match"] = "*"
        if content is None and self.body is not None:
            content = msgspec.json.encode(self.body)
        answer = self.shop.session.request(
            self.method, f"{BASE}{url}{query}", data=content, headers=sent | headers
        )
        _check(answer, f"{self.method} {url[:200]}{query[:200]} {(content or b'')[:300]!r}")
        return answer


def _check(answer: requests.Response, asked: str) -> None:
    assert answer.status_code < 500, f"{asked}: {answer.text[:500]}"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", asked
        problem = answer.json()
        assert problem["code"], asked
        assert problem["detail"], asked
        assert problem["cure"], asked
        assert all(error["cure"] for error in problem.get("errors", [])), f"{asked}: {problem}"
        assert problem["status"] == answer.status_code, asked


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every member of a JSON value."""
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for name, inner in pairs:
        yield (*at, name)
        yield from _places(inner, (*at, name))


def _value(value: Any, at: tuple[Any, ...]) -> Any:
    return value if not at else _value(value[at[0]], at[1:])


def _with(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[at[0]] = _with(value[at[0]], at[1:], new)
    return changed


def _hostile(present: Any, turn: int) -> list[Any]:
    """What to put in place of a value: all values of its type, and a few of other types.

    Whatever the place, a wrong type is told by what reads the body, so the few are other ones at
    each turn; a place that is null may be of any type.
    """
    if present is None:
        return VALUES
    own = [value for value in VALUES if value is None or _kind(value) == _kind(present)]
    others = [value for value in VALUES if value is not None and _kind(value) != _kind(present)]
    first = turn * WRONG_TYPES % len(others)
    return own + (others * 2)[first : first + WRONG_TYPES]


def _kind(value: Any) -> type:
    return float if type(value) is int else type(value)


# One request makes it and gives it its label, all that it ever changes.
MADE_AND_NAMED = {"put /admin/v1/product-types/{code}"}
# A list, changed by the version of what it belongs to.
OF_ANOTHER = {"patch /admin/v1/products/{product_id}/variants"}


@EACH
def test_an_object_with_a_version_is_changed_only_by_naming_it(shop, path, method, operation):
    if method not in ("patch", "put", "delete") or not path.startswith("/admin/"):
        return
    if f"{method} {path}" in MADE_AND_NAMED | OF_ANOTHER:
        return
    there = shop.session.get(BASE + _known(shop, path), headers=_as_owner(shop, path))
    named = [p for p in operation.get("parameters", ()) if p["name"] == "If-Match"]
    required = bool(named and named[0]["required"])
    if there.status_code == 200:
        assert required == there.headers.get("etag", "").startswith('"v')
    else:  # an earlier test has deleted it, or none has made it
        assert there.status_code in (404, 405, 422)
    sender = Sender(shop, path, method, operation)
    if required:
        missing = sender.send(**{"If-Match": None})
        assert (missing.status_code, missing.json()["code"]) == (
            428,
            "request.precondition_required",
        )
        for other in ('"v999999"', '"elsewhere"'):
            assert 400 <= sender.send(**{"If-Match": other}).status_code < 500
        still = shop.session.get(BASE + _known(shop, path), headers=_as_owner(shop, path))
        assert still.headers.get("etag") == there.headers.get("etag")


def _known(shop: WholeShop, path: str) -> str:
    return re.sub("{([^}]*)}", lambda name: shop.id_for(path, name[1]) or "x", path)


def _as_owner(shop: WholeShop, path: str) -> dict[str, str]:
    return shop.credentials(path, "get", shop.keys["owner"])


@EACH
def test_whatever_a_body_holds(shop, path, method, operation):
    sender = Sender(shop, path, method, operation)
    if sender.body is None:
        sender.send(b'{"unexpected": true}')
        return
    for raw in RAW:
        sender.send(raw)
    for turn, at in enumerate(list(_places(sender.body))[:12], start=len(path)):
        for value in _hostile(_value(sender.body, at), turn):
            sender.send(msgspec.json.encode(_with(sender.body, at, value)))
    if isinstance(sender.body, dict):
        answer = sender.send(msgspec.json.encode(sender.body | {"unknown_field": 1}))
        assert answer.status_code in (404, 422), answer.text


@EACH
def test_H17_card_numbers_and_nul_are_refused_in_every_body(shop, path, method, operation):
    sender = Sender(shop, path, method, operation)
    if not isinstance(sender.body, dict):
        sender.send(query=f"?note={CARD.replace(' ', '%20')}")
        return
    for value, code in ((CARD, "request.card_number"), ("a\0b", "request.character_refused")):
        answer = sender.send(msgspec.json.encode(sender.body | {"note": value}))
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
        # The id is made of random digits.
        assert "4111" not in answer.text.replace(answer.json()["request_id"], "")


@EACH
def test_bodies_of_other_media_types_and_sizes(shop, path, method, operation):
    sender = Sender(shop, path, method, operation)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"):
        answer = sender.send(**{"Content-Type": kind})
        if sender.body is not None:
            assert answer.status_code in (404, 415), answer.text
    if sender.body is not None:
        answer = sender.send(b" " * 2_000_000)
        assert answer.status_code in (404, 413), answer.text


@EACH
def test_whatever_stands_in_the_path(shop, path, method, operation):
    sender = Sender(shop, path, method, operation)
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            foreign = [encode(kind, new_id()) for kind in ("order", "channel", "variant")]
            known = shop.id_for(path, parameter["name"]) or ""
            own = known.partition("_")[0]
            of_own_kind = [f"{own}_{'0' * 26}"] if own in PREFIXES.values() else []
            for text in (*TEXTS, *foreign, *of_own_kind):
                sender.send(path={parameter["name"]: text})


@EACH
def test_whatever_stands_in_the_query_and_headers(shop, path, method, operation):
    sender = Sender(shop, path, method, operation)
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        if parameter["in"] == "query":
            for text in (*TEXTS, "2026-13-45", "9" * 30, "a,b,,c", "[]", "%ED%A0%80"):
                sender.send(query=f"?{name}={text}")
            for text in ("1", "*"):
                sender.send(query=f"?{name}={text}&{name}=1")
        if parameter["in"] == "header":
            for text in ("", "x" * 5000, "\xff", '"', '"v-1"', '"v99999999999999999999"', "*"):
                sender.send(**{name: text})
    for text in ("", "Bearer", "Bearer " + "x" * 5000, "Basic eDp5", "Bearer \xff", "bearer sk_1"):
        sender.send(Authorization=text)
    for text in ("", "pk_x", "x" * 5000, "\xff"):
        sender.send(**{"X-Publishable-Key": text})
    sender.send(query="?" + "&".join(f"p{n}=1" for n in range(2000)))
