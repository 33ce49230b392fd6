"""Orders on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from argosy.drill.clock import MovableClock
from argosy.kernel.address import Address
from argosy.kernel.ids import encode, new_id
from argosy.kernel.money import Money
from argosy.modules import orders
from argosy.modules.orders import rules
from argosy.modules.orders.types import (
    Because,
    MoneyFacts,
    Opening,
    OpenOrder,
    Order,
    OrderLine,
)
from argosy.runtime.db import Database, IntegrityError, constraint, counting_statements
from argosy.runtime.statements import Statement

BECAUSE = Because(actor=orders.SHOPPER, cause="place", correlation="t1")
STAFF = Because(actor=orders.OrderActor(kind="staff", id="stf_1", name="Kim"))


def sql(text: str) -> Statement:
    return Statement("test", "many", text, "test")


def a_line(position: int, quantity: int = 1, **changes: Any) -> OrderLine:
    line = OrderLine(
        id=new_id(),
        position=position,
        variant_id=new_id(),
        product_id=new_id(),
        sku=f"SKU-{position}",
        title="Tee",
        variant_title="M",
        options={"Size": "M"},
        configuration={"text": "Ann"},
        tax_class="standard",
        image_key="ab/cd.jpg",
        weight_g=200,
        requires_shipping=True,
        tracks_inventory=True,
        quantity=quantity,
        unit_minor=1000,
        subtotal_minor=1000 * quantity,
        discount_minor=0,
        net_minor=1000 * quantity,
        tax_minor=190 * quantity,
        total_minor=1190 * quantity,
    )
    return msgspec.structs.replace(line, **changes)


def an_opening(*lines: OrderLine, **changes: Any) -> OpenOrder:
    lines = lines or (a_line(1, 2),)
    total = sum(line.total_minor for line in lines)
    opening = OpenOrder(
        id=new_id(),
        attempt=1,
        channel_id=new_id(),
        customer_id=None,
        email="Ann@Example.com",
        email_normalised="ann@example.com",
        total=Money(total, "EUR"),
        subtotal_minor=total,
        discount_minor=0,
        shipping_minor=0,
        tax_minor=0,
        quote={"hash": "h"},
        quote_hash="h",
        shipping_address=Address(country="DE", city="Köln"),
        billing_address=None,
        shipping_method="flat",
        payment_id=new_id(),
        operation_id=new_id(),
        gateway="sandbox",
        lines=lines,
    )
    return msgspec.structs.replace(opening, **changes)


async def opened(db: Database, opening: OpenOrder, lease_s: float = 30) -> OpenOrder:
    async with db.transaction() as tx:
        lease = tx.now + timedelta(seconds=lease_s)
        await orders.lock_failed(tx, [opening])
        await orders.open_orders(tx, [pending(opening, lease)])
    return opening


def pending(opening: OpenOrder, lease: datetime) -> Opening:
    """An order that waits for its payment."""
    return Opening(order=opening, because=BECAUSE, waiting_for="gateway", lease_until=lease)


async def confirmed(db: Database, opening: OpenOrder) -> OpenOrder:
    facts = MoneyFacts(authorised_minor=opening.total.minor)
    async with db.transaction() as tx:
        (number,) = await orders.draw_numbers(tx, 1, prefix="E-")
        await orders.open_orders(
            tx, [Opening(order=opening, because=BECAUSE, number=number, facts=facts)]
        )
    return opening


async def confirm(db: Database, opening: OpenOrder, operation: UUID | None = None) -> Any:
    async with db.transaction() as tx:
        return await orders.confirm_order(
            tx,
            opening.id,
            operation or opening.operation_id,
            MoneyFacts(authorised_minor=opening.total.minor),
            BECAUSE,
            number_prefix="E-",
        )


async def read(db: Database, order_id: UUID) -> Order:
    async with db.reading() as tx:
        return await orders.order_by_id(tx, order_id)


async def history(db: Database, order_id: UUID) -> list[str]:
    async with db.reading() as tx:
        return [entry.kind for entry in await orders.timeline_of(tx, order_id)]


async def events(db: Database) -> list[str]:
    async with db.reading() as tx:
        rows = await tx.many(sql("select type from runtime.outbox order by id"))
    return [row["type"].split(".")[2] for row in rows]


async def test_an_order_is_pending_without_number_until_it_is_confirmed(db: Database) -> None:
    opening = await opened(db, an_opening())
    order = await read(db, opening.id)
    assert (order.stage, order.payment_status, order.number) == ("pending_payment", "pending", None)
    assert (order.fulfilment_status, order.return_status, order.hold_status) == (
        "unfulfilled",
        "none",
        "clear",
    )
    assert order.shipping_address == opening.shipping_address
    done = await confirm(db, opening)
    order = await read(db, opening.id)
    assert order.number == done.number
    assert done.number.startswith("E-1")
    assert (order.stage, order.payment_status) == ("confirmed", "authorised")
    assert (order.waiting_for, order.lease_until) == (None, None)
    assert await history(db, opening.id) == ["opened", "confirmed"]
    assert await events(db) == ["order_opened", "order_placed"]


async def test_E1_lines_are_kept_as_they_were(db: Database) -> None:
    opening = await opened(db, an_opening(a_line(1, 2), a_line(2, requires_shipping=False)))
    async with db.reading() as tx:
        assert await orders.lines_of(tx, opening.id) == opening.lines
        assert await orders.quote_of(tx, opening.id) == {"hash": "h"}
    order = await read(db, opening.id)
    assert (order.units, order.units_to_ship) == (3, 2)


async def test_H5_an_attempt_is_confirmed_once_even_by_many_at_once(db: Database) -> None:
    opening = await opened(db, an_opening())
    outcomes = await asyncio.gather(*(confirm(db, opening) for _ in range(8)))
    assert len([done for done in outcomes if done]) == 1
    assert await history(db, opening.id) == ["opened", "confirmed"]
    assert await events(db) == ["order_opened", "order_placed"]


async def test_an_attempt_that_is_not_the_running_one_decides_nothing(db: Database) -> None:
    opening = await opened(db, an_opening())
    assert await confirm(db, opening, new_id()) is None
    async with db.transaction() as tx:
        assert await orders.fail_order(tx, opening.id, new_id(), "declined", BECAUSE) is None
    assert (await read(db, opening.id)).stage == "pending_payment"


async def test_a_failed_attempt_is_overwritten_by_the_next_and_by_nothing_else(
    db: Database,
) -> None:
    first = await opened(db, an_opening(a_line(1), a_line(2)))
    second = msgspec.structs.replace(
        an_opening(a_line(1, 5), channel_id=first.channel_id), id=first.id, attempt=2
    )
    with pytest.raises(orders.OrderSettled):
        await opened(db, second)
    assert len(await lines(db, first.id)) == 2
    async with db.transaction() as tx:
        assert await orders.fail_order(tx, first.id, first.operation_id, "declined", BECAUSE)
    order = await read(db, first.id)
    assert (order.stage, order.payment_status, order.failure) == (
        "payment_failed",
        "failed",
        "declined",
    )
    for wrong in ({"attempt": 1}, {"channel_id": new_id()}):
        with pytest.raises(orders.OrderSettled):
            await opened(db, msgspec.structs.replace(second, **wrong))
    await opened(db, second)
    order = await read(db, first.id)
    assert (order.stage, order.attempt, order.failure) == ("pending_payment", 2, None)
    assert [line.quantity for line in await lines(db, first.id)] == [5]
    assert await confirm(db, first) is None, "the old attempt is dead"
    assert await confirm(db, second)
    assert await history(db, first.id) == ["opened", "payment_failed", "opened", "confirmed"]


async def lines(db: Database, order_id: UUID) -> tuple[OrderLine, ...]:
    async with db.reading() as tx:
        return await orders.lines_of(tx, order_id)


async def test_a_slow_method_gets_its_number_at_once_and_keeps_it(db: Database) -> None:
    opening = await opened(db, an_opening())
    for _ in range(2):
        async with db.transaction() as tx:
            waiting = await orders.await_attempt(
                tx,
                opening.id,
                opening.operation_id,
                "funds",
                BECAUSE,
                lease_until=tx.now + timedelta(days=1),
                number_prefix="E-",
            )
        assert waiting is not None
    done = await confirm(db, opening)
    assert done.number == waiting.number
    assert await history(db, opening.id) == ["opened", "waiting", "confirmed"]
    assert await events(db) == ["order_opened", "order_pending", "order_placed"]


async def test_J7_numbers_are_unique_under_concurrency(db: Database) -> None:
    openings = [an_opening() for _ in range(20)]
    await asyncio.gather(*(confirmed(db, opening) for opening in openings))
    numbers = {(await read(db, opening.id)).number for opening in openings}
    assert len(numbers) == 20


async def test_J9_the_timeline_cannot_be_rewritten(db: Database) -> None:
    opening = await confirmed(db, an_opening())
    for attack in (
        "update orders.timeline set kind = 'x'",
        "delete from orders.timeline",
        "truncate orders.timeline",
    ):
        with pytest.raises(IntegrityError) as caught:
            async with db.transaction() as tx:
                await tx.run(sql(attack))
        assert constraint(caught.value) == "timeline_immutable"
    async with db.reading() as tx:
        (entry,) = await orders.timeline_of(tx, opening.id)
    assert (entry.kind, entry.actor, entry.cause, entry.correlation) == (
        "confirmed",
        orders.SHOPPER,
        "place",
        "t1",
    )


async def test_J1_the_database_projects_the_same_statuses_as_the_rules(db: Database) -> None:
    opening = await opened(db, an_opening(a_line(1, 3), a_line(2, 1, requires_shipping=False)))
    chance = random.Random(20260301)
    update = sql(
        'update orders."order" set authorised_minor = $2, captured_minor = $3, refunded_minor = $4,'
        " voided_minor = $5, units_fulfilled = $6, units_returned = $7, confirmed_at = $8,"
        " failed_at = $9, cancelled_at = $10, waiting_for = $11, holds = $12, number = 'N',"
        " lease_until = null, total_minor = $13 where id = $1"
    )
    for _ in range(300):
        async with db.transaction() as tx:
            captured = chance.choice([0, 40, 4760])
            confirmed, failed, cancelled = (
                tx.now if chance.random() < 0.4 else None for _ in range(3)
            )
            settled = confirmed or failed or cancelled
            waiting = None if settled else chance.choice([None, "gateway", "action", "funds"])
            await tx.run(
                update,
                opening.id,
                chance.choice([0, 40, 4760]),
                captured,
                chance.choice([0, captured // 2, captured]),
                chance.choice([0, 40, 4760]),
                chance.randint(0, 3),
                chance.randint(0, 4),
                confirmed,
                failed,
                cancelled,
                waiting,
                chance.choice([[], [msgspec.to_builtins(a_hold())]]),
                chance.choice([0, 40, 4760]),
            )
            o = await orders.lock_order(tx, opening.id)
        facts = MoneyFacts(
            authorised_minor=o.authorised_minor,
            captured_minor=o.captured_minor,
            refunded_minor=o.refunded_minor,
            voided_minor=o.voided_minor,
        )
        assert o.stage == rules.stage_of(
            confirmed=o.confirmed_at is not None,
            failed=o.failed_at is not None,
            cancelled=o.cancelled_at is not None,
        )
        assert o.payment_status == rules.payment_status_of(
            facts, o.total_minor, failed=o.failed_at is not None, waiting_for=o.waiting_for
        )
        assert o.fulfilment_status == rules.fulfilment_status_of(o.units_to_ship, o.units_fulfilled)
        assert o.return_status == rules.return_status_of(o.units, o.units_returned)
        assert o.hold_status == rules.hold_status_of(len(o.holds))


def a_hold() -> orders.Hold:
    return orders.Hold(
        id=new_id(), kind="manual", reason="check", placed_at=datetime(2026, 1, 1, tzinfo=UTC)
    )


async def test_J8_cancelling_is_guarded_by_the_version_and_repeats_quietly(db: Database) -> None:
    opening = await confirmed(db, an_opening())
    async with db.transaction() as tx:
        order = await orders.lock_order(tx, opening.id)
        with pytest.raises(orders.OrderChanged):
            await orders.cancel_order(tx, order, "shopper", STAFF, expected_version=99)
        version = await orders.cancel_order(
            tx, order, "shopper", STAFF, expected_version=order.version
        )
    async with db.transaction() as tx:
        order = await orders.lock_order(tx, opening.id)
        assert await orders.cancel_order(tx, order, "again", STAFF) == version
    assert (order.stage, order.cancel_reason) == ("cancelled", "shopper")
    assert await history(db, opening.id) == ["confirmed", "cancelled"]


async def test_J6_holds_stand_side_by_side(db: Database) -> None:
    opening = await confirmed(db, an_opening())
    async with db.transaction() as tx:
        for _ in range(2):
            await orders.hold_order(tx, opening.id, "stock_shortage", "2 short", STAFF)
        order = await orders.hold_order(tx, opening.id, "manual", "call first", STAFF)
    assert order.hold_status == "held"
    assert [hold.kind for hold in order.holds] == ["stock_shortage", "manual"]
    for hold in order.holds:
        async with db.transaction() as tx:
            order = await orders.release_hold(tx, opening.id, hold.id, STAFF)
            assert order == await orders.release_hold(tx, opening.id, hold.id, STAFF)
    assert order.hold_status == "clear"
    assert (await events(db))[-2:] == ["order_hold_released"] * 2


async def test_money_facts_follow_the_payment_and_repeats_write_no_history(db: Database) -> None:
    opening = await confirmed(db, an_opening())
    total = opening.total.minor
    facts = MoneyFacts(authorised_minor=total, captured_minor=total)
    for expected in (True, False):
        async with db.transaction() as tx:
            assert expected is await orders.record_money(
                tx, opening.id, facts, STAFF, kind="captured", data={"minor": total}
            )
    assert (await read(db, opening.id)).payment_status == "paid"
    assert await history(db, opening.id) == ["confirmed", "captured"]


async def test_G10_only_the_guest_orders_of_the_address_are_claimed(db: Database) -> None:
    customer = new_id()
    mine = await confirmed(db, an_opening())
    others = [
        await confirmed(db, an_opening(email_normalised="bob@example.com")),
        await confirmed(db, an_opening(customer_id=new_id())),
    ]
    async with db.transaction() as tx:
        assert await orders.claim_orders(tx, customer, "ann@example.com", BECAUSE) == [mine.id]
        assert await orders.claim_orders(tx, customer, "ann@example.com", BECAUSE) == []
    assert (await read(db, mine.id)).customer_id == customer
    for other in others:
        assert (await read(db, other.id)).customer_id == other.customer_id
    assert await history(db, mine.id) == ["confirmed", "claimed"]


async def test_recovery_takes_over_only_what_is_overdue_and_only_once(
    db: Database, clock: MovableClock
) -> None:
    due = [await opened(db, an_opening(), lease_s=5) for _ in range(3)]
    await opened(db, an_opening(), lease_s=500)
    await confirmed(db, an_opening())
    clock.advance(seconds=10)

    async def sweep() -> list[UUID]:
        async with db.transaction() as tx:
            taken = await orders.take_over_due(tx, tx.now + timedelta(seconds=30), 2)
            await asyncio.sleep(0.05)
            return [item.order_id for item in taken]

    async with db.reading() as tx:
        assert (await orders.count_due(tx))[0] == 3
    both = await asyncio.gather(sweep(), sweep())
    assert sorted(both[0] + both[1]) == sorted(order.id for order in due)
    assert await sweep() == []


async def test_an_unknown_order_is_not_found(db: Database) -> None:
    async with db.transaction() as tx:
        with pytest.raises(orders.OrderNotFound):
            await orders.lock_order(tx, new_id())
        with pytest.raises(orders.OrderNotFound):
            await orders.add_note(tx, new_id(), "hello", STAFF)


async def test_opening_and_confirming_take_one_statement_each(db: Database) -> None:
    opening = an_opening()
    with counting_statements() as count:
        await opened(db, opening)
        await confirm(db, opening)
    assert count.names == ["open_orders", "write_events", "confirm_order", "write_events"]


async def test_events_name_the_order_as_subject(db: Database) -> None:
    opening = await confirmed(db, an_opening())
    async with db.reading() as tx:
        (row,) = await tx.many(sql("select subject, data from runtime.outbox"))
    assert row["subject"] == encode("order", opening.id)
    assert row["data"]["total"] == {"minor": opening.total.minor, "currency": "EUR"}
    assert "email" not in row["data"]
