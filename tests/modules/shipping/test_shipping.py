"""Shipping zones and methods on PostgreSQL."""

from datetime import date
from uuid import UUID

import pytest
from msgspec.structs import replace

from argosy.modules.shipping import (
    Area,
    ClassRule,
    Conditions,
    FreeFrom,
    Method,
    Packing,
    Promise,
    SetMethod,
    SetZone,
    ShippingChanged,
    ShippingClass,
    ShippingCodeTaken,
    ShippingMethodInvalid,
    ShippingMethodNotFound,
    ShippingZoneInvalid,
    ShippingZoneNotFound,
    ShippingZoneUsed,
    Tier,
    Zone,
    create_method,
    create_zone,
    delete_method,
    delete_zone,
    list_methods,
    list_zones,
    method_by_id,
    set_shipping_class,
    shipping_classes,
    update_method,
    update_zone,
    zone_by_id,
)
from argosy.runtime.db import Database

PROMISE = Promise(
    cut_off="14:00",
    time_zone="Europe/Berlin",
    transit_min_days=1,
    transit_max_days=2,
    holidays="DE-BY",
    closed=(date(2026, 12, 31),),
)
CHANNEL, OTHER = UUID(int=1), UUID(int=2)
GERMANY = SetZone(code="de", name="Germany", areas=(Area(country="DE"),))


def post(zone: Zone, **more: object) -> SetMethod:
    settings: dict[str, object] = {
        "code": "post",
        "name": "Post",
        "pricing": "flat",
        "zone_ids": (zone.id,),
        "tiers": (Tier(from_value=0, price_minor=490),),
    }
    return SetMethod(**(settings | more))  # type: ignore[arg-type]


@pytest.fixture
async def germany(db: Database) -> Zone:
    async with db.transaction() as tx:
        return await create_zone(tx, GERMANY)


async def a_method(db: Database, cmd: SetMethod, channel: UUID = CHANNEL) -> Method:
    async with db.transaction() as tx:
        return await create_method(tx, channel, cmd)


async def test_a_method_is_read_as_it_was_made(db: Database, germany: Zone) -> None:
    method = await a_method(
        db,
        post(
            germany,
            pricing="weight",
            tiers=(Tier(from_value=0, price_minor=490), Tier(from_value=31500, price_minor=None)),
            class_rules=(ClassRule(shipping_class="bulky", surcharge_minor=1500),),
            min_days=1,
            max_days=3,
            packing=Packing(max_weight_g=31500, cm3_per_kg=5000),
            conditions=Conditions(max_units=20, only_classes=("standard",)),
            free_from=FreeFrom(amount_minor=5000, counts="before_discounts"),
            promise=PROMISE,
        ),
    )
    async with db.reading() as tx:
        assert await method_by_id(tx, method.id) == method
        assert await list_methods(tx, channel_id=CHANNEL) == [method]
        assert await list_methods(tx, channel_id=OTHER) == []
    assert method.tiers[1].price_minor is None


async def test_codes_are_unique_in_their_channel(db: Database, germany: Zone) -> None:
    await a_method(db, post(germany))
    await a_method(db, post(germany), OTHER)
    with pytest.raises(ShippingCodeTaken):
        await a_method(db, post(germany))
    with pytest.raises(ShippingCodeTaken):
        async with db.transaction() as tx:
            await create_zone(tx, GERMANY)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("code", {"code": "Post!"}),
        ("name", {"name": ""}),
        ("tax_class", {"tax_class": "No Class"}),
        ("zone_ids", {"zone_ids": ()}),
        ("zone_ids", {"zone_ids": (UUID(int=77),)}),
        ("tiers", {"tiers": ()}),
        ("tiers", {"tiers": (Tier(from_value=5, price_minor=1),)}),
        (
            "tiers",
            {
                "pricing": "weight",
                "tiers": (Tier(from_value=9, price_minor=1), Tier(from_value=0, price_minor=2)),
            },
        ),
        ("tiers.0", {"tiers": (Tier(from_value=0, price_minor=-1),)}),
        ("class_rules.0", {"class_rules": (ClassRule(shipping_class="b", surcharge_minor=-1),)}),
        ("max_days", {"min_days": 3, "max_days": 1}),
        ("max_days", {"min_days": 3}),
        ("packing", {"packing": Packing()}),
        ("packing.cm3_per_kg", {"packing": Packing(cm3_per_kg=0)}),
        ("conditions.max_units", {"conditions": Conditions(min_units=3, max_units=2)}),
        ("conditions.only_classes", {"conditions": Conditions(only_classes=("A B",))}),
        ("free_from.amount_minor", {"free_from": FreeFrom(amount_minor=0)}),
        ("promise.cut_off", {"promise": replace(PROMISE, cut_off="25:00")}),
        ("promise.cut_off", {"promise": replace(PROMISE, cut_off="14")}),
        ("promise.time_zone", {"promise": replace(PROMISE, time_zone="Mars/Base")}),
        ("promise.transit_max_days", {"promise": replace(PROMISE, transit_max_days=0)}),
        ("promise.handling_days", {"promise": replace(PROMISE, handling_days=-1)}),
        ("promise.ship_days", {"promise": replace(PROMISE, ship_days=())}),
        ("promise.delivery_days", {"promise": replace(PROMISE, delivery_days=(8,))}),
        ("promise.holidays", {"promise": replace(PROMISE, holidays="DE-QQ")}),
    ],
)
async def test_impossible_methods_are_named(
    db: Database, germany: Zone, field: str, given: dict[str, object]
) -> None:
    with pytest.raises(ShippingMethodInvalid) as caught:
        await a_method(db, post(germany, **given))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("field", "zone"),
    [
        ("code", SetZone(code="D E", name="x", areas=(Area(country="DE"),))),
        ("name", SetZone(code="de", name="", areas=(Area(country="DE"),))),
        ("areas", SetZone(code="de", name="x", areas=())),
        ("areas.0.country", SetZone(code="de", name="x", areas=(Area(country="Germany"),))),
        (
            "areas",
            SetZone(
                code="de",
                name="x",
                areas=(Area(country="DE", postal_codes=("1*",)), Area(country="DE")),
            ),
        ),
        (
            "areas.0.postal_codes.1",
            SetZone(code="de", name="x", areas=(Area(country="DE", postal_codes=("1*", "9..1")),)),
        ),
        ("areas.0.region", SetZone(code="de", name="x", areas=(Area(country="DE", region="b"),))),
    ],
)
async def test_impossible_zones_are_named(db: Database, field: str, zone: SetZone) -> None:
    with pytest.raises(ShippingZoneInvalid) as caught:
        async with db.transaction() as tx:
            await create_zone(tx, zone)
    assert caught.value.field == field


