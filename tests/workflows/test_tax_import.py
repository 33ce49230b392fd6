"""Tables of local tax rates: each zone becomes exactly what the file says, or stays as it was."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from argosy.adapters.tabular import FileUnreadable
from argosy.adapters.tabular.taxes import TaxRateCsv
from argosy.modules import tax
from argosy.runtime.db import Database
from argosy.workflows.tax_import import TaxImport, import_tax_rates

CHANNEL = UUID(int=7)
DAY = date(2026, 3, 1)
ZIP = (
    "State,ZipCode,TaxRegionName,StateRate,EstimatedCombinedRate,EstimatedCountyRate,"
    "EstimatedCityRate,EstimatedSpecialRate,RiskLevel\n"
)


async def imported(db: Database, folder: Path, text: str, **more: object) -> TaxImport:
    file = folder / "rates.csv"
    file.write_text(text)
    return await import_tax_rates(db, TaxRateCsv(file), **more)  # type: ignore[arg-type]


async def rates_at(
    db: Database, country: str, region: str, postal: str
) -> dict[str, tuple[Decimal, str]]:
    async with db.reading() as tx:
        index = tax.index_zones(await tax.zones_of_channel(tx, CHANNEL))
    zone = tax.zone_at(index, country, region, postal)
    if zone is None:
        return {}
    _, rates = tax.rates_on(zone, "standard", DAY)
    return {rate.code: (rate.rate, rate.jurisdiction) for rate in rates}


def counts(done: TaxImport) -> tuple[int, int, int, int]:
    assert done.zones == done.created + done.updated + done.unchanged + done.failed
    return done.created, done.updated, done.unchanged, done.failed


async def test_B11_a_zip_table_becomes_zones_with_a_rate_for_each_jurisdiction(
    db: Database, tmp_path: Path
) -> None:
    text = (
        ZIP
        + "AL,35004,MOODY,0.040000,0.100000,0,0.040000,0.020000,2\n"
        + 'AL,35006,"JEFFERSON COUNTY",0.040000,0.060000,0.010000,0,0.010000,2\n'
        + 'AL,35015,"JEFFERSON COUNTY",0.040000,0.060000,0.010000,0,0.010000,2\n'
        + "OR,97201,PORTLAND,0,0,0,0,0,1\n"
    )
    done = await imported(db, tmp_path, text)
    assert counts(done) == (3, 0, 0, 0)
    assert done.rows == 4
    moody = await rates_at(db, "US", "AL", "35004-1234")
    assert moody == {
        "US-AL.state": (Decimal("0.04"), "US-AL"),
        "US-AL.city": (Decimal("0.04"), "US-AL-MOODY"),
        "US-AL.special": (Decimal("0.02"), "US-AL-MOODY"),
    }
    county = await rates_at(db, "US", "AL", "35015")
    assert sum(rate for rate, _ in county.values()) == Decimal("0.06")
    assert (await rates_at(db, "US", "OR", "97201"))["US-OR.state"][0] == 0
    assert await rates_at(db, "US", "AL", "36000") == {}

    assert counts(await imported(db, tmp_path, text)) == (0, 0, 3, 0)
    cut_anew = text.replace('35015,"JEFFERSON COUNTY"', '35015,"MIDDLE TOWN"')
    assert counts(await imported(db, tmp_path, cut_anew)) == (1, 1, 2, 0)
    gone = cut_anew.replace('35015,"MIDDLE TOWN"', "35015,MOODY").replace("0,0.010000,2", "0,0,2")
    assert counts(await imported(db, tmp_path, gone))[3] == 0
    async with db.reading() as tx:
        codes = [zone.code for zone in await tax.zones_of_channel(tx, CHANNEL)]
    assert codes == ["US-AL-JEFFERSON-COUNTY", "US-AL-MOODY", "US-AL-MOODY_2", "US-OR-PORTLAND"]
    raised = text.replace("0.040000,0.020000,2", "0.045000,0.020000,2")
    again = await imported(db, tmp_path, raised)
    assert counts(again)[3] == 0
    assert (await rates_at(db, "US", "AL", "35004"))["US-AL.city"][0] == Decimal("0.045")


async def test_regions_that_the_seller_does_not_serve_are_left_out(
    db: Database, tmp_path: Path
) -> None:
    text = ZIP + "AL,35004,MOODY,0.04,0.1,0,0.04,0.02,2\nOR,97201,PORTLAND,0,0,0,0,0,1\n"
    done = await imported(db, tmp_path, text, regions=frozenset({"OR"}))
    assert counts(done) == (1, 0, 0, 0)
    assert await rates_at(db, "US", "AL", "35004") == {}


async def test_our_own_columns_carry_every_fact_of_a_rate(db: Database, tmp_path: Path) -> None:
    text = (
        "zone,zone_name,country,region,postal_prefix,tax_class,code,name,jurisdiction,rate,"
        "treatment,compound,position,valid_from,valid_until,source\n"
        "QC,Quebec,CA,QC,,standard,gst,GST,CA,0.05,,,0,,,Act\n"
        "QC,Quebec,CA,QC,,standard,qst,QST,CA-QC,0.095,,yes,1,,2013-01-01,Act\n"
        "QC,Quebec,CA,QC,,standard,qst,QST,CA-QC,0.09975,,no,1,2013-01-01,,Act\n"
        "QC,Quebec,CA,QC,,reduced,zero,Groceries,CA,0,zero_rated,,,,,Sch. VI\n"
    )
    done = await imported(db, tmp_path, text, channel_id=CHANNEL, priority=5)
    assert counts(done) == (1, 0, 0, 0), done.faults
    async with db.reading() as tx:
        [zone] = await tax.zones_of_channel(tx, CHANNEL)
    assert (zone.code, zone.name, zone.channel_id, zone.priority) == ("QC", "Quebec", CHANNEL, 5)
    then = tax.rates_on(zone, "standard", date(2012, 12, 31))[1]
    now = tax.rates_on(zone, "standard", DAY)[1]
    assert [(rate.code, rate.rate, rate.compound) for rate in then] == [
        ("gst", Decimal("0.05"), False),
        ("qst", Decimal("0.095"), True),
    ]
    assert [(rate.code, rate.rate, rate.compound) for rate in now] == [
        ("gst", Decimal("0.05"), False),
        ("qst", Decimal("0.09975"), False),
    ]
    [zero] = tax.rates_on(zone, "reduced", DAY)[1]
    assert (zero.treatment, zero.source) == ("zero_rated", "Sch. VI")
    assert counts(await imported(db, tmp_path, text, channel_id=CHANNEL, priority=5)) == (
        0,
        0,
        1,
        0,
    )


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("DE,DE,,7.25", "rate"),
        ("DE,DE,,NaN", "rate"),
        ("DE,DE,,seven", "rate"),
        ("DE,Germany,,0.19", "areas.1.country"),
        ("DE,DE,,-0.19", "rate"),
        (",DE,,0.19", "zone"),
        ("D E,DE,,0.19", "code"),
        ("DE,DE,,0.19,0.20", ""),
    ],
)
async def test_a_zone_with_a_faulty_row_stays_as_it_was_and_the_others_come_in(
    db: Database, tmp_path: Path, row: str, column: str
) -> None:
    head = "zone,country,region,rate\n"
    await imported(db, tmp_path, head + "DE,DE,,0.16\n")
    done = await imported(db, tmp_path, head + f"FR,FR,,0.2\nDE,DE,,0.19\n{row}\n")
    assert (await rates_at(db, "FR", "", ""))["FR.standard"][0] == Decimal("0.2")
    assert [fault.column for fault in done.faults] == [column]
    assert done.faults[0].reason
    if row.startswith("DE,DE,,") and row.count(",") == 3:
        assert done.failed == 1
        assert (await rates_at(db, "DE", "", ""))["DE.standard"][0] == Decimal("0.16")


async def test_a_dry_run_says_the_same_and_stores_nothing(db: Database, tmp_path: Path) -> None:
    text = "zone,country,rate\nFR,FR,0.2\n"
    assert counts(await imported(db, tmp_path, text, dry_run=True)) == (1, 0, 0, 0)
    assert await rates_at(db, "FR", "", "") == {}
    assert counts(await imported(db, tmp_path, text)) == (1, 0, 0, 0)


async def test_a_file_that_is_no_table_of_rates_is_refused(db: Database, tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable):
        await imported(db, tmp_path, "sku,amount\nA,1\n")
    with pytest.raises(FileUnreadable):
        await imported(db, tmp_path, "zone,rate,rate\nA,1,1\n")
