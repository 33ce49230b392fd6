"""Where files lie in the back office, and a large file from a product's page past the server."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.adapters.imaging.pictures import encoded, picture
from tests.adapters.storage.films import mp4
from tests.web.back_office.conftest import at_desk
from tests.web.back_office.test_products import PNG, a_product
from tests.web.identity.making import Shop

from argosy.adapters.storage import LocalStorage
from argosy.drill.clock import MovableClock
from argosy.kernel.ids import decode
from argosy.modules import catalog
from argosy.modules.media import CleanFiles
from argosy.runtime.db import counting_statements
from argosy.workflows import media_keeping, media_unshown
from argosy.workflows.renditions import draw_all, note_entry

CDN = "https://cdn.example"
S3 = {
    "ARGOSY_MEDIA_STORAGE": "s3",
    "ARGOSY_S3_BUCKET": "pictures",
    "ARGOSY_S3_REGION": "eu-central-1",
    "ARGOSY_MEDIA_CDN_URL": f"{CDN}/media",
}


@pytest.fixture
def in_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of a bucket, before the shop is made; files lie in the folder all the same."""
    for name, value in S3.items():
        monkeypatch.setenv(name, value)


async def an_entry(shop: Shop, content: bytes = PNG) -> catalog.Media:
    stored = await media_keeping.take_in(shop.app, content)
    async with shop.app.db.transaction() as tx:
        entry = await catalog.register_media(tx, catalog.media_input(stored, source=None, alt=""))
        await note_entry(tx, entry)
    return entry


async def test_the_page_tells_what_a_clean_up_frees_and_has_it_done(
    in_s3: None, shop: Shop, clock: MovableClock
) -> None:
    desk = await at_desk(shop, "owner")
    page = await desk.get("/admin/media")
    assert page.status_code == 200
    for said in ("Nobody has looked through the files yet", "pictures", f"{CDN}/media", "None."):
        assert said in page.text
    gone = await an_entry(shop)
    async with shop.app.db.transaction() as tx:
        await catalog.delete_media(tx, gone.id)
    loose = await an_entry(shop, mp4())
    for act in ("look", "clean"):
        asked = await desk.post(f"/admin/media/{act}", {"sure": "yes"})
        assert asked.status_code == 303, asked.text
    await media_unshown.clean_files(shop.app, CleanFiles())
    clock.advance(days=31)
    await media_unshown.clean_files(shop.app, CleanFiles())
    desk = await at_desk(shop, "owner", email="again@example.com")
    with counting_statements() as counted:
        page = await desk.get("/admin/media")
    assert counted.statements <= 12
    for said in ("1 entries older than 30 days", "Clean up now", "Delete them"):
        assert said in page.text, page.text
    assert 'action="/admin/media/clean"' in (await desk.get("/admin/media/clean?unshown")).text

    key = await shop.secret_key("catalog:write")
    told = (await shop.send("GET", "/admin/v1/media-storage", token=key)).json()
    assert (told["storage"], told["bucket"], told["loose"]["entries"]) == ("s3", "pictures", 1)
    assert told["tally"]["due"] == 1
    body = {"delete": "entries"}
    asked = await shop.send("POST", "/admin/v1/media-clean-ups", body, token=key)
    assert asked.status_code == 202, asked.text
    jobs = await shop.send("GET", "/admin/v1/jobs", token=await shop.secret_key("events:read"))
    assert "media.clean_files" in {job["job"] for job in jobs.json()["items"]}, jobs.text

    await media_unshown.clean_files(shop.app, CleanFiles(delete=True, unshown=True))
    assert await shop.app.storage.size(gone.storage_key) is None
    assert await shop.app.storage.size(loose.storage_key)  # it has its own time from now on
    page = await desk.get("/admin/media")
    assert "Clean up now" not in page.text
    async with shop.app.db.reading() as tx:
        with pytest.raises(catalog.MediaNotFound):
            await catalog.media_by_id(tx, loose.id)
    reader = await at_desk(shop, "read_only", email="reader@example.com")
    assert "Look through all files now" not in (await reader.get("/admin/media")).text
    assert (await reader.post("/admin/media/clean", {})).status_code == 403


