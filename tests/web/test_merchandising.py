"""Pins, boosts and buries: set by the administration, seen in searches and lists at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.hearing import all_heard
from tests.web.test_search import shown, slugs
from tests.web.test_storefront_catalog import Process, start
from tests.workflows.window_shop import Shop, open_shop

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode
from argosy.modules import staff
from argosy.runtime.db import Database, counting_statements
from argosy.web.etag import version_tag

RULES = "/admin/v1/merchandising/rules"


class Desk:
    """A merchandiser of the shop, and its goods by slug."""

    def __init__(self, shop: Shop, web: Process, key: str, goods: dict[str, str]) -> None:
        self.shop, self.web, self.goods = shop, web, goods
        self._key = key
        self.channel = encode("channel", shop.channel.id)

    async def send(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self._key}"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.web.client.request(method, path, json=body, headers=sent | named)

    async def rule(
        self, act: str, scope: str, terms: dict[str, Any], **more: Any
    ) -> dict[str, Any]:
        body = {"channel_id": self.channel, "name": "x", "act": act, "scope": scope, "terms": terms}
        made = await self.send("POST", RULES, body | more)
        assert made.status_code == 201, made.text
        await all_heard(self.web.app.db)
        found: dict[str, Any] = made.json()
        return found

    async def remove(self, rule: dict[str, Any]) -> None:
        tag = version_tag(rule["version"])
        gone = await self.send("DELETE", f"{RULES}/{rule['id']}", If_Match=tag)
        assert gone.status_code == 204, gone.text
        await all_heard(self.web.app.db)

    async def listed(self, query: str = "") -> list[str]:
        items = (await self.web.json(f"/v1/products{query}"))["items"]
        return [item["slug"] for item in items]


@pytest.fixture
async def desk(
    db: Database, database_url: str, clock: MovableClock, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Desk]:  # fmt: skip
    monkeypatch.setattr("argosy.adapters.search.tantivy_index._LOOK_EVERY_S", 0.0)
    shop = await open_shop(db)
    made = {
        slug: await shop.add(slug, brand=brand, stock=stock, categories=("tops",), minor=1000 + n)
        for n, (slug, brand, stock) in enumerate(
            [("tee-a", "Acme", 5), ("tee-b", "Bolt", 5), ("tee-c", "Acme", 0), ("tee-d", "Cora", 5)]
        )
    }
    made["cap"] = await shop.add("cap", brand="Bolt")
    async with db.transaction() as tx:
        public = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="web", channel_id=shop.channel.id
        )
        secret = await staff.create_secret_key(
            tx, staff.SYSTEM, name="desk", scopes=("catalog:write", "audit:read")
        )
    async with AsyncExitStack() as stack:
        web = await start(stack, database_url, clock, tmp_path)
        web.client.headers["X-Publishable-Key"] = public.token
        await shown(shop, web)
        goods = {slug: encode("product", ids[""]) for slug, ids in made.items()}
        yield Desk(shop, web, secret.token, goods)


async def test_rules_order_searches_and_lists(desk: Desk) -> None:
    web, goods = desk.web, desk.goods
    plain, tops = await slugs(web, "tee"), await desk.listed("?category=tops")
    assert set(plain) == set(tops) == {"tee-a", "tee-b", "tee-c", "tee-d"}

    # A pin is first wherever it holds, found or not; what cannot be bought is left out.
    pin = await desk.rule(
        "pin", "query", {"products": [goods["tee-c"], goods["cap"], goods["tee-d"]]},
        queries=["TEE", "shirts"],
    )  # fmt: skip
    assert (await slugs(web, "Tee"))[:2] == ["cap", "tee-d"]
    assert await slugs(web, "shirts") == ["cap", "tee-d"]
    assert await slugs(web, "tee%20xl") == await slugs(web, "xl%20tee")
    assert (await web.json("/v1/search?q=tee&size=S&category=tops"))["items"][0]["slug"] == "tee-d"
    by_price = (await web.json("/v1/search?q=tee&sort=price"))["items"]
    prices = [item["price"]["min"]["minor"] for item in by_price]
    assert prices[:-1] == sorted(prices[:-1]), "what cannot be bought comes last"
    await desk.remove(pin)

    # A boost brings up what it means, a bury takes it down; strengths add up.
    boost = await desk.rule("boost", "everywhere", {"brands": ["BOLT"]}, strength=80)
    assert (await slugs(web, "tee"))[0] == "tee-b"
    assert await desk.listed("?category=tops") == ["tee-b", *(s for s in tops if s != "tee-b")]
    bury = await desk.rule("bury", "everywhere", {"brands": ["bolt", "Cora"]}, strength=90)
    assert (await desk.listed("?category=tops"))[-2:] == ["tee-b", "tee-d"]
    assert set((await slugs(web, "tee"))[-2:]) == {"tee-b", "tee-d"}
    for rule in (boost, bury):
        await desk.remove(rule)
    assert await slugs(web, "tee") == plain
    assert await desk.listed("?category=tops") == tops


async def test_a_category_is_paged_in_its_new_order_narrowed_or_not(desk: Desk) -> None:
    web, goods = desk.web, desk.goods
    tops = await web.app.db.pool.fetchval("select id from catalog.category where path = 'tops'")
    of = {"category_id": encode("category", tops)}
    await desk.rule("pin", "category", {"products": [goods["cap"], goods["tee-d"]]}, **of)
    await desk.rule("bury", "category", {"in_stock": True, "attributes": {"size": ["S"]}},
                    strength=1, **of)  # fmt: skip
    for narrowed, first, last in (
        ("", ["tee-d", "tee-c"], {"tee-a", "tee-b"}),
        ("&in_stock=true", ["tee-d"], {"tee-a", "tee-b"}),
        ("&size=m", ["tee-d"], {"tee-a", "tee-b"}),
    ):
        path = f"/v1/products?category=tops&limit=1{narrowed}"
        got: list[str] = []
        page = await web.json(path)
        total = page["total"]
        got += [item["slug"] for item in page["items"]]
        while page["next_cursor"]:
            page = await web.json(f"{path}&cursor={page['next_cursor']}")
            got += [item["slug"] for item in page["items"]]
        assert got[: len(first)] == first, narrowed
        assert set(got[len(first) :]) == last
        assert total == len(got) == len(set(got))
    # Other lists and other orders are as they were.
    assert "cap" in await desk.listed()
    assert (await desk.listed("?category=tops&sort=price"))[0] == "tee-a"

    # A cursor of the changed order goes on in the plain one.
    page = await web.json("/v1/products?category=tops&limit=1")
    for rule in (await desk.send("GET", RULES)).json()["items"]:
        await desk.remove(rule)
    after = f"/v1/products?category=tops&cursor={page['next_cursor']}"
    assert len((await web.json(after))["items"]) == 4


async def test_a_schedule_starts_and_ends_to_the_instant_even_in_kept_answers(
    desk: Desk, clock: MovableClock
) -> None:
    start_at = clock.now() + timedelta(hours=1)
    when = {
        "starts_at": start_at.isoformat(),
        "ends_at": (start_at + timedelta(hours=1)).isoformat(),
    }
    plain = await desk.listed("?category=tops")
    assert plain[0] != "tee-d"
    made = await desk.rule("pin", "everywhere", {"products": [desk.goods["tee-d"]]}, **when)
    assert await desk.listed("?category=tops") == plain
    preview = "/admin/v1/merchandising/preview"
    for place, first in ((f"q=tee&channel_id={desk.channel}", "tee-d"),
                         (f"channel_id={desk.channel}", "tee-d")):  # fmt: skip
        seen = await desk.send("GET", f"{preview}?{place}&at={quote(when['starts_at'])}")
        assert seen.status_code == 200, seen.text
        assert seen.json()["items"][0]["slug"] == first
        assert seen.json()["items"][0]["pinned"]
        assert [rule["id"] for rule in seen.json()["rules"]] == [made["id"]]
        now = (await desk.send("GET", f"{preview}?{place}")).json()
        assert not any(item["pinned"] for item in now["items"])
        assert now["rules"] == []
    clock.advance(seconds=3599)
    assert await desk.listed("?category=tops") == plain
    clock.advance(seconds=1)
    with counting_statements() as cost:
        assert (await desk.listed("?category=tops"))[0] == "tee-d"
    assert cost.statements == 2, "where the pins are, and the page"
    with counting_statements() as cost:
        assert (await desk.listed("?category=tops"))[0] == "tee-d"
    assert cost.statements == 0
    assert (await slugs(desk.web, "tee"))[0] == "tee-d"
    clock.advance(seconds=3600)
    assert await desk.listed("?category=tops") == plain


async def test_rules_are_kept_by_version_and_in_the_audit_trail(desk: Desk) -> None:
    made = await desk.rule("boost", "contains", {"on_sale": True}, queries=["  Tee "], strength=5)
    assert made["queries"] == ["tee"]
    body = {"name": "y", "act": "bury", "scope": "everywhere", "terms": {"in_stock": False}}
    path = f"{RULES}/{made['id']}"
    changed = await desk.send("PUT", path, body | {"strength": 7}, If_Match=version_tag(1))
    assert changed.json()["version"] == 2
    assert changed.headers["etag"] == (await desk.send("GET", path)).headers["etag"]
    stale = await desk.send("PUT", path, body | {"strength": 8}, If_Match=version_tag(1))
    assert stale.status_code in {409, 412}, stale.text
    for wrong, status, field in (
        ({"terms": {"products": [encode("product", desk.shop.channel.id)]}, "strength": 1}, 404,
         "terms.products"),
        ({"scope": "category", "strength": 1,
          "category_id": encode("category", desk.shop.channel.id)}, 404, None),
        ({"strength": 0}, 422, "strength"),
    ):  # fmt: skip
        refused = await desk.send("PUT", path, body | wrong, If_Match=version_tag(2))
        assert refused.status_code == status, refused.text
        if field:
            assert field in refused.text
    await desk.remove(changed.json())
    assert (await desk.send("GET", path)).json()["code"] == "merchandising.rule_not_found"
    trail = (await desk.send("GET", f"/admin/v1/audit?subject={made['id']}")).json()["items"]
    assert [entry["action"].partition(".")[2] for entry in trail] == [
        "deleted",
        "changed",
        "created",
    ]
