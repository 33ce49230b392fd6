"""What is known of stored files: noted once, claimed by one, saved if still wanted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from argosy.drill.clock import MovableClock
from argosy.modules import media
from argosy.modules.media import Asset, AssetNotFound, File, Focal, Picture, Rendition
from argosy.runtime.db import Database

PHOTO = File(key="a" * 40 + ".jpg", content_type="image/jpeg", byte_size=9, width=40, height=30)
MANUAL = File(key="b" * 40 + ".pdf", content_type="application/pdf", byte_size=9)
DRAWN = Picture(width=40, height=30, frames=1, colour="#ffffff", blurhash="L", likeness=-5)


def rendition(letter: str) -> Rendition:
    return Rendition(
        key=letter * 40 + ".webp", width=40, height=30, format="webp", crop="none", byte_size=3
    )


async def noted(db: Database, *files: File) -> None:
    async with db.transaction() as tx:
        await media.note_files(tx, files)


async def claimed(db: Database, limit: int = 10) -> list[Asset]:
    async with db.transaction() as tx:
        return await media.claim_waiting(tx, limit)


async def saved(db: Database, asset: Asset, *letters: str) -> bool:
    async with db.transaction() as tx:
        return await media.save_picture(tx, asset, DRAWN, [rendition(n) for n in letters])


async def test_a_file_is_noted_once_and_only_pictures_wait(db: Database) -> None:
    await noted(db, PHOTO, MANUAL, PHOTO)
    await noted(db, PHOTO)
    async with db.reading() as tx:
        found = await media.assets_of(tx, [PHOTO.key, MANUAL.key, "nothing"])
        counts = await media.progress(tx)
    assert {k: a.state for k, a in found.items()} == {PHOTO.key: "waiting", MANUAL.key: "plain"}
    assert (counts.waiting, counts.plain) == (1, 1)


async def test_a_picture_is_given_to_one_and_again_when_its_lease_is_over(
    db: Database, clock: MovableClock
) -> None:
    await noted(db, PHOTO)
    assert [a.key for a in await claimed(db)] == [PHOTO.key]
    assert await claimed(db) == []
    clock.advance(minutes=11)
    [again] = await claimed(db)
    assert again.tries == 2


async def test_what_was_drawn_is_kept_and_renditions_of_before_are_discarded(
    db: Database, clock: MovableClock
) -> None:
    await noted(db, PHOTO)
    [asset] = await claimed(db)
    assert await saved(db, asset, "c", "d")
    async with db.transaction() as tx:
        assert await media.retry(tx, everything=True) == 1
    [asset] = await claimed(db)
    assert [r.key[0] for r in asset.renditions] == ["c", "d"]
    assert await saved(db, asset, "d", "e")
    clock.advance(days=2)
    async with db.transaction() as tx:
        old = await media.discarded_before(tx, tx.now - timedelta(days=1), 10)
        assert [key[0] for key in old] == ["c"]
        assert await media.unknown_keys(tx, [*old, "e" * 40 + ".webp", PHOTO.key, "x"]) == ["x"]
        assert await media.forget_discarded(tx, old) == old
        assert await media.discarded_before(tx, tx.now, 10) == []


async def test_a_discarded_rendition_that_is_one_again_is_not_deleted(db: Database) -> None:
    await noted(db, PHOTO)
    for letter in ("c", "d", "c"):
        async with db.transaction() as tx:
            await media.retry(tx, everything=True)
        [asset] = await claimed(db)
        assert await saved(db, asset, letter)
    async with db.transaction() as tx:
        both = ["c" * 40 + ".webp", "d" * 40 + ".webp"]
        assert await media.forget_discarded(tx, both) == [both[1]]


async def test_crops_around_a_focal_point_that_was_moved_meanwhile_are_not_kept(
    db: Database,
) -> None:
    await noted(db, PHOTO)
    [asset] = await claimed(db)
    async with db.transaction() as tx:
        assert await media.set_focal(tx, PHOTO.key, Focal(x=0.25, y=0.125))
        assert not await media.set_focal(tx, PHOTO.key, Focal(x=0.25, y=0.125))
    assert not await saved(db, asset, "c")
    [asset] = await claimed(db)
    assert (asset.focal, asset.tries) == (Focal(x=0.25, y=0.125), 1)
    assert await saved(db, asset, "c")
    async with db.transaction() as tx:
        assert await media.set_focal(tx, PHOTO.key, None)
        with pytest.raises(AssetNotFound):
            await media.set_focal(tx, "nothing", None)


async def test_a_picture_that_fails_is_tried_three_times(db: Database, clock: MovableClock) -> None:
    await noted(db, PHOTO)
    for tries in (1, 2, 3):
        [asset] = await claimed(db)
        assert asset.tries == tries
        async with db.transaction() as tx:
            assert await media.try_later(tx, asset, "too slow") is (tries < 3)
        assert await claimed(db) == []
        clock.advance(hours=1)
    async with db.transaction() as tx:
        [failed] = await media.failed_after(tx, "", 10)
        assert (failed.state, failed.fault) == ("failed", "too slow")
        assert await media.retry(tx, everything=False) == 1
    [asset] = await claimed(db)
    assert asset.tries == 1
