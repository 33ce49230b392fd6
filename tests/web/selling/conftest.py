"""The `shop` fixture, and a key that may set up selling."""

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


@pytest.fixture
async def key(shop: Shop) -> str:
    """A secret key for channels, prices, taxes and shipping."""
    areas = ("channels", "prices", "taxes", "shipping")
    return await shop.secret_key(*(f"{area}:write" for area in areas), "audit:read")
