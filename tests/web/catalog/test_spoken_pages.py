"""Shop pages in several languages: addresses, alternates, the switch, texts of other tongues."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from tests.web.catalog.test_translations_api import say, settle, speak, window
from tests.web.identity.making import Shop
from tests.workflows.window_shop import Shop as Window

from argosy.kernel.ids import encode
from argosy.runtime.db import counting_statements

__all__ = ["window"]


async def page(shop: Shop, path: str, status: int = 200, **headers: str) -> str:
    answer = await shop.client.get(path, headers={"accept": "text/html", **headers})
    assert answer.status_code == status, answer.text[:500]
    return answer.text


@pytest.fixture
async def home(shop: Shop, window: Window) -> str:
    """Where the pages of the channel begin."""
    for prefix in ("", f"/@{shop.channel.code}"):
        answer = await shop.client.get(f"{prefix}/", headers={"accept": "text/html"})
        if f'<a class="brand" href="{prefix}/">{shop.channel.name}</a>' in answer.text:
            return prefix
    raise AssertionError("the channel has no pages")


async def test_E8_pages_in_the_languages_of_a_channel(
    shop: Shop, key: str, window: Window, home: str
) -> None:
    ids = await window.add("tee", description="<p>Warm</p>", categories=("men",))
    product = f"product/{encode('product', ids[''])}"
    men = (await shop.send("GET", "/admin/v1/categories", token=key)).json()["items"][0]
    await say(shop, key, product, {"title": "Hemd"})
    await say(shop, key, f"category/{men['id']}", {"name": "Herren"})
    await shop.send("PUT", "/admin/v1/translations/source", {"locale": "en"}, token=key)
    names = f"/admin/v1/names/{encode('product', ids[''])}"
    await shop.send("PUT", names, {"name": "hemd", "locale": "de"}, token=key)
    await page(shop, f"{home}/~de/", 404)
    await speak(shop, locales=["de", "ar"])
    await settle(window, shop)

    async with asyncio.timeout(2):  # until the process has heard of it
        while (await shop.client.get(f"{home}/~de/")).status_code == 404:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    german = await page(shop, f"{home}/~de/p/hemd")
    assert '<html lang="de" dir="ltr">' in german
    assert "<h1>Hemd</h1>" in german
    assert '<div lang="en" dir="auto"><p>Warm</p></div>' in german
    assert "In den Warenkorb" in german
    assert f'href="{home}/~de/c/men">Herren</a>' in german
    alternates = dict(re.findall(r'hreflang="([\w-]+)" href="https?://[^/]+([^"]*)"', german))
    assert alternates["de"] == f"{home}/~de/p/hemd"
    assert alternates["en"] == f"{home}/p/tee"
    assert re.search(rf'rel="canonical" href="[^"]*{home}/~de/p/hemd"', german)
    switch = german[german.index('aria-label="Sprache"') :]
    assert f'<a href="{home}/p/tee" lang="en"' in switch
    assert f'<a href="{home}/~ar/p/tee" lang="ar" hreflang="ar" dir="auto">العربية</a>' in switch

    # The other name, and a former one, lead to the one of the language.
    for other in ("tee",):
        moved = await shop.client.get(f"{home}/~de/p/{other}", headers={"accept": "text/html"})
        assert (moved.status_code, moved.headers["location"]) == (301, f"{home}/~de/p/hemd")
    await page(shop, f"{home}/~de/p/none", 404)
    await page(shop, f"{home}/~fr/p/tee", 404)

    # From right to left; a text that is not is marked so.
    arabic = await page(shop, f"{home}/~ar/p/tee")
    assert '<html lang="ar" dir="rtl">' in arabic
    assert '<h1 lang="en" dir="auto">Tee</h1>' in arabic
    listed = await page(shop, f"{home}/~ar/c/men")
    assert f'<a href="{home}/~ar/p/tee" lang="en" dir="auto">Tee</a>' in listed

    # Each language is kept by itself, and costs nothing once it is.
    with counting_statements() as count:
        assert "<h1>Hemd</h1>" in await page(shop, f"{home}/~de/p/hemd")
        assert "<h1>Tee</h1>" in await page(shop, f"{home}/p/tee") or count.statements
        await page(shop, f"{home}/~ar/c/men")
    with counting_statements() as count:
        for path in ("/~de/p/hemd", "/p/tee", "/~ar/c/men"):
            await page(shop, home + path)
    assert count.statements == 0

    # The cart goes along: its cookie is for all languages of the channel.
    sent: dict[str, Any] = {"variant_id": encode("variant", ids["S"]), "quantity": "1"}
    put = await shop.client.post(
        f"{home}/~de/cart/lines", data=sent, headers={"sec-fetch-site": "same-origin"}
    )
    assert put.status_code == 303, put.text[:300]
    paths = {re.search(r"[Pp]ath=([^;]*)", c)[1] for c in put.headers.get_list("set-cookie")}  # type: ignore[index]
    assert paths == {home or "/"}
    cookies = "; ".join(c.partition(";")[0] for c in put.headers.get_list("set-cookie"))
    assert "Hemd" in await page(shop, f"{home}/~de/cart", cookie=cookies)
    other = await page(shop, f"{home}/cart", cookie=cookies)
    assert "Tee" in other
    assert "Hemd" not in other
    # Programs have one address only.
    gone = await shop.client.get(f"{home}/~de/v1/channel", headers={"x-publishable-key": shop.key})
    assert gone.status_code == 404
