"""The `shop` fixture, and a desk with a key for promotions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.web.identity.making import Shop, a_shop

from argosy.drill.clock import MovableClock


class Desk:
    """Sends requests with the key and checks the status."""

    def __init__(self, shop: Shop, key: str) -> None:
        self.shop, self.key = shop, key

    async def __call__(
        self, expected: int, method: str, path: str, body: Any = None, **headers: str
    ) -> Any:
        answer = await self.shop.send(method, f"/admin/v1{path}", body, token=self.key, **headers)
        assert answer.status_code == expected, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
async def shop(database_url: str, clock: MovableClock, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with one channel, behind its HTTP application."""
    async with a_shop(database_url, clock, str(tmp_path)) as made:
        yield made


@pytest.fixture
async def desk(shop: Shop) -> Desk:
    return Desk(shop, await shop.secret_key("promotions:write", "audit:read"))
