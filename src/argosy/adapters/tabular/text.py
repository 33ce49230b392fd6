"""Text files as they come: compressed or not, in UTF-8, UTF-16 or a Windows code page, with `,`,
`;` or tabs. Read as a stream, and bounded.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from argosy.kernel.errors import Invalid

MAX_TEXT_BYTES = 4_000_000_000
MAX_LINE_BYTES = 16_000_000
MAX_CELL_CHARS = 1_000_000
MAX_RATIO = 300
_ALWAYS_UNPACKED = 64_000_000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class FileUnreadable(Invalid):
    """The file is not what it was taken for: not text, not compressed as its name says, without the
    columns it needs, or with a line that is too long. Check that it is the right file and format.
    """

    code = "imports.file_unreadable"
    usual_cure = "Check that it is the right file, in the format that was named."


class TextFile(NamedTuple):
    """An opened file, and whether its encoding had to be guessed."""

    stream: IO[str]
    encoding: str
    guessed: bool


class _Unpacked(io.RawIOBase):
    """The content of a gzip file, as long as it is no bomb: reading it never holds more than the
    caller asks for, and ends with FileUnreadable where it is far larger than it looks.
    """

    def __init__(self, path: Path) -> None:
        self._file = gzip.open(path, "rb")  # noqa: SIM115 - closed with this
        self._most = max(_ALWAYS_UNPACKED, path.stat().st_size * MAX_RATIO)
        self._size = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Some bytes. Raises FileUnreadable."""
        count = self._file.readinto(buffer)
        self._size += count
        if self._size > self._most:
            raise FileUnreadable(
                f"The file unpacks to more than {MAX_RATIO} times its size.", field="file"
            )
        return count

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()


def open_binary(path: Path) -> IO[bytes]:
    """The content of a file, unpacked if it is gzip. Raises FileUnreadable."""
    try:
        with path.open("rb") as probe:
            first = probe.read(4)
        if first == b"PK\x03\x04":
            raise FileUnreadable(
                f"{path.name} is a ZIP archive or a spreadsheet.",
                field="file",
                cure="Save the sheet as CSV (UTF-8), or unpack the archive.",
            )
        if first.startswith(b"\x1f\x8b"):
            return io.BufferedReader(_Unpacked(path), 1 << 16)
        return path.open("rb")
    except OSError as error:
        raise FileUnreadable(f"{path.name} cannot be opened.", field="file") from error


def open_text(path: Path) -> TextFile:
    """A text file in its own encoding: by its BOM, else UTF-8, else Windows-1252 (guessed)."""
    with open_binary(path) as probe:
        encoding, guessed = _encoding(_chunks(probe))
    stream = io.TextIOWrapper(open_binary(path), encoding=encoding, newline="")
    return TextFile(stream, encoding, guessed)


@contextmanager
def reading() -> Iterator[None]:
    """Around reads of a file: a broken off, damaged or undecodable one is FileUnreadable."""
    try:
        yield
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise FileUnreadable("The file is damaged.", field="file") from error


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    total = 0
    with reading():
        while chunk := stream.read(1 << 20):
            total += len(chunk)
            if total > MAX_TEXT_BYTES:
                raise FileUnreadable("The file is larger than 4 GB.", field="file")
            yield chunk


def _encoding(chunks: Iterator[bytes]) -> tuple[str, bool]:
    first = next(chunks, b"")
    for bom, name in _BOMS:
        if first.startswith(bom):
            return name, False
    if b"\x00" in first[:4096]:
        raise FileUnreadable("The file is not text (or UTF-16 without a byte order mark).")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(first)
        for chunk in chunks:
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252", True
    return "utf-8", False


def csv_rows(stream: IO[str]) -> Iterator[list[str]]:
    """The rows of a CSV file, whichever of `,`, `;` and tab its first line uses most.

    Raises FileUnreadable for a cell over MAX_CELL_CHARS or text that is no CSV.
    """
    csv.field_size_limit(MAX_CELL_CHARS)
    try:
        with reading():
            first = stream.readline(MAX_CELL_CHARS)
            counts = {d: first.count(d) for d in ",;\t"}
            delimiter = max(counts, key=lambda d: counts[d])
            yield from csv.reader(_and_rest(first, stream), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise FileUnreadable(f"The file is no CSV: {error}.", field="file") from error


def _and_rest(first: str, stream: IO[str]) -> Iterator[str]:
    yield first
    while line := stream.readline(MAX_LINE_BYTES):
        if len(line) == MAX_LINE_BYTES:
            raise FileUnreadable("A line is longer than 16 million characters.", field="file")
        yield line
