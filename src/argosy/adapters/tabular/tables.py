"""A file of any shape as rows under named columns: CSV, workbooks (XLSX), JSON Lines.

Workbooks and packed files are bounded before they are opened: a small file that would be huge is
refused (DOMAIN.md E13). Excel's days and kept zeros come as they are shown (DOMAIN.md E5).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import msgspec
import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from argosy.adapters.tabular.guarding import unguarded
from argosy.adapters.tabular.jsonl import JsonLines
from argosy.adapters.tabular.numbers import unwrapped
from argosy.adapters.tabular.text import (
    MAX_CELL_CHARS,
    MAX_RATIO,
    FileUnreadable,
    csv_rows,
    open_binary,
    open_text,
    reading,
)
from argosy.modules.catalog.ports import Table

MAX_COLUMNS = 1000
MAX_WORKBOOK_BYTES = 1_000_000_000
_ALWAYS_UNPACKED = 64_000_000
_ZEROS = re.compile(r"0{2,30}")
_JSON_SAMPLE = 200
_BROKEN = (
    KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError, ParseError,
    zipfile.BadZipFile, InvalidFileException,
)  # fmt: skip


def open_table(path: Path, *, sheet: str | None = None, header_row: int = 1) -> Table:
    """The table in a file, by what its first bytes say. Raises FileUnreadable."""
    try:
        with path.open("rb") as probe:
            first = probe.read(4)
    except OSError as error:
        raise FileUnreadable(f"{path.name} cannot be opened.", field="file") from error
    if first.startswith(b"PK\x03\x04"):
        return _Workbook(path, sheet, header_row)
    with reading(), open_binary(path) as unpacked:
        first = unpacked.read(512)
    if first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return _JsonTable(path)
    return _CsvTable(path, header_row)


class _CsvTable:
    """A CSV file, packed with gzip or not."""

    def __init__(self, path: Path, header_row: int) -> None:
        self._path, self._header_row = path, header_row
        self.columns = tuple(dict.fromkeys(n for n in self._header() if n))

    def _header(self) -> list[str]:
        with open_text(self._path).stream as stream:
            return _names(csv_rows(stream), self._header_row)

    def total(self) -> int:
        """How many lines there are."""
        with reading(), open_text(self._path).stream as stream:
            return sum(1 for _ in stream)

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Cells without the apostrophe and quotes that keep a spreadsheet from running them."""
        with open_text(self._path).stream as stream:
            rows = csv_rows(stream)
            header = _names(rows, self._header_row)
            for number, cells in enumerate(rows, self._header_row + 1):
                yield from _row(number, header, [unguarded(unwrapped(cell)) for cell in cells])


class _Workbook:
    """A sheet of an XLSX file, read row by row. Formulas count as what they last showed."""

    def __init__(self, path: Path, sheet: str | None, header_row: int) -> None:
        _check_size(path)
        self._path, self._sheet, self._header_row = path, sheet, header_row
        rows = self._cells()
        self.columns = tuple(dict.fromkeys(n for n in _names(rows, header_row) if n))
        rows.close()

    def _cells(self) -> Any:
        try:
            book = openpyxl.load_workbook(self._path, read_only=True, data_only=True)
        except _BROKEN as error:
            raise FileUnreadable("The workbook is damaged.", field="file") from error
        try:
            if self._sheet is not None and self._sheet not in book.sheetnames:
                known = ", ".join(book.sheetnames[:10])
                raise FileUnreadable(
                    f"The workbook has no sheet {self._sheet!r}; it has {known}.", field="sheet"
                )
            found = book[self._sheet] if self._sheet else book.worksheets[0]
            for row in found.iter_rows(max_col=MAX_COLUMNS):
                yield [_shown(cell) for cell in row]
        except _BROKEN as error:
            raise FileUnreadable("The workbook is damaged.", field="file") from error
        finally:
            book.close()

    @staticmethod
    def total() -> None:
        """Not known before it is read."""

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """The rows below the header."""
        rows = self._cells()
        header = _names(rows, self._header_row)
        for number, cells in enumerate(rows, self._header_row + 1):
            yield from _row(number, header, cells)


class _JsonTable:
    """JSON Lines: objects within objects are columns such as `price.amount`, lists are written with
    `|` between their parts.
    """

    def __init__(self, path: Path) -> None:
        self._source = JsonLines(path)
        names: dict[str, None] = {}
        for number, (_, row) in enumerate(self.rows()):
            names |= dict.fromkeys(row)
            if number == _JSON_SAMPLE or len(names) > MAX_COLUMNS:
                break
        self.columns = tuple(names)[:MAX_COLUMNS]

    def total(self) -> int:
        """How many lines there are."""
        return self._source.total()

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """One row a line. Raises FileUnreadable for a line that is no object."""
        for record in self._source.records():
            if record.faults:
                raise FileUnreadable(f"Line {record.row}: {record.faults[0].message}", field="file")
            row = {name: cell for name, cell in _flat(record.data, "") if cell}
            if row:
                yield record.row, row


def _flat(data: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        name = f"{path}{key}"
        match value:
            case dict():
                yield from _flat(value, f"{name}.")
            case list() if all(not isinstance(v, dict | list) for v in value):
                yield name, "|".join(_text(v) for v in value)
            case list():
                yield name, msgspec.json.encode(value).decode()
            case _:
                yield name, _text(value)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime() if value.time() == time(0):
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case _:
            return str(value)


def _shown(cell: Any) -> str:
    """A cell as text; a whole number that is shown as 00123 keeps its zeros."""
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        shown = getattr(cell, "number_format", "") or ""
        if _ZEROS.fullmatch(shown) and float(value).is_integer() and value >= 0:
            return str(int(value)).zfill(len(shown))
    text = _text(value)
    if len(text) > MAX_CELL_CHARS:
        raise FileUnreadable("A cell is longer than a million characters.", field="file")
    return text


def _names(rows: Iterator[list[str]], header_row: int) -> list[str]:
    header: list[str] = []
    for _ in range(header_row):
        header = next(rows, [])
    names = [" ".join(unwrapped(cell).split())[:200] for cell in header[:MAX_COLUMNS]]
    if not any(names):
        raise FileUnreadable(f"Row {header_row} names no columns.", field="header_row")
    return names


def _row(number: int, header: list[str], cells: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    # Of two columns of one name, the first that has something.
    row: dict[str, str] = {}
    for name, cell in zip(header, cells, strict=False):
        if name and not row.get(name):
            row[name] = cell.strip()
    if any(row.values()):
        yield number, row


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {info.filename for info in archive.infolist()}
            size = sum(info.file_size for info in archive.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        raise FileUnreadable("The archive is damaged.", field="file") from error
    if "xl/workbook.xml" not in names:
        raise FileUnreadable(
            f"{path.name} is an archive, but no workbook.",
            field="file",
            cure="Unpack it, or save the sheet as XLSX or CSV (UTF-8).",
        )
    if size > min(MAX_WORKBOOK_BYTES, max(_ALWAYS_UNPACKED, path.stat().st_size * MAX_RATIO)):
        raise FileUnreadable("The workbook is far larger than it looks.", field="file")
