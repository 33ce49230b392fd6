"""Codes on carts over HTTP, and what orders show of the promotions they were given."""

from __future__ import annotations

from typing import Any

from tests.hearing import all_heard
from tests.web.back_office.conftest import at_desk
from tests.web.checkout.conftest import BERLIN, Counter
from tests.web.identity.making import Shop

from argosy.kernel.ids import decode, encode
from argosy.modules import pricing, promotions
from argosy.modules.promotions import Limits, SetCoupon, SetPromotion
from argosy.workflows import promoting
from argosy.workflows import promotion_trials as trials
from argosy.workflows.promotion_trials import SimulatePromotion

TEN = {
    "phase": "order",
    "reason": "10 % off",
    "when": {"type": "cart_amount", "gte": {"EUR": 2000}},
    "action": {"type": "percent", "percent": "10"},
}


async def live(shop: Counter, code: str) -> str:
    wish = SetPromotion(name="Ten", document=TEN, needs_coupon=True, limits=Limits(uses=1))
    async with shop.till.db.transaction() as tx:
        made, _ = await promoting.create(tx, wish, by="olga")
        await promotions.add_coupon(tx, made.id, SetCoupon(code=code))
        await promoting.move(tx, made.id, "live", by="olga")
    await all_heard(shop.till.db)
    return code


async def test_a_code_is_used_shown_placed_and_kept_with_the_order(shop: Counter) -> None:
    code = await live(shop, "Autumn")
    cart = await shop.cart(shirt=1)
    path = f"/v1/carts/{cart['id']}"
    refused = await shop.send("POST", f"{path}/coupons", {"code": code})
    assert refused.status_code == 422
    problem = refused.json()
    assert (problem["code"], problem["reason"]) == (
        "promotions.coupon_refused",
        "conditions_not_met",
    )
    assert problem["missing"][0]["short"] == 1000
    line = cart["lines"][0]["id"]
    await shop.send("PATCH", f"{path}/lines/{line}", {"quantity": 3})
    added = await shop.send("POST", f"{path}/coupons", {"code": " AUTUMN "})
    assert added.status_code == 201, added.text
    shown: dict[str, Any] = added.json()
    assert shown["discount_total"]["minor"] == 300
    assert shown["coupons"] == [
        {"code": "Autumn", "applied": True, "name": "Ten", "reason": None, "missing": []}
    ]
    (discount,) = shown["discounts"]
    assert (discount["reason"], discount["amount"]["minor"]) == ("10 % off", 300)
    placed = await shop.send(
        "POST",
        f"{path}/place",
        {"expected_total": shown["total"], "payment": {"gateway": "invoice"}},
        idempotency_key="one",
    )
    assert placed.status_code == 201, placed.text
    order = placed.json()["order"]
    found = await shop.send("GET", f"/v1/orders/{order['id']}", X_Order_Token=order["token"])
    (kept,) = found.json()["discounts"]
    assert kept["promotion_id"] == discount["promotion_id"]
    assert (kept["version"], kept["coupons"], kept["amount"]["minor"]) == (2, ["autumn"], 300)
    (of_line,) = kept["lines"]
    assert of_line["line_id"] == found.json()["lines"][0]["id"]
    assert sum(count * each for count, each in of_line["units"]) == 300
    # It was for one order.
    await all_heard(shop.till.db)
    other = await shop.cart(shirt=3)
    gone = await shop.send("POST", f"/v1/carts/{other['id']}/coupons", {"code": code})
    assert gone.json()["reason"] == "used_up"


async def test_a_code_is_taken_out_again(shop: Counter) -> None:
    code = await live(shop, "WINTER")
    cart = await shop.cart(shirt=2)
    path = f"/v1/carts/{cart['id']}"
    await shop.send("POST", f"{path}/coupons", {"code": code})
    removed = await shop.send("DELETE", f"{path}/coupons/winter")
    assert removed.status_code == 200
    assert (removed.json()["coupons"], removed.json()["discounts"]) == ([], [])
    missing = await shop.send("DELETE", f"{path}/coupons/winter")
    assert (missing.status_code, missing.json()["code"]) == (404, "cart.coupon_not_found")


