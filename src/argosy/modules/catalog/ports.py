"""What the catalog asks of others: storage of files, and sources of products to import."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
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


class SourceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One record of a file to import, in the shape of docs/reference/product-jsonl.md.

    `row` is its line in the file (1 is the first). `places` maps a path in `data`
    (`variants[1].gtin`) to the row and column where it stands, where that differs from the path.
    `faults` were found while reading: with any, the record is not imported. `size` is about how
    many bytes it takes, so that a batch of huge ones stays small.
    """

    row: int
    data: dict[str, object]
    places: Mapping[str, tuple[int, str]] = {}
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    size: int = 0


class ProductSource(Protocol):
    """A file of products, read as it is consumed."""

    @property
    def format_name(self) -> str:
        """Such as `jsonl` or `shopify`."""
        ...

    @property
    def file_name(self) -> str:
        """What to call the file in reports."""
        ...

    def records(self) -> Iterator[SourceRecord]:
        """All records, from the start. May be called again."""
        ...

    def total(self) -> int | None:
        """How many rows there are, if that is cheap to know."""
        ...


class Table(Protocol):
    """A file as rows under named columns, read as it is consumed. All cells are text; numbers and
    days of a workbook are written as `1234.5` and `2026-11-27`.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """The names in the header row; columns without a name are left out."""
        ...

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Each row with its number in the file; rows that are empty are left out."""
        ...

    def total(self) -> int | None:
        """About how many rows there are, if that is cheap to know."""
        ...


class Photographs(Protocol):
    """A folder or an archive that the files named in an import are taken from."""

    def read(self, name: str) -> bytes | None:
        """The content of the named file, or None if it is not there."""
        ...


class CleanFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose type was read from its bytes, without private metadata."""

    content_type: str
    content: bytes


class Storage(Protocol):
    """Keeps files by content: equal bytes have one key, and a key never changes its bytes."""

    async def cleaned(self, content: bytes) -> CleanFile:
        """What would be stored of this content. Raises MediaRefused."""
        ...

    async def put(self, content: bytes, *, name: str = "") -> StoredFile:
        """Store and describe. Raises MediaRefused for content that is not safe to show."""
        ...

    async def put_made(self, content: bytes, suffix: str) -> str:
        """Store what we made ourselves (a rendition), as it is; its key."""
        ...

    async def read(self, key: str) -> bytes | None:
        """The bytes under the key, or None."""
        ...

    async def remove(self, keys: Sequence[str]) -> None:
        """Delete files; those that are gone are passed over."""
        ...

    async def describe(self, key: str) -> StoredFile | None:
        """What is stored under the key, or None."""
        ...

    def find(self, key: str) -> Path | None:
        """A local file with the content, or None."""
        ...

    async def size(self, key: str) -> int | None:
        """How many bytes are under the key, or None."""
        ...

    def stream(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `stop`."""
        ...

    def content_type(self, key: str) -> str:
        """The type that a well-formed key is served with."""
        ...

    async def put_upload(self, source: Path, *, suffix: str) -> str:
        """Move a received file aside for a job (it is never shown); its key."""
        ...

    def open_products(
        self, key: str, format_name: str, options: Mapping[str, object], *, name: str
    ) -> ProductSource:
        """An upload as a source of products. Raises an Invalid that says what is wrong with it."""
        ...

    def open_table(self, key: str, *, sheet: str | None = None, header_row: int = 1) -> Table:
        """An upload as rows under named columns. Raises an Invalid that says what is wrong."""
        ...

    def open_photographs(self, key: str) -> Photographs:
        """An upload, a ZIP archive, as photographs. Raises an Invalid when it is none."""
        ...

    async def drop_upload(self, key: str) -> None:
        """Remove an upload that is done with; a no-op when it is gone."""
        ...
