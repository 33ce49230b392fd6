"""Prices that carts hold: no dearer than when added, for so long, in channels that want it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.hearing import all_heard
from tests.workflows.till import Till

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode
from argosy.modules import pricing
from argosy.modules.cart import Cart
from argosy.modules.pricing import Policy, PolicyInvalid, SetPrice
from argosy.runtime.db import counting_statements
from argosy.workflows import carting
from argosy.workflows.carting import CartReply
from argosy.workflows.placement import TotalChanged, WantedItem


async def hold(till: Till, minutes: int | None, **more: Any) -> None:
    async with till.db.transaction() as tx:
        policy = await pricing.policy_of(tx, till.channel.id)
        await pricing.set_policy(
            tx,
            till.channel.id,
            Policy(hold_minutes=minutes, **more),
            expected_version=policy.version,
        )
    await all_heard(till.db)


async def goods_of(till: Till, cart: Cart) -> int:
    found = await carting.read_cart(till.app, till.seller, cart.id)
    return found[1].quote.subtotal.minor


async def add(till: Till, cart: Cart, name: str, units: int = 1) -> None:
    await carting.add_line(
        till.app, till.seller, cart.id, WantedItem(variant_id=till.variants[name], quantity=units),
        CartReply(None, lambda _cart, _basket: (200, b"")),
    )  # fmt: skip


async def test_C11_a_line_costs_no_more_than_when_it_was_added_for_so_long(
    till: Till, clock: MovableClock
) -> None:
    await hold(till, 30)
    cart = await till.cart(shirt=2)
    await till.price("shirt", 1500)
    await all_heard(till.db)
    assert await goods_of(till, cart) == 2000
    # More of the same are of the same line; what is added later has the price of its moment.
    await add(till, cart, "shirt")
    await till.price("mug", 800)
    await add(till, cart, "mug")
    await till.price("mug", 900)
    assert await goods_of(till, cart) == 3 * 1000 + 800
    clock.advance(seconds=29 * 60)
    _, shown = await carting.read_cart(till.app, till.seller, cart.id)
    assert shown.quote.subtotal.minor == 3800
    key = encode("cart_line", shown_line(await till.cart_now(cart), till.variants["shirt"]))
    assert shown.held[key] - clock.now() <= timedelta(minutes=1)
    taken = [
        step.numbers
        for step in shown.quote.explanation
        if step.subject == key and step.code in {"price.taken", "price.lost"}
    ]
    assert taken[0] == {"minor": 1500, "why": "dearer_than_held"}
    assert taken[1]["held_until"] == shown.held[key].isoformat()
    clock.advance(seconds=2 * 60)
    assert await goods_of(till, cart) == 3 * 1500 + 900
    assert (await carting.read_cart(till.app, till.seller, cart.id))[1].held == {}


def shown_line(cart: Cart, variant: UUID) -> UUID:
    return next(line.id for line in cart.lines if line.variant_id == variant)


async def test_C4_what_is_held_is_placed_and_what_is_not_any_more_is_told(
    till: Till, clock: MovableClock
) -> None:
    await hold(till, 30)
    cart, late = await till.cart(shirt=1), await till.cart(shirt=1)
    total = await till.total(late)
    await till.price("shirt", 1500)
    _, placed = await till.place(cart)
    assert (placed.result, placed.total_minor) == ("placed", 1000 + 490)
    clock.advance(seconds=31 * 60)
    with pytest.raises(TotalChanged):
        await till.place(late, expected=total)
    await till.check_books()


async def test_a_price_that_falls_is_the_shoppers_and_live_channels_hold_nothing(
    till: Till,
) -> None:
    await hold(till, 30)
    cart = await till.cart(shirt=1)
    await till.price("shirt", 700)
    assert await goods_of(till, cart) == 700
    await hold(till, None)
    live = await till.cart(shirt=1)
    assert all(line.held is None for line in (await till.cart_now(live)).lines)
    await till.price("shirt", 900)
    assert await goods_of(till, live) == 900


async def test_goods_that_are_withdrawn_are_not_sold_for_being_in_a_cart(till: Till) -> None:
    await hold(till, 30)
    cart = await till.cart(shirt=1, mug=1)
    async with till.db.transaction() as tx:
        prices = await pricing.prices_of_variants(tx, [till.variants["shirt"]])
        await pricing.remove_prices(tx, till.channel.price_list_id, [p.id for p in prices])
    _, shown = await carting.read_cart(till.app, till.seller, cart.id)
    assert [why for _, why in shown.refused] == ["no_price"]


async def test_C3_a_held_tier_is_for_as_many_units_as_it_asks(till: Till) -> None:
    await hold(till, 30)
    async with till.db.transaction() as tx:
        tier = SetPrice(variant_id=till.variants["shirt"], amount_minor=800, min_quantity=5)
        await pricing.set_prices(tx, till.channel.price_list_id, [tier])
    cart = await till.cart(shirt=5)
    assert await goods_of(till, cart) == 5 * 800
    await till.price("shirt", 1200)
    async with till.db.transaction() as tx:
        tier = SetPrice(variant_id=till.variants["shirt"], amount_minor=1100, min_quantity=5)
        await pricing.set_prices(tx, till.channel.price_list_id, [tier])
    assert await goods_of(till, cart) == 5 * 800
    line = shown_line(await till.cart_now(cart), till.variants["shirt"])
    await carting.change_quantity(
        till.app, till.seller, cart.id, line, 4, CartReply(None, lambda _c, _b: (200, b""))
    )
    assert await goods_of(till, cart) == 4 * 1200


async def test_holding_costs_no_statement(till: Till) -> None:
    async def counted() -> int:
        found = []
        for _ in range(4):
            with counting_statements() as count:
                await till.cart(shirt=1)
            found.append(count.statements)
        return min(found)

    before = await counted()
    await hold(till, 30)
    assert await counted() == before


async def test_a_policy_says_how_long(till: Till) -> None:
    for minutes in (0, -1, 43_201):
        with pytest.raises(PolicyInvalid):
            await hold(till, minutes)
