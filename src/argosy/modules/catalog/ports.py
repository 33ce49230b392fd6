"""What the catalog asks of others: storage of files, and sources of products to import."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
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
    """A file whose type was read from its bytes, without private metadata, before it is stored."""

    file: StoredFile
    content: bytes


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as a storage lists it; `modified_at` (UTC) is when it was last stored."""

    key: str
    byte_size: int
    modified_at: datetime


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody else may send a file to: a PUT of its bytes with these headers."""

    url: str
    headers: Mapping[str, str] = {}


class PrivateFiles(Protocol):
    """Keeps files for some people only, under keys that are random; no public route reads them.

    Everything that asks a server may raise Unavailable.
    """

    async def put(self, key: str, path: Path) -> None:
        """Store a copy of the file under a new key."""
        ...

    async def size(self, key: str) -> int | None:
        """How many bytes are under the key, or None."""
        ...

    def stream(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `stop`."""
        ...

    async def address(self, key: str, *, expires_in: timedelta) -> str | None:
        """Where whoever has the address gets the file without us, or None: we are to send it."""
        ...

    async def remove(self, keys: Sequence[str]) -> None:
        """Delete files; those that are gone are passed over."""
        ...

    async def kept_after(self, key: str, limit: int) -> list[KeptFile]:
        """What is kept, in order of the keys, after this one."""
        ...

    async def drop_halves(self, before: datetime) -> int:
        """Remove what is left of copies that were broken off before then; how many."""
        ...


class Storage(Protocol):
    """Keeps files by content: equal bytes have one key, and a key never changes its bytes.

    Storing a file that is there makes it young again. Beside what is shown it keeps uploads, which
    wait for a job and are never shown. Everything that asks a server may raise Unavailable.
    """

    @property
    def name(self) -> str:
        """`files` or `s3`: what settings call it."""
        ...

    @property
    def private(self) -> PrivateFiles:
        """What is kept for some people only."""
        ...

    def new_private(self, file_name: str) -> str:
        """A random key for a private file that is to be saved under this name."""
        ...

    async def cleaned(self, content: bytes) -> CleanFile:
        """What is to be stored of it. Raises MediaRefused for what is not safe to show."""
        ...

    async def put(self, content: bytes, *, name: str = "") -> StoredFile:
        """Clean, keep and describe in one. Raises MediaRefused."""
        ...

    async def keep(self, clean: CleanFile) -> None:
        """Store what was cleaned."""
        ...

    async def film(self, path: Path) -> StoredFile | None:
        """What a video or model of any size in a file is, which is cleaned where it lies (store it
        with `put_copy`); None for what `cleaned` takes. Raises MediaRefused.
        """
        ...

    def made_key(self, content: bytes, suffix: str) -> str:
        """The key that what we made ourselves (a rendition) has."""
        ...

    async def put_made(self, content: bytes, suffix: str) -> str:
        """Store what we made ourselves, as it is; its key."""
        ...

    async def put_copy(self, key: str, path: Path) -> None:
        """Store what is in a file under the key that its content has."""
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

    async def size(self, key: str) -> int | None:
        """How many bytes are under the key, or None."""
        ...

    def stream(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `stop`."""
        ...

    def content_type(self, key: str) -> str:
        """The type that a well-formed key is served with."""
        ...

    async def public_url(self, key: str) -> str | None:
        """Where a CDN has the file, or None: it is to be sent by us."""
        ...

    async def kept_after(self, key: str, limit: int) -> list[KeptFile]:
        """What is kept, in order of the keys, after this one."""
        ...

    def new_upload(self, *, suffix: str) -> str:
        """The key of an upload that is to come."""
        ...

    async def upload_address(self, key: str, *, expires_in: timedelta) -> Address | None:
        """Where the upload may be sent to without us; None: it is to be sent through us."""
        ...

    async def put_upload(self, source: Path, *, suffix: str, key: str | None = None) -> str:
        """Move a received file aside for a job (it is never shown); its key."""
        ...

    async def upload_size(self, key: str) -> int | None:
        """How many bytes an upload has, or None while it has not come."""
        ...

    async def take_upload(self, key: str, target: Path) -> bool:
        """Copy an upload into a file of the caller's; False when it is not there."""
        ...

    async def bring_upload(self, key: str) -> None:
        """Have an upload at hand, so that it can be opened; a no-op when it is gone."""
        ...

    def open_products(
        self, key: str, format_name: str, options: Mapping[str, object], *, name: str
    ) -> ProductSource:
        """An upload at hand as a source of products. Raises an Invalid that says what is wrong."""
        ...

    def open_table(self, key: str, *, sheet: str | None = None, header_row: int = 1) -> Table:
        """An upload as rows under named columns. Raises an Invalid that says what is wrong."""
        ...

    def open_photographs(self, key: str) -> Photographs:
        """An upload at hand, a ZIP archive, as photographs. Raises an Invalid when it is none."""
        ...

    async def drop_upload(self, key: str) -> None:
        """Remove an upload that is done with; a no-op when it is gone."""
        ...

    async def drop_forgotten(self, before: datetime) -> int:
        """Remove uploads that came before then; how many."""
        ...
