"""Promotions in carts and purchases: what is quoted is placed, limits hold, books balance."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.hearing import all_heard
from tests.workflows.till import BECAUSE, BERLIN, INVOICE, Till, card, reply_for

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode, new_id
from argosy.kernel.money import Money
from argosy.modules import orders, promotions, quote
from argosy.modules.cart import Cart, TooManyCoupons
from argosy.modules.promotions import (
    CouponRefused,
    Limits,
    Promotion,
    SetCoupon,
    SetPromotion,
    UsedUp,
)
from argosy.modules.quote import Quote, refund_of
from argosy.runtime import metrics
from argosy.runtime.db import counting_statements
from argosy.workflows import carting, checkout, promoting
from argosy.workflows.baskets import Basket
from argosy.workflows.carting import CartReply
from argosy.workflows.completing import frozen_quote
from argosy.workflows.giving_back import give_back_uses, measure_promotions, settle_holds
from argosy.workflows.placement import Purchase, TotalChanged, WantedItem

TEN: dict[str, Any] = {
    "phase": "order",
    "reason": "10 % off",
    "action": {"type": "percent", "percent": "10"},
}
BY_CATEGORY: dict[str, Any] = TEN | {
    "phase": "line",
    "action": {"type": "percent", "percent": "10", "of": {"type": "categories", "ids": ["cups"]}},
}
FROM_50: dict[str, Any] = TEN | {"when": {"type": "cart_amount", "gte": {"EUR": 5000}}}


async def live(
    till: Till, document: dict[str, Any] = TEN, *, codes: tuple[str, ...] = (), **limits: Any
) -> Promotion:
    wish = SetPromotion(
        name="Ten", document=document, needs_coupon=bool(codes), limits=Limits(**limits)
    )
    async with till.db.transaction() as tx:
        made, _ = await promoting.create(tx, wish, by="olga")
        for code in codes:
            await promotions.add_coupon(tx, made.id, SetCoupon(code=code))
        _, made = await promoting.move(tx, made.id, "live", by="olga")
    await all_heard(till.db)
    return made


async def basket(till: Till, cart: Cart) -> Basket:
    return (await carting.read_cart(till.app, till.seller, cart.id))[1]


async def add(till: Till, cart: Cart, code: str) -> Basket:
    seen: list[Basket] = []

    def keep(_cart: Cart, shown: Basket) -> tuple[int, bytes]:
        seen.append(shown)
        return 201, b""

    await carting.add_coupon(
        till.app, till.seller, cart.id, code, CartReply(None, keep), guesser=str(cart.id)
    )
    return seen[-1]


async def frozen(till: Till, order_id: UUID) -> Quote:
    async with till.db.reading() as tx:
        return await frozen_quote(tx, order_id)


async def usage(till: Till, made: Promotion) -> tuple[int, int, int]:
    async with till.db.reading() as tx:
        found = await promotions.usage_of(tx, made.id)
    return found.held, found.used, found.released


async def test_D14_the_order_keeps_which_promotion_and_version_took_what(till: Till) -> None:
    made = await live(till)
    cart = await till.cart(shirt=2, mug=1)
    shown = await basket(till, cart)
    assert (shown.quote.discount_total.minor, shown.quote.total.minor) == (250, 2250 + 490)
    _, placed = await till.place(cart)
    assert placed.result == "placed"
    assert placed.discount_minor == 250
    async with till.db.transaction() as tx:
        await promoting.update(
            tx,
            made.id,
            SetPromotion(
                name="Ten", document=TEN | {"action": {"type": "percent", "percent": "50"}}
            ),
            expected_version=made.version,
            by="olga",
        )
    kept = await frozen(till, cart.id)
    assert [(v.promotion, v.version, v.outcome) for v in kept.promotions] == [
        (encode("promotion", made.id), made.version, "applied")
    ]
    assert {line.sku: line.discount.minor for line in kept.lines}
    assert sum(a.amount.minor for line in kept.lines for a in line.discounts) == 250
    # What each unit gives back adds up to what was paid for the goods, in whatever steps.
    back = sum(
        refund_of(kept, {line.key: [(unit, unit + 1)]}).total_minor
        for line in kept.lines
        for unit in range(line.quantity)
    )
    assert back == kept.total.minor - 490
    await till.check_books()


async def test_a_promotion_that_does_not_apply_costs_no_statement(till: Till) -> None:
    async def counted() -> list[int]:
        found = []
        cart = await till.cart(shirt=1)
        for act in (
            lambda: till.cart(shirt=1),
            lambda: till.total(cart),
            lambda: till.place(cart, expected=Money(1490, "EUR")),
            lambda: till.purchase(shirt=1),
        ):
            with counting_statements() as count:
                await act()
            found.append(count.statements)
        return found

    await till.stock("shirt", 100)  # a status that changes would be told in a statement of its own
    await counted()
    before = await counted()
    await live(till, FROM_50 | {"when": {"type": "cart_amount", "gte": {"EUR": 900_000}}})
    await till.total(await till.cart(shirt=1))
    assert await counted() == before


async def test_rules_and_rates_are_compiled_once_a_version_and_shared_by_all_carts(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def counted(name: str) -> None:
        real = getattr(quote, name)

        def call(*args: Any, **more: Any) -> Any:
            made.append(name)
            return real(*args, **more)

        monkeypatch.setattr(quote, name, call)

    for name in ("compile_promotions", "rate_set", "line_facts"):
        counted(name)
    promotion = await live(till, BY_CATEGORY)
    await all_heard(till.db)
    made.clear()
    carts = [await till.cart(shirt=1, mug=1) for _ in range(3)]
    shown = [(await basket(till, cart)).quote for cart in carts]
    # One class of goods and one of shipping, or the same; two products.
    assert made.count("compile_promotions") == 1
    assert made.count("line_facts") == 2
    assert 1 <= made.count("rate_set") <= 2
    assert len({one.total for one in shown}) == 1
    made.clear()
    _, placed = await till.place(carts[0])
    assert placed.result == "placed"
    await add_line(till, carts[1])
    await till.purchase(shirt=1)
    assert made == []
    half = BY_CATEGORY | {"action": BY_CATEGORY["action"] | {"percent": "50"}}
    async with till.db.transaction() as tx:
        await promoting.update(
            tx,
            promotion.id,
            SetPromotion(name="Ten", document=half),
            expected_version=promotion.version,
            by="olga",
        )
    await all_heard(till.db)
    for cart in carts[1:]:
        await basket(till, cart)
    assert made.count("compile_promotions") == 1


async def test_adding_a_line_takes_three_statements_with_promotions_too(till: Till) -> None:
    await live(till, BY_CATEGORY)
    cart, other = await till.cart(shirt=1), await till.cart()
    with counting_statements() as count:
        await add_line(till, cart)
    assert count.names == ["sellable_variants", "product_facts", "write_carts"]
    with counting_statements() as count:
        await add_line(till, other)
    assert count.names == ["write_carts"], "the goods and their categories are known"


async def add_line(till: Till, cart: Cart) -> None:
    item = WantedItem(variant_id=till.variants["mug"], quantity=1)
    shown = CartReply(None, lambda _cart, _basket: (201, b""))
    await carting.add_line(till.app, till.seller, cart.id, item, shown)


async def test_G4_a_promotion_that_ends_between_cart_and_place_is_told_not_charged(
    till: Till,
) -> None:
    made = await live(till)
    cart = await till.cart(shirt=1)
    agreed = await till.total(cart)
    async with till.db.transaction() as tx:
        await promoting.move(tx, made.id, "paused", by="olga")
    await all_heard(till.db)
    with pytest.raises(TotalChanged) as changed:
        await till.place(cart, expected=agreed)
    assert changed.value.details["total"] == Money(1490, "EUR")


async def test_coupons_apply_and_refusals_name_their_reason(
    till: Till, clock: MovableClock
) -> None:
    made = await live(till, FROM_50, codes=("Ten10", "TWICE"))
    async with till.db.transaction() as tx:
        for wish in (
            SetCoupon(code="LATER", valid_from=clock.now() + timedelta(days=1)),
            SetCoupon(code="OVER", valid_until=clock.now()),
            SetCoupon(code="MINE", customer_id=new_id()),
        ):
            await promotions.add_coupon(tx, made.id, wish)
    small, large = await till.cart(shirt=1), await till.cart(shirt=6)
    reasons = {}
    for code in ("nothing", "LATER", "OVER", "MINE", "ten10"):
        with pytest.raises(CouponRefused) as refused:
            await add(till, small, code)
        reasons[code] = refused.value.details["reason"]
    assert reasons == {
        "nothing": "unknown",
        "LATER": "not_yet",
        "OVER": "expired",
        "MINE": "not_yours",
        "ten10": "conditions_not_met",
    }
    (missing,) = refused.value.details["missing"]
    assert (missing.code, missing.need, missing.have, missing.short) == (
        "cart_amount",
        5000,
        1000,
        4000,
    )
    assert (await till.cart_now(small)).coupons == ()
    assert (await add(till, large, " ten１０ ")).quote.discount_total.minor == 600
    assert (await till.cart_now(large)).coupons == ("ten１０",)
    # A second code of the same promotion gives nothing more, and says so.
    with pytest.raises(CouponRefused) as second:
        await add(till, large, "twice")
    assert second.value.details["reason"] == "same_promotion"
    await carting.change_quantity(
        till.app,
        till.seller,
        large.id,
        large.lines[0].id,
        2,
        CartReply(None, lambda _cart, _basket: (200, b"")),
    )
    (kept,) = (await basket(till, large)).coupons
    assert (kept.code, kept.reason, kept.missing[0].short) == ("Ten10", "conditions_not_met", 3000)
    await carting.remove_coupon(
        till.app, till.seller, large.id, "TEN10", CartReply(None, lambda *_: (200, b""))
    )
    assert (await basket(till, large)).coupons == ()


async def test_D10_guesses_are_slowed_down(till: Till) -> None:
    await live(till, codes=("REAL",))
    cart = await till.cart(shirt=1)
    for n in range(carting.FREE_CODES):
        with pytest.raises(CouponRefused):
            await add(till, cart, f"guess{n}")
    with pytest.raises(Exception, match="Too many tries"):
        await add(till, cart, "real")


async def test_a_cart_holds_so_many_codes(till: Till) -> None:
    for n in range(11):
        document = TEN | {"phase": "line", "action": {"type": "percent", "percent": "1"}}
        await live(till, document, codes=(f"code{n}",))
    cart = await till.cart(shirt=5)
    for n in range(10):
        await add(till, cart, f"code{n}")
    with pytest.raises(TooManyCoupons):
        await add(till, cart, "code10")


async def test_D11_a_hundred_uses_for_many_carts_at_once(till: Till) -> None:
    made = await live(till, uses=12)
    await till.stock("mug", 1000)
    carts = [await till.cart(mug=1, email=f"buyer{n}@example.com") for n in range(40)]
    agreed = await till.total(carts[0])
    assert agreed.minor == 450 + 490

    async def buy(cart: Cart) -> str:
        try:
            _, placed = await till.place(cart, expected=agreed)
        except (UsedUp, TotalChanged) as error:
            return type(error).__name__
        return placed.result

    results = await asyncio.gather(*(buy(cart) for cart in carts))
    assert results.count("placed") == 12
    assert await usage(till, made) == (0, 12, 0)
    await all_heard(till.db)
    left = [cart for cart, result in zip(carts, results, strict=True) if result != "placed"]
    assert (await till.total(left[0])).minor == 500 + 490
    _, placed = await till.place(left[0])
    assert placed.result == "placed"
    await till.check_books()


async def test_D11_a_declined_payment_gives_the_use_back_and_success_uses_it(
    card_till: Till,
) -> None:
    till = card_till
    made = await live(till, codes=("ONCE",), uses=1)
    cart = await till.cart(shirt=1)
    await add(till, cart, "once")
    _, declined = await till.place(cart, card("tok_declined"))
    assert declined.result == "declined"
    assert await usage(till, made) == (0, 0, 1)
    _, placed = await till.place(cart, card())
    assert placed.result == "placed"
    assert await usage(till, made) == (0, 1, 0)
    await all_heard(till.db)
    other = await till.cart(shirt=1, email="bob@example.com")
    with pytest.raises(CouponRefused) as refused:
        await add(till, other, "ONCE")
    assert refused.value.details["reason"] == "used_up"
    kept = await frozen(till, cart.id)
    assert kept.promotions[0].coupons == ("once",)


async def test_D12_once_per_customer_counts_the_address_however_it_is_written(till: Till) -> None:
    await live(till, uses_per_customer=1)
    first = await till.cart(shirt=1, email="ann+a@example.com")
    assert (await basket(till, first)).quote.discount_total.minor == 100
    second = await till.cart(shirt=1, email="Ann@Example.com")
    agreed = await till.total(second)
    await till.place(first)
    assert (await basket(till, second)).quote.discount_total.minor == 0
    with pytest.raises(TotalChanged):
        await till.place(second, expected=agreed)


async def test_D13_a_budget_rejects_the_rule_not_the_order(till: Till) -> None:
    made = await live(till, budget={"EUR": 150})
    first, second = await till.cart(shirt=1), await till.cart(shirt=1, email="bob@example.com")
    await till.place(first)
    # What is left of a budget is read with the rules, and asked for again where the purchase is.
    till.app.cache.forget("rules", "*")
    shown = await basket(till, second)
    assert shown.quote.discount_total.minor == 0
    _, placed = await till.place(second)
    assert placed.result == "placed"
    async with till.db.reading() as tx:
        assert (await promotions.usage_of(tx, made.id)).given == {"EUR": 100}


async def test_short_stock_holds_no_use(till: Till) -> None:
    made = await live(till, uses=5)
    await till.count("mug", 0)
    cart = await till.cart(mug=1)
    with pytest.raises(Exception, match="stock"):
        await till.place(cart)
    assert (await usage(till, made))[:2] == (0, 0)
    async with till.db.reading() as tx:
        (one,) = await promotions.live_promotions(tx, till.channel.id)
    assert one.uses_left == 5


async def test_cancelling_gives_back_and_a_forgotten_hold_is_settled(
    till: Till, clock: MovableClock
) -> None:
    made = await live(till, uses=1)
    cart = await till.cart(shirt=1)
    await till.place(cart)
    async with till.db.transaction() as tx:
        await give_back_uses(tx, [_delivered(cart.id)])
    assert await usage(till, made) == (0, 0, 1)
    # An order that never came to be, for instance because its process died before it wrote more.
    async with till.db.transaction() as tx:
        one = promotions.Wanted(subject=made.id, promotion_id=made.id, amount=1, most=1)
        await promotions.claim_uses(tx, new_id(), [one])
    assert await settle_holds(till.app) == 0
    clock.advance(seconds=3600)
    assert await settle_holds(till.app) == 1
    assert await usage(till, made) == (0, 0, 2)


def _delivered(order_id: UUID) -> Any:
    class Told(msgspec.Struct):
        data: dict[str, Any]

    return Told({"order_id": str(order_id)})


async def test_a_purchase_in_one_call_takes_codes_or_is_refused(till: Till) -> None:
    made = await live(till, FROM_50, codes=("SIX",))

    def wish(units: int, *codes: str) -> Purchase:
        return Purchase(
            channel=till.channel,
            customer_id=None,
            items=(WantedItem(variant_id=till.variants["shirt"], quantity=units),),
            email="ann@example.com",
            shipping_address=BERLIN,
            billing_address=None,
            shipping_method="standard",
            expected_total=None,
            payment=INVOICE,
            because=BECAUSE,
            coupons=codes,
        )

    with pytest.raises(CouponRefused):
        await checkout.purchase(till.app, wish(1, "six"), reply_for(None))
    answer = await checkout.purchase(till.app, wish(5, "six"), reply_for(None))
    assert msgspec.json.decode(answer.body)["discount_minor"] == 500
    assert await usage(till, made) == (0, 1, 0)
    await till.check_books()


async def test_conditions_on_goods_history_and_payment(till: Till) -> None:
    await live(till, TEN | {"when": {"type": "first_order"}})
    await live(
        till,
        {
            "phase": "line",
            "when": {"type": "payment_method", "codes": ["invoice"]},
            "action": {
                "type": "amount_off",
                "per": "unit",
                "amount": {"EUR": 50},
                "of": {"type": "variants", "ids": [till.public_id("mug")]},
            },
        },
    )
    cart = await till.cart(mug=1, shirt=1)
    # Who pays how is known when the cart is placed; the shopper then sees the lower total.
    shown = await basket(till, cart)
    assert shown.quote.discount_total.minor == 150
    with pytest.raises(TotalChanged) as lower:
        await till.place(cart, expected=shown.quote.total)
    await till.place(cart, expected=lower.value.details["total"])
    kept = await frozen(till, cart.id)
    assert kept.discount_total.minor == 50 + 145
    again = await till.cart(mug=1, shirt=1)
    assert (await basket(till, again)).quote.discount_total.minor == 0


async def test_D16_a_cart_that_had_it_keeps_it_for_the_time_of_honour(
    till: Till, clock: MovableClock
) -> None:
    ends = (clock.now() + timedelta(minutes=1)).replace(tzinfo=None, microsecond=0)
    await live(
        till,
        TEN | {"window": {"zone": "UTC", "until": ends.isoformat()}, "honour_s": 600},
    )
    early = await till.cart(shirt=1)
    assert (await basket(till, early)).quote.discount_total.minor == 100
    clock.advance(seconds=120)
    late = await till.cart(shirt=1)
    assert (await basket(till, late)).quote.discount_total.minor == 0
    assert (await basket(till, early)).quote.discount_total.minor == 100
    clock.advance(seconds=900)
    assert (await basket(till, early)).quote.discount_total.minor == 0


async def test_D8_free_shipping_is_for_the_cheapest_way(till: Till) -> None:
    await live(
        till,
        {
            "phase": "shipping",
            "action": {"type": "shipping", "reward": {"type": "percent", "percent": "100"}},
        },
    )
    cart = await till.cart(shirt=1)
    shown = await basket(till, cart)
    assert shown.quote.shipping is not None
    assert (shown.quote.shipping.discount.minor, shown.quote.total.minor) == (490, 1000)
    _, placed = await till.place(cart)
    assert placed.shipping_minor == 0
    await till.check_books()


async def test_what_cannot_be_read_is_left_out_never_the_cart(till: Till) -> None:
    made = await live(till)
    await till.db.pool.execute(
        "update promotions.promotion set document = $2 where id = $1",
        made.id,
        {"phase": "order", "action": {"type": "from_the_future"}},
    )
    await all_heard(till.db)
    cart = await till.cart(shirt=1)
    assert (await till.total(cart)).minor == 1490
    _, placed = await till.place(cart)
    assert placed.result == "placed"
    # Somebody is told.
    assert await measure_promotions(till.app) == 0
    assert metrics.PROMOTIONS_UNREADABLE._value.get() == 1


def gift(till: Till, name: str = "mug", quantity: int = 1) -> dict[str, Any]:
    return {
        "phase": "line",
        "reason": "A mug on the house",
        "when": {"type": "cart_amount", "gte": {"EUR": 3000}},
        "action": {"type": "gift", "variant": till.public_id(name), "quantity": quantity},
    }


async def test_D9_a_gift_comes_and_goes_with_its_condition_and_has_stock_and_worth(
    till: Till,
) -> None:
    await live(till, gift(till))
    await till.count("mug", 3)
    cart = await till.cart(shirt=2)
    assert [line.sku for line in (await basket(till, cart)).quote.lines] == ["SHIRT"]
    cart = await till.cart(shirt=3)
    shown = await basket(till, cart)
    (given,) = [line for line in shown.quote.lines if line.gift_of]
    # It costs nothing, does not count for thresholds, and its worth is on record (B15).
    assert (given.subtotal.minor, given.total.minor, given.quantity) == (500, 0, 1)
    assert shown.quote.total.minor == 3000 + 490
    _, placed = await till.place(cart)
    assert placed.result == "placed"
    assert placed.total_minor == 3490
    async with till.db.reading() as tx:
        kept = await orders.lines_of(tx, cart.id)
    assert [(line.sku, line.quantity, line.total_minor) for line in kept] == [
        ("SHIRT", 3, 3000),
        ("MUG", 1, 0),
    ]
    level = await till.level("mug")
    assert level.on_hand - level.allocated == 2
    await till.check_books()


async def test_D9_a_gift_that_was_declined_stays_away_until_it_is_wanted(till: Till) -> None:
    await live(till, gift(till))
    cart = await till.cart(shirt=4)

    async def wish(wanted: bool) -> int:
        reply = CartReply(None, lambda *_: (200, b""))
        await carting.wish_gift(till.app, till.seller, cart.id, till.variants["mug"], wanted, reply)
        return len((await basket(till, cart)).quote.lines)

    assert await wish(wanted=False) == 1
    await carting.change_quantity(
        till.app, till.seller, cart.id, cart.lines[0].id, 5, CartReply(None, lambda *_: (200, b""))
    )
    assert len((await basket(till, cart)).quote.lines) == 1
    assert await wish(wanted=True) == 2


async def test_D9_no_stock_no_gift_and_none_alone(till: Till) -> None:
    await live(till, gift(till) | {"when": {"type": "cart_quantity", "gte": 0}})
    await till.count("mug", 0)
    cart = await till.cart(shirt=1)
    assert len((await basket(till, cart)).quote.lines) == 1
    _, placed = await till.place(cart)
    assert placed.result == "placed"
    empty = await till.cart()
    assert (await basket(till, empty)).quote.lines == ()
