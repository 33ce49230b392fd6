"""Provider calls: what is repeated, what each ending is called, what breaker and bulkhead do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from argosy.runtime import metrics, tracing
from argosy.runtime.breaker import BreakerRules
from argosy.runtime.providers import Answered, Limits, NotSent, Provider, Unknown

QUICK = Limits(
    deadline_s=2,
    first_pause_s=0.001,
    longest_pause_s=0.05,
    queue_s=0.05,
    breaker=BreakerRules(minimum_calls=4, pause_s=60),
)
Step = Callable[[httpx.Request], Any] | httpx.Response | Exception


def scripted(*steps: Step, limits: Limits = QUICK) -> tuple[Provider, list[httpx.Request]]:
    """A provider that answers by a script; the last step repeats."""
    seen: list[httpx.Request] = []
    script: Iterator[Step] = iter(steps)
    last: list[Step] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        step = next(script, None) or last[0]
        last[:] = [step]
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, httpx.Response) else await step(request)

    transport = httpx.MockTransport(answer)
    return Provider("acme", "http://psp.test", transport=transport, limits=limits), seen


def ok() -> httpx.Response:
    return httpx.Response(200, json={"good": True})


async def test_an_answer_is_passed_on_with_the_key_and_the_trace() -> None:
    provider, seen = scripted(ok())
    _, token = tracing.begin("req")
    outcome = await provider.call("pay", "POST", "/pay", body={"a": 1}, idempotency_key="k1")
    tracing.end(token)
    assert isinstance(outcome, Answered)
    assert outcome.ok
    assert seen[0].headers["idempotency-key"] == "k1"
    assert seen[0].headers["traceparent"].startswith("00-")
    assert seen[0].content == b'{"a":1}'


@pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ConnectTimeout("x")])
async def test_what_never_connected_is_repeated_and_certainly_without_effect(
    error: Exception,
) -> None:
    provider, seen = scripted(error)
    assert await provider.call("pay", "POST", "/pay") == NotSent(reason="not_connected")
    assert len(seen) == 3


@pytest.mark.parametrize(
    "trouble",
    [httpx.ReadTimeout("x"), httpx.RemoteProtocolError("x"), httpx.Response(500)],
    ids=["no answer", "connection lost", "server error"],
)
async def test_H1_P6_without_a_key_doubt_is_not_repeated(trouble: Step) -> None:
    provider, seen = scripted(trouble)
    assert isinstance(await provider.call("pay", "POST", "/pay"), Unknown)
    assert len(seen) == 1


@pytest.mark.parametrize(
    "trouble",
    [httpx.ReadTimeout("x"), httpx.WriteError("x"), httpx.Response(503)],
    ids=["no answer", "write error", "server error"],
)
async def test_with_a_key_doubt_is_repeated_under_the_same_key(trouble: Step) -> None:
    provider, seen = scripted(trouble, ok())
    outcome = await provider.call("pay", "POST", "/pay", idempotency_key="k")
    assert isinstance(outcome, Answered)
    assert [request.headers["idempotency-key"] for request in seen] == ["k", "k"]


async def test_doubt_stays_doubt_when_later_tries_cannot_connect() -> None:
    provider, _ = scripted(httpx.ReadTimeout("x"), httpx.ConnectError("x"))
    outcome = await provider.call("pay", "POST", "/pay", idempotency_key="k")
    assert isinstance(outcome, Unknown)


async def test_a_refused_key_after_a_lost_answer_says_nothing_about_the_effect() -> None:
    provider, _ = scripted(httpx.ReadError("x"), httpx.Response(401))
    outcome = await provider.call("pay", "POST", "/pay", idempotency_key="k")
    assert isinstance(outcome, Unknown)


async def test_P6_told_to_wait_waits_a_little_and_has_no_effect() -> None:
    provider, seen = scripted(httpx.Response(429, headers={"retry-after": "0.01"}), ok())
    assert isinstance(await provider.call("pay", "POST", "/pay"), Answered)
    assert len(seen) == 2
    provider, seen = scripted(httpx.Response(429, headers={"retry-after": "3600"}))
    assert await provider.call("pay", "POST", "/pay") == NotSent(reason="rate_limited")
    assert len(seen) == 1


async def test_P6_the_deadline_bounds_everything_and_means_doubt_once_sent() -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        return ok()

    provider, _ = scripted(never)
    start = asyncio.get_running_loop().time()
    outcome = await provider.call("pay", "POST", "/pay", idempotency_key="k", deadline_s=0.1)
    assert outcome == Unknown(reason="deadline")
    assert asyncio.get_running_loop().time() - start < 1


async def test_P7_the_breaker_is_per_operation_and_refuses_without_a_call() -> None:
    provider, seen = scripted(httpx.Response(500))
    for _ in range(4):
        await provider.call("pay", "POST", "/pay")
    calls = len(seen)
    assert await provider.call("pay", "POST", "/pay") == NotSent(reason="breaker_open")
    assert len(seen) == calls
    await provider.call("lookup", "GET", "/x")
    assert len(seen) > calls
    gauge = metrics.BREAKER.labels("acme", "pay")
    assert gauge._value.get() == 1
    provider.breaker("pay").hold("closed")
    await provider.call("pay", "POST", "/pay")
    assert gauge._value.get() == 0


async def test_P7_client_errors_do_not_open_the_breaker() -> None:
    provider, seen = scripted(httpx.Response(422))
    for _ in range(20):
        assert isinstance(await provider.call("pay", "POST", "/pay"), Answered)
    assert len(seen) == 20


async def test_P8_the_bulkhead_bounds_how_many_wait_and_does_not_blame_the_provider() -> None:
    release = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        await release.wait()
        return ok()

    limits = Limits(at_once=2, queue_s=0.05, breaker=BreakerRules(minimum_calls=2))
    provider, seen = scripted(hang, limits=limits)
    busy = [asyncio.create_task(provider.call("pay", "POST", "/pay")) for _ in range(2)]
    await asyncio.sleep(0)
    full = await asyncio.gather(*(provider.call("pay", "POST", "/pay") for _ in range(3)))
    assert full == [NotSent(reason="bulkhead_full")] * 3
    release.set()
    assert all(isinstance(done, Answered) for done in await asyncio.gather(*busy))
    assert provider.breaker("pay").state == "closed"
    assert len(seen) == 2


async def test_cancelling_a_call_frees_its_place() -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        return ok()

    provider, _ = scripted(hang, ok(), limits=Limits(at_once=1, queue_s=0.2))
    task = asyncio.create_task(provider.call("pay", "POST", "/pay"))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert isinstance(await provider.call("pay", "POST", "/pay"), Answered)
