"""Purchases that come in together share a transaction, and nothing else (docs/adr/0008)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import Any

import pytest
from tests.hearing import all_heard
from tests.workflows.test_checkout_crashes import Killed, killed_at
from tests.workflows.till import INVOICE, Till, card

from argosy.kernel.money import Money
from argosy.modules import orders
from argosy.modules.inventory import OutOfStock
from argosy.runtime.db import counting_statements
from argosy.runtime.statements import Statement
from argosy.workflows.placement import PaymentMissing, TotalChanged
from argosy.workflows.quoting import rules_for

ONE_SHIRT = Money(1000 + 490, "EUR")


async def together(*asked: Awaitable[Any]) -> list[Any]:
    """What became of each: the answered Placement, or the name of the error."""
    ends = await asyncio.gather(*asked, return_exceptions=True)
    return [end if isinstance(end, BaseException) else end[1] for end in ends]


def outcomes(ends: list[Any]) -> list[str]:
    return [type(e).__name__ if isinstance(e, BaseException) else e.result for e in ends]


async def rows(till: Till, table: str) -> int:
    async with till.db.reading() as tx:
        row = await tx.one(Statement("rows", "one", f"select count(*) as n from {table}", "test"))
    return int(row["n"])


async def plenty(till: Till) -> None:
    """A status that changes would be told in a statement of its own."""
    for name in ("shirt", "mug"):
        await till.stock(name, 100)


async def test_many_purchases_cost_the_statements_of_one(till: Till) -> None:
    await till.purchase(song=1)  # the channel's rules are read once
    await plenty(till)
    with counting_statements() as count:
        ends = await together(*(till.purchase(shirt=1, mug=1) for _ in range(8)))
    assert outcomes(ends) == ["placed"] * 8
    assert len({end.number for end in ends}) == 8
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
    assert (await till.level("shirt")).allocated == 8
    await till.check_books()


async def test_many_carts_cost_the_statements_of_one(till: Till) -> None:
    ready = [await till.cart(shirt=1) for _ in range(8)]
    await plenty(till)
    with counting_statements() as count:
        ends = await together(*(till.place(cart, expected=ONE_SHIRT) for cart in ready))
    assert [end.order_id for end in ends] == [cart.id for cart in ready]
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
    assert {(await till.cart_now(cart)).state for cart in ready} == {"placed"}
    await till.check_books()


async def test_one_bad_wish_spoils_no_other_and_leaves_nothing(till: Till) -> None:
    good, dear, other = [await till.cart(shirt=1) for _ in range(3)]
    ends = await together(
        till.place(good, expected=ONE_SHIRT),
        till.place(dear, expected=Money(1, "EUR"), key="again"),
        till.place(other, expected=ONE_SHIRT),
    )
    assert outcomes(ends) == ["placed", TotalChanged.__name__, "placed"]
    assert (await till.cart_now(dear)).state == "open"
    _, placed = await till.place(dear, expected=ONE_SHIRT, key="again")
    assert placed.result == "placed", "the key was given back"
    assert (await till.cart_now(dear)).version == (await till.cart_now(good)).version

    before = await rows(till, "cart.cart")
    ends = await together(
        till.purchase(shirt=1), till.purchase(None, shirt=1), till.purchase(mug=1)
    )
    assert outcomes(ends) == ["placed", PaymentMissing.__name__, "placed"]
    assert await rows(till, "cart.cart") == before + 2
    await till.check_books()


async def test_when_nobody_can_be_served_nothing_is_written(till: Till) -> None:
    before = await rows(till, "runtime.idempotency")
    ends = await together(*(till.purchase(None, shirt=1) for _ in range(3)))
    assert outcomes(ends) == [PaymentMissing.__name__] * 3
    assert await rows(till, "runtime.idempotency") == before
    assert await rows(till, 'orders."order"') == 0


@pytest.mark.parametrize("way", ["purchase", "place", "card"])
async def test_F2_who_came_first_gets_the_last_units_and_the_others_leave_nothing(
    card_till: Till, way: str
) -> None:
    till = card_till
    await till.stock("shirt", -7)
    payment = card() if way == "card" else INVOICE
    carts_ = [await till.cart(shirt=1, mug=1) for _ in range(5)] if way != "purchase" else []
    keys = await rows(till, "runtime.idempotency")
    if way == "purchase":
        ends = await together(*(till.purchase(shirt=1, mug=1) for _ in range(5)))
    else:
        total = Money(1500 + 490, "EUR")
        ends = await together(*(till.place(cart, payment, expected=total) for cart in carts_))
    assert outcomes(ends) == ["placed"] * 3 + [OutOfStock.__name__] * 2
    assert await rows(till, "runtime.idempotency") == keys + 3
    assert await rows(till, 'orders."order"') == 3
    states = Counter([(await till.cart_now(cart)).state for cart in carts_])
    assert not carts_ or states == {"placed": 3, "open": 2}
    for name in ("shirt", "mug"):
        level = await till.level(name)
        assert (level.reserved, level.allocated) == (0, 3)
    await till.check_books()


async def test_stock_is_taken_last_unless_it_ran_short_a_moment_ago(till: Till) -> None:
    """What many contend for is locked for one statement and the commit (docs/adr/0013)."""
    await till.stock("shirt", -9)
    await till.purchase(song=1)  # the channel's rules are read once
    with counting_statements() as count:
        ends = await together(*(till.purchase(shirt=1, mug=1) for _ in range(2)))
    assert outcomes(ends) == ["placed", OutOfStock.__name__]
    assert count.transactions == 2
    begun = count.names.index("sellable_variants", 1)
    rolled_back, kept = count.names[:begun], count.names[begun:]
    assert rolled_back.index("write_events") < rolled_back.index("hold_together")
    assert kept.index("hold_together") < kept.index("open_orders")
    assert await rows(till, 'orders."order"') == await rows(till, "runtime.idempotency") == 2
    assert (await till.level("mug")).allocated == 1

    with counting_statements() as count:
        ends = await together(*(till.purchase(shirt=1) for _ in range(2)))
    assert outcomes(ends) == [OutOfStock.__name__] * 2
    assert count.transactions == 1
    assert "open_orders" not in count.names, "known to be short: nothing is written in vain"
    with counting_statements() as count:
        await till.purchase(mug=1)
    assert count.names[-1] == "hold_together", "what is not short is not kept waiting"
    assert await rows(till, "runtime.idempotency") == 3
    await till.check_books()


async def test_G1_twins_in_one_batch_make_one_order_and_equal_answers(till: Till) -> None:
    with counting_statements() as count:
        answers = await asyncio.gather(
            *(till.purchase(key="twin", shirt=1) for _ in range(4)), till.purchase(mug=1)
        )
    assert count.names.count("open_orders") == 1
    twins = [answer for answer, _ in answers[:4]]
    assert len({(answer.status, answer.body) for answer in twins}) == 1
    assert (await till.level("shirt")).allocated == 1
    assert await rows(till, 'orders."order"') == 2
    await till.check_books()


async def test_an_order_in_another_state_undoes_the_batch_and_the_others_are_served_alone(
    till: Till,
) -> None:
    settled, fine = [await till.cart(shirt=1) for _ in range(2)]
    await till.place(settled, expected=ONE_SHIRT)
    reopen = Statement("t", "exec", "update cart.cart set state = 'open' where id = $1", "test")
    async with till.db.transaction() as tx:
        await tx.run(reopen, settled.id)
    with counting_statements() as count:
        ends = await together(
            till.place(settled, expected=ONE_SHIRT), till.place(fine, expected=ONE_SHIRT)
        )
    assert outcomes(ends) == [orders.OrderSettled.__name__, "placed"]
    assert count.names.count("begin_carts") == 3, "together, then each alone"
    assert await till.history(settled.id) == ["confirmed"]
    assert (await till.level("shirt")).allocated == 2
    await till.check_books()


async def test_G3_a_process_killed_in_the_middle_of_a_batch_took_nobodys_money_or_stock(
    till: Till,
) -> None:
    async def buy() -> list[Any]:
        return await together(*(till.purchase(key=f"buyer {n}", shirt=1) for n in range(3)))

    # Known before: reading them anew would move the points from one round to the next.
    await all_heard(till.db)
    await rules_for(till.app, till.channel.id)
    at = 0
    while True:
        with killed_at(till, at) as deadline:
            ends = await buy()
        assert outcomes(ends) == [Killed.__name__] * 3, deadline.where
        if deadline.where == "after commit":
            break
        assert await rows(till, 'orders."order"') == 0, deadline.where
        assert (await till.level("shirt")).allocated == 0, deadline.where
        at += 1
    assert at > 14, "two points for each statement"
    repeated = await buy()
    assert outcomes(repeated) == ["placed"] * 3
    assert await rows(till, 'orders."order"') == 3
    assert (await till.level("shirt")).allocated == 3
    await till.check_books()
