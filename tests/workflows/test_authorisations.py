"""Authorisations that arrive after everybody believed their call lost, and no webhook tells."""

from __future__ import annotations

import pytest
from tests.sandbox import Sandbox
from tests.workflows.till import ServerDied, Till, card

from argosy.drill.clock import MovableClock
from argosy.drill.dying import call_arrives, dying_app
from argosy.modules import payments
from argosy.modules.cart import Cart
from argosy.runtime import metrics
from argosy.workflows import authorisations, measuring, money_moves
from argosy.workflows.app import App


async def given_up(till: Till, clock: MovableClock, token: str, **units: int) -> tuple[Cart, App]:
    """A purchase whose server died with the call under way, and whose attempt was given up."""
    cart = await till.cart(**units)
    dead = dying_app(till, asked=False)
    with pytest.raises(ServerDied):
        await till.place(cart, card(token), key="k", app=dead)
    clock.advance(seconds=2 * till.app.settings.placing_lease_s + 1)
    await till.recover()
    assert (await till.cart_now(cart)).state == "open"
    return cart, dead


async def payment_of(till: Till, cart: Cart) -> payments.Payment:
    async with till.db.reading() as tx:
        (payment,) = await payments.payments_of_order(tx, cart.id)
    return payment


async def time_goes_on(till: Till, clock: MovableClock, **amount: float) -> None:
    clock.advance(**amount)
    while await authorisations.sweep_late(till.app) + await money_moves.sweep(till.app):
        pass


def found_late() -> float:
    return metrics.LATE_AUTHORISATIONS.labels("sandbox")._value.get()


async def test_H1_a_late_authorisation_is_found_without_its_webhook_and_voided(
    card_till: Till, clock: MovableClock
) -> None:
    metrics.count_with(measuring.COUNTED)
    till, before = card_till, found_late()
    cart, dead = await given_up(till, clock, "tok_approved", shirt=1)
    await time_goes_on(till, clock, minutes=1)
    await call_arrives(dead)
    await time_goes_on(till, clock, minutes=5)
    await time_goes_on(till, clock, minutes=2)
    payment = await payment_of(till, cart)
    assert (payment.orphaned, payment.state) == (True, "voided")
    told = await till.history(cart.id)
    assert told[-2:] == ["late_authorisation", "voided"]
    assert found_late() == before + 1
    await time_goes_on(till, clock, days=2)
    assert await till.history(cart.id) == told, "it is found once"
    await till.check_books()


async def test_late_money_that_was_taken_at_once_is_refunded(
    card_till: Till, clock: MovableClock
) -> None:
    till = card_till
    cart, dead = await given_up(till, clock, "tok_approved", song=1)
    await call_arrives(dead)
    await time_goes_on(till, clock, minutes=1)
    await time_goes_on(till, clock, minutes=2)
    payment = await payment_of(till, cart)
    assert (payment.orphaned, payment.state) == (True, "refunded")
    await till.check_books()


async def test_it_is_given_back_although_the_shopper_has_paid_again(
    card_till: Till, clock: MovableClock
) -> None:
    till = card_till
    cart, dead = await given_up(till, clock, "tok_approved", shirt=1)
    _, placed = await till.place(cart, card(), key="again")
    await call_arrives(dead)
    await time_goes_on(till, clock, minutes=1)
    await time_goes_on(till, clock, minutes=2)
    assert placed.result == "placed"
    async with till.db.reading() as tx:
        paid = await payments.payments_of_order(tx, cart.id)
    assert [(one.orphaned, one.state) for one in paid] == [(True, "voided"), (False, "authorised")]
    order = await till.order(cart.id)
    assert (order.stage, order.payment_status) == ("confirmed", "authorised")
    await till.check_books()


@pytest.mark.parametrize("token", ["tok_3ds_challenge", "tok_delayed_paid"])
async def test_what_could_still_bring_money_is_cancelled(
    card_till: Till, clock: MovableClock, sandbox: Sandbox, token: str
) -> None:
    till = card_till
    cart, dead = await given_up(till, clock, token, shirt=1)
    await call_arrives(dead)
    await time_goes_on(till, clock, minutes=1)
    operation = (await payment_of(till, cart)).operations[0]
    outcome = await payments.look_up(till.app.gateways, operation)
    assert isinstance(outcome, payments.Failed)
    assert outcome.code == "abandoned"
    asked = len(await sandbox.requests(str(operation.id)))
    await time_goes_on(till, clock, days=3)
    assert len(await sandbox.requests(str(operation.id))) == asked, "nothing is left to ask"


async def test_a_call_that_never_arrives_is_asked_about_ever_more_seldom(
    card_till: Till, clock: MovableClock, sandbox: Sandbox
) -> None:
    till = card_till
    cart, _ = await given_up(till, clock, "tok_approved", shirt=1)
    operation_id = (await payment_of(till, cart)).operations[0].id
    before = len(await sandbox.requests(str(operation_id)))
    for _ in range(24 * 9):
        await time_goes_on(till, clock, hours=1)
    asked = len(await sandbox.requests(str(operation_id))) - before
    assert 8 <= asked <= 16
    assert "late_authorisation" not in await till.history(cart.id)


async def test_while_the_provider_is_silent_the_question_stands(
    card_till: Till, clock: MovableClock, sandbox: Sandbox
) -> None:
    till = card_till
    cart, dead = await given_up(till, clock, "tok_approved", shirt=1)
    await call_arrives(dead)
    await sandbox.behave(mode="down")
    await time_goes_on(till, clock, days=8)
    await sandbox.behave()
    assert not (await payment_of(till, cart)).orphaned
    clock.advance(days=1)  # also ends the breaker's pause
    for _ in range(50):
        await time_goes_on(till, clock, days=1)
        if (await payment_of(till, cart)).orphaned:
            break
    assert (await payment_of(till, cart)).orphaned
