"""Promotions of collections, put together by hand and by rules: what carts in a channel get."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from tests.hearing import all_heard
from tests.workflows.test_promotions import basket, live
from tests.workflows.till import Till
from tests.workflows.window_shop import Shop

from argosy.kernel.ids import encode
from argosy.modules.collections import Collection, NewCollection, Rules
from argosy.workflows import collecting


def half_off(*ids: str) -> dict[str, Any]:
    selector = {"type": "collections", "ids": list(ids)}
    return {"phase": "line", "action": {"type": "percent", "percent": "50", "of": selector}}


async def settled(till: Till) -> None:
    shop = Shop(till.db, till.channel)
    shop.app = till.app
    await shop.settle()
    while await collecting.look_through(till.app):
        await shop.settle()
    await shop.settle()
    await all_heard(till.db)


async def make(till: Till, slug: str, *conditions: dict[str, Any]) -> Collection:
    rules = msgspec.convert({"conditions": list(conditions)}, Rules) if conditions else None
    async with till.db.transaction() as tx:
        return await collecting.create_collection(
            tx, NewCollection(slug=slug, title=slug, rules=rules, channels=(till.channel.id,))
        )


async def product_of(till: Till, name: str) -> UUID:
    found: UUID = await till.db.pool.fetchval(
        "select product_id from catalog.variant where id = $1", till.variants[name]
    )
    return found


async def discounts(till: Till) -> dict[str, int]:
    cart = await till.cart(shirt=1, mug=1)
    quote = (await basket(till, cart)).quote
    return {line.sku: line.discount.minor for line in quote.lines}


async def test_a_collection_by_hand_is_promoted_by_slug_and_by_id(till: Till) -> None:
    made, mug = await make(till, "autumn"), await product_of(till, "mug")
    async with till.db.transaction() as tx:
        await collecting.set_members(tx, made.id, [mug])
    await settled(till)
    await live(till, half_off("autumn"))
    assert await discounts(till) == {"SHIRT": 0, "MUG": 250}
    await live(till, half_off(encode("collection", made.id)))
    # Half, and half of the rest.
    assert await discounts(till) == {"SHIRT": 0, "MUG": 375}


async def test_a_collection_by_rules_is_promoted_as_the_channel_shows_it(till: Till) -> None:
    await make(till, "cheap", {"field": "price", "currency": "EUR", "max": 700})
    await settled(till)
    await live(till, half_off("cheap"))
    assert await discounts(till) == {"SHIRT": 0, "MUG": 250}
