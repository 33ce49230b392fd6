"""Collections on the shop's pages."""

from __future__ import annotations

import re

from tests.adapters.imaging.pictures import encoded, picture
from tests.web.catalog.test_collections_api import WARM, made, settle, window
from tests.web.catalog.test_media_api import uploaded
from tests.web.identity.making import Shop
from tests.workflows.window_shop import Shop as Window

from argosy.runtime.db import counting_statements
from argosy.workflows import renditions

__all__ = ["window"]


async def test_a_collection_has_a_page_that_is_narrowed_kept_and_led_to(
    shop: Shop, key: str, window: Window
) -> None:
    async def page(path: str, status: int = 200) -> str:
        answer = await shop.client.get(f"/@window{path}", headers={"accept": "text/html"})
        assert answer.status_code == status, answer.text
        return answer.text if status < 300 else answer.headers.get("location", "")

    def cards(text: str) -> list[str]:
        return re.findall(r'<h3><a href="/@window/p/([^"]+)"', text)

    assert "There is nothing to buy here yet." in await page("/collections")
    await window.add("red-hoodie", minor=4000, sizes=("S",))
    await window.add("blue-hoodie", minor=3000, sizes=("M",))
    await window.add("tee")
    warm = await made(shop, key, **WARM, sort="price", description="<b>For winter.</b>")
    await settle(shop)
    text = await page("/collections/warm-things")
    assert cards(text) == ["blue-hoodie", "red-hoodie"], "in its own order"
    assert "<h1>Warm things</h1>" in text
    assert ">For winter.<" in text
    assert re.search(r'rel="canonical" href="[^"]*/@window/collections/warm-things"', text)
    assert cards(await page("/collections/warm-things?sort=-price")) == [
        "red-hoodie",
        "blue-hoodie",
    ]
    narrowed = await page("/collections/warm-things?size=s")
    assert cards(narrowed) == ["red-hoodie"]
    assert 'content="noindex, follow"' in narrowed
    with counting_statements() as count:
        assert await page("/collections/warm-things") == text
    assert count.statements == 0 or not shop.app.cache.is_listening
    for path in ("/", "/collections"):
        assert 'href="/@window/collections/warm-things">Warm things<' in await page(path)
    found = await shop.client.get("/@window/sitemap-pages.xml")
    assert "/@window/collections/warm-things</loc>" in found.text
    await page("/collections/nothing", 404)

    assert 'class="hero led"' not in await page("/")
    photograph = await uploaded(shop, key, encoded(picture(700, 500)))
    await renditions.draw_all(shop.app)
    shown = {"media_id": photograph["id"]}
    path = f"/admin/v1/collections/{warm['id']}"
    assert (await shop.send("PATCH", path, shown, token=key, if_match="*")).status_code == 200
    await settle(shop)
    led = (await page("/")).partition('class="hero led"')[2].partition("</section>")[0]
    assert 'href="/@window/collections/warm-things">Warm things<' in led
    assert re.search(r'type="image/avif" srcset="/media/[^"]+ 320w, /media/[^"]+ 640w"', led)
    told = (await shop.send("GET", "/v1/collections/warm-things")).json()["image"]
    assert {one["width"] for one in told["renditions"]} == {320, 640}
    assert told["url"] == photograph["url"]

    change = {"slug": "cosy", "title": "Cosy things"}
    changed = await shop.send("PATCH", path, change, token=key, if_match="*")
    assert changed.status_code == 200, changed.text
    await settle(shop)
    assert await page("/collections/warm-things", 301) == "/@window/collections/cosy"
    assert "Cosy things" in await page("/collections")
    await window.add("green-hoodie", minor=1000, sizes=("S",))
    await settle(shop)
    assert cards(await page("/collections/cosy"))[0] == "green-hoodie"
