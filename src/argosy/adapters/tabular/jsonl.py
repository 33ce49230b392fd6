"""Our product format: one JSON object a line (docs/reference/product-jsonl.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from argosy.adapters.tabular.text import MAX_LINE_BYTES, open_binary, reading
from argosy.modules.catalog import Fault
from argosy.modules.catalog.ports import SourceRecord

_DECODER = msgspec.json.Decoder(dict[str, object])


class JsonLines:
    """A `.jsonl` file, or `.jsonl.gz`. Lines that are no JSON objects are records with a fault."""

    format_name = "jsonl"

    def __init__(self, path: Path, *, name: str | None = None) -> None:
        self._path = path
        self.file_name = name or path.name

    def total(self) -> int:
        """How many lines there are. Raises FileUnreadable."""
        with reading(), open_binary(self._path) as stream:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))

    def records(self) -> Iterator[SourceRecord]:
        """One record a line; empty lines are none. Raises FileUnreadable."""
        with reading(), open_binary(self._path) as stream:
            number = 0
            while line := stream.readline(MAX_LINE_BYTES):
                number += 1
                if not line.endswith(b"\n") and len(line) == MAX_LINE_BYTES:
                    yield _faulty(number, "line_too_long", "The line is longer than 16 MB.")
                    while line and not line.endswith(b"\n"):
                        line = stream.readline(MAX_LINE_BYTES)
                    continue
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    yield _record(number, line)


def _record(number: int, line: bytes) -> SourceRecord:
    try:
        return SourceRecord(row=number, data=_DECODER.decode(line), size=len(line))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _faulty(number, "not_json", f"The line is no JSON object: {error}.")


def _faulty(number: int, code: str, message: str) -> SourceRecord:
    fault = Fault(column="", code=code, message=message)
    return SourceRecord(row=number, data={}, faults=(fault,))
