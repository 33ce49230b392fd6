"""A shop with a sandbox provider of its own (so that balances can be compared), and the nursery of
processes to be killed.
"""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from argosy.modules.cart import Cart
from argosy.modules.inventory import Heat, StockGate
from argosy.runtime.db import Database
from argosy.workflows.placement import PaymentChoice
from tests.conftest import MovableClock
from tests.faults.child import Deed, Ending
from tests.sandbox import API_KEY, Sandbox, sandbox_running
from tests.workflows.till import Till, open_till

ROOT = Path(__file__).parents[2]


@pytest.fixture
def own_sandbox_url() -> Iterator[str]:
    """A provider that serves this test alone."""
    with sandbox_running() as url:
        yield url


@pytest.fixture
async def provider(own_sandbox_url: str) -> AsyncIterator[Sandbox]:
    """Hands on the test's own provider."""
    headers = {"authorization": f"Bearer {API_KEY}"}
    async with httpx.AsyncClient(base_url=own_sandbox_url, headers=headers, timeout=15) as http:
        await http.put("/_test/webhooks", json={"url": None, "paused": True})
        yield Sandbox(own_sandbox_url, http)


@pytest.fixture
async def shop(
    db: Database, database_url: str, clock: MovableClock, tmp_path: Path, provider: Sandbox
) -> AsyncIterator[Till]:
    """A shop with plenty of stock that no number of tries makes hot."""
    async with open_till(db, database_url, clock, tmp_path, provider.url) as till:
        await till.stock("shirt", 1000)
        cold = StockGate(till.db, heat=Heat(threshold=1e9))
        till.app = dataclasses.replace(till.app, stock_gate=cold)
        yield till


class Nursery:
    """Gives birth to processes that do one deed, and tells how they ended."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        till: Till,
        url: str,
        sandbox: Sandbox,
        clock: MovableClock,
    ) -> None:
        self.process = process
        self.till = till
        self.url = url
        self.sandbox = sandbox
        self.clock = clock

    async def do(self, act: str, **more: Any) -> Ending:
        """Fork, do, and die where told."""
        deed = Deed(
            act=act,
            url=self.url,
            sandbox_url=self.sandbox.url,
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


@pytest.fixture(scope="session")
def warm_process() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has imported everything and forks on demand."""
    command = [sys.executable, "-m", "tests.faults.child"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    yield process
    assert process.stdin is not None
    process.stdin.close()
    process.wait(10)


@pytest.fixture
def nursery(
    warm_process: subprocess.Popen[bytes],
    shop: Till,
    database_url: str,
    provider: Sandbox,
    clock: MovableClock,
) -> Nursery:
    """Deeds in processes of their own, at this test's shop."""
    return Nursery(warm_process, shop, database_url, provider, clock)
