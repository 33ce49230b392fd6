"""Random histories of a small shop against a reference model of money and stock.

Shoppers (approved, declined, unanswered, challenged cards; retries; killed servers), staff
(captures, voids, refunds in parts, cancellations, stock corrections), webhooks (late, doubled, out
of order, lost) and the clock take turns in random order, with workers that run or do not. At the
end of each history everything comes to rest, and then the audit is silent and the shop is what the
model says. ARGOSY_FAULTS_EXAMPLES and ARGOSY_FAULTS_STEPS make it longer.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from argosy.drill.audit import audit, time_passes, work_off
from argosy.drill.dying import dying_app
from argosy.kernel.errors import ArgosyError
from argosy.kernel.money import Money
from argosy.modules import inventory, orders, payments
from argosy.modules.cart import Cart
from argosy.runtime.db import Database
from argosy.workflows import money_moves
from argosy.workflows.money_moves import MoveMoney
from argosy.workflows.order_actions import CancelOrder, cancel_order
from tests.conftest import MovableClock
from tests.sandbox import API_KEY, Sandbox, webhook_receiver
from tests.workflows.till import BECAUSE, INVOICE, ServerDied, Till, card, open_till

EXAMPLES = int(os.environ.get("ARGOSY_FAULTS_EXAMPLES", "12"))
STEPS = int(os.environ.get("ARGOSY_FAULTS_STEPS", "20"))
TOKENS = (
    "tok_approved",
    "tok_declined_do_not_honour",
    "tok_lost_answer",
    "tok_lost_answer_always",
    "tok_error_before_effect",
    "tok_3ds_challenge",
    "tok_capture_lost_answer",
    "tok_capture_declined",
    "tok_void_lost_answer",
    "tok_void_races_capture",
    "tok_refund_lost_answer",
    "tok_refund_declined",
)
MOVES = (
    ("capture",),
    ("capture", "refund"),
    ("capture", "refund", "refund"),
    ("capture", "void", "refund"),
    ("void", "capture"),
)
PURCHASE = st.tuples(
    st.integers(1, 3),
    st.sampled_from(TOKENS),
    st.sampled_from(["lives", "lives", "lives", "dies before asking", "dies after asking"]),
)

T = TypeVar("T")


@dataclass
class Bought:
    """What the model knows of one purchase: what was agreed, and what was asked for since."""

    cart: Cart
    agreed: Money
    units: int
    key: str
    token: str
    answer: bytes | None = None
    placed: bool = False
    cancelled: bool = False
    captured: int = 0
    refunded: int = 0


class World:
    """One shop and one provider for all histories; each history has purchases of its own."""

    def __init__(self, run: Callable[..., Any], till: Till, provider: Sandbox, clock: Any) -> None:
        self.run = run
        self.till = till
        self.provider = provider
        self.clock = clock
        self.on_hand = 0
        self.number = 0
        self.mail: list[Any] = []


def histories(world: World) -> type[RuleBasedStateMachine]:
    """The state machine that plays in this world."""
    till = world.till
    app = till.app

    class History(RuleBasedStateMachine):
        bought = Bundle("bought")

        def __init__(self) -> None:
            super().__init__()
            self.all: list[Bought] = []

        @initialize(target=bought, wanted=st.lists(PURCHASE, min_size=3, max_size=3))
        def open_the_shop(self, wanted: list[tuple[int, str, str]]) -> Any:
            return multiple(*(self._buy(*one) for one in wanted))

        @rule(target=bought, wanted=PURCHASE)
        def buy(self, wanted: tuple[int, str, str]) -> Bought:
            return self._buy(*wanted)

        def _buy(self, units: int, token: str, fate: str) -> Bought:
            world.number += 1
            cart = world.run(till.cart(shirt=units))
            one = Bought(cart, world.run(till.total(cart)), units, f"key {world.number}", token)
            self.all.append(one)
            if fate == "lives":
                self._place(one)
            else:
                dead = dying_app(till, asked=fate == "dies after asking")
                with pytest.raises(ServerDied):
                    world.run(till.place(cart, card(token), key=one.key, app=dead))
            return one

        @rule(one=bought)
        def send_again(self, one: Bought) -> None:
            if one.answer is not None:
                self._place(one)

        def _place(self, one: Bought) -> None:
            sent = till.place(one.cart, card(one.token), key=one.key, expected=one.agreed)
            try:
                answer, placed = world.run(sent)
            except ArgosyError:
                return
            assert one.answer in {None, answer.body}, "a key answers the same for ever"
            one.answer = answer.body
            one.placed |= placed.result == "placed"

        @rule(one=bought, approve=st.booleans())
        def answer_the_challenge(self, one: Bought, approve: bool) -> None:
            payment = world.run(payment_of(till, one))
            if one.token == "tok_3ds_challenge" and payment and payment.reference:
                try:
                    world.run(world.provider.challenge(payment.reference, approve=approve))
                    one.placed |= world.run(till.resume(one.cart)).result == "placed"
                except (ArgosyError, httpx.HTTPStatusError):
                    return

        @rule(
            one=bought,
            kinds=st.sampled_from(MOVES),
            minor=st.none() | st.integers(1, 900),
        )
        def move(self, one: Bought, kinds: tuple[str, ...], minor: int | None) -> None:
            for kind in kinds:
                self._move(one, kind, minor)

        def _move(self, one: Bought, kind: Any, minor: int | None) -> None:
            payment = world.run(payment_of(till, one))
            if payment is None:
                return
            amount = None if minor is None or kind == "void" else Money(minor, "EUR")
            command = MoveMoney(payment.id, kind, BECAUSE, amount=amount)
            try:
                done = world.run(money_moves.move(app, command))
            except ArgosyError:
                return
            if done.operation.state == "succeeded":
                moved = (done.operation.settled or done.operation.amount).minor
                one.captured += moved if kind == "capture" else 0
                one.refunded += moved if kind == "refund" else 0

        @rule(one=bought)
        def cancel(self, one: Bought) -> None:
            command = CancelOrder(one.cart.id, "changed my mind", BECAUSE)
            try:
                one.cancelled = world.run(cancel_order(app, command)).stage == "cancelled"
            except ArgosyError:
                return

        @rule(units=st.integers(-3, 6))
        def correct_stock(self, units: int) -> None:
            if units and world.on_hand + units > 0:
                world.run(till.stock("shirt", units))
                world.on_hand += units

        @rule(one=bought)
        def an_invoice_beside_it(self, one: Bought) -> None:
            world.run(till.purchase(INVOICE, key=f"{one.key} invoice", mug=1))

        @rule(seed=st.integers(0, 1000), copies=st.integers(1, 3))
        def webhooks_arrive(self, seed: int, copies: int) -> None:
            world.run(world.provider.http.post("/_test/webhooks/flush"))
            chance = random.Random(seed)
            waiting = chance.sample(world.mail, k=len(world.mail))
            keep = chance.randint(0, len(waiting))
            for headers, raw in waiting[keep:] * copies:
                world.run(money_moves.receive_webhook(app, "sandbox", headers, raw))
                world.run(apply_all(till))
            world.mail[:] = waiting[: keep // 2]  # the rest is lost, or later

        @rule(seconds=st.sampled_from([1, 16, 31, 62, 1900]))
        def time(self, seconds: int) -> None:
            world.clock.advance(seconds=seconds)

        @rule()
        def workers_run(self) -> None:
            world.run(work_off(app))

        def teardown(self) -> None:
            world.run(time_passes(app, world.clock))
            found = world.run(audit(app))
            assert found == [], found
            for one in self.all:
                world.run(as_the_model_says(till, one))
            level = world.run(till.level("shirt"))
            assert level.on_hand == world.on_hand

    return History


async def payment_of(till: Till, one: Bought) -> payments.Payment | None:
    """The purchase's payment."""
    async with till.db.reading() as tx:
        return await payments.payment_of_order(tx, one.cart.id)


