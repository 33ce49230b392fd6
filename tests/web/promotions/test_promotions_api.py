"""Promotions and coupons over HTTP: their life, what is refused at save, who may."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.web.identity.making import Shop
from tests.web.promotions.conftest import Desk

TEN = {
    "name": "Ten percent",
    "document": {"phase": "order", "action": {"type": "percent", "percent": "10"}},
}


def of(document: dict[str, Any], **more: Any) -> dict[str, Any]:
    return TEN | {"document": TEN["document"] | document} | more  # type: ignore[operator]


async def test_a_promotion_lives_from_draft_to_archive_and_keeps_every_version(
    desk: Desk, shop: Shop
) -> None:
    made = await desk(201, "POST", "/promotions", TEN)
    assert (made["state"], made["version"], made["warnings"]) == ("draft", 1, [])
    path = f"/promotions/{made['id']}"
    changed = await desk(
        200,
        "PUT",
        path,
        of({"reason": "Thanks"}, limits={"uses": 100, "budget": {"USD": 50000}}),
        if_match='"v1"',
    )
    assert changed["limits"] == {"uses": 100, "uses_per_customer": None, "budget": {"USD": 50000}}
    stale = await desk(409, "PUT", path, TEN, if_match='"v1"')
    assert stale["code"] == "promotions.changed"
    assert (await desk(200, "POST", f"{path}/live"))["state"] == "live"
    assert (await desk(200, "POST", f"{path}/live"))["version"] == 3
    assert (await desk(200, "POST", f"{path}/pause"))["state"] == "paused"
    await desk(200, "POST", f"{path}/archive")
    gone = await desk(409, "POST", f"{path}/live")
    assert (gone["code"], gone["legal"]) == ("promotions.not_movable", [])
    kept = await desk(200, "GET", f"{path}/versions")
    assert [one["state"] for one in kept["items"]] == [
        "archived",
        "paused",
        "live",
        "draft",
        "draft",
    ]
    assert kept["items"][-1]["document"] == TEN["document"]
    listed = await desk(200, "GET", "/promotions?state=archived")
    assert [one["id"] for one in listed["items"]] == [made["id"]]
    assert (await desk(200, "GET", "/promotions?state=live"))["items"] == []
    trail = await desk(200, "GET", "/audit?limit=50")
    actions = {row["action"] for row in trail["items"]}
    assert {"promotion.created", "promotion.changed", "promotion.pause"} <= actions


async def test_what_cannot_be_evaluated_is_refused_with_path_and_reason(desk: Desk) -> None:
    cases = {
        "$.when.type": of({"when": {"type": "moon_phase"}}),
        "$.when": of({"when": {"type": "coupon", "codes": ["X"]}}),
        "$.window": of(
            {
                "window": {
                    "zone": "Europe/Berlin",
                    "from": "2026-02-01T00:00:00",
                    "until": "2026-01-01T00:00:00",
                }
            }
        ),
        "$.id": of({"id": "mine"}),
        "$.action": of({"phase": "shipping"}),
    }
    for path, body in cases.items():
        refused = await desk(422, "POST", "/promotions", body)
        assert refused["code"] == "promotions.invalid"
        found = {one["path"] for one in refused["problems"]}
        assert any(each.startswith(path) for each in found), (path, refused)


async def test_what_another_live_one_makes_unreachable_cannot_go_live(desk: Desk) -> None:
    first = await desk(201, "POST", "/promotions", TEN)
    stopper = await desk(201, "POST", "/promotions", of({"stop": True, "priority": -5}))
    await desk(200, "POST", f"/promotions/{stopper['id']}/live")
    refused = await desk(422, "POST", f"/promotions/{first['id']}/live")
    assert refused["problems"][0]["code"] == "unreachable"
    # A draft that a live one would silence says so when it is saved.
    await desk(200, "POST", f"/promotions/{stopper['id']}/pause")
    await desk(200, "POST", f"/promotions/{first['id']}/live")
    saved = await desk(
        200, "PUT", f"/promotions/{stopper['id']}", of({"stop": True, "priority": -5})
    )
    assert [one["code"] for one in saved["warnings"]] == ["makes_unreachable"]


async def test_the_schema_and_the_parts_describe_what_is_accepted(desk: Desk) -> None:
    schema = await desk(200, "GET", "/promotion-schema")
    assert schema["$defs"]["BuyGet"]["properties"]["type"]["enum"] == ["buy_get"]
    parts = (await desk(200, "GET", "/promotion-parts"))["items"]
    assert {"cart_amount", "first_order", "day_of_week", "payment_method"} <= {
        one["type"] for one in parts if one["kind"] == "condition"
    }
    assert all(one["description"] and one["schema"] for one in parts)


async def test_codes_one_by_one_and_by_the_batch(desk: Desk) -> None:
    made = await desk(201, "POST", "/promotions", TEN | {"needs_coupon": True})
    path = f"/promotions/{made['id']}"
    one = await desk(201, "POST", f"{path}/coupons", {"code": "Autumn10", "uses": 5})
    assert (one["code"], one["uses"], one["taken"]) == ("Autumn10", 5, 0)
    taken = await desk(409, "POST", f"{path}/coupons", {"code": "AUTUMN10"})
    assert taken["code"] == "promotions.coupon_taken"
    refused = await desk(422, "POST", f"{path}/coupons", {"code": "two words"})
    assert refused["code"] == "promotions.coupon_invalid"
    batch = await desk(
        201, "POST", f"{path}/coupon-batches", {"name": "Mail", "codes": 60, "prefix": "M-"}
    )
    codes: list[str] = []
    cursor = ""
    while True:
        page = await desk(200, "GET", f"{path}/coupons?limit=25&batch_id={batch['id']}{cursor}")
        codes += [row["code"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(set(codes)) == 60
    assert {code[:2] for code in codes} == {"M-"}
    await desk(204, "DELETE", f"{path}/coupons/{codes[0].lower()}")
    ended = await desk(200, "DELETE", f"{path}/coupon-batches/{batch['id']}")
    assert ended["disabled_at"]
    assert (await desk(200, "GET", f"{path}/coupon-batches"))["items"] == [ended]
    missing = await desk(404, "DELETE", f"{path}/coupons/nothing")
    assert missing["code"] == "promotions.coupon_not_found"
    used = await desk(200, "GET", f"{path}/usage")
    assert used == {"held": 0, "used": 0, "released": 0, "given": {}}


@pytest.mark.parametrize("scope", ["promotions:read", "catalog:write"])
async def test_only_who_may_changes_promotions(shop: Shop, scope: str) -> None:
    key = await shop.secret_key(scope)
    answer = await shop.send("POST", "/admin/v1/promotions", TEN, token=key)
    assert answer.status_code == 403
    seen = await shop.send("GET", "/admin/v1/promotions", token=key)
    assert seen.status_code == (200 if scope == "promotions:read" else 403)
    assert msgspec.json.decode(seen.content)
