"""What a browser is told to install the shop, and what its worker may keep."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.web.test_storefront_catalog import Process, start
from tests.workflows.window_shop import open_shop

from argosy.drill.clock import MovableClock
from argosy.runtime.db import Database


@pytest.fixture
async def web(
    db: Database, database_url: str, clock: MovableClock, tmp_path: Path
) -> AsyncIterator[Process]:
    async with AsyncExitStack() as stack:
        yield await start(stack, database_url, clock, tmp_path, shop_channel="eu")


async def test_each_shop_is_an_app_that_keeps_nothing_but_its_offline_page(
    db: Database, web: Process
) -> None:
    await open_shop(db, "eu")
    await open_shop(db, "uk")
    for prefix in ("", "/@uk"):
        home = (await web.get(f"{prefix}/")).text
        assert f'rel="manifest" href="{prefix}/manifest.webmanifest"' in home
        assert f'data-worker="{prefix}/sw.js"' in home
        answer = await web.get(f"{prefix}/manifest.webmanifest")
        assert answer.headers["content-type"].startswith("application/manifest+json")
        manifest = answer.json()
        assert (manifest["scope"], manifest["start_url"]) == (f"{prefix}/", f"{prefix}/")
        sizes = {icon["sizes"] for icon in manifest["icons"]}
        assert {"192x192", "512x512"} <= sizes
        for icon in manifest["icons"]:
            assert (await web.get(icon["src"])).headers["content-type"] == icon["type"]

        worker = await web.get(f"{prefix}/sw.js")
        assert worker.headers["content-type"].startswith("text/javascript")
        policy = worker.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert all(part in policy for part in ("worker-src 'self'", "manifest-src 'self'"))
        told = re.match(r"const SHOP = (\{.*\});\n", worker.text)
        assert told is not None
        facts = json.loads(told[1])
        assert facts["kept"][0] == facts["offline"] == f"{prefix}/offline"
        assert all(path.startswith("/assets/") for path in facts["kept"][1:])
        offline = [
            await web.client.get(facts["offline"], headers=sent)
            for sent in ({}, {"cookie": "argosy_cart_eu=cart_x; argosy_session=y"})
        ]
        assert offline[0].content == offline[1].content, "the same for everybody"
        assert set(facts["kept"][1:]) == set(re.findall(r'"(/assets/[^"]+)"', offline[0].text))
        for path in facts["kept"]:
            await web.get(path)
