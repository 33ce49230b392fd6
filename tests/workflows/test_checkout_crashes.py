"""The crash matrix: the process ends at each await of a purchase in turn, before and after it.

Whatever the point, recovery ends in one order with one charge, or in none with everything released;
a repeat of the request with its key then answers, and still there is one order with one charge.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from tests.workflows.till import INVOICE, DyingGateway, ServerDied, Till, card

from argosy.drill.clock import MovableClock
from argosy.modules import inventory, orders, payments
from argosy.runtime.db import Database, Tx
from argosy.workflows import recovery
from argosy.workflows.placement import PaymentChoice


class Killed(BaseException):
    """The end of the process: nothing in the code catches it, and PostgreSQL rolls back."""


class Deadline:
    """Counts the awaits that touch the world and ends the process at the n-th."""

    def __init__(self, at: int | None) -> None:
        self.at = at
        self.passed = 0
        self.where = ""

    def point(self, name: str) -> None:
        """One await begins or has ended."""
        if self.at is not None and self.passed == self.at:
            self.where = name
            raise Killed(name)
        self.passed += 1

    def around(self, name: str, act: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        """`act` with a point before and a point after it."""

        async def watched(*args: Any, **more: Any) -> Any:
            self.point(f"before {name}")
            result = await act(*args, **more)
            self.point(f"after {name}")
            return result

        return watched


@contextmanager
def killed_at(till: Till, at: int | None) -> Iterator[Deadline]:
    """While inside, the process ends at its n-th await (None: only count them)."""
    deadline = Deadline(at)
    patch = pytest.MonkeyPatch()
    for name in ("maybe", "many", "run", "flush"):
        patch.setattr(Tx, name, deadline.around(name, getattr(Tx, name)))
    whole = Database.transaction

    @asynccontextmanager
    async def transaction(db: Database) -> AsyncIterator[Tx]:
        deadline.point("before begin")
        async with whole(db) as tx:
            yield tx
        deadline.point("after commit")

    patch.setattr(Database, "transaction", transaction)
    sandbox = till.app.gateways.get("sandbox")
    if sandbox is not None:
        for name in ("authorise", "lookup", "abandon"):
            patch.setattr(sandbox, name, deadline.around(name, getattr(sandbox, name)))
    try:
        yield deadline
    finally:
        patch.undo()


async def recovered(till: Till, clock: MovableClock) -> None:
    """Time passes, workers run."""
    for _ in range(6):
        clock.advance(seconds=till.app.settings.placing_lease_s + 1)
        await till.recover()
    clock.advance(minutes=30)
    while await inventory.expire_due(till.db, clock.now()):
        pass


async def check_all_or_nothing(till: Till, cart_id: Any, where: str, provider: bool) -> None:
    """One order with one charge, or no order and nothing held anywhere."""
    await inventory.settle_hot(till.db)
    async with till.db.reading() as tx:
        order = await orders.find_order(tx, cart_id)
    level = await till.level("shirt")
    charges = await till.charges(cart_id) if provider else []
    assert level.reserved == 0, where
    if order is not None and order.stage == "confirmed":
        assert level.allocated == 1, where
        assert not provider or charges == ["Authorised"], where
    else:
        assert order is None or order.stage == "payment_failed", (where, order)
        assert level.allocated == 0, where
        assert charges == [], where
    await till.check_books()


async def points_of(till: Till, payment: PaymentChoice) -> int:
    cart = await till.cart(shirt=1)
    total = await till.total(cart)
    with killed_at(till, None) as deadline:
        await till.place(cart, payment, expected=total)
    await undo(till, cart.id)
    return deadline.passed


async def undo(till: Till, cart_id: Any) -> None:
    """Give the shirt back, so that each case starts with the same stock."""
    async with till.db.transaction() as tx:
        await inventory.release(tx, cart_id, reason="test", cancel=True)


async def matrix(till: Till, clock: MovableClock, payment: PaymentChoice) -> list[str]:
    """Every case in turn; how each one ended before the request was repeated."""
    provider = not till.app.gateways[payment.gateway].immediate
    points = await points_of(till, payment)
    ends = []
    for at in range(points):
        cart = await till.cart(shirt=1)
        total = await till.total(cart)
        key = f"key {at}"
        with killed_at(till, at) as deadline, pytest.raises(Killed):
            await till.place(cart, payment, key=key, expected=total)
        await recovered(till, clock)
        await check_all_or_nothing(till, cart.id, deadline.where, provider)
        ends.append((await till.cart_now(cart)).state)
        answer, placed = await till.place(cart, payment, key=key, expected=total)
        assert (answer.status, placed.result) == (201, "placed"), deadline.where
        again, _ = await till.place(cart, payment, key=key, expected=total)
        assert again.body == answer.body, deadline.where
        assert (await till.history(cart.id)).count("confirmed") == 1, deadline.where
        await check_all_or_nothing(till, cart.id, deadline.where, provider)
        await undo(till, cart.id)
    return ends


async def test_G3_a_purchase_by_card_killed_at_each_await(
    card_till: Till, clock: MovableClock
) -> None:
    ends = await matrix(card_till, clock, card())
    # Both kinds of end occur, and from the first charge on it is always the order.
    first_order = ends.index("placed")
    assert 0 < first_order < len(ends)
    assert set(ends[:first_order]) == {"open"}
    assert set(ends[first_order:]) == {"placed"}
    assert len(ends) > 25


async def test_G3_a_purchase_on_invoice_killed_at_each_await(
    till: Till, clock: MovableClock
) -> None:
    ends = await matrix(till, clock, INVOICE)
    assert ends[:-1] == ["open"] * (len(ends) - 1), "one transaction: nothing before its commit"
    assert ends[-1] == "placed"


async def test_recovery_killed_at_each_await_is_finished_by_the_next(
    card_till: Till, clock: MovableClock
) -> None:
    till = card_till

    dying = DyingGateway(till.app.gateways["sandbox"])
    app = dataclasses.replace(till.app, gateways={"sandbox": dying})

    async def unanswered() -> Any:
        cart = await till.cart(shirt=1)
        with pytest.raises(ServerDied):
            await till.place(cart, card(), app=app)
        clock.advance(seconds=till.app.settings.placing_lease_s + 1)
        return cart

    cart = await unanswered()
    with killed_at(till, None) as deadline:
        await recovery.sweep(till.app)
    await undo(till, cart.id)
    for at in range(deadline.passed):
        cart = await unanswered()
        with killed_at(till, at) as deadline, pytest.raises(Killed):
            await recovery.sweep(till.app)
        await recovered(till, clock)
        assert (await till.order(cart.id)).stage == "confirmed", deadline.where
        await check_all_or_nothing(till, cart.id, deadline.where, True)
        await undo(till, cart.id)


async def test_a_declined_payment_killed_at_each_await_of_its_completion(
    card_till: Till, clock: MovableClock
) -> None:
    till = card_till
    cart = await till.cart(shirt=1)
    total = await till.total(cart)
    declined = card("tok_declined_do_not_honour")
    with killed_at(till, None) as deadline:
        await till.place(cart, declined, expected=total)
    for at in range(deadline.passed):
        cart = await till.cart(shirt=1)
        with killed_at(till, at) as deadline, pytest.raises(Killed):
            await till.place(cart, declined, key=f"no {at}", expected=total)
        await recovered(till, clock)
        await check_all_or_nothing(till, cart.id, deadline.where, True)
        assert (await till.cart_now(cart)).state == "open", deadline.where
        answer, _ = await till.place(cart, declined, key=f"no {at}", expected=total)
        assert answer.status == 402, deadline.where
    async with till.db.reading() as tx:
        paid = await payments.payments_of_order(tx, cart.id)
    assert all(payment.authorised.minor == 0 for payment in paid)
