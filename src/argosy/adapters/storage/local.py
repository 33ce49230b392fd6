"""Files in a local folder, named by their content: equal bytes are kept once and never change."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from argosy.adapters.storage.content import (
    KEY,
    UPLOAD,
    cleaned,
    cleaned_film,
    content_type,
    described,
    key_of,
    new_upload,
)
from argosy.adapters.storage.photographs import open_photographs
from argosy.adapters.storage.private import LocalPrivate, new_private_key
from argosy.adapters.tabular import FileUnreadable, open_products, open_table
from argosy.modules.catalog.ports import (
    Address,
    CleanFile,
    KeptFile,
    Photographs,
    PrivateFiles,
    ProductSource,
    StoredFile,
    Table,
)

PIECE_BYTES = 256 * 1024
UPLOADS_KEPT = timedelta(days=7)


class LocalStorage:
    """Media under `folder/media`, uploads that wait for a job under `folder/uploads`.

    A key is the first 40 digits of the SHA-256 of what is stored, with the suffix of its type.
    Writing is atomic: a reader sees a whole file or none.
    """

    name = "files"

    def __init__(self, folder: Path) -> None:
        self._media = folder / "media"
        self._uploads = folder / "uploads"
        self.private: PrivateFiles = LocalPrivate(folder)

    @staticmethod
    def new_private(file_name: str) -> str:
        """A random key for a private file."""
        return new_private_key(file_name)

    async def cleaned(self, content: bytes) -> CleanFile:
        """See modules/catalog/ports.py. Raises MediaRefused."""
        return await asyncio.to_thread(cleaned, content)

    async def put(self, content: bytes, *, name: str = "") -> StoredFile:
        """Store a file without its private metadata. Raises MediaRefused."""
        clean = await self.cleaned(content)
        await self.keep(clean)
        return clean.file

    async def keep(self, clean: CleanFile) -> None:
        """Store what was cleaned."""
        await asyncio.to_thread(self._keep, clean.file.key, clean.content)

    async def film(self, path: Path) -> StoredFile | None:
        """A video or model in a file, cleaned where it lies. Raises MediaRefused."""
        return await asyncio.to_thread(cleaned_film, path)

    @staticmethod
    def made_key(content: bytes, suffix: str) -> str:
        """The key of what we made ourselves."""
        return key_of(hashlib.sha256(content).hexdigest(), suffix)

    async def put_made(self, content: bytes, suffix: str) -> str:
        """Store what we made ourselves, as it is; its key."""
        key = self.made_key(content, suffix)
        await asyncio.to_thread(self._keep, key, content)
        return key

    async def put_copy(self, key: str, path: Path) -> None:
        """Store what is in a file under the key that its content has."""
        assert KEY.fullmatch(key), key
        await asyncio.to_thread(self._keep, key, path)

    def _keep(self, key: str, content: bytes | Path) -> None:
        target = self._place(key)
        try:
            os.utime(target)  # young again: what is about to be named is not swept away
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(target, content)

    async def read(self, key: str) -> bytes | None:
        """The bytes under the key, or None."""
        path = self._found(key)
        if path is None:
            return None
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            return None

    async def size(self, key: str) -> int | None:
        """How many bytes are under the key, or None."""
        path = self._found(key)
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
                if KEY.fullmatch(key):
                    self._place(key).unlink(missing_ok=True)

        await asyncio.to_thread(unlink)

    async def describe(self, key: str) -> StoredFile | None:
        """What is stored under the key, or None."""
        content = await self.read(key)
        return None if content is None else await asyncio.to_thread(described, key, content)

    @staticmethod
    def content_type(key: str) -> str:
        """The type to serve a key with."""
        return content_type(key)

    async def public_url(self, key: str) -> str | None:
        """None: files of this machine are sent by us."""
        return None

    async def kept_after(self, key: str, limit: int) -> list[KeptFile]:
        """What is kept, in order of the keys, after this one."""
        return await asyncio.to_thread(lambda: list(islice(self._kept(key), limit)))

    def _kept(self, after: str) -> Iterator[KeptFile]:
        for upper in _sorted(self._media, after[:2]):
            for lower in _sorted(upper, after[2:4] if upper.name == after[:2] else ""):
                for path in _sorted(lower, ""):
                    if path.name <= after or not KEY.fullmatch(path.name):
                        continue
                    found = path.stat()
                    yield KeptFile(
                        key=path.name,
                        byte_size=found.st_size,
                        modified_at=datetime.fromtimestamp(found.st_mtime, UTC),
                    )

    @staticmethod
    def new_upload(*, suffix: str) -> str:
        """A name for a file that waits for a job."""
        return new_upload(suffix)

    async def upload_address(self, key: str, *, expires_in: timedelta) -> Address | None:
        """None: files come to this machine through us."""
        return None

    async def put_upload(self, source: Path, *, suffix: str, key: str | None = None) -> str:
        """Move a received file aside for a job; its key."""
        key = key or new_upload(suffix)
        assert UPLOAD.fullmatch(key), key
        await asyncio.to_thread(self._move, source, self._uploads / key)
        return key

    def _move(self, source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}")
        shutil.move(source, part)
        part.replace(target)

    async def upload_size(self, key: str) -> int | None:
        """How many bytes an upload has, or None while it has not come."""
        path = self._uploads / key
        return path.stat().st_size if UPLOAD.fullmatch(key) and path.is_file() else None

    async def take_upload(self, key: str, target: Path) -> bool:
        """Copy an upload into a file of the caller's; False when it is not there."""
        if not UPLOAD.fullmatch(key):
            return False
        try:
            await asyncio.to_thread(shutil.copyfile, self._uploads / key, target)
        except FileNotFoundError:
            return False
        return True

    async def bring_upload(self, key: str) -> None:
        """Nothing: it lies here."""

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
        if not (UPLOAD.fullmatch(key) and path.is_file()):
            raise FileUnreadable("The uploaded file is gone; upload it again.", field="file")
        return path

    async def drop_upload(self, key: str) -> None:
        """Remove an upload that is done with; a no-op when it is gone."""
        if UPLOAD.fullmatch(key):
            await asyncio.to_thread((self._uploads / key).unlink, missing_ok=True)

    async def drop_forgotten(self, before: datetime) -> int:
        """Remove uploads that came before then; how many."""
        return await asyncio.to_thread(self._drop_forgotten, before.timestamp())

    def _drop_forgotten(self, before: float) -> int:
        dropped = 0
        for path in self._uploads.iterdir() if self._uploads.is_dir() else ():
            try:
                if path.stat().st_mtime < before:
                    path.unlink()
                    dropped += 1
            except FileNotFoundError:
                continue
        return dropped

    def _found(self, key: str) -> Path | None:
        """The file under the key, or None; a malformed key is one that nothing is under."""
        if not KEY.fullmatch(key):
            return None
        path = self._place(key)
        return path if path.is_file() else None

    def _place(self, key: str) -> Path:
        # Two levels of folders: file systems dislike folders with a million entries.
        return self._media / key[:2] / key[2:4] / key


def _sorted(folder: Path, least: str) -> list[Path]:
    """What stands in a folder from this name on; nothing for one that is not there."""
    try:
        return sorted(path for path in folder.iterdir() if path.name >= least)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _write_whole(target: Path, content: bytes | Path) -> None:
    part = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        with part.open("wb") as out:
            if isinstance(content, Path):
                with content.open("rb") as source:
                    shutil.copyfileobj(source, out)
            else:
                out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
