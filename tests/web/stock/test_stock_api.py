"""Stock over HTTP: who may, what is refused, what is answered."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.identity.making import Shop

from argosy.kernel.ids import encode, new_id


async def post(shop: Shop, key: str, path: str, *items: dict[str, Any], **more: str) -> Any:
    answer = await shop.send(
        "POST", f"/admin/v1/{path}", {"reason": "test", "items": list(items)}, token=key, **more
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def level(shop: Shop, key: str, variant: str) -> dict[str, Any]:
    answer = await shop.send("GET", f"/admin/v1/variants/{variant}/stock-levels", token=key)
    (found,) = answer.json()["items"]
    return found


async def test_locations_are_opened_listed_and_changed(shop: Shop, key: str) -> None:
    body = {
        "code": "berlin",
        "name": "Berlin",
        "country": "DE",
        "address": {"country": "DE", "city": "Berlin", "line1": "Weg 1", "postal_code": "10115"},
    }
    made = await shop.send("POST", "/admin/v1/locations", body, token=key, idempotency_key="k1")
    again = await shop.send("POST", "/admin/v1/locations", body, token=key, idempotency_key="k1")
    assert made.status_code == again.status_code == 201
    assert made.json() == again.json()
    path = f"/admin/v1/locations/{made.json()['id']}"
    read = await shop.send("GET", path, token=key)
    assert read.json()["address"]["city"] == "Berlin"
    changed = await shop.send(
        "PATCH", path, {"active": False}, token=key, if_match=read.headers["etag"]
    )
    assert (changed.json()["active"], changed.json()["version"]) == (False, 2)
    late = await shop.send("PATCH", path, {"name": "x"}, token=key, if_match=read.headers["etag"])
    assert late.status_code in {409, 412}
    taken = await shop.send("POST", "/admin/v1/locations", body, token=key)
    assert taken.json()["code"] == "inventory.location_code_taken"
    listed = await shop.send("GET", "/admin/v1/locations?limit=1", token=key)
    assert [row["code"] for row in listed.json()["items"]] == ["berlin"]
    trail = await shop.send("GET", "/admin/v1/audit", token=key)
    told = [row["action"] for row in trail.json()["items"]]
    assert {"location.opened", "location.changed"} <= set(told)


async def test_stock_is_adjusted_counted_returned_and_explained(
    shop: Shop, key: str, goods: dict[str, str], main: str
) -> None:
    shirt = {"variant_id": goods["shirt"], "location_id": main}
    adjusted = await post(shop, key, "stock-adjustments", shirt | {"quantity": 10})
    assert adjusted["items"] == [
        shirt | {"outcome": "applied", "moved": 10, "on_hand": 10, "sellable": 10}
    ]
    await post(shop, key, "stock-counts", shirt | {"on_hand": 9})
    await post(shop, key, "stock-returns", shirt | {"quantity": 2})
    await post(
        shop,
        key,
        "stock-dispositions",
        shirt | {"quantity": 1, "sellable": True},
        shirt | {"quantity": 1, "sellable": False},
    )
    found = await level(shop, key, goods["shirt"])
    assert (found["on_hand"], found["quarantine"], found["sellable"]) == (10, 0, 10)
    journal = f"/admin/v1/variants/{goods['shirt']}/stock-levels/{main}/journal"
    first = (await shop.send("GET", f"{journal}?limit=2", token=key)).json()
    rest = await shop.send("GET", f"{journal}?cursor={first['next_cursor']}&limit=2", token=key)
    after = [row["on_hand_after"] for row in [*first["items"], *rest.json()["items"]]]
    assert after == [10, 11, 11, 9]
    assert first["items"][0]["actor"] == "key:test"
    trail = await shop.send("GET", "/admin/v1/audit", token=key)
    assert {"stock.adjustment", "stock.count"} <= {r["action"] for r in trail.json()["items"]}
    documents = await shop.send("GET", "/admin/v1/stock-documents?kind=count", token=key)
    assert [row["item_count"] for row in documents.json()["items"]] == [1]


async def test_a_repeated_key_adjusts_once(
    shop: Shop, key: str, goods: dict[str, str], main: str
) -> None:
    item = {"variant_id": goods["shirt"], "location_id": main, "quantity": 3}
    for _ in range(2):
        await post(shop, key, "stock-adjustments", item, idempotency_key="one")
    assert (await level(shop, key, goods["shirt"]))["on_hand"] == 3


async def test_selling_rules_are_changed_one_by_one(
    shop: Shop, key: str, goods: dict[str, str], main: str
) -> None:
    path = f"/admin/v1/variants/{goods['shirt']}/stock-levels/{main}"
    await shop.send("PATCH", path, {"safety_stock": 2}, token=key)
    changed = await shop.send("PATCH", path, {"backorder_limit": 5}, token=key)
    assert (changed.json()["safety_stock"], changed.json()["backorder_limit"]) == (2, 5)
    at = f"/admin/v1/locations/{main}/stock-levels"
    assert len((await shop.send("GET", at, token=key)).json()["items"]) == 1
    assert (await shop.send("GET", f"{at}?oversold=true", token=key)).json()["items"] == []


async def test_a_feed_message_is_taken_once_and_in_any_order(
    shop: Shop, key: str, goods: dict[str, str], main: str
) -> None:
    path = "/admin/v1/stock-feeds/wms/messages"
    five = {
        "message_id": "m5",
        "sequence": 5,
        "items": [
            {"sku": " shirt ", "location": "main", "on_hand": 8},
            {"sku": "MUG", "location": "main", "moved": 4},
        ],
    }
    for repeated in (False, True):
        answer = await shop.send("POST", path, five, token=key)
        assert answer.json()["repeated"] is repeated
    four = {
        "message_id": "m4",
        "sequence": 4,
        "items": [{"sku": "SHIRT", "location": "main", "on_hand": 1}],
    }
    late = await shop.send("POST", path, four, token=key)
    assert [item["outcome"] for item in late.json()["items"]] == ["stale"]
    assert (await level(shop, key, goods["shirt"]))["on_hand"] == 8
    assert (await level(shop, key, goods["mug"]))["on_hand"] == 4
    other = await shop.send("POST", path, four | {"message_id": "m5"}, token=key)
    assert other.json()["code"] == "inventory.message_reused"
    (feed,) = (await shop.send("GET", "/admin/v1/stock-feeds", token=key)).json()["items"]
    assert (feed["name"], feed["sequence"], feed["messages"]) == ("wms", 5, 2)


@pytest.mark.parametrize(
    ("items", "code", "field"),
    [
        ([{"sku": "NONE", "location": "main", "on_hand": 1}], "catalog.variant_not_found", "sku"),
        (
            [{"sku": "SHIRT", "location": "moon", "on_hand": 1}],
            "inventory.location_not_found",
            "location",
        ),
        ([{"sku": "SHIRT", "location": "main"}], "inventory.feed_item_invalid", "items.0"),
        (
            [{"sku": "SHIRT", "location": "main", "on_hand": 1, "as_of": "2999-01-01T00:00:00Z"}],
            "inventory.instant_in_future",
            "as_of",
        ),
    ],
)
async def test_a_feed_message_that_names_nothing_is_refused_whole(  # noqa: PLR0917 - fixtures
    shop: Shop,
    key: str,
    goods: dict[str, str],
    main: str,
    items: list[dict[str, Any]],
    code: str,
    field: str,
) -> None:
    good = {"sku": "MUG", "location": "main", "on_hand": 7}
    body = {"message_id": "m", "items": [*items, good]}
    answer = await shop.send("POST", "/admin/v1/stock-feeds/wms/messages", body, token=key)
    problem = answer.json()
    assert problem["code"] == code, problem
    assert problem.get("errors", [problem])[0]["field"].endswith(field), problem
    listed = await shop.send("GET", f"/admin/v1/variants/{goods['mug']}/stock-levels", token=key)
    assert listed.json()["items"] == []


@pytest.mark.parametrize(
    "item",
    [
        {"quantity": 1, "variant_id": encode("variant", new_id())},
        {"quantity": 1, "location_id": encode("location", new_id())},
        {"quantity": 1, "variant_id": "shirt"},
        {"quantity": 10**10},
        {"quantity": 1.5},
        {"quantity": "1"},
        {"quantity": 1, "colour": "red"},
        {},
    ],
)
async def test_an_adjustment_that_makes_no_sense_changes_nothing(
    shop: Shop, key: str, goods: dict[str, str], main: str, item: dict[str, Any]
) -> None:
    given = {"variant_id": goods["shirt"], "location_id": main} | item
    body = {"reason": "test", "items": [given]}
    answer = await shop.send("POST", "/admin/v1/stock-adjustments", body, token=key)
    assert answer.status_code in {400, 404, 422}, answer.text
    assert "code" in answer.json()
    listed = await shop.send("GET", f"/admin/v1/locations/{main}/stock-levels", token=key)
    assert listed.json()["items"] == []


async def test_reading_is_not_writing(shop: Shop, goods: dict[str, str], main: str) -> None:
    reader = await shop.secret_key("inventory:read")
    assert (await shop.send("GET", "/admin/v1/locations", token=reader)).status_code == 200
    item = {"variant_id": goods["shirt"], "location_id": main, "quantity": 1}
    body = {"reason": "test", "items": [item]}
    refused = await shop.send("POST", "/admin/v1/stock-adjustments", body, token=reader)
    assert refused.status_code == 403
    assert (await shop.send("GET", "/admin/v1/locations")).status_code == 401


async def test_made_up_cursors_are_refused(shop: Shop, key: str, main: str) -> None:
    at = f"/admin/v1/locations/{main}/stock-levels"
    for cursor in ("x", "WyJhIiwgMV0", "%20"):
        answer = await shop.send("GET", f"{at}?cursor={cursor}", token=key)
        assert answer.status_code == 422, answer.text


async def test_shoppers_are_told_what_can_be_bought(
    shop: Shop, key: str, goods: dict[str, str], main: str
) -> None:
    at = {"location_id": main}
    await post(
        shop,
        key,
        "stock-adjustments",
        at | {"variant_id": goods["shirt"], "quantity": 3},
        at | {"variant_id": goods["draft"], "quantity": 3},
    )
    unknown = encode("variant", new_id())
    asked = "&".join(f"variant={variant}" for variant in [*goods.values(), unknown])
    answer = await shop.send("GET", f"/v1/availability?{asked}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["items"] == [
        {"variant_id": goods["shirt"], "status": "low_stock", "quantity": 3},
        {"variant_id": goods["mug"], "status": "out_of_stock", "quantity": None},
        {"variant_id": goods["file"], "status": "in_stock", "quantity": None},
    ]
    assert (await shop.send("GET", "/v1/availability")).status_code in {400, 422}
    assert (await shop.send("GET", "/v1/availability?variant=shirt")).status_code == 422
