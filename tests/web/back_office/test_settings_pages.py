"""Fields, product types, groups, channels, price lists, redirects, search and jobs."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import fill, form_of, led, noted, send
from tests.web.back_office.test_collections import shown
from tests.web.back_office.test_products import a_product
from tests.web.identity.making import Shop

from argosy.kernel.events import Job
from argosy.kernel.ids import encode
from argosy.modules import catalog
from argosy.runtime.db import begin_counting
from argosy.workflows import searching


class Sweep(Job, frozen=True, kw_only=True):
    NAME: ClassVar[str] = "testing.sweep"


async def test_a_field_is_defined_changed_and_dropped_with_a_warning(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    form: dict[str, Any] = {"subject": "cart", "code": "engraving", "label": "Engraving"}
    form |= {"kind": "choice", "choices": "Ann\nBob", "default": "Ann", "shopper_writes": "yes"}
    form |= {"visible": "storefront"}
    one = led(await fill(desk, "/admin/fields/new", **form))
    held = form_of(await desk.get(one))
    assert (held["choices"], held["default"]) == ("Ann\nBob", ["Ann"])
    wrong = await fill(desk, one, minimum="3")
    assert wrong.status_code == 422, wrong.text
    led(await fill(desk, one, label="Engraved name", default=""))
    page = (await desk.get("/admin/fields?subject=cart")).text
    assert "Engraved name" in page
    assert "No custom fields" in (await desk.get("/admin/fields?subject=order")).text
    assert "All its values go with it" in (await desk.get(f"{one}/delete")).text
    version = form_of(await desk.get(one))["version@"]
    led(await desk.post(f"{one}/delete", {"version": version}))
    assert (await desk.get(one)).status_code == 404
    assert (await noted(shop, one.rpartition("/")[2]))[0] == "field.deleted"


async def test_a_type_is_drafted_tried_on_its_products_and_published(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    async with shop.app.db.transaction() as tx:
        attribute = catalog.AttributeDefinition(code="material", label="Material", kind="text")
        await catalog.define_attribute(tx, attribute)
    await shown(shop, await a_product(desk, "Pack", "PACK-1"), 900)
    path = led(await desk.post("/admin/product-types", {"code": "backpack", "label": "Backpack"}))
    one = f"{path}/backpack"
    assert f'href="{one}"' in (await desk.get(path)).text
    assert "It asks nothing of products yet." in (await desk.get(one)).text
    edit = f"{one}/edit"
    added = await fill(desk, edit, "append attributes", **{"only@attributes": "yes"})
    assert added.status_code == 405, "the form is sent to the draft itself"
    draft = f"{one}/edit/backpack"
    page = await desk.get(edit)
    page = await send(desk, page, draft, "append attributes")
    required = {"attributes[0].code": "material", "attributes[0].required": "yes"}
    assert led(await send(desk, page, draft, **required)) == one
    adopted = await desk.post(f"{one}/adopt", {"product_type": ""})
    assert "products are of the type now" in (await desk.get(led(adopted))).text
    tried = (await desk.get(one)).text
    assert "Not in force" in tried
    asked = (await desk.get(f"{one}/publish")).text
    assert "do not fit it." in asked
    version = re.search(r'name="version" value="(\d+)"', asked)
    assert version is not None
    late = await desk.post(f"{one}/publish", {"version": "99999"})
    assert "In force" not in (await desk.get(led(late))).text
    led(await desk.post(f"{one}/publish", {"version": version[1]}))
    published = (await desk.get(one)).text
    assert "In force" in published
    assert "<code>material</code>" in published
    assert (await desk.get(f"{one}/publish")).status_code in {404, 409}
    assert (await desk.get("/admin/product-types/none")).status_code == 404


async def test_people_are_put_into_groups_by_their_addresses(shop: Shop) -> None:
    await shop.shopper_session("ann@example.com")
    desk = await at_desk(shop, "owner")
    one = led(await fill(desk, "/admin/customer-groups/new", code="dealers", name="Dealers"))
    assert one == "/admin/customer-groups/dealers"
    led(await desk.post(f"{one}/members", {"act": "add", "emails": "Ann@example.com"}))
    page = (await desk.get(one)).text
    assert "ann@example.com" in page
    led(await desk.post(f"{one}/members", {"act": "add", "emails": "nobody@example.com"}))
    assert "Nobody has the address nobody@example.com." in (await desk.get(one)).text
    member = re.search(r'value="remove (cus_\w+)"', page)
    assert member is not None
    led(await desk.post(f"{one}/members", {"act": f"remove {member[1]}"}))
    assert "Nobody is in it yet." in (await desk.get(one)).text
    led(await fill(desk, one, name="Resellers"))
    assert "Resellers" in (await desk.get("/admin/customer-groups.csv")).text
    assert led(await desk.post(f"{one}/delete", {})) == "/admin/customer-groups"


async def test_a_channel_is_opened_with_a_price_list_of_its_own(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    path = "/admin/channels/new"
    assert path in (await desk.get("/admin/channels")).text
    wrong = await fill(desk, path, code="europe", name="Europe", currency="EUR", countries="DE FR")
    assert wrong.status_code == 422
    form: dict[str, Any] = {"code": "europe", "name": "Europe", "currency": "EUR"}
    form |= {"countries": "DE\nFR", "default_country": "DE", "tax_inclusive": "yes"}
    led(await fill(desk, path, time_zone="Europe/Berlin", **form))
    assert "Europe" in (await desk.get("/admin/channels")).text
    lists = (await desk.get("/admin/prices")).text
    found = re.search(r'href="/admin/prices/(pls_\w+)/prices"[^>]*>\s*Europe', lists)
    assert found is not None
    one = f"/admin/prices/{found[1]}"
    assert f"{one}/edit" in (await desk.get(f"{one}/prices")).text
    page = await desk.get(f"{one}/edit")
    assert led(await send(desk, page, one, tier_kind="graduated")) == "/admin/prices"
    assert form_of(await desk.get(f"{one}/edit"))["tier_kind"] == "graduated"
    made = await fill(desk, "/admin/prices/new", code="vip", name="VIP", currency="EUR")
    assert "VIP" in (await desk.get(led(made))).text
    taken = await fill(desk, "/admin/prices/new", code="vip", name="VIP", currency="EUR")
    assert taken.status_code == 409
    clerk = await at_desk(shop, "support", email="sam@example.com")
    assert (await clerk.get(path)).status_code == 403


async def test_addresses_lead_on_and_loops_are_refused_at_their_field(shop: Shop) -> None:
    desk = await at_desk(shop, "catalogue")
    product = await a_product(desk, "Tee", "TEE-1")
    to = product.rpartition("/")[2]
    path = "/admin/redirects/new"
    led(await fill(desk, path, path="/old/tee.html", to=to))
    page = (await desk.get("/admin/redirects")).text
    assert "/old/tee.html" in page
    assert "/old/tee.html" in (await desk.get("/admin/redirects?prefix=/old")).text
    assert "/old/tee.html" not in (await desk.get("/admin/redirects?prefix=/new")).text
    wrong = await fill(desk, path, path="/a", to="/a")
    assert wrong.status_code == 422
    assert 'class="fault"' in wrong.text
    found = re.search(r'href="(/admin/redirects/[^"/]+/delete)"', page)
    assert found is not None
    led(await desk.post(found[1], {}))
    assert found[1] not in (await desk.get("/admin/redirects")).text


async def test_search_rules_synonyms_and_why_a_product_is_not_found(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    product = await a_product(desk, "Lamp", "LAMP-1")
    await shown(shop, product, 900)
    channel = encode("channel", shop.channel.id)
    form: dict[str, Any] = {"channel_id": channel, "name": "Lamps first", "act": "pin"}
    form |= {"scope": "contains", "queries": "light", "terms.products": "LAMP-1"}
    path = "/admin/search/rules/new"
    wrong = await fill(desk, path, **form | {"terms.products": "NOTHING"})
    assert wrong.status_code == 404
    assert "NOTHING" in wrong.text
    one = led(await fill(desk, path, **form))
    page = await desk.get(one)
    assert form_of(page)["terms.products"] == "lamp"
    led(await fill(desk, one, priority="5"))
    assert "Lamps first" in (await desk.get(f"/admin/search/rules?channel_id={channel}")).text
    led(await desk.post("/admin/search/synonyms", {"language": "de", "groups": "a, b\nc, d"}))
    german = (await desk.get("/admin/search/synonyms?language=de")).text
    assert "c, d" in german
    assert "laptop, notebook" in german  # a usual one
    alone = await desk.post("/admin/search/synonyms", {"language": "de", "groups": "alone"})
    assert alone.status_code == 422
    assert "alone" in alone.text
    await searching.follow(shop.app)
    why = f"/admin/search/why?channel_id={channel}&q=light&product="
    told = (await desk.get(f"{why}LAMP-1")).text
    assert "It is not in the results." in told
    assert "Lamps first" in told
    assert (await desk.get(f"{why}NOTHING")).status_code == 404
    for query in ("", "?nothing=yes", f"?channel_id={channel}&from_day=2026-01-01"):
        log = await desk.get(f"/admin/search{query}")
        assert log.status_code in {200, 422}, log.text
    assert (await desk.get("/admin/search.csv")).status_code == 200


async def test_held_jobs_are_seen_and_tried_again_by_who_may(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    assert "Nothing waits" in (await desk.get("/admin/jobs")).text
    async with shop.app.db.transaction() as tx:
        for _ in range(3):
            tx.enqueue(Sweep())
    pool = shop.app.db.pool
    ids = [r["id"] for r in await pool.fetch("select id from jobs.pgqueuer order by id")]
    await pool.execute(
        "update jobs.pgqueuer set status = 'failed', attempts = 10 where id = any ($1)", ids[:2]
    )
    await pool.execute(
        "insert into jobs.pgqueuer_log (job_id, status, entrypoint, priority, traceback)"
        " values ($1, 'failed', 'testing.sweep', 0, $2)",
        ids[0],
        {"exception_type": "ValueError", "exception_message": "ada@example.com"},
    )
    counted = begin_counting()
    before = len(counted.names)
    page = (await desk.get("/admin/jobs?status=held")).text
    assert len(counted.names) - before <= 2, counted.names[before:]
    assert re.findall(r'name="chosen" value="(\d+)"', page) == [str(ids[1]), str(ids[0])]
    assert "ValueError" in page
    assert "ada@example.com" not in page
    assert (await desk.get("/admin/jobs")).text.count('name="chosen"') == 3
    assert len((await desk.get("/admin/jobs.csv?status=queued")).text.splitlines()) == 2
    token = await shop.secret_key("events:read")
    listed = await shop.send("GET", "/admin/v1/jobs?status=held&limit=1", token=token)
    assert [one["id"] for one in listed.json()["items"]] == [ids[1]]
    cursor = listed.json()["next_cursor"]
    second = await shop.send(
        "GET", f"/admin/v1/jobs?status=held&limit=1&cursor={cursor}", token=token
    )
    assert [one["error"] for one in second.json()["items"]] == ["ValueError"]
    refused = await shop.send("POST", f"/admin/v1/jobs/{ids[0]}/requeue", token=token)
    assert refused.status_code == 403
    token = await shop.secret_key("events:write")
    done = await shop.send("POST", f"/admin/v1/jobs/{ids[0]}/requeue", token=token)
    assert done.status_code == 204
    again = await shop.send("POST", f"/admin/v1/jobs/{ids[0]}/requeue", token=token)
    assert (again.status_code, again.json()["code"]) == (404, "jobs.unknown")
    led(await desk.post("/admin/jobs/requeue", {"chosen": [*map(str, ids), "x", "9" * 30]}))
    assert "1 are tried again now." in (await desk.get("/admin/jobs")).text
    states = await pool.fetch("select status::text, attempts from jobs.pgqueuer")
    assert {(row["status"], row["attempts"]) for row in states} == {("queued", 0)}
    assert await noted(shop, f"job_{ids[0]}") == ["job.requeued"]
    led(await desk.post("/admin/jobs/requeue", {"chosen": [str(ids[0])]}))
    assert "None of them is held." in (await desk.get("/admin/jobs")).text
    reader = await at_desk(shop, "read_only", email="rea@example.com")
    assert "chosen" not in (await reader.get("/admin/jobs?status=queued")).text
