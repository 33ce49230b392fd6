"""What the catalog asks of others: storage of files, and sources of products to import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from argosy.modules.catalog.types import Fault, MediaKind


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file in storage. `key` is made from the content, and the type was read from it."""

    key: str
    sha256: str
    content_type: str
    byte_size: int
    width: int | None
    height: int | None
    kind: MediaKind


class Storage(Protocol):
    """Keeps files by content: equal bytes have one key, and a key never changes its bytes."""

    async def put(self, content: bytes, *, name: str = "") -> StoredFile:
        """Store and describe. Raises MediaRefused for content that is not safe to show."""
        ...

    async def put_upload(self, path: Path, *, suffix: str) -> str:
        """Keep a file for later work (not for show); its key."""
        ...

    async def path_of(self, key: str) -> Path | None:
        """A local file with the content, or None."""
        ...


class SourceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One record of a file to import, in the shape of docs/reference/product-jsonl.md.

    `row` is its line in the file (1 is the first). `places` maps a path in `data`
    (`variants[1].gtin`) to the row and column where it stands, where that differs from the path.
    `faults` were found while reading: with any, the record is not imported.
    """

    row: int
    data: dict[str, object]
    places: Mapping[str, tuple[int, str]] = {}
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


class ProductSource(Protocol):
    """A file of products, read as it is consumed."""

    format_name: str
    file_name: str

    def records(self) -> Iterator[SourceRecord]:
        """All records, from the start. May be called again."""
        ...

    def total(self) -> int | None:
        """How many rows there are, if that is cheap to know."""
        ...


class Photographs(Protocol):
    """A folder or an archive that the files named in an import are taken from."""

    def read(self, name: str) -> bytes | None:
        """The content of the named file, or None if it is not there."""
        ...
