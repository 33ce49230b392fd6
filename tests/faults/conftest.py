"""A shop with a sandbox provider of its own (so that balances can be compared), and the nursery of
processes to be killed.
"""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from argosy.drill.clock import MovableClock
from argosy.drill.nursery import Nursery, warm_process
from argosy.runtime.db import Database
from tests.sandbox import API_KEY, Sandbox, sandbox_running
from tests.workflows.till import Till, open_till


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
    """A shop with plenty of stock."""
    async with open_till(db, database_url, clock, tmp_path, provider.url) as till:
        await till.stock("shirt", 1000)
        yield till


@pytest.fixture(scope="session")
def warm() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has imported everything and forks on demand."""
    with warm_process() as process:
        yield process


@pytest.fixture
def nursery(
    warm: subprocess.Popen[bytes],
    shop: Till,
    database_url: str,
    provider: Sandbox,
    clock: MovableClock,
) -> Nursery:
    """Deeds in processes of their own, at this test's shop."""
    return Nursery(warm, shop, database_url, provider.url, clock)
