"""Contracts from the desk to the cart: C1, C4, C10, C11."""

from __future__ import annotations

from typing import Any

from tests.hearing import all_heard
from tests.web.checkout.conftest import Counter
from tests.web.checkout.test_offered_prices import a_dealer, quoted

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import decode, encode
from argosy.modules import pricing
from argosy.modules.pricing import Cost, SetPrice
from argosy.web.etag import version_tag
from argosy.workflows import contracting


class Desk:
    """Who may write prices, and the worker beside."""

    def __init__(self, shop: Counter, token: str) -> None:
        self.shop = shop
        self.token = token

    async def __call__(self, status: int, method: str, path: str, *body: Any, **more: Any) -> Any:
        answer = await self.shop.send(method, f"/admin/v1{path}", *body, token=self.token, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def refresh(self) -> None:
        while await contracting.sweep(self.shop.till.app):
            pass
        await all_heard(self.shop.till.db)


async def a_desk(shop: Counter) -> Desk:
    return Desk(shop, await shop.secret_key("prices:write", "costs:read"))


def acme(shop: Counter, customer_id: Any, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "code": "acme",
        "name": "Acme 2027",
        "channel_id": encode("channel", shop.till.channel.id),
        "customer_ids": [encode("customer", customer_id)],
        "reference": "AC-17",
        "lines": list(lines) or [{"kind": "off_list", "percent": "12.5", "clause": "4.1"}],
        **more,
    }


async def prices(shop: Counter, token: str | None) -> list[int]:
    """Of a shirt and a mug, as they are at this moment."""
    path = f"/v1/prices?variant={shop.variant('shirt')}&variant={shop.variant('mug')}"
    items = (await shop.send("GET", path, token=token)).json()["items"]
    return [one["price"]["minor"] for one in items]


async def test_C11_a_contract_prices_all_goods_for_its_customer_only(shop: Counter) -> None:
    desk, (token, customer_id) = await a_desk(shop), await a_dealer(shop)
    made = await desk(201, "POST", "/contracts", acme(shop, customer_id))
    assert (made["version"], made["state"], made["refreshed_at"]) == (1, "active", None)
    await desk.refresh()
    assert await prices(shop, token) == [875, 438]
    assert await prices(shop, None) == [1000, 500]
    cart = await quoted(shop, token, shirt=2)
    assert cart["subtotal"]["minor"] == 1750
    shown = (await desk(200, "GET", f"/contracts/{made['id']}/prices"))["items"]
    assert {one["amount_minor"] for one in shown} >= {875, 438}
    path = f"/channels/{made['channel_id']}/price-explanation"
    who = encode("customer", customer_id)
    told = await desk(200, "GET", f"{path}?variant_id={shop.variant('shirt')}&customer_id={who}")
    assert told["level"] == "contract"
    assert {"code": "acme", "reference": "AC-17", "clause": "4.1", "kind": "off_list"}.items() <= (
        told["contract"].items()
    )


async def test_C11_formulas_follow_list_prices_and_costs(shop: Counter) -> None:
    desk, (token, customer_id) = await a_desk(shop), await a_dealer(shop)
    till = shop.till
    lines = (
        {"kind": "over_cost", "percent": "25", "subject": shop.variant("shirt")},
        {"kind": "fixed", "amount_minor": 333, "subject": shop.variant("mug")},
    )
    made = await desk(201, "POST", "/contracts", acme(shop, customer_id, *lines))
    await desk.refresh()
    # Without a cost there is no contract price; the mug's is as agreed.
    assert await prices(shop, token) == [1000, 333]
    cost = Cost(variant_id=till.variants["shirt"], currency="EUR", amount_minor=400)
    async with till.db.transaction() as tx:
        await pricing.set_costs(tx, [cost])
    await desk(202, "POST", f"/contracts/{made['id']}/refresh")
    await desk.refresh()
    # 4.00 is 4.76 with 19 % tax, and a quarter more.
    assert await prices(shop, token) == [595, 333]
    assert "400" not in str(await quoted(shop, token, shirt=1))


async def test_C11_a_step_a_day_and_a_price_by_nobody_by_hand(
    shop: Counter, clock: MovableClock
) -> None:
    desk, (token, customer_id) = await a_desk(shop), await a_dealer(shop)
    await desk(201, "POST", "/contracts", acme(shop, customer_id, max_step_percent="10"))
    await desk.refresh()
    seen = []
    await shop.till.price("shirt", 400)
    for hours in (2, 2, 24, 24):
        clock.advance(hours=hours)
        await desk.refresh()
        seen.append((await prices(shop, token))[0])
    # From 8.75 towards 3.50 by a tenth a day; everybody pays 4.00.
    assert seen == [788, 788, 710, 639]


async def test_C4_who_was_promised_a_price_pays_it(shop: Counter) -> None:
    desk, (token, customer_id) = await a_desk(shop), await a_dealer(shop)
    made = await desk(201, "POST", "/contracts", acme(shop, customer_id))
    await desk.refresh()
    cart = await quoted(shop, token, shirt=1)
    await desk(204, "DELETE", f"/contracts/{made['id']}")
    await all_heard(shop.till.db)
    body = {"expected_total": cart["total"], "payment": {"gateway": "invoice"}}
    path = f"/v1/carts/{cart['id']}/place"
    refused = await shop.send("POST", path, body, token=token, idempotency_key="a")
    assert refused.json()["code"] == "checkout.total_changed"
    assert await prices(shop, token) == [1000, 500]
    ended = await desk(409, "DELETE", f"/contracts/{made['id']}")
    assert ended["code"] == "contracts.ended"


async def test_terms_are_changed_by_version_and_follow_the_clauses(shop: Counter) -> None:
    desk, (token, customer_id) = await a_desk(shop), await a_dealer(shop)
    made = await desk(201, "POST", "/contracts", acme(shop, customer_id))
    await desk.refresh()
    path = f"/contracts/{made['id']}"
    mug = {"kind": "fixed", "amount_minor": 100, "subject": shop.variant("mug")}
    wish = {
        name: value
        for name, value in acme(shop, customer_id, mug).items()
        if name not in {"code", "channel_id"}
    }
    stale = await desk(409, "PUT", path, wish, If_Match=version_tag(7))
    assert stale["code"] == "contracts.changed"
    changed = await desk(200, "PUT", path, wish, If_Match=version_tag(1))
    assert changed["version"] == 2
    await desk.refresh()
    # No clause is about shirts any more.
    assert await prices(shop, token) == [1000, 100]
    other = await shop.shopper_session("bob@example.com")
    bob = (await shop.send("GET", "/v1/customers/me", token=other)).json()["id"]
    await desk(200, "PUT", path, wish | {"customer_ids": [bob]}, If_Match=version_tag(2))
    await all_heard(shop.till.db)
    assert await prices(shop, token) == [1000, 500]
    assert await prices(shop, other) == [1000, 100]


async def test_impossible_contracts_are_refused_over_http(shop: Counter) -> None:
    desk, (_, customer_id) = await a_desk(shop), await a_dealer(shop)
    good = acme(shop, customer_id)
    for change, status, code in (
        ({"customer_ids": [encode("customer", shop.till.channel.id)]}, 404, "customers.not_found"),
        ({"lines": [{"kind": "fixed", "percent": "1"}]}, 422, "contracts.invalid"),
        (
            {"lines": [{"kind": "off_list", "percent": "1", "subject": "ord_x"}]},
            422,
            "contracts.invalid",
        ),
        ({"floor_margin_percent": "100"}, 422, "contracts.invalid"),
    ):
        refused = await desk(status, "POST", "/contracts", good | change)
        assert refused["code"] == code
    await desk(201, "POST", "/contracts", good)
    again = await desk(409, "POST", "/contracts", good)
    assert again["code"] == "contracts.code_taken"
    overlap = await desk(409, "POST", "/contracts", good | {"code": "acme2"})
    assert overlap["code"] == "pricing.assignments_overlap"
    listed = (await desk(200, "GET", "/contracts"))["items"]
    assert [one["code"] for one in listed] == ["acme"]


async def test_prices_of_a_contract_leave_out_what_cannot_be_reckoned(shop: Counter) -> None:
    desk, (token, customer_id) = await a_desk(shop), await a_dealer(shop)
    till = shop.till
    await desk(201, "POST", "/contracts", acme(shop, customer_id))
    await desk.refresh()
    async with till.db.transaction() as tx:
        listed = await pricing.list_prices(
            tx, till.channel.price_list_id, variant_ids=[till.variants["mug"]], limit=9
        )
        await pricing.remove_prices(tx, till.channel.price_list_id, [one.id for one in listed])
    (contract,) = (await desk(200, "GET", "/contracts"))["items"]
    await desk(202, "POST", f"/contracts/{contract['id']}/refresh")
    await desk.refresh()
    rows = (await desk(200, "GET", f"/contracts/{contract['id']}/prices"))["items"]
    mug = next(one for one in rows if one["variant_id"] == shop.variant("mug"))
    assert (mug["amount_minor"], mug["cuts"]) == (None, ["no_list_price"])
    async with till.db.transaction() as tx:
        kept = await pricing.list_prices(
            tx, decode("price_list", contract["price_list_id"]), limit=9
        )
        await pricing.set_prices(
            tx,
            till.channel.price_list_id,
            [SetPrice(variant_id=till.variants["mug"], amount_minor=500)],
        )
    assert till.variants["mug"] not in {one.variant_id for one in kept}
    assert token
