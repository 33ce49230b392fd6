"""All files from one storage to another, while both are read.

The shop writes to the new storage already and reads the old one for what that lacks (BothStorages),
so that there is nothing to race with. Files go in order of their keys; how far it has come is
written down after each batch, and a file counts when what was read back has the hash that its key
is made of. Killed anywhere, the old storage still has everything, and the next run goes on.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import structlog

from argosy.modules import media
from argosy.modules.catalog.ports import KeptFile, Storage
from argosy.modules.media import Move
from argosy.runtime.db import Database
from argosy.workflows.media_keeping import new_file

BATCH: Final = 64
AT_ONCE: Final = 4

log = structlog.get_logger(__name__)


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What a run moved, or found there; `damaged` are files whose bytes are not what their name
    says: they stay where they are. `resumed_after` is where the run before it had come to.
    """

    files: int = 0
    bytes: int = 0
    there: int = 0
    damaged: tuple[str, ...] = ()
    resumed_after: str = ""


async def move_files(
    db: Database,
    old: Storage,
    new: Storage,
    *,
    remove: bool = False,
    progress: Callable[[Moved], None] = lambda _: None,
) -> Moved:
    """Copy every file of `old` to `new` and compare what is read back; with `remove`, delete each
    in the old storage after that. Goes on where a run before it was broken off. Raises Unavailable.
    """
    async with db.transaction() as tx:
        begun = await media.begin_move(tx, new.name)
    moved, after = Moved(resumed_after=begun.after_key), begun.after_key
    places = asyncio.Semaphore(AT_ONCE)
    while files := await old.kept_after(after, BATCH):
        results = await asyncio.gather(*(_brought(old, new, file, places) for file in files))
        good = [f.key for f, result in zip(files, results, strict=True) if result != "damaged"]
        if remove:
            await old.remove(good)
        damaged = [f.key for f, result in zip(files, results, strict=True) if result == "damaged"]
        size = sum(file.byte_size for file in files)
        moved = msgspec.structs.replace(
            moved,
            files=moved.files + len(good),
            bytes=moved.bytes + size,
            there=moved.there + results.count("there"),
            damaged=(*moved.damaged, *damaged),
        )
        after = files[-1].key
        async with db.transaction() as tx:
            await media.note_moved(
                tx, new.name, after, files=len(good), bytes_=size, missing=len(damaged)
            )
        progress(moved)
    moved = await _move_private(old, new, moved, remove=remove, progress=progress)
    async with db.transaction() as tx:
        await media.end_move(tx, new.name)
    return moved


async def _move_private(
    old: Storage,
    new: Storage,
    moved: Moved,
    *,
    remove: bool,
    progress: Callable[[Moved], None],
) -> Moved:
    """Copy private files, which are few: a run that goes on looks at all of them again. Their keys
    say nothing of their bytes, so what is read back is compared with what was sent.
    """
    after = ""
    while files := await old.private.kept_after(after, BATCH):
        for file in files:
            after, there = file.key, await new.private.size(file.key) == file.byte_size
            if not there and not await _private_brought(old, new, file):
                continue  # it was deleted meanwhile
            if remove:
                await old.private.remove([file.key])
            moved = msgspec.structs.replace(
                moved,
                files=moved.files + 1,
                bytes=moved.bytes + file.byte_size,
                there=moved.there + there,
            )
        progress(moved)
    return moved


async def _private_brought(old: Storage, new: Storage, file: KeptFile) -> bool:
    path = await asyncio.to_thread(new_file)
    try:
        try:
            digest = await _fetched(old.private.stream(file.key, 0, file.byte_size), path)
        except FileNotFoundError:
            return False
        await new.private.put(file.key, path)
        if await _fetched(new.private.stream(file.key, 0, file.byte_size), path) != digest:
            raise RuntimeError(f"{new.name} gives back other bytes for {file.key}")
        return True
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


async def latest(db: Database) -> Move | None:
    """The move that went on last."""
    async with db.reading() as tx:
        return await media.latest_move(tx)


async def _brought(old: Storage, new: Storage, file: KeptFile, places: asyncio.Semaphore) -> str:
    """Have a file in the new storage: `moved`, `there` (it was), `gone` or `damaged`
    in the old one.
    """
    async with places:
        if await new.size(file.key) == file.byte_size and await _is_whole(new, file):
            return "there"
        path = await asyncio.to_thread(new_file)
        try:
            try:
                digest = await _fetched(old.stream(file.key, 0, file.byte_size), path)
            except FileNotFoundError:
                return "gone"  # a clean-up was quicker
            if digest[:40] != file.key[:40]:
                log.error("media.file_damaged", file=file.key, storage=old.name)
                return "damaged"
            await new.put_copy(file.key, path)
            if not await _is_whole(new, file):
                # What is there has the name and not the bytes: replace it, once.
                await new.remove([file.key])
                await new.put_copy(file.key, path)
                if not await _is_whole(new, file):
                    raise RuntimeError(f"{new.name} gives back other bytes for {file.key}")
            return "moved"
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)


async def _fetched(pieces: AsyncIterator[bytes], path: Path) -> str:
    """Write pieces to a file; their SHA-256."""
    digest = hashlib.sha256()
    with await asyncio.to_thread(path.open, "wb") as out:
        async for piece in pieces:
            digest.update(piece)
            await asyncio.to_thread(out.write, piece)
    return digest.hexdigest()


async def _is_whole(storage: Storage, file: KeptFile) -> bool:
    """Whether what the storage gives back is what the key is made of."""
    if await storage.size(file.key) != file.byte_size:
        return False
    digest = hashlib.sha256()
    async for piece in storage.stream(file.key, 0, file.byte_size):
        digest.update(piece)
    return digest.hexdigest()[:40] == file.key[:40]


def damaged_said(keys: Sequence[str], most: int = 20) -> str:
    """Names of damaged files, the first of them."""
    rest = len(keys) - most
    return ", ".join(keys[:most]) + (f" and {rest} more" if rest > 0 else "")
