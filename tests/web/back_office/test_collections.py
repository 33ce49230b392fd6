"""Collections, brands and what stands beside products, in the back office."""

from __future__ import annotations

import re

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import fill, form_of, led, noted, send
from tests.web.back_office.test_products import a_product
from tests.web.identity.making import Shop

from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, channels, pricing
from argosy.modules.catalog import PublicationInput
from argosy.modules.channels import UpdateChannel
from argosy.runtime.db import begin_counting
from argosy.workflows import typed_products


async def shown(shop: Shop, path: str, minor: int) -> None:
    """The product has a price in the channel's list, and is shown in the channel."""
    product = decode("product", path.rpartition("/")[2])
    async with shop.app.db.transaction() as tx:
        lists = await pricing.list_price_lists(tx, limit=1)
        if not lists:
            new = pricing.CreatePriceList(
                code="retail", name="Retail", currency=shop.channel.currency
            )
            made = await pricing.create_price_list(tx, new)
            change = UpdateChannel(price_list_id=made.id)
            version = shop.channel.version
            shop.channel = await channels.update_channel(
                tx, shop.channel, change, expected_version=version
            )
        await typed_products.update_product(tx, product, catalog.ProductInput(status="active"))
        entry = PublicationInput(channel_id=shop.channel.id, publish_from=tx.now)
        await typed_products.publish_product(tx, product, [entry])
        for variant in await catalog.variants_of_products(tx, [product]):
            price = pricing.SetPrice(variant_id=variant.id, amount_minor=minor)
            await pricing.set_prices(tx, shop.channel.price_list_id, [price])


