"""Brands and related products over HTTP."""

from __future__ import annotations

import pytest
from tests.hearing import all_heard
from tests.web.catalog.test_catalog_api import problem
from tests.web.identity.making import Shop
from tests.workflows.window_shop import Shop as Window
from tests.workflows.window_shop import open_shop

from argosy.kernel.ids import encode, new_id
from argosy.modules import staff
from argosy.workflows.branding import find_brands


@pytest.fixture
async def window(shop: Shop) -> Window:
    """What fills the channel, which has a price list and a location, and whose key is used."""
    window = await open_shop(shop.app.db, "window")
    async with shop.app.db.transaction() as tx:
        key = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="window", channel_id=window.channel.id
        )
    shop.channel, shop.key = window.channel, key.token
    return window


async def test_brands_are_listed_described_and_lead_on(
    shop: Shop, key: str, window: Window
) -> None:
    for slug, brand in (("tee", "Luma"), ("cap", "Ridge"), ("sock", "luma")):
        await window.add(slug, brand=brand)
    await window.settle()
    await find_brands(shop.app.db)
    first = (await shop.send("GET", "/v1/brands?limit=1")).json()
    luma = first["items"][0]
    assert (luma["name"], luma["product_count"], luma["path"]) == ("Luma", 2, "/brands/luma")
    products = (await shop.send("GET", luma["products"])).json()
    assert {card["slug"] for card in products["items"]} == {"tee", "sock"}
    rest = (await shop.send("GET", f"/v1/brands?limit=1&cursor={first['next_cursor']}")).json()
    assert [b["name"] for b in rest["items"]] == ["Ridge"]
    assert rest["next_cursor"] is None
    path = f"/admin/v1/brands/{luma['id']}"
    body = {"slug": "luma-sports", "description": "<b>Warm</b><script>x</script>"}
    changed = await shop.send("PATCH", path, body, token=key, if_match='"v1"')
    assert changed.status_code == 200, changed.text
    assert changed.json()["description"] == "<b>Warm</b>"
    moved = await shop.send("GET", "/v1/brands/luma")
    assert (moved.status_code, moved.headers["location"]) == (301, "/v1/brands/luma-sports")
    now = (await shop.send("GET", "/v1/brands/luma-sports")).json()
    assert (now["description"], now["product_count"]) == ("<b>Warm</b>", 2)
    other = await shop.send("PATCH", path, {"name": "Lumina"}, token=key)
    problem(other, 422, "brands.name_differs")
    stale = await shop.send("PATCH", path, {"slug": "x"}, token=key, if_match='"v1"')
    problem(stale, 409, "brands.version_conflict")
    listed = (await shop.send("GET", "/admin/v1/brands", token=key)).json()["items"]
    assert [b["key"] for b in listed] == ["luma", "ridge"]
    ridge = listed[1]["id"]
    gone = await shop.send("DELETE", f"{path}?moved_to={ridge}", token=key)
    assert gone.status_code == 204, gone.text
    there = await shop.send("GET", "/v1/resolve?path=/brands/luma")
    assert there.json()["path"] == "/brands/ridge"
    problem(await shop.send("GET", path, token=key), 404, "brands.not_found")


async def test_a_brand_is_made_before_its_products(shop: Shop, key: str) -> None:
    body = {"name": "Ridge & Co", "description": "<i>x</i><script>y</script>"}
    made = await shop.send("POST", "/admin/v1/brands", body, token=key)
    assert made.status_code == 201, made.text
    assert (made.json()["slug"], made.json()["description"]) == ("ridge-co", "<i>x</i>")
    again = await shop.send("POST", "/admin/v1/brands", {"name": "RIDGE  & co"}, token=key)
    problem(again, 409, "brands.exists")
    taken = {"name": "Ridge", "slug": "ridge-co"}
    refused = await shop.send("POST", "/admin/v1/brands", taken, token=key)
    problem(refused, 409, "brands.slug_taken")
    path = f"/admin/v1/brands/{made.json()['id']}"
    for slug in ("what?", "a#b", "a\\b"):
        wrong = {"name": "Other", "slug": slug}
        problem(
            await shop.send("POST", "/admin/v1/brands", wrong, token=key), 422, "request.invalid"
        )
        moved = await shop.send("PATCH", path, {"slug": slug}, token=key, if_match="*")
        problem(moved, 422, "request.invalid")
    listed = (await shop.send("GET", "/admin/v1/brands", token=key)).json()["items"]
    assert [b["name"] for b in listed] == ["Ridge & Co"]


async def test_what_is_beside_a_product(shop: Shop, key: str, window: Window) -> None:
    ids = {s: encode("product", (await window.add(s))[""]) for s in ("tee", "cap", "sock")}
    await window.settle()
    path = f"/admin/v1/products/{ids['tee']}/related/accessory"
    empty = (await shop.send("GET", "/v1/products/tee/related")).json()
    assert empty == {"cross_sell": [], "up_sell": [], "accessory": [], "replacement": []}
    body = {"product_ids": [ids["sock"], ids["cap"]], "both_ways": True}
    put = await shop.send("PUT", path, body, token=key)
    assert put.json()["accessory"] == [ids["sock"], ids["cap"]], put.text
    seen = await shop.send("GET", f"/admin/v1/products/{ids['cap']}/related", token=key)
    assert seen.json()["accessory"] == [ids["tee"]]

    async def beside(slug: str) -> list[str]:
        answer = await shop.send("GET", f"/v1/products/{slug}/related")
        assert answer.status_code == 200, answer.text
        return [card["slug"] for card in answer.json()["accessory"]]

    await all_heard(shop.app.db)
    assert await beside("tee") == ["sock", "cap"]
    assert await beside("cap") == ["tee"]
    problem(await shop.send("GET", "/v1/products/x/related"), 404, "projections.product_not_found")
    itself = {"product_ids": [ids["tee"]]}
    problem(await shop.send("PUT", path, itself, token=key), 422, "relations.invalid")
    nobody = {"product_ids": [encode("product", new_id())]}
    problem(await shop.send("PUT", path, nobody, token=key), 404, "catalog.product_not_found")
    trail = (await shop.send("GET", "/admin/v1/audit", token=key)).json()["items"]
    assert [e["action"] for e in trail].count("product.related") == 1
