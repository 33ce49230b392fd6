"""Reserve, take, allocate, release, fulfil, expire (DOMAIN.md F, part one 18 and 20)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from argosy.kernel.ids import new_id
from argosy.modules import inventory
from argosy.modules.inventory import (
    AlreadyAllocated,
    Demand,
    FactReused,
    NotAllocated,
    OutOfStock,
    QuantityInvalid,
    Reservation,
    ReservationNotFound,
    Selling,
    Shortage,
    TooManyShipped,
)
from argosy.runtime.db import Database, counting_statements
from tests.modules.inventory.making import (
    HOLD,
    a_location,
    adjust,
    assert_explained,
    events,
    level,
    reserve,
    stocked,
    take,
    wanted,
)


async def test_F1_reserving_takes_from_sellable_and_not_from_the_shelf(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 5)
    held = await reserve(db, {shirt: 3}, at)
    found = await level(db, shirt, at)
    assert (found.on_hand, found.reserved, found.allocated, found.sellable) == (5, 3, 0, 2)
    assert held.state == "held"
    assert held.expires_at is not None
    assert not held.adopted
    await assert_explained(db)


async def test_each_use_case_is_one_round_trip(db: Database) -> None:
    at = await a_location(db)
    shirt, mug = await stocked(db, at, 5, 5)
    order, other = new_id(), new_id()
    async with db.transaction() as tx:
        with counting_statements() as count:
            await inventory.reserve(
                tx, order, wanted({shirt: 1, mug: 2}), locations=[at], expires_at=tx.now + HOLD
            )
            await inventory.allocate(tx, order)
            await inventory.take(tx, other, wanted({shirt: 1}), locations=[at])
            await inventory.release(tx, other, reason="cancelled", cancel=True)
            await inventory.fulfil(tx, order, wanted({shirt: 1}), shipment_id=new_id())
        assert count.statements == 5
    await assert_explained(db)


async def test_18_all_lines_or_none_and_each_short_line_is_named(db: Database) -> None:
    at = await a_location(db)
    shirt, mug, cap = await stocked(db, at, 5, 1, 0)
    unknown = new_id()
    with pytest.raises(OutOfStock) as refused:
        await reserve(db, {shirt: 5, mug: 2, cap: 1, unknown: 4}, at)
    assert {(s.variant_id, s.wanted, s.available) for s in refused.value.lines} == {
        (mug, 2, 1),
        (cap, 1, 0),
        (unknown, 4, 0),
    }
    assert (await level(db, shirt, at)).reserved == 0
    await assert_explained(db)


async def test_out_of_stock_leaves_the_transaction_usable(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 1)
    async with db.transaction() as tx:
        with pytest.raises(OutOfStock):
            await inventory.take(tx, new_id(), wanted({shirt: 2}), locations=[at])
        await inventory.take(tx, new_id(), wanted({shirt: 1}), locations=[at])
    assert (await level(db, shirt, at)).allocated == 1


async def test_F2_demand_is_folded_per_variant(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 3)
    lines = [Demand(variant_id=shirt, quantity=2), Demand(variant_id=shirt, quantity=2)]
    async with db.transaction() as tx:
        with pytest.raises(OutOfStock) as refused:
            await inventory.take(tx, new_id(), lines, locations=[at])
    assert refused.value.lines[0].wanted == 4


@pytest.mark.parametrize("quantity", [0, -1, 1_000_000_001])
async def test_impossible_quantities_are_refused(db: Database, quantity: int) -> None:
    with pytest.raises(QuantityInvalid):
        await reserve(db, {new_id(): quantity}, new_id())


async def test_18_backorder_goes_down_to_its_limit_and_is_shown(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 2, selling=Selling(backorder_limit=3))
    held = await reserve(db, {shirt: 4}, at)
    assert [(line.quantity, line.backordered) for line in held.lines] == [(4, 2)]
    with pytest.raises(OutOfStock) as refused:
        await reserve(db, {shirt: 2}, at)
    assert refused.value.lines[0].available == 1
    await reserve(db, {shirt: 1}, at)
    assert (await level(db, shirt, at)).sellable == -3


async def test_18_safety_stock_is_kept_back_and_F16_negative_oversells(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 5, selling=Selling(safety_stock=2))
    seat = await stocked(db, at, 5, selling=Selling(safety_stock=-2))
    with pytest.raises(OutOfStock):
        await reserve(db, {shirt: 4}, at)
    await reserve(db, {shirt: 3, seat: 7}, at)
    with pytest.raises(OutOfStock):
        await reserve(db, {seat: 1}, at)
    await assert_explained(db)


async def test_F5_the_same_order_again_finds_its_first_hold(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 5)
    order = new_id()
    first = await reserve(db, {shirt: 2}, at, order=order)
    again = await reserve(db, {shirt: 2}, at, order=order)
    assert again.adopted
    assert again.lines == first.lines
    assert again.expires_at is not None
    assert first.expires_at is not None
    assert again.expires_at > first.expires_at
    assert (await level(db, shirt, at)).reserved == 2


async def test_other_lines_for_a_held_order_replace_its_hold(db: Database) -> None:
    at = await a_location(db)
    shirt, mug = await stocked(db, at, 5, 5)
    order = new_id()
    await reserve(db, {shirt: 4}, at, order=order)
    replaced = await reserve(db, {shirt: 5, mug: 1}, at, order=order)
    assert not replaced.adopted
    assert (await level(db, shirt, at)).reserved == 5
    assert (await level(db, mug, at)).reserved == 1
    await assert_explained(db)


async def test_a_replacement_that_is_short_keeps_the_first_hold(db: Database) -> None:
    at = await a_location(db)
    shirt, mug = await stocked(db, at, 5, 0)
    order = new_id()
    await reserve(db, {shirt: 4}, at, order=order)
    async with db.transaction() as tx:
        with pytest.raises(OutOfStock) as refused:
            await inventory.reserve(
                tx,
                order,
                wanted({shirt: 6, mug: 1}),
                locations=[at],
                expires_at=tx.now + HOLD,
            )
    # What the order holds itself counts as available to it.
    assert {(s.variant_id, s.available) for s in refused.value.lines} == {(shirt, 5), (mug, 0)}
    assert (await level(db, shirt, at)).reserved == 4
    await assert_explained(db)


async def test_allocate_converts_and_repeats(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 5)
    order = (await reserve(db, {shirt: 2}, at)).order_id
    for repeat in (False, True):
        async with db.transaction() as tx:
            allocated = await inventory.allocate(tx, order)
        assert isinstance(allocated, Reservation)
        assert (allocated.state, allocated.expires_at) == ("allocated", None)
        assert allocated.adopted is repeat
    found = await level(db, shirt, at)
    assert (found.reserved, found.allocated) == (0, 2)
    await assert_explained(db)


async def test_take_converts_a_hold_and_refuses_other_lines_afterwards(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 5)
    order = (await reserve(db, {shirt: 2}, at)).order_id
    await take(db, {shirt: 2}, at, order=order)
    assert (await take(db, {shirt: 2}, at, order=order)).adopted
    with pytest.raises(AlreadyAllocated):
        await take(db, {shirt: 3}, at, order=order)
    found = await level(db, shirt, at)
    assert (found.reserved, found.allocated) == (0, 2)


async def test_allocating_what_was_never_reserved_is_an_error(db: Database) -> None:
    async with db.transaction() as tx:
        with pytest.raises(ReservationNotFound):
            await inventory.allocate(tx, new_id())


async def test_G7_an_order_without_tracked_goods_holds_nothing_and_allocates(
    db: Database,
) -> None:
    order = new_id()
    assert (await reserve(db, {}, order=order)).lines == ()
    async with db.transaction() as tx:
        allocated = await inventory.allocate(tx, order)
    assert isinstance(allocated, Reservation)


async def test_F5_release_twice_gives_back_once(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 5)
    order = (await reserve(db, {shirt: 2}, at)).order_id
    outcomes = []
    for _ in range(2):
        async with db.transaction() as tx:
            outcomes.append(await inventory.release(tx, order, reason="declined"))
    assert outcomes == ["released", "nothing"]
    assert (await level(db, shirt, at)).sellable == 5
    await assert_explained(db)


async def test_F5_release_after_convert_is_a_no_op_unless_cancelled(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 5)
    order = (await take(db, {shirt: 2}, at)).order_id
    async with db.transaction() as tx:
        assert await inventory.release(tx, order, reason="expired") == "kept"
        assert await inventory.release(tx, order, reason="cancelled", cancel=True) == "deallocated"
        assert await inventory.release(tx, order, reason="cancelled", cancel=True) == "nothing"
        assert await inventory.release(tx, new_id(), reason="cancelled") == "nothing"
    assert (await level(db, shirt, at)).sellable == 5
    await assert_explained(db)


async def test_a_declined_order_can_reserve_again(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 1)
    order = (await reserve(db, {shirt: 1}, at)).order_id
    async with db.transaction() as tx:
        await inventory.release(tx, order, reason="declined")
    assert not (await reserve(db, {shirt: 1}, at, order=order)).adopted
    await assert_explained(db)


async def test_holds_expire_and_are_for_sale_again(db: Database, clock) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 3)
    order = (await reserve(db, {shirt: 2}, at)).order_id
    kept = (await take(db, {shirt: 1}, at)).order_id
    assert await inventory.expire_due(db, clock.now()) == 0
    async with db.reading() as tx:
        held = await inventory.reservation_of(tx, order)
    assert held is not None
    assert held.expires_at is not None
    assert await inventory.expire_due(db, held.expires_at - timedelta(microseconds=1)) == 0
    assert await inventory.expire_due(db, held.expires_at) == 1, "half open: its end is not held"
    assert await inventory.expire_due(db, held.expires_at) == 0
    clock.advance(seconds=HOLD.total_seconds() + 1)
    assert [e["order_id"] for e in await events(db, "reservation_expired")] == [str(order)]
    found = await level(db, shirt, at)
    assert (found.reserved, found.allocated) == (0, 1)
    async with db.reading() as tx:
        still = await inventory.reservation_of(tx, kept)
    assert still is not None
    assert still.state == "allocated"
    await assert_explained(db)


async def test_F3_an_open_payment_attempt_extends_the_hold(db: Database, clock) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 1)
    order = (await reserve(db, {shirt: 1}, at)).order_id
    async with db.transaction() as tx:
        assert await inventory.extend(tx, order, expires_at=tx.now + timedelta(days=3))
        assert not await inventory.extend(tx, new_id(), expires_at=tx.now + HOLD)
    clock.advance(days=2)
    assert await inventory.expire_due(db, clock.now()) == 0
    clock.advance(days=2)
    assert await inventory.expire_due(db, clock.now()) == 1


async def test_F4_an_expired_hold_is_retaken_when_the_stock_is_there(db: Database, clock) -> None:
    at = await a_location(db)
    shirt, mug = await stocked(db, at, 3, 3)
    order = (await reserve(db, {shirt: 3, mug: 1}, at)).order_id
    clock.advance(hours=1)
    await inventory.expire_due(db, clock.now())
    async with db.transaction() as tx:
        retaken = await inventory.allocate(tx, order)
    assert isinstance(retaken, Reservation)
    assert retaken.state == "allocated"
    assert (await level(db, shirt, at)).allocated == 3
    await assert_explained(db)


async def test_F4_an_expired_hold_whose_stock_is_gone_is_a_shortage(db: Database, clock) -> None:
    at = await a_location(db)
    shirt, mug = await stocked(db, at, 3, 3)
    order = (await reserve(db, {shirt: 2, mug: 1}, at)).order_id
    clock.advance(hours=1)
    await inventory.expire_due(db, clock.now())
    await take(db, {shirt: 2}, at)
    async with db.transaction() as tx:
        short = await inventory.allocate(tx, order)
    assert isinstance(short, Shortage)
    assert [(s.variant_id, s.wanted, s.available) for s in short.lines] == [(shirt, 2, 1)]
    assert (await level(db, mug, at)).allocated == 0
    await assert_explained(db)


async def test_F1_stock_leaves_the_shelf_when_it_is_shipped(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 5)
    order = (await take(db, {shirt: 3}, at)).order_id
    first, second = new_id(), new_id()
    async with db.transaction() as tx:
        one = await inventory.fulfil(tx, order, wanted({shirt: 1}), shipment_id=first)
        again = await inventory.fulfil(tx, order, wanted({shirt: 1}), shipment_id=first)
    assert (one.state, one.repeated, again.repeated) == ("allocated", False, True)
    assert one.lines == again.lines
    found = await level(db, shirt, at)
    assert (found.on_hand, found.allocated, found.sellable) == (4, 2, 2)
    async with db.transaction() as tx:
        with pytest.raises(FactReused):
            await inventory.fulfil(tx, order, wanted({shirt: 2}), shipment_id=first)
        with pytest.raises(TooManyShipped) as refused:
            await inventory.fulfil(tx, order, wanted({shirt: 3}), shipment_id=second)
        assert refused.value.details["lines"] == [
            {"variant_id": str(shirt), "wanted": 3, "remaining": 2}
        ]
        last = await inventory.fulfil(tx, order, wanted({shirt: 2}), shipment_id=second)
        assert last.state == "fulfilled"
        with pytest.raises(NotAllocated):
            await inventory.fulfil(tx, order, wanted({shirt: 1}), shipment_id=new_id())
    found = await level(db, shirt, at)
    assert (found.on_hand, found.allocated, found.sellable) == (2, 0, 2)
    await assert_explained(db)


async def test_cancelling_after_a_part_shipment_gives_back_the_rest(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 5)
    order = (await take(db, {shirt: 3}, at)).order_id
    async with db.transaction() as tx:
        await inventory.fulfil(tx, order, wanted({shirt: 1}), shipment_id=new_id())
        await inventory.release(tx, order, reason="cancelled", cancel=True)
    found = await level(db, shirt, at)
    assert (found.on_hand, found.allocated, found.sellable) == (4, 0, 4)
    async with db.reading() as tx:
        reservation = await inventory.reservation_of(tx, order)
    assert reservation is not None
    assert reservation.state == "fulfilled"
    await assert_explained(db)


async def test_20_one_parcel_by_priority(db: Database) -> None:
    near, far = await a_location(db, "near"), await a_location(db, "far")
    shirt = await stocked(db, near, 5)
    async with db.transaction() as tx:
        await adjust(tx, shirt, far, 5)
    assert (await reserve(db, {shirt: 2}, near, far)).lines[0].location_id == near
    assert (await reserve(db, {shirt: 2}, far, near)).lines[0].location_id == far


async def test_20_a_lower_location_that_serves_all_beats_a_split(db: Database) -> None:
    near, far = await a_location(db, "near"), await a_location(db, "far")
    shirt, mug = await stocked(db, far, 2, 2)
    async with db.transaction() as tx:
        await adjust(tx, shirt, near, 2)
    held = await reserve(db, {shirt: 1, mug: 1}, near, far)
    assert (held.sourcing, held.parcels) == ("one_parcel", 1)
    assert {line.location_id for line in held.lines} == {far}


async def test_20_a_split_uses_the_fewest_parcels_and_is_recorded(db: Database) -> None:
    a, b, c = [await a_location(db, code) for code in "abc"]
    one, two, three = new_id(), new_id(), new_id()
    async with db.transaction() as tx:
        await adjust(tx, one, a, 1)
        await adjust(tx, two, b, 1)
        await adjust(tx, one, b, 1)
        await adjust(tx, three, c, 1)
    held = await reserve(db, {one: 1, two: 1, three: 1}, a, b, c)
    assert (held.sourcing, held.parcels) == ("fewest_parcels", 2)
    assert {(x.variant_id, x.location_id) for x in held.lines} == {(one, b), (two, b), (three, c)}
    async with db.transaction() as tx:
        again = await inventory.allocate(tx, held.order_id)
    assert isinstance(again, Reservation)
    assert again.lines == held.lines
    await assert_explained(db)


async def test_20_one_line_may_come_from_two_places(db: Database) -> None:
    a, b = await a_location(db, "a"), await a_location(db, "b")
    shirt = await stocked(db, a, 2)
    async with db.transaction() as tx:
        await adjust(tx, shirt, b, 2)
    held = await reserve(db, {shirt: 3}, a, b)
    assert [(x.location_id, x.quantity) for x in held.lines] == [(a, 2), (b, 1)]
    with pytest.raises(OutOfStock) as refused:
        await reserve(db, {shirt: 2}, a, b)
    assert refused.value.lines[0].available == 1
    await assert_explained(db)


async def test_20_stock_on_two_shelves_beats_a_backorder(db: Database) -> None:
    a, b = await a_location(db, "a"), await a_location(db, "b")
    shirt = await stocked(db, a, 1, selling=Selling(backorder_limit=10))
    async with db.transaction() as tx:
        await adjust(tx, shirt, b, 1)
    held = await reserve(db, {shirt: 2}, a, b)
    assert sum(line.backordered for line in held.lines) == 0
    held = await reserve(db, {shirt: 2}, a, b)
    assert [(x.location_id, x.backordered) for x in held.lines] == [(a, 2)]


async def test_20_many_locations_are_filled_by_priority(db: Database) -> None:
    places = [await a_location(db, f"shop-{n:02}") for n in range(10)]
    shirt = new_id()
    async with db.transaction() as tx:
        for place in places:
            await adjust(tx, shirt, place, 1)
    held = await reserve(db, {shirt: 3}, *places)
    assert (held.sourcing, held.parcels) == ("by_priority", 3)
    assert [line.location_id for line in held.lines] == places[:3]


async def test_F6_channels_that_share_a_location_share_its_pool(db: Database) -> None:
    shared, own = await a_location(db, "shared"), await a_location(db, "own")
    shirt = await stocked(db, shared, 3)
    await reserve(db, {shirt: 2}, own, shared)
    with pytest.raises(OutOfStock) as refused:
        await reserve(db, {shirt: 2}, shared)
    assert refused.value.lines[0].available == 1


async def test_a_closed_location_sells_nothing_and_keeps_what_it_promised(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 3)
    order = (await reserve(db, {shirt: 1}, at)).order_id
    async with db.transaction() as tx:
        place = await inventory.location_by_id(tx, at)
        closed = inventory.Location(
            id=place.id,
            code=place.code,
            name=place.name,
            country=place.country,
            address=place.address,
            active=False,
            version=place.version,
        )
        await inventory.update_location(tx, closed)
        assert (await inventory.availability(tx, [shirt], [at]))[shirt].status == "out"
        with pytest.raises(OutOfStock):
            await inventory.take(tx, new_id(), wanted({shirt: 1}), locations=[at])
        assert isinstance(await inventory.allocate(tx, order), Reservation)
        assert await inventory.release(tx, order, reason="x", cancel=True) == "deallocated"
    await assert_explained(db)


async def test_availability_is_announced_only_when_its_word_changes(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 20)
    seen = len(await events(db, "availability_changed"))
    for _ in range(20):
        await take(db, {shirt: 1}, at)
    told = (await events(db, "availability_changed"))[seen:]
    assert [(e["previous"], e["status"], e["sellable"]) for e in told] == [
        ("available", "low", 5),
        ("low", "out", 0),
    ]


async def test_a_rolled_back_order_leaves_nothing(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 2)

    async def crash() -> None:
        async with db.transaction() as tx:
            await inventory.take(tx, new_id(), wanted({shirt: 2}), locations=[at])
            raise RuntimeError("the process had a bad day")

    with pytest.raises(RuntimeError):
        await crash()
    assert (await level(db, shirt, at)).sellable == 2
    await assert_explained(db)
