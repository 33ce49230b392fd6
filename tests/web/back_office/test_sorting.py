"""Lists in another order than the newest first, by page and by API."""

from __future__ import annotations

import re
from typing import Any

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.test_products import a_product
from tests.web.identity.making import Shop

from argosy.drill.clock import MovableClock


async def test_lists_are_sorted_page_by_page_and_refuse_what_would_read_them_through(
    shop: Shop, clock: MovableClock
) -> None:
    desk = await at_desk(shop, "owner")
    paths = []
    for title in ("banana", "Apple", "cherry", "Date", "apple"):
        paths.append(await a_product(desk, title, f"SKU-{len(paths)}"))
        clock.advance(seconds=1)
    page = await desk.get(paths[0])
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version is not None
    changed = {"version": version[1], "brand": "Fresh", "opened.brand": ""}
    held = dict(re.findall(r'name="opened\.(\w+)" value="([^"]*)"', page.text))
    form = held | {f"opened.{name}": value for name, value in held.items()} | changed
    assert (await desk.post(paths[0], form)).status_code == 303
    token = await shop.secret_key("catalog:read", "customers:read", "orders:read")

    async def listed(path: str, key: str) -> list[Any]:
        found: list[Any] = []
        cursor = ""
        while True:
            answer = await shop.send("GET", f"{path}&limit=2{cursor}", token=token)
            assert answer.status_code == 200, answer.text
            found += [one[key] for one in answer.json()["items"]]
            if answer.json()["next_cursor"] is None:
                return found
            cursor = f"&cursor={answer.json()['next_cursor']}"

    by_title = ["Apple", "apple", "banana", "cherry", "Date"]
    assert await listed("/admin/v1/products?sort=title", "title") == by_title
    latest = ["banana", "apple", "Date", "cherry", "Apple"]
    assert await listed("/admin/v1/products?sort=updated", "title") == latest
    assert await listed("/admin/v1/products?sort=title&status=active", "title") == []
    shown = (await desk.get("/admin/products?sort=updated&status=draft")).text
    names = re.findall(r'class="row-link">([^<]*)<', shown)
    assert names == latest
    assert "the latest changed first" in shown
    for name in ("zoe", "Ada"):
        await shop.send(
            "POST",
            "/v1/customers",
            {"email": f"{name}@example.com", "password": "four random words", "name": name},
        )
    assert await listed("/admin/v1/customers?sort=name", "name") == ["Ada", "zoe"]
    assert "by name" in (await desk.get("/admin/customers?sort=name")).text
    assert await listed("/admin/v1/orders?sort=total", "id") == []
    for path, field in (
        ("products?sort=title&q=a", "q"),
        ("orders?sort=total&stage=confirmed", "stage"),
        ("customers?sort=name&email=a@example.com", "email"),
    ):
        refused = await shop.send("GET", f"/admin/v1/{path}", token=token)
        assert (refused.status_code, refused.json()["code"]) == (422, "lists.sort_unfitting")
        assert field in refused.json()["detail"]
    wrong = await desk.get("/admin/products?sort=title&q=app")
    assert wrong.status_code == 422
    assert "lists.sort_unfitting" in wrong.text
    assert "apple" in wrong.text, "the list is there, without the sorting"
    for path in ("products?sort=title", "products?sort=updated", "orders?sort=total"):
        answer = await shop.send("GET", f"/admin/v1/{path}&cursor=rubbish", token=token)
        assert answer.json()["code"] == "paging.cursor_invalid"
