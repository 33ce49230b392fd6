"""Files that nothing names are deleted after their time, and nothing else ever is."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from uuid import UUID, uuid4

import asyncpg
import pytest
from tests.adapters.imaging.pictures import encoded, picture
from tests.workflows import named_places
from tests.workflows.named_places import ENTRY, NAMED, NOT_NAMES

from argosy.adapters.storage import LocalStorage
from argosy.drill.clock import MovableClock
from argosy.modules import brands, catalog, media
from argosy.modules.brands import BrandFields
from argosy.modules.catalog import Media, MediaNotFound
from argosy.modules.media import File, FileBeingRemoved, Picture, Rendition
from argosy.runtime.db import Database
from argosy.runtime.settings import Settings
from argosy.workflows import branding, media_cleaning, media_keeping, media_unshown, renditions
from argosy.workflows.app import App
from argosy.workflows.media_naming import NAMERS, named_media

GRACE = timedelta(days=31)


class Slow(LocalStorage):
    """Waits before it deletes, if it is told to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.deleting, self.go_on = asyncio.Event(), asyncio.Event()
        self.go_on.set()
        self.dies = False

    async def remove(self, keys: Sequence[str]) -> None:
        self.deleting.set()
        await self.go_on.wait()
        if self.dies:
            raise asyncio.CancelledError
        await super().remove(keys)


class Whole:
    """A studio that finds every picture whole."""

    async def draw(self, content: bytes, cuts: Sequence[object] = ()) -> None:
        return None


@pytest.fixture
def storage(tmp_path: Path) -> Slow:
    return Slow(tmp_path)


@pytest.fixture
def app(db: Database, storage: Slow) -> App:
    return cast(
        "App",
        SimpleNamespace(db=db, storage=storage, settings=Settings(), studio=Whole()),
    )


def photograph(n: int) -> bytes:
    return encoded(picture(20 + n, 20))


async def uploaded(app: App, content: bytes) -> Media:
    """What an upload does."""
    stored = await media_keeping.take_in(app, content)
    async with app.db.transaction() as tx:
        entry = await catalog.register_media(tx, catalog.media_input(stored, source=None, alt=""))
        await renditions.note_entry(tx, entry)
    return entry


async def dropped(app: App, entry: Media) -> None:
    async with app.db.transaction() as tx:
        await catalog.delete_media(tx, entry.id)


async def known(app: App, key: str) -> bool:
    async with app.db.reading() as tx:
        return key in await media.assets_of(tx, [key])


