"""From a photograph of a product to the renditions that its page shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import pytest
from tests.adapters.imaging.pictures import encoded, opened, picture
from tests.workflows.window_shop import Shop, open_shop

from argosy.adapters.imaging.studio import ChildStudio
from argosy.adapters.storage import LocalStorage
from argosy.drill.clock import MovableClock
from argosy.modules import catalog, channels, media
from argosy.modules.catalog import MediaInput, ProductInput
from argosy.modules.media import Focal
from argosy.modules.projections import MediaDocument
from argosy.runtime.db import Database, counting_statements
from argosy.runtime.subscriptions import Subscription
from argosy.workflows import projecting, renditions
from argosy.workflows.app import App

LISTEN = Subscription("note_media", frozenset({catalog.ProductChanged.TYPE}), renditions.note_media)


class Gallery:
    """A shop whose products have photographs, and the worker's part in it."""

    def __init__(self, shop: Shop, app: App) -> None:
        self.shop = shop
        self.app = app

    async def show(self, product_id: UUID, content: bytes) -> str:
        """Put a photograph on a product; its key."""
        stored = await self.app.storage.put(content)
        entry = MediaInput(
            storage_key=stored.key,
            sha256=stored.sha256,
            content_type=stored.content_type,
            byte_size=stored.byte_size,
            width=stored.width,
            height=stored.height,
            kind=stored.kind,
        )
        async with self.app.db.transaction() as tx:
            await catalog.update_product(tx, product_id, ProductInput(media=(entry,)))
        return stored.key

    async def settle(self, *, draw: bool = True) -> None:
        """Hear of everything, draw what waits, and show it."""
        await self.shop.hear(LISTEN)
        await self.shop.settle()
        if draw:
            await renditions.draw_all(self.app)
            await self.shop.settle()

    async def image(self, slug: str = "tee") -> MediaDocument:
        """The first picture of a product's page."""
        return (await self.shop.page(slug)).media[0]


@pytest.fixture
async def gallery(db: Database, tmp_path: Path) -> AsyncIterator[Gallery]:
    shop = await open_shop(db)
    studio = ChildStudio()
    app = cast("App", SimpleNamespace(db=db, storage=LocalStorage(tmp_path), studio=studio))
    yield Gallery(shop, app)
    await studio.close()


async def test_a_page_shows_the_original_until_there_are_renditions(gallery: Gallery) -> None:
    tee = await gallery.shop.add("tee")
    key = await gallery.show(tee[""], encoded(picture(700, 500)))
    await gallery.settle(draw=False)
    image = await gallery.image()
    assert (image.url, image.renditions, image.placeholder) == (f"/media/{key}", [], None)

    await gallery.settle()
    image = await gallery.image()
    assert image.url == f"/media/{key}"
    assert image.placeholder is not None
    assert {(r.width, r.format, r.crop) for r in image.renditions} == {
        (320, "avif", "none"), (320, "webp", "none"), (640, "avif", "none"), (640, "webp", "none"),
        (640, "jpeg", "none"), (320, "avif", "square"), (320, "webp", "square"),
    }  # fmt: skip
    for rendition in image.renditions:
        content = await gallery.app.storage.read(rendition.url.removeprefix("/media/"))
        assert content is not None
        assert opened(content).size == (rendition.width, rendition.height)


async def test_a_list_shows_small_renditions_without_another_statement(gallery: Gallery) -> None:
    tee = await gallery.shop.add("tee")
    await gallery.show(tee[""], encoded(picture(1700, 1500)))
    await gallery.settle(draw=False)
    with counting_statements() as before:
        await gallery.shop.listing()
    await gallery.settle()
    with counting_statements() as after:
        listing = await gallery.shop.listing()
    assert after.statements == before.statements
    [card] = listing.items
    assert card.image is not None
    assert {(r.width, r.crop) for r in card.image.renditions} == {
        (320, "none"), (640, "none"), (320, "square"),
    }  # fmt: skip
    assert max(r.width for r in (await gallery.image()).renditions) == 1600


