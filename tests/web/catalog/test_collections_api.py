"""Collections over HTTP: made, filled, shown, renamed and removed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.hearing import all_heard
from tests.web.catalog.test_catalog_api import problem
from tests.web.identity.making import Shop
from tests.workflows.window_shop import Shop as Window
from tests.workflows.window_shop import open_shop

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import decode, encode, new_id
from argosy.modules import catalog, staff
from argosy.runtime.db import counting_statements
from argosy.workflows import collecting

WARM: dict[str, Any] = {
    "title": "Warm things",
    "rules": {"conditions": [{"field": "title", "op": "contains", "values": ["hoodie"]}]},
}


@pytest.fixture
async def window(shop: Shop) -> Window:
    """What fills the channel, which has a price list and a location, and whose key is used."""
    window = await open_shop(shop.app.db, "window")
    async with shop.app.db.transaction() as tx:
        key = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="window", channel_id=window.channel.id
        )
    shop.channel, shop.key = window.channel, key.token
    return window


async def made(shop: Shop, key: str, **body: Any) -> dict[str, Any]:
    given = {"channels": [encode("channel", shop.channel.id)]} | body
    answer = await shop.send("POST", "/admin/v1/collections", given, token=key)
    assert answer.status_code == 201, answer.text
    collection: dict[str, Any] = answer.json()
    return collection


async def settle(shop: Shop) -> Window:
    window = Window(shop.app.db, shop.channel)
    await window.settle()
    while await collecting.look_through(shop.app) or await shop.app.db.pool.fetchval(
        "select count(*) from collections.pass where finished_at is null"
    ):
        await window.settle()
    await all_heard(shop.app.db)
    return window


async def listed(shop: Shop, slug: str, query: str = "") -> list[str]:
    path = f"/v1/products?collection={slug}{query}"
    answer = await shop.send("GET", path)
    assert answer.status_code == 200, answer.text
    return [card["slug"] for card in answer.json()["items"]]


async def test_a_collection_by_rules_is_shown_and_narrowed(
    shop: Shop, key: str, window: Window
) -> None:
    await window.add("red-hoodie", minor=4000, sizes=("S",))
    await window.add("blue-hoodie", minor=3000, sizes=("M",))
    await window.add("tee")
    warm = await made(shop, key, **WARM, sort="price")
    assert (warm["slug"], warm["kind"]) == ("warm-things", "rules")
    await settle(shop)
    assert await listed(shop, "warm-things") == ["blue-hoodie", "red-hoodie"]
    assert await listed(shop, "warm-things", "&sort=-price") == ["red-hoodie", "blue-hoodie"]
    assert await listed(shop, "warm-things", "&size=s") == ["red-hoodie"]
    assert await listed(shop, "warm-things", "&price_max=3500") == ["blue-hoodie"]
    first = (await shop.send("GET", "/v1/products?collection=warm-things&limit=1")).json()
    assert first["total"] == 2
    assert {f["code"] for f in first["facets"]} == {"size"}
    cursor = first["next_cursor"]
    assert await listed(shop, "warm-things", f"&limit=1&cursor={cursor}") == ["red-hoodie"]
    shown = (await shop.send("GET", "/v1/collections")).json()["items"]
    assert [(c["slug"], c["path"]) for c in shown] == [("warm-things", "/collections/warm-things")]
    one = (await shop.send("GET", "/v1/collections/warm-things")).json()
    assert one == shown[0]
    document = (await shop.send("GET", "/v1/products/red-hoodie")).json()
    assert document["collections"] == [
        {"id": warm["id"], "slug": "warm-things", "title": "Warm things"}
    ]
    both = await shop.send("GET", "/v1/products?collection=warm-things&category=men")
    assert both.status_code == 422
    problem(await shop.send("GET", "/v1/products?collection=x"), 404, "collections.not_found")
    tells = await shop.send("GET", f"/admin/v1/collections/{warm['id']}", token=key)
    assert tells.json()["looking"]["state"] == "done"
    assert tells.json()["looking"]["done"] == 3


async def test_a_page_of_a_collection_is_kept_until_it_changes(
    shop: Shop, key: str, window: Window
) -> None:
    hoodie = await window.add("red-hoodie", sizes=("S",))
    await made(shop, key, **WARM)
    await settle(shop)
    assert await listed(shop, "warm-things") == ["red-hoodie"]
    with counting_statements() as counted:
        assert await listed(shop, "warm-things") == ["red-hoodie"]
    kept = shop.app.cache.is_listening
    assert counted.statements == 0 or not kept
    await window.stock(hoodie["S"], units=-10)
    await window.settle()
    assert await listed(shop, "warm-things", "&in_stock=true") == []


async def test_a_collection_by_hand_is_filled_and_ordered(
    shop: Shop, key: str, window: Window
) -> None:
    ids = [encode("product", (await window.add(s, sizes=("S",)))[""]) for s in ("a", "b", "c")]
    gifts = await made(shop, key, title="Gifts")
    path = f"/admin/v1/collections/{gifts['id']}/products"
    filled = await shop.send("PUT", path, {"product_ids": [ids[2], ids[0]]}, token=key)
    assert filled.json() == {"changed": 2}
    again = await shop.send("PUT", path, {"product_ids": [ids[2], ids[0]]}, token=key)
    assert again.json() == {"changed": 0}
    put = await shop.send("PUT", f"{path}/{ids[1]}", {"position": 5}, token=key)
    assert put.json() == {"changed": 1}
    await settle(shop)
    assert await listed(shop, "gifts") == ["c", "a", "b"]
    page = (await shop.send("GET", f"{path}?limit=2", token=key)).json()
    rest = await shop.send("GET", f"{path}?limit=2&cursor={page['next_cursor']}", token=key)
    members = page["items"] + rest.json()["items"]
    assert [(m["product_id"], m["position"]) for m in members] == [
        (ids[2], 0),
        (ids[0], 1),
        (ids[1], 5),
    ]
    assert (await shop.send("DELETE", f"{path}/{ids[2]}", token=key)).status_code == 204
    async with shop.app.db.transaction() as tx:
        await catalog.delete_product(tx, decode("product", ids[0]))
    await settle(shop)
    assert await listed(shop, "gifts") == ["b"]
    nobody = {"product_ids": [encode("product", new_id())]}
    problem(await shop.send("PUT", path, nobody, token=key), 404, "catalog.product_not_found")
    warm = await made(shop, key, **WARM)
    by_rules = f"/admin/v1/collections/{warm['id']}/products"
    refused = await shop.send("PUT", by_rules, {"product_ids": []}, token=key)
    problem(refused, 409, "collections.not_manual")


async def test_a_renamed_collection_leads_on_and_a_removed_one_says_so(
    shop: Shop, key: str
) -> None:
    warm = await made(shop, key, **WARM)
    path = f"/admin/v1/collections/{warm['id']}"
    changed = await shop.send("PATCH", path, {"slug": "cosy"}, token=key, if_match='"v1"')
    assert changed.status_code == 200, changed.text
    stale = await shop.send("PATCH", path, {"slug": "x"}, token=key, if_match='"v1"')
    problem(stale, 409, "collections.version_conflict")
    moved = await shop.send("GET", "/v1/collections/warm-things")
    assert (moved.status_code, moved.headers["location"]) == (301, "/v1/collections/cosy")
    other = await made(shop, key, title="Sale")
    taken = await shop.send("PATCH", path, {"slug": "sale"}, token=key)
    problem(taken, 409, "collections.slug_taken")
    gone = await shop.send("DELETE", f"{path}?moved_to={other['id']}", token=key)
    assert gone.status_code == 204, gone.text
    there = await shop.send("GET", "/v1/resolve?path=/collections/warm-things")
    assert (there.status_code, there.json()["path"]) == (301, "/collections/sale")
    await shop.send("DELETE", f"/admin/v1/collections/{other['id']}", token=key)
    problem(await shop.send("GET", "/v1/collections/sale"), 410, "paths.gone")
    trail = (await shop.send("GET", "/admin/v1/audit", token=key)).json()["items"]
    assert [entry["action"] for entry in trail[:2]] == ["collection.deleted"] * 2


@pytest.mark.parametrize(
    "rules",
    [
        {"conditions": []},
        {"conditions": [{"field": "price", "currency": "EUR"}]},
        {"conditions": [{"field": "category", "values": ["ctg_x"]}]},
        {"conditions": [{"field": "category", "values": [encode("category", new_id())]}]},
        {"conditions": [{"field": "weather", "values": ["sun"]}]},
        {"match": "some", "conditions": [{"field": "sale"}]},
    ],
)
async def test_rules_that_cannot_be_are_problems(
    shop: Shop, key: str, rules: dict[str, Any]
) -> None:
    body = {"title": "X", "rules": rules}
    answer = await shop.send("POST", "/admin/v1/collections", body, token=key)
    assert answer.status_code == 422, answer.text
    listed = await shop.send("GET", "/admin/v1/collections", token=key)
    assert listed.json()["items"] == []


async def test_a_collection_is_shown_in_its_window_alone(
    shop: Shop, key: str, window: Window, clock: MovableClock
) -> None:
    await window.add("red-hoodie")
    channel = encode("channel", shop.channel.id)
    now = shop.app.db.clock()
    starts, ends = now + timedelta(hours=1), now + timedelta(hours=3)
    season = {"channel_id": channel, "starts_at": starts.isoformat(), "ends_at": ends.isoformat()}
    warm = await made(shop, key, **WARM, windows=[season])
    assert warm["windows"][0]["starts_at"] == starts.isoformat().replace("+00:00", "Z")
    await made(shop, key, title="Always", rules=WARM["rules"])
    hand = await made(shop, key, title="By hand", windows=[season | {"ends_at": None}])
    await settle(shop)
    product = (await shop.send("GET", "/v1/products/red-hoodie")).json()["id"]
    filled = f"/admin/v1/collections/{hand['id']}/products"
    assert (await shop.send("PUT", filled, {"product_ids": [product]}, token=key)).is_success
    window = await settle(shop)

    async def seen() -> tuple[list[str], list[str], list[int]]:
        listed = (await shop.send("GET", "/v1/collections")).json()["items"]
        told = (await shop.send("GET", "/v1/products/red-hoodie")).json()["collections"]
        paths = [
            f"/v1/{path}{slug}"
            for slug in ("warm-things", "by-hand")
            for path in ("collections/", "products?collection=")
        ]
        answers = [(await shop.send("GET", path)).status_code for path in paths]
        return sorted(c["slug"] for c in listed), sorted(c["slug"] for c in told), answers

    before = (["always"], ["always"], [404] * 4)
    during = (["always", "by-hand", "warm-things"],) * 2 + ([200] * 4,)
    after = (["always", "by-hand"],) * 2 + ([404, 404, 200, 200],)
    assert await seen() == before
    clock.advance(minutes=55)
    assert await seen() == before
    # What was kept ends with the instant, and what stands in it was looked up before.
    clock.advance(minutes=5)
    assert await seen() == during
    assert await listed(shop, "warm-things") == ["red-hoodie"]
    await settle(shop)
    assert await seen() == during
    clock.advance(hours=2)
    assert await seen() == after
    await settle(shop)
    assert await seen() == after

    # A window that is taken away, or moved, holds at once.
    path = f"/admin/v1/collections/{warm['id']}"
    opened = await shop.send("PATCH", path, {"windows": []}, token=key, if_match="*")
    assert opened.json()["windows"] == []
    await settle(shop)
    shop.app.cache.forget_everything()
    assert await seen() == during
    for wrong in (
        [season | {"ends_at": season["starts_at"]}],
        [season, season],
        [{"channel_id": channel}],
        [season | {"channel_id": encode("channel", new_id())}],
    ):
        refused = await shop.send("PATCH", path, {"windows": wrong}, token=key, if_match="*")
        problem(refused, 422, "collections.window_invalid")
    # A channel takes its window with it.
    path = f"/admin/v1/collections/{hand['id']}"
    left = await shop.send("PATCH", path, {"channels": []}, token=key, if_match="*")
    assert (left.json()["channels"], left.json()["windows"]) == ([], [])
