"""Placing a cart that is paid at a real provider process: every state of the diagram."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from tests.sandbox import Sandbox
from tests.workflows.till import BECAUSE, DyingGateway, ServerDied, Till, card

from argosy.adapters.psp.sandbox import SandboxGateway, open_sandbox
from argosy.drill.clock import MovableClock
from argosy.modules import cart as carts
from argosy.modules import inventory, orders, payments
from argosy.runtime.db import counting_statements
from argosy.workflows import placement, recovery


async def payment_reference(till: Till, order_id: object) -> str:
    """The provider's id of the order's payment."""
    async with till.db.reading() as tx:
        paid = await payments.payments_of_order(tx, order_id)  # type: ignore[arg-type]
    assert paid[-1].reference
    return paid[-1].reference


async def test_an_approved_card_confirms_the_order_and_holds_the_money(card_till: Till) -> None:
    till = card_till
    cart = await till.cart(shirt=2)
    answer, placed = await till.place(cart, card())
    assert (answer.status, placed.result, placed.payment_status) == (201, "placed", "authorised")
    order = await till.order(cart.id)
    assert order.number == placed.number
    assert (order.authorised_minor, order.captured_minor) == (2490, 0)
    assert await till.charges(cart.id) == ["Authorised"]
    assert await till.history(cart.id) == ["opened", "confirmed"]
    level = await till.level("shirt")
    assert (level.reserved, level.allocated) == (0, 2)
    assert (await till.cart_now(cart)).state == "placed"
    await till.check_books()


async def test_digital_goods_are_captured_at_once(card_till: Till) -> None:
    cart = await card_till.cart(song=1)
    _, placed = await card_till.place(cart, card())
    assert placed.payment_status == "paid"
    assert await card_till.charges(cart.id) == ["Captured"]
    await card_till.check_books()


async def test_statements_of_a_card_payment(card_till: Till) -> None:
    cart = await card_till.cart(shirt=1)
    total = await card_till.total(cart)
    with counting_statements() as count:
        await card_till.place(cart, card(), expected=total)
    assert count.names == [
        "begin_carts",
        "sellable_variants",
        "open_orders",
        "open_payments",
        "write_events",
        "hold_together",
        "move_cart",
        "confirm_order",
        "record",
        "allocate_order",
        "post",
        "write_events_and_answer",
    ]
    assert count.transactions == 2


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("tok_declined_insufficient_funds", "use_another_method"),
        ("tok_declined_stolen_card", "use_another_method"),
        ("tok_declined_expired_card", "check_details"),
        ("tok_declined_processing_error", "try_again_later"),
    ],
)
async def test_declined_releases_everything_and_the_cart_can_be_placed_again(
    card_till: Till, token: str, reason: str
) -> None:
    till = card_till
    cart = await till.cart(shirt=2)
    answer, declined = await till.place(cart, card(token), key="k")
    assert (answer.status, declined.result, declined.reason) == (402, "declined", reason)
    order = await till.order(cart.id)
    assert (order.stage, order.payment_status, order.number) == ("payment_failed", "failed", None)
    assert (await till.cart_now(cart)).state == "open"
    level = await till.level("shirt")
    assert (level.reserved, level.allocated) == (0, 0)
    again, _ = await till.place(cart, card(token), key="k")
    assert again.body == answer.body, "the same key gets the same no"
    answer, placed = await till.place(cart, card(), key="other")
    assert (answer.status, placed.order_id) == (201, cart.id)
    assert (await till.order(cart.id)).attempt == 2
    assert await till.charges(cart.id) == ["Authorised"]
    assert await till.history(cart.id) == ["opened", "payment_failed", "opened", "confirmed"]
    await till.check_books()


async def test_3ds_sends_the_shopper_away_and_resume_completes(
    card_till: Till, sandbox: Sandbox
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    answer, waiting = await till.place(cart, card("tok_3ds_challenge"), key="k")
    assert (answer.status, waiting.result) == (202, "requires_action")
    assert waiting.next_action
    assert waiting.next_action["url"].startswith("http")
    assert (await till.cart_now(cart)).state == "awaiting_action"
    assert (await till.resume(cart)).result == "requires_action", "not answered yet"
    with pytest.raises(carts.CartNotOpen):
        carts.check_open(await till.cart_now(cart), till.db.clock())
    await sandbox.challenge(await payment_reference(till, cart.id), approve=True)
    placed = await till.resume(cart)
    assert (placed.result, placed.stage) == ("placed", "confirmed")
    assert (await till.resume(cart)).number == placed.number, "resume is repeatable"
    assert (await till.cart_now(cart)).state == "placed"
    again, _ = await till.place(cart, card("tok_3ds_challenge"), key="k")
    assert again.body == answer.body, "a key answers for ever what it answered first"
    await till.check_books()


async def test_3ds_refused_opens_the_cart_again(card_till: Till, sandbox: Sandbox) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    await till.place(cart, card("tok_3ds_challenge"))
    await sandbox.challenge(await payment_reference(till, cart.id), approve=False)
    declined = await till.resume(cart)
    assert (declined.result, declined.reason) == ("declined", "authentication_failed")
    assert (await till.cart_now(cart)).state == "open"
    again = await till.resume(cart)
    assert (again.result, again.reason) == (declined.result, declined.reason)
    assert (await till.level("shirt")).reserved == 0
    with pytest.raises(placement.NothingToResume):
        await till.resume(await till.cart(shirt=1))


async def test_who_comes_back_after_the_webhook_is_told_that_the_payment_failed(
    card_till: Till, sandbox: Sandbox
) -> None:
    """The cart is open again then: without a word the shopper would not know what happened."""
    till = card_till
    cart = await till.cart(shirt=1)
    await till.place(cart, card("tok_3ds_challenge"))
    await sandbox.challenge(await payment_reference(till, cart.id), approve=False)
    operation_id = (await till.order(cart.id)).operation_id
    assert operation_id is not None
    await recovery.resolve_operation(till.app, operation_id, BECAUSE)
    assert (await till.cart_now(cart)).state == "open"
    declined = await till.resume(cart)
    assert (declined.result, declined.reason) == ("declined", "authentication_failed")


async def test_placing_again_instead_of_3ds_gives_the_first_attempt_up(
    card_till: Till, sandbox: Sandbox
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    await till.place(cart, card("tok_3ds_challenge"))
    first = await payment_reference(till, cart.id)
    _, placed = await till.place(cart, card())
    assert placed.result == "placed"
    assert await till.charges(cart.id) == ["Authorised"]
    await sandbox.challenge(first, approve=True)
    assert await till.charges(cart.id) == ["Authorised"], "the first cannot succeed any more"
    await till.check_books()


async def test_H2_a_3ds_that_was_answered_meanwhile_is_completed_not_paid_twice(
    card_till: Till, sandbox: Sandbox
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    await till.place(cart, card("tok_3ds_challenge"))
    await sandbox.challenge(await payment_reference(till, cart.id), approve=True)
    answer, placed = await till.place(cart, card())
    assert (answer.status, placed.result) == (201, "placed")
    assert await till.charges(cart.id) == ["Authorised"]
    async with till.db.reading() as tx:
        assert len(await payments.payments_of_order(tx, cart.id)) == 1


async def test_an_abandoned_3ds_is_ended_and_released_by_the_sweep(
    card_till: Till, clock: MovableClock
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    await till.place(cart, card("tok_3ds_challenge"))
    clock.advance(minutes=20)
    await till.recover()
    assert await inventory.expire_due(till.db, clock.now()) == 0
    assert (await till.level("shirt")).reserved == 1, "F3: held while the attempt is open"
    clock.advance(minutes=11)
    await till.recover()
    assert (await till.cart_now(cart)).state == "open"
    assert (await till.order(cart.id)).stage == "payment_failed"
    assert (await till.level("shirt")).reserved == 0
    assert await till.charges(cart.id) == []


async def test_a_slow_method_stands_with_its_number_and_is_paid_days_later(
    card_till: Till, sandbox: Sandbox, clock: MovableClock
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    answer, pending = await till.place(cart, card("tok_delayed_paid"))
    assert (answer.status, pending.result) == (202, "pending")
    assert pending.number
    assert (await till.cart_now(cart)).state == "placed"
    clock.advance(days=3, seconds=5)
    await sandbox.advance(advance_days=3, advance_s=5)
    assert await inventory.expire_due(till.db, clock.now()) == 0
    await till.recover()
    order = await till.order(cart.id)
    assert (order.stage, order.payment_status, order.number) == (
        "confirmed",
        "paid",
        pending.number,
    )
    assert (await till.level("shirt")).allocated == 1
    assert await till.history(cart.id) == ["opened", "waiting", "confirmed"]
    await till.check_books()


async def test_a_slow_method_that_fails_releases_everything(
    card_till: Till, sandbox: Sandbox, clock: MovableClock
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    await till.place(cart, card("tok_delayed_failed"))
    clock.advance(days=3, seconds=5)
    await sandbox.advance(advance_days=3, advance_s=5)
    await till.recover()
    assert (await till.order(cart.id)).stage == "payment_failed"
    level = await till.level("shirt")
    assert (level.reserved, level.allocated) == (0, 0)
    await till.check_books()


async def test_slow_money_that_never_comes_is_given_up(
    card_till: Till, clock: MovableClock
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    await till.place(cart, card("tok_delayed_paid"))
    for _ in range(11):
        clock.advance(days=1)
        await till.recover()
        await inventory.expire_due(till.db, clock.now())
    assert (await till.order(cart.id)).stage == "payment_failed"
    assert (await till.level("shirt")).reserved == 0


async def test_H1_a_lost_answer_is_looked_up_and_charges_once(
    card_till: Till, clock: MovableClock
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    answer, _ = await till.place(cart, card("tok_lost_answer_always"), key="k")
    assert answer.status == 202
    assert (await till.cart_now(cart)).state == "placing"
    clock.advance(seconds=5)
    await till.recover()
    order = await till.order(cart.id)
    assert order.stage == "confirmed"
    assert await till.charges(cart.id) == ["Authorised"]
    again, _ = await till.place(cart, card("tok_lost_answer_always"), key="k")
    assert again.body == answer.body
    other, placed = await till.place(cart, card(), key="new")
    assert (other.status, placed.number) == (201, order.number)
    await till.check_books()


async def test_nothing_happened_there_is_believed_only_after_a_while(
    card_till: Till, clock: MovableClock
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    answer, unknown = await till.place(cart, card("tok_error_before_effect_always"), key="k")
    assert (answer.status, unknown.result) == (202, "processing")
    clock.advance(seconds=10)
    await till.recover()
    assert (await till.cart_now(cart)).state == "placing", "the call might still be on its way"
    for _ in range(6):
        clock.advance(seconds=20)
        await till.recover()
    assert (await till.cart_now(cart)).state == "open"
    assert await till.charges(cart.id) == []
    _, placed = await till.place(cart, card())
    assert placed.result == "placed"
    await till.check_books()


async def test_a_provider_that_cannot_be_reached_costs_nothing_and_the_key_lives(
    card_till: Till,
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    nowhere = till.app.settings.model_copy(update={"sandbox_psp_url": "http://127.0.0.1:1"})
    async with unreachable(open_sandbox(nowhere)) as gateway:
        app = dataclasses.replace(till.app, gateways={"sandbox": gateway})
        with pytest.raises(payments.GatewayUnavailable):
            await till.place(cart, card(), key="k", app=app)
    assert (await till.cart_now(cart)).state == "open"
    assert (await till.level("shirt")).reserved == 0
    answer, placed = await till.place(cart, card(), key="k")
    assert (answer.status, placed.result) == (201, "placed")
    assert await till.charges(cart.id) == ["Authorised"]


async def test_F4_money_without_stock_puts_the_order_on_hold(
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
    order = await till.order(cart.id)
    assert (order.stage, order.payment_status, order.hold_status) == ("confirmed", "paid", "held")
    assert [(hold.kind, hold.reason) for hold in order.holds] == [
        ("stock_shortage", "3 units short")
    ]
    assert (await till.level("shirt")).allocated == 3
    await till.check_books()


async def test_H5_a_webhook_and_the_sweep_and_the_shopper_complete_once(
    card_till: Till, sandbox: Sandbox, clock: MovableClock
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    await till.place(cart, card("tok_3ds_challenge"))
    await sandbox.challenge(await payment_reference(till, cart.id), approve=True)
    order = await till.order(cart.id)
    assert order.operation_id
    outcomes = await asyncio.gather(
        till.resume(cart),
        recovery.resolve_operation(till.app, order.operation_id, BECAUSE),
        till.resume(cart),
        recovery.resolve_order(till.app, cart.id, BECAUSE),
    )
    assert all(one is None or one.result == "placed" for one in outcomes)
    assert (await till.history(cart.id)).count("confirmed") == 1
    assert await till.charges(cart.id) == ["Authorised"]
    await till.check_books()


async def test_an_authorisation_that_comes_after_the_attempt_was_given_up_is_voided(
    card_till: Till, clock: MovableClock
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    await till.place(cart, card("tok_lost_answer_always"))
    order = await till.order(cart.id)
    assert order.operation_id
    # The provider says for a while that it knows of nothing; then the call arrives after all.
    async with till.db.transaction() as tx:
        await carts.move(tx, cart.id, 1, "open")
        await orders.fail_order(tx, cart.id, order.operation_id, "absent", BECAUSE)
        await payments.record(tx, order.operation_id, payments.Failed(code="absent"))
        await inventory.release(tx, cart.id, reason="payment_failed")
    await recovery.resolve_operation(till.app, order.operation_id, BECAUSE)
    await recovery.resolve_operation(till.app, order.operation_id, BECAUSE)
    async with till.db.reading() as tx:
        (payment,) = await payments.payments_of_order(tx, cart.id)
    assert payment.orphaned
    assert [one.kind for one in payment.operations] == ["authorise", "void"]
    _, placed = await till.place(cart, card())
    assert placed.result == "placed"
    await till.check_books()


async def test_G1_the_same_card_payment_fifty_times_at_once(card_till: Till) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    total = await till.total(cart)
    answers = await asyncio.gather(
        *(till.place(cart, card(), key="k", expected=total) for _ in range(50))
    )
    assert len({(answer.status, answer.body) for answer, _ in answers}) == 1
    assert answers[0][0].status == 201
    assert await till.charges(cart.id) == ["Authorised"]
    assert await till.history(cart.id) == ["opened", "confirmed"]
    await till.check_books()


async def test_a_placement_whose_server_died_is_finished_by_the_next_request_itself(
    card_till: Till, clock: MovableClock
) -> None:
    """No worker runs: the retry of the shopper takes the attempt over after its lease."""
    till = card_till
    cart = await till.cart(shirt=1)
    total = await till.total(cart)
    gateway = DyingGateway(till.app.gateways["sandbox"])
    app = dataclasses.replace(till.app, gateways={**till.app.gateways, "sandbox": gateway})
    with pytest.raises(ServerDied):
        await till.place(cart, card(), key="k", expected=total, app=app)
    clock.advance(seconds=till.app.settings.placing_lease_s + 1)
    answer, placed = await till.place(cart, card(), key="k", expected=total)
    assert (answer.status, placed.result) == (201, "placed")
    assert await till.charges(cart.id) == ["Authorised"]
    assert clock.now() - (await till.order(cart.id)).opened_at > timedelta(seconds=30)


@asynccontextmanager
async def unreachable(gateway: SandboxGateway) -> AsyncIterator[SandboxGateway]:
    """A gateway to an address where nobody listens."""
    try:
        yield gateway
    finally:
        await gateway.close()


async def test_G6_nothing_to_pay_asks_no_provider_even_if_one_is_named(card_till: Till) -> None:
    cart = await card_till.cart(gift=1)
    answer, placed = await card_till.place(cart, card("tok_declined_fraud"))
    assert (answer.status, placed.payment_status, placed.gateway) == (201, "not_required", None)
    assert (await card_till.cart_now(cart)).state == "placed"


async def test_a_purchase_in_one_call_by_card_and_its_declined_cart(card_till: Till) -> None:
    _, placed = await card_till.purchase(card(), shirt=1)
    assert placed.result == "placed"
    answer, declined = await card_till.purchase(card("tok_declined_fraud"), shirt=1)
    assert answer.status == 402
    async with card_till.db.reading() as tx:
        cart = await carts.find_cart(tx, declined.order_id)
    assert cart is not None
    assert (cart.state, cart.attempt) == ("open", 1)
    assert cart.expires_at is not None, "an open cart ends some day"
    _, again = await card_till.place(cart, card())
    assert (again.result, again.order_id) == ("placed", declined.order_id)
    await card_till.check_books()
