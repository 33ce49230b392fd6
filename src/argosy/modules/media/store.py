"""The only file of media that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from argosy.modules.media.rules import RASTER
from argosy.modules.media.types import (
    Asset,
    File,
    Focal,
    Move,
    Picture,
    Progress,
    Rendition,
    Tally,
    UnusedFile,
    Upload,
)
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def note_files(tx: Tx, files: Sequence[File]) -> int:
    """Remember these files; how many are new or in use again."""
    rows = msgspec.to_builtins(list({f.key: f for f in files}.values()))
    return await tx.run(SQL.note_files, rows, sorted(RASTER), tx.now)


async def claim_waiting(tx: Tx, limit: int, until: datetime) -> list[Asset]:
    """Pictures that wait; nobody else is given them before `until`."""
    return [_asset(r) for r in await tx.many(SQL.claim_waiting, tx.now, limit, until)]


async def save_picture(
    tx: Tx, asset: Asset, picture: Picture, renditions: Sequence[Rendition]
) -> bool:
    """Whether it was saved: not if the focal point has been moved meanwhile."""
    row = await tx.one(
        SQL.save_picture,
        asset.key,
        picture.width,
        picture.height,
        picture.colour,
        picture.blurhash,
        picture.likeness,
        msgspec.to_builtins(list(renditions)),
        asset.focal.x if asset.focal else None,
        asset.focal.y if asset.focal else None,
        tx.now,
    )
    saved: bool = row["saved"]
    return saved


async def note_likeness(tx: Tx, key: str, bits: int, *, within: int, most: int) -> None:
    """Keep a picture's likeness and whom it looks like."""
    await tx.run(SQL.note_likeness, key, bits, within, most)


async def set_state(
    tx: Tx, key: str, state: str, *, fault: str | None, due_at: datetime, tries: int
) -> None:
    """Note how far a picture has come."""
    await tx.run(SQL.set_state, key, state, fault, due_at, tries, tx.now)


async def set_focal(tx: Tx, key: str, focal: Focal | None) -> int:
    """1 when the point is another one now, and the crops are to be made again."""
    x, y = (focal.x, focal.y) if focal else (None, None)
    return await tx.run(SQL.set_focal, key, x, y, tx.now)


async def assets_of(tx: Tx, keys: Sequence[str]) -> list[Asset]:
    """Those that are known, in no order."""
    return [_asset(row) for row in await tx.many(SQL.assets_of, list(keys))]


async def progress(tx: Tx) -> Progress:
    """Counts by state."""
    return Progress(**dict(await tx.one(SQL.progress)))


async def failed_after(tx: Tx, after: str, limit: int) -> list[Asset]:
    """Pictures of which nothing could be made, in order of their keys."""
    return [_asset(row) for row in await tx.many(SQL.failed_after, after, limit)]


async def retry_failed(tx: Tx) -> int:
    """Let failed pictures wait again; how many."""
    return await tx.run(SQL.retry_failed, tx.now)


async def renew(tx: Tx) -> int:
    """Let made pictures wait again; how many."""
    return await tx.run(SQL.renew, tx.now)


async def discarded_before(tx: Tx, before: datetime, limit: int) -> list[str]:
    """Keys of renditions that were discarded before then, the oldest first."""
    return [row["key"] for row in await tx.many(SQL.discarded_before, before, limit)]


async def forget_discarded(tx: Tx, keys: Sequence[str]) -> list[str]:
    """Forget them as discarded; those whose bytes nothing names any more."""
    rows = await tx.many(SQL.forget_discarded, list(keys))
    return [row["key"] for row in rows if not row["used"]]


async def unknown_keys(tx: Tx, keys: Sequence[str]) -> list[str]:
    """Those of the keys that are neither of a file nor of a rendition."""
    return [row["key"] for row in await tx.many(SQL.unknown_keys, list(keys))]


def _asset(row: Record) -> Asset:
    fields: dict[str, Any] = dict(row)
    x, y = fields.pop("focal_x"), fields.pop("focal_y")
    renditions = msgspec.convert(fields.pop("renditions"), tuple[Rendition, ...])
    focal = None if x is None else Focal(x=x, y=y)
    return Asset(**fields, focal=focal, renditions=renditions)


async def hold_files(tx: Tx, keys: Sequence[str], until: datetime) -> set[str]:
    """Keep files from being deleted until then; those that are not just being deleted."""
    return {r["key"] for r in await tx.many(SQL.hold_files, list(keys), until, tx.now)}


