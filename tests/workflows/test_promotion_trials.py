"""Promotions tried: explained, beside the live ones, on open carts, on past orders."""

from __future__ import annotations

from typing import Any

from tests.hearing import all_heard
from tests.workflows.test_promotions import FROM_50, TEN, add, live
from tests.workflows.till import BERLIN, INVOICE, Till

from argosy.kernel.ids import encode
from argosy.modules import promotions
from argosy.modules.promotions import SetPromotion
from argosy.workflows import explaining, promoting
from argosy.workflows import promotion_checks as checks
from argosy.workflows import promotion_trials as trials
from argosy.workflows.explaining import WhatIf
from argosy.workflows.placement import WantedItem
from argosy.workflows.promotion_trials import SimulatePromotion


def line_rule(percent: str, **more: Any) -> dict[str, Any]:
    return {"phase": "line", "action": {"type": "percent", "percent": percent}, **more}


async def test_D17_explain_says_of_every_promotion_what_became_of_it(till: Till) -> None:
    ten, coded = await live(till), await live(till, line_rule("50"), codes=("HALF",))
    fifty = await live(till, line_rule("5") | {"when": FROM_50["when"]})
    cart = await till.cart(shirt=1)
    found = await explaining.quote_of_cart(till.app, till.seller, cart.id, explain=True)
    assert found.explanation is not None
    told = {one.promotion: one for one in found.explanation.verdicts}
    assert told[encode("promotion", ten.id)].outcome == "applied"
    nearly = told[encode("promotion", fifty.id)]
    assert (nearly.code, nearly.missing[0].short) == ("conditions_not_met", 4000)
    assert told[encode("promotion", coded.id)].missing[0].code == "coupon"
    # A shopper learns what would help, not which codes there are.
    shown = {one.promotion for one in explaining.for_shoppers(found.explanation).verdicts}
    assert shown == {encode("promotion", ten.id), encode("promotion", fifty.id)}
    assert found.basket.quote.hash
    assert [step.code for step in found.basket.quote.explanation][-1] == "total"


async def test_a_what_if_quote_equals_the_cart_and_keeps_nothing(till: Till) -> None:
    await live(till, line_rule("50"), codes=("HALF",))
    wish = WhatIf(
        items=(WantedItem(variant_id=till.variants["shirt"], quantity=2),),
        email="ann@example.com",
        shipping_address=BERLIN,
        shipping_method="standard",
        coupons=("half", "nothing"),
        payment_method=INVOICE.gateway,
    )
    before = await till.db.pool.fetchval("select count(*) from cart.cart")
    found = await explaining.quote_of_wish(till.app, till.seller, wish)
    cart = await till.cart(shirt=2)
    shown = await add(till, cart, "HALF")
    assert found.basket.quote.total == shown.quote.total
    assert [one.reason for one in found.basket.coupons] == [None, "unknown"]
    assert await till.db.pool.fetchval("select count(*) from cart.cart") == before + 1


async def test_the_overlap_shows_the_worst_combination_with_its_cart(till: Till) -> None:
    live_one = await live(till, line_rule("40"))
    wish = SetPromotion(name="More", document=line_rule("50"))
    worst = await checks.overlap(till.app, wish, channel_id=till.channel.id)
    assert worst is not None
    found = worst.found
    # 40 % and then 50 % of the rest: 70 % off.
    assert found.percent == 70
    assert set(found.promotions) == {encode("promotion", live_one.id), "new"}
    assert found.lines


async def test_the_kill_switch_is_previewed_on_open_carts(till: Till) -> None:
    made = await live(till, FROM_50)
    small, large = await till.cart(shirt=1), await till.cart(shirt=6)
    looked_at, affected = await trials.affected_carts(till.app, made.id)
    assert looked_at == 2
    (one,) = affected
    assert (one.cart_id, one.discount_minor) == (large.id, 600)
    assert one.without_minor - one.total_minor == 600
    async with till.db.transaction() as tx:
        await promoting.move(tx, made.id, "paused", by="olga")
    await all_heard(till.db)
    assert (await trials.affected_carts(till.app, made.id))[1] == []
    assert (await till.total(small)).minor == 1490


async def test_a_draft_is_replayed_over_past_orders(till: Till) -> None:
    await live(till, line_rule("10"))
    await till.stock("shirt", 100)
    for units in (1, 4, 6):
        await till.place(await till.cart(shirt=units, email=f"b{units}@example.com"))
    draft_document = TEN | {
        "when": {"type": "cart_amount", "gte": {"EUR": 3000}},
        "action": {"type": "percent", "percent": "20"},
        "stop": True,
    }
    async with till.db.transaction() as tx:
        draft, _ = await promoting.create(
            tx, SetPromotion(name="Draft", document=draft_document), by="olga"
        )
        asked = await trials.ask_for_simulation(tx, draft.id, 30)
    await trials.simulate(till.app, SimulatePromotion(simulation_id=asked.id))
    await trials.simulate(till.app, SimulatePromotion(simulation_id=asked.id))
    async with till.db.reading() as tx:
        done = await promotions.simulation_by_id(tx, asked.id)
    assert done.state == "done"
    assert done.result is not None
    assert done.result["orders"] == 3
    euros = done.result["currencies"]["EUR"]
    assert (euros["orders"], euros["applied"], euros["winners"], euros["losers"]) == (3, 2, 2, 0)
    # 36.00 and 54.00 after the live 10 %, of which the draft takes a fifth.
    assert euros["given_minor"] == 720 + 1080
    assert euros["charged_minor"] == euros["without_minor"]
    assert euros["without_minor"] - euros["with_minor"] == 1800
    assert [one["saves_minor"] for one in euros["top_winners"]] == [1080, 720]
    assert euros["top_losers"] == []
    # The draft changed nothing for shoppers.
    assert (await till.total(await till.cart(shirt=6))).minor == 5400 + 490
