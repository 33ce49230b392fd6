"""Entries of the library that nothing shows: no product, brand, collection or variant.

An entry is somebody's upload, so that it is never deleted by itself: a person asks for it.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from argosy.modules import catalog
from argosy.modules.catalog import LooseEntry
from argosy.modules.media import CleanFiles
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.media_cleaning import clean, grace, look_through
from argosy.workflows.media_naming import named_media

_AT_ONCE: Final = 500


class Unshown(msgspec.Struct, frozen=True, kw_only=True):
    """Entries that nothing shows; `more` when not all were looked at."""

    entries: tuple[LooseEntry, ...]
    more: bool


async def unshown(app: App, *, limit: int = _AT_ONCE) -> Unshown:
    """Entries older than the time of grace that nothing shows, of the first `limit` without a
    product.
    """
    before = app.db.clock() - grace(app)
    async with app.db.reading() as tx:
        loose = await catalog.unshown_entries(tx, before, limit=limit + 1)
        named = await _named(tx, loose[:limit])
    found = tuple(entry for entry in loose[:limit] if str(entry.id) not in named)
    return Unshown(entries=found, more=len(loose) > limit)


async def delete_unshown(app: App, *, dry_run: bool = False) -> int:
    """Delete entries older than the time of grace that nothing shows; how many, or how many would
    be. Their files go with the clean-up after that, in its own time.
    """
    before, after, deleted = app.db.clock() - grace(app), UUID(int=0), 0
    while True:
        async with app.db.reading() as tx:
            loose = await catalog.unshown_entries(tx, before, after=after, limit=_AT_ONCE)
            named = await _named(tx, loose)
        if not loose:
            return deleted
        after = loose[-1].id
        gone = [entry.id for entry in loose if str(entry.id) not in named]
        deleted += len(gone) if dry_run else await _deleted(app, gone)


async def _deleted(app: App, ids: list[UUID]) -> int:
    async with app.db.transaction() as tx:
        # Whoever is about to show one holds it (catalog.hold_entry): it is not among these, or
        # they see that it is gone.
        locked = await catalog.lock_unshown(tx, ids)
        named = await named_media(tx, [str(one) for one in locked])
        gone = [one for one in locked if str(one) not in named]
        if gone:
            await catalog.delete_entries(tx, gone)
    return len(gone)


async def _named(tx: Tx, loose: list[LooseEntry]) -> set[str]:
    return await named_media(tx, [str(entry.id) for entry in loose]) if loose else set()


async def clean_files(app: App, job: CleanFiles) -> None:
    """What a person asked for in the back office. A repeat finds less to do."""
    if job.unshown:
        await delete_unshown(app)
    await look_through(app)
    if job.delete:
        await clean(app)
        await look_through(app)
