"""From photographs to renditions: products change -> files are noted -> they are drawn -> shown.

    ProductChanged -- note_media (a subscription): files not seen before --> media.asset, waiting
    draw_waiting (a sweep of the worker): decode and draw in the studio, store, save
                                          --> products are marked, the shop window tells

Until then, and for good where a picture cannot be drawn, pages show the original. A worker that
dies holds nothing up: what it had claimed comes again when its lease is over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
import structlog

from argosy.modules import media, projections
from argosy.modules.catalog import Media
from argosy.modules.media import Asset, Cut, File, Picture, PictureRefused, Rendition, StudioFailed
from argosy.reads import media_use
from argosy.reads.media_use import ShownFile
from argosy.runtime import metrics
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App
from argosy.workflows.media_cleaning import remove_free
from argosy.workflows.media_keeping import hold

BATCH = 4
_NOTED_AT_ONCE = 1_000
_FORGOTTEN_AT_ONCE = 500
DISCARDED_KEPT = timedelta(days=30)
"""Pages that somebody kept may name renditions that were replaced; not for longer than this."""

_SUFFIXES = {"avif": ".avif", "webp": ".webp", "jpeg": ".jpg"}

log = structlog.get_logger(__name__)


async def note_media(tx: Tx, events: Sequence[Delivered]) -> None:
    """Remember the files of products that changed; those known already cost nothing more."""
    ids = sorted({UUID(e.data["product_id"]) for e in events})
    await media.note_files(tx, _files(await media_use.files_of_products(tx, ids)))


async def note_entry(tx: Tx, entry: Media) -> None:
    """Remember the file of an entry that was just made, whatever product shows it."""
    if entry.kind != "external_video":
        await media.note_files(
            tx,
            [
                File(
                    key=entry.storage_key,
                    content_type=entry.content_type,
                    byte_size=entry.byte_size,
                    width=entry.width,
                    height=entry.height,
                )
            ],
        )


async def note_all(app: App) -> int:
    """Remember every file of the catalogue that is not known yet; how many were not."""
    after, noted = "", 0
    while True:
        async with app.db.transaction() as tx:
            files = await media_use.unknown_files_after(tx, after, _NOTED_AT_ONCE)
            noted += await media.note_files(tx, _files(files))
        if not files:
            return noted
        after = files[-1].key


def _files(shown: Sequence[ShownFile]) -> list[File]:
    return [msgspec.convert(file, File, from_attributes=True) for file in shown]


async def draw_waiting(app: App) -> int:
    """Make the renditions of the next pictures; how many were taken up.

    Raises Unavailable while the storage cannot be reached; what was claimed comes again.
    """
    async with app.db.transaction() as tx:
        claimed = await media.claim_waiting(tx, BATCH)
    made = [(asset, await _made(app, asset)) for asset in claimed]
    if not made:
        return 0
    async with app.db.transaction() as tx:
        changed = [asset.key for asset, result in made if await _settled(tx, asset, result)]
        await projections.mark_changed(tx, await media_use.products_showing(tx, changed), tx.now)
    return len(made)


_Made = tuple[Picture, list[Rendition]]


async def _made(app: App, asset: Asset) -> _Made | PictureRefused | StudioFailed:
    """The picture with its renditions in storage, or why there are none."""
    content = await app.storage.read(asset.key)
    if content is None:
        return PictureRefused("The file is not in storage.")
    try:
        size = (asset.width, asset.height)
        if None in size:
            seen = await app.studio.draw(content)
            size = (seen.width, seen.height)
        cuts = media.cuts(int(size[0] or 0), int(size[1] or 0), asset.focal)
        picture = await app.studio.draw(content, cuts)
        if (picture.width, picture.height) != size:
            # What was noted of it is wrong, for example by an earlier version: look again.
            cuts = media.cuts(picture.width, picture.height, asset.focal)
            picture = await app.studio.draw(content, cuts)
    except (PictureRefused, StudioFailed) as error:
        return error
    return picture, await _stored(app, cuts, picture)


async def _stored(app: App, cuts: Sequence[Cut], picture: Picture) -> list[Rendition]:
    # Of a picture that moves the studio draws nothing.
    drawn = list(zip(cuts, picture.files, strict=False))
    await hold(app, [app.storage.made_key(file, _SUFFIXES[cut.format]) for cut, file in drawn])
    return [
        Rendition(
            key=await app.storage.put_made(content, _SUFFIXES[cut.format]),
            width=cut.width,
            height=cut.height,
            format=cut.format,
            crop=cut.crop,
            byte_size=len(content),
        )
        for cut, content in drawn
    ]


async def _settled(tx: Tx, asset: Asset, result: _Made | PictureRefused | StudioFailed) -> bool:
    """Save what came of it; whether pages are to show something new."""
    match result:
        case PictureRefused():
            metrics.PICTURES.labels("refused").inc()
            log.warning("media.picture_refused", file=asset.key, tries=asset.tries)
            await media.give_up(tx, asset, result.message)
            return False
        case StudioFailed():
            metrics.PICTURES.labels("failed").inc()
            log.warning("media.studio_failed", file=asset.key, tries=asset.tries)
            await media.try_later(tx, asset, result.message)
            return False
        case (picture, renditions):
            saved = await media.save_picture(tx, asset, picture, renditions)
            metrics.PICTURES.labels("drawn" if saved else "repeated").inc()
            return saved


async def draw_all(
    app: App, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> int:
    """Draw until nothing is due; how many were taken up. `progress(done, waiting before)`."""
    async with app.db.reading() as tx:
        waiting = (await media.progress(tx)).waiting
    done = 0
    while taken := await draw_waiting(app):
        done += taken
        progress(done, max(done, waiting))
    return done


async def forget_discarded(app: App) -> None:
    """Delete the files of renditions that were replaced long ago."""
    while True:
        async with app.db.transaction() as tx:
            keys = await media.discarded_before(tx, tx.now - DISCARDED_KEPT, _FORGOTTEN_AT_ONCE)
            gone = await media.forget_discarded(tx, keys) if keys else []
        # After the commit: a file too many is harmless, a file too few is a broken picture.
        await remove_free(app, gone)
        if not keys:
            return


async def measure(app: App) -> int:
    """Set the metrics of what waits and what failed. A sweep: returns 0, nothing more to do."""
    async with app.db.reading() as tx:
        counts = await media.progress(tx)
    metrics.PICTURES_WAITING.set(counts.waiting)
    metrics.PICTURES_FAILED.set(counts.failed)
    return 0
