"""The whole way of a change: commit, outbox, reaction, projection, notice, answer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.workflows.window_shop import Shop, open_shop

from argosy.entry.wiring import running_app
from argosy.entry.worker import work
from argosy.modules import projections
from argosy.runtime.cache import Cache, Fill
from argosy.runtime.db import Database
from argosy.runtime.settings import load_settings


@pytest.fixture
async def shop(db: Database) -> Shop:
    return await open_shop(db)


async def test_a_running_worker_brings_changes_to_the_windows_of_other_processes(
    shop: Shop, database_url: str, tmp_path: Path
) -> None:
    tee = await shop.add("tee", sizes=("S",), minor=1000)
    settings = load_settings(database_url=database_url, home=str(tmp_path))
    server = Cache()
    await server.start(database_url)

    async def answer() -> Any:
        async def load() -> Fill[bytes]:
            async with shop.db.reading() as tx:
                found = await projections.product_page(tx, shop.channel.id, "tee")
            return Fill(found.body, topics=found.topics)

        return await server.get("tee", load)

    async def until(text: bytes) -> None:
        # A second is the promise; here other tests share the server and the processors.
        async with asyncio.timeout(15):
            while True:
                try:
                    if text in await answer():
                        return
                except projections.ProductNotFound:
                    pass
                await asyncio.sleep(0.01)

    stop = asyncio.Event()
    async with running_app(settings, database_url, purpose="worker", gateways={}) as app:
        working = asyncio.create_task(work(app, database_url, stop))
        await until(b'"minor":1000,')
        await shop.price(tee["S"], minor=750)
        await until(b'"minor":750,')
        await shop.stock(tee["S"], units=-10)
        await until(b'"availability":"out_of_stock"')
        stop.set()
        await working
    await server.close()
