"""Fees over HTTP: who may, what is answered, what is refused (B14)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.identity.making import Shop
from tests.web.selling.test_selling_api import Desk

from argosy.kernel.ids import encode, new_id

FEE = {
    "code": "bottle",
    "kind": "deposit",
    "name": "Bottle deposit",
    "labels": {"de": "Pfand"},
    "per": "unit",
    "amount_minor": 25,
    "returned": True,
}


@pytest.fixture
def desk(shop: Shop, key: str) -> Desk:
    return Desk(shop, key)


async def test_B14_fees_are_set_up(desk: Desk, shop: Shop) -> None:
    channel = {"channel_id": encode("channel", shop.channel.id)}
    product = encode("product", new_id())
    body = FEE | {"when": {"products": [product], "configuration": {"cold": "*"}}}
    made = await desk(201, "POST", "/fees", body | channel)
    assert (made["id"][:4], made["when"]["products"]) == ("fee_", [product])
    path = f"/fees/{made['id']}"
    assert await desk(200, "GET", path) == made
    assert (await desk(200, "GET", f"/fees?channel_id={channel['channel_id']}"))["items"] == [made]
    assert (await desk(409, "POST", "/fees", body | channel))["code"] == "fees.code_taken"
    tag = await desk.tag(path)
    percent = {"kind": "payment", "per": "order", "amount_minor": None, "percent": "1.50"}
    changed = await desk(200, "PUT", path, FEE | percent | {"returned": False}, if_match=tag)
    assert (changed["percent"], changed["version"], changed["when"]["products"]) == ("1.50", 2, [])
    assert (await desk(409, "PUT", path, FEE, if_match=tag))["code"] == "fees.changed"
    await desk(204, "DELETE", path)
    assert (await desk(404, "GET", path))["code"] == "fees.not_found"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"percent": "1"}, "amount_minor"),
        ({"cap_minor": 5}, "cap_minor"),
        ({"when": {"from_goods_minor": 5, "below_goods_minor": 5}}, "when.below_goods_minor"),
        ({"labels": {"x!": "y"}}, "labels"),
    ],
)
async def test_what_cannot_be_a_fee_is_refused(
    desk: Desk, shop: Shop, change: dict[str, Any], field: str
) -> None:
    body = FEE | {"channel_id": encode("channel", shop.channel.id)} | change
    refused = await desk(422, "POST", "/fees", body)
    assert (refused["code"], refused["field"]) == ("fees.invalid", field)


async def test_fees_are_for_those_who_may_set_prices(desk: Desk, shop: Shop) -> None:
    desk.key = await shop.secret_key("prices:read", "shipping:write")
    body = FEE | {"channel_id": encode("channel", shop.channel.id)}
    await desk(403, "POST", "/fees", body)
    assert (await desk(200, "GET", "/fees"))["items"] == []