async def apply_all(till: Till) -> None:
    """What the job queue does with stored webhooks; a job that fails comes again later."""
    rows = await till.db.pool.fetch(
        "select event_id from payments.webhook_event where applied_at is null"
    )
    for row in rows:
        try:
            job = payments.ApplyWebhook(gateway="sandbox", event_id=row["event_id"])
            await money_moves.apply_webhook(till.app, job)
        except ArgosyError:
            continue


async def as_the_model_says(till: Till, one: Bought) -> None:
    """The order and its payment against the reference."""
    async with till.db.reading() as tx:
        order = await orders.find_order(tx, one.cart.id)
        held = await inventory.reservation_of(tx, one.cart.id)
    payment = await payment_of(till, one)
    if order is None or order.stage not in {"confirmed", "cancelled"}:
        assert not one.placed, "who was told that it is placed has an order"
        return
    assert order.stage == ("cancelled" if one.cancelled else "confirmed")
    assert (order.total, order.units) == (one.agreed, one.units)
    if payment is None:
        return
    assert payment.authorised.minor in {0, one.agreed.minor}
    # Moves whose answer was lost were decided later: never less than what staff were told.
    assert one.agreed.minor >= payment.captured.minor >= one.captured
    assert payment.captured.minor >= payment.refunded.minor >= one.refunded
    assert one.cancelled == (held is None or held.state != "allocated") or order.holds


def test_random_histories(
    postgres_url: str, database_url: str, clock: MovableClock, tmp_path: Path, own_sandbox_url: str
) -> None:
    async def opened(stack: AsyncExitStack, run: Callable[..., Any]) -> World:
        db = await Database.open(database_url, clock=clock, min_size=1, max_size=10)
        stack.push_async_callback(db.close)
        till = await stack.enter_async_context(
            open_till(db, database_url, clock, tmp_path, own_sandbox_url)
        )
        headers = {"authorization": f"Bearer {API_KEY}"}
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=own_sandbox_url, headers=headers, timeout=15)
        )
        world = World(run, till, Sandbox(own_sandbox_url, http), clock)
        address, world.mail = await stack.enter_async_context(webhook_receiver())
        await http.put("/_test/webhooks", json={"url": address, "paused": True})
        await till.stock("shirt", 490)
        await till.stock("mug", 1000)
        world.on_hand = 500
        return world

    with asyncio.Runner() as runner:

        def run(work: Awaitable[T]) -> T:
            assert isinstance(work, Coroutine)
            result: T = runner.run(work)
            return result

        stack = AsyncExitStack()
        world = run(opened(stack, run))
        run_state_machine_as_test(
            histories(world),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
        run(stack.aclose())
