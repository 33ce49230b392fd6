"""Files for some people only: what was bought as a download, and what shoppers send with an order.

They lie in a place of their own that no public route reads. A key is random, so that equal files of
two people have nothing to do with each other, and ends in the name that the file is saved under.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
import unicodedata
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from argosy.modules.catalog.ports import KeptFile, PrivateFiles

PRIVATE_KEY: Final = re.compile(r"[0-9a-f]{32}-[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
PIECE_BYTES: Final = 256 * 1024


def new_private_key(file_name: str) -> str:
    """A key that nobody guesses, for a file of this name."""
    plain = unicodedata.normalize("NFKD", file_name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", plain.replace("\\", "/").rpartition("/")[2])
    return f"{secrets.token_hex(16)}-{plain.lstrip('.-')[-100:].lstrip('.-') or 'file'}"


class LocalPrivate:
    """Under `folder/private`; see modules/catalog/ports.py."""

    def __init__(self, folder: Path) -> None:
        self._private = folder / "private"

    async def put(self, key: str, path: Path) -> None:
        """Copy the file; a reader sees all of it or nothing."""
        await asyncio.to_thread(self._put, key, path)

    def _put(self, key: str, path: Path) -> None:
        assert PRIVATE_KEY.fullmatch(key), key
        target = self._place(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}")
        shutil.copyfile(path, part)
        part.chmod(0o600)
        part.replace(target)

    async def size(self, key: str) -> int | None:
        """How many bytes, or None."""
        if not PRIVATE_KEY.fullmatch(key):
            return None
        try:
            return (await asyncio.to_thread(self._place(key).stat)).st_size
        except FileNotFoundError:
            return None

    async def stream(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `stop`."""
        assert PRIVATE_KEY.fullmatch(key), key
        with await asyncio.to_thread(self._place(key).open, "rb") as file:
            file.seek(start)
            while start < stop:
                piece = await asyncio.to_thread(file.read, min(PIECE_BYTES, stop - start))
                if not piece:
                    return
                start += len(piece)
                yield piece

    async def address(self, key: str, *, expires_in: timedelta) -> str | None:
        """None: files of this machine are sent by us."""
        return None

    async def remove(self, keys: Sequence[str]) -> None:
        """Delete; what is gone is passed over."""

        def unlink() -> None:
            for key in keys:
                if PRIVATE_KEY.fullmatch(key):
                    self._place(key).unlink(missing_ok=True)

        await asyncio.to_thread(unlink)

    async def kept_after(self, key: str, limit: int) -> list[KeptFile]:
        """What is kept, in order of the keys, after this one."""
        return await asyncio.to_thread(lambda: list(islice(self._kept(key), limit)))

    async def drop_halves(self, before: datetime) -> int:
        """A copy that ends with its process leaves its part, which nothing lists."""
        return await asyncio.to_thread(self._drop_halves, before)

    def _drop_halves(self, before: datetime) -> int:
        parts = [
            path
            for path in self._private.glob("??/.*")
            if PRIVATE_KEY.fullmatch(path.name[1:]) and _changed(path) < before
        ]
        for path in parts:
            path.unlink(missing_ok=True)
        return len(parts)

    def _kept(self, after: str) -> Iterator[KeptFile]:
        folders = sorted(self._private.iterdir()) if self._private.is_dir() else []
        for folder in folders:
            if folder.name < after[:2]:
                continue
            for path in sorted(folder.iterdir()):
                if path.name > after and PRIVATE_KEY.fullmatch(path.name):
                    found = path.stat()
                    yield KeptFile(
                        key=path.name,
                        byte_size=found.st_size,
                        modified_at=datetime.fromtimestamp(found.st_mtime, UTC),
                    )

    def _place(self, key: str) -> Path:
        return self._private / key[:2] / key


def _changed(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.max.replace(tzinfo=UTC)


class BothPrivate:
    """Two places while files move from one to the other."""

    def __init__(self, first: PrivateFiles, second: PrivateFiles) -> None:
        self._first = first
        self._second = second

    async def _holder(self, key: str) -> PrivateFiles:
        return self._second if await self._first.size(key) is None else self._first

    async def put(self, key: str, path: Path) -> None:
        """To the first."""
        await self._first.put(key, path)

    async def size(self, key: str) -> int | None:
        """In the first, else the second."""
        return await (await self._holder(key)).size(key)

    async def stream(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """From the first, else the second."""
        async for piece in (await self._holder(key)).stream(key, start, stop):
            yield piece

    async def address(self, key: str, *, expires_in: timedelta) -> str | None:
        """Of whichever has it."""
        return await (await self._holder(key)).address(key, expires_in=expires_in)

    async def remove(self, keys: Sequence[str]) -> None:
        """From both: the second one's would come back with the move."""
        await self._second.remove(keys)
        await self._first.remove(keys)

    async def kept_after(self, key: str, limit: int) -> list[KeptFile]:
        """What either has."""
        lists = await asyncio.gather(
            self._second.kept_after(key, limit), self._first.kept_after(key, limit)
        )
        found = {file.key: file for file in (*lists[0], *lists[1])}
        return [found[name] for name in sorted(found)][:limit]

    async def drop_halves(self, before: datetime) -> int:
        """In both."""
        return await self._second.drop_halves(before) + await self._first.drop_halves(before)
