"""Mappings and feeds over HTTP."""

from __future__ import annotations

from typing import Any

import msgspec
from tests.web.catalog.test_catalog_api import problem
from tests.web.identity.making import Shop

from argosy.modules import feeds, imports, inventory, pricing
from argosy.runtime.credentials import unlocked
from argosy.workflows.product_applying import apply_plan
from argosy.workflows.product_planning import MakeImportPlan, make_import_plan

LIST = "Nr;Name;VK;Bestand\nA1;Hut;12,50;3\nA2;Kappe;abc;1\n".encode("cp1252")
DOCUMENT: dict[str, Any] = {
    "rules": [
        {"field": "slug", "column": "Nr"},
        {"field": "title", "column": "Name"},
        {"field": "variant.sku", "column": "Nr"},
        {
            "field": "variant.price.eur",
            "column": "VK",
            "transforms": [{"do": "number", "decimal": ","}],
        },
    ]
}
BASE = "/admin/v1/import-mappings"


async def a_list(shop: Shop, key: str, content: bytes = LIST) -> str:
    async with shop.app.db.transaction() as tx:
        if not await pricing.list_price_lists(tx, limit=5):
            new = pricing.CreatePriceList(code="eur", name="eur", currency="EUR")
            await pricing.create_price_list(tx, new)
            await inventory.create_location(tx, code="main", name="m", country="DE", address={})
    sent = await shop.client.post(
        "/admin/v1/uploads", content=content, headers={"authorization": f"Bearer {key}"}
    )
    assert sent.status_code == 201, sent.text
    upload: str = sent.json()["upload"]
    return upload


async def test_a_mapping_is_suggested_tried_saved_and_imported_by(shop: Shop, key: str) -> None:
    upload = await a_list(shop, key)
    asked = {"upload": upload, "price_list": "eur", "location": "main"}
    head = (await shop.send("POST", f"{BASE}/suggestions", asked, token=key)).json()
    assert [(c["column"], c["field"], c["samples"][0]) for c in head["columns"]] == [
        ("Nr", None, "A1"), ("Name", "title", "Hut"), ("VK", "variant.price.eur", "12,50"),
        ("Bestand", "variant.stock.main", "3"),
    ]  # fmt: skip
    tried = {"upload": upload, "mapping": DOCUMENT}
    hat, cap = (await shop.send("POST", f"{BASE}/previews", tried, token=key)).json()["products"]
    assert hat["record"]["variants"] == [{"sku": "A1", "prices": {"eur": [{"amount": "12.5"}]}}]
    assert [(f["row"], f["column"]) for f in cap["faults"]] == [(3, "VK")]
    body = {"code": "s", "name": "S", "document": DOCUMENT}
    made = await shop.send("POST", BASE, body, token=key)
    assert (made.status_code, made.headers["etag"]) == (201, '"v1"')
    problem(await shop.send("POST", BASE, body, token=key), 409, "mappings.exists")
    wrong = {"name": "S", "document": {"rules": [{"field": "colour", "column": "x"}]}}
    refused = await shop.send("PUT", f"{BASE}/s", wrong, token=key)
    assert problem(refused, 422, "mappings.invalid")["field"] == "rules[0]"
    later = {"name": "S", "document": DOCUMENT | {"decimal_separator": ","}}
    changed = await shop.send("PUT", f"{BASE}/s", later, token=key, if_match='"v1"')
    assert changed.json()["version"] == 2
    stale = await shop.send("PUT", f"{BASE}/s", later, token=key, if_match='"v1"')
    problem(stale, 409, "mappings.version_conflict")
    same = await shop.send("PUT", f"{BASE}/s", later, token=key)
    assert same.headers["etag"] == '"v2"'
    versions = (await shop.send("GET", f"{BASE}/s/versions", token=key)).json()["items"]
    assert [v["version"] for v in versions] == [2, 1]
    plan = {"upload": upload, "format": "mapped", "mapping": "s", "file_name": "list.csv"}
    planned = await shop.send("POST", "/admin/v1/import-plans", plan, token=key)
    assert planned.status_code == 202, planned.text
    async with shop.app.db.reading() as tx:
        [stored] = await imports.list_plans(tx, after=None, limit=5)
    assert stored.options["mapping_version"] == 2
    await make_import_plan(shop.app, MakeImportPlan(plan_id=stored.id))
    done = await apply_plan(shop.app, stored.id)
    assert (done.applied, done.rejects) == (1, 1)
    gone = await shop.send("DELETE", f"{BASE}/s", token=key)
    assert gone.status_code == 204
    problem(await shop.send("GET", f"{BASE}/s", token=key), 404, "mappings.not_found")
    none = await shop.send("POST", "/admin/v1/import-plans", plan, token=key)
    problem(none, 404, "mappings.not_found")
    entries = (await shop.send("GET", "/admin/v1/audit?limit=50", token=key)).json()["items"]
    actions = [entry["action"] for entry in entries]
    for action in ("mapping.created", "mapping.replaced", "mapping.deleted"):
        assert actions.count(action) == 1


