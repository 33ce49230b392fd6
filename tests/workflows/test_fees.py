"""Fees from cart to books: charged, taxed by their own class, frozen, given back: B14."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.hearing import all_heard
from tests.workflows.till import BECAUSE, INVOICE, Till

from argosy.kernel.money import Money
from argosy.modules import fees, ledger, orders, quote
from argosy.modules.cart import Cart
from argosy.modules.fees import FeeWhen, SetFee
from argosy.modules.quote import Quote
from argosy.workflows import carting, order_actions
from argosy.workflows.carting import CartReply
from argosy.workflows.explaining import quote_of_cart
from argosy.workflows.placement import TotalChanged


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def fee(**more: Any) -> SetFee:
    settings: dict[str, Any] = {
        "code": "fee", "kind": "other", "name": "Fee", "per": "order", "amount_minor": 119,
    }  # fmt: skip
    return SetFee(**(settings | more))


async def charge(till: Till, *wanted: SetFee) -> None:
    async with till.db.transaction() as tx:
        for one in wanted:
            await fees.create_fee(tx, till.channel.id, one)
    await all_heard(till.db)


async def frozen(till: Till, cart: Cart) -> Quote:
    async with till.db.reading() as tx:
        return msgspec.convert(await orders.quote_of(tx, cart.id), Quote)


async def balances(till: Till) -> dict[str, int]:
    async with till.db.reading() as tx:
        found = await ledger.trial_balance(tx)
    return {one.account: one.balance.minor for one in found}


async def test_B14_fees_are_charged_taxed_by_their_own_class_and_booked(till: Till) -> None:
    deposit = fee(
        code="bottle", kind="deposit", per="unit", amount_minor=25, returned=True,
        labels={"en": "Bottle deposit"}, when=FeeWhen(variants=(till.variants["mug"],)),
    )  # fmt: skip
    await charge(till, deposit, fee(kind="handling"))
    cart = await till.cart(shirt=1, mug=3)
    # 10.00 and 3 x 5.00, 4.90 shipping, 3 x 0.25 deposit and 1.19 with 19 % inside.
    assert await till.total(cart) == eur(2500 + 490 + 75 + 119)
    _, placed = await till.place(cart)
    assert placed.result == "placed"
    kept = await frozen(till, cart)
    by_code = {each.code: each for each in kept.charges}
    assert (by_code["bottle"].tax, by_code["bottle"].name) == (eur(12), "Bottle deposit")
    assert (by_code["fee"].net, by_code["fee"].tax) == (eur(100), eur(19))
    assert [s.subject for s in kept.explanation if s.code == "charge.price"] == [
        by_code["bottle"].key,
        "fee:fee",
    ]
    books = await balances(till)
    assert (books["revenue:deposit"], books["revenue:handling"]) == (-63, -100)
    await till.check_books()


async def test_B14_a_deposit_goes_back_with_the_unit(till: Till) -> None:
    deposit = fee(
        code="bottle", kind="deposit", per="unit", amount_minor=25, tax_class=None, returned=True,
        when=FeeWhen(variants=(till.variants["mug"],)),
    )  # fmt: skip
    await charge(till, deposit, fee(kind="gift_wrap", per="line"))
    cart = await till.cart(mug=3)
    await till.place(cart)
    kept = await frozen(till, cart)
    key = kept.lines[0].key
    one = quote.refund_of(kept, {key: [(1, 2)]})
    # The mug and its deposit; not the wrapping, nor the shipping.
    assert (one.total_minor, one.charges_minor) == (525, 25)
    parts = [quote.refund_of(kept, {key: [(n, n + 1)]}).total_minor for n in range(3)]
    assert sum(parts) == quote.refund_of(kept, {key: [(0, 3)]}).total_minor == 1575


async def test_B14_gift_wrap_is_chosen_on_the_line(till: Till) -> None:
    wrap = fee(kind="gift_wrap", per="unit", when=FeeWhen(configuration={"gift_wrap": "yes"}))
    await charge(till, wrap)
    plain = await till.cart(shirt=1)
    assert await till.total(plain) == eur(1490)
    wanted = carting.WantedItem(
        variant_id=till.variants["shirt"], quantity=2, configuration={"gift_wrap": "yes"}
    )
    reply = CartReply(None, lambda _cart, _basket: (200, b""))
    await carting.add_line(till.app, till.seller, plain.id, wanted, reply)
    assert await till.total(plain) == eur(3490 + 2 * 119)


async def test_B14_a_fee_for_a_way_to_pay_is_shown_with_it_and_agreed_to(till: Till) -> None:
    surcharge = fee(
        code="invoice", kind="payment", amount_minor=None, percent=Decimal(2),
        when=FeeWhen(payment_methods=("invoice",), countries=("DE",)),
    )  # fmt: skip
    await charge(till, surcharge)
    cart = await till.cart(shirt=1)
    assert await till.total(cart) == eur(1490)
    shown = await quote_of_cart(till.app, till.seller, cart.id, payment_method="invoice")
    assert shown.basket.quote.total == eur(1510)
    with pytest.raises(TotalChanged):
        await till.place(cart, INVOICE, expected=eur(1490))
    _, placed = await till.place(cart, INVOICE, expected=eur(1510))
    assert placed.result == "placed"


async def test_B14_the_small_order_fee_ends_where_the_order_is_not_small(till: Till) -> None:
    await charge(till, fee(when=FeeWhen(below_goods_minor=2000)))
    assert await till.total(await till.cart(shirt=1)) == eur(1490 + 119)
    assert await till.total(await till.cart(shirt=2)) == eur(2490)


async def test_B14_a_cancelled_order_gives_back_its_fees(till: Till) -> None:
    await charge(till, fee(kind="eco"))
    cart = await till.cart(shirt=1)
    await till.place(cart)
    command = order_actions.CancelOrder(cart.id, "customer", BECAUSE)
    await order_actions.cancel_order(till.app, command)
    books = await balances(till)
    assert books.get("revenue:eco", 0) == 0
    await till.check_books()