async def test_methods_are_changed_by_one_editor_at_a_time(db: Database, germany: Zone) -> None:
    method = await a_method(db, post(germany))
    async with db.transaction() as tx:
        changed = await update_method(
            tx, method.id, post(germany, name="Parcel", active=False), expected_version=1
        )
    assert (changed.name, changed.active, changed.version) == ("Parcel", False, 2)
    with pytest.raises(ShippingChanged):
        async with db.transaction() as tx:
            await update_method(tx, method.id, post(germany), expected_version=1)
    async with db.transaction() as tx:
        await delete_method(tx, method.id)
    with pytest.raises(ShippingMethodNotFound):
        async with db.transaction() as tx:
            await update_method(tx, method.id, post(germany), expected_version=2)


async def test_zones_in_use_stay(db: Database, germany: Zone) -> None:
    method = await a_method(db, post(germany))
    with pytest.raises(ShippingZoneUsed):
        async with db.transaction() as tx:
            await delete_zone(tx, germany.id)
    async with db.transaction() as tx:
        await delete_method(tx, method.id)
        await delete_zone(tx, germany.id)
    with pytest.raises(ShippingZoneNotFound):
        async with db.transaction() as tx:
            await delete_zone(tx, germany.id)


async def test_zone_areas_are_replaced(db: Database, germany: Zone) -> None:
    wider = SetZone(
        code="dach", name="DACH", areas=(Area(country="AT"), Area(country="DE", region="BY"))
    )
    async with db.transaction() as tx:
        changed = await update_zone(tx, germany.id, wider, expected_version=1)
    async with db.reading() as tx:
        assert await zone_by_id(tx, germany.id) == changed
        assert await list_zones(tx) == [changed]
    assert (changed.areas, changed.version) == (wider.areas, 2)
    with pytest.raises(ShippingChanged):
        async with db.transaction() as tx:
            await update_zone(tx, germany.id, GERMANY, expected_version=1)


async def test_shipping_classes_are_added_and_renamed(db: Database) -> None:
    async with db.transaction() as tx:
        await set_shipping_class(tx, ShippingClass(code="frozen", name="Frozen"))
        await set_shipping_class(tx, ShippingClass(code="frozen", name="Deep-frozen"))
        found = await shipping_classes(tx)
    assert [each.code for each in found] == ["standard", "bulky", "frozen"]
    assert found[-1].name == "Deep-frozen"
    with pytest.raises(ShippingMethodInvalid):
        async with db.transaction() as tx:
            await set_shipping_class(tx, ShippingClass(code="Not A Code", name="x"))


async def test_postal_codes_of_a_zone_are_stored_plainly_and_replaced(db: Database) -> None:
    given = (
        Area(country="DE", except_postal_codes=("27498",)),
        Area(country="GB", postal_codes=("bt *", "IM*")),
    )
    async with db.transaction() as tx:
        zone = await create_zone(tx, SetZone(code="z", name="Z", areas=given))
    assert zone.areas[1].postal_codes == ("BT*", "IM*")
    one = SetZone(code="z", name="Z", areas=(Area(country="DE", postal_codes=("1..2",)),))
    async with db.transaction() as tx:
        changed = await update_zone(tx, zone.id, one, expected_version=1)
    assert changed.areas == one.areas