async def claim_removal(tx: Tx, keys: Sequence[str], until: datetime) -> set[str]:
    """Be the one who deletes files; those that nobody holds or deletes."""
    return {r["key"] for r in await tx.many(SQL.claim_removal, list(keys), until, tx.now)}


async def release_removal(tx: Tx, keys: Sequence[str]) -> None:
    """Have deleted or spared them."""
    await tx.run(SQL.release_removal, list(keys))


async def forget_guards(tx: Tx, before: datetime, limit: int) -> int:
    """Forget what was held or claimed until before then; how many."""
    return await tx.run(SQL.forget_guards, before, limit)


async def files_after(tx: Tx, after: str, limit: int) -> list[UnusedFile]:
    """All files, in order of their keys."""
    return [_unused(row) for row in await tx.many(SQL.files_after, after, limit)]


async def unused_before(tx: Tx, before: datetime, after: str, limit: int) -> list[UnusedFile]:
    """Files that nothing named since before then, in order of their keys."""
    return [_unused(row) for row in await tx.many(SQL.unused_before, before, after, limit)]


async def mark(tx: Tx, *, used: Sequence[str], unused: Sequence[str]) -> None:
    """Note which files something names and which nothing does."""
    if used:
        await tx.run(SQL.mark_used, list(used))
    if unused:
        await tx.run(SQL.mark_unused, list(unused), tx.now)


async def delete_unused(tx: Tx, keys: Sequence[str], before: datetime) -> set[str]:
    """Forget files that are still unused since before then; which."""
    return {r["key"] for r in await tx.many(SQL.delete_unused, list(keys), before)}


async def free_keys(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Those of the keys that neither a file nor a rendition has."""
    return {r["key"] for r in await tx.many(SQL.free_keys, list(keys))}


async def save_tally(tx: Tx, found: Tally) -> None:
    """Keep what a look through all files found."""
    await tx.run(
        SQL.save_tally,
        found.counted_at,
        found.files,
        found.bytes,
        found.renditions,
        found.rendition_bytes,
        found.unused,
        found.unused_bytes,
        found.due,
        found.due_bytes,
    )


async def tally(tx: Tx) -> Tally | None:
    """What the last look found."""
    row = await tx.maybe(SQL.tally)
    return None if row is None else Tally(**dict(row))


async def add_upload(tx: Tx, upload: Upload) -> None:
    """Write down an upload that is to come."""
    await tx.run(
        SQL.add_upload,
        upload.id,
        upload.storage_key,
        upload.file_name,
        upload.byte_size,
        upload.sha256,
        upload.alt,
        upload.product_id,
        upload.actor,
        upload.created_at,
        upload.expires_at,
    )


async def upload_by_id(tx: Tx, upload_id: UUID) -> Upload | None:
    """One upload."""
    row = await tx.maybe(SQL.upload_by_id, upload_id)
    return None if row is None else Upload(**dict(row))


async def end_upload(
    tx: Tx, upload_id: UUID, state: str, *, fault: str | None, media_id: UUID | None
) -> bool:
    """Whether it was open until now."""
    return bool(await tx.run(SQL.end_upload, upload_id, state, fault, media_id, tx.now))


async def uploads_before(tx: Tx, before: datetime, limit: int) -> list[tuple[UUID, str]]:
    """Uploads whose time was over before then: (id, storage key)."""
    rows = await tx.many(SQL.uploads_before, before, limit)
    return [(row["id"], row["storage_key"]) for row in rows]


async def forget_uploads(tx: Tx, ids: Sequence[UUID]) -> None:
    """Forget uploads."""
    await tx.run(SQL.forget_uploads, list(ids))


async def begin_move(tx: Tx, target: str) -> Move:
    """The move to a storage, from where it was broken off, or from the start."""
    return Move(**dict(await tx.one(SQL.begin_move, target, tx.now)))


async def note_moved(
    tx: Tx, target: str, after_key: str, *, files: int, bytes_: int, missing: int
) -> None:
    """All files up to this key are there."""
    await tx.run(SQL.note_moved, target, after_key, files, bytes_, missing, tx.now)


async def end_move(tx: Tx, target: str) -> None:
    """All files are there."""
    await tx.run(SQL.end_move, target, tx.now)


async def latest_move(tx: Tx) -> Move | None:
    """The move that went on last."""
    row = await tx.maybe(SQL.latest_move)
    return None if row is None else Move(**dict(row))


def _unused(row: Record) -> UnusedFile:
    fields = dict(row)
    return UnusedFile(**{**fields, "rendition_keys": tuple(fields["rendition_keys"])})
