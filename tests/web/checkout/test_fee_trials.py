"""Fees are tried over the API before they are saved: B14, BR-O-11."""

from __future__ import annotations

from typing import Any

from tests.web.checkout.conftest import Counter

from argosy.kernel.ids import encode

WRAP = {"code": "wrap", "kind": "gift_wrap", "name": "Wrap", "per": "unit", "amount_minor": 119}


async def test_a_fee_is_tried_on_goods_and_on_a_cart_and_saved_only_if_it_can_be_invoiced(
    shop: Counter,
) -> None:
    key = await shop.secret_key("prices:write")
    channel = {"channel_id": encode("channel", shop.till.channel.id)}

    async def tried(status: int = 200, **more: Any) -> Any:
        body = channel | {"fee": WRAP} | more
        answer = await shop.send("POST", "/admin/v1/fee-trials", body, token=key)
        assert answer.status_code == status, answer.text
        return answer.json()

    lines = [{"variant_id": shop.variant("shirt"), "quantity": 2}]
    found = await tried(lines=lines)
    assert (found["total_before"]["minor"], found["total_after"]["minor"]) == (2000, 2238)
    assert [one["total"]["minor"] for one in found["charges"]] == [238]
    assert found["broken"] == []
    cart = await shop.cart(shirt=1)
    assert (await tried(cart_id=cart["id"]))["total_after"]["minor"] == 1490 + 119
    untaxed = await tried(lines=lines, fee=WRAP | {"tax_class": None})
    assert [one["rule"] for one in untaxed["broken"]] == ["BR-O-11"]
    for unclear in ({}, {"lines": lines, "cart_id": cart["id"]}):
        assert (await tried(422, **unclear))["code"] == "fees.trial_unclear"
    assert (await tried(422, lines=lines, fee=WRAP | {"percent": "5"}))["code"] == "fees.invalid"
    # Nothing was saved, and what no invoice could show is not.
    assert (await shop.send("GET", "/admin/v1/fees", token=key)).json()["items"] == []
    body = channel | WRAP | {"tax_class": None}
    refused = await shop.send("POST", "/admin/v1/fees", body, token=key)
    assert (refused.status_code, refused.json()["field"]) == (422, "tax_class")