async def test_a_focal_point_that_is_moved_makes_new_crops(
    gallery: Gallery, clock: MovableClock
) -> None:
    tee = await gallery.shop.add("tee")
    key = await gallery.show(tee[""], encoded(picture(900, 300)))
    await gallery.settle()
    before = {r.url for r in (await gallery.image()).renditions if r.crop == "square"}
    async with gallery.app.db.transaction() as tx:
        await media.set_focal(tx, key, Focal(x=1.0, y=0.5))
    await gallery.settle()
    image = await gallery.image()
    assert image.focal is not None
    assert (image.focal.x, image.focal.y) == (1.0, 0.5)
    after = {r.url for r in image.renditions if r.crop == "square"}
    assert not before & after
    await renditions.forget_discarded(gallery.app)
    for url in before | after:
        assert await gallery.app.storage.read(url.removeprefix("/media/"))
    clock.advance(days=31)
    await renditions.forget_discarded(gallery.app)
    kept = [await gallery.app.storage.read(u.removeprefix("/media/")) for u in before]
    assert kept == [None] * len(before)
    for rendition in image.renditions:
        assert await gallery.app.storage.read(rendition.url.removeprefix("/media/"))


async def test_E13_a_photograph_that_cannot_be_decoded_is_shown_as_it_is(gallery: Gallery) -> None:
    tee = await gallery.shop.add("tee")
    content = bytearray(encoded(picture(400, 300), "PNG"))
    content[60:80] = bytes(20)
    key = await gallery.show(tee[""], bytes(content))
    await gallery.settle()
    assert (await gallery.image()).url == f"/media/{key}"
    assert (await gallery.image()).renditions == []
    async with gallery.app.db.reading() as tx:
        [failed] = await media.failed_after(tx, "", 10)
    assert failed.key == key
    assert failed.fault


async def test_one_file_of_two_products_is_drawn_once(gallery: Gallery) -> None:
    content = encoded(picture(400, 300))
    for slug in ("tee", "hat"):
        added = await gallery.shop.add(slug)
        await gallery.show(added[""], content)
    await gallery.shop.hear(LISTEN)
    assert await renditions.draw_all(gallery.app) == 1
    await gallery.shop.settle()
    assert (await gallery.image("tee")).renditions == (await gallery.image("hat")).renditions != []


async def test_two_workers_share_the_work(gallery: Gallery) -> None:
    for n in range(6):
        added = await gallery.shop.add(f"tee-{n}")
        await gallery.show(added[""], encoded(picture(50 + n, 40)))
    await gallery.settle(draw=False)
    taken = await asyncio.gather(*(renditions.draw_waiting(gallery.app) for _ in range(3)))
    assert sum(taken) == 6
    async with gallery.app.db.reading() as tx:
        assert (await media.progress(tx)).made == 6


async def test_files_that_nobody_noted_are_found(gallery: Gallery) -> None:
    tee = await gallery.shop.add("tee")
    await gallery.show(tee[""], encoded(picture(50, 40)))
    assert await renditions.note_all(gallery.app) == 1
    assert await renditions.note_all(gallery.app) == 0
    assert await renditions.draw_all(gallery.app) == 1
    await projecting.rebuild(gallery.app)
    assert (await gallery.image()).renditions


async def test_a_page_shows_the_text_in_its_channel_s_language(gallery: Gallery) -> None:
    tee = await gallery.shop.add("tee")
    await gallery.show(tee[""], encoded(picture(40, 30)))
    async with gallery.app.db.transaction() as tx:
        [product] = await catalog.products_by_ids(tx, [tee[""]])
        texts = {"de": "Vorn", "de-AT": "Vorne", "fr": "Devant"}
        await catalog.update_media(tx, product.media[0].id, alt="Front", alts=texts)
    for locale, text in (("de-DE", "Vorn"), ("de-AT", "Vorne"), ("nl", "Front")):
        async with gallery.app.db.transaction() as tx:
            change = channels.UpdateChannel(locale=locale)
            channel = await channels.channel_by_id(tx, gallery.shop.channel.id)
            await channels.update_channel(tx, channel, change)
        await gallery.settle()
        image = await gallery.image()
        assert (image.alt, image.alts) == (text, texts)
