"""The `shop` fixture, a key for stock, and goods on a shelf."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from tests.web.identity.making import Shop, a_shop

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode
from argosy.modules import catalog
from argosy.modules.catalog import ProductInput, PublicationInput, VariantInput


@pytest.fixture
async def shop(database_url: str, clock: MovableClock, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with one channel, behind its HTTP application."""
    async with a_shop(database_url, clock, str(tmp_path)) as made:
        yield made


@pytest.fixture
async def key(shop: Shop) -> str:
    """A secret key that may change stock and channels, and read the trail."""
    return await shop.secret_key("inventory:write", "channels:write", "audit:read")


@pytest.fixture
async def goods(shop: Shop) -> dict[str, str]:
    """Public ids of variants: `shirt`, `mug` shown; `file` not tracked; `draft` not shown."""

    def product(slug: str, *, shown: bool = True, tracked: bool = True) -> ProductInput:
        return ProductInput(
            slug=slug,
            title=slug.title(),
            status="active",
            variants=(VariantInput(sku=slug.upper(), tracks_inventory=tracked),),
            publications=(PublicationInput(channel_id=shop.channel.id),) if shown else (),
        )

    products = [
        product("shirt"),
        product("mug"),
        product("file", tracked=False),
        product("draft", shown=False),
    ]
    async with shop.app.db.transaction() as tx:
        made = await catalog.upsert_products(tx, products)
    ids: dict[str, UUID] = {}
    for one in made:
        assert isinstance(one, catalog.Upserted), one
        ids |= one.variants
    return {sku: encode("variant", variant) for sku, variant in ids.items()}


@pytest.fixture
async def main(shop: Shop, key: str) -> str:
    """The public id of a location from which the channel sells."""
    made = await shop.send(
        "POST",
        "/admin/v1/locations",
        {"code": "main", "name": "Main", "country": "DE"},
        token=key,
    )
    assert made.status_code == 201, made.text
    location: str = made.json()["id"]
    channel = f"/admin/v1/channels/{encode('channel', shop.channel.id)}"
    changed = await shop.send("PATCH", channel, {"locations": [location]}, token=key)
    assert changed.status_code == 200, changed.text
    return location
