"""Goods and prices that are for some customers only, and own prices in pages: DOMAIN.md C5, C10."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.hearing import all_heard
from tests.web.checkout.conftest import Counter
from tests.web.checkout.test_offered_prices import a_dealer, a_list, offer
from tests.workflows.window_shop import Shop

from argosy.kernel.ids import encode
from argosy.modules import audiences, pricing
from argosy.modules.audiences import Hides, Restriction, SetAudience
from argosy.modules.pricing import AssignPriceList, SetPrice
from argosy.runtime.db import counting_statements
from argosy.web.kept import Prepared
from argosy.workflows import own_prices as own_prices_of
from argosy.workflows import projecting_large, searching
from argosy.workflows.shop_rules import rules_for

PRIVATE = "private, no-store"


async def settled(shop: Counter) -> None:
    """What the worker does, and notices have reached this process."""
    await Shop(shop.till.db, shop.till.channel).settle()
    await searching.follow(shop.till.app)
    await all_heard(shop.till.db)


async def for_trade(shop: Counter, *names: str, hides: Hides = "goods") -> None:
    """These goods (none: all of the channel) are for dealers."""
    channel = shop.till.channel.id
    async with shop.till.db.transaction() as tx:
        await audiences.set_audience(
            tx, channel, SetAudience(code="trade", name="Trade", groups=("dealers",))
        )
        subjects = [
            Restriction(
                subject_kind="variant",
                subject_id=shop.till.variants[name],
                hides=hides,
                audiences=("trade",),
            )
            for name in names
        ]
        whole = Restriction(
            subject_kind="channel", subject_id=channel, hides=hides, audiences=("trade",)
        )
        await audiences.restrict(tx, channel, subjects or [whole])
    await settled(shop)


async def read(shop: Counter, path: str, token: str | None = None) -> Any:
    answer = await shop.send("GET", path, token=token)
    assert answer.status_code == 200, answer.text
    assert (answer.headers["cache-control"] in {PRIVATE, "no-store"}) is (
        token is not None or path.startswith("/v1/search/")
    )
    return answer.json()


async def slugs(shop: Counter, token: str | None = None) -> set[str]:
    return {item["slug"] for item in (await read(shop, "/v1/products", token))["items"]}


async def add(shop: Counter, name: str, token: str | None = None) -> Any:
    body = {"lines": [{"variant_id": shop.variant(name), "quantity": 1}]}
    return await shop.send("POST", "/v1/carts", body, token=token)


@pytest.mark.parametrize("large", [500, 0])
async def test_goods_for_dealers_are_shown_and_sold_to_dealers_only(
    shop: Counter, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(projecting_large, "LARGE", large)
    await for_trade(shop, "shirt")
    token, _ = await a_dealer(shop)
    other = await shop.shopper_session("bob@example.com")
    everybody = {"mug", "song", "gift"}
    for _ in range(2):
        # In either order, kept answers included.
        assert await slugs(shop) == everybody
        assert await slugs(shop, token) == everybody | {"shirt"}
        assert await slugs(shop, other) == everybody
    for part in ("", "/variants", "/options", "/reviews"):
        path = f"/v1/products/shirt{part}"
        assert (await shop.send("GET", path)).status_code == 404
        assert (await shop.send("GET", path, token=other)).status_code == 404
        assert (await shop.send("GET", path, token=token)).status_code == 200
    found = {who: await read(shop, "/v1/search?q=shirt", who) for who in (token, other, None)}
    assert [len(one["items"]) for one in found.values()] == [1, 0, 0]
    typed = await read(shop, "/v1/search/suggestions?q=shi", None)
    assert typed == {"completions": [], "products": []}
    seen = f"/v1/availability?variant={shop.variant('shirt')}"
    assert (await shop.send("GET", seen)).json()["items"] == []
    assert len((await shop.send("GET", seen, token=token)).json()["items"]) == 1
    for who in (None, other):
        refused = await add(shop, "shirt", who)
        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (409, "quote.not_purchasable")
        assert problem["lines"][0]["reason"] == "restricted"
        prices = await shop.send("GET", f"/v1/prices?variant={shop.variant('shirt')}", token=who)
        assert prices.json()["items"] == []
    assert (await add(shop, "shirt", token)).status_code == 201


async def test_who_leaves_the_group_cannot_place_what_is_not_for_them(shop: Counter) -> None:
    await for_trade(shop, "shirt")
    token, customer_id = await a_dealer(shop)
    cart = (await add(shop, "shirt", token)).json()
    async with shop.till.db.transaction() as tx:
        await audiences.set_audience(
            tx, shop.till.channel.id, SetAudience(code="trade", name="Trade", groups=("others",))
        )
    await all_heard(shop.till.db)
    assert (await rules_for(shop.till.app, shop.till.channel.id, customer_id)).audience is None
    body = {"expected_total": cart["total"], "payment": {"gateway": "invoice"}}
    refused = await shop.send(
        "POST", f"/v1/carts/{cart['id']}/place", body, token=token, idempotency_key="x"
    )
    assert refused.json()["code"] in {"quote.not_purchasable", "checkout.total_changed"}


async def test_prices_are_told_to_who_is_signed_in(shop: Counter) -> None:
    channel = shop.till.channel.id
    async with shop.till.db.transaction() as tx:
        await audiences.set_audience(tx, channel, SetAudience(code="members", name="Members"))
        await audiences.restrict(
            tx,
            channel,
            [
                Restriction(
                    subject_kind="channel",
                    subject_id=channel,
                    hides="price",
                    audiences=("members",),
                )
            ],
        )
    await settled(shop)
    token = await shop.shopper_session()
    hidden = await read(shop, "/v1/products")
    assert len(hidden["items"]) == 4
    assert {item["price"] for item in hidden["items"]} == {None}
    page = await read(shop, "/v1/products/shirt")
    (variant,) = page["variants"]["items"]
    assert (page["price"], variant["price"], variant["tiers"]) == (None, None, [])
    picker = await read(shop, "/v1/products/shirt/options")
    assert (picker["variants"], picker["buyable"], picker["variant"]["price"]) == (1, 0, None)
    # No price is found by narrowing either.
    narrowed = await read(shop, "/v1/products?price_min=900&price_max=1100")
    assert narrowed["items"] == []
    refused = await add(shop, "shirt")
    assert refused.json()["lines"][0]["reason"] == "restricted"
    for path in ("/p/shirt", "/search?q=shirt"):
        # The shop's own pages are a guest's.
        page_of_guest = await shop.client.get(path)
        assert page_of_guest.status_code == 200
        assert "on request" in page_of_guest.text or "auf Anfrage" in page_of_guest.text
        assert "10.00" not in page_of_guest.text
    told = await read(shop, "/v1/products/shirt", token)
    assert told["price"]["min"]["minor"] == 1000
    assert (await add(shop, "shirt", token)).status_code == 201


async def own_prices(shop: Counter) -> str:
    """A dealer's token; shirts cost dealers 7.00, from three on 6.50."""
    tier = SetPrice(variant_id=shop.till.variants["shirt"], amount_minor=650, min_quantity=3)
    await offer(shop, await a_list(shop, "dealers", 700, tier), "group", subject="dealers")
    token, _ = await a_dealer(shop)
    await settled(shop)
    return token


