"""The sandbox payment provider for tests: one real process, shared by the tests of one worker.

A conftest imports the fixtures by name. `sandbox` is calm at the start of every test; keys and
references are the test's own, so that tests do not see each other's payments.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from argosy.drill.sandbox import (
    API_KEY,
    WEBHOOK_SECRET,
    Sandbox,
    free_port,
    sandbox_running,
    webhook_receiver,
)

__all__ = [
    "API_KEY", "WEBHOOK_SECRET", "Sandbox", "free_port", "sandbox", "sandbox_running",
    "sandbox_url", "webhook_receiver",
]  # fmt: skip


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    """Address of the sandbox of this test process."""
    with sandbox_running() as url:
        yield url


@pytest.fixture
async def sandbox(sandbox_url: str) -> AsyncIterator[Sandbox]:
    """The sandbox, behaving normally, its clock at real time, its webhooks held back."""
    headers = {"authorization": f"Bearer {API_KEY}"}
    async with httpx.AsyncClient(base_url=sandbox_url, headers=headers, timeout=15) as http:
        hands = Sandbox(sandbox_url, http)
        await hands.behave()
        await http.post("/_test/clock", json={"reset": True})
        await http.put("/_test/webhooks", json={"url": None, "paused": True})
        yield hands
