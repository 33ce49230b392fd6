"""The euro reference rates of the European Central Bank, as it publishes them: eurofxref.csv, and
eurofxref-hist.csv of all days.

https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from argosy.modules.pricing import RatesUnreadable, ReferenceRates

_LARGEST: Final = 20_000_000
_MISSING: Final = frozenset({"", "N/A"})
SOURCE: Final = "ECB euro reference rates"


class EcbRates:
    """A file of the ECB. Of many days the latest that is not after `on` counts (A15)."""

    def __init__(self, file: Path, *, on: date | None = None) -> None:
        self._file, self._on = file, on

    def read(self) -> ReferenceRates:
        """Raises RatesUnreadable."""
        try:
            if self._file.stat().st_size > _LARGEST:
                raise RatesUnreadable("The file is too large for one of the ECB.")
            lines = self._file.read_text("utf-8-sig").splitlines()
            days = dict(_days(lines))
        except (OSError, UnicodeDecodeError, csv.Error, ValueError, InvalidOperation) as error:
            raise RatesUnreadable(f"The file of rates cannot be read: {error}") from error
        past = [day for day in days if self._on is None or day <= self._on]
        if not past:
            raise RatesUnreadable("The file has no rates of such a day.")
        last = max(past)
        return ReferenceRates(base="EUR", as_of=last, source=SOURCE, rates=days[last])


def _days(lines: Iterable[str]) -> Iterable[tuple[date, dict[str, Decimal]]]:
    rows = csv.reader(lines)
    head = [name.strip() for name in next(rows, [])]
    if head[:1] != ["Date"]:
        raise ValueError("its first column is not Date")
    for row in rows:
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield (
                _day(cells[0]),
                {
                    name: Decimal(cell)
                    for name, cell in zip(head[1:], cells[1:], strict=False)
                    if name and cell not in _MISSING
                },
            )


def _day(text: str) -> date:
    """2026-11-20 in the file of all days, 20 November 2026 in that of one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        day, month, year = text.split(" ")
        if month not in _MONTHS:
            raise
        return date(int(year), _MONTHS.index(month) + 1, int(day))


_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
