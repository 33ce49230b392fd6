"""Digital product passports over HTTP: made, published, read at every level, withdrawn, kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest
from tests.web.back_office.filling import noted
from tests.web.catalog.test_brands_api import window
from tests.web.catalog.test_catalog_api import problem
from tests.web.catalog.test_compliance_api import (
    COMPLY,
    PARTY,
    _imported,
    found,
    made,
    picture,
    put,
)
from tests.web.identity.making import Shop
from tests.workflows.window_shop import Shop as Window

from argosy.kernel.ids import decode, encode
from argosy.modules import catalog
from argosy.modules.catalog import ProductInput, VariantInput
from argosy.workflows import complying, passporting
from argosy.workflows.complying import Recheck
from argosy.workflows.product_export import export_products

__all__ = ["window"]

GTIN = "09506000134352"
OTHER = "09506000134376"
BASE = "/admin/v1/passports"
SAID = {
    "category": "LMT battery", "place_made": "Kiel, DE", "weight": "2.4", "chemistry": "LFP",
    "hazardous": "None", "critical_materials": "Lithium", "rated_capacity": "12.5",
    "warranty": "24 months", "marking": "Crossed-out bin", "waste": "Bring it back.",
}  # fmt: skip
SECRETS = {"spare_parts": "Interest-4711", "test_reports": "Authority-4712"}
JSON = {"Accept": "application/json"}


@pytest.fixture
async def key(shop: Shop) -> str:
    return await shop.secret_key("catalog:write", "audit:read")


def draft(**more: str) -> dict[str, Any]:
    values = [{"code": code, "value": value} for code, value in {**SAID, **more}.items()]
    return {"schema": "batteries", "values": values}


async def battery(window: Window, slug: str = "cell", gtin: str | None = GTIN) -> tuple[str, str]:
    """A product of one variant with a GTIN: their ids."""
    ids = await window.add(slug, sizes=("S",), brand="Volt")
    async with window.db.transaction() as tx:
        change = VariantInput(id=ids["S"], gtin=gtin, hs_code="850760", origin_country="DE")
        await catalog.update_product(tx, ids[""], ProductInput(variants=(change,)))
    await window.settle()
    return encode("product", ids[""]), encode("variant", ids["S"])


async def opened(shop: Shop, key: str, variant: str, **key_parts: str) -> str:
    one = await made(shop, key, BASE, {"variant_id": variant, **key_parts})
    return f"{BASE}/{one['id']}"


async def act(shop: Shop, key: str, path: str, body: Any = None, **headers: str) -> Any:
    answer = await shop.send("POST", path, body, token=key, **headers)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def published(shop: Shop, key: str, variant: str, **more: str) -> str:
    path = await opened(shop, key, variant)
    await put(shop, key, path, draft(**more))
    await act(shop, key, f"{path}/publish")
    return path


def said(view: Mapping[str, Any]) -> dict[str, str]:
    return {one["code"]: one["values"][0]["value"] for one in view["contents"]["points"]}


async def test_a_passport_says_what_the_shop_knows_and_stays_as_it_was_published(
    shop: Shop, key: str, window: Window
) -> None:
    product, variant = await battery(window)
    maker = await made(
        shop, key, "/admin/v1/parties", {**PARTY, "identifier": "4012345000016", "eori": "GB123"}
    )
    file = await picture(shop, key, product)
    sheet = {
        "manufacturer_id": maker["id"],
        "needs_warnings": True,
        "warnings": {"de": "Heiß!"},
        "documents": [{"role": "conformity", "key": file, "locale": "de"}],
    }
    await put(shop, key, f"/admin/v1/products/{product}/compliance", sheet)
    path = await opened(shop, key, variant)
    twice = await shop.send("POST", BASE, {"variant_id": variant}, token=key)
    problem(twice, 409, "passports.taken")
    problem(await shop.send("GET", f"/v1/passports/{GTIN}"), 404, "passports.not_found")
    lacking = await put(shop, key, path, {"schema": "batteries"})
    assert lacking["edition"] == 0
    refused = await shop.send("POST", f"{path}/publish", token=key)
    body = problem(refused, 409, "passports.incomplete")
    assert {"code": "rated_capacity", "source": body["missing"][0]["source"][:-4] + "1(g)"} in (
        body["missing"]
    )
    stale = await shop.send("PUT", path, draft(), token=key, if_match='"v1"')
    problem(stale, 409, "passports.changed")
    full = draft(**SECRETS) | {
        "importer_id": maker["id"],
        "facilities": ["4012345000023"],
        "backup": {"name": "Keeper", "uri": "https://keeper.example/1"},
    }
    await put(shop, key, path, full)
    texts = {"texts": {"title": {"value": "Zelle"}}}
    drafted = {"texts": {"title": {"value": "Cellule ?", "state": "draft"}}}
    for locale, texts_ in (("de", texts), ("fr", drafted)):
        at = f"/admin/v1/translations/product/{product}/{locale}"
        done = await shop.send("PATCH", at, texts_, token=key, if_match="*")
        assert done.status_code == 200, done.text
    preview = (await shop.send("GET", f"{path}/preview", token=key)).json()
    assert (preview["edition"], preview["published_at"]) == (1, None)
    one = await act(shop, key, f"{path}/publish")
    assert (one["state"], one["edition"], one["path"]) == ("published", 1, f"/01/{GTIN}")
    shown = (await shop.send("GET", "/v1/passports/9506000134352")).json()
    assert shown["link"] == f"{shop.app.settings.public_url}/01/{GTIN}"
    told = shown["contents"]
    # What nobody approved of yet is not said.
    assert told["titles"] == {"": "Cell", "de": "Zelle"}
    assert (told["brand"], told["sku"]) == ("Volt", "cell-S")
    assert (told["commodity_code"], told["origin_country"]) == ("850760", "DE")
    assert told["manufacturer"]["identifier"] == "4012345000016"
    assert told["importer"]["eori"] == "GB123"
    assert told["documents"][0] == {
        "role": "conformity", "url": f"/media/{file}", "locale": "de", "title": "",
    }  # fmt: skip
    assert (told["warnings"], told["facilities"]) == ({"de": "Heiß!"}, ["4012345000023"])
    assert said(shown) == SAID
    # Again: the same edition. A change: another, and the former one stays what it was.
    again = await act(shop, key, f"{path}/publish")
    assert (again["edition"], again["version"]) == (1, one["version"])
    await put(shop, key, path, draft(rated_capacity="11", **SECRETS))
    assert said((await shop.send("GET", f"/v1/passports/{GTIN}")).json()) == SAID
    assert (await act(shop, key, f"{path}/publish"))["edition"] == 2
    assert said((await shop.send("GET", f"/v1/passports/{GTIN}")).json())["rated_capacity"] == "11"
    old = (await shop.send("GET", f"{path}/editions/1", token=key)).json()
    assert said(old) == SAID | SECRETS
    editions = (await shop.send("GET", f"{path}/editions?limit=1", token=key)).json()
    assert [row["edition"] for row in editions["items"]] == [2]
    further = f"{path}/editions?limit=1&cursor={quote(editions['next_cursor'])}"
    assert [r["edition"] for r in (await shop.send("GET", further, token=key)).json()["items"]] == [
        1
    ]
    async with shop.app.db.pool.acquire() as connection:
        for rewriting in (
            "update passports.edition set n = n + 7",
            "delete from passports.edition",
        ):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await connection.execute(rewriting)
    subject = path.rpartition("/")[2]
    assert await noted(shop, subject) == [
        "passport.published", "passport.changed", "passport.published", "passport.changed",
        "passport.changed", "passport.opened",
    ]  # fmt: skip


async def test_a_restricted_value_is_in_no_public_answer_and_in_that_of_its_reader(
    shop: Shop, key: str, window: Window
) -> None:
    product, variant = await battery(window)
    path = await published(shop, key, variant, **SECRETS)
    await window.settle()
    public = [
        f"/v1/passports/{GTIN}",
        f"/01/{GTIN}",
        f"/@{window.channel.code}/p/cell",
        "/v1/products/cell",
    ]
    for address in public:
        answer = await shop.send("GET", address, Accept="*/*")
        assert answer.status_code == 200, answer.text
        assert not [secret for secret in SECRETS.values() if secret in answer.text], address
    assert "repair" not in (await shop.client.get(f"/01/{GTIN}", headers=JSON)).text
    interest = await act(
        shop, key, f"{path}/access", {"reader": "Repair shop", "level": "interest", "days": 2}
    )
    authority = await act(
        shop, key, f"{path}/access", {"reader": "Customs", "level": "authority", "days": 1}
    )
    wants = {
        interest["token"]: ["spare_parts"],
        authority["token"]: ["spare_parts", "test_reports"],
    }
    for token, codes in wants.items():
        address = f"/01/{GTIN}?access={token}"
        page = await shop.client.get(address, headers={"Accept": "text/html"})
        assert page.headers["Referrer-Policy"] == "no-referrer"
        told = await shop.client.get(address, headers=JSON)
        assert "no-store" in told.headers["Cache-Control"]
        api = await shop.send("GET", f"/v1/passports/{GTIN}", passport_access=token)
        for code, secret in SECRETS.items():
            for answer in (page, told, api):
                assert (secret in answer.text) == (code in codes), (code, token)
        assert said(told.json()) == said(api.json())
    # The link of a model is good for its items; that of an item for no other.
    item = await opened(shop, key, variant, serial="S/1")
    await put(shop, key, item, draft(status="original", **SECRETS))
    await act(shop, key, f"{item}/publish")
    link = f"/01/{GTIN}/21/S%2F1"
    good = await shop.client.get(f"{link}?access={interest['token']}", headers=JSON)
    assert good.json()["level"] == "item"
    assert "status" in said(good.json())
    own = await act(shop, key, f"{item}/access", {"reader": "X", "level": "authority"})
    wrong = await shop.client.get(f"/01/{GTIN}?access={own['token']}", headers=JSON)
    problem(wrong, 403, "passports.access_over")
    # Nobody else: ended, revoked, invented.
    listed = (await shop.send("GET", f"{path}/access", token=key)).json()["items"]
    assert [one["reader"] for one in listed] == ["Customs", "Repair shop"]
    assert all(one["token"] is None for one in listed)
    for _ in range(2):
        gone = await shop.send("DELETE", f"{path}/access/{interest['id']}", token=key)
        assert gone.status_code == 204
    async with shop.app.db.pool.acquire() as connection:
        held = await connection.fetch("select a::text as row from passports.access a")
        assert not [row for row in held if authority["token"] in row["row"]]
        await connection.execute(
            "update passports.access set expires_at = created_at where level = 'authority'"
        )
    for token in (*wants, "ppa_" + "x" * 43, "nonsense", ""):
        over = await shop.client.get(f"/01/{GTIN}?access={token}", headers=JSON)
        problem(over, 403, "passports.access_over")
        if token:
            over = await shop.send("GET", f"/v1/passports/{GTIN}", passport_access=token)
            problem(over, 403, "passports.access_over")
    actions = await noted(shop, path.rpartition("/")[2])
    assert actions[:3] == [
        "passport.access_revoked",
        "passport.access_given",
        "passport.access_given",
    ]
    assert product


async def test_it_stays_when_it_is_withdrawn_and_when_its_product_goes(
    shop: Shop, key: str, window: Window
) -> None:
    product, variant = await battery(window)
    path = await published(shop, key, variant)
    batch = await made(shop, key, BASE, {"variant_id": variant, "lot": "L-1"})
    assert [one["code"] for one in batch["values"]] == list(SAID)  # begins as the model's
    never = await shop.send("POST", f"{BASE}/{batch['id']}/withdraw", {"reason": "x"}, token=key)
    problem(never, 409, "passports.not_published")
    for _ in range(2):
        one = await act(shop, key, f"{path}/withdraw", {"reason": "Recalled."})
    assert (one["state"], one["reason"]) == ("withdrawn", "Recalled.")
    shown = (await shop.send("GET", f"/v1/passports/{GTIN}?serial=S1")).json()
    assert (shown["state"], shown["reason"], shown["level"]) == ("withdrawn", "Recalled.", "model")
    html = await shop.client.get(f"/01/{GTIN}", headers={"Accept": "text/html"})
    assert "was withdrawn" in html.text
    assert "Recalled." in html.text
    assert (await act(shop, key, f"{path}/publish"))["state"] == "published"
    async with shop.app.db.transaction() as tx:
        await catalog.delete_product(tx, decode("product", product))
    assert (await shop.client.get(f"/01/{GTIN}", headers=JSON)).json()["contents"][
        "sku"
    ] == "cell-S"
    # It can still be corrected, of what is known; the rest is as it was.
    await put(shop, key, path, draft(rated_capacity="9"))
    await act(shop, key, f"{path}/publish")
    corrected = (await shop.send("GET", f"/v1/passports/{GTIN}")).json()
    assert said(corrected)["rated_capacity"] == "9"
    assert corrected["contents"]["titles"] == {"": "Cell"}
    # The identifier is never given to another thing.
    _, other = await battery(window, "other")
    refused = await shop.send("POST", BASE, {"variant_id": other}, token=key)
    problem(refused, 409, "passports.gtin_taken")
    actions = await noted(shop, path.rpartition("/")[2])
    assert actions.count("passport.withdrawn") == 1


async def test_two_who_publish_at_once_make_one_edition(
    shop: Shop, key: str, window: Window
) -> None:
    _, variant = await battery(window)
    path = await opened(shop, key, variant)
    await put(shop, key, path, draft())
    answers = await asyncio.gather(*(act(shop, key, f"{path}/publish") for _ in range(4)))
    assert [one["edition"] for one in answers] == [1] * 4
    async with shop.app.db.pool.acquire() as connection:
        told = await connection.fetchval(
            "select count(*) from runtime.outbox where type like '%passport_published%'"
        )
        kept = await connection.fetchval("select count(*) from passports.edition")
    assert (told, kept) == (1, 1)
    repeated = [
        await shop.send("POST", BASE, {"variant_id": variant, "lot": "L"}, token=key,
                        idempotency_key="k" * 20)
        for _ in range(2)
    ]  # fmt: skip
    assert [one.status_code for one in repeated] == [201, 201]
    assert repeated[0].json() == repeated[1].json()
    async with shop.app.db.transaction() as tx:
        with pytest.raises(catalog.VariantNotFound):
            await passporting.open_passport(
                tx, decode("product", encode("product", window.channel.id))
            )


async def test_links_lead_to_the_one_form_and_lists_find_by_what_stands_on_the_thing(
    shop: Shop, key: str, window: Window
) -> None:
    product, variant = await battery(window)
    await published(shop, key, variant)
    _, plain = await battery(window, "plain", None)
    refused = await shop.send("POST", BASE, {"variant_id": plain}, token=key)
    problem(refused, 422, "passports.invalid")
    led = await shop.client.get("/01/9506000134352/10/%41?x=1", headers=JSON)
    assert (led.status_code, led.headers["Location"]) == (301, f"/01/{GTIN}/10/A?x=1")
    problem(await shop.client.get("/01/123", headers=JSON), 422, "passports.link_invalid")
    problem(await shop.client.get(f"/01/{OTHER}", headers=JSON), 404, "passports.not_found")
    item = await made(shop, key, BASE, {"variant_id": variant, "lot": "L1", "serial": "SN-77"})
    for q, ids in (("SN-77", 1), ("L1", 1), ("cell-s", 2), (GTIN[1:], 2), ("no", 0)):
        listed = (await shop.send("GET", f"{BASE}?q={quote(q)}", token=key)).json()["items"]
        assert len(listed) == ids, q
    assert listed == []
    only = (await shop.send("GET", f"{BASE}?state=draft&product_id={product}", token=key)).json()
    assert [one["id"] for one in only["items"]] == [item["id"]]
    unpublished = await shop.send("GET", f"{BASE}/{item['id']}/code/svg", token=key)
    problem(unpublished, 409, "passports.not_published")


async def test_schemas_of_the_shop_are_kept_changed_and_removed(
    shop: Shop, key: str, window: Window
) -> None:
    base = "/admin/v1/passport-schemas"
    listed = (await shop.send("GET", base, token=key)).json()["items"]
    assert [(one["code"], one["shipped"]) for one in listed] == [("batteries", True)]
    body = {
        "title": "Textiles",
        "groups": [{"code": "fibres", "labels": {"en": "Fibres"}}],
        "points": [{"code": "cotton", "group": "fibres", "labels": {"en": "Cotton"},
                    "kind": "number", "unit": "%", "required": ["model"]}],
    }  # fmt: skip
    problem(
        await shop.send("POST", base, {"code": "batteries", **body}, token=key),
        409,
        "passports.schema_taken",
    )
    await made(shop, key, base, {"code": "textiles", **body})
    problem(
        await shop.send("PUT", f"{base}/batteries", body, token=key),
        409,
        "passports.schema_in_use",
    )
    _, variant = await battery(window)
    path = await opened(shop, key, variant)
    unknown = await shop.send("PUT", path, {"schema": "shoes"}, token=key)
    problem(unknown, 404, "passports.schema_not_found")
    values = [{"code": "cotton", "value": "80"}]
    await put(shop, key, path, {"schema": "textiles", "values": values})
    await act(shop, key, f"{path}/publish")
    problem(
        await shop.send("DELETE", f"{base}/textiles", token=key), 409, "passports.schema_in_use"
    )
    changed = body | {"points": [body["points"][0] | {"kind": "boolean", "unit": ""}]}  # type: ignore[operator, index]
    assert (await put(shop, key, f"{base}/textiles", changed, if_match='"v1"'))["version"] == 2
    # What is published stays; what is next is judged by the schema of then.
    assert said((await shop.send("GET", f"/v1/passports/{GTIN}")).json()) == {"cotton": "80"}
    await put(shop, key, path, {"schema": "textiles", "values": [], "facilities": ["x"]})
    problem(await shop.send("POST", f"{path}/publish", token=key), 409, "passports.incomplete")
    await put(shop, key, path, {})
    assert (await shop.send("DELETE", f"{base}/textiles", token=key)).status_code == 204


async def test_categories_that_need_a_passport_are_judged_with_what_is_kept_here_or_elsewhere(
    shop: Shop, key: str, window: Window, tmp_path: Path
) -> None:
    channel = encode("channel", window.channel.id)
    ids = await window.add("cell", sizes=("S", "M"), categories=("power/cells",))
    product = encode("product", ids[""])
    async with window.db.transaction() as tx:
        change = VariantInput(id=ids["S"], gtin=GTIN)
        await catalog.update_product(tx, ids[""], ProductInput(variants=(change,)))
        tree = await catalog.list_categories(tx)
    await window.settle()
    power = next(encode("category", one.id) for one in tree if one.path == "power")
    exempt = {"product_safety": "Sold to trade only."}
    sheet = f"/admin/v1/products/{product}/compliance"
    await put(shop, key, sheet, {"exempt": exempt})
    await put(shop, key, f"/admin/v1/channels/{channel}/compliance", {"mode": "refuse"})
    await put(shop, key, "/admin/v1/compliance/passport-categories", {"category_ids": [power]})
    await complying.recheck(shop.app, Recheck())
    (one,) = await found(shop, key)
    assert [(m["rule"], m["field"]) for m in one["missing"]] == [("passport", "passports")]
    assert one["missing"][0]["source"] == "Regulation (EU) 2024/1781, Article 9"
    # One variant here, the other elsewhere: that is each of them.
    path = await opened(shop, key, encode("variant", ids["S"]))
    await act(shop, key, f"{path}/publish")
    await window.hear(COMPLY)
    assert len(await found(shop, key)) == 1
    elsewhere = [{"uri": "https://maker.example/01/09506000134376", "sku": "CELL-m"}]
    await put(shop, key, sheet, {"exempt": exempt, "passports": elsewhere})
    await window.hear(COMPLY)
    assert await found(shop, key) == []
    twice = {"passports": elsewhere * 2}
    problem(await shop.send("PUT", sheet, twice, token=key), 422, "compliance.invalid")
    # Both are shown where it is sold, and in the answer for programs.
    await window.settle()
    shown = (await shop.send("GET", "/v1/products/cell")).json()["regulated"]["passports"]
    assert shown == [
        {"uri": "https://maker.example/01/09506000134376", "sku": "CELL-m"},
        {"uri": f"/01/{GTIN}", "sku": "cell-S"},
    ]
    html = (
        await shop.client.get(f"/@{window.channel.code}/p/cell", headers={"Accept": "text/html"})
    ).text
    assert f'<a href="/01/{GTIN}">cell-S</a>' in html
    assert 'href="https://maker.example/01/09506000134376" rel="noopener">CELL-m</a>' in html
    # Files carry it there and back without a difference.
    first = [one async for one in export_products(shop.app.db)]
    assert [one["compliance"]["passports"] for one in first if "compliance" in one] == [elsewhere]
    again = await _imported(shop, tmp_path, *first)
    assert (again.updated, again.created, again.failed) == (0, 0, 0)
    assert [one async for one in export_products(shop.app.db)] == first
    # Withdrawn, it is missing again; what is new is refused, an exemption lets it through.
    await act(shop, key, f"{path}/withdraw", {"reason": "Wrong."})
    await window.hear(COMPLY)
    assert len(await found(shop, key)) == 1
    record: dict[str, Any] = {
        "kind": "product", "slug": "new", "title": "New", "status": "active",
        "categories": ["power/cells"], "variants": [{"sku": "new"}],
        "publications": [{"channel": window.channel.code}], "compliance": {"exempt": exempt},
    }  # fmt: skip
    run = await _imported(shop, tmp_path, record)
    assert (run.created, run.failed) == (0, 1)
    async with shop.app.db.reading() as tx:
        issues = (await catalog.issues_of_import(tx, run.id, limit=20)).items
    assert [(i.code, i.column) for i in issues] == [("may_not_publish", "compliance.passports")]
    whole = {"passports": [{"uri": "https://maker.example/x"}]}
    run = await _imported(shop, tmp_path, record | {"compliance": {"exempt": exempt, **whole}})
    assert (run.created, run.failed) == (1, 0)
    spared = {"exempt": {**exempt, "product_passport": "Not in scope yet."}}
    other = record | {"slug": "old", "variants": [{"sku": "old"}], "compliance": spared}
    assert (await _imported(shop, tmp_path, other)).created == 1
