"""The crash matrix: a process is killed at each await of a purchase and of its recovery, in turn.

Each case ends as one order with one charge, or as none with everything released; a repeat of the
request under its Idempotency-Key then answers, twice the same. Run with `-s` to see the matrix.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from uuid import UUID

import pytest

from argosy.drill.audit import audit, time_passes, work_off
from argosy.drill.child import Ending
from argosy.drill.clock import MovableClock
from argosy.drill.crash import (
    DECLINED,
    NOTHING,
    ORDERED,
    arriving_late,
    ended,
    matrix,
    moving,
    placing,
    placing_with_coupon,
    recovering,
)
from argosy.drill.nursery import Nursery
from argosy.modules import payments
from argosy.modules.cart import Cart
from argosy.modules.promotions import CouponRefused
from argosy.workflows.placement import PaymentChoice
from tests.sandbox import Sandbox
from tests.workflows.till import INVOICE, Till, card


async def endings(till: Till, cases: list[tuple[Cart, str]]) -> list[str]:
    """How each case ended; asserts that everything else is whole."""
    assert await audit(till.app) == []
    return [await ended(till, cart.id) for cart, _ in cases]


def show(title: str, cases: list[tuple[Cart, str]], ends: Sequence[str]) -> None:
    """One line for each crash point."""
    sys.stdout.write(f"\n{title}: {len(cases)} crash points\n")
    for number, ((_, where), end) in enumerate(zip(cases, ends, strict=True), start=1):
        sys.stdout.write(f"  {number:3}  {where:44} {end}\n")


async def repeats(
    till: Till, cases: list[tuple[Cart, str]], payment: PaymentChoice, ends: list[str]
) -> list[str]:
    """The shopper sends the same request again, and once more: equal answers; what they said."""
    said: list[str] = []
    for number, ((cart, where), end) in enumerate(zip(cases, ends, strict=True)):
        answer, placed = await till.place(cart, payment, key=f"key {number}")
        again, _ = await till.place(cart, payment, key=f"key {number}")
        assert (again.status, again.body) == (answer.status, answer.body), where
        said.append(placed.result)
        assert answer.status in {201, 202, 402}, where
        assert end != ORDERED or placed.order_id == cart.id
    return said


async def test_D11_a_card_that_is_approved_with_a_coupon_of_one_use(
    shop: Till, nursery: Nursery, clock: MovableClock
) -> None:
    """After each death the code is used by its order, or free for who asks again."""
    made: list[UUID] = []
    cases = await matrix(placing_with_coupon(nursery, card(), made=made))
    await time_passes(shop.app, clock)
    ends = await endings(shop, cases)
    show("card approved", cases, ends)
    charged = [where for _, where in cases].index("after provider authorise")
    assert ends[:charged] == [NOTHING] * charged
    assert ends[charged:] == [ORDERED] * (len(ends) - charged)
    assert [await shop.uses(one) for one in made] == [(0, int(end == ORDERED)) for end in ends]
    assert set(await repeats(shop, cases, card(), ends)) == {"placed"}
    assert [await shop.uses(one) for one in made] == [(0, 1)] * len(cases)
    assert {(await shop.order(cart.id)).discount_minor for cart, _ in cases} == {100}
    with pytest.raises(CouponRefused):
        await shop.present(await shop.cart(shirt=1), cases[0][0].coupons[0])
    assert await audit(shop.app) == []


async def test_D11_a_card_that_is_declined_with_a_coupon_of_one_use(
    shop: Till, nursery: Nursery, clock: MovableClock
) -> None:
    declined = card("tok_declined_do_not_honour")
    made: list[UUID] = []
    cases = await matrix(placing_with_coupon(nursery, declined, made=made))
    await time_passes(shop.app, clock)
    ends = await endings(shop, cases)
    show("card declined", cases, ends)
    answered = [where for _, where in cases].index("after provider authorise")
    assert ends[:answered] == [NOTHING] * answered
    assert ends[answered:] == [DECLINED] * (len(ends) - answered)
    assert set(await repeats(shop, cases, declined, ends)) == {"declined"}
    assert [await shop.uses(one) for one in made] == [(0, 0)] * len(cases)
    assert await audit(shop.app) == []


async def test_an_invoice(shop: Till, nursery: Nursery, clock: MovableClock) -> None:
    cases = await matrix(placing(nursery, INVOICE))
    await time_passes(shop.app, clock)
    ends = await endings(shop, cases)
    show("invoice, one transaction", cases, ends)
    assert [where for _, where in cases][-2:] == ["after commit", "lives"]
    assert ends == [NOTHING] * (len(ends) - 2) + [ORDERED] * 2
    assert set(await repeats(shop, cases, INVOICE, ends)) == {"placed"}
    assert await audit(shop.app) == []


TOGETHER = pytest.mark.parametrize(
    ("payment", "together"), [(INVOICE, 3), (card(), 2)], ids=["invoice", "card"]
)


async def confirmed(till: Till) -> int:
    """How many orders there are."""
    found: int = await till.db.pool.fetchval(
        "select count(*) from orders.\"order\" where stage = 'confirmed'"
    )
    return found


@TOGETHER
async def test_purchases_in_one_call_that_share_a_transaction(
    shop: Till, nursery: Nursery, clock: MovableClock, payment: PaymentChoice, together: int
) -> None:
    """Some at once in one process: each is made once, by it or by its repeat."""
    killed: list[str] = []
    while True:
        ending = await nursery.do(
            "purchase together",
            variant_id=shop.variants["shirt"],
            at_once=together,
            payment=payment,
            key=f"key {len(killed)}",
            kill_at=len(killed),
        )
        assert ending.error is None
        if ending.killed is None:
            break
        killed.append(ending.killed)
    await time_passes(shop.app, clock)
    assert await audit(shop.app) == []
    survived = await confirmed(shop)
    for case in range(len(killed) + 1):
        for one in range(together):
            key = f"key {case} {one}"
            answer, placed = await shop.purchase(payment, key=key, shirt=1)
            again, _ = await shop.purchase(payment, key=key, shirt=1)
            assert placed.result == "placed"
            assert (again.status, again.body) == (answer.status, answer.body)
    wanted = together * (len(killed) + 1)
    sys.stdout.write(
        f"\n{len(killed)} crash points, {wanted} purchases: {survived} were made at once or"
        " recovered, the others by their repeats\n"
    )
    assert 0 < survived < wanted
    assert await confirmed(shop) == wanted
    assert await audit(shop.app) == []


@TOGETHER
async def test_carts_that_are_placed_in_one_transaction(
    shop: Till, nursery: Nursery, clock: MovableClock, payment: PaymentChoice, together: int
) -> None:
    batches: list[list[Cart]] = []
    while True:
        batch = [await shop.cart(shirt=1) for _ in range(together)]
        ending = await nursery.do(
            "place together",
            cart_ids=tuple(cart.id for cart in batch),
            expected=await shop.total(batch[0]),
            payment=payment,
            key=f"key {len(batches)}",
            kill_at=len(batches),
        )
        batches.append(batch)
        assert ending.error is None
        if ending.killed is None:
            break
    await time_passes(shop.app, clock)
    assert await audit(shop.app) == []
    ends = {await ended(shop, cart.id) for batch in batches for cart in batch}
    assert ends == {NOTHING, ORDERED}
    for case, batch in enumerate(batches):
        for one, cart in enumerate(batch):
            key = f"key {case} {one}"
            answer, placed = await shop.place(cart, payment, key=key)
            again, _ = await shop.place(cart, payment, key=key)
            assert placed.result == "placed"
            assert (again.status, again.body) == (answer.status, answer.body)
    assert await confirmed(shop) == together * len(batches)
    assert await audit(shop.app) == []


async def test_3ds_and_the_shopper_never_comes_back(
    shop: Till, nursery: Nursery, clock: MovableClock
) -> None:
    challenged = card("tok_3ds_challenge")
    cases = await matrix(placing(nursery, challenged))
    await time_passes(shop.app, clock)
    ends = await endings(shop, cases)
    show("3DS, place; nobody comes back", cases, ends)
    assert set(ends) == {NOTHING}
    said = await repeats(shop, cases, challenged, ends)
    assert set(said) == {"requires_action"}


async def test_3ds_approved_and_the_return_is_killed(
    shop: Till, nursery: Nursery, clock: MovableClock, provider: Sandbox
) -> None:
    async def kill(at: int | None) -> tuple[Cart, Ending]:
        cart = await shop.cart(shirt=1)
        await shop.place(cart, card("tok_3ds_challenge"))
        async with shop.db.reading() as tx:
            (paid,) = await payments.payments_of_order(tx, cart.id)
        await provider.challenge(paid.reference or "", approve=True)
        return cart, await nursery.do("resume", cart_id=cart.id, kill_at=at)

    cases = await matrix(kill)
    await time_passes(shop.app, clock)
    ends = await endings(shop, cases)
    show("3DS approved, resume", cases, ends)
    assert set(ends) == {ORDERED}
    for cart, _ in cases:
        assert (await shop.resume(cart)).result == "placed"


async def test_a_delayed_method(
    shop: Till, nursery: Nursery, clock: MovableClock, provider: Sandbox
) -> None:
    later = card("tok_delayed_paid")
    cases = await matrix(placing(nursery, later))
    await time_passes(shop.app, clock)
    await provider.advance(advance_days=3.1)
    clock.advance(days=3.1)
    await work_off(shop.app)
    ends = await endings(shop, cases)
    show("delayed method, place; paid after three days", cases, ends)
    known = [where for _, where in cases].index("after provider authorise")
    assert ends[:known] == [NOTHING] * known
    assert ends[known:] == [ORDERED] * (len(ends) - known)
    said = await repeats(shop, cases, later, ends)
    # Who had the answer already gets it again; for the others it is as the order is by now.
    assert said[:known] == ["pending"] * known
    assert set(said[known:]) == {"pending", "placed"}


async def test_recovery_of_a_charge_whose_answer_was_lost(
    shop: Till, nursery: Nursery, clock: MovableClock
) -> None:
    cases = await matrix(recovering(nursery, asked=True))
    await time_passes(shop.app, clock)
    ends = await endings(shop, cases)
    show("recovery, charged", cases, ends)
    assert set(ends) == {ORDERED}
    assert set(await repeats(shop, cases, card(), ends)) == {"placed"}
    assert await audit(shop.app) == []


async def test_recovery_of_a_call_that_was_never_made(
    shop: Till, nursery: Nursery, clock: MovableClock
) -> None:
    cases = await matrix(recovering(nursery, asked=False))
    await time_passes(shop.app, clock)
    ends = await endings(shop, cases)
    show("recovery, never asked", cases, ends)
    assert set(ends) == {NOTHING}
    assert set(await repeats(shop, cases, card(), ends)) == {"placed"}
    assert await audit(shop.app) == []


async def test_a_call_that_arrives_after_it_was_believed_lost(
    shop: Till, nursery: Nursery, clock: MovableClock
) -> None:
    """Its webhook never comes: the money is found by asking again, and given back once."""
    cases = await matrix(arriving_late(nursery))
    await time_passes(shop.app, clock)
    ends = await endings(shop, cases)
    show("late look", cases, ends)
    assert set(ends) == {NOTHING}
    for cart, where in cases:
        told = await shop.history(cart.id)
        assert told.count("late_authorisation") == told.count("voided") == 1, where
    assert set(await repeats(shop, cases, card(), ends)) == {"placed"}
    assert await audit(shop.app) == []


async def test_recovery_of_slow_money_that_has_come(
    shop: Till, nursery: Nursery, clock: MovableClock, provider: Sandbox
) -> None:
    async def kill(at: int | None) -> tuple[Cart, Ending]:
        clock.advance(hours=1)
        await work_off(shop.app)
        cart = await shop.cart(shirt=1)
        await shop.place(cart, card("tok_delayed_paid"))
        await provider.advance(advance_days=3.1)
        clock.advance(days=3.1)
        return cart, await nursery.do("recover", kill_at=at)

    cases = await matrix(kill)
    await time_passes(shop.app, clock)
    ends = await endings(shop, cases)
    show("recovery, slow money came", cases, ends)
    assert set(ends) == {ORDERED}


@pytest.mark.parametrize("kind", ["capture", "refund", "void"])
async def test_money_moves(shop: Till, nursery: Nursery, clock: MovableClock, kind: str) -> None:
    cases = await matrix(moving(nursery, kind))
    await time_passes(shop.app, clock)
    assert await audit(shop.app) == []
    status = {"capture": "paid", "refund": "refunded", "void": "voided"}[kind]
    ends = [(await shop.order(cart.id)).payment_status for cart, _ in cases]
    show(f"{kind} by staff", cases, ends)
    asked = [where for _, where in cases].index("after commit")
    assert set(ends[asked:]) == {status}
    assert status not in ends[:asked]
