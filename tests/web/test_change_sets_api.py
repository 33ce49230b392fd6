"""Change sets through the administration's API: versions, rights, pages, times, the audit trail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.web.test_storefront_catalog import Process, start
from tests.workflows.window_shop import Shop, open_shop

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import decode, encode
from argosy.modules import staff
from argosy.runtime.db import Database
from argosy.workflows.change_publishing import PublishChangeSet, publish_change_set

SETS = "/admin/v1/change-sets"


class Desk:
    """Somebody at the API of a shop with two products."""

    def __init__(self, shop: Shop, web: Process, key: str, goods: dict[str, str]) -> None:
        self.shop, self.web, self.goods, self._key = shop, web, goods, key

    async def send(
        self, method: str, path: str, body: Any = None, *, ok: int | None = 200, **headers: str
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {headers.pop('key', self._key)}", "If-Match": "*"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.web.client.request(method, path, json=body, headers=sent | named)
        assert ok is None or answer.status_code == ok, answer.text
        return answer

    async def staged(self, *edits: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        made = (await self.send("POST", SETS, {"name": "Launch"}, ok=201)).json()
        body = {"edits": [{"entity_id": self.goods[s], "change": c} for s, c in edits]}
        answer = await self.send("PATCH", f"{SETS}/{made['id']}/edits", body)
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
async def desk(
    db: Database, database_url: str, clock: MovableClock, tmp_path: Path
) -> AsyncIterator[Desk]:
    shop = await open_shop(db)
    made = {slug: await shop.add(slug) for slug in ("mug", "cup")}
    goods = {slug: encode("product", ids[""]) for slug, ids in made.items()}
    goods["mug-S"] = encode("variant", made["mug"]["S"])
    async with db.transaction() as tx:
        secret = await staff.create_secret_key(
            tx, staff.SYSTEM, name="desk",
            scopes=("changes:write", "catalog:write", "prices:write", "audit:read"),
        )  # fmt: skip
    async with AsyncExitStack() as stack:
        web = await start(stack, database_url, clock, tmp_path)
        yield Desk(shop, web, secret.token, goods)


async def test_a_set_is_staged_looked_at_published_and_rolled_back(desk: Desk) -> None:
    price = {"amount": "8.00"}
    made = await desk.staged(
        ("mug", {"title": "Sale mug", "variants": [{"sku": "mug-S", "prices": {"eu": [price]}}]}),
        ("cup", {"title": "Sale cup"}),
    )
    at = f"{SETS}/{made['id']}"
    read = await desk.send("GET", at)
    assert (read.json(), read.headers["etag"]) == (made, '"v2"')
    page = (await desk.send("GET", f"{at}/edits?limit=1")).json()
    rest = (await desk.send("GET", f"{at}/edits?limit=1&cursor={page['next_cursor']}")).json()
    assert rest["next_cursor"] is None
    edits = {e["entity_id"]: e for e in page["items"] + rest["items"]}
    assert [(c["path"], c["before"], c["after"]) for c in edits[desk.goods["mug"]]["changes"]] == [
        ("title", "Mug", "Sale mug"),
        ("variants[mug-S].prices.eu", [{"amount": "10.00"}], [price]),
    ]
    channel = encode("channel", desk.shop.channel.id)
    seen = await desk.send("GET", f"{at}/preview/products/{desk.goods['mug']}?channel_id={channel}")
    assert (seen.json()["before"]["title"], seen.json()["after"]["title"]) == ("Mug", "Sale mug")
    trial = {"channel_id": channel, "lines": [{"variant_id": desk.goods["mug-S"], "quantity": 2}]}
    quote = (await desk.send("POST", f"{at}/preview/quote", trial)).json()
    assert (quote["before"]["total"]["minor"], quote["after"]["total"]["minor"]) == (2000, 1600)
    assert (await desk.send("GET", f"{at}/conflicts")).json() == {"count": 0, "conflicts": []}

    stale = await desk.send("POST", f"{at}/publish", ok=409, If_Match='"v1"')
    assert stale.json()["code"] == "changesets.changed"
    done = await desk.send("POST", f"{at}/publish", If_Match='"v2"', Idempotency_Key="p")
    again = await desk.send("POST", f"{at}/publish", If_Match='"v2"', Idempotency_Key="p")
    assert done.json() == again.json()
    assert done.json()["state"] == "published"
    assert (await desk.send("GET", f"{at}/rollback")).json()["count"] == 0
    changed = {"title": "Better mug"}
    await desk.send("PATCH", f"/admin/v1/products/{desk.goods['mug']}", changed)
    [clash] = (await desk.send("GET", f"{at}/rollback")).json()["conflicts"]
    assert [c["path"] for c in clash["clashes"]] == ["title"]
    refused = await desk.send("POST", f"{at}/rollback", {}, ok=409)
    assert refused.json()["code"] == "changesets.decisions_missing"
    decided = {"decisions": [{"entity_id": desk.goods["mug"], "decision": "keep"}]}
    back = await desk.send("POST", f"{at}/rollback", decided)
    assert back.json()["state"] == "rolled_back"
    mug = (await desk.send("GET", f"/admin/v1/products/{desk.goods['mug']}")).json()
    assert mug["title"] == "Better mug"
    listed = (await desk.send("GET", f"{SETS}?state=rolled_back")).json()["items"]
    assert [one["id"] for one in listed] == [made["id"]]
    trail = (await desk.send("GET", f"/admin/v1/audit?subject={made['id']}")).json()["items"]
    assert [entry["action"] for entry in trail[::-1]] == [
        f"change_set.{act}" for act in ("created", "staged", "published", "rolled_back")
    ]


async def test_conflicts_are_listed_and_resolved(desk: Desk) -> None:
    made = await desk.staged(("mug", {"title": "Mine", "brand": "Acme"}), ("cup", {"brand": "x"}))
    at, mug = f"{SETS}/{made['id']}", desk.goods["mug"]
    await desk.send("PATCH", f"/admin/v1/products/{mug}", {"title": "Theirs"})
    stopped = (await desk.send("POST", f"{at}/publish", ok=409)).json()
    assert stopped["code"] == "changesets.conflicts"
    [one] = (await desk.send("GET", f"{at}/conflicts")).json()["conflicts"]
    assert (one["entity_id"], one["by"], one["clashes"]) == (
        mug, "desk", [{"path": "title", "base": "Mug", "mine": "Mine", "theirs": "Theirs"}],
    )  # fmt: skip
    decision = {"version": one["version"], "theirs": ["title"]}
    await desk.send("POST", f"{at}/edits/{mug}/resolution", decision)
    assert (await desk.send("GET", f"{at}/conflicts")).json()["count"] == 0
    await desk.send("DELETE", f"{at}/edits/{desk.goods['cup']}", ok=204)
    gone = await desk.send("DELETE", f"{at}/edits/{desk.goods['cup']}", ok=404)
    assert gone.json()["code"] == "changesets.edit_not_found"
    assert (await desk.send("POST", f"{at}/publish")).json()["edits"] == 1


async def test_a_set_is_scheduled_by_the_clocks_of_a_market(
    desk: Desk, clock: MovableClock
) -> None:
    made = await desk.staged(("mug", {"title": "Night mug"}))
    at = f"{SETS}/{made['id']}"
    local = {"local": "2030-03-31T02:30:00", "time_zone": "Europe/Berlin"}
    shown = (await desk.send("POST", f"{at}/schedule", {"at": local})).json()
    assert shown["scheduled_for"] == "2030-03-31T01:00:00Z"
    assert (shown["local_time"], shown["time_zone"]) == ("2030-03-31T02:30:00", "Europe/Berlin")
    assert [notice["code"] for notice in shown["notices"]] == ["time_skipped"]
    queued = await desk.shop.db.pool.fetchrow(
        "select execute_after from jobs.pgqueuer where entrypoint = 'publish_change_set'"
    )
    assert queued is not None
    draft = (await desk.send("POST", f"{at}/unschedule")).json()
    assert (draft["state"], draft["scheduled_for"]) == ("draft", None)
    now = (await desk.send("POST", f"{at}/schedule", {"at": clock.now().isoformat()})).json()
    job = PublishChangeSet(change_set_id=decode("change_set", now["id"]), version=now["version"])
    await publish_change_set(desk.web.app, job)
    assert (await desk.send("GET", at)).json()["state"] == "published"
    other = await desk.staged(("mug", {"title": "Day mug"}))
    cancelled = await desk.send("POST", f"{SETS}/{other['id']}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    late = await desk.send("POST", f"{SETS}/{other['id']}/publish", ok=409)
    assert late.json()["code"] == "changesets.state"


async def test_staging_and_publishing_take_different_rights(desk: Desk) -> None:
    async with desk.shop.db.transaction() as tx:
        stager = await staff.create_secret_key(
            tx, staff.SYSTEM, name="stager", scopes=("changes:write",)
        )
        reader = await staff.create_secret_key(
            tx, staff.SYSTEM, name="reader", scopes=("changes:read",)
        )
    body = {"name": "Mine", "note": "two\nlines"}
    made = (await desk.send("POST", SETS, body, ok=201, key=stager.token)).json()
    at = f"{SETS}/{made['id']}"
    edit = {"edits": [{"entity_id": desk.goods["mug"], "change": {"title": "x"}}]}
    await desk.send("PATCH", f"{at}/edits", edit, key=stager.token)
    refused = await desk.send("POST", f"{at}/publish", ok=403, key=stager.token)
    assert refused.json()["scope"] == "catalog:write"
    await desk.send("PATCH", f"{at}/edits", edit, ok=403, key=reader.token)
    assert len((await desk.send("GET", SETS, key=reader.token)).json()["items"]) == 1
    renamed = await desk.send("PATCH", at, {"name": "Ours"}, key=stager.token)
    assert (renamed.json()["name"], renamed.json()["note"]) == ("Ours", "")
    wrong = await desk.send(
        "PATCH", f"{at}/edits", ok=422,
        body={"edits": [{"entity_id": desk.goods["mug"], "change": {"slug": "cup"}}]},
    )  # fmt: skip
    assert wrong.json()["faults"][0]["code"] == "slug_taken"
    assert wrong.json()["field"] == "edits.0.change.slug"