async def test_a_quote_explains_itself_and_one_without_a_cart_costs_the_same(shop: Counter) -> None:
    code = await live(shop, "SPRING")
    cart = await shop.cart(shirt=1)
    plain = await shop.send("GET", f"/v1/carts/{cart['id']}/quote")
    assert plain.status_code == 200, plain.text
    assert plain.json()["explanation"] is None
    assert plain.json()["total"] == cart["total"]
    told = await shop.send("GET", f"/v1/carts/{cart['id']}/quote?explain=true")
    explained = told.json()["explanation"]
    assert explained["steps"][-1]["code"] == "total"
    assert explained["promotions"] == []
    body = {
        "lines": [{"variant_id": shop.variant("shirt"), "quantity": 2}],
        "shipping_address": BERLIN,
        "shipping_method": "standard",
        "coupons": [code, "what"],
    }
    idea = await shop.send("POST", "/v1/quotes?explain=true", body)
    assert idea.status_code == 200, idea.text
    assert idea.json()["discount_total"]["minor"] == 200
    assert [one["reason"] for one in idea.json()["coupons"]] == [None, "unknown"]
    (verdict,) = idea.json()["explanation"]["promotions"]
    assert (verdict["outcome"], verdict["coupons"]) == ("applied", ["spring"])
    support = await shop.secret_key("orders:read")
    seen = await shop.send("GET", f"/admin/v1/carts/{cart['id']}/quote", token=support)
    (hidden,) = seen.json()["explanation"]["promotions"]
    assert (hidden["outcome"], hidden["missing"][0]["code"]) == ("rejected", "coupon")
    # On its page in words, in the language of who reads.
    staffed = await at_desk(Shop(shop.till.app, shop.client, shop.till.channel, ""), "support")
    page = f"/admin/promotions/explain?cart={cart['id']}"
    for language, texts in {
        "en": ("Not given", "Lacking: Coupon code, Worth of the cart (€10.00 more)", "The total"),
        "de": (
            "Nicht gewährt",
            "Es fehlt: Gutscheincode, Wert des Warenkorbs (noch 10,00\xa0€)",
            "Die Summe",
        ),
    }.items():
        seen = (await staffed.get(page, accept_language=language)).text
        for text in texts:
            assert text in seen, text
        assert ">conditions not met<" not in seen
    lost = await staffed.get(page.replace(cart["id"][5:], "0" * 26), accept_language="de")
    assert "Das gibt es nicht oder nicht mehr." in lost.text
    assert '<span lang="en">There is no such cart.</span>' in lost.text


async def test_promotions_are_tried_over_http(shop: Counter) -> None:
    await live(shop, "SUMMER")
    desk = await shop.secret_key("promotions:write")
    found = await shop.send("GET", "/admin/v1/promotions", token=desk)
    (one,) = found.json()["items"]
    path = f"/admin/v1/promotions/{one['id']}"
    carts = await shop.send("GET", f"{path}/affected-carts", token=desk)
    assert carts.json() == {"looked_at": 0, "items": [], "next_cursor": None}
    line = {"phase": "line", "action": {"type": "percent", "percent": "30"}}
    asked = {
        "promotion": {"name": "Thirty", "document": line},
        "channel_id": encode("channel", shop.till.channel.id),
    }
    judged = await shop.send("POST", "/admin/v1/promotion-checks", asked, token=desk)
    assert judged.status_code == 200, judged.text
    assert judged.json()["problems"] == []
    overlap = judged.json()["overlap"]
    # 30 % of the line, then 10 % of the rest with the code.
    assert (overlap["percent"], overlap["coupons"]) == (37, True)
    begun = await shop.send("POST", f"{path}/simulations", {"days": 7}, token=desk)
    assert begun.status_code == 202, begun.text
    shown = await shop.send(
        "GET", f"/admin/v1/promotion-simulations/{begun.json()['id']}", token=desk
    )
    assert (shown.json()["state"], shown.json()["days"]) == ("running", 7)


