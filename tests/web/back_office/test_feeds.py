"""Feeds and the mapping step in the back office."""

from __future__ import annotations

import html
import re
from pathlib import Path

import msgspec
from tests.web.back_office.conftest import at_desk
from tests.web.back_office.test_products import form_in
from tests.web.identity.making import Shop

from argosy.adapters.tabular import JsonLines
from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, feeds, imports, inventory, mappings, pricing
from argosy.runtime.db import begin_counting
from argosy.workflows.normalising_values import AnswerQuestion, settle_question
from argosy.workflows.product_applying import apply_plan
from argosy.workflows.product_planning import PlanOptions, plan_products

LIST = "SKU;Name;VK;Gewicht;Gruppe\nA1;Hut;12,50;1 lb;Hüte > Sommer\nA2;Kappe;abc;;\n"


async def test_a_feed_by_its_pages(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    assert "No feeds yet" in (await desk.get("/admin/feeds")).text
    new = form_in(await desk.get("/admin/feeds/new"))
    sent = new | {"name": "Hats", "code": "hats", "url": "http://a.example/x", "format": "jsonl"}
    refused = await desk.post("/admin/feeds/new", sent)
    assert refused.status_code == 422
    assert "does not begin with https://" in html.unescape(refused.text)
    sent |= {"url": "https://a.example/x", "auth": "basic", "auth_user": "ann", "secret": "s3cret"}
    made = await desk.post("/admin/feeds/new", sent)
    assert (made.status_code, made.headers["location"]) == (303, "/admin/feeds/hats")
    counted = begin_counting()
    before = len(counted.names)
    page = await desk.get("/admin/feeds/hats")
    assert 0 < len(counted.names[before:]) <= 4, counted.names[before:]
    assert "https://a.example/x" in page.text
    assert "s3cret" not in page.text
    edit = await desk.get("/admin/feeds/hats/edit")
    form = form_in(edit)
    assert "s3cret" not in edit.text
    changed = await desk.post("/admin/feeds/hats/edit", form | {"schedule": "30 6 * * 1-5"})
    assert changed.status_code == 303, changed.text
    stale = await desk.post("/admin/feeds/hats/edit", form | {"schedule": "0 7 * * *"})
    assert stale.status_code == 409
    async with shop.app.db.reading() as tx:
        feed = await feeds.feed_by_code(tx, "hats")
        assert (feed.schedule, feed.auth_user) == ("30 6 * * 1-5", "ann")
        assert await feeds.secret_of(tx, feed.id)
    await desk.post("/admin/feeds/hats/pause", {})
    assert "Paused" in (await desk.get("/admin/feeds")).text
    await desk.post("/admin/feeds/hats/run", {})
    again = await desk.post("/admin/feeds/hats/run", {})
    assert again.status_code == 303
    assert "Waits for its turn" in (await desk.get("/admin/feeds/hats")).text
    assert (await desk.get("/admin/feeds.csv")).text.count("\n") == 2
    await desk.get("/admin/feeds/hats/remove")
    await desk.post("/admin/feeds/hats/remove", {"sure": "yes"})
    assert "No feeds yet" in (await desk.get("/admin/feeds")).text


async def test_words_that_are_not_sure_are_answered(shop: Shop) -> None:
    path = Path(shop.app.settings.home) / "hats.jsonl"
    hat = {"kind": "product", "slug": "hat", "title": "Hat", "variants": [{"sku": "H"}],
           "attributes": {"colour": ["dunkelrot", "rot"]}}  # fmt: skip
    path.write_bytes(msgspec.json.encode(hat) + b"\n")
    async with shop.app.db.transaction() as tx:
        await catalog.define_attribute(
            tx, catalog.AttributeDefinition(code="colour", label="Colour", kind="choice")
        )
    plan = await plan_products(shop.app, JsonLines(path), options=PlanOptions(normalise=True))
    desk = await at_desk(shop, "owner")
    shown = (await desk.get(f"/admin/imports/{encode('import_plan', plan.id)}")).text
    assert "read as" in shown
    assert "perhaps" in shown
    await apply_plan(shop.app, plan.id)
    page = await desk.get("/admin/normaliser")
    assert "dunkelrot" in page.text
    act = re.search(r'action="(/admin/normaliser/(qst_[^"]+))"', page.text)
    assert act
    sent = {"answer": "always", "value": "Dark red"}
    assert (await desk.post(act[1], sent)).status_code == 303
    assert "Dark red" in (await desk.get("/admin/normaliser")).text
    question = decode("question", act[2])
    await settle_question(shop.app, AnswerQuestion(question_id=question))
    key = await shop.secret_key("catalog:write", "audit:read")
    async with shop.app.db.reading() as tx:
        variant = await catalog.find_variant_by_sku(tx, "H")
    assert variant
    base = f"/admin/v1/products/{encode('product', variant.product_id)}"
    product = (await shop.send("GET", base, token=key)).json()
    assert product["attributes"]["colour"] == ["Dark red", "Red"]
    origins = (await shop.send("GET", f"{base}/origins", token=key)).json()["items"]
    assert [(o["raw"], o["value"], o["person"]) for o in origins] == [
        ("dunkelrot", "Dark red", "Olga"), ("rot", "Red", None),
    ]  # fmt: skip
    words = "/admin/v1/normaliser"
    answered = await shop.send("GET", f"{words}/questions?state=always", token=key)
    assert [q["raw"] for q in answered.json()["items"]] == ["dunkelrot"]
    again = {"answer": "reject"}
    path_of = f"{words}/questions/{act[2]}/answer"
    late = await shop.send("POST", path_of, again, token=key)
    assert (late.status_code, late.json()["code"]) == (409, "normalising.question_answered")
    [learned] = (await shop.send("GET", f"{words}/synonyms", token=key)).json()["items"]
    assert (learned["word"], learned["value"]) == ("dunkelrot", "Dark red")
    looked = (("q=Dunkel", 1), ("q=DARK&kind=colour", 1), ("kind=size", 0), ("q=x", 0))
    for asked, there in looked:
        some = await shop.send("GET", f"{words}/synonyms?{asked}", token=key)
        assert len(some.json()["items"]) == there, asked
        listed = (await desk.get(f"/admin/normaliser/words?{asked}")).text
        assert ("Dark red" in listed) == bool(there), asked
    assert "dunkelrot,Dark red,Colour" in (await desk.get("/admin/normaliser/words.csv")).text
    told = await desk.get(f"{base.replace('/v1', '')}/origins")
    assert re.search(
        r"Colour\[0\].*?dunkelrot.*?Dark red.*? \(\d+ %\).*?Olga", told.text, re.DOTALL
    )
    assert f"/admin/imports/{encode('import_plan', plan.id)}" in told.text
    assert "dunkelrot,Dark red" in (await desk.get(f"{base.replace('/v1', '')}/origins.csv")).text
    listed = (await desk.get("/admin/normaliser/words")).text
    leads = html.unescape(re.findall(r'href="(/admin/normaliser/words/forget[^"]*)"', listed)[0])
    assert "Products stay as they are" in (await desk.get(leads)).text
    reader = await at_desk(shop, "support", email="sam@example.com")
    assert "words/forget" not in (await reader.get("/admin/normaliser/words")).text
    chosen = {"kind": "colour", "word": "dunkelrot"}
    refused = await reader.post("/admin/normaliser/words/forget", chosen)
    assert refused.status_code == 403
    assert (await desk.post("/admin/normaliser/words/forget", chosen)).status_code == 303
    assert "No words are learned" in (await desk.get("/admin/normaliser/words")).text
    assert (await desk.post("/admin/normaliser/words/forget", chosen)).status_code == 303
    none = await shop.send("DELETE", f"{words}/synonyms/colour?word=DUNKELROT", token=key)
    assert none.json()["code"] == "normalising.synonym_not_found"
    trail = (await shop.send("GET", "/admin/v1/audit?limit=50", token=key)).json()["items"]
    assert {"normaliser.answered", "normaliser.forgot"} <= {entry["action"] for entry in trail}


async def test_the_columns_of_a_file_are_told_with_its_first_products(shop: Shop) -> None:
    async with shop.app.db.transaction() as tx:
        new = pricing.CreatePriceList(code="eur", name="Euro", currency="EUR")
        await pricing.create_price_list(tx, new)
        await inventory.create_location(tx, code="main", name="Main", country="DE", address={})
    desk = await at_desk(shop, "owner")
    sent = await desk.client.post(
        "/admin/imports/new",
        data={"format": "mapped", "price_list": "eur", "absent": "keep"},
        files={"file": ("list.csv", LIST.encode("cp1252"))},
    )
    assert sent.status_code == 303, sent.text
    path = sent.headers["location"]
    assert path.startswith("/admin/imports/mapping?")
    page = await desk.get(path)
    form = form_in(page)
    assert (form["t0"], form["t1"], form["t2"], form["t3"]) == (
        "variant.sku", "title", "variant.price.eur", "variant.weight_g",
    )  # fmt: skip
    wanted = form | {
        "t4": "categories", "h4": "category", "a4": ">", "h2": "number", "a2": ",",
        "h3": "unit", "code": "hats", "name": "Hats",
    }  # fmt: skip
    shown = html.unescape((await desk.post("/admin/imports/mapping/preview", wanted)).text)
    assert "Hut" in shown
    assert "454" in shown
    assert "hute/sommer" in shown
    assert re.search(r"line 3, VK: 'abc' is not a number", shown)
    unusable = await desk.post("/admin/imports/mapping", wanted | {"code": "Hats!"})
    assert unusable.status_code == 422
    looked = await desk.post("/admin/imports/mapping", wanted | {"act": "preview"})
    assert (looked.status_code, form_in(looked)["h3"]) == (200, "unit")
    planned = await desk.post("/admin/imports/mapping", wanted | {"act": "plan"})
    assert planned.status_code == 303, planned.text
    async with shop.app.db.reading() as tx:
        saved = await mappings.mapping_by_code(tx, "hats")
        [plan] = await imports.list_plans(tx, after=None, limit=5)
    assert [r.field for r in saved.document.rules] == [
        "variant.sku", "title", "variant.price.eur", "variant.weight_g", "categories",
    ]  # fmt: skip
    assert (plan.format, plan.options["mapping_code"]) == ("mapped", "hats")
    # The next file of the same kind: its mapping is chosen, and kept as a new version.
    second = await desk.client.post(
        "/admin/imports/new",
        data={"format": "mapped", "mapping": "hats", "absent": "keep"},
        files={"file": ("list.csv", LIST.encode())},
    )
    form = form_in(await desk.get(second.headers["location"]))
    assert (form["code"], form["h3"], form["a2"]) == (["hats"], "unit", [","])
    await desk.post("/admin/imports/mapping", form | {"group_by": "Name"})
    async with shop.app.db.reading() as tx:
        assert (await mappings.mapping_by_code(tx, "hats")).version == 2
