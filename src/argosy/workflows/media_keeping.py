"""Storing files so that no clean-up takes them before something names them.

    hold the key (a row of its own, committed) --> store the bytes --> name the file

A clean-up claims a key before it looks whether anything names it, and claims none that is held
(workflows/media_cleaning.py). So either it sees the hold, or whoever stores waits until it is done
and then stores the bytes anew. Holds end by themselves.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from argosy.modules import media
from argosy.modules.catalog.ports import CleanFile, StoredFile
from argosy.modules.media import FileBeingRemoved
from argosy.workflows.app import App

_PAUSES_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 0.0)


async def hold(app: App, keys: Sequence[str]) -> None:
    """Keep files that are about to be stored or named from being deleted. Waits some seconds for
    a clean-up that is just deleting one. Raises FileBeingRemoved.
    """
    rest = set(keys)
    for pause in _PAUSES_S:
        if not rest:
            return
        async with app.db.transaction() as tx:
            rest -= await media.hold_files(tx, sorted(rest))
        if rest and pause:
            await asyncio.sleep(pause)
    if rest:
        raise FileBeingRemoved("The same file is just being deleted.", retry_after=60)


async def keep(app: App, clean: CleanFile) -> StoredFile:
    """Store what was cleaned. Raises FileBeingRemoved and Unavailable; a repeat changes nothing."""
    await hold(app, [clean.file.key])
    await app.storage.keep(clean)
    return clean.file


async def take_in(app: App, content: bytes) -> StoredFile:
    """Store a file that somebody uploads, a picture only if all of it can be decoded.

    Raises MediaRefused, PictureRefused, StudioFailed, FileBeingRemoved; then nothing is stored.
    """
    clean = await app.storage.cleaned(content)
    if media.is_raster(clean.file.content_type):
        await app.studio.draw(clean.content)
    return await keep(app, clean)


async def take_in_file(app: App, path: Path) -> StoredFile:
    """The same from a file on disk, which is the caller's, and which is changed where it lies: a
    video or model never stands in memory. Raises what `take_in` raises.
    """
    film = await app.storage.film(path)
    if film is None:
        return await take_in(app, await asyncio.to_thread(path.read_bytes))
    await hold(app, [film.key])
    await app.storage.put_copy(film.key, path)
    return film


def new_file() -> Path:
    """An empty temporary file, which the caller removes."""
    with tempfile.NamedTemporaryFile(prefix="argosy-media-", delete=False) as file:
        return Path(file.name)
