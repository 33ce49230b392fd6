"""Many buyers at once (DOMAIN.md F2, F5, F17): never a unit too many, no deadlock seen."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID

import pytest

from argosy.kernel.ids import new_id
from argosy.modules import inventory
from argosy.modules.inventory import Demand, OutOfStock, Reservation
from argosy.runtime.db import Database, DatabaseUnavailable
from tests.modules.inventory.making import (
    HOLD,
    a_location,
    assert_explained,
    level,
    reserve,
    stocked,
    take,
    wanted,
)


def bundle(variants: tuple[UUID, ...], rng: random.Random) -> list[Demand]:
    """All variants of a shared set in random order, one of them split over two lines."""
    lines = [Demand(variant_id=variant, quantity=1) for variant in variants]
    rng.shuffle(lines)
    return lines


async def test_200_buyers_for_the_last_20_of_a_shared_set(db: Database) -> None:
    at = await a_location(db)
    variants = await stocked(db, at, 20, 25, 30, 40)
    rng = random.Random(7)

    async def buy() -> bool:
        lines = bundle(variants, rng)
        try:
            async with db.transaction() as tx:
                await inventory.take(tx, new_id(), lines, locations=[at])
                await asyncio.sleep(rng.random() / 500)
        except OutOfStock as refused:
            short.update(line.variant_id for line in refused.lines)
            return False
        return True

    short: set[UUID] = set()
    sold = await asyncio.gather(*(buy() for _ in range(200)))
    assert sum(sold) == 20
    assert short == {variants[0]}
    assert (await level(db, variants[0], at)).sellable == 0
    assert (await level(db, variants[3], at)).allocated == 20
    await assert_explained(db)


async def test_buyers_of_overlapping_sets_at_two_locations(db: Database) -> None:
    a, b = await a_location(db, "a"), await a_location(db, "b")
    variants = await stocked(db, a, 10, 10, 10, 10, 10)
    async with db.transaction() as tx:
        for variant in variants:
            await inventory.post_fact(
                tx,
                inventory.Fact(
                    key=f"adjustment:{new_id()}",
                    kind="adjustment",
                    reason="correction",
                    actor="tests",
                    items=(inventory.Movement(variant_id=variant, location_id=b, on_hand=10),),
                ),
            )
    rng = random.Random(11)

    async def shop() -> int:
        lines = [Demand(variant_id=v, quantity=rng.randint(1, 2)) for v in rng.sample(variants, 3)]
        order, places = new_id(), rng.sample([a, b], 2)
        try:
            async with db.transaction() as tx:
                await inventory.reserve(
                    tx, order, lines, locations=places, expires_at=tx.now + HOLD
                )
            async with db.transaction() as tx:
                if rng.random() < 0.3:
                    await inventory.release(tx, order, reason="declined")
                    return 0
                assert isinstance(await inventory.allocate(tx, order), Reservation)
        except OutOfStock:
            return 0
        return sum(line.quantity for line in lines)

    sold = sum(await asyncio.gather(*(shop() for _ in range(150))))
    async with db.reading() as tx:
        levels = await inventory.levels_of(tx, variants)
    assert sum(one.allocated for one in levels) == sold
    assert all(one.sellable >= 0 and one.reserved == 0 for one in levels)
    await assert_explained(db)


async def test_F5_one_order_sent_many_times_at_once_holds_once(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 5)
    order = new_id()

    async def place() -> bool:
        try:
            held = await take(db, {shirt: 2}, at, order=order)
        except DatabaseUnavailable:
            return True  # it lost the race to be first, which is safe to repeat
        return held.adopted

    adopted = await asyncio.gather(*(place() for _ in range(30)))
    assert adopted.count(False) == 1
    assert (await take(db, {shirt: 2}, at, order=order)).adopted
    assert (await level(db, shirt, at)).allocated == 2
    await assert_explained(db)


async def test_expiry_and_allocation_at_once_agree(db: Database, clock) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 40)
    orders = [(await reserve(db, {shirt: 1}, at)).order_id for _ in range(40)]
    clock.advance(seconds=HOLD.total_seconds() + 1)

    async def pay(order: UUID) -> None:
        async with db.transaction() as tx:
            assert isinstance(await inventory.allocate(tx, order), Reservation)

    async def sweep() -> None:
        for _ in range(10):
            await inventory.expire_due(db, clock.now(), limit=5)

    await asyncio.gather(*(pay(order) for order in orders), sweep(), sweep())
    found = await level(db, shirt, at)
    assert (found.reserved, found.allocated, found.sellable) == (0, 40, 0)
    await assert_explained(db)


@pytest.mark.parametrize("step", ["ship", "cancel"])
async def test_a_hot_hold_of_an_earlier_release_is_whole_before_it_is_settled(
    db: Database, step: str
) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 3)
    order, now = new_id(), db.clock()
    async with db.pool.acquire() as connection:
        await connection.fetch(
            "select * from inventory.hold($1, $2, $3, $4, $5, $6, false, true, $7, $8, null)",
            *([order], [1], [shirt], [2], [at], [now + HOLD], now, "system:gate"),
        )
    await take(db, {shirt: 2}, at, order=order)
    async with db.transaction() as tx:
        if step == "ship":
            await inventory.fulfil(tx, order, wanted({shirt: 1}), shipment_id=new_id())
        else:
            await inventory.release(tx, order, reason="cancelled", cancel=True)
    await inventory.settle_hot(db)
    found = await level(db, shirt, at)
    expected = (2, 0, 1) if step == "ship" else (3, 0, 0)
    assert (found.on_hand, found.reserved, found.allocated) == expected
    await assert_explained(db)
