"""Price lists offered to groups, customers and channels, through the whole shop over HTTP:
DOMAIN.md C1-C4, C9, C10.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.hearing import all_heard
from tests.web.checkout.conftest import BERLIN, Counter

from argosy.kernel.ids import encode
from argosy.modules import customers, pricing
from argosy.modules.pricing import AssignPriceList, CreatePriceList, Level, SetPrice
from argosy.runtime.db import counting_statements
from argosy.workflows.quoting import rules_for


async def a_list(shop: Counter, code: str, minor: int, *more: SetPrice, **settings: Any) -> Any:
    """A list with a price for shirts."""
    shirt = SetPrice(variant_id=shop.till.variants["shirt"], amount_minor=minor)
    async with shop.till.db.transaction() as tx:
        made = await pricing.create_price_list(
            tx, CreatePriceList(code=code, name=code, currency="EUR", **settings)
        )
        await pricing.set_prices(tx, made.id, [shirt, *more])
    return made.id


async def offer(shop: Counter, list_id: Any, level: Level, **more: Any) -> Any:
    async with shop.till.db.transaction() as tx:
        given = AssignPriceList(price_list_id=list_id, level=level, **more)
        made = await pricing.assign_price_list(tx, given)
    await all_heard(shop.till.db)
    return made


async def a_dealer(shop: Counter, email: str = "ann@example.com") -> tuple[str, Any]:
    """A signed-in customer in the group `dealers`: token and id."""
    token = await shop.shopper_session(email)
    async with shop.till.db.transaction() as tx:
        found = await customers.customer_by_email(tx, email)
        assert found is not None
        if not await customers.list_groups(tx, limit=1):
            await customers.create_group(tx, "dealers", "Dealers")
        await customers.add_members(tx, "dealers", [found.id])
    await all_heard(shop.till.db)
    return token, found.id


async def quoted(shop: Counter, token: str | None = None, **units: int) -> dict[str, Any]:
    body = {
        "lines": [{"variant_id": shop.variant(n), "quantity": q} for n, q in units.items()],
        "email": "ann@example.com",
        "shipping_address": BERLIN,
        "shipping_method": "standard",
    }
    answer = await shop.send("POST", "/v1/carts", body, token=token)
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def subtotals(cart: dict[str, Any]) -> list[int]:
    return [line["subtotal"]["minor"] for line in cart["lines"]]


async def test_C10_dealers_pay_their_price_and_nobody_else_sees_it(shop: Counter) -> None:
    await offer(shop, await a_list(shop, "dealers", 700), "group", subject="dealers")
    token, _ = await a_dealer(shop)
    other = await shop.shopper_session("bob@example.com")
    carts = await asyncio.gather(
        quoted(shop, token, shirt=2), quoted(shop, other, shirt=2), quoted(shop, shirt=2)
    )
    assert [subtotals(cart) for cart in carts] == [[1400], [2000], [2000]]
    assert "700" not in str(carts[1]) + str(carts[2])
    path = f"/v1/prices?variant={shop.variant('shirt')}&quantity=2"
    for who, minor, personal in ((token, 700, True), (other, 1000, False), (None, 1000, False)):
        answer = await shop.send("GET", path, token=who)
        assert answer.headers["cache-control"] == "private, no-store"
        (shown,) = answer.json()["items"]
        assert (shown["price"]["minor"], shown["personal"]) == (minor, personal)


async def test_C4_a_dealers_price_is_what_is_placed(shop: Counter) -> None:
    await offer(shop, await a_list(shop, "dealers", 700), "group", subject="dealers")
    token, _ = await a_dealer(shop)
    cart = await quoted(shop, token, shirt=1)
    body = {"expected_total": cart["total"], "payment": {"gateway": "invoice"}}
    path = f"/v1/carts/{cart['id']}/place"
    placed = await shop.send("POST", path, body, token=token, idempotency_key="a")
    assert placed.status_code == 201, placed.text
    assert placed.json()["order"]["total"] == cart["total"]
    assert cart["total"]["minor"] == 700 + 490


async def test_C4_who_leaves_the_group_is_told_of_the_new_total(shop: Counter) -> None:
    await offer(shop, await a_list(shop, "dealers", 700), "group", subject="dealers")
    token, customer_id = await a_dealer(shop)
    cart = await quoted(shop, token, shirt=1)
    async with shop.till.db.transaction() as tx:
        await customers.remove_members(tx, "dealers", [customer_id])
    await all_heard(shop.till.db)
    body = {"expected_total": cart["total"], "payment": {"gateway": "invoice"}}
    path = f"/v1/carts/{cart['id']}/place"
    refused = await shop.send("POST", path, body, token=token, idempotency_key="a")
    assert (refused.status_code, refused.json()["code"]) == (409, "checkout.total_changed")


async def test_C10_buyers_of_one_moment_are_each_charged_their_own_price(shop: Counter) -> None:
    await offer(shop, await a_list(shop, "dealers", 700), "group", subject="dealers")
    token, _ = await a_dealer(shop)
    other = await shop.shopper_session("bob@example.com")
    carts = [await quoted(shop, who, shirt=1) for who in (token, other, token, other)]

    async def place(n: int, who: str) -> int:
        body = {"expected_total": carts[n]["total"], "payment": {"gateway": "invoice"}}
        path = f"/v1/carts/{carts[n]['id']}/place"
        placed = await shop.send("POST", path, body, token=who, idempotency_key=f"k{n}")
        assert placed.status_code == 201, placed.text
        total: int = placed.json()["order"]["total"]["minor"]
        return total

    buyers = enumerate((token, other, token, other))
    totals = await asyncio.gather(*(place(n, who) for n, who in buyers))
    assert totals == [1190, 1490, 1190, 1490]


async def test_C1_contract_goes_before_group_before_channel(shop: Counter) -> None:
    channel = shop.till.channel.id
    token, customer_id = await a_dealer(shop)
    seen = []
    for code, level, subject, minor in (
        ("channel", "channel", "", 950),
        ("dealers", "group", "dealers", 980),
        ("contract", "contract", str(customer_id), 990),
    ):
        made = await a_list(shop, code, minor)
        await offer(shop, made, level, subject=subject, channel_id=channel)  # type: ignore[arg-type]
        seen.append(subtotals(await quoted(shop, token, shirt=1)))
    assert seen == [[950], [980], [990]]
    assert subtotals(await quoted(shop, shirt=1)) == [950]


async def test_C3_units_of_a_mix_group_count_together_in_a_cart(shop: Counter) -> None:
    shirt, mug = shop.till.variants["shirt"], shop.till.variants["mug"]
    made = await a_list(shop, "mixed", 1000, tier_kind="graduated", tier_basis="mix")
    tiers = [
        SetPrice(variant_id=v, amount_minor=a, min_quantity=q, mix_group="all")
        for v, steps in ((shirt, ((1, 1000), (3, 500))), (mug, ((1, 1000), (3, 500))))
        for q, a in steps
    ]
    async with shop.till.db.transaction() as tx:
        await pricing.set_prices(tx, made, tiers)
    await offer(shop, made, "channel", channel_id=shop.till.channel.id)
    assert subtotals(await quoted(shop, shirt=2)) == [2000]
    assert sum(subtotals(await quoted(shop, shirt=2, mug=2))) == 3000


async def test_personal_prices_cost_no_statement_once_they_are_known(shop: Counter) -> None:
    token = await shop.shopper_session()
    await quoted(shop, token, shirt=1)
    with counting_statements() as without:
        await quoted(shop, token, shirt=1)
    await offer(shop, await a_list(shop, "dealers", 700), "group", subject="dealers")
    # The notice of the new offer comes when it comes; then the rules are read once more and kept.
    for _ in range(50):
        await asyncio.sleep(0.02)
        with counting_statements() as with_them:
            await quoted(shop, token, shirt=1)
        if with_them.statements <= 2:
            break
    # The write, and the goods unless they were read within the last second.
    assert without.statements <= 2
    assert with_them.statements <= 2


async def test_rules_of_a_customer_without_own_lists_are_those_of_everybody(shop: Counter) -> None:
    app, channel = shop.till.app, shop.till.channel
    await offer(shop, await a_list(shop, "dealers", 700), "group", subject="dealers")
    _, dealer = await a_dealer(shop)
    await shop.shopper_session("bob@example.com")
    async with shop.till.db.reading() as tx:
        bob = await customers.customer_by_email(tx, "bob@example.com")
    assert bob is not None
    everybody = await rules_for(app, channel.id)
    assert (await rules_for(app, channel.id, bob.id)).shelf == everybody.shelf
    assert (await rules_for(app, channel.id, dealer)).shelf != everybody.shelf


@pytest.mark.parametrize("level", ["group", "channel"])
async def test_C9_a_list_in_another_currency_never_competes(shop: Counter, level: Level) -> None:
    async with shop.till.db.transaction() as tx:
        made = await pricing.create_price_list(
            tx, CreatePriceList(code="usd", name="Dollar", currency="USD")
        )
        shirt = SetPrice(variant_id=shop.till.variants["shirt"], amount_minor=1)
        await pricing.set_prices(tx, made.id, [shirt])
    subject = "dealers" if level == "group" else ""
    channel = None if level == "group" else shop.till.channel.id
    await offer(shop, made.id, level, subject=subject, channel_id=channel)
    token, _ = await a_dealer(shop)
    assert subtotals(await quoted(shop, token, shirt=1)) == [1000]
    key = await shop.secret_key("prices:read")
    path = f"/admin/v1/channels/{encode('channel', shop.till.channel.id)}/price-explanation"
    told = await shop.send("GET", f"{path}?variant_id={shop.variant('shirt')}", token=key)
    assert [(o["price_list"], o["reason"]) for o in told.json()["others"]] == [
        ("usd", "other_currency")
    ]
