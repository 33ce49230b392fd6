"""The `shop` fixture, and a key that may change the catalogue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.web.identity.making import Shop, a_shop

from argosy.drill.clock import MovableClock

SHIRT: dict[str, Any] = {
    "title": "Shirt",
    "status": "active",
    "options": [{"name": "Size", "values": ["S", "M"]}],
    "attributes": {"material": ["Wool"], "care": "Wash", "eco": True,
                   "length": {"number": "70.5", "unit": "cm"}},
    "variants": [
        {"sku": "S-S", "options": {"Size": "S"}},
        {"sku": "S-M", "options": {"Size": "M"}},
    ],
}  # fmt: skip


@pytest.fixture
async def shop(database_url: str, clock: MovableClock, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with one channel, behind its HTTP application."""
    async with a_shop(database_url, clock, str(tmp_path)) as made:
        yield made


@pytest.fixture
async def key(shop: Shop) -> str:
    """A secret key that may change the catalogue and read the audit trail."""
    return await shop.secret_key("catalog:write", "audit:read")


@pytest.fixture
async def shirt(shop: Shop, key: str) -> dict[str, Any]:
    made = await shop.send("POST", "/admin/v1/products", SHIRT, token=key)
    assert made.status_code == 201, made.text
    product: dict[str, Any] = made.json()
    return product
