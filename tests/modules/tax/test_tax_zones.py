"""Tax zones, rates and packs on PostgreSQL."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from argosy.modules.tax import (
    TAX_PACKS,
    Area,
    SetRate,
    SetZone,
    TaxClass,
    TaxClassUnknown,
    TaxPackNotFound,
    TaxRateInvalid,
    TaxRateNotFound,
    TaxRateOverlaps,
    TaxZoneChanged,
    TaxZoneCodeTaken,
    TaxZoneInvalid,
    TaxZoneNotFound,
    Zone,
    add_rate,
    create_zone,
    delete_rate,
    delete_zone,
    index_zones,
    list_zones,
    load_tax_pack,
    rates_on,
    set_tax_class,
    tax_classes,
    update_rate,
    update_zone,
    zone_at,
    zone_by_id,
    zones_of_channel,
)
from argosy.runtime.db import Database

HERE, THERE = UUID(int=1), UUID(int=2)
GERMANY = SetZone(code="DE", name="Germany", areas=(Area(country="DE"),))


def vat(percent: str = "0.19", **more: object) -> SetRate:
    settings: dict[str, object] = {
        "tax_class": "standard",
        "code": "DE.standard",
        "name": "VAT",
        "jurisdiction": "DE",
        "rate": Decimal(percent),
    }
    return SetRate(**(settings | more))  # type: ignore[arg-type]


async def made(db: Database, zone: SetZone = GERMANY, *rates: SetRate) -> Zone:
    async with db.transaction() as tx:
        return await create_zone(tx, zone, rates)


async def test_a_zone_is_read_as_it_was_made(db: Database) -> None:
    zone = await made(db, GERMANY, vat(valid_from=date(2021, 1, 1), source="law"))
    async with db.reading() as tx:
        assert await zone_by_id(tx, zone.id) == zone
        assert await list_zones(tx, limit=5) == [zone]
    (rate,) = zone.rates
    assert (rate.rate, rate.valid_from, rate.valid_until, rate.source) == (
        Decimal("0.19"),
        date(2021, 1, 1),
        None,
        "law",
    )


async def test_zone_codes_are_unique(db: Database) -> None:
    await made(db)
    with pytest.raises(TaxZoneCodeTaken):
        await made(db)
    other = await made(db, SetZone(code="FR", name="France", areas=(Area(country="FR"),)))
    with pytest.raises(TaxZoneCodeTaken):
        async with db.transaction() as tx:
            await update_zone(tx, other.id, GERMANY, expected_version=1)


@pytest.mark.parametrize(
    ("field", "zone"),
    [
        ("code", SetZone(code="D E", name="x", areas=(Area(country="DE"),))),
        ("name", SetZone(code="DE", name=" ", areas=(Area(country="DE"),))),
        ("areas", SetZone(code="DE", name="x", areas=())),
        ("areas", SetZone(code="DE", name="x", areas=(Area(country="DE"), Area(country="DE")))),
        ("areas.0.country", SetZone(code="DE", name="x", areas=(Area(country="de"),))),
        (
            "areas.0.region",
            SetZone(code="DE", name="x", areas=(Area(country="DE", region="Bay."),)),
        ),
        (
            "areas.0.postal_prefix",
            SetZone(code="DE", name="x", areas=(Area(country="DE", postal_prefix="1 2"),)),
        ),
        ("priority", SetZone(code="DE", name="x", areas=(Area(country="DE"),), priority=2000)),
    ],
)
async def test_impossible_zones_are_named(db: Database, field: str, zone: SetZone) -> None:
    with pytest.raises(TaxZoneInvalid) as caught:
        await made(db, zone)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("field", "rate"),
    [
        ("rate", vat("-0.1")),
        ("rate", vat("19")),
        ("rate", vat("0.1234567")),
        ("rate", vat("NaN")),
        ("rate", vat("0.19", treatment="exempt")),
        ("code", vat(code="a b")),
        ("name", vat(name="")),
        ("jurisdiction", vat(jurisdiction=" ")),
        ("position", vat(position=5000)),
        ("valid_until", vat(valid_from=date(2026, 1, 2), valid_until=date(2026, 1, 2))),
    ],
)
async def test_impossible_rates_are_named(db: Database, field: str, rate: SetRate) -> None:
    zone = await made(db)
    with pytest.raises(TaxRateInvalid) as caught:
        async with db.transaction() as tx:
            await add_rate(tx, zone.id, rate)
    assert caught.value.field == field


async def test_rates_of_one_code_do_not_overlap(db: Database) -> None:
    zone = await made(db, GERMANY, vat("0.16", valid_until=date(2021, 1, 1)))
    async with db.transaction() as tx:
        zone = await add_rate(tx, zone.id, vat(valid_from=date(2021, 1, 1)))
    assert [rate.rate for rate in zone.rates] == [Decimal("0.16"), Decimal("0.19")]
    with pytest.raises(TaxRateOverlaps):
        async with db.transaction() as tx:
            await add_rate(tx, zone.id, vat("0.2", valid_from=date(2030, 1, 1)))
    with pytest.raises(TaxRateOverlaps):
        async with db.transaction() as tx:
            await update_rate(tx, zone.id, zone.rates[0].id, vat("0.16"))


async def test_rates_are_changed_and_removed_within_their_zone(db: Database) -> None:
    zone = await made(db, GERMANY, vat("0.16"))
    other = await made(db, SetZone(code="FR", name="France", areas=(Area(country="FR"),)))
    rate_id = zone.rates[0].id
    async with db.transaction() as tx:
        zone = await update_rate(tx, zone.id, rate_id, vat("0.19"))
    assert (zone.rates[0].rate, zone.rates[0].version, zone.version) == (Decimal("0.19"), 2, 2)
    with pytest.raises(TaxRateNotFound):
        async with db.transaction() as tx:
            await update_rate(tx, other.id, rate_id, vat())
    with pytest.raises(TaxRateNotFound):
        async with db.transaction() as tx:
            await delete_rate(tx, other.id, rate_id)
    async with db.transaction() as tx:
        assert (await delete_rate(tx, zone.id, rate_id)).rates == ()


async def test_unknown_zones_and_classes_are_told(db: Database) -> None:
    with pytest.raises(TaxZoneNotFound):
        async with db.transaction() as tx:
            await add_rate(tx, HERE, vat())
    with pytest.raises(TaxZoneNotFound):
        async with db.transaction() as tx:
            await update_zone(tx, HERE, GERMANY, expected_version=1)
    zone = await made(db)
    with pytest.raises(TaxClassUnknown):
        async with db.transaction() as tx:
            await add_rate(tx, zone.id, vat(tax_class="books"))
    async with db.transaction() as tx:
        await set_tax_class(tx, TaxClass(code="books", name="Books"))
        await add_rate(tx, zone.id, vat(tax_class="books"))
        assert TaxClass(code="books", name="Books") in await tax_classes(tx)


async def test_a_zone_is_replaced_by_one_editor_at_a_time(db: Database) -> None:
    zone = await made(db, GERMANY, vat())
    wider = SetZone(code="DE", name="Germany and more", areas=(Area(country="AT"),))
    async with db.transaction() as tx:
        changed = await update_zone(tx, zone.id, wider, expected_version=1)
    assert (changed.areas, changed.version, changed.rates) == (wider.areas, 2, zone.rates)
    with pytest.raises(TaxZoneChanged):
        async with db.transaction() as tx:
            await update_zone(tx, zone.id, GERMANY, expected_version=1)
    async with db.transaction() as tx:
        await delete_zone(tx, zone.id)
    async with db.reading() as tx:
        assert await list_zones(tx, limit=5) == []


async def test_a_channel_sees_its_own_zones_and_the_common_ones(db: Database) -> None:
    for code, channel in (("all", None), ("here", HERE), ("there", THERE)):
        await made(
            db, SetZone(code=code, name=code, areas=(Area(country="DE"),), channel_id=channel)
        )
    async with db.reading() as tx:
        assert [zone.code for zone in await zones_of_channel(tx, HERE)] == ["all", "here"]


@pytest.mark.parametrize("name", TAX_PACKS)
async def test_packs_load_once_and_keep_what_was_corrected(db: Database, name: str) -> None:
    async with db.transaction() as tx:
        first = await load_tax_pack(tx, name)
    assert first.zones_created >= 1
    assert first.rates_created >= first.zones_created
    assert first.zones_kept == 0
    async with db.transaction() as tx:
        again = await load_tax_pack(tx, name)
    assert (again.zones_created, again.zones_kept) == (0, first.zones_created)
    async with db.reading() as tx:
        zones = await zones_of_channel(tx, HERE)
    assert all(zone.source.endswith(str(first.as_of)) for zone in zones)


async def test_the_packs_say_what_was_due_where_and_when(db: Database) -> None:
    async with db.transaction() as tx:
        for name in TAX_PACKS:
            await load_tax_pack(tx, name)
        zones = await zones_of_channel(tx, HERE)

    def rate(place: tuple[str, str, str], tax_class: str, day: date) -> Decimal:
        zone = zone_at(index_zones(zones), *place)
        assert zone is not None
        _, found = rates_on(zone, tax_class, day)
        return sum((each.rate for each in found), Decimal(0))

    today = date(2026, 11, 21)
    assert rate(("DE", "", "10115"), "standard", today) == Decimal("0.19")
    assert rate(("DE", "", "10115"), "standard", date(2020, 8, 1)) == Decimal("0.16")
    assert rate(("DE", "", "27498"), "standard", today) == 0
    assert rate(("ES", "", "35001"), "standard", today) == 0
    assert rate(("FR", "", "75001"), "reduced", today) == Decimal("0.055")
    assert rate(("DK", "", ""), "reduced", today) == Decimal("0.25")
    assert rate(("US", "CA", "90001"), "standard", today) == Decimal("0.0725")
    assert rate(("US", "OR", ""), "standard", today) == 0
    assert rate(("US", "DC", ""), "standard", date(2026, 9, 30)) == Decimal("0.065")
    assert rate(("US", "DC", ""), "standard", today) == Decimal("0.07")
    assert zone_at(index_zones(zones), "US", "", "") is None
    assert zone_at(index_zones(zones), "BR", "", "") is None
    assert rate(("CH", "", "8001"), "standard", today) == Decimal("0.081")
    assert rate(("LI", "", "9490"), "reduced", date(2023, 12, 31)) == Decimal("0.025")
    assert rate(("GB", "NIR", "BT1"), "standard", today) == Decimal("0.2")
    assert rate(("GB", "", ""), "zero_rated", today) == 0
    assert rate(("DE", "", "10115"), "zero_rated", today) == Decimal("0.19")
    assert rate(("NO", "", ""), "reduced", today) == Decimal("0.15")
    assert rate(("SJ", "", ""), "standard", today) == 0
    assert rate(("JP", "13", ""), "reduced", today) == Decimal("0.08")
    assert rate(("AU", "NSW", "2000"), "standard", today) == Decimal("0.1")
    assert rate(("CA", "QC", ""), "standard", today) == Decimal("0.14975")
    assert rate(("CA", "NS", ""), "standard", date(2025, 3, 31)) == Decimal("0.15")
    assert rate(("CA", "NS", ""), "standard", today) == Decimal("0.14")
    assert rate(("CA", "AB", ""), "standard", today) == Decimal("0.05")


async def test_unknown_packs_are_told(db: Database) -> None:
    with pytest.raises(TaxPackNotFound):
        async with db.transaction() as tx:
            await load_tax_pack(tx, "../secrets")
