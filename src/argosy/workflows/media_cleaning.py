"""Files that nothing names any more are deleted after a time of grace.

    look_through   asks of every file whether anything names it, and notes since when nothing does
    clean          of those that are due: claim, ask again, forget, delete the bytes, release
    clean_strays   the same for what lies in the storage and is known nowhere (a crash left it)

A claim (media.guard) comes before the question, so that nobody can come to name a file between the
answer and its end: whoever stores it holds it first (workflows/media_keeping.py). Killed anywhere,
this leaves at most bytes that the strays' turn finds later; never a name without its bytes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from argosy.modules import media
from argosy.modules.catalog.ports import KeptFile
from argosy.modules.media import Tally, UnusedFile
from argosy.runtime import metrics
from argosy.workflows.app import App
from argosy.workflows.media_naming import named_media

LOOKED_AT_ONCE: Final = 1_000
CLEANED_AT_ONCE: Final = 200
LISTED_AT_ONCE: Final = 1_000
_STOP_AFTER_S: Final = media.REMOVING.total_seconds() / 3

log = structlog.get_logger(__name__)


class Freed(msgspec.Struct, frozen=True, kw_only=True):
    """What a clean-up deleted, or would: originals, their renditions, strays, all their bytes."""

    files: int = 0
    renditions: int = 0
    strays: int = 0
    bytes: int = 0

    def __add__(self, other: Freed) -> Freed:
        return Freed(
            files=self.files + other.files,
            renditions=self.renditions + other.renditions,
            strays=self.strays + other.strays,
            bytes=self.bytes + other.bytes,
        )


def grace(app: App) -> timedelta:
    """How long a file is kept that nothing names."""
    return timedelta(days=app.settings.media_grace_days)


async def look_through(app: App, progress: Callable[[int], None] = lambda _: None) -> Tally:
    """Note of every file whether anything names it, and what all of them take; the figures."""
    found, after = Tally(counted_at=app.db.clock()), ""
    while True:
        async with app.db.reading() as tx:
            files = await media.files_after(tx, after, LOOKED_AT_ONCE)
            named = await named_media(tx, [file.key for file in files]) if files else set()
        if not files:
            break
        after = files[-1].key
        used = [f.key for f in files if f.key in named and f.unused_since is not None]
        unused = [f.key for f in files if f.key not in named and f.unused_since is None]
        if used or unused:
            async with app.db.transaction() as tx:
                await media.mark_files(tx, used=used, unused=unused)
        found = _counted(found, files, named, found.counted_at - grace(app))
        progress(found.files)
    async with app.db.transaction() as tx:
        await media.save_tally(tx, found)
    return found


def _counted(found: Tally, files: Sequence[UnusedFile], named: set[str], before: datetime) -> Tally:
    unused = [file for file in files if file.key not in named]
    due = [f for f in unused if f.unused_since is not None and f.unused_since < before]
    return msgspec.structs.replace(
        found,
        files=found.files + len(files),
        bytes=found.bytes + sum(file.byte_size for file in files),
        renditions=found.renditions + sum(file.renditions for file in files),
        rendition_bytes=found.rendition_bytes + sum(file.rendition_bytes for file in files),
        unused=found.unused + len(unused),
        unused_bytes=found.unused_bytes + sum(map(_takes, unused)),
        due=found.due + len(due),
        due_bytes=found.due_bytes + sum(map(_takes, due)),
    )


def _takes(file: UnusedFile) -> int:
    return file.byte_size + file.rendition_bytes


async def clean(
    app: App, *, dry_run: bool = False, progress: Callable[[Freed], None] = lambda _: None
) -> Freed:
    """Delete what nothing names since the time of grace, originals with their renditions, and
    strays; what that was. `dry_run`: only tell. Looks at files as `look_through` left them marked,
    and asks again before it deletes. Raises Unavailable; a repeat goes on.
    """
    freed = Freed()
    before, after = app.db.clock() - grace(app), ""
    while True:
        async with app.db.reading() as tx:
            files = await media.unused_before(tx, before, after, CLEANED_AT_ONCE)
        if not files:
            break
        after = files[-1].key
        freed += await (_told(app, files) if dry_run else _cleaned(app, files, before))
        progress(freed)
    return freed + await clean_strays(app, dry_run=dry_run)


async def _told(app: App, files: Sequence[UnusedFile]) -> Freed:
    async with app.db.reading() as tx:
        named = await named_media(tx, [file.key for file in files])
    gone = [file for file in files if file.key not in named]
    return Freed(
        files=len(gone),
        renditions=sum(file.renditions for file in gone),
        bytes=sum(map(_takes, gone)),
    )


async def _cleaned(app: App, files: Sequence[UnusedFile], before: datetime) -> Freed:
    started = time.monotonic()
    everything = [key for file in files for key in (file.key, *file.rendition_keys)]
    async with app.db.transaction() as tx:
        claimed = await media.claim_removal(tx, everything)
    # A rendition may be held because it is just drawn for another picture with the same pixels.
    ours = [f for f in files if {f.key, *f.rendition_keys} <= claimed]
    async with app.db.reading() as tx:
        named = await named_media(tx, sorted({k for f in ours for k in (f.key, *f.rendition_keys)}))
    spared = [f.key for f in ours if not named.isdisjoint({f.key, *f.rendition_keys})]
    async with app.db.transaction() as tx:
        await media.mark_files(tx, used=spared, unused=())
        wanted = [f.key for f in ours if f.key not in set(spared)]
        gone = await media.delete_unused(tx, wanted, before)
        free = await media.free_keys(
            tx, sorted({k for f in ours if f.key in gone for k in (f.key, *f.rendition_keys)})
        )
    await _remove(app, sorted(free), started)
    async with app.db.transaction() as tx:
        await media.release_removal(tx, sorted(claimed))
    freed = [file for file in ours if file.key in gone]
    metrics.MEDIA_CLEANED.labels("file").inc(len(freed))
    log.info("media.cleaned", files=len(freed), spared=len(spared))
    return Freed(
        files=len(freed),
        renditions=sum(file.renditions for file in freed),
        bytes=sum(map(_takes, freed)),
    )


async def _remove(app: App, keys: Sequence[str], started: float) -> None:
    """Delete the bytes while the claim is surely ours; what is left is a stray."""
    for n in range(0, len(keys), 100):
        if time.monotonic() - started > _STOP_AFTER_S:
            log.warning("media.clean_too_slow", left=len(keys) - n)
            return
        await app.storage.remove(keys[n : n + 100])


async def clean_strays(app: App, *, dry_run: bool = False) -> Freed:
    """Delete what lies in the storage longer than the time of grace and is known nowhere."""
    freed, after = Freed(), ""
    before = app.db.clock() - grace(app)
    while True:
        kept = await app.storage.kept_after(after, LISTED_AT_ONCE)
        if not kept:
            return freed
        after = kept[-1].key
        old = {file.key: file for file in kept if file.modified_at < before}
        async with app.db.reading() as tx:
            strays = await media.unknown_keys(tx, sorted(old)) if old else []
        if strays:
            found = [old[key] for key in strays]
            freed += await _strays(app, found, dry_run=dry_run)


async def _strays(app: App, files: Sequence[KeptFile], *, dry_run: bool) -> Freed:
    started, keys = time.monotonic(), sorted(file.key for file in files)
    if not dry_run:
        async with app.db.transaction() as tx:
            keys = sorted(await media.claim_removal(tx, keys))
    async with app.db.reading() as tx:
        unknown = await media.unknown_keys(tx, keys)
        named = await named_media(tx, unknown) if unknown else set()
    gone = {key for key in unknown if key not in named}
    if not dry_run:
        await _remove(app, sorted(gone), started)
        async with app.db.transaction() as tx:
            await media.release_removal(tx, keys)
        metrics.MEDIA_CLEANED.labels("stray").inc(len(gone))
    return Freed(strays=len(gone), bytes=sum(f.byte_size for f in files if f.key in gone))


async def remove_free(app: App, keys: Sequence[str]) -> None:
    """Delete renditions that were replaced, but for those that are some again or about to be."""
    started = time.monotonic()
    async with app.db.transaction() as tx:
        claimed = await media.claim_removal(tx, sorted(keys))
    async with app.db.reading() as tx:
        free = await media.free_keys(tx, sorted(claimed))
    await _remove(app, sorted(free), started)
    async with app.db.transaction() as tx:
        await media.release_removal(tx, sorted(claimed))


async def clean_by_itself(app: App) -> None:
    """Once a day: look through all files, delete what is due, and forget what is over."""
    await look_through(app)
    freed = await clean(app)
    if freed.files:
        await look_through(app)
    forgotten = LOOKED_AT_ONCE
    while forgotten == LOOKED_AT_ONCE:
        async with app.db.transaction() as tx:
            forgotten = await media.forget_guards(tx, LOOKED_AT_ONCE)
