"""Limits: exact, per client and class; checkout has its own (P8, P9)."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import get, post
from tests.web.edge.making import an_edge, code_of

from argosy.runtime.settings import Settings
from argosy.web.limits import Limits, OperationClass, RateLimited


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _class(quota: int, clock: Clock) -> OperationClass:
    return OperationClass("t", quota=quota, most=10, now=clock)


@given(quota=st.integers(1, 500), gaps=st.lists(st.floats(0, 5), max_size=200))
def test_P9_never_more_than_the_quota_in_a_burst_nor_twice_it_in_any_window(quota, gaps):
    clock = Clock()
    limited, passed = _class(quota, clock), []
    for gap in [*gaps, *[0.0] * (quota + 5)]:
        clock.now += gap
        try:
            limited.take("a")
        except RateLimited:
            continue
        passed.append(clock.now)
    for start in passed:
        assert sum(start <= at < start + 60 for at in passed) <= 2 * quota
    assert passed.count(clock.now) <= quota


def test_P9_remaining_and_reset_are_exact():
    clock = Clock()
    limited = _class(3, clock)
    assert limited.policy == (b"ratelimit-policy", b'"t";q=3;w=60')
    assert [limited.take("a") for _ in range(3)] == [
        b'"t";r=2;t=21',
        b'"t";r=1;t=41',
        b'"t";r=0;t=61',
    ]
    with pytest.raises(RateLimited) as refused:
        limited.take("a")
    assert refused.value.retry_after == 21
    clock.now += 20.01
    assert limited.take("a") == b'"t";r=0;t=60'
    assert limited.take("b") == b'"t";r=2;t=21'


def test_memory_is_bounded_under_a_flood_of_addresses(monkeypatch):
    monkeypatch.setattr("argosy.web.limits._MOST_CLIENTS", 100)
    clock = Clock()
    limited = _class(5, clock)
    for n in range(1000):
        limited.take(n)
    assert len(limited._next_free) <= 101


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/v1/products", "browse"),
        ("POST", "/v1/carts", "checkout"),
        ("POST", "/v1/carts/cart_x/place", "checkout"),
        ("POST", "/v1/purchases", "checkout"),
        ("POST", "/v1/sessions", "sign_in"),
        ("DELETE", "/v1/sessions/current", "browse"),
        ("POST", "/admin/v1/sessions", "sign_in"),
        ("GET", "/admin/v1/orders", "admin"),
        ("POST", "/webhooks/psp/sandbox", "webhook"),
    ],
)
def test_P9_operations_have_their_class(method, path, name):
    found = Limits(Settings()).classify(method, path)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("path", ["/health/live", "/metrics", "/schema/openapi.json", "/media/x"])
def test_operations_of_the_house_are_not_limited(path):
    assert Limits(Settings()).classify("GET", path) is None


def test_development_is_generous_unless_told_and_production_is_not():
    assert Limits(Settings(env="production")).browse.quota == 6000
    assert Limits(Settings(env="development")).browse.quota == 600_000
    assert Limits(Settings(env="development", rate_limit_per_minute=7)).browse.quota == 7


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", b"198.51.100.1", "203.0.113.9"),
        ("10.0.0.2", b"198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", b"evil, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", b"198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("10.0.0.2", b"10.0.0.3", "10.0.0.2"),
        ("10.0.0.2", None, "10.0.0.2"),
    ],
)
def test_only_trusted_proxies_are_believed_about_addresses(peer, forwarded, address):
    limits = Limits(Settings(trusted_proxies=["10.0.0.0/8"]))
    assert limits.address(peer, forwarded) == address


@get("/v1/thing", tags=["T"])
async def thing() -> bool:
    return True


@post("/v1/carts", tags=["T"])
async def cart() -> bool:
    return True


@get("/admin/v1/thing", tags=["T"])
async def admin_thing() -> bool:
    return True


async def test_P9_over_the_quota_is_429_with_retry_after_and_checkout_goes_on():
    async with an_edge(thing, cart, rate_limit_per_minute=2) as client:
        first = await client.get("/v1/thing")
        assert first.headers["ratelimit-policy"] == '"browse";q=2;w=60'
        assert first.headers["ratelimit"] == '"browse";r=1;t=31'
        await client.get("/v1/thing")
        refused = await client.get("/v1/thing")
        assert (refused.status_code, code_of(refused)) == (429, "request.rate_limited")
        assert int(refused.headers["retry-after"]) in (29, 30, 31)
        assert refused.headers["ratelimit"].startswith('"browse";r=0;')
        assert refused.json()["retryable"] is True
        assert (await client.post("/v1/carts")).status_code == 201


async def test_P9_each_admin_credential_has_its_own_quota():
    async with an_edge(admin_thing, admin_rate_limit_per_minute=1) as client:
        for token in ("one", "two"):
            headers = {"authorization": f"Bearer {token}"}
            assert (await client.get("/admin/v1/thing", headers=headers)).status_code == 200
            assert (await client.get("/admin/v1/thing", headers=headers)).status_code == 429


async def test_P8_browsing_is_turned_away_at_its_limit_while_checkout_is_not():
    gate = asyncio.Event()

    @get("/v1/slow", tags=["T"])
    async def slow() -> bool:
        return await gate.wait()

    async with an_edge(slow, cart, database_pool_size=2) as client:
        waiting = [asyncio.create_task(client.get("/v1/slow")) for _ in range(32)]
        await asyncio.sleep(0.05)
        busy = await client.get("/v1/slow")
        assert (busy.status_code, code_of(busy)) == (503, "service.busy")
        assert busy.headers["retry-after"] == "1"
        assert (await client.post("/v1/carts")).status_code == 201
        gate.set()
        assert {a.status_code for a in await asyncio.gather(*waiting)} == {200}
        assert (await client.get("/v1/slow")).status_code == 200