def price_of(page: dict[str, Any], slug: str = "shirt") -> Any:
    (found,) = [item for item in page["items"] if item["slug"] == slug]
    return found["price"]


async def test_C10_pages_show_a_dealer_the_dealers_price_and_nobody_else(shop: Counter) -> None:
    async with shop.till.db.transaction() as tx:
        await pricing.set_measures(
            tx,
            [
                pricing.Measure(
                    variant_id=shop.till.variants["shirt"],
                    content=Decimal(500),
                    unit="g",
                    base_quantity=Decimal(1),
                    base_unit="kg",
                )
            ],
        )
    token = await own_prices(shop)
    of_shirt = ("/v1/products/shirt", "/v1/products/shirt/variants", "/v1/products/shirt/options")
    paths = ("/v1/products", *of_shirt)
    before = {path: (await shop.send("GET", path)).content for path in paths}
    listed = await read(shop, "/v1/products", token)
    assert price_of(listed)["min"]["minor"] == 700
    assert price_of(listed)["unit_price"]["price"]["minor"] == 1400
    assert price_of(listed, "mug")["min"]["minor"] == 500
    page = await read(shop, "/v1/products/shirt", token)
    (variant,) = page["variants"]["items"]
    assert (page["price"]["max"]["minor"], variant["price"]["minor"]) == (700, 700)
    assert [(t["min_quantity"], t["price"]["minor"]) for t in variant["tiers"]] == [(3, 650)]
    (same,) = (await read(shop, "/v1/products/shirt/variants", token))["items"]
    assert same == variant
    assert (await read(shop, "/v1/products/shirt/options", token))["variant"] == variant
    found = await read(shop, "/v1/search?q=shirt", token)
    assert price_of(found)["min"]["minor"] == 700
    typed = await read(shop, "/v1/search/suggestions?q=shi", token)
    assert typed["products"][0]["price"]["min"]["minor"] == 700
    for path in paths:
        answer = await shop.send("GET", path)
        assert answer.content == before[path]
        assert answer.headers["cache-control"] == "public, no-cache"
        assert answer.headers["vary"] == "X-Publishable-Key, Authorization"


