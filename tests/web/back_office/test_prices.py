"""Prices in the back office: set, scheduled, explained, removed."""

from __future__ import annotations

import re

from tests.web.back_office.conftest import at_desk
from tests.web.identity.making import Shop

from argosy.kernel.ids import encode
from argosy.modules import catalog, pricing
from argosy.modules.catalog import ProductInput, VariantInput
from argosy.runtime.db import begin_counting


async def test_a_price_is_set_scheduled_explained_and_removed(shop: Shop) -> None:
    mug = ProductInput(slug="mug", title="Mug", variants=(VariantInput(sku="MUG"),))
    async with shop.app.db.transaction() as tx:
        await catalog.upsert_products(tx, [mug])
        variant = (await catalog.variant_ids_by_sku(tx, ["MUG"]))["mug"]
        made = await pricing.create_price_list(
            tx, pricing.CreatePriceList(code="desk-eur", name="Desk", currency="EUR")
        )
    desk = await at_desk(shop, "owner")
    prices = f"/admin/prices/{encode('price_list', made.id)}"
    path = f"{prices}/{encode('variant', variant)}"
    assert f"{prices}/prices" in (await desk.get("/admin/prices")).text
    assert "No prices here" in (await desk.get(f"{prices}/prices")).text
    for wrong, field in (
        ({"amount": "much"}, "amount"),
        ({"amount": "1.234"}, "amount"),
        ({"amount": "5", "min_quantity": "0"}, "min_quantity"),
        ({"amount": "5", "valid_from": "soon"}, "valid_from"),
        ({"amount": "5", "priority": "high"}, "priority"),
    ):
        refused = await desk.post(path, dict(wrong))
        assert (refused.status_code, f'id="e-{field}"' in refused.text) == (422, True), wrong
        assert f'value="{wrong[field]}"' in refused.text
    for form in (
        {"amount": "12,50", "compare_at": "15"},
        {"amount": "12.50", "compare_at": "15"},
        {"amount": "11", "min_quantity": "10"},
        {"amount": "9", "priority": "5", "valid_from": "2099-01-01T00:00"},
    ):
        assert (await desk.post(path, dict(form))).status_code == 303
    async with shop.app.db.reading() as tx:
        rows = await pricing.list_prices(tx, made.id, limit=9)
    assert sorted((row.amount_minor, row.min_quantity) for row in rows) == [
        (900, 1),
        (1100, 10),
        (1250, 1),
    ]
    one = (await desk.get(path)).text
    assert re.search(r"€12\.50.*?Applies", one, re.DOTALL)
    many = (await desk.get(f"{path}?quantity=10")).text
    assert many.index("€11.00") < many.index("Applies") or "Applies" in many
    file = await desk.get(f"{prices}/prices.csv?sku=mug")
    assert len(file.text.splitlines()) == 4
    assert "12.50,EUR,15.00,EUR" in file.text
    tier = next(row for row in rows if row.amount_minor == 1100)
    asked = await desk.get(f"{path}/remove?price={encode('price', tier.id)}")
    assert encode("price", tier.id) in asked.text
    gone = await desk.post(f"{path}/remove", {"price": encode("price", tier.id), "sure": "yes"})
    assert gone.status_code == 303
    assert "Removed" in (await desk.get(path)).text
    for page, most in (("/admin/prices", 2), (f"{prices}/prices", 4), (path, 7)):
        counted = begin_counting()
        before = len(counted.names)
        assert (await desk.get(page)).status_code == 200
        assert 0 < len(counted.names) - before <= most, counted.names[before:]
    clerk = await at_desk(shop, "support", email="sam@example.com")
    assert (await clerk.post(path, {"amount": "1"})).status_code == 403
