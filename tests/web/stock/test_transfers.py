"""Stock moves between locations in two legs that balance (DOMAIN.md F11), over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.identity.making import Shop

from argosy.kernel.ids import encode, new_id


@pytest.fixture
async def berlin(shop: Shop, key: str) -> str:
    body = {"code": "berlin", "name": "Berlin", "country": "DE"}
    made = await shop.send("POST", "/admin/v1/locations", body, token=key)
    return str(made.json()["id"])


async def _levels(shop: Shop, key: str, variant: str) -> dict[str, tuple[int, int]]:
    """on_hand and incoming by location."""
    answer = await shop.send("GET", f"/admin/v1/variants/{variant}/stock-levels", token=key)
    return {x["location_id"]: (x["on_hand"], x["incoming"]) for x in answer.json()["items"]}


async def _send(shop: Shop, key: str, path: str, body: Any, **headers: str) -> Any:
    return await shop.send("POST", f"/admin/v1/stock-transfers{path}", body, token=key, **headers)


async def test_F11_units_are_in_transit_until_they_arrive_or_are_lost(
    shop: Shop, key: str, goods: dict[str, str], main: str, berlin: str
) -> None:
    shirt = goods["shirt"]
    count = {"reason": "x", "items": [{"variant_id": shirt, "location_id": main, "on_hand": 10}]}
    await shop.send("POST", "/admin/v1/stock-counts", count, token=key)
    body = {
        "reason": "Christmas at the shop",
        "from_location_id": main,
        "to_location_id": berlin,
        "items": [{"variant_id": shirt, "quantity": 4}],
    }
    made = await _send(shop, key, "", body, idempotency_key="t1")
    again = await _send(shop, key, "", body, idempotency_key="t1")
    assert made.status_code == again.status_code == 201, made.text
    transfer = made.json()
    assert again.json() == transfer
    assert await _levels(shop, key, shirt) == {main: (6, 0), berlin: (0, 4)}
    assert (transfer["done"], transfer["items"]) == (
        False,
        [{"variant_id": shirt, "sent": 4, "received": 0, "lost": 0, "in_transit": 4}],
    )

    path = f"/{transfer['id']}/receipts"
    some = {"items": [{"variant_id": shirt, "received": 2, "lost": 1}]}
    unexplained = await _send(shop, key, path, some)
    assert (unexplained.status_code, unexplained.json()["field"]) == (422, "loss_reason")
    first = await _send(shop, key, path, some | {"loss_reason": "Box torn"}, idempotency_key="r1")
    again = await _send(shop, key, path, some | {"loss_reason": "Box torn"}, idempotency_key="r1")
    assert first.status_code == again.status_code == 201, first.text
    assert await _levels(shop, key, shirt) == {main: (6, 0), berlin: (2, 1)}
    too_many = await _send(shop, key, path, {"items": [{"variant_id": shirt, "received": 2}]})
    assert (too_many.status_code, too_many.json()["code"]) == (422, "inventory.transfer_invalid")
    assert "at most 1" in too_many.json()["cure"]
    rest = await _send(shop, key, path, {"items": [{"variant_id": shirt, "received": 1}]})
    assert rest.json()["done"] is True
    assert await _levels(shop, key, shirt) == {main: (6, 0), berlin: (3, 0)}
    read = await shop.send("GET", f"/admin/v1/stock-transfers/{transfer['id']}", token=key)
    (row,) = (await shop.send("GET", "/admin/v1/stock-transfers", token=key)).json()["items"]
    assert (row["id"], row["goods"]) == (transfer["id"], len(transfer["items"]))
    assert read.json() == rest.json()
    assert read.json()["items"][0] | {"variant_id": ""} == {
        "variant_id": "",
        "sent": 4,
        "received": 3,
        "lost": 1,
        "in_transit": 0,
    }
    trail = await shop.send("GET", "/admin/v1/audit", token=key)
    told = [row["action"] for row in trail.json()["items"]]
    assert told.count("stock.transfer_sent") == 1
    assert told.count("stock.transfer_received") == 2


async def test_receipts_of_one_transfer_never_take_what_another_sent(
    shop: Shop, key: str, goods: dict[str, str], main: str, berlin: str
) -> None:
    body = {
        "reason": "x",
        "from_location_id": main,
        "to_location_id": berlin,
        "items": [{"variant_id": goods["mug"], "quantity": 2}],
    }
    one = (await _send(shop, key, "", body)).json()
    at_once = (await _send(shop, key, "", body | {"arrived": True})).json()
    assert at_once["done"] is True
    assert await _levels(shop, key, goods["mug"]) == {main: (-4, 0), berlin: (2, 2)}
    await _send(shop, key, "", body)
    three = {"items": [{"variant_id": goods["mug"], "received": 3}]}
    refused = await _send(shop, key, f"/{one['id']}/receipts", three)
    assert refused.json()["code"] == "inventory.transfer_invalid"


async def test_what_makes_no_sense_is_refused(
    shop: Shop, key: str, goods: dict[str, str], main: str, berlin: str
) -> None:
    line = {"variant_id": goods["shirt"], "quantity": 1}
    good = {"reason": "x", "from_location_id": main, "to_location_id": berlin, "items": [line]}
    nowhere = encode("location", new_id())
    unknown = encode("variant", new_id())
    cases: list[tuple[dict[str, Any], str]] = [
        ({"to_location_id": main}, "inventory.transfer_invalid"),
        ({"to_location_id": nowhere}, "inventory.location_not_found"),
        ({"items": [line | {"variant_id": unknown}]}, "catalog.variant_not_found"),
        ({"items": [line | {"quantity": 0}]}, "request.invalid"),
        ({"items": []}, "request.invalid"),
    ]
    for change, code in cases:
        answer = await _send(shop, key, "", good | change)
        assert (answer.json()["code"], bool(answer.json()["cure"])) == (code, True)
    assert await _levels(shop, key, goods["shirt"]) == {}
    lost = await _send(
        shop,
        key,
        f"/{encode('transfer', new_id())}/receipts",
        {"items": [{"variant_id": goods["shirt"], "received": 1}]},
    )
    assert (lost.status_code, lost.json()["code"]) == (404, "inventory.transfer_not_found")
    reader = await shop.secret_key("inventory:read")
    assert (await _send(shop, reader, "", good)).status_code == 403