async def test_own_prices_cost_one_statement_a_page(shop: Counter) -> None:
    token = await own_prices(shop)
    of_shirt = ("/v1/products/shirt", "/v1/products/shirt/variants", "/v1/products/shirt/options")
    for path in ("/v1/products", *of_shirt):
        await read(shop, path, token)
        with counting_statements() as count:
            await read(shop, path, token)
        assert count.statements == 1, path


async def test_own_prices_are_read_of_no_more_variants_than_are_shown(
    shop: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As of a product of very many: what its page shows has the customer's price, its range not.
    monkeypatch.setattr(own_prices_of, "LARGE", 0)
    token = await own_prices(shop)
    page = await read(shop, "/v1/products/shirt", token)
    (variant,) = page["variants"]["items"]
    assert (page["price"]["min"]["minor"], variant["price"]["minor"]) == (1000, 700)
    await read(shop, "/v1/products", token)
    with counting_statements() as count:
        listed = await read(shop, "/v1/products", token)
    assert price_of(listed)["min"]["minor"] == 1000
    assert count.statements == 0


async def test_C5_a_price_of_ones_own_shows_no_prior_and_no_former_price(shop: Counter) -> None:
    shirt = shop.till.variants["shirt"]
    await shop.till.price("shirt", 900)
    async with shop.till.db.transaction() as tx:
        await pricing.set_prices(
            tx,
            shop.till.channel.price_list_id,
            [SetPrice(variant_id=shirt, amount_minor=800, compare_at_minor=1200)],
        )
    token = await own_prices(shop)
    (public,) = (await read(shop, "/v1/products/shirt"))["variants"]["items"]
    assert (public["compare_at"]["minor"], public["prior"]["minor"]) == (1200, 1000)
    page = await read(shop, "/v1/products/shirt", token)
    (own,) = page["variants"]["items"]
    assert (own["price"]["minor"], own["compare_at"], own["prior"]) == (700, None, None)
    assert (page["price"]["compare_at"], page["price"]["prior"]) == (None, None)


@pytest.mark.parametrize("hides", ["goods", "price"])
async def test_C10_no_kept_answer_for_everybody_holds_what_is_for_some(
    shop: Counter, hides: Hides
) -> None:
    await for_trade(shop, "mug", hides=hides)
    token = await own_prices(shop)
    paths = (
        "/v1/products",
        "/v1/products/shirt",
        "/v1/products/mug",
        "/v1/products/mug/variants",
        "/v1/products/mug/options",
        "/v1/categories",
        "/v1/search?q=mug",
        f"/v1/prices?variant={shop.variant('mug')}&variant={shop.variant('shirt')}",
    )
    for who in (token, None, token):
        for path in paths:
            await shop.send("GET", path, token=who)
    channel = shop.till.channel.id
    kept = dict(shop.till.app.cache._entries)
    answers = {key: fill.value for key, fill in kept.items() if isinstance(fill.value, Prepared)}
    windows = {key[0] for key in answers if not isinstance(key[0], bytes)}  # type: ignore[index]
    assert channel in windows
    assert len(windows) == 2
    for key, answer in answers.items():
        body = answer.content
        # A dealer's price is in nothing that is kept, in whatever window.
        assert b'"minor":700' not in body
        assert b'"minor":650' not in body
        if key[0] == channel:  # type: ignore[index]
            assert b'"minor":500' not in body
            assert hides == "price" or b'"slug":"mug"' not in body
            assert answer.differs


async def test_a_channel_that_begins_to_differ_forgets_what_it_kept(shop: Counter) -> None:
    await settled(shop)
    await shop.send("GET", "/v1/products")
    plain = await shop.send("GET", "/v1/products", token="whatever")
    assert plain.status_code == 200
    list_id = await a_list(shop, "dealers", 700)
    async with shop.till.db.transaction() as tx:
        given = AssignPriceList(price_list_id=list_id, level="group", subject="dealers")
        await pricing.assign_price_list(tx, given)
    await all_heard(shop.till.db)
    again = await shop.send("GET", "/v1/products", token="whatever")
    assert again.status_code == 401


async def test_audiences_and_restrictions_over_http(shop: Counter) -> None:
    desk = await shop.secret_key("channels:write", "customers:write")
    channel = f"/admin/v1/channels/{encode('channel', shop.till.channel.id)}"
    body = {"name": "Trade", "groups": ["dealers"]}
    unknown = await shop.send("PUT", f"{channel}/audiences/trade", body, token=desk)
    assert unknown.json()["code"] == "customers.group_not_found"
    group = {"code": "dealers", "name": "Dealers"}
    await shop.send("POST", "/admin/v1/customer-groups", group, token=desk)
    made = await shop.send("PUT", f"{channel}/audiences/trade", body, token=desk)
    assert made.json() == {
        "code": "trade", "name": "Trade", "groups": ["dealers"], "priority": 0, "ready": False,
    }  # fmt: skip
    await settled(shop)
    listed = (await shop.send("GET", f"{channel}/audiences", token=desk)).json()
    assert [(one["code"], one["ready"]) for one in listed["items"]] == [("trade", True)]
    one = {"subject": shop.variant("shirt"), "audiences": ["trade"], "hides": "price"}
    path = f"{channel}/restrictions"
    for changed in (1, 0):
        done = await shop.send("POST", path, {"restrictions": [one]}, token=desk)
        assert done.json() == {"changed": changed}
    shown = (await shop.send("GET", path, token=desk)).json()
    assert shown["items"] == [one]
    for bad in (
        one | {"audiences": ["no"]},
        one | {"subject": encode("order", shop.till.channel.id)},
    ):
        wrong = await shop.send("POST", path, {"restrictions": [bad]}, token=desk)
        assert wrong.json()["code"] == "audiences.restriction_invalid"
    lifted = await shop.send("POST", f"{path}/removal", {"subjects": [one["subject"]]}, token=desk)
    assert lifted.json() == {"changed": 1}
    for status in (204, 404):
        ended = await shop.send("DELETE", f"{channel}/audiences/trade", token=desk)
        assert ended.status_code == status
