"""Pages and answers for customers with a window or prices of their own, and the notice of these."""

from __future__ import annotations

from tests.web.checkout.conftest import Counter
from tests.web.checkout.test_audiences import for_trade, read, settled
from tests.web.checkout.test_offered_prices import a_dealer, a_list, offer, quoted

from argosy.modules import pricing
from argosy.modules.pricing import Policy
from argosy.runtime.db import counting_statements

NOTICE = "This price was made for you."


async def tell(shop: Counter, told: bool = True) -> None:
    async with shop.till.db.transaction() as tx:
        before = await pricing.policy_of(tx, shop.till.channel.id)
        await pricing.set_policy(
            tx,
            shop.till.channel.id,
            Policy(tell_personal=told, hold_minutes=30),
            expected_version=before.version,
        )
    await settled(shop)


async def page(shop: Counter, path: str, token: str | None = None, status: int = 200) -> str:
    cookie = {} if token is None else {"cookie": f"argosy_session={token}"}
    answer = await shop.send("GET", path, **cookie)
    assert answer.status_code == status, answer.text
    return answer.text


async def test_C10_a_member_looks_into_the_window_of_the_audience_and_nobody_else_does(
    shop: Counter,
) -> None:
    await for_trade(shop, "shirt")
    token, _ = await a_dealer(shop)
    other = await shop.shopper_session("bob@example.com")
    for _ in range(2):
        for who in (None, other):
            assert "/p/shirt" not in await page(shop, "/", who)
            assert "/p/shirt" not in await page(shop, "/search?q=shirt", who)
            assert "/p/shirt" not in await page(shop, "/search/suggestions?q=shirt", who)
            await page(shop, "/p/shirt", who, status=404)
        assert "/p/shirt" in await page(shop, "/", token)
        assert "/p/shirt" in await page(shop, "/search?q=shirt", token)
        assert "/p/shirt" in await page(shop, "/search/suggestions?q=shirt", token)
        await page(shop, "/p/shirt", token)
    answer = await shop.send("GET", "/p/shirt", cookie=f"argosy_session={token}")
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


async def test_C10_a_customer_sees_their_own_prices_on_every_page(shop: Counter) -> None:
    await settled(shop)
    await offer(shop, await a_list(shop, "dealers", 700), "group", subject="dealers")
    token, _ = await a_dealer(shop)
    other = await shop.shopper_session("bob@example.com")
    paths = ("/", "/p/shirt", "/search?q=shirt", "/search/suggestions?q=shirt")
    for path in paths:
        for who in (None, other):
            shown = await page(shop, path, who)
            assert "€10.00" in shown, path
            assert "€7.00" not in shown, path
        mine = await page(shop, path, token)
        assert "€7.00" in mine, path
        assert NOTICE not in mine, "a group is put together by people"
    # Who sees what everybody sees is given the kept page: it asks for nothing but who they are.
    await page(shop, "/p/shirt", other)
    with counting_statements() as count:
        await page(shop, "/p/shirt", other)
    assert count.statements <= 1


async def test_prices_made_for_a_person_are_told_so_where_the_channel_wants_it(
    shop: Counter,
) -> None:
    await settled(shop)
    token, ann = await a_dealer(shop)
    await offer(shop, await a_list(shop, "ann", 600), "customer", subject=str(ann))
    other = await shop.shopper_session("bob@example.com")
    before = await read(shop, "/v1/products/shirt", token)
    assert before["price"]["min"]["minor"] == 600
    assert "personalised" not in before["price"]
    assert NOTICE not in await page(shop, "/p/shirt", token)
    await tell(shop)
    told = await read(shop, "/v1/products/shirt", token)
    assert told["price"]["personalised"] is True
    assert told["variants"]["items"][0]["personalised"] is True
    assert "personalised" not in str(await read(shop, "/v1/products/mug", token))
    assert "personalised" not in str(await read(shop, "/v1/products/shirt", other))
    assert "personalised" not in str(await read(shop, "/v1/products/shirt"))
    prices = await read(shop, f"/v1/prices?variant={shop.variant('shirt')}", token)
    assert prices["items"][0]["personalised"] is True
    cart = await quoted(shop, token, shirt=1, mug=1)
    assert [line["personalised"] for line in cart["lines"]] == [True, False]
    assert all(line["price_held_until"] for line in cart["lines"])
    assert not any(line["personalised"] for line in (await quoted(shop, other, shirt=1))["lines"])
    for path in ("/", "/p/shirt", "/search?q=shirt"):
        assert NOTICE in await page(shop, path, token), path
        assert NOTICE not in await page(shop, path, other), path
    cookie = f"argosy_session={token}; argosy_cart_eu={cart['id']}; argosy_pieces_eu=2"
    shown = (await shop.send("GET", "/cart", cookie=cookie)).text
    assert shown.count(NOTICE) == 1
    assert shown.count("This price holds until") == 2
