"""A CSV file of prices: one row for each SKU, price list, quantity and period.

Columns (in any order): `sku`, `amount`; optional `price_list`, `min_quantity`, `compare_at`,
`valid_from`, `valid_to`, `priority`. Amounts are in major units and may have a decimal comma; days
and times are ISO 8601, those without a zone are in the zone that the import names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from argosy.adapters.tabular.numbers import NotANumber, Separator, parsed_decimal, unwrapped
from argosy.adapters.tabular.text import FileUnreadable, csv_rows, open_text
from argosy.kernel.wall_clock import TimeOutOfRange, in_utc
from argosy.modules.pricing.ports import PriceRow, RowFault

_NAMES: Final[dict[str, str]] = {
    "sku": "sku",
    "variant_sku": "sku",
    "amount": "amount",
    "price": "amount",
    "price_list": "price_list",
    "min_quantity": "min_quantity",
    "quantity": "min_quantity",
    "compare_at": "compare_at",
    "compare_at_price": "compare_at",
    "valid_from": "valid_from",
    "valid_to": "valid_to",
    "valid_until": "valid_to",
    "priority": "priority",
}
_LARGEST_NUMBER: Final = 10**12


class PriceCsv:
    """A file of prices; see the module for its columns. Raises FileUnreadable when it is read."""

    def __init__(
        self, path: Path, *, separator: Separator = "auto", time_zone: str = "UTC"
    ) -> None:
        self._path = path
        self._separator: Separator = separator
        self._zone = ZoneInfo(time_zone)

    def rows(self) -> Iterator[PriceRow | RowFault]:
        """Each line once: as a price, or as the first fault that keeps it from being one."""
        text = open_text(self._path)
        with text.stream as stream:
            lines = csv_rows(stream)
            columns = _columns(next(lines, []))
            if text.guessed:
                yield _warning(1, "", "The file is not UTF-8; it was read as Windows-1252.")
            for name in columns:
                if name not in _NAMES.values():
                    yield _warning(1, name, "This column is unknown and has no effect.")
            for number, cells in enumerate(lines, start=2):
                if any(cell.strip() for cell in cells):
                    yield self._row(number, columns, cells)

    def _row(
        self, number: int, columns: Sequence[str], cells: Sequence[str]
    ) -> PriceRow | RowFault:
        if len(cells) > len(columns):
            return _fault(number, "", "The row has more cells than the header.")
        given = {name: unwrapped(cell).strip() for name, cell in zip(columns, cells, strict=False)}
        column = "sku"
        try:
            if not given.get("sku"):
                return _fault(number, column, "The SKU is missing.")
            column = "amount"
            amount = self._amount(given.get("amount", ""))
            if amount is None:
                return _fault(number, column, "The amount is missing.")
            column = "compare_at"
            compare_at = self._amount(given.get("compare_at", ""))
            column = "min_quantity"
            min_quantity = self._whole(given.get("min_quantity", ""), empty=1)
            column = "priority"
            priority = self._whole(given.get("priority", ""), empty=0)
            column = "valid_from"
            valid_from = self._instant(given.get("valid_from", ""))
            column = "valid_to"
            valid_until = self._instant(given.get("valid_to", ""))
        except ValueError as error:
            return _fault(number, column, str(error))
        return PriceRow(
            row=number,
            sku=given["sku"],
            price_list=given.get("price_list") or None,
            amount=amount,
            compare_at=compare_at,
            min_quantity=min_quantity,
            priority=priority,
            valid_from=valid_from,
            valid_until=valid_until,
        )

    def _amount(self, text: str) -> Decimal | None:
        return parsed_decimal(text, self._separator) if text else None

    def _whole(self, text: str, *, empty: int) -> int:
        if not text:
            return empty
        value = parsed_decimal(text, self._separator)
        if value != value.to_integral_value() or abs(value) > _LARGEST_NUMBER:
            raise NotANumber(f"{text!r} is not a whole number.")
        return int(value)

    def _instant(self, text: str) -> datetime | None:
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
            placed = found if found.tzinfo else found.replace(tzinfo=self._zone)
            return in_utc(placed, "valid_from")
        except (ValueError, OverflowError, TimeOutOfRange):
            raise ValueError(f"{text!r} is not a day or time like 2026-03-01.") from None


def _columns(header: Sequence[str]) -> list[str]:
    names = [_plain(cell) for cell in header]
    columns = [_NAMES.get(name, name) for name in names]
    for needed in ("sku", "amount"):
        if columns.count(needed) != 1:
            raise FileUnreadable(
                f"A file of prices has one column `{needed}`.",
                field="file",
                cure="Name the columns in the first row: sku, price_list, min_quantity, amount,"
                " compare_at, valid_from, valid_to.",
            )
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise FileUnreadable(f"The column `{twice[0]}` stands there twice.", field="file")
    return columns


def _plain(cell: str) -> str:
    return "_".join(unwrapped(cell).strip().lower().replace("-", " ").split())


def _fault(row: int, column: str, reason: str) -> RowFault:
    return RowFault(row=row, column=column, reason=reason)


def _warning(row: int, column: str, reason: str) -> RowFault:
    return RowFault(row=row, column=column, reason=reason, severity="warning")
