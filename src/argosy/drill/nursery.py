"""Processes that do one deed at a till, and die where told: what `child` is asked from here."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from argosy.drill.child import Deed, Ending
from argosy.drill.clock import MovableClock
from argosy.drill.till import Till
from argosy.modules.cart import Cart
from argosy.workflows.placement import PaymentChoice


@contextmanager
def warm_process() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has imported everything and forks on demand."""
    command = [sys.executable, "-m", "argosy.entry.drill_child"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)


class Nursery:
    """Gives birth to processes that do one deed, and tells how they ended."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        till: Till,
        url: str,
        sandbox_url: str,
        clock: MovableClock,
    ) -> None:
        self.process = process
        self.till = till
        self.url = url
        self.sandbox_url = sandbox_url
        self.clock = clock

    async def do(self, act: str, **more: Any) -> Ending:
        """Fork, do, and die where told."""
        deed = Deed(
            act=act,
            url=self.url,
            sandbox_url=self.sandbox_url,
            home=str(self.till.app.settings.home),
            channel=self.till.channel,
            offset_s=self.clock.offset.total_seconds(),
            **more,
        )
        line = await asyncio.to_thread(self._ask, msgspec.json.encode(deed) + b"\n")
        ending = msgspec.json.decode(line, type=Ending)
        assert ending.killed is None or more.get("kill_at") is not None
        return ending

    def _ask(self, line: bytes) -> bytes:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()
        return self.process.stdout.readline()

    async def place(self, cart: Cart, payment: PaymentChoice, key: str, **more: Any) -> Ending:
        """Place a cart in a process of its own."""
        total = await self.till.total(cart)
        return await self.do(
            "place", cart_id=cart.id, key=key, expected=total, payment=payment, **more
        )
