"""Placing a cart when the payment is known at once: Begin and Complete in one transaction."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from tests.workflows.till import BECAUSE, INVOICE, Till, another_id, reply_for

from argosy.drill.clock import MovableClock
from argosy.kernel.money import Money
from argosy.modules import cart as carts
from argosy.modules import catalog, inventory, orders, payments
from argosy.runtime.db import counting_statements
from argosy.runtime.idempotency import KeyReused, key_for
from argosy.runtime.statements import Statement
from argosy.workflows import carting, checkout, drafting, placement, recovery
from argosy.workflows.placement import PaymentChoice, PlaceCart, WantedItem
from argosy.workflows.quoting import NotPurchasable


def sql(text: str) -> Statement:
    return Statement("test", "many", text, "test")


async def test_a_cart_becomes_a_confirmed_order_with_number_and_books(till: Till) -> None:
    cart = await till.cart(shirt=2, mug=1)
    answer, placed = await till.place(cart)
    assert (answer.status, placed.result) == (201, "placed")
    assert placed.order_id == cart.id
    order = await till.order(cart.id)
    assert order.total == Money(2 * 1000 + 500 + 490, "EUR")
    assert (order.stage, order.payment_status, order.number) == (
        "confirmed",
        "authorised",
        placed.number,
    )
    assert (await till.cart_now(cart)).state == "placed"
    level = await till.level("shirt")
    assert (level.on_hand, level.reserved, level.allocated) == (10, 0, 2)
    async with till.db.reading() as tx:
        lines = await orders.lines_of(tx, cart.id)
    assert [(line.sku, line.quantity, line.total_minor) for line in lines] == [
        ("SHIRT", 2, 2000),
        ("MUG", 1, 500),
    ]
    assert await till.history(cart.id) == ["confirmed"]
    await till.check_books()


async def test_a_tender_of_the_till_is_paid_at_once(till: Till) -> None:
    cart = await till.cart(shirt=1)
    _, placed = await till.place(cart, PaymentChoice(gateway="cash"))
    assert placed.payment_status == "paid"
    assert (await till.order(cart.id)).captured_minor == 1490
    await till.check_books()


async def test_a_channel_offers_only_the_ways_to_pay_that_it_names(till: Till) -> None:
    cart = await till.cart(shirt=1)
    strict = msgspec.structs.replace(till.channel, gateways=("invoice", "gone"))
    with pytest.raises(payments.GatewayNotOffered) as refused:
        drafting.check_choice(till.app, strict, PaymentChoice(gateway="cash"))
    assert refused.value.details["gateways"] == ["invoice"], "what is offered is named"
    drafting.check_choice(till.app, strict, INVOICE)
    _, placed = await till.place(cart, PaymentChoice(gateway="cash"))
    assert placed.payment_status == "paid", "a channel that names none offers all"


async def test_statements_of_each_step(till: Till) -> None:
    cart = await till.cart(shirt=1)
    total = await till.total(cart)
    with counting_statements() as count:
        await till.place(cart, expected=total)
    assert count.names == [
        "begin_carts",
        "sellable_variants",
        "draw_numbers",
        "open_orders",
        "open_payments",
        "post",
        "write_events_and_answer",
        "hold_together",
    ]
    assert count.transactions == 1
    with counting_statements() as count:
        await till.purchase(shirt=1, mug=1)
    assert count.names == [
        "sellable_variants",
        "draw_numbers",
        "begin_new_carts",
        "open_orders",
        "open_payments",
        "post",
        "write_events",
        "hold_together",
    ]
    assert count.transactions == 1
    with counting_statements() as count:
        await carting.add_line(
            till.app,
            till.seller,
            (await till.cart(shirt=1)).id,
            WantedItem(variant_id=till.variants["mug"], quantity=1),
            carting.CartReply(None, lambda *_: (200, b"")),
        )
    assert count.names[-2:] == ["sellable_variants", "write_carts"]


async def test_G1_the_same_place_fifty_times_at_once_makes_one_order_and_equal_answers(
    till: Till,
) -> None:
    cart = await till.cart(shirt=1)
    total = await till.total(cart)
    answers = await asyncio.gather(*(till.place(cart, key="k", expected=total) for _ in range(50)))
    assert len({(answer.status, answer.body) for answer, _ in answers}) == 1
    assert await till.history(cart.id) == ["confirmed"]
    assert (await till.level("shirt")).allocated == 1
    await till.check_books()


async def test_G1_two_tabs_with_keys_of_their_own_get_the_same_order(till: Till) -> None:
    cart = await till.cart(shirt=1)
    total = await till.total(cart)
    answers = await asyncio.gather(*(till.place(cart, expected=total) for _ in range(10)))
    assert {placed.number for _, placed in answers} == {answers[0][1].number}
    assert {answer.status for answer, _ in answers} == {201}
    async with till.db.reading() as tx:
        assert len(await payments.payments_of_order(tx, cart.id)) == 1


async def test_G1_one_call_purchases_with_one_key_make_one_order(till: Till) -> None:
    answers = await asyncio.gather(*(till.purchase(key="p", shirt=1) for _ in range(20)))
    assert len({answer.body for answer, _ in answers}) == 1
    assert (await till.level("shirt")).allocated == 1
    level = await till.level("shirt")
    assert level.reserved == 0
    await till.check_books()


async def test_G2_a_replay_days_later_is_byte_equal_and_another_body_is_refused(
    till: Till, clock: MovableClock
) -> None:
    cart = await till.cart(shirt=1)
    total = await till.total(cart)
    first, _ = await till.place(cart, key="k", expected=total)
    clock.advance(days=1)
    again, _ = await till.place(cart, key="k", expected=total)
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    command = PlaceCart(
        cart_id=cart.id,
        channel=till.channel,
        customer_id=None,
        expected_total=total,
        payment=INVOICE,
        because=BECAUSE,
    )
    other = placement.Reply(key_for("test", "k", b"another request"), lambda _: (200, b""))
    with pytest.raises(KeyReused):
        await checkout.place(till.app, command, other)


async def test_C4_a_changed_price_stops_the_purchase_with_the_new_quote(till: Till) -> None:
    cart = await till.cart(shirt=1)
    agreed = await till.total(cart)
    await till.price("shirt", 1100)
    with pytest.raises(placement.TotalChanged) as caught:
        await till.place(cart, key="k", expected=agreed)
    assert caught.value.details["total"] == Money(1590, "EUR")
    assert (await till.cart_now(cart)).state == "open"
    level = await till.level("shirt")
    assert (level.reserved, level.allocated) == (0, 0)
    async with till.db.reading() as tx:
        assert await orders.find_order(tx, cart.id) is None
    answer, _ = await till.place(cart, key="k", expected=Money(1590, "EUR"))
    assert answer.status == 201, "the key had no effect and may be used again"


async def test_stock_that_is_gone_stops_the_purchase_and_names_the_line(till: Till) -> None:
    cart = await till.cart(shirt=11, mug=1)
    with pytest.raises(inventory.OutOfStock) as caught:
        await till.place(cart)
    assert [line["available"] for line in caught.value.details["lines"]] == [10]
    assert (await till.cart_now(cart)).state == "open"
    assert (await till.level("mug")).allocated == 0
    await till.check_books()


async def test_the_last_units_are_sold_once_each(till: Till) -> None:
    bought = await asyncio.gather(
        *(till.purchase(shirt=1, mug=1) for _ in range(25)), return_exceptions=True
    )
    sold = [one for one in bought if not isinstance(one, BaseException)]
    refused = [one for one in bought if isinstance(one, BaseException)]
    assert len(sold) == 10
    assert all(isinstance(one, inventory.OutOfStock) for one in refused), refused
    assert (await till.level("shirt")).sellable == 0
    await till.check_books()


async def test_G6_nothing_to_pay_needs_no_payment(till: Till) -> None:
    cart = await till.cart(gift=1)
    _, placed = await till.place(cart, None)
    order = await till.order(cart.id)
    assert (placed.total_minor, order.payment_status, order.stage) == (
        0,
        "not_required",
        "confirmed",
    )
    assert order.fulfilment_status == "not_required"
    assert order.number
    cart = await till.cart(gift=1)
    _, placed = await till.place(cart, INVOICE)
    assert placed.payment_id is None
    await till.check_books()


async def test_G7_digital_goods_need_no_shipping_but_the_place_of_the_buyer(till: Till) -> None:
    cart = await till.cart(song=1)
    _, placed = await till.place(cart)
    assert placed.shipping_minor == 0
    assert placed.tax_minor == 19
    order = await till.order(cart.id)
    assert order.fulfilment_status == "not_required"
    assert order.captured_minor == 0, "a promise of money is not money"
    cart = await till.cart(song=1, address=None)
    with pytest.raises(placement.AddressMissing) as caught:
        await till.place(cart)
    assert caught.value.field == "billing_address"


async def test_what_is_missing_is_named_and_nothing_is_written(till: Till) -> None:
    empty = await till.cart()
    with pytest.raises(placement.CartEmpty):
        await till.place(empty)
    no_mail = await till.cart(shirt=1, email="")
    with pytest.raises(placement.EmailMissing):
        await till.place(no_mail)
    no_payment = await till.cart(shirt=1)
    with pytest.raises(placement.PaymentMissing):
        await till.place(no_payment, None)
    with pytest.raises(payments.GatewayNotOffered):
        await till.place(no_payment, PaymentChoice(gateway="paypal"))
    for cart in (empty, no_mail, no_payment):
        assert (await till.cart_now(cart)).state == "open"


async def test_a_line_that_is_not_sold_any_more_stops_the_purchase(till: Till) -> None:
    cart = await till.cart(shirt=1, mug=1)
    total = await till.total(cart)
    async with till.db.transaction() as tx:
        (mug,) = await tx.many(sql("select id from catalog.product where slug = 'mug'"))
        await catalog.unpublish_product(tx, mug["id"], [till.channel.id])
    with pytest.raises(NotPurchasable):
        await till.place(cart, expected=total)
    _, basket = await carting.read_cart(till.app, till.seller, cart.id)
    assert [reason for _, reason in basket.refused] == ["not_published"]
    assert basket.quote.total == Money(1490, "EUR")


async def test_another_customers_or_channels_cart_or_none_is_not_found(till: Till) -> None:
    cart = await till.cart(shirt=1)
    total = await till.total(cart)
    async with till.db.reading() as tx:
        theirs = carts.touched(carts.owned_by(cart, another_id()), tx.now)
        assert await carts.write(tx, changed=[(cart, theirs)])
    with pytest.raises(carts.CartNotFound):
        await till.place(cart, expected=total)
    with pytest.raises(carts.CartNotFound):
        await till.place(msgspec.structs.replace(cart, id=another_id()), expected=total)
    mine = await till.cart(shirt=1)
    command = PlaceCart(
        cart_id=mine.id,
        channel=till.channel,
        customer_id=None,
        expected_total=total,
        payment=INVOICE,
        because=BECAUSE,
    )
    async with till.db.transaction() as tx:
        await tx.run(
            sql("update cart.cart set channel_id = $1 where id = $2"), another_id(), mine.id
        )
    with pytest.raises(carts.CartNotFound):
        await checkout.place(till.app, command, reply_for(None))
    assert (await till.cart_now(mine)).state == "open"


async def test_a_cart_that_nobody_touched_for_a_month_cannot_be_placed(
    till: Till, clock: MovableClock
) -> None:
    cart = await till.cart(shirt=1)
    total = await till.total(cart)
    clock.advance(days=32)
    with pytest.raises(carts.CartExpired):
        await till.place(cart, expected=total)
    await recovery.expire_carts(till.app)
    with pytest.raises(carts.CartExpired):
        await till.place(cart, expected=total)
