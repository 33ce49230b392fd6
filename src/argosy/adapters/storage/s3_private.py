"""Private files in a bucket, below `private/`: nobody but us needs a right there, and a buyer gets
a signed address for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import obstore
from obstore.store import S3Store

from argosy.adapters.storage.private import PRIVATE_KEY
from argosy.modules.catalog.ports import KeptFile

Result = TypeVar("Result")

UNTOLD: Final = "binary/octet-stream"
"""What Amazon says of files of no type; some servers guess one in place of `application/...`."""
PIECE_BYTES: Final = 4 * 1024 * 1024
PART_BYTES: Final = 8 * 1024 * 1024
PARTS_AT_ONCE: Final = 4


class Ask(Protocol):
    """Makes a request under deadline and breaker; FileNotFoundError when there is nothing."""

    def __call__(
        self, operation: str, act: Callable[[], Awaitable[Result]], *, byte_size: int = 0
    ) -> Awaitable[Result]: ...


class S3Private:
    """See modules/catalog/ports.py. What is kept says of itself that it is to be saved, not shown:
    a browser that gets it from the bucket runs nothing of it.
    """

    def __init__(self, store: S3Store, ask: Ask) -> None:
        self._store = store
        self._ask = ask

    async def put(self, key: str, path: Path) -> None:
        """Send the file. Raises StorageUnavailable."""
        assert PRIVATE_KEY.fullmatch(key), key
        size = await asyncio.to_thread(lambda: path.stat().st_size)
        await self._ask(
            "write",
            lambda: obstore.put_async(
                self._store,
                _place(key),
                path,
                attributes={
                    "Content-Type": UNTOLD,
                    "Cache-Control": "private, no-store",
                    "Content-Disposition": f'attachment; filename="{key[33:]}"',
                },
                use_multipart=size > PART_BYTES,
                chunk_size=PART_BYTES,
                max_concurrency=PARTS_AT_ONCE,
            ),
            byte_size=size,
        )

    async def size(self, key: str) -> int | None:
        """How many bytes, or None. Raises StorageUnavailable."""
        if not PRIVATE_KEY.fullmatch(key):
            return None

        async def look() -> Any:
            return await obstore.head_async(self._store, _place(key))

        try:
            return int((await self._ask("look", look))["size"])
        except FileNotFoundError:
            return None

    async def stream(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `stop`, each piece by a request of its own."""
        assert PRIVATE_KEY.fullmatch(key), key
        while start < stop:
            at, start = start, min(stop, start + PIECE_BYTES)
            yield await self._piece(key, at, start)

    async def _piece(self, key: str, start: int, end: int) -> bytes:
        async def fetch() -> bytes:
            at = _place(key)
            return bytes(await obstore.get_range_async(self._store, at, start=start, end=end))

        return await self._ask("read", fetch)

    async def address(self, key: str, *, expires_in: timedelta) -> str | None:
        """An address that gives this one file without our keys, signed, for a while."""
        assert PRIVATE_KEY.fullmatch(key), key
        return str(await obstore.sign_async(self._store, "GET", _place(key), expires_in))

    async def remove(self, keys: Sequence[str]) -> None:
        """Delete; what is gone is passed over. Raises StorageUnavailable."""
        places = [_place(key) for key in keys if PRIVATE_KEY.fullmatch(key)]
        if not places:
            return

        async def delete() -> None:
            await obstore.delete_async(self._store, places)

        try:
            await self._ask("remove", delete)
        except FileNotFoundError:
            return

    async def kept_after(self, key: str, limit: int) -> list[KeptFile]:
        """What is kept, in order of the keys, after this one. Raises StorageUnavailable."""

        async def fetch() -> list[KeptFile]:
            found: list[KeptFile] = []
            offset = _place(key) if key else None
            async for part in obstore.list(self._store, "private", offset=offset, chunk_size=limit):
                for meta in part:
                    name = meta["path"].rpartition("/")[2]
                    if PRIVATE_KEY.fullmatch(name):
                        size, at = meta["size"], meta["last_modified"]
                        found.append(KeptFile(key=name, byte_size=size, modified_at=at))
                if len(found) >= limit:
                    break
            return sorted(found, key=lambda file: file.key)[:limit]

        return await self._ask("list", fetch)

    async def drop_halves(self, before: datetime) -> int:
        """None: what was not sent whole is no object. Parts of a broken-off upload end by the
        bucket's own rule (docs/howto/media-storage.md).
        """
        return 0


def _place(key: str) -> str:
    return f"private/{key}"
