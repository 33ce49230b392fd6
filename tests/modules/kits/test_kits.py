"""Kits on PostgreSQL."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from uuid import UUID

import pytest

from argosy.kernel.bill import Bill, BillGroup, BillItem, BillOption
from argosy.kernel.errors import ArgosyError
from argosy.modules.kits import (
    Kit,
    KitChangedMeanwhile,
    KitNested,
    KitNotFound,
    drop_kit,
    forget_kits,
    kit_of,
    kits_of,
    kits_with,
    set_kit,
)
from argosy.runtime.db import Database

KIT, OTHER, A, B = (UUID(int=n) for n in range(1, 5))
BILL = Bill(
    items=(BillItem(variant_id=A, quantity=2),),
    groups=(
        BillGroup(
            code="x",
            name="X",
            options=(BillOption(code="b", variant_id=B, extra={"EUR": 5}),),
            defaults=("b",),
        ),
    ),
    price="sum",
    percent_off=Decimal("12.5"),
    amount_off={"EUR": 100},
)


async def put(db: Database, kit: UUID, bill: Bill, expected: int | None = None) -> Kit:
    async with db.transaction() as tx:
        return await set_kit(tx, kit, bill, expected=expected)


async def told(db: Database) -> list[tuple[int, bool]]:
    rows = await db.pool.fetch(
        "select data from runtime.outbox where type = 'argosy.kits.kit_changed.v1' order by id"
    )
    return [(row["data"]["version"], row["data"]["gone"]) for row in rows]


async def test_a_kit_is_kept_as_it_was_given_and_guarded_by_its_version(db: Database) -> None:
    made = await put(db, KIT, BILL, 0)
    assert (made.bill, made.version) == (BILL, 1)
    assert await put(db, KIT, BILL, 1) == made
    with pytest.raises(KitChangedMeanwhile):
        await put(db, KIT, BILL, 0)
    less = Bill(items=(BillItem(variant_id=A),))
    assert (await put(db, KIT, less)).version == 2
    async with db.reading() as tx:
        assert (await kit_of(tx, KIT)).bill == less
        assert await kits_of(tx, [KIT, A]) == {KIT: await kit_of(tx, KIT)}
        assert await kits_with(tx, [A, B]) == [KIT]
        assert await kits_with(tx, [B]) == []
    assert await told(db) == [(1, False), (2, False)]
    async with db.transaction() as tx:
        with pytest.raises(KitChangedMeanwhile):
            await drop_kit(tx, KIT, expected=1)
        await drop_kit(tx, KIT, expected=2)
        with pytest.raises(KitNotFound):
            await drop_kit(tx, KIT)
        await forget_kits(tx, [KIT])
    async with db.reading() as tx:
        assert await kits_with(tx, [A]) == []
    assert (await told(db))[2:] == [(3, True)]


async def test_no_kit_is_in_a_kit_also_when_two_are_saved_at_once(db: Database) -> None:
    with pytest.raises(KitNested):
        await put(db, KIT, BILL)
        await put(db, OTHER, Bill(items=(BillItem(variant_id=KIT),)))
    with pytest.raises(KitNested) as refused:
        await put(db, A, Bill(items=(BillItem(variant_id=OTHER),)))
    assert refused.value.details["variants"]
    crossing = [
        put(db, OTHER, Bill(items=(BillItem(variant_id=UUID(int=9)),))),
        put(db, UUID(int=9), Bill(items=(BillItem(variant_id=OTHER),))),
    ]
    found = await asyncio.gather(*crossing, return_exceptions=True)
    assert sorted(type(one) for one in found if isinstance(one, ArgosyError)) == [KitNested]
