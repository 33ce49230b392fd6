"""The catalogue through the administration's API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image
from tests.adapters.imaging.pictures import encoded, picture
from tests.adapters.storage.test_images import GPS, png
from tests.web.catalog.conftest import SHIRT
from tests.web.identity.making import Shop

from argosy.kernel.ids import decode, encode
from argosy.runtime.db import counting_statements
from argosy.workflows.product_applying import ApplyImportPlan, apply_import_plan
from argosy.workflows.product_import import RunProductImport, run_product_import
from argosy.workflows.product_planning import MakeImportPlan, make_import_plan
from argosy.workflows.product_reverting import RevertImportPlan, revert_import_plan

NOBODY = encode("product", UUID(int=7))


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert body["code"] == code
    return body


async def test_a_product_is_made_read_changed_and_removed(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    path = f"/admin/v1/products/{shirt['id']}"
    read = await shop.send("GET", path, token=key)
    assert read.json() == shirt
    assert read.headers["etag"] == '"v1"'
    fresh = await shop.send("GET", path, token=key, if_none_match='"v1"')
    assert fresh.status_code == 304
    changed = await shop.send(
        "PATCH", path, {"title": "Tunic", "attributes": {"care": None}}, token=key, if_match='"v1"'
    )
    assert changed.json()["title"] == "Tunic"
    assert changed.json()["attributes"].keys() == {"material", "eco", "length"}
    assert changed.json()["options"] == SHIRT["options"]
    stale = await shop.send("PATCH", path, {"title": "X"}, token=key, if_match='"v1"')
    problem(stale, 409, "catalog.version_conflict")
    assert (await shop.send("DELETE", path, token=key)).status_code == 204
    problem(await shop.send("GET", path, token=key), 404, "catalog.product_not_found")


async def test_every_fault_is_named_at_once(shop: Shop, key: str) -> None:
    body = SHIRT | {"variants": [{"sku": "A", "gtin": "123", "options": {"Size": "XXL"}}]}
    answer = await shop.send("POST", "/admin/v1/products", body, token=key)
    details = problem(answer, 422, "catalog.input_invalid")
    assert {"variants[0].gtin", "variants[0].options.Size"} <= {
        fault["column"] for fault in details["faults"]
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"title": "X", "colour": "red"}, 422),
        ({"title": 5}, 422),
        ({"title": ""}, 422),
        ({"title": "X", "status": "sold"}, 422),
        ({"title": "X", "slug": "a/b"}, 422),
        ({"title": "X", "variants": [{"sku": "S-S"}]}, 409),
        ({"title": "X", "variants": [{}]}, 422),
        ({"title": "X", "categories": ["nowhere"]}, 422),
        ({"title": "X", "attributes": {"eco": "perhaps"}}, 422),
        ({}, 422),
    ],
)
async def test_bad_products_are_problems_and_leave_nothing(
    shop: Shop, key: str, shirt: dict[str, Any], body: dict[str, Any], status: int
) -> None:
    answer = await shop.send("POST", "/admin/v1/products", body, token=key)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    listed = await shop.send("GET", "/admin/v1/products", token=key)
    assert [p["id"] for p in listed.json()["items"]] == [shirt["id"]]


async def test_the_same_key_makes_one_product(shop: Shop, key: str) -> None:
    first = await shop.send("POST", "/admin/v1/products", SHIRT, token=key, idempotency_key="k1")
    again = await shop.send("POST", "/admin/v1/products", SHIRT, token=key, idempotency_key="k1")
    assert first.content == again.content
    other = await shop.send("POST", "/admin/v1/products", SHIRT, token=key)
    assert other.status_code == 409


async def test_variants_are_paged_added_changed_and_removed(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    path = f"/admin/v1/products/{shirt['id']}/variants"
    added = await shop.send("POST", path, {"sku": "S-L", "options": {"Size": "L"}}, token=key)
    assert added.status_code == 201, added.text
    first = (await shop.send("GET", path + "?limit=2", token=key)).json()
    second = await shop.send("GET", f"{path}?limit=2&cursor={first['next_cursor']}", token=key)
    assert [v["sku"] for v in first["items"] + second.json()["items"]] == ["S-S", "S-M", "S-L"]
    variant = f"/admin/v1/variants/{added.json()['id']}"
    changed = await shop.send("PATCH", variant, {"weight_g": 300}, token=key, if_match='"v1"')
    assert changed.json()["weight_g"] == 300
    taken = await shop.send("PATCH", variant, {"sku": "s-s "}, token=key)
    problem(taken, 409, "catalog.sku_taken")
    same = await shop.send("PATCH", variant, {"options": {"Size": "S"}}, token=key)
    problem(same, 409, "catalog.variant_options_taken")
    assert (await shop.send("DELETE", variant, token=key)).status_code == 204
    problem(await shop.send("GET", variant, token=key), 404, "catalog.variant_not_found")


async def test_E10_publication_in_market_time(shop: Shop, key: str, shirt: dict[str, Any]) -> None:
    channel = encode("channel", shop.channel.id)
    path = f"/admin/v1/products/{shirt['id']}/publications/{channel}"
    shown = await shop.send("PUT", path, {"publish_from": "2026-07-01T00:00:00"}, token=key)
    [entry] = shown.json()["publications"]
    assert entry["publish_from"] == "2026-06-30T22:00:00Z"
    empty = {"publish_from": "2026-07-01T00:00:00", "publish_until": "2026-07-01T00:00:00"}
    problem(await shop.send("PUT", path, empty, token=key), 422, "catalog.input_invalid")
    for _ in range(2):
        assert (await shop.send("DELETE", path, token=key)).status_code == 204
    read = await shop.send("GET", f"/admin/v1/products/{shirt['id']}", token=key)
    assert read.json()["publications"] == []
    foreign = path.replace(channel, encode("channel", UUID(int=9)))
    problem(await shop.send("PUT", foreign, {}, token=key), 404, "channels.not_found")


async def test_E9_categories_move_and_never_into_themselves(shop: Shop, key: str) -> None:
    async def make(name: str, parent: str | None = None) -> str:
        body = {"name": name, "parent_id": parent}
        made = await shop.send("POST", "/admin/v1/categories", body, token=key)
        assert made.status_code == 201, made.text
        identity: str = made.json()["id"]
        return identity

    men = await make("Men")
    tops = await make("Tops", men)
    path = f"/admin/v1/categories/{men}"
    problem(
        await shop.send("PATCH", path, {"parent_id": tops}, token=key),
        422,
        "catalog.category_cycle",
    )
    problem(await shop.send("DELETE", path, token=key), 409, "catalog.category_not_empty")
    root = await shop.send("PATCH", f"/admin/v1/categories/{tops}", {"parent_id": None}, token=key)
    assert root.json()["path"] == "tops"
    tree = (await shop.send("GET", "/admin/v1/categories", token=key)).json()
    assert [c["path"] for c in tree["items"]] == ["men", "tops"]


async def test_attributes_are_defined_and_keep_their_kind(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    path = "/admin/v1/attributes/material"
    body = {"label": "Material", "kind": "choice", "choices": ["Wool"], "facet": True}
    assert (await shop.send("PUT", path, body, token=key)).status_code == 200
    problem(
        await shop.send("PUT", path, {"label": "M", "kind": "text"}, token=key),
        422,
        "catalog.input_invalid",
    )
    wrong = await shop.send(
        "PATCH",
        f"/admin/v1/products/{shirt['id']}",
        {"attributes": {"material": ["Iron"]}},
        token=key,
    )
    assert problem(wrong, 422, "catalog.input_invalid")["faults"][0]["code"] == "attribute_choice"
    bad_code = await shop.send("PUT", "/admin/v1/attributes/No!", body, token=key)
    assert bad_code.status_code == 422


async def test_a_definition_says_all_that_its_values_must_be(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    body = {"label": "Mass", "kind": "number", "unit": "kg", "dimension": "mass", "maximum": "2"}
    made = await shop.send("PUT", "/admin/v1/attributes/mass", body, token=key)
    assert made.status_code == 200
    assert made.json().items() >= {**body, "level": "product", "searchable": True}.items()
    wrong = body | {"dimension": "length"}
    refused = await shop.send("PUT", "/admin/v1/attributes/mass", wrong, token=key)
    assert problem(refused, 422, "catalog.input_invalid")["field"] == "unit"

    path = f"/admin/v1/products/{shirt['id']}"
    heavy = {"attributes": {"mass": {"number": "3", "unit": "kg"}}}
    refused = await shop.send("PATCH", path, heavy, token=key)
    assert problem(refused, 422, "catalog.input_invalid")["faults"] == [
        {
            "column": "attributes.mass",
            "code": "attribute_range",
            "message": "mass is to be at most 2 kg.",
        }
    ]
    light = {"attributes": {"mass": {"number": "3", "unit": "lb"}}}
    changed = await shop.send("PATCH", path, light, token=key)
    assert changed.json()["attributes"]["mass"]["canonical"] == {
        "number": "1360.77711",
        "unit": "g",
    }


def a_photograph() -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, GPS.decode()
    content = encoded(picture(40, 30), exif=exif)
    assert GPS in content
    return content


async def upload(shop: Shop, key: str, path: str, content: bytes) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}", "content-type": "application/octet-stream"}
    return await shop.client.post(path, content=content, headers=headers)


async def test_E13_a_photograph_is_cleaned_shown_and_kept_for_good(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    path = f"/admin/v1/media?alt=Front&product_id={shirt['id']}&file_name=front.jpg"
    made = await upload(shop, key, path, a_photograph())
    assert made.status_code == 201, made.text
    media = made.json()
    assert (media["content_type"], media["width"], media["alt"]) == ("image/jpeg", 30, "Front")
    shown = await shop.client.get(media["url"])
    assert GPS not in shown.content
    assert shown.headers["content-type"] == "image/jpeg"
    assert "immutable" in shown.headers["cache-control"]
    kept = await shop.client.get(media["url"], headers={"if-none-match": shown.headers["etag"]})
    assert kept.status_code == 304
    read = (await shop.send("GET", f"/admin/v1/products/{shirt['id']}", token=key)).json()
    assert [m["id"] for m in read["media"]] == [media["id"]]
    variants = await shop.send("GET", f"/admin/v1/products/{shirt['id']}/variants", token=key)
    variant = f"/admin/v1/variants/{variants.json()['items'][0]['id']}"
    pictured = await shop.send("PATCH", variant, {"media_id": media["id"]}, token=key)
    assert pictured.json()["media_id"] == media["id"]
    one = f"/admin/v1/media/{media['id']}"
    assert (await shop.send("PATCH", one, {"alt": None}, token=key)).json()["alt"] == ""
    assert (await shop.send("DELETE", one, token=key)).status_code == 204
    after = await shop.send("GET", variant, token=key)
    assert after.json()["media_id"] is None


@pytest.mark.parametrize("content", [b"<svg/>", b"%!PS", b"\x89PNG\r\n\x1a\n", png(30_000, 3)])
async def test_E13_other_files_are_refused(shop: Shop, key: str, content: bytes) -> None:
    problem(await upload(shop, key, "/admin/v1/media", content), 422, "media.refused")


async def test_an_empty_upload_and_unknown_media_are_problems(shop: Shop, key: str) -> None:
    problem(await upload(shop, key, "/admin/v1/media", b""), 422, "uploads.empty")
    for path in ("/media/nothing.webp", "/media/" + "0" * 40 + ".webp"):
        problem(await shop.client.get(path), 404, "catalog.media_not_found")
    foreign = await upload(
        shop, key, f"/admin/v1/media?product_id={NOBODY}", encoded(picture(2, 2), "PNG")
    )
    problem(foreign, 404, "catalog.product_not_found")


async def test_an_upload_becomes_an_import_with_a_report(shop: Shop, key: str) -> None:
    lines = b'{"kind":"product","title":"Hat","variants":[{"sku":"HAT"}]}\n{"kind":"product"}\nx\n'
    received = await upload(shop, key, "/admin/v1/uploads", lines)
    assert received.status_code == 201, received.text
    body = {**received.json(), "format": "jsonl", "file_name": "hats.jsonl"}
    asked = await shop.send("POST", "/admin/v1/imports", body, token=key, idempotency_key="i1")
    assert (asked.status_code, asked.json()["state"]) == (202, "queued"), asked.text
    again = await shop.send("POST", "/admin/v1/imports", body, token=key, idempotency_key="i1")
    assert again.content == asked.content
    run_id = asked.json()["id"]
    await run_product_import(shop.app, RunProductImport(run_id=decode("import", run_id)))
    done = (await shop.send("GET", f"/admin/v1/imports/{run_id}", token=key)).json()
    assert (done["state"], done["created"], done["failed"]) == ("done", 1, 2)
    issues = (await shop.send("GET", f"/admin/v1/imports/{run_id}/issues", token=key)).json()
    assert [(i["row"], i["code"]) for i in issues["items"]] == [
        (3, "not_json"),
        (2, "title_missing"),
    ]
    listed = (await shop.send("GET", "/admin/v1/imports", token=key)).json()
    assert [r["id"] for r in listed["items"]] == [run_id]
    export = await shop.send("GET", "/admin/v1/exports/products", token=key)
    assert export.headers["content-type"].startswith("application/x-ndjson")
    assert b'"slug":"hat"' in export.content


async def test_an_upload_is_planned_acknowledged_applied_and_reverted(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    lines = (
        b'{"kind":"product","slug":"%s","title":"Tunic","publications":[],"status":"archived"}\n'
    )
    upload_key = (
        await upload(shop, key, "/admin/v1/uploads", lines % shirt["slug"].encode())
    ).json()
    body = {**upload_key, "format": "jsonl", "file_name": "shirts.jsonl"}
    plans = "/admin/v1/import-plans"
    asked = await shop.send("POST", plans, body, token=key, idempotency_key="p1")
    assert (asked.status_code, asked.json()["state"]) == (202, "queued"), asked.text
    one = f"{plans}/{asked.json()['id']}"
    plan_id = decode("import_plan", asked.json()["id"])
    await make_import_plan(shop.app, MakeImportPlan(plan_id=plan_id))
    plan = (await shop.send("GET", one, token=key)).json()
    assert (plan["state"], plan["updates"]) == ("planned", 1)
    assert [g["name"] for g in plan["outliers"]] == ["products_vanish"]
    [row] = (await shop.send("GET", f"{one}/rows?decision=update", token=key)).json()["items"]
    assert {c["path"] for c in row["changes"]} >= {"title", "status"}
    assert row["product_id"] == shirt["id"]
    assert (await shop.send("GET", f"{one}/rows?state=failed", token=key)).json()["items"] == []
    [outlier] = (await shop.send("GET", f"{one}/outliers?name=products_vanish", token=key)).json()[
        "items"
    ]
    assert (outlier["before"], outlier["after"]) == ("active", "archived")
    refused = await shop.send("POST", f"{one}/apply", {}, token=key)
    problem(refused, 409, "imports.outliers_unacknowledged")
    wrong = await shop.send("POST", f"{one}/acknowledgements", {"names": ["weather"]}, token=key)
    problem(wrong, 422, "imports.outlier_unknown")
    names = {"names": ["products_vanish"]}
    told = await shop.send("POST", f"{one}/acknowledgements", names, token=key)
    assert told.json()["outliers"][0]["acknowledged_by"]
    assert (await shop.send("POST", f"{one}/apply", {}, token=key)).json()["state"] == "applying"
    await apply_import_plan(shop.app, ApplyImportPlan(plan_id=plan_id))
    path = f"/admin/v1/products/{shirt['id']}"
    assert (await shop.send("GET", path, token=key)).json()["title"] == "Tunic"
    assert (await shop.send("POST", f"{one}/revert", {}, token=key)).status_code == 202
    await revert_import_plan(shop.app, RevertImportPlan(plan_id=plan_id))
    back = (await shop.send("GET", path, token=key)).json()
    assert (back["title"], back["status"]) == (shirt["title"], shirt["status"])
    done = (await shop.send("GET", one, token=key)).json()
    assert (done["state"], done["reverted"], done["kept"]) == ("reverted", 1, 0)
    problem(await shop.send("POST", f"{one}/discard", None, token=key), 409, "imports.plan_state")
    listed = (await shop.send("GET", plans, token=key)).json()["items"]
    assert [p["id"] for p in listed] == [done["id"]]
    trail = await shop.send("GET", f"/admin/v1/audit?subject={done['id']}", token=key)
    assert {e["action"] for e in trail.json()["items"]} == {
        "import.planned", "import.acknowledged", "import.applied", "import.reverted",
    }  # fmt: skip


async def test_scopes_guard_every_operation(shop: Shop, key: str, shirt: dict[str, Any]) -> None:
    reader = await shop.secret_key("catalog:read")
    stranger = await shop.secret_key("orders:write")
    path = f"/admin/v1/products/{shirt['id']}"
    assert (await shop.send("GET", path, token=reader)).status_code == 200
    assert (await shop.send("GET", path, token=stranger)).status_code == 403
    assert (await shop.send("GET", path)).status_code == 401
    for method, target, body in (
        ("PATCH", path, {"title": "X"}),
        ("DELETE", path, None),
        ("POST", "/admin/v1/products", SHIRT),
        ("POST", "/admin/v1/categories", {"name": "X"}),
        ("PUT", "/admin/v1/attributes/x", {"label": "X", "kind": "text"}),
        ("POST", "/admin/v1/imports", {"upload": "upload-" + "0" * 32 + ".bin", "format": "jsonl"}),
    ):
        answer = await shop.send(method, target, body, token=reader)
        assert answer.status_code == 403, (method, target, answer.text)


async def test_every_change_is_in_the_audit_trail(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    path = f"/admin/v1/products/{shirt['id']}"
    await shop.send("PATCH", path, {"title": "Tunic"}, token=key)
    await shop.send("PATCH", path, {"title": "Tunic"}, token=key)
    trail = await shop.send("GET", f"/admin/v1/audit?subject={shirt['id']}", token=key)
    entries = trail.json()["items"]
    assert [e["action"] for e in entries] == ["product.changed", "product.created"]
    assert (entries[0]["before"], entries[0]["after"]) == ({"title": "Shirt"}, {"title": "Tunic"})


async def test_the_variants_of_a_product_expand_to_prices_and_stock(shop: Shop) -> None:
    key = await shop.secret_key("catalog:write", "prices:write", "inventory:write", "channels:read")
    variants = [{"sku": f"S-{n}", "options": {"Size": str(n)}} for n in range(3)]
    body = {"title": "Shirt", "options": [{"name": "Size", "values": ["0", "1", "2"]}]}
    made = await shop.send("POST", "/admin/v1/products", body | {"variants": variants}, token=key)
    assert made.status_code == 201, made.text
    path = f"/admin/v1/products/{made.json()['id']}/variants"
    plain = (await shop.send("GET", path, token=key)).json()["items"]
    assert {(one["prices"], one["stock"]) for one in plain} == {(None, None)}
    first, second = plain[0]["id"], plain[1]["id"]
    named = {"code": "retail", "name": "Retail", "currency": "EUR"}
    price_list = (await shop.send("POST", "/admin/v1/price-lists", named, token=key)).json()
    prices = {"prices": [{"variant_id": first, "amount_minor": 1900}]}
    priced = await shop.send(
        "POST", f"/admin/v1/price-lists/{price_list['id']}/prices", prices, token=key
    )
    assert priced.status_code < 300, priced.text
    place = {"code": "main", "name": "Main", "country": "DE"}
    at = (await shop.send("POST", "/admin/v1/locations", place, token=key)).json()["id"]
    count = {
        "reason": "x",
        "items": [{"variant_id": v, "location_id": at, "on_hand": 7} for v in (first, second)],
    }
    await shop.send("POST", "/admin/v1/stock-counts", count, token=key)

    statements = []
    for query in ("", "?expand=prices,stock", "?expand=prices,stock&limit=1"):
        with counting_statements() as ran:
            answer = await shop.send("GET", path + query, token=key)
        assert answer.status_code == 200, answer.text
        statements.append(len(ran.names))
        if query.endswith("stock"):
            shown = answer.json()["items"]
    assert statements == [statements[0], statements[0] + 2, statements[0] + 2]
    assert [[p["amount_minor"] for p in one["prices"]] for one in shown] == [[1900], [], []]
    assert shown[0]["prices"][0]["price_list_id"] == price_list["id"]
    assert [[x["on_hand"] for x in one["stock"]] for one in shown] == [[7], [7], []]
    unknown = await shop.send("GET", f"{path}?expand=colour", token=key)
    assert (unknown.json()["code"], unknown.json()["allowed"]) == (
        "request.expand_unknown",
        ["prices", "stock"],
    )
    reader = await shop.secret_key("catalog:read")
    refused = await shop.send("GET", f"{path}?expand=stock", token=reader)
    assert refused.json()["code"] == "auth.forbidden"
