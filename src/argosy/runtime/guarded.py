"""Calls to a provider through a client of its own, with the same bounds as those of providers.py.

The client makes, signs and repeats the requests; here they get a deadline, a bulkhead, a breaker
for each operation, metrics and traces. No transaction may be open around a call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from argosy.runtime import metrics
from argosy.runtime.breaker import Breaker
from argosy.runtime.providers import Limits, watched_breaker
from argosy.runtime.telemetry import span

Result = TypeVar("Result")

log = structlog.get_logger(__name__)


class OutOfReach(Exception):
    """There was no answer: `reason` is breaker_open, bulkhead_full, deadline or failed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Guard:
    """One provider's breakers and places. `answers` are exceptions that are answers, too: they
    reach the caller as they are, and speak for the provider.
    """

    def __init__(
        self,
        name: str,
        *,
        limits: Limits | None = None,
        answers: tuple[type[Exception], ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.limits = limits or Limits()
        self._answers = answers
        self._clock = clock
        self._places = asyncio.Semaphore(self.limits.at_once)
        self._breakers: dict[str, Breaker] = {}

    def breaker(self, operation: str) -> Breaker:
        """The breaker of one operation."""
        found = self._breakers.get(operation)
        if found is None:
            found = self._breakers[operation] = watched_breaker(
                self.name, operation, self.limits.breaker, self._clock
            )
        return found

    async def run(
        self,
        operation: str,
        act: Callable[[], Awaitable[Result]],
        *,
        deadline_s: float | None = None,
    ) -> Result:
        """What `act` returns or answers. Raises OutOfReach, whose cause is what the client said."""
        breaker = self.breaker(operation)
        start, word = self._clock(), "answered"
        with span("provider.call", provider=self.name, operation=operation):
            try:
                if not breaker.allows():
                    raise OutOfReach("breaker_open")
                return await self._counted(breaker, act, deadline_s or self.limits.deadline_s)
            except OutOfReach as error:
                sent = error.reason in {"deadline", "failed"}
                word = "unknown" if sent else "notsent"
                log.warning(
                    "provider.call_failed",
                    provider=self.name,
                    operation=operation,
                    outcome=word,
                    reason_code=error.reason,
                )
                raise
            finally:
                took = self._clock() - start
                metrics.PROVIDER_SECONDS.labels(self.name, operation, word).observe(took)

    async def _counted(
        self, breaker: Breaker, act: Callable[[], Awaitable[Result]], deadline_s: float
    ) -> Result:
        """One allowed call, reported to its breaker exactly once."""
        verdict: bool | None = None
        try:
            try:
                await asyncio.wait_for(self._places.acquire(), self.limits.queue_s)
            except TimeoutError as error:
                raise OutOfReach("bulkhead_full") from error
            try:
                async with asyncio.timeout(deadline_s):
                    result = await act()
            except self._answers:
                verdict = True
                raise
            except TimeoutError as error:
                verdict = False
                raise OutOfReach("deadline") from error
            except Exception as error:
                verdict = False
                raise OutOfReach("failed") from error
            finally:
                self._places.release()
            verdict = True
            return result
        finally:
            breaker.report(verdict)
