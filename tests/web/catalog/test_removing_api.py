"""Deleting variants and products through the API: what hangs on one keeps it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.modules.inventory.making import a_location, adjust, reserve
from tests.web.catalog.test_catalog_api import problem
from tests.web.identity.making import Shop

from argosy.kernel.bill import Bill, BillItem
from argosy.kernel.ids import decode, new_id
from argosy.modules import inventory, kits
from argosy.modules.inventory import Selling
from argosy.workflows.kitting import set_kit


async def variants_of(shop: Shop, key: str, product: str) -> list[dict[str, Any]]:
    found = await shop.send("GET", f"/admin/v1/products/{product}/variants", token=key)
    items: list[dict[str, Any]] = found.json()["items"]
    return items


async def stock(shop: Shop, variant: UUID, *, on_hand: int = 0, backorder: int = 0) -> UUID:
    place = await a_location(shop.app.db)
    async with shop.app.db.transaction() as tx:
        await inventory.set_selling(tx, variant, place, Selling(backorder_limit=backorder))
        if on_hand:
            await adjust(tx, variant, place, on_hand)
    return place


@pytest.mark.parametrize("hung", ["stocked", "promised", "remembered", "component"])
async def test_what_hangs_on_a_variant_keeps_it_and_its_product(
    shop: Shop, key: str, shirt: dict[str, Any], hung: str
) -> None:
    small, other = await variants_of(shop, key, shirt["id"])
    variant = decode("variant", small["id"])
    if hung == "component":
        mug = {"title": "Mug", "variants": [{"sku": "MUG"}]}
        made = (await shop.send("POST", "/admin/v1/products", mug, token=key)).json()
        [cup] = await variants_of(shop, key, made["id"])
        async with shop.app.db.transaction() as tx:
            bill = Bill(items=(BillItem(variant_id=variant, quantity=1),))
            await set_kit(tx, decode("variant", cup["id"]), bill)
    elif hung == "promised":
        place = await stock(shop, variant, backorder=5)
        await reserve(shop.app.db, {variant: 2}, place)
    else:
        place = await stock(shop, variant, on_hand=3)
        if hung == "remembered":
            async with shop.app.db.transaction() as tx:
                await adjust(tx, variant, place, -3)
    for path in (f"/admin/v1/variants/{small['id']}", f"/admin/v1/products/{shirt['id']}"):
        refused = await shop.send("DELETE", path, token=key)
        said = problem(refused, 409, "catalog.variant_kept")
        assert said["variants"] == [
            {"variant_id": small["id"], "sku": small["sku"], "reasons": [hung]}
        ]
        assert "rchive" in said["cure"]
    assert len(await variants_of(shop, key, shirt["id"])) == 2
    assert (
        await shop.send("DELETE", f"/admin/v1/variants/{other['id']}", token=key)
    ).status_code == 204


async def test_a_shelf_that_was_only_prepared_goes_with_its_variant(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    small, large = await variants_of(shop, key, shirt["id"])
    variant = decode("variant", small["id"])
    place = await stock(shop, variant, backorder=5)
    async with shop.app.db.transaction() as tx:
        bill = Bill(items=(BillItem(variant_id=decode("variant", large["id"]), quantity=1),))
        await set_kit(tx, variant, bill)
    path = f"/admin/v1/products/{shirt['id']}"
    assert (await shop.send("DELETE", path, token=key)).status_code == 204
    with pytest.raises(inventory.OutOfStock):
        await reserve(shop.app.db, {variant: 1}, place)


async def test_a_kit_that_is_gone_keeps_nothing(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    small, large = await variants_of(shop, key, shirt["id"])
    part, kit = (decode("variant", one["id"]) for one in (small, large))
    async with shop.app.db.transaction() as tx:
        await set_kit(tx, kit, Bill(items=(BillItem(variant_id=part, quantity=1),)))
    for one in (large, small):
        path = f"/admin/v1/variants/{one['id']}"
        assert (await shop.send("DELETE", path, token=key)).status_code == 204
    async with shop.app.db.reading() as tx:
        assert await kits.kits_with(tx, [part]) == [kit]  # the bill itself is forgotten later


async def test_a_hold_that_ended_is_history_still(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    small, _ = await variants_of(shop, key, shirt["id"])
    variant, order = decode("variant", small["id"]), new_id()
    place = await stock(shop, variant, backorder=5)
    await reserve(shop.app.db, {variant: 1}, place, order=order)
    async with shop.app.db.reading() as tx:
        later = tx.now + timedelta(hours=1)
    assert await inventory.expire_due(shop.app.db, later) == 1
    path = f"/admin/v1/variants/{small['id']}"
    said = problem(await shop.send("DELETE", path, token=key), 409, "catalog.variant_kept")
    assert said["variants"][0]["reasons"] == ["remembered"]
