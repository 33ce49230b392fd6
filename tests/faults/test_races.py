"""Many at once: buyers for the last units, repeats of a request, acts that exclude each other.

Everything goes through the real checkout, and card payments through a real provider process.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any
from uuid import UUID

import pytest

from argosy.drill.audit import audit, time_passes
from argosy.drill.clock import MovableClock
from argosy.drill.nursery import Nursery
from argosy.kernel.bill import Bill, BillItem
from argosy.kernel.errors import ArgosyError, Conflict, Unavailable
from argosy.modules import catalog, inventory, kits, orders, payments, pricing
from argosy.modules.cart import Cart
from argosy.modules.catalog import ProductInput, PublicationInput, VariantInput
from argosy.modules.inventory import OutOfStock
from argosy.workflows import carting, money_moves, recovery
from argosy.workflows.carting import CartReply
from argosy.workflows.money_moves import MoveMoney
from argosy.workflows.order_actions import CancelOrder, cancel_order
from argosy.workflows.placement import PaymentChoice
from tests.sandbox import Sandbox
from tests.workflows.till import BECAUSE, INVOICE, Till, card

UNITS = 20
BUYERS = 200


async def more_goods(till: Till, *names: str) -> None:
    """Goods of ten euros, without stock."""
    made = [
        ProductInput(
            slug=name,
            title=name,
            status="active",
            variants=(VariantInput(sku=name),),
            publications=(PublicationInput(channel_id=till.channel.id),),
        )
        for name in names
    ]
    async with till.db.transaction() as tx:
        for name, done in zip(names, await catalog.upsert_products(tx, made), strict=True):
            assert isinstance(done, catalog.Upserted)
            till.variants[name] = next(iter(done.variants.values()))
        await pricing.set_prices(
            tx,
            till.channel.price_list_id,
            [pricing.SetPrice(variant_id=till.variants[n], amount_minor=1000) for n in names],
        )


async def bundles(till: Till, chosen: list[list[str]]) -> list[Cart]:
    """A cart for each bundle, its lines in random order."""
    ready = []
    for names in chosen:
        random.shuffle(names)
        # What ships decides the address; each bundle holds a mug or a shirt.
        wanted: Any = dict.fromkeys(names, 1)
        ready.append(await till.cart(**wanted))
    return ready


async def rush(till: Till, ready: list[Cart], payment: PaymentChoice) -> list[str]:
    """All buy at once; how it ended for each. Nothing but a clear no may reach a shopper."""
    totals = [await till.total(cart) for cart in ready]

    async def buy(cart: Cart, total: Any) -> str:
        try:
            _, placed = await till.place(cart, payment, expected=total)
        except OutOfStock:
            return "out of stock"
        return placed.result

    return list(
        await asyncio.gather(*(buy(cart, total) for cart, total in zip(ready, totals, strict=True)))
    )


@pytest.mark.parametrize("way", ["invoice", "card"])
async def test_F2_two_hundred_buyers_for_the_last_twenty(
    shop: Till, clock: MovableClock, way: str
) -> None:
    await more_goods(shop, "hat", "pen")
    await shop.stock("shirt", UNITS - (await shop.level("shirt")).on_hand)
    for name in ("mug", "hat", "pen"):
        await shop.stock(name, BUYERS)
    ready = await bundles(
        shop,
        [["shirt", *random.sample(["mug", "hat", "pen"], k=2)] for _ in range(BUYERS)],
    )
    ends = await rush(shop, ready, card() if way == "card" else INVOICE)
    assert ends.count("placed") == UNITS
    assert ends.count("out of stock") == BUYERS - UNITS
    await inventory.settle_hot(shop.db)
    assert (await shop.level("shirt")).sellable == 0
    assert (await shop.level("shirt")).allocated == UNITS
    await time_passes(shop.app, clock)
    assert await audit(shop.app) == []


async def test_F2_bundles_that_overlap_in_a_circle(shop: Till, clock: MovableClock) -> None:
    await more_goods(shop, "hat")
    await shop.stock("shirt", UNITS - (await shop.level("shirt")).on_hand)
    await shop.stock("mug", UNITS - (await shop.level("mug")).on_hand)
    await shop.stock("hat", UNITS)
    circle = [["shirt", "mug"], ["mug", "hat"], ["hat", "shirt"]]
    ready = await bundles(shop, [list(circle[n % 3]) for n in range(90)])
    ends = await rush(shop, ready, INVOICE)
    assert set(ends) == {"placed", "out of stock"}
    left = {name: (await shop.level(name)).sellable for name in ("shirt", "mug", "hat")}
    assert min(left.values()) >= 0
    assert sum(left.values()) == 3 * UNITS - 2 * ends.count("placed")
    # Who was refused could not have been served: at most one of the three is left at all.
    assert sum(1 for units in left.values() if units) <= 1
    await time_passes(shop.app, clock)
    assert await audit(shop.app) == []


async def test_F12_two_hundred_buyers_of_kits_and_of_what_is_in_them(
    shop: Till, clock: MovableClock
) -> None:
    """Each wants a set (a shirt and two mugs) and a loose shirt: two of the last twenty shirts."""
    await more_goods(shop, "set")
    parts = (
        BillItem(variant_id=shop.variants["mug"], quantity=2),
        BillItem(variant_id=shop.variants["shirt"]),
    )
    async with shop.db.transaction() as tx:
        await kits.set_kit(tx, shop.variants["set"], Bill(items=parts))
    await shop.stock("shirt", UNITS - (await shop.level("shirt")).on_hand)
    await shop.stock("mug", 2 * BUYERS)
    ends = await rush(shop, await bundles(shop, [["set", "shirt"] for _ in range(BUYERS)]), INVOICE)
    assert ends.count("placed") == UNITS // 2
    assert ends.count("out of stock") == BUYERS - UNITS // 2
    await inventory.settle_hot(shop.db)
    assert (await shop.level("shirt")).allocated == UNITS
    assert (await shop.level("mug")).allocated == UNITS
    await time_passes(shop.app, clock)
    assert await audit(shop.app) == []


async def charges_and_orders(till: Till, order_id: UUID) -> tuple[int, list[str]]:
    """How many payments of the order hold or took money, and its confirmations."""
    async with till.db.reading() as tx:
        paid = await payments.payments_of_order(tx, order_id)
    history = await till.history(order_id)
    return sum(bool(one.authorised.minor) for one in paid), [
        kind for kind in history if kind == "confirmed"
    ]


@pytest.mark.parametrize("token", ["tok_approved", "tok_lost_answer", "tok_lost_answer_always"])
async def test_G1_the_same_place_fifty_times_at_once(
    shop: Till, clock: MovableClock, token: str
) -> None:
    cart = await shop.cart(shirt=1)
    total = await shop.total(cart)
    sent = [shop.place(cart, card(token), key="k", expected=total) for _ in range(50)]
    answers = await asyncio.gather(*sent)
    assert len({(answer.status, answer.body) for answer, _ in answers}) == 1
    await time_passes(shop.app, clock)
    assert await charges_and_orders(shop, cart.id) == (1, ["confirmed"])
    late, _ = await shop.place(cart, card(token), key="k", expected=total)
    assert late.body == answers[0][0].body
    assert await audit(shop.app) == []


@pytest.mark.parametrize("where", ["before provider authorise", "after provider authorise"])
async def test_G1_fifty_repeats_after_the_first_server_died(
    shop: Till, nursery: Nursery, clock: MovableClock, where: str
) -> None:
    """No worker runs: the repeats themselves find out what became of the first."""
    whole = await nursery.place(await shop.cart(mug=1), card(), "recording")
    cart = await shop.cart(mug=1)
    total = await shop.total(cart)
    died = await nursery.place(cart, card(), "k", kill_at=whole.points.index(where))
    assert died.killed == where
    clock.advance(seconds=3 * shop.app.settings.placing_lease_s)
    sent = [shop.place(cart, card(), key="k", expected=total) for _ in range(50)]
    answers = await asyncio.gather(*sent)
    assert {answer.status for answer, _ in answers} == {201}
    assert len({answer.body for answer, _ in answers}) == 1
    assert await charges_and_orders(shop, cart.id) == (1, ["confirmed"])
    await time_passes(shop.app, clock)
    assert await audit(shop.app) == []


async def test_G1_two_keys_for_one_cart_at_once(shop: Till, clock: MovableClock) -> None:
    for _ in range(5):
        cart = await shop.cart(shirt=1)
        total = await shop.total(cart)
        answers = await asyncio.gather(
            *(shop.place(cart, card(), key=f"{cart.id} {n}", expected=total) for n in range(2))
        )
        assert len({placed.number for _, placed in answers}) == 1
        assert await charges_and_orders(shop, cart.id) == (1, ["confirmed"])
    await time_passes(shop.app, clock)
    assert await audit(shop.app) == []


@pytest.mark.parametrize("payment", [card(), INVOICE], ids=["card", "invoice"])
async def test_C4_place_against_an_edit_of_the_cart(
    shop: Till, clock: MovableClock, payment: PaymentChoice
) -> None:
    """Who pays, pays what was agreed, and gets what was in the cart then."""
    seen = set()
    for turn in range(12):
        cart = await shop.cart(shirt=1)
        agreed = await shop.total(cart)

        async def edit(cart: Cart = cart, turn: int = turn) -> str:
            await asyncio.sleep(0.001 * turn)
            reply = CartReply(None, lambda *_: (200, b""))
            try:
                await carting.change_quantity(
                    shop.app, shop.seller, cart.id, cart.lines[0].id, 3, reply
                )
            except Conflict as error:
                return error.code
            return "edited"

        async def place(cart: Cart = cart, agreed: Any = agreed) -> str:
            try:
                _, placed = await shop.place(cart, payment, expected=agreed)
            except Conflict as error:
                return error.code
            return placed.result

        ends = await asyncio.gather(place(), edit())
        seen.add(tuple(ends))
        if ends[0] == "placed":
            order = await shop.order(cart.id)
            assert (order.total, order.units) == (agreed, 1)
        else:
            assert list(ends) == ["checkout.total_changed", "edited"]
    assert any(first == "placed" for first, _ in seen)
    await time_passes(shop.app, clock)
    assert await audit(shop.app) == []


async def test_place_against_cancel(shop: Till, clock: MovableClock, provider: Sandbox) -> None:
    await provider.behave(mode="slow", slow_s=0.05)

    async def race(turn: int) -> UUID:
        cart = await shop.cart(shirt=1)

        async def cancel() -> None:
            while True:
                async with shop.db.reading() as tx:
                    if await orders.find_order(tx, cart.id):
                        break
                await asyncio.sleep(0.002)
            await asyncio.sleep(0.01 * turn)
            try:
                await cancel_order(shop.app, CancelOrder(cart.id, "changed my mind", BECAUSE))
            except Unavailable:
                raise
            except ArgosyError:
                return

        async def place() -> None:
            try:
                await shop.place(cart, card())
            except Unavailable:
                raise
            except ArgosyError:
                return

        await asyncio.gather(place(), cancel())
        return cart.id

    raced = [await race(turn) for turn in range(12)]
    await provider.behave()
    await time_passes(shop.app, clock)
    assert await audit(shop.app) == []
    stages = [(await shop.order(one)).stage for one in raced]
    assert set(stages) <= {"confirmed", "cancelled", "payment_failed"}
    assert "cancelled" in stages


async def test_H9_capture_against_void(shop: Till, clock: MovableClock) -> None:
    for turn in range(10):
        cart = await shop.cart(shirt=1)
        _, placed = await shop.place(cart, card())
        assert placed.payment_id is not None

        async def move(kind: Any, pause: float, payment_id: UUID = placed.payment_id) -> str:
            await asyncio.sleep(pause)
            try:
                done = await money_moves.move(shop.app, MoveMoney(payment_id, kind, BECAUSE))
            except Conflict as error:
                return error.code
            assert isinstance(done, money_moves.Moved)
            return done.operation.state

        lead = 0.002 * (turn - 5)
        ends = await asyncio.gather(move("capture", max(0, -lead)), move("void", max(0, lead)))
        assert ends.count("succeeded") == 1, ends
        order = await shop.order(cart.id)
        assert order.payment_status == ("paid" if ends[0] == "succeeded" else "voided")
    await time_passes(shop.app, clock)
    assert await audit(shop.app) == []


async def test_H5_two_workers_sweep_what_a_request_still_waits_for(
    shop: Till, clock: MovableClock, provider: Sandbox
) -> None:
    for token in ("tok_approved", "tok_declined_do_not_honour"):
        await provider.behave(mode="slow", slow_s=0.3)
        cart = await shop.cart(shirt=1)
        total = await shop.total(cart)
        request = asyncio.create_task(shop.place(cart, card(token), key=token, expected=total))
        await asyncio.sleep(0.1)
        for _ in range(3):
            clock.advance(seconds=shop.app.settings.placing_lease_s + 1)
            await asyncio.gather(recovery.sweep(shop.app), recovery.sweep(shop.app))
        answer, placed = await request
        assert placed.result == ("placed" if token == "tok_approved" else "declined")
        again, _ = await shop.place(cart, card(token), key=token, expected=total)
        assert again.body == answer.body
        await provider.behave()
        await time_passes(shop.app, clock)
        assert await audit(shop.app) == []
