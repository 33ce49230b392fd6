"""What a file really is, from its bytes: the one entrance for everything that is stored."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

from argosy.adapters.storage.files import MAX_FILE_BYTES, Sniffed, refused
from argosy.adapters.storage.films import Film, recognised_film
from argosy.adapters.storage.images import recognised_image
from argosy.adapters.storage.svg import recognised_svg

_DAMAGED = (IndexError, struct.error, ValueError, AssertionError)


def sniffed(content: bytes) -> Sniffed:
    """Recognise and clean a file. Raises MediaRefused."""
    try:
        film = recognised_film(content)
        if film is not None:
            return _patched(content, film)
        if len(content) > MAX_FILE_BYTES:
            raise refused("The file is larger than 25 MB.")
        found = recognised_image(content) or recognised_svg(content)
    except _DAMAGED as error:
        raise refused("The file is damaged or cut off.") from error
    if found is None:
        raise refused("The file is of no type that is taken.")
    return found


def sniffed_film(path: Path) -> Film | None:
    """Recognise a large file on disk without reading it whole: a video or a model, else None.

    Raises MediaRefused.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            return recognised_film(content)
        except _DAMAGED as error:
            raise refused("The file is damaged or cut off.") from error


def _patched(content: bytes, film: Film) -> Sniffed:
    if film.patches:
        whole = bytearray(content)
        for at, replacement in film.patches:
            whole[at : at + len(replacement)] = replacement
        content = bytes(whole)
    return Sniffed(film.content_type, film.suffix, film.kind, film.width, film.height, content)
