"""What is stored of a file: its key, which is made of its content, and how it is described."""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path
from typing import Final

from argosy.adapters.storage.files import CONTENT_TYPES, MAX_FILE_BYTES, Sniffed, refused
from argosy.adapters.storage.sniffing import sniffed, sniffed_film
from argosy.modules.catalog.ports import CleanFile, StoredFile

KEY: Final = re.compile(r"[0-9a-f]{40}(" + "|".join(map(re.escape, CONTENT_TYPES)) + ")")
UPLOAD: Final = re.compile(r"upload-[0-9a-f]{32}\.[a-z.]{1,12}")


def key_of(digest: str, suffix: str) -> str:
    """The key of content with this SHA-256 (hexadecimal)."""
    key = digest[:40] + suffix
    assert KEY.fullmatch(key), suffix
    return key


def content_type(key: str) -> str:
    """The type to serve a key with."""
    return CONTENT_TYPES[Path(key).suffix]


def cleaned(content: bytes) -> CleanFile:
    """Recognise and clean a file. Raises MediaRefused."""
    found = sniffed(content)
    digest = hashlib.sha256(found.content).hexdigest()
    key = key_of(digest, found.suffix)
    return CleanFile(file=_described(key, digest, found), content=found.content)


def described(key: str, content: bytes) -> StoredFile:
    """What a stored file is. Raises MediaRefused for one that could not be stored today."""
    found = sniffed(content)
    return _described(key, hashlib.sha256(found.content).hexdigest(), found)


def cleaned_film(path: Path) -> StoredFile | None:
    """Recognise a video or model and clean it where it lies, whatever its size; None for what
    `cleaned` is to read. Raises MediaRefused.
    """
    size = path.stat().st_size
    film = sniffed_film(path) if size else None
    if film is None:
        if size > MAX_FILE_BYTES:
            raise refused("The file is larger than 25 MB.")
        return None
    if film.patches:
        with path.open("r+b") as file:
            for at, replacement in film.patches:
                file.seek(at)
                file.write(replacement)
    digest = file_digest(path)
    return StoredFile(
        key=key_of(digest, film.suffix),
        sha256=digest,
        content_type=film.content_type,
        byte_size=path.stat().st_size,
        width=film.width,
        height=film.height,
        kind=film.kind,
    )


def file_digest(path: Path) -> str:
    """The SHA-256 of a file on disk."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def new_upload(suffix: str) -> str:
    """A name for a file that waits for a job."""
    key = f"upload-{secrets.token_hex(16)}{suffix}"
    assert UPLOAD.fullmatch(key), suffix
    return key


def _described(key: str, digest: str, found: Sniffed) -> StoredFile:
    return StoredFile(
        key=key,
        sha256=digest,
        content_type=found.content_type,
        byte_size=len(found.content),
        width=found.width,
        height=found.height,
        kind=found.kind,
    )
