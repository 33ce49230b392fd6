"""The calls of a purchase that go past the framework are answered as the framework would."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest
from tests.web.checkout.conftest import BERLIN, Counter
from tests.workflows.till import another_id

from argosy.kernel.ids import encode
from argosy.web import direct
from argosy.web.requests import ShopRequest

LONG_WAY = [("x-repeated", "1"), ("x-repeated", "2")]
"""A header that is sent twice: such a request goes the ordinary way."""


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the requests that were handed over directly."""
    paths: list[str] = []

    class Seen(ShopRequest):
        def __init__(self, scope: Any, *others: Any) -> None:
            paths.append(scope["path"])
            super().__init__(scope, *others)

    monkeypatch.setattr(direct, "ShopRequest", Seen)
    return paths


async def send(
    shop: Counter, method: str, path: str, content: bytes, *more: tuple[str, str], **given: str
) -> httpx.Response:
    headers = {
        "x-publishable-key": shop.key,
        "content-type": "application/json",
        "idempotency-key": "k",
        "x-request-id": "one-request",
    }
    headers |= {name.replace("_", "-"): value for name, value in given.items()}
    sent = [(name, value) for name, value in headers.items() if value]
    return await shop.client.request(method, path, content=content, headers=[*sent, *more])


def shown(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in answer.headers.items() if name != "ratelimit"}
    return answer.status_code, headers, answer.content


CART = "/v1/carts/" + encode("cart", another_id())
GOOD = msgspec.json.encode({"shipping_method": "standard"})
MISTAKES: dict[str, tuple[str, str, bytes, dict[str, str]]] = {
    "no such cart": ("PUT", f"{CART}/shipping-method", GOOD, {}),
    "not an id": ("PATCH", "/v1/carts/cart_1", b'{"email":"ann@example.com"}', {}),
    "no key": ("POST", "/v1/carts", b"{}", {"x_publishable_key": ""}),
    "a key of nobody": ("POST", "/v1/carts", b"{}", {"x_publishable_key": "pk_nobody"}),
    "half a header": ("POST", "/v1/carts", b"{}", {"authorization": "Bearer"}),
    "an old session": ("POST", "/v1/carts", b"{}", {"authorization": "Bearer shopper_old"}),
    "not JSON": ("POST", "/v1/carts", b"{", {}),
    "not UTF-8": ("POST", "/v1/carts", b'{"email":"\xff"}', {}),
    "no body": ("POST", "/v1/carts", b"", {}),
    "another type": ("POST", "/v1/carts", b"{}", {"content_type": "text/plain"}),
    "an unknown field": ("POST", "/v1/carts", b'{"surprise":1}', {}),
    "a wrong type": ("POST", f"{CART}/lines", b'{"variant_id":1}', {}),
    "too many": ("POST", f"{CART}/lines", b'{"variant_id":"var_1","quantity":10000}', {}),
    "a card number": ("PATCH", CART, b'{"email":"4111111111111111"}', {}),
    "too deep": ("POST", "/v1/carts", b"[" * 5000, {}),
    "too long": ("POST", "/v1/carts", b" " * 3_000_000, {}),
    "a malformed idempotency key": ("POST", "/v1/carts", b"{}", {"idempotency_key": '"'}),
    "no idempotency key": ("POST", f"{CART}/place", b"{}", {"idempotency_key": ""}),
    "nothing to buy": ("POST", "/v1/purchases", b'{"lines":[],"email":"ann@example.com"}', {}),
}


@pytest.mark.parametrize("name", MISTAKES)
async def test_a_mistake_gets_the_same_problem(shop: Counter, taken: list[str], name: str) -> None:
    method, path, content, headers = MISTAKES[name]
    short = await send(shop, method, path, content, **headers)
    assert taken == ([] if name in {"no idempotency key", "no body"} else [path])
    long = await send(shop, method, path, content, *LONG_WAY, **headers)
    assert len(taken) <= 1
    assert shown(short) == shown(long)
    assert short.status_code >= 400
    assert short.headers["content-type"] == "application/problem+json"


async def test_a_purchase_is_handed_over_and_answered_the_same(
    shop: Counter, taken: list[str]
) -> None:
    line = msgspec.json.encode({"variant_id": shop.variant("shirt"), "quantity": 1})
    update = msgspec.json.encode({"email": "ann@example.com", "shipping_address": BERLIN})
    found = []
    for way in ((), LONG_WAY):
        name = f"way {len(way)}".replace(" ", "-")
        made = await send(shop, "POST", "/v1/carts", b"{}", *way, idempotency_key=name)
        path = f"/v1/carts/{made.json()['id']}"
        answers = [
            made,
            await send(shop, "POST", f"{path}/lines", line, *way),
            await send(shop, "POST", f"{path}/lines", line, *way),
            await send(shop, "PATCH", path, update, *way),
            await send(shop, "PUT", f"{path}/shipping-method", GOOD, *way),
        ]
        total = answers[-1].json()["total"]
        body = msgspec.json.encode({"expected_total": total, "payment": {"gateway": "invoice"}})
        answers += [await send(shop, "POST", f"{path}/place", body, *way) for _ in range(2)]
        assert answers[-1].content == answers[-2].content
        found.append(answers)
    assert len(taken) == 7
    for short, long in zip(*found, strict=True):
        assert (short.status_code, sorted(short.headers)) == (
            long.status_code,
            sorted(long.headers),
        )
        assert short.json().keys() == long.json().keys()
        assert short.json().get("total") == long.json().get("total")
    assert [answer.status_code for answer in found[0]] == [201, 201, 201, 200, 200, 201, 201]
    assert "idempotency-replayed" in found[0][2].headers
    assert "idempotency-replayed" in found[0][6].headers


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/carts?currency=EUR", {}),
        ("/v1/carts/", {}),
        ("/v1/carts", {"origin": "https://shop.example"}),
        ("/v1/carts", {"host": "shop.example/carts"}),
        ("//v1/carts", {}),
    ],
)
async def test_an_unusual_request_goes_the_ordinary_way(
    shop: Counter, taken: list[str], path: str, headers: dict[str, str]
) -> None:
    await send(shop, "POST", "http://shop.test" + path, b"{}", **headers)
    assert taken == []


async def test_a_failure_nobody_expected_is_answered_as_one(
    shop: Counter, taken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("argosy.workflows.carting.create_cart", fail)
    short = await send(shop, "POST", "/v1/carts", b"{}")
    assert (short.status_code, short.json()["code"]) == (500, "internal")
    assert b"secret" not in short.content
    assert taken == ["/v1/carts"]
    assert shown(short) == shown(await send(shop, "POST", "/v1/carts", b"{}", *LONG_WAY))
