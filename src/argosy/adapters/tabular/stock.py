"""CSV files of stock: `sku, location, on_hand | adjust, as_of`, and how a level sells.

Numbers, encodings and separators as spreadsheets write them (DOMAIN.md E5). `as_of` is an ISO 8601
instant; without an offset it is taken in the time zone given, because a count without a time zone
is off by hours of sales.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType

from argosy.adapters.tabular.guarding import unguarded
from argosy.adapters.tabular.numbers import (
    NotANumber,
    Separator,
    is_mangled,
    parsed_decimal,
    unwrapped,
)
from argosy.adapters.tabular.text import FileUnreadable, csv_rows, open_binary, open_text, reading
from argosy.kernel.wall_clock import is_meant
from argosy.modules.inventory.ports import RowFault, StockRow

_SELLING = ("safety_stock", "backorder_limit", "low_threshold")
_KNOWN = frozenset(
    {"sku", "location", "as_of", "reference", "on_hand", "adjust", "expected", *_SELLING}
)


class StockCsv:
    """A CSV file of stock. `time_zone` is for instants without an offset."""

    def __init__(
        self, path: Path, *, decimal_separator: Separator = "auto", time_zone: str = "UTC"
    ) -> None:
        self._path = path
        self._separator: Separator = decimal_separator
        self._zone = ZoneInfo(time_zone)
        self.file_name = path.name

    def digest(self) -> str:
        """SHA-256 of the content, unpacked. Raises FileUnreadable."""
        found = hashlib.sha256()
        with reading(), open_binary(self._path) as stream:
            while chunk := stream.read(1 << 20):
                found.update(chunk)
        return found.hexdigest()

    def warnings(self) -> tuple[RowFault, ...]:
        """Columns that are not known, and an encoding that had to be guessed."""
        opened = open_text(self._path)
        with opened.stream as stream:
            header = _header(next(csv_rows(stream), []))
        told = [
            RowFault(
                column=name,
                code="unknown_column",
                message=f"The column {name!r} is not known and was not imported.",
            )
            for name in header
            if name and name not in _KNOWN
        ]
        if opened.guessed:
            message = "The file is not UTF-8; it was read as Windows-1252."
            told.append(RowFault(column="", code="encoding_guessed", message=message))
        return tuple(told)

    def rows(self) -> Iterator[StockRow]:
        """One a line that is not empty. Raises FileUnreadable without the columns it needs."""
        with open_text(self._path).stream as stream:
            lines = csv_rows(stream)
            header = _header(next(lines, []))
            _check(header)
            for number, cells in enumerate(lines, 2):
                if any(cell.strip() for cell in cells):
                    yield self._row(number, header, cells)

    def _row(self, number: int, header: Sequence[str], cells: Sequence[str]) -> StockRow:
        faults: list[RowFault] = []
        if len(cells) > len(header):
            message = f"The row has {len(cells)} cells, the header {len(header)}."
            faults.append(RowFault(column="", code="too_many_cells", message=message))
        named = {
            name: unwrapped(unguarded(cell)).strip()
            for name, cell in zip(header, cells, strict=False)
        }

        def quantity(column: str) -> int | None:
            return self._quantity(column, named.get(column, ""), faults)

        def rule(column: str) -> int | UnsetType | None:
            return quantity(column) if column in header else UNSET

        read = StockRow(
            row=number,
            sku=_sku(named.get("sku", ""), faults),
            location=named.get("location") or None,
            as_of=self._instant(named, faults),
            reference=named.get("reference") or None,
            on_hand=quantity("on_hand"),
            adjust=quantity("adjust"),
            expected=quantity("expected"),
            safety_stock=rule("safety_stock"),
            backorder_limit=rule("backorder_limit"),
            low_threshold=rule("low_threshold"),
        )
        return msgspec.structs.replace(read, faults=tuple(faults))

    def _quantity(self, column: str, cell: str, faults: list[RowFault]) -> int | None:
        if not cell:
            return None
        try:
            number = parsed_decimal(cell.removeprefix("+"), self._separator)
        except NotANumber as error:
            faults.append(RowFault(column=column, code="not_a_number", message=str(error)))
            return None
        if number != number.to_integral_value():
            message = f"{cell!r} is not a whole number of stock units."
            faults.append(RowFault(column=column, code="not_whole", message=message))
            return None
        return int(number)

    def _instant(self, named: Mapping[str, str], faults: list[RowFault]) -> datetime | None:
        cell = named.get("as_of", "")
        if not cell:
            return None
        try:
            found = datetime.fromisoformat(cell)
        except ValueError:
            found = None
        if found is None or len(cell) <= len("2026-11-21") or not is_meant(found):
            message = f"{cell!r} is not an instant such as 2026-11-21T02:00+01:00."
            faults.append(RowFault(column="as_of", code="not_an_instant", message=message))
            return None
        return (found if found.tzinfo else found.replace(tzinfo=self._zone)).astimezone(UTC)


def _header(cells: Sequence[str]) -> list[str]:
    return [cell.strip().lower().replace(" ", "_") for cell in cells]


def _check(header: Sequence[str]) -> None:
    if "sku" not in header or not {"on_hand", "adjust", *_SELLING} & set(header):
        raise FileUnreadable(
            "The first row needs the column sku and one of on_hand, adjust, safety_stock,"
            " backorder_limit, low_threshold.",
            field="file",
        )
    repeated = {name for name in header if name and header.count(name) > 1}
    if repeated:
        raise FileUnreadable(f"The column {min(repeated)!r} is there twice.", field="file")


def _sku(cell: str, faults: list[RowFault]) -> str:
    if not cell:
        faults.append(RowFault(column="sku", code="missing", message="The row names no SKU."))
    elif is_mangled(cell):
        message = f"A spreadsheet turned this SKU into the number {cell}."
        faults.append(RowFault(column="sku", code="mangled", message=message))
    return cell
