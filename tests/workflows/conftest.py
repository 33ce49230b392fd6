"""Fixtures of the workflows: a shop that sells, and the sandbox provider."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.sandbox import Sandbox, sandbox, sandbox_url
from tests.workflows.till import Till, open_till

from argosy.drill.clock import MovableClock
from argosy.runtime.db import Database

__all__ = ["sandbox", "sandbox_url"]


@pytest.fixture
async def till(
    db: Database, database_url: str, clock: MovableClock, tmp_path: Path
) -> AsyncIterator[Till]:
    """A shop that sells and is paid without a provider."""
    async with open_till(db, database_url, clock, tmp_path) as opened:
        yield opened


@pytest.fixture
async def card_till(
    db: Database, database_url: str, clock: MovableClock, tmp_path: Path, sandbox: Sandbox
) -> AsyncIterator[Till]:
    """A shop that is also paid by card, at the sandbox provider."""
    async with open_till(db, database_url, clock, tmp_path, sandbox.url) as opened:
        yield opened
