"""Calls through a client of its own: bounded, counted, and left alone while they fail."""

from __future__ import annotations

import asyncio

import pytest

from argosy.runtime.guarded import Guard, OutOfReach
from argosy.runtime.providers import Limits


class Answer(Exception):
    """Something the provider says."""


async def test_failures_open_the_breaker_and_answers_do_not() -> None:
    now = [0.0]
    guard = Guard("test", answers=(Answer,), clock=lambda: now[0])
    calls = []

    async def broken() -> None:
        calls.append(1)
        raise OSError

    async def answers() -> None:
        raise Answer

    for _ in range(20):
        with pytest.raises(Answer):
            await guard.run("read", answers)
    assert guard.breaker("read").state == "closed"
    now[0] += 60  # those are forgotten
    for _ in range(20):
        with pytest.raises(OutOfReach) as refusal:
            await guard.run("read", broken)
    assert refusal.value.reason == "breaker_open"
    assert len(calls) == guard.limits.breaker.minimum_calls
    assert guard.breaker("write").state == "closed"


async def test_a_call_has_a_deadline_and_a_place() -> None:
    guard = Guard("test", limits=Limits(deadline_s=0.02, at_once=1, queue_s=0.01))
    going = asyncio.Event()

    async def forever() -> None:
        going.set()
        await asyncio.sleep(60)

    with pytest.raises(OutOfReach, match="deadline"):
        await guard.run("read", forever)
    going.clear()
    slow = asyncio.create_task(guard.run("read", forever, deadline_s=30))
    await going.wait()
    with pytest.raises(OutOfReach, match="bulkhead_full"):
        await guard.run("read", forever)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert await guard.run("read", lambda: asyncio.sleep(0, "again")) == "again"
