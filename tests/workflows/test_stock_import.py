"""Stock files: counts, movements and selling rules, row by row (DOMAIN.md E3-E5, F7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from argosy.adapters.tabular import FileUnreadable
from argosy.adapters.tabular.stock import StockCsv
from argosy.modules import catalog, inventory
from argosy.modules.catalog import ProductInput, VariantInput
from argosy.modules.inventory import InstantInFuture, Level
from argosy.runtime.db import Database
from argosy.workflows.stock_import import StockImportReport, import_stock


@pytest.fixture
async def shelf(db: Database) -> dict[str, UUID]:
    """Variants S0 to S2 and 00123 by SKU, and the locations `main` and `side` by code."""
    async with db.transaction() as tx:
        skus = ("S0", "S1", "S2", "00123")
        variants = tuple(VariantInput(sku=sku, options={"N": sku}) for sku in skus)
        [made] = await catalog.upsert_products(
            tx, [ProductInput(slug="thing", title="Thing", variants=variants)]
        )
        assert isinstance(made, catalog.Upserted), made
        places = [
            await inventory.create_location(tx, code=code, name=code, country="DE")
            for code in ("main", "side")
        ]
    return dict(made.variants) | {place.code: place.id for place in places}


async def imported(
    db: Database, folder: Path, text: str, *, encoding: str = "utf-8", **more: object
) -> StockImportReport:
    file = folder / "stock.csv"
    file.write_bytes(text.encode(encoding))
    source = StockCsv(file, time_zone="Europe/Berlin")
    return await import_stock(db, source, actor="tests", **more)  # type: ignore[arg-type]


async def level(db: Database, shelf: dict[str, UUID], sku: str, at: str = "main") -> Level:
    async with db.reading() as tx:
        levels = await inventory.levels_of(tx, [shelf[sku]])
    return next(one for one in levels if one.location_id == shelf[at])


def counts(report: StockImportReport) -> tuple[int, int, int]:
    assert report.rows == report.applied + report.unchanged + report.failed
    return report.applied, report.unchanged, report.failed


async def test_counts_and_movements_are_applied_and_the_same_file_again_does_nothing(
    db: Database, shelf: dict[str, UUID], tmp_path: Path
) -> None:
    text = "sku,location,on_hand,adjust\ns0,main,5,\nS1,main,,7\nS1,side,3,\nS1,main,,-2\n"
    assert counts(await imported(db, tmp_path, text)) == (4, 0, 0)
    again = await imported(db, tmp_path, text)
    assert counts(again) == (0, 4, 0)
    assert [(i.row, i.code) for i in again.issues] == [(3, "repeated"), (5, "repeated")]
    assert (await level(db, shelf, "s0")).on_hand == 5
    assert (await level(db, shelf, "s1")).on_hand == 5
    assert (await level(db, shelf, "s1", "side")).on_hand == 3
    async with db.reading() as tx:
        assert await inventory.verify(tx) == []


async def test_E4_good_rows_are_kept_and_faults_name_row_and_column(
    db: Database, shelf: dict[str, UUID], tmp_path: Path
) -> None:
    text = (
        "sku,location,on_hand,adjust,as_of\n"
        "NONE,main,5,,\n"
        "S0,moon,5,,\n"
        "S0,main,five,,\n"
        "S0,main,1.5,,\n"
        ",main,5,,\n"
        "S0,main,5,5,\n"
        "S0,main,9999999999,,\n"
        "S1,main,,,2026-01-01\n"
        "S1,main,5,,2999-01-01T00:00\n"
        "4.00638E+12,main,5,,\n"
        "S2,main,8,,\n"
        "S2,main,9,,\n"
        "S2,main,,,\n"
        "\n"
    )
    report = await imported(db, tmp_path, text)
    assert counts(report) == (1, 1, 11)
    assert {(i.row, i.column, i.code) for i in report.issues} >= {
        (2, "sku", "unknown_sku"),
        (3, "location", "unknown_location"),
        (4, "on_hand", "not_a_number"),
        (5, "on_hand", "not_whole"),
        (6, "sku", "missing"),
        (7, "adjust", "count_and_movement"),
        (8, "on_hand", "out_of_range"),
        (9, "as_of", "not_an_instant"),
        (10, "as_of", "in_the_future"),
        (11, "sku", "mangled"),
        (13, "on_hand", "named_twice"),
        (14, "", "says_nothing"),
    }
    assert (await level(db, shelf, "s2")).on_hand == 8


async def test_E5_spreadsheets_are_understood(
    db: Database, shelf: dict[str, UUID], tmp_path: Path
) -> None:
    text = 'SKU;Location;On hand\n="00123";main;1.234.567\n'
    report = await imported(db, tmp_path, "\ufeff" + text)
    assert counts(report) == (1, 0, 0)
    assert (await level(db, shelf, "00123")).on_hand == 1_234_567
    report = await imported(
        db, tmp_path, "sku,location,on_hand,colour\nS0,main,1,Grün\n", encoding="cp1252"
    )
    assert {i.code for i in report.issues} == {"unknown_column", "encoding_guessed"}


async def test_E3_selling_rules_are_tri_state(
    db: Database, shelf: dict[str, UUID], tmp_path: Path
) -> None:
    both = "sku,location,on_hand,safety_stock,backorder_limit\nS0,main,5,2,4\n"
    assert counts(await imported(db, tmp_path, both)) == (1, 0, 0)
    # The column is not there: kept. The cell is empty: back to the default.
    assert counts(await imported(db, tmp_path, "sku,location,safety_stock\nS0,main,\n")) == (
        1,
        0,
        0,
    )
    found = await level(db, shelf, "s0")
    assert (found.on_hand, found.safety_stock, found.backorder_limit) == (5, 0, 4)
    again = await imported(db, tmp_path, "sku,location,safety_stock\nS0,main,0\n")
    assert counts(again) == (0, 1, 0)


async def test_F7_a_count_as_of_an_instant_keeps_what_moved_since(
    db: Database, shelf: dict[str, UUID], tmp_path: Path, clock
) -> None:
    await imported(db, tmp_path, "sku,location,on_hand\nS0,main,10\n")
    clock.advance(hours=1)
    counted: datetime = clock.now()
    clock.advance(hours=1)
    await imported(db, tmp_path, "sku,location,adjust\nS0,main,-3\n")
    as_of = (counted + timedelta(hours=0)).isoformat()
    report = await imported(db, tmp_path, f"sku,location,on_hand,as_of\nS0,main,9,{as_of}\n")
    assert counts(report) == (1, 0, 0)
    assert (await level(db, shelf, "s0")).on_hand == 6
    older = (counted - timedelta(minutes=1)).isoformat()
    stale = await imported(db, tmp_path, f"sku,location,on_hand,as_of\nS0,main,1,{older}\n")
    assert [i.code for i in stale.issues] == ["stale"]
    assert (await level(db, shelf, "s0")).on_hand == 6


async def test_compare_and_set_and_references(
    db: Database, shelf: dict[str, UUID], tmp_path: Path
) -> None:
    await imported(db, tmp_path, "sku,location,on_hand\nS0,main,10\n")
    wrong = await imported(db, tmp_path, "sku,location,on_hand,expected\nS0,main,7,9\n")
    assert counts(wrong) == (0, 0, 1)
    first = "sku,location,adjust,reference\nS0,main,1,GR-1\n"
    assert counts(await imported(db, tmp_path, first)) == (1, 0, 0)
    # Another file, the same delivery note: applied once, and a contradiction is told.
    second = first + "S0,main,2,GR-2\n"
    assert counts(await imported(db, tmp_path, second)) == (1, 1, 0)
    third = "sku,location,adjust,reference\nS0,main,5,GR-1\n"
    assert [i.code for i in (await imported(db, tmp_path, third)).issues] == ["reused"]
    assert (await level(db, shelf, "s0")).on_hand == 13


async def test_a_default_location_and_as_of_are_for_rows_that_name_none(
    db: Database, shelf: dict[str, UUID], tmp_path: Path, clock
) -> None:
    text = "sku,location,on_hand\nS0,,4\nS1,side,5\n"
    assert counts(await imported(db, tmp_path, text, location="main")) == (2, 0, 0)
    assert (await level(db, shelf, "s0")).on_hand == 4
    with pytest.raises(InstantInFuture):
        await imported(db, tmp_path, text, as_of=clock.now() + timedelta(days=1))


async def test_a_file_that_is_something_else_is_refused(
    db: Database, shelf: dict[str, UUID], tmp_path: Path
) -> None:
    for text in ("", "a,b\n1,2\n", "sku,location\nS0,main\n", "sku,sku,on_hand\nS0,S0,1\n"):
        with pytest.raises(FileUnreadable):
            await imported(db, tmp_path, text)


async def test_many_rows_go_in_batches(
    db: Database, shelf: dict[str, UUID], tmp_path: Path
) -> None:
    rows = "".join(f"S{n % 3},main,1,R{n}\n" for n in range(1_200))
    seen: list[int] = []
    report = await imported(
        db,
        tmp_path,
        "sku,location,adjust,reference\n" + rows,
        on_progress=lambda at: seen.append(at.rows),
    )
    assert seen == [500, 1_000, 1_200]
    assert counts(report) == (1_200, 0, 0)
    assert (await level(db, shelf, "s0")).on_hand == 400
