"""Cancelling orders, before and after their payment; holds; the list of orders."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.sandbox import Sandbox
from tests.workflows.till import BECAUSE, Till, card

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import new_id
from argosy.modules import cart as carts
from argosy.modules import inventory, ledger, orders, payments, staff
from argosy.modules.inventory import Demand
from argosy.reads.order_list import OrderFilters, list_orders
from argosy.runtime.db import counting_statements
from argosy.workflows import order_actions
from argosy.workflows.order_actions import CancelOrder
from argosy.workflows.placement import PaymentChoice


async def cancel(till: Till, order_id: UUID, **more: Any) -> orders.Order:
    command = CancelOrder(order_id=order_id, reason="customer_request", because=BECAUSE, **more)
    return await order_actions.cancel_order(till.app, command)


async def receivable(till: Till) -> int:
    """What customers owe, over all orders."""
    async with till.db.reading() as tx:
        balances = await ledger.trial_balance(tx)
    return sum(one.balance.minor for one in balances if one.account == ledger.CUSTOMER_RECEIVABLE)


async def test_J4_cancelling_an_authorised_order_voids_releases_and_reverses(
    card_till: Till,
) -> None:
    till = card_till
    cart = await till.cart(shirt=2)
    await till.place(cart, card())
    order = await cancel(till, cart.id)
    assert order.stage == "cancelled"
    order = await till.order(cart.id)
    assert order.payment_status == "voided"
    assert await till.charges(cart.id) == ["Authorised"], "the authorisation's own word stays"
    async with till.db.reading() as tx:
        (payment,) = await payments.payments_of_order(tx, cart.id)
    assert payment.state == "voided"
    assert (await till.level("shirt")).allocated == 0
    assert await receivable(till) == 0
    again = await cancel(till, cart.id)
    assert again.version == order.version, "a repeat changes nothing"
    await till.check_books()


async def test_J4_cancelling_a_paid_order_refunds(card_till: Till) -> None:
    till = card_till
    cart = await till.cart(song=2)
    await till.place(cart, card())
    await cancel(till, cart.id)
    order = await till.order(cart.id)
    assert (order.stage, order.payment_status, order.refunded_minor) == (
        "cancelled",
        "refunded",
        238,
    )
    assert await receivable(till) == 0
    await till.check_books()


async def test_without_a_refund_the_money_is_owed_to_the_customer(till: Till) -> None:
    cart = await till.cart(shirt=1)
    await till.place(cart, PaymentChoice(gateway="cash"))
    await cancel(till, cart.id, refund=False)
    assert await receivable(till) == -1490
    await till.check_books()


async def test_cancelling_a_pending_order_makes_its_payment_impossible_first(
    card_till: Till, sandbox: Sandbox
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    _, pending = await till.place(cart, card("tok_delayed_paid"))
    order = await cancel(till, cart.id)
    assert (order.stage, order.number) == ("cancelled", pending.number)
    await sandbox.advance(advance_days=4)
    assert await till.charges(cart.id) == []
    assert (await till.level("shirt")).reserved == 0
    await till.check_books()


async def test_an_order_cancelled_during_3ds_cannot_be_placed_again(card_till: Till) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    total = await till.total(cart)
    await till.place(cart, card("tok_3ds_challenge"))
    order = await cancel(till, cart.id)
    assert order.stage == "cancelled"
    with pytest.raises(carts.CartExpired):
        await till.place(cart, card(), expected=total)


async def test_J8_a_cancellation_of_another_version_is_refused(till: Till) -> None:
    cart = await till.cart(shirt=1)
    await till.place(cart)
    with pytest.raises(orders.OrderChanged):
        await cancel(till, cart.id, expected_version=99)
    assert (await till.level("shirt")).allocated == 1


async def test_F4_a_hold_for_missing_stock_goes_only_when_there_is_stock(
    card_till: Till, sandbox: Sandbox, clock: MovableClock
) -> None:
    till = card_till
    cart = await till.cart(shirt=10)
    await till.place(cart, card("tok_delayed_paid"))
    async with till.db.transaction() as tx:
        await inventory.release(tx, cart.id, reason="test")
    await till.purchase(shirt=3)
    clock.advance(days=3, seconds=5)
    await sandbox.advance(advance_days=3, advance_s=5)
    await till.recover()
    (hold,) = (await till.order(cart.id)).holds

    async def release() -> orders.Order:
        async with till.db.transaction() as tx:
            return await order_actions.release_hold(
                tx, cart.id, hold.id, BECAUSE, staff.SYSTEM, None
            )

    with pytest.raises(inventory.OutOfStock):
        await release()
    assert (await till.order(cart.id)).hold_status == "held"
    await till.stock("shirt", 3)
    assert (await release()).hold_status == "clear"
    assert (await release()).hold_status == "clear", "a repeat changes nothing"
    assert (await till.level("shirt")).allocated == 13
    await till.check_books()


async def test_what_was_shipped_cannot_be_cancelled(till: Till) -> None:
    cart = await till.cart(shirt=2)
    await till.place(cart)
    async with till.db.transaction() as tx:
        line = Demand(variant_id=till.variants["shirt"], quantity=1)
        await inventory.fulfil(tx, cart.id, [line], shipment_id=new_id())
        await orders.record_fulfilment(tx, cart.id, 1, BECAUSE, data={})
    with pytest.raises(orders.OrderActionIllegal) as caught:
        await cancel(till, cart.id)
    assert "return" in caught.value.details["legal_actions"]  # type: ignore[operator]
    order = await till.order(cart.id)
    assert order.fulfilment_status == "partially_fulfilled"


async def test_P1_the_list_is_read_page_by_page_through_each_filter(till: Till) -> None:
    placed = []
    for number in range(5):
        cart = await till.cart(shirt=1, email=f"ann{number % 2}@example.com")
        await till.place(cart)
        placed.append(cart.id)
    await cancel(till, placed[0])
    newest_first = placed[::-1]

    async def listed(limit: int = 2, **filters: Any) -> list[UUID]:
        found: list[UUID] = []
        before = None
        while True:
            with counting_statements() as count:
                async with till.db.reading() as tx:
                    page = await list_orders(
                        tx, OrderFilters(**filters), before=before, limit=limit
                    )
            assert count.statements == 1
            found += [row.id for row in page]
            if len(page) < limit:
                return found
            before = page[-1].opened_at, page[-1].id

    assert await listed() == newest_first
    assert await listed(channel_id=till.channel.id) == newest_first
    assert await listed(channel_id=new_id()) == []
    assert await listed(stage="cancelled") == [placed[0]]
    assert await listed(stage="confirmed") == newest_first[:-1]
    assert await listed(queue="to_fulfil") == newest_first[:-1]
    assert await listed(queue="held") == []
    assert await listed(email="ann1@example.com") == [placed[3], placed[1]]
    assert await listed(email="ann0@example.com", stage="cancelled") == [placed[0]]
    number = (await till.order(placed[2])).number
    assert await listed(number=number) == [placed[2]]
    assert await listed(customer_id=new_id()) == []