FEED = {
    "code": "hats", "name": "Hats", "url": "https://supplier.example/hats.jsonl",
    "format": "jsonl", "schedule": "0 5 * * *",
}  # fmt: skip


async def test_a_feed_is_made_changed_paused_and_pulled(shop: Shop, key: str) -> None:
    path = "/admin/v1/feeds"
    body = FEED | {"auth": "bearer", "secret": "t0ken", "options": {"channels": ["web"]}}
    made = await shop.send("POST", path, body, token=key)
    assert made.status_code == 201, made.text
    feed = made.json()
    assert "t0ken" not in made.text
    assert (feed["state"], feed["failures"], feed["auth"]) == ("active", 0, "bearer")
    problem(await shop.send("POST", path, body, token=key), 409, "feeds.exists")
    for change, code in (
        ({"url": "http://supplier.example/x"}, "feeds.address_refused"),
        ({"schedule": "every day"}, "feeds.schedule_invalid"),
        ({"zone": "Europe/Nowhere"}, "time.zone_unknown"),
        ({"format": "mapped"}, "feeds.invalid"),
        ({"mapping": "nothing"}, None),
        ({"secret": None}, "feeds.invalid"),
        ({"format": "shopify"}, "feeds.invalid"),
    ):
        answer = await shop.send("PATCH", f"{path}/hats", change, token=key)
        if code:
            problem(answer, 422, code)
        else:
            problem(answer, 404, "mappings.not_found")
    changed = await shop.send(
        "PATCH", f"{path}/hats", {"secret": "other"}, token=key, if_match='"v1"'
    )
    assert changed.headers["etag"] == '"v2"'
    stale = await shop.send("PATCH", f"{path}/hats", {"name": "x"}, token=key, if_match='"v1"')
    problem(stale, 409, "feeds.version_conflict")
    async with shop.app.db.reading() as tx:
        stored = await feeds.feed_by_code(tx, "hats")
        box = await feeds.secret_of(tx, stored.id)
    secret_key = shop.app.settings.secret_key.get_secret_value()
    assert unlocked(secret_key, box or b"", purpose="feed secrets") == "other"
    assert unlocked(secret_key, box or b"") is None
    paused = await shop.send("POST", f"{path}/hats/pause", token=key)
    assert paused.json()["state"] == "paused"
    run = await shop.send("POST", f"{path}/hats/runs", {}, token=key)
    assert (run.status_code, run.json()["state"]) == (202, "queued")
    problem(await shop.send("POST", f"{path}/hats/runs", {}, token=key), 409, "feeds.busy")
    runs = (await shop.send("GET", f"{path}/hats/runs", token=key)).json()["items"]
    assert [r["id"] for r in runs] == [run.json()["id"]]
    listed = (await shop.send("GET", path, token=key)).json()["items"]
    assert [(f["code"], f["last_run"]["state"]) for f in listed] == [("hats", "queued")]
    await shop.send("POST", f"{path}/hats/resume", token=key)
    assert (await shop.send("DELETE", f"{path}/hats", token=key)).status_code == 204
    problem(await shop.send("GET", f"{path}/hats", token=key), 404, "feeds.not_found")
    entries = (await shop.send("GET", "/admin/v1/audit?limit=50", token=key)).json()["items"]
    told = msgspec.json.encode(entries)
    assert b"t0ken" not in told
    actions = {entry["action"] for entry in entries}
    assert actions >= {"feed.created", "feed.changed", "feed.paused", "feed.resumed",
                       "feed.pulled", "feed.deleted"}  # fmt: skip