async def test_a_large_file_from_a_product_goes_where_its_address_says(
    in_s3: None, shop: Shop
) -> None:
    desk = await at_desk(shop, "owner")
    path = await a_product(desk)
    shown = await desk.get(path)
    assert f'data-direct="{path}/media"' in shown.text
    policy = shown.headers["content-security-policy"]
    assert "connect-src 'self' https://pictures.s3.eu-central-1.amazonaws.com;" in policy
    assert f"img-src 'self' {CDN} data:" in policy

    film = mp4()
    said: dict[str, Any] = {
        "file_name": "film.mp4",
        "byte_size": len(film),
        "sha256": hashlib.sha256(film).hexdigest(),
    }
    begun = await desk.post(f"{path}/media/begin", said)
    assert begun.status_code == 201, begun.text
    to = begun.json()
    sent = await shop.client.put(urlsplit(to["url"]).path, content=film, headers=to["headers"])
    assert sent.status_code == 204
    done = await desk.post(f"{path}/media/complete", {"upload": to["id"]})
    assert done.status_code == 200, done.text
    product_id = decode("product", path.rpartition("/")[2])
    async with shop.app.db.reading() as tx:
        [entry] = (await catalog.product_by_id(tx, product_id)).media
    assert (entry.content_type, entry.source) == ("video/mp4", "film.mp4")
    assert (await desk.post(f"{path}/media/begin", {"sha256": "x"})).status_code == 422


async def test_a_cdn_is_led_to_and_allowed_by_pages(
    in_s3: None, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await an_entry(shop)
    plain = await shop.client.get(f"/media/{entry.storage_key}")
    assert (plain.status_code, plain.headers["x-content-type-options"]) == (200, "nosniff")

    async def elsewhere(_: LocalStorage, key: str) -> str:
        return f"{CDN}/media/{key}"

    monkeypatch.setattr(LocalStorage, "public_url", elsewhere)
    led = await shop.client.get(f"/media/{entry.storage_key}")
    assert (led.status_code, led.headers["location"]) == (302, f"{CDN}/media/{entry.storage_key}")
    assert "immutable" not in led.headers["cache-control"]
    missing = await shop.client.get(f"/media/{'0' * 40}.png")
    assert missing.status_code == 404
    for _ in range(2):  # made, and kept
        page = await shop.client.get("/", headers={"accept": "text/html"})
        policy = page.headers["content-security-policy"]
        assert f"img-src 'self' {CDN} data:" in policy
        assert "connect-src 'self';" in policy


async def test_a_picture_tells_who_shows_it_and_what_looks_like_it(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    assert "No pictures look alike" in (await desk.get("/admin/media/alike")).text
    image = picture(400, 300, "#204060", "#e0c090")
    image.paste((200, 30, 30), (60, 40, 160, 220))
    large, small = encoded(image, quality=95), encoded(image.resize((200, 150)), quality=60)
    tee, cap = await a_product(desk, "Tee", "TEE"), await a_product(desk, "Cap", "CAP")
    for product, content in ((tee, large), (cap, large), (cap, small)):
        sent = await desk.client.post(f"{product}/media", files={"file": ("one.jpg", content)})
        assert sent.status_code == 303
    await draw_all(shop.app)
    own = re.search(r'href="(/admin/media/med_[^"]+)"', (await desk.get(tee)).text)
    assert own is not None
    page = (await desk.get(own[1])).text
    by, rest = page.split('id="by"')[1].split("The very same file")
    same, alike = rest.split('id="alike"')
    assert ["Tee" in by, "Cap" in same, "Tee" in same] == [True, True, False]
    assert re.search(r"differs in \d of 64 points.*?Cap", alike, re.DOTALL)
    pairs = (await desk.get("/admin/media/alike")).text
    assert re.search(r"They differ in \d of 64 points.*?/admin/media/med_", pairs, re.DOTALL)
    [_, row] = (await desk.get("/admin/media/alike.csv")).text.splitlines()
    assert sorted(row.split(",")[2::2]) in (["Cap", "Tee | Cap"], ["Cap", "Cap | Tee"])
    clerk = await at_desk(shop, "support", email="sam@example.com")
    assert (await clerk.get(own[1])).status_code == 200


async def test_a_video_of_others_is_shown_with_a_product(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    product = await a_product(desk, "Tee", "TEE")
    path = f"{product}/video"
    assert f'action="{path}"' in (await desk.get(product)).text
    wrong = {"url": "https://evil.example/watch?v=dQw4w9WgXcQ", "alt": "How to wear it"}
    refused = await desk.post(path, dict(wrong))
    assert (refused.status_code, 'id="e-url"' in refused.text) == (422, True)
    assert all(f'value="{text}"' in refused.text for text in wrong.values())
    right = wrong | {"url": "https://youtu.be/dQw4w9WgXcQ"}
    assert (await desk.post(path, dict(right))).status_code == 303
    shown = (await desk.get(product)).text
    assert "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ" in shown
    assert 'value="How to wear it"' in shown
    clerk = await at_desk(shop, "support", email="sam@example.com")
    assert f'action="{path}"' not in (await clerk.get(product)).text
    assert (await clerk.post(path, dict(right))).status_code == 403
