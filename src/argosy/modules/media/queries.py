"""Reading use cases of media."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from argosy.modules.media import store
from argosy.modules.media.errors import AssetNotFound, UploadNotFound
from argosy.modules.media.types import Asset, Move, Progress, Tally, UnusedFile, Upload
from argosy.runtime.db import Tx


async def asset(tx: Tx, key: str) -> Asset:
    """One stored file. Raises AssetNotFound."""
    found = await store.assets_of(tx, [key])
    if not found:
        raise AssetNotFound("There is no such file.")
    return found[0]


async def assets_of(tx: Tx, keys: Sequence[str]) -> dict[str, Asset]:
    """Those of the files that are known, by key. One statement."""
    return {a.key: a for a in await store.assets_of(tx, keys)} if keys else {}


async def progress(tx: Tx) -> Progress:
    """How far the making of renditions has come."""
    return await store.progress(tx)


async def failed_after(tx: Tx, after: str, limit: int) -> list[Asset]:
    """Pictures of which no renditions could be made, in order of their keys, after `after`."""
    return await store.failed_after(tx, after, limit)


async def discarded_before(tx: Tx, before: datetime, limit: int) -> list[str]:
    """Renditions that were replaced before then, the oldest first."""
    return await store.discarded_before(tx, before, limit)


async def unknown_keys(tx: Tx, keys: Sequence[str]) -> list[str]:
    """Those of the keys in storage that nothing is known of."""
    return await store.unknown_keys(tx, keys)


async def files_after(tx: Tx, after: str, limit: int) -> list[UnusedFile]:
    """All files with what their renditions take, in order of their keys, after `after`."""
    return await store.files_after(tx, after, limit)


async def unused_before(tx: Tx, before: datetime, after: str, limit: int) -> list[UnusedFile]:
    """Files that nothing named since before then, in order of their keys, after `after`."""
    return await store.unused_before(tx, before, after, limit)


async def free_keys(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Those of the keys that neither a file nor a rendition has."""
    return await store.free_keys(tx, keys) if keys else set()


async def tally(tx: Tx) -> Tally | None:
    """What the last look through all files found, if there was one."""
    return await store.tally(tx)


async def upload_by_id(tx: Tx, upload_id: UUID) -> Upload:
    """One upload. Raises UploadNotFound."""
    found = await store.upload_by_id(tx, upload_id)
    if found is None:
        raise UploadNotFound("There is no such upload.")
    return found


async def uploads_before(tx: Tx, before: datetime, limit: int) -> list[tuple[UUID, str]]:
    """Uploads whose time was over before then, the oldest first: (id, storage key)."""
    return await store.uploads_before(tx, before, limit)


async def latest_move(tx: Tx) -> Move | None:
    """The move of files that went on last, if there was one."""
    return await store.latest_move(tx)
