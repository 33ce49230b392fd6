"""Times of a file without an offset are in the zone that the import names (DOMAIN.md P17)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from argosy.adapters.tabular.prices import PriceCsv
from argosy.adapters.tabular.stock import StockCsv

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


@pytest.mark.parametrize(
    ("zone", "written", "utc"),
    [
        (BERLIN, "2026-06-01", datetime(2026, 5, 31, 22, tzinfo=UTC)),
        # Clocks go forward from 2 to 3: what is not on the clock is an hour later on it.
        (BERLIN, "2026-03-29T02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        # Clocks go back from 3 to 2: the first of the two.
        (BERLIN, "2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (BERLIN, "2028-02-29", datetime(2028, 2, 28, 23, tzinfo=UTC)),
        (NEW_YORK, "2026-12-31T23:30", datetime(2027, 1, 1, 4, 30, tzinfo=UTC)),
        (NEW_YORK, "2026-12-31T23:30+01:00", datetime(2026, 12, 31, 22, 30, tzinfo=UTC)),
    ],
)
def test_P17_local_times_survive_gaps_overlaps_leap_days_and_year_ends(
    tmp_path: Path, zone: str, written: str, utc: datetime
) -> None:
    path = tmp_path / "file.csv"
    path.write_text(f"sku,amount,on_hand,valid_from,as_of\nA,1.00,1,{written},{written}\n")
    (price,) = [row for row in PriceCsv(path, time_zone=zone).rows() if hasattr(row, "valid_from")]
    assert price.valid_from == utc
    (count,) = StockCsv(path, time_zone=zone).rows()
    assert count.as_of == (utc if "T" in written else None), "a count needs a time of the day"


@pytest.mark.parametrize("written", ["2027-02-29", "2026-13-01", "29.02.2028", "noon"])
def test_P17_days_that_there_are_not_are_faults_of_their_row(tmp_path: Path, written: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text(f"sku,amount,on_hand,valid_from,as_of\nA,1.00,1,{written},{written}\n")
    faults = [row for row in PriceCsv(path).rows() if getattr(row, "column", "") == "valid_from"]
    assert len(faults) == 1
    (count,) = StockCsv(path).rows()
    assert [fault.column for fault in count.faults] == ["as_of"]
