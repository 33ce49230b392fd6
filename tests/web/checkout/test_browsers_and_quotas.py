"""The real application as browsers of other origins and clients over their quota meet it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from tests.web.checkout.conftest import BERLIN, Counter

from argosy.modules import staff
from argosy.runtime.settings import load_settings
from argosy.web.app import create_app

GOOD, BAD = "https://shop.example", "https://evil.example"


@asynccontextmanager
async def served(shop: Counter, **settings: object) -> AsyncIterator[Counter]:
    """The same shop behind an application with these settings."""
    given = {n: getattr(shop.till.app.settings, n) for n in ("database_url", "home", "secret_key")}
    app = replace(shop.till.app, settings=load_settings(**given, **settings))
    transport = httpx.ASGITransport(app=create_app(app))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield Counter(shop.till, client, shop.key)


@pytest.mark.parametrize("path", ["/v1/carts", "/v1/purchases", "/v1/products/shirt/reviews"])
async def test_a_preflight_lets_an_allowed_origin_do_what_a_storefront_does(
    shop: Counter, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("ARGOSY_CORS_ORIGINS", f'["{GOOD}"]')
    wanted = "content-type,idempotency-key,x-publishable-key,authorization,if-match"
    asked = {"access-control-request-method": "POST", "access-control-request-headers": wanted}
    async with served(shop) as other:
        let_in = await other.client.options(path, headers=asked | {"origin": GOOD})
        refused = await other.client.options(path, headers=asked | {"origin": BAD})
    assert let_in.status_code == 204, let_in.text
    assert let_in.headers["access-control-allow-origin"] == GOOD
    allowed = let_in.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in wanted.split(","))
    assert "POST" in let_in.headers["access-control-allow-methods"]
    assert int(let_in.headers["access-control-max-age"]) > 0
    # Shoppers sign in with a bearer token: cookies of the browser are never asked for.
    assert "access-control-allow-credentials" not in let_in.headers
    assert refused.headers.get("access-control-allow-origin") not in (BAD, "*")


async def test_answers_and_problems_can_be_read_by_an_allowed_origin_only(shop: Counter) -> None:
    async with served(shop, cors_origins=[GOOD, "https://app.example"]) as other:
        body = {"lines": [], "email": "ann@example.com"}
        for origin, seen in ((GOOD, True), (BAD, False)):
            for status, answer in (
                (200, await other.send("GET", "/v1/channel", origin=origin)),
                (201, await other.send("POST", "/v1/carts", body, origin=origin)),
                (404, await other.send("GET", "/v1/products/none", origin=origin)),
                (401, await other.send("GET", "/v1/orders", origin=origin)),
                (422, await other.send("POST", "/v1/carts", {"x": 1}, origin=origin)),
            ):
                assert answer.status_code == status, answer.text
                allowed = answer.headers.get("access-control-allow-origin")
                assert (allowed == GOOD) is seen, (status, origin)
                if seen:
                    exposed = answer.headers["access-control-expose-headers"].lower()
                    for name in ("etag", "ratelimit", "idempotency-replayed", "x-request-id",
                                 "retry-after", "location"):  # fmt: skip
                        assert name in exposed.replace(" ", "").split(","), name
                    assert "origin" in answer.headers["vary"].lower()


async def test_P9_over_the_quota_one_waits_and_a_purchase_with_another_key_goes_on(
    shop: Counter,
) -> None:
    async with shop.till.db.transaction() as tx:
        made = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="app", channel_id=shop.till.channel.id
        )
    async with served(shop, cors_origins=[GOOD], rate_limit_per_minute=3) as other:
        for left in (2, 1, 0):
            answer = await other.send("GET", "/v1/channel")
            assert f";r={left};" in answer.headers["ratelimit"]
        refused = await other.send("GET", "/v1/channel", origin=GOOD)
        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (429, "request.rate_limited")
        assert problem["retryable"] is True
        assert problem["cure"]
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["ratelimit-policy"] == '"browse";q=3;w=60'
        assert ";r=0;" in refused.headers["ratelimit"]
        assert refused.headers["access-control-allow-origin"] == GOOD, "a browser can read it"
        wanted = {
            "lines": [{"variant_id": shop.variant("shirt"), "quantity": 1}],
            "email": "ann@example.com",
            "shipping_address": BERLIN,
            "shipping_method": "standard",
            "payment": {"gateway": "invoice"},
        }
        sent = {"x_publishable_key": made.token, "idempotency_key": "buy"}
        bought = await other.send("POST", "/v1/purchases", wanted, **sent)
        assert bought.status_code == 201, bought.text
