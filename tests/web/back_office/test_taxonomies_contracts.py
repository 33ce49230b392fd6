"""What categories are for marketplaces, and what customers were promised, in the back office."""

from __future__ import annotations

import re

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import fill, form_of, led, noted, send
from tests.web.back_office.test_collections import shown
from tests.web.back_office.test_products import a_product
from tests.web.identity.making import Shop

from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, contracts, taxonomy
from argosy.workflows import classing, contracting

CLOTHES = ("1604", "Apparel & Accessories > Clothing")
SHIRTS = ("212", "Apparel & Accessories > Clothing > Shirts & Tops")


async def test_categories_are_mapped_and_what_is_below_inherits(shop: Shop) -> None:
    desk = await at_desk(shop, "catalogue")
    assert "are not loaded yet" in (await desk.get("/admin/taxonomies")).text
    async with shop.app.db.transaction() as tx:
        await taxonomy.load_nodes(tx, "google", [CLOTHES, SHIRTS])
        men = await catalog.create_category(tx, parent_id=None, name="Clothing")
        tops = await catalog.create_category(tx, parent_id=men.id, name="Shirts")
    first, below = (f"/admin/taxonomies/{encode('category', one.id)}" for one in (men, tops))
    unmapped = await desk.get("/admin/taxonomies")
    assert first in unmapped.text
    assert below in unmapped.text
    assert first in (await desk.get(f"/admin/categories/{encode('category', men.id)}")).text
    page = await desk.get(f"{first}?system=google&q=clothing")
    assert page.text.count("1604") >= 2  # likely by its name, and found
    wrong = await desk.post(first, {"system": "google", "code": "nope"})
    assert wrong.status_code in {404, 422}
    assert 'id="e-google"' in wrong.text
    assert 'value="nope"' in wrong.text
    assert led(await desk.post(first, {"system": "google", "code": "1604"})) == first
    assert "No category stands so" not in (await desk.get("/admin/taxonomies")).text
    assert "Every category is mapped" in (await desk.get("/admin/taxonomies")).text
    inherited = await desk.get("/admin/taxonomies?which=inherited")
    assert below in inherited.text
    assert first not in inherited.text
    assert "1604" in (await desk.get("/admin/taxonomies.csv?which=own")).text
    assert "As its category says" in (await desk.get(below)).text
    assert led(await desk.post(first, {"system": "google", "act": "clear"})) == first
    async with shop.app.db.reading() as tx:
        assert await classing.class_category(tx, tops.id, "google") is None
    audited = await noted(shop, encode("category", men.id))
    assert audited == ["taxonomy.unmapped", "taxonomy.mapped"]


async def test_a_contract_is_made_by_names_worked_out_and_ended(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    assert "No contracts yet" in (await desk.get("/admin/contracts")).text
    await shown(shop, await a_product(desk, "Tee", "TEE"), 2000)
    await shop.shopper_session("acme@example.com")
    where = encode("channel", shop.channel.id)
    path = "/admin/contracts/new"
    page = await fill(desk, path, "append lines", code="acme", name="Acme 2027", channel_id=where)
    named = {"customer_ids": "nobody@example.com", "lines[0].kind": "off_list"}
    named |= {"lines[0].percent": "10", "lines[0].subject": "tee"}
    wrong = await send(desk, page, path, **named)
    assert wrong.status_code == 422
    assert 'id="e-customer_ids"' in wrong.text
    assert "nobody@example.com" in wrong.text
    one = led(await send(desk, wrong, path, customer_ids="ACME@example.com"))
    contract = decode("contract", one.rpartition("/")[2])
    held = form_of(await desk.get(one))
    assert held["customer_ids"] in ("acme@example.com", ["acme@example.com"])
    assert held["lines[0].subject"] in ("TEE", ["TEE"])
    mine, theirs = await desk.get(one), await desk.get(one)
    assert led(await send(desk, mine, one, reference="A-17")) == one
    late = await send(desk, theirs, one, priority="5")
    assert late.status_code in {409, 412}
    assert led(await send(desk, late, one)) == one
    async with shop.app.db.reading() as tx:
        terms = (await contracts.contract_by_id(tx, contract)).terms
    assert (terms.reference, terms.priority) == ("A-17", 5)
    assert led(await desk.post(f"{one}/refresh", {})) == one
    while await contracting.sweep(shop.app):
        pass
    looked = await desk.get(one)
    assert re.search(r"TEE</th><td class=\"end\">€18\.00", looked.text), looked.text[-4000:]
    assert "Acme 2027" in (await desk.get("/admin/contracts.csv")).text
    asked = await desk.get(f"{one}/delete")
    assert "Its customers pay what others do" in asked.text
    led(await desk.post(f"{one}/delete", {"version": "", "sure": "yes"}))
    assert "Ended" in (await desk.get(one)).text
    assert (await noted(shop, encode("contract", contract)))[0] == "contract.ended"