async def test_rules_are_built_tried_saved_and_merged_when_two_change_them(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    assert "No collections yet" in (await desk.get("/admin/collections")).text
    for title, sku, minor in (("Ridge Hoodie", "RH", 5200), ("Warm Jacket", "WJ", 9900)):
        await shown(shop, await a_product(desk, title, sku), minor)
    path = "/admin/collections/new"
    page = await fill(desk, path, "put rules", title="Cheap")
    page = await send(
        desk, page, path, "append rules.conditions", **{"new@rules.conditions": "field=price"}
    )
    form = form_of(page)
    currency = shop.channel.currency
    assert form["rules.conditions[0].currency"] == currency
    built = {"rules.conditions[0].max": "60.00"}
    looked = await send(desk, page, path, "preview", **built)
    assert "Ridge Hoodie" in looked.text
    assert "Warm Jacket" not in looked.text
    assert "Of 2 of 2 products" in looked.text
    wrong = await send(desk, looked, path, **{"rules.conditions[0].max": "6o"})
    assert wrong.status_code == 422
    assert 'id="e-rules.conditions[0].max"' in wrong.text
    assert 'value="6o"' in wrong.text
    empty = await send(desk, looked, path, title="")
    assert 'id="e-title"' in empty.text
    where = [encode("channel", shop.channel.id)]
    one = led(await send(desk, looked, path, channels=where, **built))
    # The same form again makes no second one: its key is known.
    assert led(await send(desk, looked, path, channels=where, **built)) == one
    first, second = await desk.get(one), await desk.get(one)
    assert 'value="60.00"' in first.text
    assert led(await send(desk, first, one, title="Cheap things", position="3")) == one
    late = await send(desk, second, one, title="Bargains", sort="newest")
    assert late.status_code == 409
    assert "choose.title" in late.text
    assert form_of(late)["position"] == ["3"]
    assert led(await send(desk, late, one, **{"choose.title": "theirs"})) == one
    final = form_of(await desk.get(one))
    assert (final["title"], final["sort"], final["position"]) == (["Cheap things"], "newest", ["3"])
    subject = one.rpartition("/")[2]
    assert await noted(shop, subject) == ["collection.changed"] * 2 + ["collection.created"]
    counted = begin_counting()
    before = len(counted.names)
    assert "Cheap things" in (await desk.get("/admin/collections")).text
    assert len(counted.names) - before <= 2, counted.names[before:]
    assert "Cheap things" in (await desk.get("/admin/collections.csv")).text
    reader = await at_desk(shop, "read_only", email="rea@example.com")
    seen = await reader.get(one)
    assert "Cheap things" in seen.text
    assert "data-guard" not in seen.text
    assert (await reader.post(one, {"act": "save"})).status_code == 403
    gone = await desk.post(f"{one}/delete", {"version": "9999", "sure": "yes"})
    assert "bad" in (await desk.get(led(gone))).text
    version = re.search(r'name="version" value="(\d+)"', (await desk.get(f"{one}/delete")).text)
    assert version is not None
    assert led(await desk.post(f"{one}/delete", {"version": version[1]})) == "/admin/collections"
    assert (await desk.get(one)).status_code == 404


async def test_products_are_put_in_by_hand_ordered_and_stand_beside_others(shop: Shop) -> None:
    desk = await at_desk(shop, "catalogue")
    products = [
        await a_product(desk, title, sku)
        for title, sku in (("Hat", "HAT-1"), ("Scarf", "SCARF-1"), ("Gloves", "GLOVES-1"))
    ]
    one = led(await fill(desk, "/admin/collections/new", title="Winter"))
    ids = [path.rpartition("/")[2] for path in products]
    typed = f"HAT-1\nscarf, {ids[2]}"
    led(await desk.post(f"{one}/members", {"act": "add", "products": typed}))

    async def order() -> list[str]:
        text = (await desk.get(one)).text
        return re.findall(r'href="/admin/products/(prd_\w+)"', text)

    assert await order() == ids
    led(await desk.post(f"{one}/members", {"act": f"up {ids[2]}"}))
    led(await desk.post(f"{one}/members", {"act": f"remove {ids[0]}"}))
    assert await order() == [ids[2], ids[1]]
    led(await desk.post(f"{one}/members", {"act": "add", "products": "NOTHING"}))
    assert "NOTHING" in (await desk.get(one)).text
    # Beside a product, both ways.
    beside = f"{products[0]}/related"
    assert beside in (await desk.get(products[0])).text
    sent = {"act": "cross_sell add", "products": "scarf\nGLOVES-1", "both_ways": "yes"}
    led(await desk.post(beside, sent))
    page = (await desk.get(beside)).text
    assert re.findall(r'<a href="/admin/products/(prd_\w+)"', page)[-2:] == ids[1:]
    assert ids[0] in (await desk.get(f"{products[1]}/related")).text
    led(await desk.post(beside, {"act": f"cross_sell remove {ids[1]}"}))
    assert ids[1] not in (await desk.get(beside)).text
    assert (await desk.post(beside, {"act": "nonsense add", "products": ""})).status_code == 303


async def test_a_brand_is_made_described_and_removed(shop: Shop) -> None:
    desk = await at_desk(shop, "catalogue")
    one = led(await fill(desk, "/admin/brands/new", name="Ridge & Co"))
    again = await fill(desk, "/admin/brands/new", name="ridge & co")
    assert again.status_code == 409
    led(await fill(desk, one, description="<p>Warm</p><script>x</script>", seo_title="Ridge"))
    page = await desk.get(one)
    assert "&lt;p&gt;Warm&lt;/p&gt;" in page.text
    assert "script&gt;" not in page.text
    assert "Ridge &amp; Co" in (await desk.get("/admin/brands")).text
    form = {"version": form_of(page)["version@"]}
    assert led(await desk.post(f"{one}/delete", form)) == "/admin/brands"


async def test_a_collection_is_given_a_window(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    path, channel = "/admin/collections/new", encode("channel", shop.channel.id)
    page = await fill(desk, path, "append windows", title="Winter", channels=channel)
    assert "When it is shown" in page.text
    given = {"windows[0].channel_id": channel, "windows[0].starts_at": "2026-11-27T00:00"}
    one = led(await send(desk, page, path, **given))
    shown = form_of(await desk.get(one))
    assert shown["windows[0].channel_id"] == channel
    assert "2026-11-27T00:00" in str(shown["windows[0].starts_at"])
    crossed = {"windows[0].ends_at": "2026-11-01T00:00"}
    refused = await send(desk, await desk.get(one), one, **crossed)
    assert refused.status_code == 422
    assert "This window cannot be." in refused.text
