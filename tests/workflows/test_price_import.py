"""Price files: every row is taken or reported, and the same file again writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from argosy.adapters.tabular import FileUnreadable
from argosy.adapters.tabular.prices import PriceCsv
from argosy.modules import catalog, pricing, staff
from argosy.modules.catalog import ProductInput, VariantInput
from argosy.modules.pricing import ChangePriceList, CreatePriceList, Price, SetPrice
from argosy.runtime.db import Database
from argosy.workflows import price_import
from argosy.workflows.price_import import PriceImport, import_prices


@pytest.fixture
async def shelf(db: Database) -> dict[str, UUID]:
    """Three variants, and a list in euro and one in yen."""
    async with db.transaction() as tx:
        for code, currency in (("eur", "EUR"), ("jpy", "JPY")):
            await pricing.create_price_list(
                tx, CreatePriceList(code=code, name=code, currency=currency)
            )
        variants = tuple(VariantInput(sku=f"S{n}", options={"N": str(n)}) for n in range(3))
        [made] = await catalog.upsert_products(
            tx, [ProductInput(slug="thing", title="Thing", variants=variants)]
        )
    assert isinstance(made, catalog.Upserted), made
    return dict(made.variants)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "prices.csv"


def written(file: Path, text: str, encoding: str = "utf-8") -> PriceCsv:
    file.write_bytes(text.encode(encoding))
    return PriceCsv(file, time_zone="Europe/Berlin")


async def imported(db: Database, file: Path, text: str, **more: object) -> PriceImport:
    settings = {"outlier_percent": 100_000} | more
    return await import_prices(db, written(file, text), **settings)  # type: ignore[arg-type]


async def prices_of(db: Database, code: str) -> list[Price]:
    async with db.reading() as tx:
        prices = await pricing.price_list_by_code(tx, code)
        return await pricing.list_prices(tx, prices.id, limit=100)


def counts(done: PriceImport) -> tuple[int, int, int, int]:
    assert done.rows == done.created + done.updated + done.unchanged + done.failed
    return done.created, done.updated, done.unchanged, done.failed


async def test_prices_are_set_by_sku_and_list(
    db: Database, shelf: dict[str, UUID], file: Path
) -> None:
    done = await imported(
        db,
        file,
        "SKU,Price List,Min Quantity,Amount,Compare At,Valid From,Valid To\n"
        "s0,eur,,19.99,24.99,,\n"
        "S0,eur,10,17.5,,,\n"
        'S1,eur,1,"1.234,50",,2026-03-01,2026-04-01T00:00:00+00:00\n'
        "S2,jpy,1,80,,,\n",
    )
    assert (counts(done), done.faults) == ((4, 0, 0, 0), [])
    assert [
        (p.variant_id, p.min_quantity, p.amount_minor, p.compare_at_minor)
        for p in sorted(await prices_of(db, "eur"), key=lambda p: p.amount_minor)
    ] == [
        (shelf["s0"], 10, 1750, None),
        (shelf["s0"], 1, 1999, 2499),
        (shelf["s1"], 1, 123450, None),
    ]
    (dated,) = [p for p in await prices_of(db, "eur") if p.variant_id == shelf["s1"]]
    # Midnight in Berlin, and an instant that says its own zone.
    assert dated.valid_from == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert dated.valid_until == datetime(2026, 4, 1, tzinfo=UTC)
    assert [p.amount_minor for p in await prices_of(db, "jpy")] == [80]


async def test_E4_the_same_file_again_changes_nothing(
    db: Database, shelf: dict[str, UUID], file: Path
) -> None:
    text = "sku,amount\nS0,1\nS1,2\n"
    assert counts(await imported(db, file, text, price_list="eur")) == (2, 0, 0, 0)
    assert counts(await imported(db, file, text, price_list="eur")) == (0, 0, 2, 0)
    changed = "sku,amount\nS0,1\nS1,3\n"
    assert counts(await imported(db, file, changed, price_list="eur")) == (0, 1, 1, 0)
    async with db.reading() as tx:
        trail = await staff.list_audit(tx, staff.AuditFilter(action="prices.imported"), limit=9)
    assert [(e.after or {})["updated"] for e in trail] == [1, 0, 0]


async def test_every_row_that_is_not_taken_says_where_and_why(
    db: Database, shelf: dict[str, UUID], file: Path
) -> None:
    done = await imported(
        db,
        file,
        "sku,price_list,amount,compare_at,min_quantity,valid_from,valid_to,colour\n"
        "S0,eur,1.00,,,,,\n"
        "S9,eur,1.00,,,,,\n"
        "S0,gbp,1.00,,,,,\n"
        "S0,,1.00,,,,,\n"
        "S1,eur,,,,,,\n"
        "S1,eur,abc,,,,,\n"
        "S1,eur,1.999,,,,,\n"
        "S1,jpy,1.50,,,,,\n"
        "S1,eur,-1,,,,,\n"
        "S1,eur,1,x,,,,\n"
        "S1,eur,1,,1.5,,,\n"
        "S1,eur,1,,0,,,\n"
        "S1,eur,1,,,March,,\n"
        "S1,eur,1,,,2026-03-02,2026-03-01,\n"
        ",eur,1,,,,,\n"
        "S0,eur,2.00,,,,,\n"
        "S1,eur,1,,,,,,,,extra\n"
        "\n"
        "S2,eur,3.00,,,,,\n",
    )
    assert counts(done) == (2, 0, 0, 16)
    assert done.warnings == 1
    assert {(f.row, f.column) for f in done.faults if f.severity == "error"} == {
        (3, "sku"),
        (4, "price_list"),
        (5, "price_list"),
        (6, "amount"),
        (7, "amount"),
        (8, "amount"),
        (9, "amount"),
        (10, "amount"),
        (11, "compare_at"),
        (12, "min_quantity"),
        (13, "min_quantity"),
        (14, "valid_from"),
        (15, "valid_to"),
        (16, "sku"),
        (17, "sku"),
        (18, ""),
    }
    assert all(fault.reason for fault in done.faults)
    assert {p.amount_minor for p in await prices_of(db, "eur")} == {100, 300}


async def test_an_overlap_keeps_only_its_own_row_out(
    db: Database, shelf: dict[str, UUID], file: Path
) -> None:
    async with db.transaction() as tx:
        euro = await pricing.price_list_by_code(tx, "eur")
        march = datetime(2026, 3, 1, tzinfo=UTC)
        first = SetPrice(variant_id=shelf["s1"], amount_minor=1, valid_from=march)
        await pricing.set_prices(tx, euro.id, [first])
    text = "sku,amount\nS0,5\nS1,6\nS2,7\n"
    done = await imported(db, file, text, price_list="eur")
    assert counts(done) == (2, 0, 0, 1)
    assert [(fault.row, fault.column) for fault in done.faults] == [(3, "valid_from")]


async def test_a_file_longer_than_a_batch_is_whole(
    db: Database, shelf: dict[str, UUID], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(price_import, "BATCH_ROWS", 4)
    rows = [f"S{n % 3},{n // 3 + 1},{n + 1}.00" for n in range(30)]
    text = "\n".join(["sku,min_quantity,amount", *rows, "S0,1,5"])
    seen: list[int] = []
    done = await imported(
        db, file, text, price_list="eur", on_progress=lambda now: seen.append(now.rows)
    )
    assert counts(done) == (30, 0, 0, 1)
    assert seen[0] == 4
    assert seen[-1] == 31
    assert done.faults[0].reason == "Row 2 sets this price already."


async def test_a_dry_run_tells_the_same_and_stores_nothing(
    db: Database, shelf: dict[str, UUID], file: Path
) -> None:
    text = "sku,amount\nS0,1\nS9,2\n"
    assert counts(await imported(db, file, text, price_list="eur", dry_run=True)) == (1, 0, 0, 1)
    assert await prices_of(db, "eur") == []
    assert await db.pool.fetchval("select count(*) from runtime.outbox where type ~ 'pricing'") == 2


async def test_an_unknown_default_list_stops_the_import(
    db: Database, shelf: dict[str, UUID], file: Path
) -> None:
    with pytest.raises(pricing.PriceListNotFound):
        await imported(db, file, "sku,amount\nS0,1\n", price_list="none")


@pytest.mark.parametrize(
    "header", ["sku,colour", "amount", "sku,amount,price", "", "sku,sku,amount"]
)
async def test_a_file_without_its_columns_is_refused(
    db: Database, shelf: dict[str, UUID], file: Path, header: str
) -> None:
    with pytest.raises(FileUnreadable):
        await imported(db, file, f"{header}\nS0,1\n", price_list="eur")


async def test_decimal_commas_and_semicolons_of_spreadsheets(
    db: Database, shelf: dict[str, UUID], file: Path
) -> None:
    done = await imported(db, file, 'sku;amount\nS0;19,9\n="S1";1.000,00\n', price_list="eur")
    assert counts(done) == (2, 0, 0, 0)
    assert {p.amount_minor for p in await prices_of(db, "eur")} == {1990, 100_000}
    source = written(file, "sku;amount;größe\nS2;1,5;\n", "cp1252")
    guessed = await import_prices(db, source, price_list="eur")
    assert (counts(guessed), guessed.warnings) == ((1, 0, 0, 0), 2)


async def test_a_slip_of_the_decimal_point_keeps_the_whole_file_out_until_acknowledged(
    db: Database, shelf: dict[str, UUID], file: Path
) -> None:
    rows = "sku,amount\nS0,10.00\nS1,20.00\nS2,30.00\n"
    await imported(db, file, rows, price_list="eur")
    slip = "sku,amount\nS0,11.00\nS1,2000\nS2,0\n"
    plan = await imported(db, file, slip, price_list="eur", dry_run=True, outlier_percent=50)
    assert [(o.row, o.sku, o.before_minor, o.after_minor) for o in plan.outliers] == [
        (3, "S1", 2000, 200000),
        (4, "S2", 3000, 0),
    ]
    assert (plan.outlier_count, plan.updated) == (2, 3)
    for code in (None, "", "something else"):
        with pytest.raises(pricing.OutliersUnacknowledged) as caught:
            await imported(db, file, slip, price_list="eur", outlier_percent=50, acknowledged=code)
        assert caught.value.details["acknowledgement"] == plan.acknowledgement
    assert {p.amount_minor for p in await prices_of(db, "eur")} == {1000, 2000, 3000}
    done = await imported(
        db, file, slip, price_list="eur", outlier_percent=50, acknowledged=plan.acknowledgement
    )
    assert (done.updated, done.outlier_count) == (3, 2)
    assert {p.amount_minor for p in await prices_of(db, "eur")} == {1100, 200000, 0}


async def test_an_acknowledgement_holds_for_exactly_what_was_looked_at(
    db: Database, shelf: dict[str, UUID], file: Path
) -> None:
    await imported(db, file, "sku,amount\nS0,10\n", price_list="eur")
    ask = {"price_list": "eur", "outlier_percent": 50}
    plan = await imported(db, file, "sku,amount\nS0,100\n", dry_run=True, **ask)
    with pytest.raises(pricing.OutliersUnacknowledged):
        await imported(db, file, "sku,amount\nS0,1000\n", acknowledged=plan.acknowledgement, **ask)
    # What came new, moves little, or is compared with the price of its own time, is no outlier.
    fine = "sku,amount,valid_from\nS0,15,2030-01-01\nS1,9999,\n"
    assert (await imported(db, file, fine, **ask)).outlier_count == 0


async def test_C11_rows_that_move_too_far_are_reported_in_plan_and_apply(
    db: Database, shelf: dict[str, UUID], file: Path
) -> None:
    text = "sku,price_list,amount\nS0,eur,10.00\nS1,eur,10.00\nS2,jpy,80\n"
    await imported(db, file, text)
    async with db.transaction() as tx:
        prices = await pricing.price_list_by_code(tx, "eur")
        await pricing.change_price_list(
            tx, prices.id, ChangePriceList(max_step_per_day=1000), expected_version=1
        )
    moved = "sku,price_list,amount\nS0,eur,11.00\nS1,eur,11.01\nS2,jpy,160\n"
    for dry_run in (True, False):
        done = await imported(db, file, moved, dry_run=dry_run, outlier_percent=50)
        assert counts(done) == ((0, 2, 0, 1) if dry_run else (0, 1, 1, 1))
        (fault,) = done.faults
        assert (fault.row, fault.column) == (3, "amount")
        assert fault.reason.startswith("11.01 EUR is more than 10 % away from 10.00 EUR, which is")
        assert "9.00 EUR to 11.00 EUR" in fault.reason
        # What cannot be taken anyway needs no acknowledgement.
        assert [one.sku for one in done.outliers] == (["S2"] if dry_run else [])
        moved = moved.replace(",160", ",80")
    assert {p.amount_minor for p in await prices_of(db, "eur")} == {1000, 1100}
