"""Promotions by custom fields: of goods, carts and customers, until a field is gone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.hearing import all_heard
from tests.workflows.test_promotions import basket, live
from tests.workflows.till import Till

from argosy.kernel.ids import encode, new_id
from argosy.modules import catalog, fields, promotions
from argosy.modules.fields import DefineField, FieldDefinition, Subject
from argosy.modules.promotions import PromotionInvalid
from argosy.runtime import metrics
from argosy.runtime.db import counting_statements
from argosy.workflows import promoting, promotion_trials
from argosy.workflows.carting import Seller
from argosy.workflows.giving_back import measure_promotions


def condition(name: str, value: Any, op: str = "eq", **more: Any) -> dict[str, Any]:
    return {"type": "field", "name": name, "op": op, "value": value, **more}


def tenth(when: dict[str, Any] | None = None, **action: Any) -> dict[str, Any]:
    action = {"type": "percent", "percent": "10", **action}
    document = {"phase": "line", "action": action}
    return document if when is None else document | {"when": when}


async def define(till: Till, subject: Subject, code: str, **more: Any) -> FieldDefinition:
    async with till.db.transaction() as tx:
        given = DefineField(**{"code": code, "label": code, "kind": "text"} | more)
        made = await fields.define_field(tx, subject, given)
    await all_heard(till.db)
    return made


async def give(till: Till, subject: Subject, one: UUID, **values: Any) -> None:
    async with till.db.transaction() as tx:
        await fields.set_values(tx, subject, {one: values})


async def discount(till: Till, cart: Any) -> int:
    return (await basket(till, cart)).quote.discount_total.minor


async def product_of(till: Till, name: str) -> UUID:
    async with till.db.reading() as tx:
        return (await catalog.variant_by_id(tx, till.variants[name])).product_id


async def test_goods_are_reduced_by_the_fields_of_product_and_variant(till: Till) -> None:
    await define(till, "product", "season", kind="choices", choices=("autumn", "winter"))
    await define(till, "variant", "weight", kind="number", default="0")
    await give(till, "product", await product_of(till, "shirt"), season=("autumn", "winter"))
    await give(till, "variant", till.variants["mug"], weight="9.50")
    cart = await till.cart(shirt=1, mug=1, song=1)
    await live(till, tenth(of=condition("season", ["autumn"], "in")))
    assert await discount(till, cart) == 100
    heavy = condition("weight", "10", "lt", subject="variant")
    heavier = condition("weight", "9.4", "gte", subject="variant")
    await live(till, tenth(of={"type": "all", "of": [heavy, heavier]}))
    assert await discount(till, cart) == 150
    _, placed = await till.place(cart)
    assert (placed.result, placed.discount_minor) == ("placed", 150)
    await till.check_books()


async def test_carts_and_orders_to_be_are_judged_by_what_shoppers_said(till: Till) -> None:
    await define(
        till, "cart", "source", default="web", on_order=True, visible="storefront",
        shopper_writes=True,
    )  # fmt: skip
    await define(till, "order", "source")
    await define(till, "cart", "units", kind="integer")
    await live(till, tenth(condition("source", "kiosk")))
    await live(till, tenth(condition("source", "kiosk", subject="order")))
    await live(till, tenth(condition("units", 3, "gte")))
    cart = await till.cart(shirt=1)
    other = await till.cart(shirt=1)
    assert await discount(till, cart) == 0
    await give(till, "cart", cart.id, source="kiosk", units=3)
    found = await basket(till, cart)
    assert [one.outcome for one in found.quote.promotions] == ["applied"] * 3
    assert await discount(till, other) == 0
    _, placed = await till.place(cart)
    assert placed.discount_minor == found.quote.discount_total.minor


async def test_a_customer_has_what_their_fields_give_and_a_guest_has_not(till: Till) -> None:
    await define(till, "customer", "rank", kind="integer", default=1)
    ann = new_id()
    await give(till, "customer", ann, rank=3)
    await live(till, tenth(condition("rank", 3, "gte", subject="customer")))
    assert await discount(till, await till.cart(shirt=1)) == 0
    for who, off in ((ann, 100), (new_id(), 0)):
        till.seller = Seller(till.channel, who)
        assert await discount(till, await till.cart(shirt=1)) == off


async def test_a_default_is_what_is_compared_where_nothing_is_stored(till: Till) -> None:
    await define(till, "cart", "source", default="web")
    await live(till, tenth(condition("source", "web")))
    assert await discount(till, await till.cart(shirt=1)) == 100


async def test_what_cannot_be_compared_is_refused_at_save_with_its_place(till: Till) -> None:
    await define(till, "cart", "source")
    await define(till, "cart", "rank", kind="integer")
    await define(till, "cart", "weight", kind="number")
    await define(till, "cart", "day", kind="date")
    await define(till, "cart", "vip", kind="boolean")
    await define(till, "order", "source")
    bad = {
        "unknown": (condition("colour", "red"), "name"),
        "of another subject": (condition("source", "x", subject="customer"), "name"),
        "never on orders": (condition("source", "x", subject="order"), "name"),
        "texts have no order": (condition("source", "x", "gt"), "op"),
        "a text for an integer": (condition("rank", "3", "gte"), "value"),
        "a flag for an integer": (condition("rank", True), "value"),
        "a number that is none": (condition("weight", "NaN", "gt"), "value"),
        "a number in other words": (condition("weight", "1.50", "gt"), "value"),
        "a day that is none": (condition("day", "2026-02-30", "gt"), "value"),
        "one value for several": (condition("rank", 3, "in"), "value"),
        "none of several": (condition("rank", [], "in"), "value"),
        "part of nothing": (condition("source", "", "contains"), "value"),
        "order of flags": (condition("vip", True, "gt"), "op"),
    }
    for why, (part, place) in bad.items():
        with pytest.raises(PromotionInvalid) as refused:
            await live(till, tenth({"type": "all", "of": [part]}))
        problems = refused.value.details["problems"]
        assert [one["path"] for one in problems] == [f"$.when.of[0].{place}"], why


async def test_a_field_that_is_gone_disables_its_promotion_and_no_cart(till: Till) -> None:
    source = await define(till, "cart", "source", default="web")
    made = await live(till, tenth(condition("source", "web")))
    kept = await live(till, tenth())
    cart = await till.cart(shirt=1)
    # Both, one after the other: 10 % of 10.00, then of 9.00.
    assert await discount(till, cart) == 190
    async with till.db.transaction() as tx:
        await fields.delete_field(tx, source.id)
    await all_heard(till.db)
    found = await basket(till, cart)
    assert [one.promotion for one in found.quote.promotions] == [encode("promotion", kept.id)]
    assert (await till.place(cart))[1].result == "placed"
    assert await measure_promotions(till.app) == 0
    assert metrics.PROMOTIONS_UNREADABLE._value.get() == 1
    # It is not put live again as it is, until the field is there again.
    async with till.db.transaction() as tx:
        await promoting.move(tx, made.id, "paused", by="olga")
    with pytest.raises(PromotionInvalid):
        async with till.db.transaction() as tx:
            await promoting.move(tx, made.id, "live", by="olga")
    await define(till, "cart", "source", default="web")
    async with till.db.transaction() as tx:
        await promoting.move(tx, made.id, "live", by="olga")
    await all_heard(till.db)
    assert await discount(till, await till.cart(shirt=1)) == 190


async def test_past_orders_are_replayed_with_the_fields_that_they_had(till: Till) -> None:
    await define(till, "cart", "source")
    cart = await till.cart(shirt=1)
    await give(till, "cart", cart.id, source="kiosk")
    await till.place(cart)
    await till.place(await till.cart(shirt=1))
    async with till.db.transaction() as tx:
        wish = promotions.SetPromotion(name="K", document=tenth(condition("source", "kiosk")))
        made, _ = await promoting.create(tx, wish, by="olga")
        asked = await promotion_trials.ask_for_simulation(tx, made.id, 30)
    await promotion_trials.simulate(
        till.app, promotion_trials.SimulatePromotion(simulation_id=asked.id)
    )
    async with till.db.reading() as tx:
        done = await promotions.simulation_by_id(tx, asked.id)
    assert done.result is not None
    sums = done.result["currencies"]["EUR"]
    assert (sums["orders"], sums["applied"], sums["given_minor"]) == (2, 1, 100)


async def test_a_cart_pays_a_statement_for_its_own_fields_and_none_for_known_goods(
    till: Till,
) -> None:
    await define(till, "cart", "source")
    await define(till, "product", "season")
    cart = await till.cart(shirt=1)

    async def counted() -> int:
        # The least of some: a late notice makes the rules be read anew.
        found = []
        for _ in range(4):
            with counting_statements() as count:
                await basket(till, cart)
            found.append(count.statements)
        return min(found)

    before = await counted()
    await live(till, tenth(of=condition("season", "autumn")))
    assert await counted() == before
    await live(till, tenth(condition("source", "kiosk")))
    assert await counted() == before + 1