async def test_every_column_that_names_media_is_asked(db: Database, database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        found = await named_places.suspects(connection)
        new = sorted(found - {*NAMED, *NOT_NAMES})
        assert not new, (
            "These columns may name media: let their island's named_media look there and add them "
            "to NAMED in tests/workflows/named_places.py, or say in NOT_NAMES why they do not."
        )
        assert not {*NAMED, *NOT_NAMES} - found
        refs = {}
        for place, kind in NAMED.items():
            key = hashlib.sha256(place.encode()).hexdigest()[:40] + ".webp"
            refs[place] = str(uuid4()) if kind == ENTRY else key
            await named_places.name(connection, place, refs[place])
    finally:
        await connection.close()
    nobody = ["0" * 40 + ".jpg", str(uuid4())]
    async with db.reading() as tx:
        for place, ref in refs.items():
            island = place.partition(".")[0]
            assert await NAMERS[island](tx, [ref, *nobody]) == {ref}, place
        assert await named_media(tx, [*refs.values(), *nobody]) == set(refs.values())


async def test_what_nothing_names_goes_after_its_time(
    app: App, storage: Slow, clock: MovableClock, tmp_path: Path
) -> None:
    kept, gone, twin = [await uploaded(app, photograph(n)) for n in range(3)]
    async with app.db.transaction() as tx:
        # `kept` has a rendition in common with `gone`, which has one of its own, too.
        common = await storage.put_made(b"common", ".webp")
        own = await storage.put_made(b"own", ".webp")
        for asset in (await media.claim_waiting(tx, 10))[:3]:
            keys = {kept.storage_key: [common], gone.storage_key: [common, own]}
            drawn = [
                Rendition(key=k, width=1, height=1, format="webp", crop="none", byte_size=6)
                for k in keys.get(asset.key, [])
            ]
            seen = Picture(width=9, height=9, frames=1, colour="#000000", blurhash="", likeness=3)
            await media.save_picture(tx, asset, seen, drawn)
        brand = await branding.make_brand(tx, "Luma", BrandFields(media_id=kept.id))
    await dropped(app, gone)
    await dropped(app, twin)
    await uploaded(app, photograph(2))  # the same file again: it is named by its new entry

    looked = await media_cleaning.look_through(app)
    assert (looked.files, looked.renditions, looked.unused, looked.due) == (3, 3, 1, 0)
    assert (await media_cleaning.clean(app)).files == 0
    clock.advance(days=29)
    assert (await media_cleaning.look_through(app)).due == 0
    assert await media_cleaning.clean(app) == media_cleaning.Freed()
    clock.advance(days=2)
    looked = await media_cleaning.look_through(app)
    assert (looked.unused, looked.due) == (1, 1)
    told = await media_cleaning.clean(app, dry_run=True)
    assert (told.files, told.renditions, told.bytes) == (1, 2, looked.due_bytes)
    assert await storage.size(gone.storage_key)

    freed = await media_cleaning.clean(app)
    assert (freed.files, freed.renditions) == (1, 2)
    assert not await known(app, gone.storage_key)
    left = {file.key for file in await storage.kept_after("", 99)}
    assert left == {kept.storage_key, twin.storage_key, common}
    assert own not in left

    # The entry that the brand shows is no loose one; the other is, and goes when asked to.
    found = await media_unshown.unshown(app)
    assert [entry.storage_key for entry in found.entries] == [twin.storage_key]
    assert await media_unshown.delete_unshown(app, dry_run=True) == 1
    assert await media_unshown.delete_unshown(app) == 1
    async with app.db.reading() as tx:
        assert (await brands.brand_by_id(tx, brand.id)).media_id == kept.id
        assert (await catalog.media_by_id(tx, kept.id)).storage_key == kept.storage_key
    # What a crash left in the storage, and what is replaced, go too, when they are old.
    stray = await storage.put_made(b"stray", ".webp")
    assert (await media_cleaning.clean_strays(app)).strays == 1  # the clock is a month ahead
    assert await storage.size(stray) is None
    await media_cleaning.clean_by_itself(app)
    clock.advance(days=31)
    await media_cleaning.clean_by_itself(app)
    assert not await known(app, twin.storage_key)
    assert {file.key for file in await storage.kept_after("", 99)} == {kept.storage_key, common}


def age(folder: Path, key: str) -> None:
    [path] = folder.rglob(key)
    os.utime(path, (0, 0))


async def test_a_stray_that_is_young_or_named_is_left(
    app: App, storage: Slow, database_url: str, tmp_path: Path
) -> None:
    keys = [await storage.put_made(b"%d" % n, ".png") for n in range(3)]
    for key in keys[1:]:
        age(tmp_path, key)
    connection = await asyncpg.connect(database_url)
    await named_places.name(connection, "imports.row.before", keys[1])
    await connection.close()
    assert (await media_cleaning.clean_strays(app, dry_run=True)).strays == 1
    assert (await media_cleaning.clean(app)).strays == 1
    assert {f.key for f in await storage.kept_after("", 9)} == set(keys[:2])


async def test_an_upload_while_files_are_deleted_never_loses_its_file(
    app: App, storage: Slow, clock: MovableClock
) -> None:
    content = photograph(0)
    entry = await uploaded(app, content)
    key = entry.storage_key
    await dropped(app, entry)
    await media_cleaning.look_through(app)
    clock.advance(days=31)

    # Stored, and not named yet, when the clean-up comes: it is held.
    stored = await media_keeping.take_in(app, content)
    assert (await media_cleaning.clean(app)).files == 0
    assert await storage.size(key)
    # The hold is over: a day is enough for whoever stores a file.
    clock.advance(days=2)

    # The clean-up has decided, and is about to delete, when the same file comes once more.
    storage.go_on.clear()
    cleaning = asyncio.create_task(media_cleaning.clean(app))
    await storage.deleting.wait()
    uploading = asyncio.create_task(uploaded(app, content))
    await asyncio.sleep(0.2)
    assert not uploading.done()
    storage.go_on.set()
    assert (await cleaning).files == 1
    entry = await uploading
    assert (entry.storage_key, stored.key) == (key, key)
    assert await storage.read(key) == content
    assert await known(app, key)

    # Named between the look and the clean-up: it is asked again.
    await dropped(app, entry)
    await media_cleaning.look_through(app)
    clock.advance(days=31)
    async with app.db.transaction() as tx:
        again = await catalog.register_media(tx, catalog.media_input(stored, source=None, alt=""))
    assert (await media_cleaning.clean(app)).files == 0
    assert await storage.size(key)
    assert await known(app, key)
    await dropped(app, again)


async def test_a_clean_up_that_dies_leaves_no_name_without_a_file(
    app: App, storage: Slow, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_keeping, "_PAUSES_S", (0.0,))
    content = photograph(0)
    entry = await uploaded(app, content)
    await dropped(app, entry)
    await media_cleaning.look_through(app)
    clock.advance(days=31)
    storage.dies = True
    with pytest.raises(asyncio.CancelledError):
        await media_cleaning.clean(app)
    assert not await known(app, entry.storage_key)
    with pytest.raises(FileBeingRemoved):
        await uploaded(app, content)
    clock.advance(minutes=16)  # the claim of the dead one is over
    storage.dies = False
    again = await uploaded(app, content)
    assert await storage.read(again.storage_key) == content
    assert (await media_cleaning.clean(app)).strays == 0


async def test_an_entry_that_somebody_is_about_to_show_is_not_deleted(
    app: App, clock: MovableClock
) -> None:
    held, free = [await uploaded(app, photograph(n)) for n in range(2)]
    clock.advance(days=31)
    async with app.db.transaction() as tx:
        await branding.make_brand(tx, "Luma", BrandFields(media_id=held.id))
        # Another connection, while the brand is not to be seen yet.
        assert await media_unshown.delete_unshown(app) == 1
    assert await _entry(app, held.id) is not None
    assert await _entry(app, free.id) is None
    with pytest.raises(MediaNotFound):
        async with app.db.transaction() as tx:
            await branding.make_brand(tx, "Other", BrandFields(media_id=free.id))


async def _entry(app: App, entry_id: UUID) -> Media | None:
    async with app.db.reading() as tx:
        try:
            return await catalog.media_by_id(tx, entry_id)
        except MediaNotFound:
            return None


async def test_renditions_that_are_drawn_again_are_not_deleted(
    app: App, storage: Slow, clock: MovableClock
) -> None:
    key = await storage.put_made(b"drawn", ".webp")
    await media_keeping.hold(app, [key])
    await media_cleaning.remove_free(app, [key])
    assert await storage.size(key)
    clock.advance(days=2)
    async with app.db.transaction() as tx:
        await media.note_files(tx, [File(key=key, content_type="image/webp", byte_size=5)])
    await media_cleaning.remove_free(app, [key])
    assert await storage.size(key)
    gone = await storage.put_made(b"replaced", ".webp")
    await media_cleaning.remove_free(app, [gone, key])
    assert await storage.size(gone) is None
