"""Calls to other people's servers: deadline, retries, breaker, bulkhead, and an honest outcome.

Every call ends in one of three ways, and the difference is the point (DOMAIN.md H1, H2):

Answered   the provider said something; the adapter knows what it means
NotSent    certainly without effect: not connected, refused by breaker or bulkhead, told to wait
Unknown    it may or may not have taken effect: no answer in time, connection broken, a 5xx

A call is repeated only when that is safe: after a failure to connect always; after anything else
only when it is a read or carries an idempotency key. No transaction may be open around a call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

import httpx
import msgspec
import stamina
import structlog

from argosy.runtime import metrics, tracing
from argosy.runtime.breaker import Breaker, BreakerRules, BreakerState
from argosy.runtime.telemetry import span

log = structlog.get_logger(__name__)


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The provider's answer. `body` is raw; 5xx and 429 never come as an answer."""

    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        """A 2xx status."""
        return 200 <= self.status < 300


class NotSent(msgspec.Struct, frozen=True, kw_only=True):
    """Certainly nothing happened there. `reason` is a constant word."""

    reason: str


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """It may have happened. `reason` is a constant word."""

    reason: str


CallOutcome = Answered | NotSent | Unknown


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait and how often to try. Times are seconds.

    `deadline_s` bounds a call with all its tries and waits. `at_once` calls run at the same time,
    others queue for at most `queue_s`.
    """

    connect_s: float = 2.0
    read_s: float = 8.0
    deadline_s: float = 10.0
    tries: int = 3
    first_pause_s: float = 0.05
    longest_pause_s: float = 1.0
    at_once: int = 64
    queue_s: float = 1.0
    breaker: BreakerRules = BreakerRules()


class _Untouched(Exception):
    """This try did not reach the provider."""


class _Broken(Exception):
    """This try may have reached the provider."""


class _ToldToWait(Exception):
    """The provider refused this try with 429."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("rate_limited")
        self.wait_s = wait_s


class _Course:
    """What is known about one call while it runs."""

    __slots__ = ("in_flight", "touched")

    def __init__(self) -> None:
        self.in_flight = False
        self.touched = False


