"""What the law wants said beside products: over HTTP, on pages, in files, and before publishing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.adapters.storage.test_hostile import svg
from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import fill, led, noted
from tests.web.catalog.test_brands_api import window
from tests.web.catalog.test_catalog_api import problem, upload
from tests.web.identity.making import Shop
from tests.workflows.window_shop import Shop as Window

from argosy.adapters.tabular import JsonLines
from argosy.kernel.ids import decode, encode
from argosy.modules import catalog
from argosy.runtime.subscriptions import Subscription
from argosy.workflows import complying
from argosy.workflows.branding import find_brands
from argosy.workflows.complying import Recheck
from argosy.workflows.product_export import export_products
from argosy.workflows.product_import import import_products
from argosy.workflows.reactions import ON

__all__ = ["window"]

COMPLY = Subscription(
    "comply_changed",
    frozenset(e.TYPE for e, heard in ON.items() if complying.comply_changed in heard),
    complying.comply_changed,
)
PARTY = {
    "code": "ridge", "name": "Ridge Ltd", "street": "Mill Lane 1", "city": "Leeds",
    "country": "GB", "email": "safety@ridge.example",
}  # fmt: skip
IN_UNION = {**PARTY, "code": "eu-rep", "name": "Rep GmbH", "city": "Kiel", "country": "DE"}


@pytest.fixture
async def key(shop: Shop) -> str:
    return await shop.secret_key("catalog:write", "audit:read")


async def made(shop: Shop, key: str, path: str, body: Any) -> Any:
    answer = await shop.send("POST", path, body, token=key)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def put(shop: Shop, key: str, path: str, body: Any, **headers: str) -> Any:
    answer = await shop.send("PUT", path, body, token=key, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def found(shop: Shop, key: str, **query: str) -> list[dict[str, Any]]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answer = await shop.send("GET", f"/admin/v1/compliance/findings?{asked}", token=key)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def picture(shop: Shop, key: str, product: str) -> str:
    path = f"/admin/v1/media?product_id={product}&file_name=a.svg"
    answer = await upload(shop, key, path, svg("<rect width='9' height='9'/>"))
    assert answer.status_code == 201, answer.text
    url: str = answer.json()["url"]
    return url.rpartition("/")[2]


async def test_what_lacks_something_is_reported_refused_and_shown_once_it_is_said(
    shop: Shop, key: str, window: Window
) -> None:
    tee = encode("product", (await window.add("tee", brand="Ridge"))[""])
    await window.settle()
    plain = (await shop.send("GET", "/v1/products/tee")).json()
    assert "regulated" not in plain
    channel = encode("channel", window.channel.id)
    policy = f"/admin/v1/channels/{channel}/compliance"
    assert (await shop.send("GET", policy, token=key)).json()["mode"] == "off"
    await put(shop, key, policy, {"mode": "warn"}, if_match='"v0"')
    stale = await shop.send("PUT", policy, {"mode": "off"}, token=key, if_match='"v0"')
    problem(stale, 409, "compliance.version_conflict")
    await complying.recheck(shop.app, Recheck())
    (one,) = await found(shop, key, channel=window.channel.code)
    assert (one["id"], one["channel"], one["brand"]) == (tee, window.channel.code, "Ridge")
    assert [m["rule"] for m in one["missing"]] == ["manufacturer", "picture", "warnings_decided"]
    assert one["missing"][0]["source"].startswith("Regulation (EU) 2023/988, Article 19")
    # The brand says who; the product says the rest.
    maker = await made(shop, key, "/admin/v1/parties", PARTY)
    person = await made(shop, key, "/admin/v1/parties", IN_UNION)
    twice = await shop.send("POST", "/admin/v1/parties", PARTY, token=key)
    problem(twice, 409, "compliance.party_code_taken")
    await find_brands(shop.app.db)
    (brand,) = (await shop.send("GET", "/admin/v1/brands", token=key)).json()["items"]
    brand_path = f"/admin/v1/brands/{brand['id']}/compliance"
    await put(shop, key, brand_path, {"manufacturer_id": maker["id"]}, if_match='"v0"')
    await complying.recheck(shop.app, Recheck(brand_key="ridge"))
    (one,) = await found(shop, key)
    assert [m["rule"] for m in one["missing"]][:2] == ["responsible_person", "picture"]
    file = await picture(shop, key, tee)
    path = f"/admin/v1/products/{tee}/compliance"
    body = {
        "responsible_id": person["id"],
        "needs_warnings": True,
        "warnings": {"de": "Heiß!", "en": "Hot!"},
        "documents": [{"role": "energy_label", "key": file}, {"role": "manual", "key": file}],
        "energy": {"class": "B", "registration": "123456"},
    }
    wrong = body | {"documents": [{"role": "manual", "key": "0" * 40 + ".pdf"}]}
    problem(await shop.send("PUT", path, wrong, token=key), 422, "compliance.file_unknown")
    wrong = body | {"energy": {"class": "A+"}}
    problem(await shop.send("PUT", path, wrong, token=key), 422, "compliance.invalid")
    said = await put(shop, key, path, body, if_match='"v0"')
    assert [m["rule"] for m in said["lacking"][0]["missing"]] == ["energy_sheet"]
    body["documents"].append({"role": "energy_sheet", "key": file, "locale": "de"})  # type: ignore[attr-defined]
    assert (await put(shop, key, path, body, if_match='"v1"'))["lacking"][0]["missing"] == []
    await window.hear(COMPLY)
    assert await found(shop, key) == []
    assert await noted(shop, tee) == ["product.regulated"] * 2
    problem(
        await shop.send("DELETE", f"/admin/v1/parties/{maker['id']}", token=key),
        409,
        "compliance.party_in_use",
    )
    await put(shop, key, f"/admin/v1/parties/{maker['id']}", PARTY | {"name": "Ridge & Co Ltd"})
    await complying.recheck(shop.app, Recheck(party_id=decode("party", maker["id"])))
    async with shop.app.db.pool.acquire() as connection:
        queued = await connection.fetchval(
            "select count(*) from jobs.pgqueuer where entrypoint = 'recheck_compliance'"
        )
    assert queued >= 3
    await complying.recheck(shop.app, Recheck(brand_key="ridge"))
    await window.settle()
    async with asyncio.timeout(20):  # until the cache has heard that the page is another
        page: dict[str, Any] = {}
        while "regulated" not in page:
            page = (await shop.send("GET", "/v1/products/tee")).json()
    shown = page["regulated"]
    assert shown["manufacturer"]["name"] == "Ridge & Co Ltd"
    assert shown["responsible_person"]["country"] == "DE"
    assert (shown["warnings"], shown["warnings_locale"]) == ("Hot!", "en")
    assert shown["energy"] == {
        "class": "B", "best": "A", "worst": "G", "label": f"/media/{file}",
        "sheet": f"/media/{file}", "registration": "123456",
        "register": "https://eprel.ec.europa.eu/qr/123456",
    }  # fmt: skip
    assert [one["role"] for one in shown["documents"]] == ["manual"]


async def test_a_channel_that_refuses_names_every_missing_field(
    shop: Shop, key: str, window: Window, tmp_path: Path
) -> None:
    old = await window.add("old")
    channel = encode("channel", window.channel.id)
    await put(shop, key, f"/admin/v1/channels/{channel}/compliance", {"mode": "refuse"})
    await complying.recheck(shop.app, Recheck())
    new = await made(
        shop,
        key,
        "/admin/v1/products",
        {"title": "New", "slug": "new", "status": "active", "variants": [{"sku": "new"}]},
    )
    path = f"/admin/v1/products/{new['id']}"
    refused = await shop.send("PUT", f"{path}/publications/{channel}", {}, token=key)
    told = problem(refused, 409, "compliance.may_not_publish")
    assert told["missing"][0]["channel"] == window.channel.code
    assert [m["field"] for m in told["missing"][0]["missing"]] == [
        "manufacturer", "media", "needs_warnings",
    ]  # fmt: skip
    assert not (await shop.send("GET", path, token=key)).json()["publications"]
    # A draft may be prepared; it cannot be made active. What is shown already can be changed.
    await shop.send("PATCH", path, {"status": "draft"}, token=key)
    published = await shop.send("PUT", f"{path}/publications/{channel}", {}, token=key)
    assert published.status_code == 200, published.text
    problem(
        await shop.send("PATCH", path, {"status": "active"}, token=key),
        409,
        "compliance.may_not_publish",
    )
    same = {"title": "Old one", "status": "active"}
    path_old = f"/admin/v1/products/{encode('product', old[''])}"
    assert (await shop.send("PATCH", path_old, same, token=key)).status_code == 200
    # A file is judged with what it says itself.
    maker = await made(shop, key, "/admin/v1/parties", IN_UNION)
    file = await picture(shop, key, encode("product", old[""]))
    record: dict[str, Any] = {
        "kind": "product", "slug": "cap", "title": "Cap", "status": "active",
        "variants": [{"sku": "cap"}], "publications": [{"channel": window.channel.code}],
    }  # fmt: skip
    said = {"manufacturer": maker["code"], "needs_warnings": False}
    good = {
        **record,
        "media": [{"key": file}],
        "compliance": {**said, "documents": [{"role": "manual", "key": file, "title": "How"}]},
    }
    bad = [
        {**record, "slug": "bad", "variants": [{"sku": "bad"}]},
        {**good, "slug": "bad2", "variants": [{"sku": "bad2"}],
         "compliance": {"manufacturer": "nobody"}},
    ]  # fmt: skip
    run = await _imported(shop, tmp_path, good, *bad)
    assert (run.created, run.failed) == (1, 2)
    async with shop.app.db.reading() as tx:
        issues = (await catalog.issues_of_import(tx, run.id, limit=20)).items
    assert {(one.key, one.code, one.column) for one in issues} == {
        ("bad", "may_not_publish", "compliance.manufacturer"),
        ("bad", "may_not_publish", "compliance.needs_warnings"),
        ("bad", "may_not_publish", "media"),
        ("bad2", "compliance.party_not_found", "compliance.manufacturer"),
        ("bad2", "may_not_publish", "compliance.manufacturer"),
        ("bad2", "may_not_publish", "compliance.needs_warnings"),
    }
    # Out and in again changes nothing, and null takes it back.
    first = [one async for one in export_products(shop.app.db)]
    assert sum("compliance" in one for one in first) == 1
    again = await _imported(shop, tmp_path, *first)
    assert (again.updated, again.created, again.failed) == (0, 0, 0)
    assert [one async for one in export_products(shop.app.db)] == first
    taken = await _imported(
        shop, tmp_path, {"kind": "product", "slug": "cap", "status": "draft", "compliance": None}
    )
    assert taken.updated == 1
    last = [one async for one in export_products(shop.app.db)]
    assert sum("compliance" in one for one in last) == 0


async def _imported(shop: Shop, tmp_path: Path, *records: Any) -> catalog.ImportRun:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in records))
    return await import_products(shop.app, JsonLines(path))


async def test_the_desk_keeps_parties_sheets_and_policies(
    shop: Shop, window: Window, key: str
) -> None:
    desk = await at_desk(shop, "owner")
    tee = encode("product", (await window.add("tee"))[""])
    assert "Nothing is missing" in (await desk.get("/admin/compliance")).text
    page = await desk.get("/admin/compliance/channels")
    assert page.status_code == 200
    channel = encode("channel", window.channel.id)
    form = {"version": "0", "mode": "warn", "languages": "de, en"}
    led(await desk.post(f"/admin/compliance/channels/{channel}", form))
    refused = await desk.post(f"/admin/compliance/channels/{channel}", form | {"mode": "no"})
    assert refused.status_code in {409, 422}
    await complying.recheck(shop.app, Recheck())
    assert (
        "Manufacturer, picture, decision on warnings" in (await desk.get("/admin/compliance")).text
    )
    assert tee in (await desk.get("/admin/compliance")).text
    assert "decision on warnings" in (await desk.get("/admin/compliance.csv")).text
    party = led(await fill(desk, "/admin/parties/new", **IN_UNION))
    assert "Rep GmbH" in (await desk.get("/admin/parties")).text
    path = f"/admin/compliance/{tee}"
    assert path in (await desk.get(f"/admin/products/{tee}")).text
    changed = {
        "manufacturer_id": party.rpartition("/")[2],
        "needs_warnings": "yes",
        "warnings": "de: Heiß!\nSehr.\nen: Hot!",
    }
    assert led(await fill(desk, path, **changed)) == path
    async with shop.app.db.reading() as tx:
        (lacking,) = await complying.missing_of(tx, decode("product", tee))
    assert [one.rule for one in lacking.missing] == ["picture"]
    shown = (await desk.get(path)).text
    assert "de: Heiß!\nSehr.\nen: Hot!" in shown
    assert "Article 19(c)" in shown
    wrong = await fill(desk, path, needs_warnings="no")
    assert wrong.status_code == 422
    assert "There are warnings" in wrong.text
