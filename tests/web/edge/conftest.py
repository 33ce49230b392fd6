"""The `shop` fixture: a shop with one channel behind its HTTP application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.web.identity.making import Shop, a_shop

from argosy.drill.clock import MovableClock


@pytest.fixture
async def shop(database_url: str, clock: MovableClock, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with one channel, behind its HTTP application."""
    async with a_shop(database_url, clock, str(tmp_path)) as made:
        yield made
