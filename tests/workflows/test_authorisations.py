"""Authorisations that arrive after their call was believed lost, and those about to lapse."""

from __future__ import annotations

import asyncio

import pytest
from tests.sandbox import Sandbox
from tests.workflows.till import BECAUSE, ServerDied, Till, card

from argosy.drill.clock import MovableClock
from argosy.drill.dying import call_arrives, dying_app
from argosy.modules import payments
from argosy.modules.cart import Cart
from argosy.runtime import metrics
from argosy.workflows import authorisations, measuring, money_moves
from argosy.workflows.app import App
from argosy.workflows.money_moves import MoveMoney


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


# --- those about to lapse ----------------------------------------------------------------------


async def both_clocks(till: Till, clock: MovableClock, sandbox: Sandbox, hours: float) -> None:
    """Time passes for us and for the provider; the worker looks at holds."""
    await sandbox.advance(advance_s=hours * 3600)
    clock.advance(hours=hours)
    while await authorisations.sweep_lapsing(till.app):
        pass


def lapsing(state: str) -> float:
    return metrics.AUTHORISATIONS_LAPSING.labels("sandbox", state)._value.get()


async def warnings(till: Till) -> int:
    return int(
        await till.db.pool.fetchval(
            "select count(*) from runtime.outbox where type = $1",
            payments.AuthorisationLapsing.TYPE,
        )
    )


async def shown_as_lapsing(till: Till) -> list[str]:
    async with till.db.reading() as tx:
        found = await payments.list_payments(
            tx, None, state=None, gateway=None, limit=10, lapsing=True
        )
    return [one.state for one in found]


async def test_H6_a_hold_that_lapses_is_told_a_day_before_once(
    card_till: Till, clock: MovableClock, sandbox: Sandbox
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    await till.place(cart, card())
    paid = await till.cart(shirt=1)
    _, placed = await till.place(paid, card())
    assert placed.payment_id is not None
    await money_moves.move(till.app, MoveMoney(placed.payment_id, "capture", BECAUSE))
    await both_clocks(till, clock, sandbox, 5.9 * 24)
    assert (await warnings(till), lapsing("soon")) == (0, 0)
    assert await shown_as_lapsing(till) == []
    await both_clocks(till, clock, sandbox, 0.2 * 24)
    assert (await warnings(till), lapsing("soon"), lapsing("lapsed")) == (1, 1, 0)
    assert (await till.history(cart.id))[-1] == "authorisation_lapsing"
    assert await shown_as_lapsing(till) == ["authorised"]
    await both_clocks(till, clock, sandbox, 12)
    assert await warnings(till) == 1
    assert "authorisation_lapsing" not in await till.history(paid.id), "it is paid"


async def test_H6_many_workers_warn_once(
    card_till: Till, clock: MovableClock, sandbox: Sandbox
) -> None:
    till = card_till
    for _ in range(3):
        await till.place(await till.cart(shirt=1), card())
    clock.advance(days=6.5)
    await asyncio.gather(*(authorisations.sweep_lapsing(till.app) for _ in range(4)))
    assert await warnings(till) == 3


async def test_H6_what_has_lapsed_is_adopted_without_its_webhook_and_does_not_ship(
    card_till: Till, clock: MovableClock, sandbox: Sandbox
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    await till.place(cart, card("tok_expires_soon"))
    await both_clocks(till, clock, sandbox, 0.1)
    assert await warnings(till) == 1, "its window is shorter than a day: told at once"
    await both_clocks(till, clock, sandbox, 1.1)
    assert (await payment_of(till, cart)).state == "voided"
    order = await till.order(cart.id)
    assert (order.payment_status, order.hold_status) == ("voided", "held")
    assert [hold.kind for hold in order.holds] == ["payment_review"]
    assert (lapsing("soon"), lapsing("lapsed")) == (0, 0)
    told = await till.history(cart.id)
    assert told[-3:] == ["authorisation_lapsing", "voided", "held"]
    await both_clocks(till, clock, sandbox, 48)
    assert await till.history(cart.id) == told
    await till.check_books()


async def test_H6_a_provider_that_does_not_say_so_yet_is_asked_again(
    card_till: Till, clock: MovableClock, sandbox: Sandbox
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    await till.place(cart, card("tok_expires_soon"))
    clock.advance(hours=1.2)  # for us alone
    assert await authorisations.sweep_lapsing(till.app) == 1
    assert await authorisations.sweep_lapsing(till.app) == 0, "it is not asked at once again"
    assert lapsing("lapsed") == 1
    assert (await payment_of(till, cart)).state == "authorised"
    await both_clocks(till, clock, sandbox, 1.1)
    assert (await payment_of(till, cart)).state == "voided"
    assert lapsing("lapsed") == 0
