"""The only file of media that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from argosy.modules.media.rules import RASTER
from argosy.modules.media.types import Asset, File, Focal, Picture, Progress, Rendition
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
