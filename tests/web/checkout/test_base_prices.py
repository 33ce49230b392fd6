"""Prices per kilogram of what is paid, and former prices in EU channels: DOMAIN.md C6, C7."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.hearing import all_heard
from tests.web.checkout.conftest import BERLIN, Counter

from argosy.modules import channels, pricing
from argosy.modules.channels import CreateChannel
from argosy.modules.pricing import Measure, Policy, SetPrice
from argosy.modules.promotions import SetPromotion
from argosy.workflows import promoting
from argosy.workflows.channel_setup import open_channel


async def measured(shop: Counter, name: str, content: str, drained: str | None = None) -> None:
    measure = Measure(
        variant_id=shop.till.variants[name],
        content=Decimal(content),
        unit="g",
        base_quantity=Decimal(1),
        base_unit="kg",
        drained=None if drained is None else Decimal(drained),
    )
    async with shop.till.db.transaction() as tx:
        await pricing.set_measures(tx, [measure])


async def live(shop: Counter, document: dict[str, Any]) -> None:
    async with shop.till.db.transaction() as tx:
        made, _ = await promoting.create(tx, SetPromotion(name="x", document=document), by="olga")
        await promoting.move(tx, made.id, "live", by="olga")
    await all_heard(shop.till.db)


def per_kilogram(cart: dict[str, Any]) -> list[Any]:
    found = [line["base_price"] for line in cart["lines"]]
    return [None if one is None else (one["price"]["minor"], one["per"]) for one in found]


async def test_C7_the_unit_price_is_of_the_discounted_line(shop: Counter) -> None:
    await measured(shop, "shirt", "400")
    cart = await shop.cart(shirt=2, mug=1)
    # 10.00 for 400 g.
    assert per_kilogram(cart) == [(2500, "1 kg"), None]
    order = {"phase": "order", "action": {"type": "percent", "percent": "10"}}
    await live(shop, order)
    cart = await shop.cart(shirt=3, mug=1)
    # 30.00 less 3.00 for 1.2 kg.
    assert per_kilogram(cart) == [(2250, "1 kg"), None]
    shown = await shop.send("GET", f"/v1/carts/{cart['id']}/quote")
    assert per_kilogram(shown.json()) == per_kilogram(cart)
    body = {
        "lines": [{"variant_id": shop.variant("shirt"), "quantity": 3}],
        "shipping_address": BERLIN,
    }
    idea = await shop.send("POST", "/v1/quotes", body)
    assert per_kilogram(idea.json()) == [(2250, "1 kg")]


async def test_C7_the_drained_weight_counts_where_it_is_defined(shop: Counter) -> None:
    await measured(shop, "shirt", "400", drained="240")
    cart = await shop.cart(shirt=1)
    # 10.00 for 240 g, rounded once.
    assert per_kilogram(cart) == [(4167, "1 kg")]


async def test_C6_compare_at_is_no_free_text_in_carts_of_omnibus_channels(shop: Counter) -> None:
    shirt, channel = shop.till.variants["shirt"], shop.till.channel
    async with shop.till.db.transaction() as tx:
        price = SetPrice(variant_id=shirt, amount_minor=1000, compare_at_minor=5000)
        await pricing.set_prices(tx, channel.price_list_id, [price])
    assert (await shop.cart(shirt=1))["lines"][0]["compare_at"]["minor"] == 5000
    async with shop.till.db.transaction() as tx:
        await pricing.set_policy(tx, channel.id, Policy(was_price="omnibus"), expected_version=0)
    await all_heard(shop.till.db)
    cart = await shop.cart(shirt=1)
    assert cart["lines"][0]["compare_at"] is None
    # D18: a promotion may still leave out what is reduced in the catalogue.
    excluding = {
        "phase": "line",
        "action": {
            "type": "percent",
            "percent": "10",
            "of": {"type": "none", "of": [{"type": "on_sale"}]},
        },
    }
    await live(shop, excluding)
    assert (await shop.cart(shirt=1))["discount_total"]["minor"] == 0


async def test_C6_new_channels_for_consumers_of_the_eu_begin_with_omnibus(shop: Counter) -> None:
    found = {}
    async with shop.till.db.transaction() as tx:
        for code, countries, gross in (
            ("nl", ("NL", "GB"), True),
            ("nl-b2b", ("NL",), False),
            ("us", ("US",), False),
            ("gb", ("GB",), True),
        ):
            wish = CreateChannel(
                code=code,
                name=code,
                currency="EUR",
                countries=countries,
                default_country=countries[0],
                price_list_id=shop.till.channel.price_list_id,
                tax_inclusive=gross,
            )
            made = await open_channel(tx, wish, new_price_list=code)
            found[code] = (await pricing.policy_of(tx, made.id)).was_price
        assert len(await channels.list_channels(tx)) == 5
    assert found == {"nl": "omnibus", "nl-b2b": "free", "us": "free", "gb": "free"}
