"""How the sandbox misbehaves: for everybody (its mode) and for single tokens (their faults)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

import msgspec

from argosy.sandbox_psp import wire


class Lost(Exception):
    """Close the connection instead of answering."""


class Weather:
    """The present behaviour and a log of the last requests."""

    def __init__(self) -> None:
        self.behaviour = wire.Behaviour()
        self.log: deque[dict[str, Any]] = deque(maxlen=20_000)
        self._since = time.monotonic()

    def become(self, behaviour: wire.Behaviour) -> None:
        """Behave like this from now on."""
        self.behaviour = behaviour
        self._since = time.monotonic()

    async def before(self, request: Any, kind: str) -> None:
        """Note the request, then raise or wait as the mode asks. Nothing has happened yet."""
        self.log.append(
            {
                "at": time.time(),
                "operation": kind,
                "path": request.url.path,
                "idempotency_key": request.headers.get("idempotency-key"),
                "traceparent": request.headers.get("traceparent"),
            }
        )
        mode = self.behaviour.mode
        if mode == "drop":
            raise Lost
        odd_period = int((time.monotonic() - self._since) / self.behaviour.flap_s) % 2 == 0
        if mode == "down" or (mode == "flapping" and odd_period):
            raise wire.Stop(503, "unavailable", "the provider is down")

    async def after(self) -> None:
        """Be slow with the answer, if that is the mode."""
        if self.behaviour.mode == "slow":
            await asyncio.sleep(self.behaviour.slow_s)

    def fault_before(self, kind: str, faults: frozenset[str], seen: int) -> None:
        """Raise Stop 500 or 429 when a fault without effect is due for this request."""
        if self.behaviour.fail_next > 0:
            self.behaviour = msgspec.structs.replace(
                self.behaviour, fail_next=self.behaviour.fail_next - 1
            )
            raise wire.Stop(500, "internal_error", "something broke before anything happened")
        if kind != "authorise":
            return
        if "error_before_effect_always" in faults or (
            "error_before_effect" in faults and seen == 0
        ):
            raise wire.Stop(500, "internal_error", "something broke before anything happened")
        if "rate_limited" in faults and seen == 0:
            raise wire.Stop(429, "rate_limited", "too many requests", retry_after=1)

    def loses(self, kind: str, faults: frozenset[str], seen: int) -> bool:
        """Whether the answer to this request, which has taken effect, is to be lost."""
        if self.behaviour.lose_next > 0:
            self.behaviour = msgspec.structs.replace(
                self.behaviour, lose_next=self.behaviour.lose_next - 1
            )
            return True
        if kind == "authorise" and "lost_answer_always" in faults:
            return True
        fault = {"authorise": "lost_answer"}.get(kind, f"{kind}_lost")
        return seen == 0 and fault in faults

    async def delay(self, kind: str, faults: frozenset[str]) -> None:
        """Wait as long as the token's fault asks, after the effect and before the answer."""
        if kind != "authorise":
            return
        if "slow" in faults:
            await asyncio.sleep(self.behaviour.slow_s)
        if "webhook_first" in faults:
            await asyncio.sleep(1.0)
