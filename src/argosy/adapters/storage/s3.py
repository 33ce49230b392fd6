"""Files in a bucket of S3, or of a server that speaks as S3 does, named by their content.

`media/` holds what is shown, with headers that let a CDN keep it for good; `uploads/` holds files
that wait for a job. Nobody but us needs a right on `uploads/`. Signing, requests and their
repetition are the client's (obstore); deadlines, bulkhead and breaker are runtime/guarded.py's.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    InvalidPathError,
    NotModifiedError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store

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
from argosy.adapters.storage.files import StorageUnavailable
from argosy.adapters.storage.local import LocalStorage
from argosy.adapters.storage.private import new_private_key
from argosy.adapters.storage.s3_private import S3Private
from argosy.adapters.storage.s3_settings import Bucket, fault_code
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
from argosy.runtime.guarded import Guard, OutOfReach
from argosy.runtime.providers import Limits

Result = TypeVar("Result")

FOREVER: Final = "public, max-age=31536000, immutable"
PIECE_BYTES: Final = 4 * 1024 * 1024
PART_BYTES: Final = 8 * 1024 * 1024
PARTS_AT_ONCE: Final = 4
YOUNG_S: Final = 86_400.0
"""A file that is stored again is sent again when it is older than this, so that it is young."""
SIZES_KEPT: Final = 10_000
SIZES_KEPT_S: Final = 300.0

_ANSWERS: Final = (
    FileNotFoundError, AlreadyExistsError, InvalidPathError, NotModifiedError, PreconditionError,
    PermissionDeniedError, UnauthenticatedError,
)  # fmt: skip


class S3Storage:
    """See modules/catalog/ports.py. `folder` is for uploads that are at hand here.

    `cdn_url` is the address of a CDN over `media/`, without a final slash, or empty. What a
    browser may run (SVG) is always sent by us, with the headers that forbid it to.
    """

    name = "s3"

    def __init__(self, bucket: Bucket, folder: Path, *, cdn_url: str = "") -> None:
        self._bucket = bucket
        self._store: S3Store = bucket.open()
        self._at_hand = LocalStorage(folder)
        self._folder = folder / "uploads"
        self._cdn_url = cdn_url
        self._sizes: dict[str, tuple[int, float]] = {}
        limits = Limits(deadline_s=bucket.timeout_s * 3, queue_s=bucket.timeout_s)
        self.guard = Guard("s3", limits=limits, answers=_ANSWERS)
        self.private: PrivateFiles = S3Private(self._store, self._ask)

    @staticmethod
    def new_private(file_name: str) -> str:
        """A random key for a private file."""
        return new_private_key(file_name)

    async def _ask(
        self, operation: str, act: Callable[[], Awaitable[Result]], *, byte_size: int = 0
    ) -> Result:
        """Make requests; FileNotFoundError when there is nothing. Raises StorageUnavailable."""
        # A large file goes in parts, each of which has the time of a request.
        deadline = self.guard.limits.deadline_s + self._bucket.timeout_s * byte_size / PART_BYTES
        try:
            return await self.guard.run(operation, act, deadline_s=deadline)
        except FileNotFoundError as error:
            if fault_code(error) == "NoSuchBucket":
                raise _unavailable(error) from error
            raise
        except OutOfReach as error:
            raise _unavailable(error.__cause__ or error) from error
        except _ANSWERS as error:
            raise _unavailable(error) from error

    async def cleaned(self, content: bytes) -> CleanFile:
        """Raises MediaRefused."""
        return await asyncio.to_thread(cleaned, content)

    async def put(self, content: bytes, *, name: str = "") -> StoredFile:
        """Store a file without its private metadata. Raises MediaRefused."""
        clean = await self.cleaned(content)
        await self.keep(clean)
        return clean.file

    async def keep(self, clean: CleanFile) -> None:
        """Store what was cleaned."""
        await self._keep(clean.file.key, clean.content, clean.file.byte_size)

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
        await self._keep(key, content, len(content))
        return key

    async def put_copy(self, key: str, path: Path) -> None:
        """Store what is in a file under the key that its content has."""
        assert KEY.fullmatch(key), key
        size = await asyncio.to_thread(lambda: path.stat().st_size)
        await self._keep(key, path, size)

    async def _keep(self, key: str, content: bytes | Path, size: int) -> None:
        meta = await self._head(_place(key))
        if meta is not None and meta["size"] == size and _age_s(meta) < YOUNG_S:
            return
        await self._ask(
            "write",
            lambda: obstore.put_async(
                self._store,
                _place(key),
                content,
                attributes=attributes(key),
                use_multipart=size > PART_BYTES,
                chunk_size=PART_BYTES,
                max_concurrency=PARTS_AT_ONCE,
            ),
            byte_size=size,
        )

    async def _head(self, path: str) -> Any | None:
        try:
            return await self._ask("look", lambda: obstore.head_async(self._store, path))
        except FileNotFoundError:
            return None

    async def read(self, key: str) -> bytes | None:
        """The bytes under the key, or None."""
        if not KEY.fullmatch(key):
            return None

        async def fetch() -> bytes:
            answer = await obstore.get_async(self._store, _place(key))
            return bytes(await answer.bytes_async())

        try:
            return await self._ask("read", fetch)
        except FileNotFoundError:
            return None

    async def size(self, key: str) -> int | None:
        """How many bytes are under the key, or None. Asked once in a few minutes for each key."""
        if not KEY.fullmatch(key):
            return None
        known = self._sizes.get(key)
        if known is not None and known[1] > time.monotonic():
            return known[0]
        meta = await self._head(_place(key))
        if meta is None:
            self._sizes.pop(key, None)
            return None
        if len(self._sizes) >= SIZES_KEPT:
            self._sizes.clear()
        self._sizes[key] = (meta["size"], time.monotonic() + SIZES_KEPT_S)
        return int(meta["size"])

    async def stream(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `stop`, each piece by a request of its own, so that a
        slow reader holds up nothing. Raises StorageUnavailable.
        """
        while start < stop:
            at, end = start, min(stop, start + PIECE_BYTES)
            piece = await self._piece(_place(key), at, end)
            start = end
            yield piece

    async def _piece(self, path: str, start: int, end: int) -> bytes:
        async def fetch() -> bytes:
            return bytes(await obstore.get_range_async(self._store, path, start=start, end=end))

        return await self._ask("read", fetch)

    async def remove(self, keys: Sequence[str]) -> None:
        """Delete files; those that are gone are passed over."""
        places = [_place(key) for key in keys if KEY.fullmatch(key)]
        for key in keys:
            self._sizes.pop(key, None)
        await self._delete(places)

    async def _delete(self, places: list[str]) -> None:
        if not places:
            return
        try:
            await self._ask("remove", lambda: obstore.delete_async(self._store, places))
        except FileNotFoundError:
            return

    async def describe(self, key: str) -> StoredFile | None:
        """What is stored under the key, or None."""
        content = await self.read(key)
        return None if content is None else await asyncio.to_thread(described, key, content)

    @staticmethod
    def content_type(key: str) -> str:
        """The type to serve a key with."""
        return content_type(key)

    async def public_url(self, key: str) -> str | None:
        """Where the CDN has the file; None for none, and for what a browser may run."""
        return f"{self._cdn_url}/{key}" if self._cdn_url and _is_harmless(key) else None

    async def kept_after(self, key: str, limit: int) -> list[KeptFile]:
        """What is kept, in order of the keys, after this one."""
        found: list[KeptFile] = []

        async def fetch() -> list[KeptFile]:
            stream = obstore.list(
                self._store, "media", offset=_place(key) if key else None, chunk_size=limit
            )
            async for part in stream:
                for meta in part:
                    name = meta["path"].rpartition("/")[2]
                    if KEY.fullmatch(name):
                        found.append(
                            KeptFile(
                                key=name,
                                byte_size=meta["size"],
                                modified_at=meta["last_modified"],
                            )
                        )
                if len(found) >= limit:
                    break
            return sorted(found, key=lambda file: file.key)[:limit]

        return await self._ask("list", fetch)

    @staticmethod
    def new_upload(*, suffix: str) -> str:
        """A name for a file that waits for a job."""
        return new_upload(suffix)

    async def upload_address(self, key: str, *, expires_in: timedelta) -> Address | None:
        """An address that takes this one file without our keys, signed, for a while."""
        assert UPLOAD.fullmatch(key), key
        url = await obstore.sign_async(self._store, "PUT", _upload(key), expires_in)
        return Address(url=url)

    async def put_upload(self, source: Path, *, suffix: str, key: str | None = None) -> str:
        """Move a received file aside for a job; its key."""
        key = key or new_upload(suffix)
        assert UPLOAD.fullmatch(key), key
        size = await asyncio.to_thread(lambda: source.stat().st_size)
        path = _upload(key)
        await self._ask(
            "write",
            lambda: obstore.put_async(
                self._store,
                path,
                source,
                use_multipart=size > PART_BYTES,
                chunk_size=PART_BYTES,
                max_concurrency=PARTS_AT_ONCE,
            ),
            byte_size=size,
        )
        await asyncio.to_thread(source.unlink, missing_ok=True)
        return key

    async def upload_size(self, key: str) -> int | None:
        """How many bytes an upload has, or None while it has not come."""
        meta = await self._head(_upload(key)) if UPLOAD.fullmatch(key) else None
        return None if meta is None else int(meta["size"])

    async def take_upload(self, key: str, target: Path) -> bool:
        """Copy an upload into a file of the caller's, piece by piece; False when there is none."""
        size = await self.upload_size(key)
        if size is None:
            return False
        with await asyncio.to_thread(target.open, "wb") as out:
            for start in range(0, size, PIECE_BYTES):
                try:
                    piece = await self._piece(_upload(key), start, min(size, start + PIECE_BYTES))
                except FileNotFoundError:
                    return False
                await asyncio.to_thread(out.write, piece)
        return True

    async def bring_upload(self, key: str) -> None:
        """Have an upload at hand in the folder; a no-op when it is there, or gone."""
        if await self._at_hand.upload_size(key) is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f".{key}"
        try:
            if await self.take_upload(key, part):
                await asyncio.to_thread(part.replace, self._folder / key)
        finally:
            part.unlink(missing_ok=True)

    def open_products(
        self, key: str, format_name: str, options: Mapping[str, object], *, name: str
    ) -> ProductSource:
        """An upload at hand as a source of products. Raises FileUnreadable."""
        return self._at_hand.open_products(key, format_name, options, name=name)

    def open_table(self, key: str, *, sheet: str | None = None, header_row: int = 1) -> Table:
        """An upload at hand as rows under named columns. Raises FileUnreadable."""
        return self._at_hand.open_table(key, sheet=sheet, header_row=header_row)

    def open_photographs(self, key: str) -> Photographs:
        """An upload at hand, a ZIP archive, as photographs. Raises PhotographsUnreadable."""
        return self._at_hand.open_photographs(key)

    async def drop_upload(self, key: str) -> None:
        """Remove an upload that is done with; a no-op when it is gone."""
        if UPLOAD.fullmatch(key):
            await self._at_hand.drop_upload(key)
            await self._delete([_upload(key)])

    async def drop_forgotten(self, before: datetime) -> int:
        """Remove uploads that came before then; how many."""

        async def fetch() -> list[str]:
            old: list[str] = []
            async for part in obstore.list(self._store, "uploads", chunk_size=1000):
                old += [meta["path"] for meta in part if meta["last_modified"] < before]
            return old

        places = await self._ask("list", fetch)
        for start in range(0, len(places), 500):
            await self._delete(places[start : start + 500])
        await self._at_hand.drop_forgotten(before)
        return len(places)


def attributes(key: str) -> dict[str, str]:
    """What a CDN or browser is told with the file. S3 keeps no other headers: `nosniff` is ours,
    and the CDN's. What a browser would open by itself and run is only ever downloaded.
    """
    kind = content_type(key)
    shown = kind.startswith(("image/", "video/")) and _is_harmless(key)
    return {
        "Content-Type": kind,
        "Cache-Control": FOREVER,
        "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="{key}"',
    }


def _is_harmless(key: str) -> bool:
    return not key.endswith(".svg")


def _age_s(meta: Any) -> float:
    stored_at: float = meta["last_modified"].timestamp()
    return time.time() - stored_at


def _place(key: str) -> str:
    return f"media/{key}"


def _upload(key: str) -> str:
    return f"uploads/{key}"


def _unavailable(error: BaseException) -> StorageUnavailable:
    code = fault_code(error)
    said = f"S3 answers {code}." if code else "S3 does not answer."
    return StorageUnavailable(said, retry_after=5)
