"""Brands on the shop's pages."""

from __future__ import annotations

import re

import pytest
from tests.hearing import all_heard
from tests.web.catalog.test_brands_api import window
from tests.web.identity.making import Shop
from tests.workflows.window_shop import Shop as Window

from argosy.runtime.db import counting_statements
from argosy.web.storefront import branded
from argosy.workflows.branding import find_brands

__all__ = ["window"]


async def test_a_brand_has_a_page_that_is_narrowed_kept_and_led_to(
    shop: Shop, key: str, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def page(path: str, status: int = 200) -> str:
        answer = await shop.client.get(f"/@window{path}", headers={"accept": "text/html"})
        assert answer.status_code == status, answer.text
        return answer.text if status < 300 else answer.headers.get("location", "")

    def cards(text: str) -> set[str]:
        return set(re.findall(r'<h3><a href="/@window/p/([^"]+)"', text))

    assert "There is nothing to buy here yet." in await page("/brands")
    for slug, brand, size in (("tee", "Luma", "S"), ("sock", "luma ", "M"), ("cap", "Ridge", "S")):
        await window.add(slug, brand=brand, sizes=(size,))
    await window.settle()
    await find_brands(shop.app.db)
    await all_heard(shop.app.db)
    listed = await page("/brands")
    assert re.findall(r'href="/@window/brands/([^"]+)">(\w+) <span class="muted">(\d)', listed) == [
        ("luma", "Luma", "2"),
        ("ridge", "Ridge", "1"),
    ]
    text = await page("/brands/luma")
    assert cards(text) == {"tee", "sock"}
    assert "<h1>Luma</h1>" in text
    assert re.search(r'rel="canonical" href="[^"]*/@window/brands/luma"', text)
    assert 'name="size"' in text, "every other facet narrows"
    assert 'name="brand"' not in text, "what the page is about does not"
    narrowed = await page("/brands/luma?size=s&brand=ridge&utm_source=x")
    assert cards(narrowed) == {"tee"}
    assert 'content="noindex, follow"' in narrowed
    with counting_statements() as count:
        assert await page("/brands/luma") == text
    assert count.statements == 0 or not shop.app.cache.is_listening
    assert '<a href="/@window/brands/luma">' in await page("/p/tee")
    mapped = (await shop.client.get("/@window/sitemap-pages.xml")).text
    assert re.findall(r"/@window/brands/(\w+)</loc>", mapped) == ["luma", "ridge"]
    await page("/brands/nothing", 404)

    # Many brands stand on several pages, each with an address of its own.
    monkeypatch.setattr(branded, "_BRANDS", 1)
    first = await page("/brands?after=a")
    assert 'href="/@window/brands?after=luma" rel="next"' in first
    second = await page("/brands?after=luma")
    assert "/brands/ridge" in second
    assert "/brands/luma" not in second
    assert re.search(r'rel="canonical" href="[^"]*/@window/brands\?after=luma"', second)

    (luma,) = [
        one
        for one in (await shop.send("GET", "/admin/v1/brands", token=key)).json()["items"]
        if one["key"] == "luma"
    ]
    path = f"/admin/v1/brands/{luma['id']}"
    body = {"slug": "luma-sports", "seo_title": "Luma for sports", "description": "<b>Warm</b>"}
    changed = await shop.send("PATCH", path, body, token=key, if_match="*")
    assert changed.status_code == 200, changed.text
    await window.settle()
    assert await page("/brands/luma", 301) == "/@window/brands/luma-sports"
    text = await page("/brands/luma-sports")
    assert "<title>Luma for sports" in text
    assert ">Warm<" in text
