"""Files in a local folder, named by their content: equal bytes are kept once and never change."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from argosy.adapters.storage.files import CONTENT_TYPES, Sniffed
from argosy.adapters.storage.photographs import open_photographs
from argosy.adapters.storage.sniffing import sniffed
from argosy.adapters.tabular import FileUnreadable, open_products, open_table
from argosy.modules.catalog.ports import CleanFile, Photographs, ProductSource, StoredFile, Table

PIECE_BYTES = 256 * 1024
UPLOADS_KEPT_S = 7 * 86_400

_KEY = re.compile(r"[0-9a-f]{40}(" + "|".join(map(re.escape, CONTENT_TYPES)) + ")")
_UPLOAD = re.compile(r"upload-[0-9a-f]{32}\.[a-z.]{1,12}")


class LocalStorage:
    """Media under `folder/media`, uploads that wait for a job under `folder/uploads`.

    A key is the first 40 digits of the SHA-256 of what is stored, with the suffix of its type.
    Writing is atomic: a reader sees a whole file or none.
    """

    def __init__(self, folder: Path) -> None:
        self._media = folder / "media"
        self._uploads = folder / "uploads"

    async def cleaned(self, content: bytes) -> CleanFile:
        """See modules/catalog/ports.py. Raises MediaRefused."""
        found = await asyncio.to_thread(sniffed, content)
        return CleanFile(content_type=found.content_type, content=found.content)

    async def put(self, content: bytes, *, name: str = "") -> StoredFile:
        """Store a file without its private metadata. Raises MediaRefused."""
        return await asyncio.to_thread(self._put, content)

    def _put(self, content: bytes) -> StoredFile:
        found = sniffed(content)
        digest = hashlib.sha256(found.content).hexdigest()
        key = digest[:40] + found.suffix
        self._keep(key, found.content)
        return _described(key, digest, found)

    async def put_made(self, content: bytes, suffix: str) -> str:
        """Store what we made ourselves, as it is; its key."""
        key = hashlib.sha256(content).hexdigest()[:40] + suffix
        assert _KEY.fullmatch(key), suffix
        await asyncio.to_thread(self._keep, key, content)
        return key

    def _keep(self, key: str, content: bytes) -> None:
        target = self._place(key)
        try:
            os.utime(target)  # young again: what is about to be named is not swept away
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(target, content)

    async def read(self, key: str) -> bytes | None:
        """The bytes under the key, or None."""
        path = self.find(key)
        if path is None:
            return None
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            return None

    async def size(self, key: str) -> int | None:
        """How many bytes are under the key, or None."""
        path = self.find(key)
        return path.stat().st_size if path else None

    async def stream(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `stop`, in pieces."""
        with await asyncio.to_thread(self._place(key).open, "rb") as file:
            file.seek(start)
            while start < stop:
                piece = await asyncio.to_thread(file.read, min(PIECE_BYTES, stop - start))
                if not piece:
                    return
                start += len(piece)
                yield piece

    async def remove(self, keys: Sequence[str]) -> None:
        """Delete files; those that are gone are passed over."""

        def unlink() -> None:
            for key in keys:
                if _KEY.fullmatch(key):
                    self._place(key).unlink(missing_ok=True)

        await asyncio.to_thread(unlink)

    async def describe(self, key: str) -> StoredFile | None:
        """What is stored under the key, or None."""
        return await asyncio.to_thread(self._describe, key)

    def _describe(self, key: str) -> StoredFile | None:
        path = self.find(key)
        if path is None:
            return None
        found = sniffed(path.read_bytes())
        return _described(key, hashlib.sha256(found.content).hexdigest(), found)

    def find(self, key: str) -> Path | None:
        """The file under the key, or None; a malformed key is one that nothing is under."""
        if not _KEY.fullmatch(key):
            return None
        path = self._place(key)
        return path if path.is_file() else None

    @staticmethod
    def content_type(key: str) -> str:
        """The type to serve a key with."""
        return CONTENT_TYPES[Path(key).suffix]

    async def put_upload(self, source: Path, *, suffix: str) -> str:
        """Move a received file aside for a job; its key."""
        key = f"upload-{secrets.token_hex(16)}{suffix}"
        assert _UPLOAD.fullmatch(key), suffix
        await asyncio.to_thread(self._move, source, self._uploads / key)
        return key

    def _move(self, source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        self._drop_forgotten()
        shutil.move(source, target)

    def _drop_forgotten(self) -> None:
        """Uploads that no import took within a week."""
        oldest = time.time() - UPLOADS_KEPT_S
        for path in self._uploads.iterdir():
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def open_products(
        self, key: str, format_name: str, options: Mapping[str, object], *, name: str
    ) -> ProductSource:
        """An upload as a source of products. Raises FileUnreadable."""
        return open_products(self._upload(key), format_name, options, name=name)

    def open_table(self, key: str, *, sheet: str | None = None, header_row: int = 1) -> Table:
        """An upload as rows under named columns. Raises FileUnreadable."""
        return open_table(self._upload(key), sheet=sheet, header_row=header_row)

    def open_photographs(self, key: str) -> Photographs:
        """An upload, a ZIP archive, as photographs. Raises PhotographsUnreadable."""
        return open_photographs(self._upload(key))

    def _upload(self, key: str) -> Path:
        path = self._uploads / key
        if not (_UPLOAD.fullmatch(key) and path.is_file()):
            raise FileUnreadable("The uploaded file is gone; upload it again.", field="file")
        return path

    async def drop_upload(self, key: str) -> None:
        """Remove an upload that is done with; a no-op when it is gone."""
        if _UPLOAD.fullmatch(key):
            await asyncio.to_thread((self._uploads / key).unlink, missing_ok=True)

    def _place(self, key: str) -> Path:
        # Two levels of folders: file systems dislike folders with a million entries.
        return self._media / key[:2] / key[2:4] / key


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


def _write_whole(target: Path, content: bytes) -> None:
    part = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        with part.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
