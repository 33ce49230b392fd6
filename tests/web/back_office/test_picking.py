"""Fields of forms offer products, variants, categories, collections and customers by name."""

from __future__ import annotations

import re

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import fill, led
from tests.web.back_office.test_products import a_product
from tests.web.identity.making import PASSWORD, Shop


async def test_things_are_offered_by_name_to_who_may_see_them(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    hoodie = await a_product(desk, "Ridge <Hoodie>", "RIDGE-1")
    await a_product(desk, "Cap", "ridge-2")
    led(await desk.post("/admin/categories/new", {"name": "Ridge wear", "slug": "wear"}))
    led(await fill(desk, "/admin/collections/new", title="Autumn on the ridge"))
    for name in ("Ridley Ann", "ridge Bob"):
        body = {"email": f"{name[-3:].lower()}@example.com", "password": PASSWORD, "name": name}
        await shop.send("POST", "/v1/customers", body)

    async def offered(of: str, words: str) -> list[tuple[str, str]]:
        page = await desk.get(f"/admin/pick/{of}?q={words}", hx_request="true")
        assert page.status_code == 200, page.text
        assert "<html" not in page.text
        return re.findall(r'data-value="([^"]*)"[^>]*><span>(.*?)</span>', page.text)

    product = hoodie.rpartition("/")[2]
    assert await offered("product/id", "RIDGE h") == []
    assert await offered("product/id", "ridge <h") == [(product, "Ridge &lt;Hoodie&gt;")]
    by_sku = await offered("variant/sku", "ridge-")
    assert by_sku == [("RIDGE-1", "Ridge &lt;Hoodie&gt;"), ("ridge-2", "Cap")]
    by_title = await offered("variant/sku", "cap")
    assert by_title == [("ridge-2", "Cap")]
    assert (await offered("variant/id", "ridge-2"))[0][0].startswith("var_")
    assert await offered("category/line", "ridge") == [("wear", "Ridge wear")]
    targets = await offered("target/path", "ridge")
    assert targets[0][0] == "/c/wear"
    assert targets[1][0].startswith("/p/")
    assert [name for _, name in await offered("collection/slug", "ridge")] == [
        "Autumn on the ridge"
    ]
    assert await offered("customer/email", "RIDGE") == [("bob@example.com", "ridge Bob")]
    assert await offered("customer/email", "rid") == [
        ("bob@example.com", "ridge Bob"),
        ("ann@example.com", "Ridley Ann"),
    ]
    assert await offered("customer/email", "ann@example.com") == [("ann@example.com", "Ridley Ann")]
    assert await offered("product/id", "") == await offered("product/id", "%25") == []
    assert "Nothing begins so." in (await desk.get("/admin/pick/product/id?q=zzz")).text
    for wrong in ("product/path", "order/id"):
        assert (await desk.get(f"/admin/pick/{wrong}?q=r")).status_code == 404
    clerk = await at_desk(shop, "catalogue", email="kim@example.com")
    assert (await clerk.get("/admin/pick/product/id?q=r")).status_code == 200
    assert (await clerk.get("/admin/pick/customer/email?q=r")).status_code == 403


async def test_every_form_that_takes_such_a_thing_offers_it(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    product = await a_product(desk, "Ridge Hoodie", "RIDGE-1")
    collection = led(await fill(desk, "/admin/collections/new", title="Autumn"))
    group = led(await fill(desk, "/admin/customer-groups/new", code="vip", name="VIP"))
    for path, picks in (
        ("/admin/redirects/new", {"target/path"}),
        ("/admin/stock/transfers/new", {"variant/sku"}),
        ("/admin/stock", {"variant/sku"}),
        ("/admin/taxes/trial", {"variant/sku"}),
        (f"{product}/related", {"product/slug"}),
        (collection, {"product/slug"}),
        (group, {"customer/email"}),
    ):
        page = await desk.get(path)
        assert page.status_code == 200, (path, page.text)
        assert set(re.findall(r'data-pick="([^"]+)"', page.text)) == picks, path