async def test_margins_are_for_who_may_read_costs(shop: Counter) -> None:
    till = shop.till
    every = [
        pricing.Cost(variant_id=till.variants[name], currency="EUR", amount_minor=637)
        for name in ("shirt", "mug", "song")
    ]
    async with till.db.transaction() as tx:
        await pricing.set_costs(tx, every)
    await shop.place(await shop.cart(shirt=1), "one")
    line = {"phase": "line", "action": {"type": "percent", "percent": "30"}}
    asked = {
        "promotion": {"name": "Thirty", "document": line},
        "channel_id": encode("channel", till.channel.id),
    }
    desk = await shop.secret_key("promotions:write")
    finance = await shop.secret_key("promotions:write", "costs:read")
    made = await shop.send("POST", "/admin/v1/promotions", asked["promotion"], token=desk)
    assert made.status_code == 201, made.text
    assert {one["code"] for one in made.json()["warnings"]} == {"below_cost"}
    path = f"/admin/v1/promotions/{made.json()['id']}/simulations"
    begun = await shop.send("POST", path, {"days": 7}, token=desk)
    job = SimulatePromotion(simulation_id=decode("simulation", begun.json()["id"]))
    await trials.simulate(till.app, job)
    told = {}
    for token in (desk, finance):
        judged = await shop.send("POST", "/admin/v1/promotion-checks", asked, token=token)
        path = f"/admin/v1/promotion-simulations/{begun.json()['id']}"
        done = await shop.send("GET", path, token=token)
        told[token] = (judged.json()["overlap"]["margin"], done.json()["result"]["currencies"])
    assert told[desk][0] is None
    assert not [name for name in told[desk][1]["EUR"] if "margin" in name or "cost" in name]
    assert told[finance][0]["minor"] < 0
    # 10.00 and 7.00 are 8.40 and 5.88 without tax.
    sums = told[finance][1]["EUR"]
    assert (sums["margin_without_minor"], sums["margin_with_minor"]) == (203, -49)


async def test_D9_a_gift_is_shown_apart_and_can_be_declined(shop: Counter) -> None:
    document = {
        "phase": "line",
        "reason": "A mug on the house",
        "action": {"type": "gift", "variant": shop.variant("mug")},
    }
    async with shop.till.db.transaction() as tx:
        made, _ = await promoting.create(tx, SetPromotion(name="Mug", document=document), by="olga")
        await promoting.move(tx, made.id, "live", by="olga")
    await all_heard(shop.till.db)
    cart = await shop.cart(shirt=1)
    (gift,) = cart["gifts"]
    assert (gift["sku"], gift["quantity"], gift["worth"]["minor"]) == ("MUG", 1, 500)
    assert [line["sku"] for line in cart["lines"]] == ["SHIRT"]
    assert cart["total"]["minor"] == 1490
    path = f"/v1/carts/{cart['id']}/gifts/{shop.variant('mug')}"
    without = await shop.send("PUT", path, {"wanted": False})
    assert (without.status_code, without.json()["gifts"]) == (200, [])
    again = await shop.send("PUT", path, {"wanted": True})
    assert len(again.json()["gifts"]) == 1
    placed = await shop.place(again.json(), "gift")
    order = placed.json()["order"]
    found = await shop.send("GET", f"/v1/orders/{order['id']}", X_Order_Token=order["token"])
    assert [line["sku"] for line in found.json()["lines"]] == ["SHIRT", "MUG"]
    (kept,) = found.json()["discounts"]
    assert (kept["reason"], kept["amount"]["minor"]) == ("A mug on the house", 500)
