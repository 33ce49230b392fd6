"""Kits in the back office: what they consist of, what is there of them, what they cost."""

from __future__ import annotations

import re

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import form_of, led, noted, send
from tests.web.back_office.test_collections import shown
from tests.web.back_office.test_products import a_product
from tests.web.identity.making import Shop

from argosy.kernel.ids import decode
from argosy.modules import catalog, kits
from argosy.modules.catalog import VariantInput
from argosy.workflows import typed_products


async def test_a_kit_is_put_together_looked_at_and_taken_apart(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    assert "No kits yet" in (await desk.get("/admin/kits")).text
    for title, sku, minor in (("Tee", "TEE", 2000), ("Cap", "CAP", 1000), ("Set", "SET", 2500)):
        await shown(shop, await a_product(desk, title, sku), minor)
    async with shop.app.db.transaction() as tx:
        cap = await catalog.find_variant_by_sku(tx, "CAP")
        assert cap is not None
        await typed_products.update_variant(tx, cap.id, VariantInput(tracks_inventory=False))
    wrong = await desk.post("/admin/kits/new", {"sku": "NOPE"})
    assert wrong.status_code == 422
    assert 'value="NOPE"' in wrong.text
    one = led(await desk.post("/admin/kits/new", {"sku": "set"}))
    first = await desk.get(one)
    assert "This variant is no kit yet" in first.text
    assert f"{one}/delete" not in first.text
    # Found by the beginning of a title, and put in.
    found = await send(desk, first, one, "find", find="tee")
    hit = re.search(r'value="(variant_id=var_[^"]+)"', found.text)
    assert hit is not None
    page = await send(desk, found, one, "append items", **{"new@items": hit[1]})
    assert form_of(page)["items[0].variant_id"] == ["TEE"]
    page = await send(desk, page, one, "append groups", **{"items[0].quantity": "1"})
    page = await send(desk, page, one, "append groups[0].options")
    built = {
        "groups[0].code": "hat",
        "groups[0].name": "Hat",
        "groups[0].options[0].code": "cap",
        "groups[0].options[0].variant_id": "CUP",
        "groups[0].options[0].extra": "2.00 EUR",
        "groups[0].defaults": "cap",
    }
    refused = await send(desk, page, one, **built)
    assert refused.status_code == 422, refused.text
    assert 'id="e-groups[0].options[0].variant_id"' in refused.text
    assert 'value="CUP"' in refused.text
    second = await send(desk, page, one, "none", **built)
    right = {"groups[0].options[0].variant_id": "cap"}
    assert led(await send(desk, refused, one, **right)) == one
    late = await send(desk, second, one, **right, percent_off="5", price="sum")
    assert late.status_code == 409
    variant = decode("variant", one.rpartition("/")[2])
    async with shop.app.db.reading() as tx:
        kit = await kits.kit_of(tx, variant)
    assert kit.bill.groups[0].options[0].extra == {"EUR": 200}
    looked = await desk.get(one)
    assert "0 kits" in looked.text
    # 25.00 and 2.00 for the cap, split as 20 : 10.
    assert re.search(r"TEE × 1</dt><dd>€18\.00", looked.text)
    assert re.search(r"CAP × 1</dt><dd>€9\.00", looked.text)
    listed = await desk.get("/admin/kits")
    assert ">SET<" in listed.text
    assert "SET" in (await desk.get("/admin/kits.csv")).text
    asked = await desk.get(f"{one}/delete")
    version = re.search(r'name="version" value="(\d+)"', asked.text)
    assert version is not None
    led(await desk.post(f"{one}/delete", {"version": version[1], "sure": "yes"}))
    assert "No kits yet" in (await desk.get("/admin/kits")).text
    assert (await noted(shop, one.rpartition("/")[2]))[:2] == ["kit.dropped", "kit.set"]
