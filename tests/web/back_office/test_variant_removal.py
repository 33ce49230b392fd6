"""Removing a variant for good in the back office, and what forbids it."""

from __future__ import annotations

import re

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import led, noted
from tests.web.back_office.test_price_facts import a_variant
from tests.web.back_office.test_products import a_product, read
from tests.web.identity.making import Shop

from argosy.kernel.ids import encode
from argosy.modules import catalog, inventory
from argosy.modules.catalog import ProductInput, VariantInput


async def test_a_variant_that_nothing_hangs_on_is_removed(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    sizes = {"MUG": "S", "MUG-2": "L"}
    mugs = tuple(VariantInput(sku=sku, options={"Size": size}) for sku, size in sizes.items())
    async with shop.app.db.transaction() as tx:
        await catalog.upsert_products(tx, [ProductInput(slug="mug", title="Mug", variants=mugs)])
        made = await catalog.product_id_by_slug(tx, "mug")
    product = f"/admin/products/{encode('product', made)}"
    one = await a_variant(shop, "MUG-2")
    path = f"/admin/variants/{one}/delete"
    assert path in (await desk.get(f"/admin/variants/{one}")).text
    asked = await desk.get(path)
    assert "removed for good" in asked.text
    assert "only variant" not in asked.text
    version = re.search(r'name="version" value="(\d+)"', asked.text)
    assert version is not None
    form: dict[str, object] = {"version": version[1], "sure": "yes"}
    assert led(await desk.post(path, form | {"typed": "MUG"})) == f"/admin/variants/{one}"
    assert led(await desk.post(path, form | {"typed": "MUG-2", "version": "9"})).endswith(one)
    assert (await read(shop, product)).variant_count == 2
    assert led(await desk.post(path, form | {"typed": "MUG-2"})) == product
    assert (await read(shop, product)).variant_count == 1
    assert (await noted(shop, one))[0] == "variant.deleted"
    assert (await desk.get(path)).status_code == 404
    last = await a_variant(shop, "MUG")
    assert "only variant" in (await desk.get(f"/admin/variants/{last}/delete")).text
    clerk = await at_desk(shop, "support", email="sam@example.com")
    assert (await clerk.get(f"/admin/variants/{last}/delete")).status_code == 403
    assert "/delete" not in (await clerk.get(f"/admin/variants/{last}")).text


async def test_stock_and_its_history_forbid_it_and_archiving_is_offered(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    product = await a_product(desk, "Mug", "MUG")
    one = await a_variant(shop, "MUG")
    path = f"/admin/variants/{one}"
    key = await shop.secret_key("inventory:write")
    async with shop.app.db.transaction() as tx:
        shed = await inventory.create_location(
            tx, code="main", name="Main", country="DE", address={}
        )
    place = encode("location", shed.id)
    for change, why in ((3, "There is stock of it"), (-3, "It was in stock or sold")):
        item = {"variant_id": one, "location_id": place, "quantity": change}
        body = {"reason": "found", "items": [item]}
        done = await shop.send("POST", "/admin/v1/stock-adjustments", body, token=key)
        assert done.is_success, done.text
        asked = await desk.get(f"{path}/delete")
        assert why in asked.text
        assert "Archive it" in asked.text
        sent: dict[str, object] = {"typed": "MUG", "sure": "yes", "version": "1"}
        assert led(await desk.post(f"{path}/delete", sent)) == f"{path}/delete"
    assert (await read(shop, product)).variant_count == 1
    whole = await desk.get(f"{product}/delete")
    assert "because of its variants" in whole.text
    assert "It was in stock or sold" in whole.text
    sent = {"typed": "mug", "sure": "yes", "version": "1"}
    assert led(await desk.post(f"{product}/delete", sent)) == f"{product}/delete"
    assert (await read(shop, product)).variant_count == 1
    assert led(await desk.post(f"{path}/status", {"status": "archived"})) == product
    assert "archived already" in (await desk.get(f"{path}/delete")).text
