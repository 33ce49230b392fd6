"""Adjustments, counts, feeds, returns, transfers; verify and rebuild (DOMAIN.md F7-F11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from argosy.kernel.ids import new_id
from argosy.modules import inventory
from argosy.modules.inventory import (
    BucketBelowZero,
    Count,
    Demand,
    Fact,
    FactReused,
    LevelNotFound,
    LocationChanged,
    LocationCodeTaken,
    LocationNotFound,
    Movement,
    OutOfStock,
    QuantityInvalid,
    Selling,
    TooManyItems,
    disposed,
    returned,
)
from argosy.runtime.db import Database
from tests.modules.inventory.making import (
    a_location,
    adjust,
    assert_explained,
    count,
    events,
    level,
    reserve,
    stocked,
    take,
    wanted,
)


def message(number: int, *items: Movement | Count, sequence: int | None = None) -> Fact:
    return Fact(
        key=f"feed:wms:{number}",
        kind="feed",
        reason="feed",
        actor="feed:wms",
        items=items,
        feed="wms",
        message=str(number),
        sequence=sequence,
    )


async def post(db: Database, fact: Fact) -> list[str]:
    async with db.transaction() as tx:
        return [item.outcome for item in (await inventory.post_fact(tx, fact)).items]


async def test_a_fact_is_applied_once_by_its_key(db: Database) -> None:
    at = await a_location(db)
    shirt, mug = new_id(), new_id()
    fact = message(
        1,
        Movement(variant_id=mug, location_id=at, on_hand=2),
        Movement(variant_id=shirt, location_id=at, on_hand=5),
    )
    async with db.transaction() as tx:
        first = await inventory.post_fact(tx, fact)
        again = await inventory.post_fact(tx, fact)
        with pytest.raises(FactReused):
            await inventory.post_fact(
                tx, message(1, Movement(variant_id=shirt, location_id=at, on_hand=6))
            )
    assert (first.repeated, again.repeated) == (False, True)
    assert first.items == again.items
    # Answers stand in the order of the message, however the rows were locked.
    assert [(i.variant_id, i.on_hand) for i in first.items] == [(mug, 2), (shirt, 5)]
    assert (await level(db, shirt, at)).on_hand == 5
    await assert_explained(db)


async def test_F7_a_count_as_of_two_arriving_later_keeps_what_moved_since(
    db: Database, clock
) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 10)
    order = (await take(db, {shirt: 3}, at)).order_id
    clock.advance(hours=1)
    two_o_clock = clock.now()
    clock.advance(minutes=10)
    async with db.transaction() as tx:
        await inventory.fulfil(tx, order, wanted({shirt: 3}), shipment_id=new_id())
    clock.advance(minutes=10)
    # The file of 02:00 says 9, so one was missing then; three left the shelf since.
    counted = Count(variant_id=shirt, location_id=at, on_hand=9, as_of=two_o_clock)
    assert await post(db, message(1, counted)) == ["applied"]
    assert (await level(db, shirt, at)).on_hand == 6
    await assert_explained(db)


async def test_F7_an_older_snapshot_is_ignored_also_from_another_feed(db: Database, clock) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 10)
    early, late = clock.now() + timedelta(minutes=1), clock.now() + timedelta(minutes=2)
    clock.advance(minutes=5)
    newer = Count(variant_id=shirt, location_id=at, on_hand=7, as_of=late)
    older = Count(variant_id=shirt, location_id=at, on_hand=4, as_of=early)
    assert await post(db, message(2, newer)) == ["applied"]
    assert await post(db, message(1, older)) == ["stale"]
    async with db.transaction() as tx:
        stale = await count(tx, shirt, at, 4, as_of=early)
    assert stale.items[0].outcome == "stale"
    assert (await level(db, shirt, at)).on_hand == 7
    await assert_explained(db)


async def test_F7_a_late_message_of_a_feed_never_overwrites_a_newer_count(db: Database) -> None:
    at = await a_location(db)
    shirt, mug = await stocked(db, at, 10, 10)
    five = message(5, Count(variant_id=shirt, location_id=at, on_hand=8), sequence=5)
    four = message(
        4,
        Count(variant_id=shirt, location_id=at, on_hand=3),
        Count(variant_id=mug, location_id=at, on_hand=9),
        sequence=4,
    )
    assert await post(db, five) == ["applied"]
    # Late, but for the mug it is still the newest word.
    assert await post(db, four) == ["stale", "applied"]
    assert (await level(db, shirt, at)).on_hand == 8
    assert (await level(db, mug, at)).on_hand == 9
    async with db.reading() as tx:
        (feed,) = await inventory.list_feeds(tx)
    assert (feed.name, feed.sequence, feed.messages) == ("wms", 5, 2)


async def test_F7_compare_and_set_refuses_a_wrong_previous_value(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 10)
    wrong = Count(variant_id=shirt, location_id=at, on_hand=7, expected=9)
    right = Count(variant_id=shirt, location_id=at, on_hand=7, expected=10)
    assert await post(db, message(1, wrong)) == ["mismatch"]
    assert (await level(db, shirt, at)).on_hand == 10
    assert await post(db, message(2, right)) == ["applied"]
    moved = Movement(variant_id=shirt, location_id=at, on_hand=-1, expected=10)
    assert await post(db, message(3, moved)) == ["mismatch"]
    assert (await level(db, shirt, at)).on_hand == 7


async def test_19_a_movement_that_a_newer_count_contains_is_stale(db: Database, clock) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 10)
    clock.advance(minutes=10)
    async with db.transaction() as tx:
        await count(tx, shirt, at, 8)
    late = Movement(
        variant_id=shirt,
        location_id=at,
        on_hand=-2,
        occurred_at=clock.now() - timedelta(minutes=5),
    )
    assert await post(db, message(1, late)) == ["stale"]
    assert (await level(db, shirt, at)).on_hand == 8
    await assert_explained(db)


async def test_F8_a_till_may_sell_what_is_promised_and_online_stops(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 2)
    order = (await take(db, {shirt: 2}, at)).order_id
    sale = Movement(variant_id=shirt, location_id=at, on_hand=-5)
    assert await post(db, message(1, sale)) == ["applied"]
    found = await level(db, shirt, at)
    assert (found.on_hand, found.sellable, found.oversold) == (-3, -5, 5)
    assert [e["oversold"] for e in await events(db, "stock_oversold")] == [5]
    with pytest.raises(OutOfStock) as refused:
        await reserve(db, {shirt: 1}, at)
    assert refused.value.lines[0].available == 0
    # What heals it makes it right again by itself, up to the last unit.
    async with db.transaction() as tx:
        await inventory.release(tx, order, reason="cancelled", cancel=True)
        await adjust(tx, shirt, at, 4)
    found = await level(db, shirt, at)
    assert (found.sellable, found.oversold) == (1, 0)
    await take(db, {shirt: 1}, at)
    with pytest.raises(OutOfStock):
        await take(db, {shirt: 1}, at)
    await assert_explained(db)


async def test_the_check_is_the_last_guard_of_promises(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 2)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await db.pool.execute(
            "update inventory.level set reserved = reserved + 3 where variant_id = $1", shirt
        )
    assert refused.value.constraint_name == "level_promises_covered"


async def test_the_journal_is_append_only(db: Database) -> None:
    at = await a_location(db)
    await stocked(db, at, 2)
    for statement in ("update inventory.journal set on_hand = 9", "delete from inventory.journal"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.pool.execute(statement)


async def test_F10_returned_goods_are_sellable_only_after_inspection(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 0)

    async def inspect(kind: str, *items: Movement) -> None:
        async with db.transaction() as tx:
            await inventory.post_fact(
                tx,
                Fact(
                    key=f"{kind}:{new_id()}",
                    kind=kind,  # type: ignore[arg-type]
                    reason=kind,
                    actor="tests",
                    items=items,
                ),
            )

    await inspect("return", returned(shirt, at, 3))
    found = await level(db, shirt, at)
    assert (found.on_hand, found.quarantine, found.sellable) == (3, 3, 0)
    await inspect("disposition", disposed(shirt, at, 2, sellable=True))
    await inspect("disposition", disposed(shirt, at, 1, sellable=False))
    found = await level(db, shirt, at)
    assert (found.on_hand, found.quarantine, found.sellable) == (2, 0, 2)
    with pytest.raises(BucketBelowZero):
        await inspect("disposition", disposed(shirt, at, 1, sellable=True))
    await assert_explained(db)


async def test_F11_a_transfer_has_two_legs_and_loses_nothing_silently(db: Database) -> None:
    a, b = await a_location(db, "a"), await a_location(db, "b")
    shirt = await stocked(db, a, 10)
    transfer = new_id()
    lines = [Demand(variant_id=shirt, quantity=6)]

    async def totals() -> int:
        async with db.reading() as tx:
            found = await inventory.levels_of(tx, [shirt])
        return sum(one.on_hand + one.incoming for one in found)

    for _ in range(2):
        async with db.transaction() as tx:
            await inventory.dispatch_transfer(
                tx, transfer, lines, source=a, target=b, actor="tests"
            )
    assert (await level(db, shirt, b)).incoming == 6
    assert await totals() == 10
    came = [Demand(variant_id=shirt, quantity=5)]
    for _ in range(2):
        async with db.transaction() as tx:
            await inventory.receive_transfer(
                tx, transfer, "1", came, target=b, actor="tests", lost={shirt: 1}
            )
    found = await level(db, shirt, b)
    assert (found.on_hand, found.incoming) == (5, 0)
    assert await totals() == 9
    async with db.reading() as tx:
        reasons = [entry.reason for entry in await inventory.explain(tx, shirt, b)]
    assert reasons == ["lost_in_transit", "transfer", "transfer"]
    async with db.transaction() as tx:
        with pytest.raises(BucketBelowZero):
            await inventory.receive_transfer(tx, transfer, "2", came, target=b, actor="tests")
    await assert_explained(db)


async def test_facts_that_cannot_be_applied_are_refused_whole(db: Database) -> None:
    at = await a_location(db)
    shirt = new_id()
    good = Movement(variant_id=shirt, location_id=at, on_hand=1)
    with pytest.raises(LocationNotFound):
        await post(db, message(1, good, Movement(variant_id=shirt, location_id=new_id())))
    with pytest.raises(TooManyItems):
        await post(db, message(1))
    with pytest.raises(TooManyItems):
        await post(db, message(1, *[good] * 1001))
    with pytest.raises(QuantityInvalid):
        await post(db, message(1, Count(variant_id=shirt, location_id=at, on_hand=2_000_000_000)))
    async with db.transaction() as tx:
        with pytest.raises(QuantityInvalid):
            await count(tx, shirt, at, -1)
    async with db.reading() as tx:
        assert await inventory.levels_of(tx, [shirt]) == []


async def test_facts_are_announced_once_each_and_feeds_once_a_message(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 10)
    async with db.transaction() as tx:
        await count(tx, shirt, at, 8)
    await post(db, message(1, Movement(variant_id=shirt, location_id=at, on_hand=1)))
    (adjusted,) = await events(db, "stock_adjusted")
    assert (adjusted["moved"], adjusted["on_hand"]) == (10, 10)
    (counted,) = await events(db, "stock_counted")
    assert (counted["moved"], counted["on_hand"]) == (-2, 8)
    (fed,) = await events(db, "stock_feed_received")
    assert (fed["feed"], fed["applied"], fed["stale"]) == ("wms", 1, 0)


async def test_explain_tells_each_change_and_what_it_left(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 10)
    order = (await reserve(db, {shirt: 3}, at)).order_id
    async with db.transaction() as tx:
        await inventory.allocate(tx, order, actor="staff:anna", correlation="req-1")
        await inventory.fulfil(tx, order, wanted({shirt: 3}), shipment_id=new_id())
        await count(tx, shirt, at, 6)
        page = await inventory.explain(tx, shirt, at, limit=2)
        rest = await inventory.explain(tx, shirt, at, before=page[-1].id, limit=10)
        with pytest.raises(LevelNotFound):
            await inventory.explain(tx, new_id(), at)
    told = [(e.reason, e.on_hand_after, e.sellable_after) for e in [*page, *rest]]
    assert told == [
        ("stocktaking", 6, 6),
        ("shipped", 7, 7),
        ("allocated", 10, 7),
        ("reserved", 10, 7),
        ("correction", 10, 10),
    ]
    allocated = rest[0]
    assert (allocated.source_id, allocated.actor, allocated.correlation) == (
        order,
        "staff:anna",
        "req-1",
    )


async def test_the_verifier_finds_a_broken_level_and_rebuild_heals_it(db: Database) -> None:
    at = await a_location(db)
    shirt, mug = await stocked(db, at, 10, 5)
    await reserve(db, {shirt: 2}, at)
    await db.pool.execute(
        "update inventory.level set on_hand = 99, reserved = 3 where variant_id = $1", shirt
    )
    async with db.transaction() as tx:
        found = await inventory.verify(tx)
        assert await inventory.verify(tx, mug) == []
        assert {(d.variant_id, d.against, d.bucket, d.level, d.expected) for d in found} == {
            (shirt, "journal", "on_hand", 99, 10),
            (shirt, "journal", "reserved", 3, 2),
            (shirt, "reservations", "reserved", 3, 2),
        }
        rebuilt = await inventory.rebuild(tx, shirt, at)
        assert (rebuilt.was["on_hand"], rebuilt.becomes["on_hand"]) == (99, 10)
        with pytest.raises(LevelNotFound):
            await inventory.rebuild(tx, new_id(), at)
    await assert_explained(db)


async def test_availability_is_per_channel_and_a_debt_elsewhere_does_not_count(
    db: Database,
) -> None:
    a, b = await a_location(db, "a"), await a_location(db, "b")
    shirt = await stocked(db, a, 3)
    mug = await stocked(db, a, 0, selling=Selling(backorder_limit=4))
    async with db.transaction() as tx:
        await adjust(tx, shirt, b, -5)
        told = await inventory.availability(tx, [shirt, mug, (none := new_id())], [a, b])
        only_b = await inventory.availability(tx, [shirt], [b])
    assert (told[shirt].sellable, told[shirt].status) == (3, "low")
    assert (told[mug].sellable, told[mug].promisable, told[mug].status) == (0, 4, "backorder")
    assert told[none].status == "out"
    assert only_b[shirt].status == "out"


async def test_a_stricter_rule_than_what_is_promised_shows_as_oversold(db: Database) -> None:
    at = await a_location(db)
    shirt = await stocked(db, at, 5)
    await take(db, {shirt: 4}, at)
    async with db.transaction() as tx:
        before, after = await inventory.set_selling(tx, shirt, at, Selling(safety_stock=3))
    assert before is not None
    assert (before.sellable, after.sellable, after.oversold) == (1, -2, 2)
    told = (await events(db, "availability_changed"))[-1]
    assert (told["previous"], told["status"]) == ("low", "out")
    await assert_explained(db)


async def test_locations_are_edited_by_compare_and_set(db: Database) -> None:
    at = await a_location(db, "main")
    await a_location(db, "side")
    async with db.transaction() as tx:
        read = await inventory.location_by_id(tx, at)
        assert (await inventory.locations_by_code(tx, ["main", "none"])) == {"main": read}
        changed = await inventory.update_location(tx, read)
        assert changed.version == 2
        with pytest.raises(LocationChanged):
            await inventory.update_location(tx, read)
        assert [place.code for place in await inventory.list_locations(tx)] == ["main", "side"]
        assert [p.code for p in await inventory.list_locations(tx, after="main")] == ["side"]
        with pytest.raises(LocationNotFound):
            await inventory.location_by_id(tx, new_id())
    with pytest.raises(LocationCodeTaken):
        await a_location(db, "main")


async def test_documents_are_listed_newest_first(db: Database) -> None:
    at = await a_location(db)
    shirt = new_id()
    for number in range(3):
        await post(db, message(number, Movement(variant_id=shirt, location_id=at, on_hand=1)))
    async with db.transaction() as tx:
        await count(tx, shirt, at, 3, as_of=datetime.now(UTC) + timedelta(seconds=5))
        newest = await inventory.list_documents(tx, limit=2)
        rest = await inventory.list_documents(
            tx, before=(newest[-1].created_at, newest[-1].id), limit=10
        )
        fed = await inventory.list_documents(tx, kind="feed")
    assert [d.key for d in [*newest, *rest]][1:] == [f"feed:wms:{n}" for n in (2, 1, 0)]
    assert newest[0].kind == "count"
    assert len(fed) == 3
    assert newest[0].items[0]["outcome"] == "unchanged"
