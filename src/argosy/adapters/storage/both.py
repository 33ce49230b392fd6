"""Two storages while files move from one to the other: all are written to the first, and read from
the second where the first does not have them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from argosy.adapters.storage.private import BothPrivate
from argosy.modules.catalog.ports import (
    Address,
    CleanFile,
    KeptFile,
    Photographs,
    PrivateFiles,
    ProductSource,
    Storage,
    StoredFile,
    Table,
)


class BothStorages:
    """See modules/catalog/ports.py. Lists and addresses are the first one's."""

    def __init__(self, first: Storage, second: Storage) -> None:
        self.first = first
        self.second = second
        self.private: PrivateFiles = BothPrivate(first.private, second.private)

    def new_private(self, file_name: str) -> str:
        """For the first."""
        return self.first.new_private(file_name)

    @property
    def name(self) -> str:
        """The first one's."""
        return self.first.name

    async def cleaned(self, content: bytes) -> CleanFile:
        """Raises MediaRefused."""
        return await self.first.cleaned(content)

    async def put(self, content: bytes, *, name: str = "") -> StoredFile:
        """Store in the first."""
        return await self.first.put(content, name=name)

    async def keep(self, clean: CleanFile) -> None:
        """Store in the first."""
        await self.first.keep(clean)

    async def film(self, path: Path) -> StoredFile | None:
        """Raises MediaRefused."""
        return await self.first.film(path)

    def made_key(self, content: bytes, suffix: str) -> str:
        """Of the content alone."""
        return self.first.made_key(content, suffix)

    async def put_made(self, content: bytes, suffix: str) -> str:
        """Store in the first."""
        return await self.first.put_made(content, suffix)

    async def put_copy(self, key: str, path: Path) -> None:
        """Store in the first."""
        await self.first.put_copy(key, path)

    async def read(self, key: str) -> bytes | None:
        """From the first, else the second."""
        found = await self.first.read(key)
        return await self.second.read(key) if found is None else found

    async def remove(self, keys: Sequence[str]) -> None:
        """From both: the second one's would come back with the move."""
        await self.second.remove(keys)
        await self.first.remove(keys)

    async def describe(self, key: str) -> StoredFile | None:
        """From the first, else the second."""
        return await self.first.describe(key) or await self.second.describe(key)

    async def size(self, key: str) -> int | None:
        """In the first, else the second."""
        found = await self.first.size(key)
        return await self.second.size(key) if found is None else found

    async def stream(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """From the first, else the second."""
        holder = self.second if await self.first.size(key) is None else self.first
        async for piece in holder.stream(key, start, stop):
            yield piece

    def content_type(self, key: str) -> str:
        """Of the key alone."""
        return self.first.content_type(key)

    async def public_url(self, key: str) -> str | None:
        """Of what the first has."""
        url = await self.first.public_url(key)
        return url if url and await self.first.size(key) is not None else None

    async def kept_after(self, key: str, limit: int) -> list[KeptFile]:
        """What either has, the younger of two."""
        lists = await asyncio.gather(
            self.second.kept_after(key, limit), self.first.kept_after(key, limit)
        )
        found: dict[str, KeptFile] = {}
        for file in (*lists[0], *lists[1]):
            known = found.get(file.key)
            if known is None or known.modified_at < file.modified_at:
                found[file.key] = file
        return sorted(found.values(), key=lambda file: file.key)[:limit]

    def new_upload(self, *, suffix: str) -> str:
        """For the first."""
        return self.first.new_upload(suffix=suffix)

    async def upload_address(self, key: str, *, expires_in: timedelta) -> Address | None:
        """Of the first."""
        return await self.first.upload_address(key, expires_in=expires_in)

    async def put_upload(self, source: Path, *, suffix: str, key: str | None = None) -> str:
        """To the first."""
        return await self.first.put_upload(source, suffix=suffix, key=key)

    async def upload_size(self, key: str) -> int | None:
        """In the first, else the second."""
        found = await self.first.upload_size(key)
        return await self.second.upload_size(key) if found is None else found

    async def take_upload(self, key: str, target: Path) -> bool:
        """From the first, else the second."""
        return await self.first.take_upload(key, target) or await self.second.take_upload(
            key, target
        )

    async def bring_upload(self, key: str) -> None:
        """From wherever it lies into the folder that both open uploads from."""
        await self.first.bring_upload(key)
        await self.second.bring_upload(key)

    def open_products(
        self, key: str, format_name: str, options: Mapping[str, object], *, name: str
    ) -> ProductSource:
        """At hand, wherever it came from. Raises FileUnreadable."""
        return self.first.open_products(key, format_name, options, name=name)

    def open_table(self, key: str, *, sheet: str | None = None, header_row: int = 1) -> Table:
        """At hand, wherever it came from. Raises FileUnreadable."""
        return self.first.open_table(key, sheet=sheet, header_row=header_row)

    def open_photographs(self, key: str) -> Photographs:
        """At hand, wherever it came from. Raises PhotographsUnreadable."""
        return self.first.open_photographs(key)

    async def drop_upload(self, key: str) -> None:
        """From both."""
        await self.first.drop_upload(key)
        await self.second.drop_upload(key)

    async def drop_forgotten(self, before: datetime) -> int:
        """From both."""
        return await self.first.drop_forgotten(before) + await self.second.drop_forgotten(before)