class Provider:
    """One provider: its address, its connections, its breakers (one per operation)."""

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.limits = limits or Limits()
        self._clock = clock
        self._breakers: dict[str, Breaker] = {}
        self._places = asyncio.Semaphore(self.limits.at_once)
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers=dict(headers or {}),
            transport=transport,
            timeout=httpx.Timeout(
                self.limits.read_s, connect=self.limits.connect_s, pool=self.limits.queue_s
            ),
            limits=httpx.Limits(
                max_connections=self.limits.at_once, max_keepalive_connections=self.limits.at_once
            ),
            follow_redirects=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def breaker(self, operation: str) -> Breaker:
        """The breaker of one operation; hold it open or closed by hand with its `hold`."""
        found = self._breakers.get(operation)
        if found is None:
            found = self._breakers[operation] = watched_breaker(
                self.name, operation, self.limits.breaker, self._clock
            )
        return found

    async def call(
        self,
        operation: str,
        method: Literal["GET", "POST", "PUT", "DELETE"],
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        deadline_s: float | None = None,
    ) -> CallOutcome:
        """Make one call. Never raises for what the network or the provider does.

        `operation` names the call in metrics, traces and breakers. `body` goes as JSON.
        """
        breaker = self.breaker(operation)
        start = self._clock()
        with span("provider.call", provider=self.name, operation=operation):
            if breaker.allows():
                verdict: bool | None = None
                try:
                    outcome = await self._bounded(
                        operation, method, path, body, params, idempotency_key, deadline_s
                    )
                    full = isinstance(outcome, NotSent) and outcome.reason == "bulkhead_full"
                    limited = isinstance(outcome, NotSent) and outcome.reason == "rate_limited"
                    verdict = None if full else limited or isinstance(outcome, Answered)
                finally:
                    breaker.report(verdict)
            else:
                outcome = NotSent(reason="breaker_open")
        took = self._clock() - start
        word = type(outcome).__name__.lower()
        metrics.PROVIDER_SECONDS.labels(self.name, operation, word).observe(took)
        if not isinstance(outcome, Answered):
            log.warning(
                "provider.call_failed",
                provider=self.name,
                operation=operation,
                outcome=word,
                reason_code=outcome.reason,
            )
        return outcome

    async def _bounded(  # noqa: PLR0917 - private; the arguments of `call`
        self,
        operation: str,
        method: str,
        path: str,
        body: Any,
        params: Mapping[str, str] | None,
        key: str | None,
        deadline_s: float | None,
    ) -> CallOutcome:
        """The call inside its bulkhead and its deadline."""
        try:
            await asyncio.wait_for(self._places.acquire(), self.limits.queue_s)
        except TimeoutError:
            return NotSent(reason="bulkhead_full")
        headers = {"content-type": "application/json"}
        if key is not None:
            headers["idempotency-key"] = key
        trace = tracing.traceparent()
        if trace is not None:
            headers["traceparent"] = trace
        request = self._client.build_request(
            method,
            path,
            headers=headers,
            params=params,
            content=None if body is None else msgspec.json.encode(body),
        )
        course = _Course()
        try:
            async with asyncio.timeout(deadline_s or self.limits.deadline_s):
                return await self._tried(request, course, repeatable=method == "GET" or bool(key))
        except TimeoutError:
            reason = "deadline"
        except (_Untouched, _Broken, _ToldToWait) as error:
            reason = str(error)
        finally:
            self._places.release()
        unsure = course.touched or course.in_flight
        return Unknown(reason=reason) if unsure else NotSent(reason=reason)

    async def _tried(
        self, request: httpx.Request, course: _Course, *, repeatable: bool
    ) -> CallOutcome:
        def again(error: Exception) -> bool | float:
            if isinstance(error, _ToldToWait):
                return error.wait_s if error.wait_s <= self.limits.longest_pause_s else False
            return isinstance(error, _Untouched) or (repeatable and isinstance(error, _Broken))

        async for attempt in stamina.retry_context(
            on=again,
            attempts=self.limits.tries,
            timeout=None,  # the deadline around it bounds the waits too
            wait_initial=self.limits.first_pause_s,
            wait_max=self.limits.longest_pause_s,
            wait_jitter=self.limits.first_pause_s,
        ):
            with attempt:
                return await self._once(request, course)
        raise AssertionError("stamina ends with a result or an error")

    async def _once(self, request: httpx.Request, course: _Course) -> CallOutcome:
        course.in_flight = True
        try:
            response = await self._client.send(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            course.in_flight = False
            raise _Untouched("not_connected") from error
        except httpx.TransportError as error:
            course.touched = True
            late = isinstance(error, httpx.TimeoutException)
            raise _Broken("no_answer" if late else "connection_lost") from error
        course.in_flight = False
        if response.status_code == 429:
            raise _ToldToWait(_seconds(response.headers.get("retry-after")))
        if response.status_code >= 500:
            course.touched = True
            raise _Broken("server_error")
        if course.touched and response.status_code in {401, 403}:
            # Not about the request: an earlier try may have taken effect all the same.
            return Unknown(reason="not_authorised_after_a_lost_answer")
        return Answered(status=response.status_code, body=response.content)


def watched_breaker(
    provider: str, operation: str, rules: BreakerRules, clock: Callable[[], float]
) -> Breaker:
    """A breaker of one operation of a provider that shows its state in metrics and log."""
    gauge = metrics.BREAKER.labels(provider, operation)
    gauge.set(0)

    def changed(state: BreakerState) -> None:
        gauge.set(0 if state == "closed" else 1)
        log.warning("provider.breaker_changed", provider=provider, operation=operation, state=state)

    return Breaker(rules, clock=clock, on_change=changed)


def _seconds(retry_after: str | None) -> float:
    """Seconds of a Retry-After header; a date or nonsense counts as too long to wait for."""
    try:
        return max(0.0, float(retry_after or "1"))
    except ValueError:
        return float("inf")
