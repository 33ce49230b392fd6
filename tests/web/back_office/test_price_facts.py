"""What units cost the shop and what they hold, in the back office."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import msgspec
from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import noted
from tests.web.back_office.test_products import a_product
from tests.web.identity.making import Shop

from argosy.kernel.ids import encode
from argosy.modules import catalog, pricing


async def a_variant(shop: Shop, sku: str) -> str:
    async with shop.app.db.reading() as tx:
        found = await catalog.find_variant_by_sku(tx, sku)
    assert found is not None
    return encode("variant", found.id)


async def test_costs_are_set_by_periods_listed_and_taken_back(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    assert "No costs are known" in (await desk.get("/admin/costs")).text
    await a_product(desk, "Mug", "MUG")
    await a_product(desk, "Pot", "POT")
    mug = await a_variant(shop, "MUG")
    path = f"/admin/costs/{mug}"
    assert path in (await desk.get(f"/admin/variants/{mug}")).text
    for wrong, field in (
        ({"amount": "", "currency": "EUR"}, "amount"),
        ({"amount": "1.234", "currency": "EUR"}, "amount"),
        ({"amount": "1", "currency": "XX"}, "currency"),
        ({"amount": "1", "currency": "EUR", "valid_from": "soon"}, "valid_from"),
        ({"amount": "1", "currency": "EUR", "valid_until": "0001-01-01T00:00"}, "valid_until"),
        (
            {"amount": "1", "currency": "EUR", "valid_from": "2030-01-02T00:00",
             "valid_until": "2030-01-01T00:00"},
            "valid_until",
        ),
    ):  # fmt: skip
        refused = await desk.post(path, dict(wrong))
        assert (refused.status_code, f'id="e-{field}"' in refused.text) == (422, True), wrong
        assert not wrong[field] or f'value="{wrong[field]}"' in refused.text
    now = shop.app.db.clock()
    since, until = ((now + timedelta(days=days)).isoformat()[:16] for days in (-9, 9))
    for form in (
        {"amount": "6,50", "currency": "eur"},
        {"amount": "6.50", "currency": "EUR"},
        {"amount": "5", "currency": "EUR", "valid_from": since, "valid_until": until},
        {"amount": "4", "currency": "EUR", "valid_from": until},
        {"amount": "3", "currency": "EUR", "valid_until": since},
        {"amount": "7", "currency": "USD"},
    ):
        assert (await desk.post(path, dict(form))).status_code == 303, form
    over = {"amount": "1", "currency": "EUR", "valid_from": since}
    clash = await desk.post(path, dict(over))
    assert (clash.status_code, 'id="e-valid_from"' in clash.text) == (409, True)
    page = (await desk.get(path)).text
    for amount, state in (
        ("€6.50", "Otherwise"),
        ("€5.00", "Applies"),
        ("€4.00", "Later"),
        ("€3.00", "Past"),
        ("$7.00", "Applies"),
    ):
        row = next(row for row in page.split("<tr>") if amount in row)
        assert state in row, amount
    await desk.post(f"/admin/costs/{await a_variant(shop, 'POT')}",
                    {"amount": "2", "currency": "EUR"})  # fmt: skip
    file = (await desk.get("/admin/costs.csv")).text
    assert len(file.splitlines()) == 7
    assert len((await desk.get("/admin/costs.csv?sku=mug")).text.splitlines()) == 6
    assert "€2.00" not in (await desk.get("/admin/costs?sku=mug")).text
    assert "No costs are known" in (await desk.get("/admin/costs?sku=none")).text
    # Removed with the very period that the page names, and put back by the notice.
    row = next(row for row in page.split("<tr>") if "€5.00" in row)
    sent: dict[str, object] = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', row))
    before = await costs(shop, "MUG")
    assert (await desk.post(f"{path}/remove", dict(sent))).status_code == 303
    assert len(await costs(shop, "MUG")) == len(before) - 1
    said = (await desk.get(path)).text
    undo = re.search(r'action="([^"]+)">\s*((?:<input [^>]*>)+)\s*<button class="link"', said)
    assert undo is not None
    assert undo[1] == path
    back: dict[str, object] = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', undo[2]))
    assert (await desk.post(path, back)).status_code == 303
    assert versionless(await costs(shop, "MUG")) == versionless(before)
    assert (await noted(shop, mug))[:3] == ["costs.set", "costs.removed", "costs.set"]
    reader = await at_desk(shop, "support", email="sam@example.com")
    for page_path in ("/admin/costs", path):
        assert (await reader.get(page_path)).status_code == 403
    assert path not in (await reader.get(f"/admin/variants/{mug}")).text


def versionless(found: list[pricing.Cost]) -> list[pricing.Cost]:
    return [msgspec.structs.replace(one, version=None) for one in found]


async def costs(shop: Shop, sku: str) -> list[pricing.Cost]:
    async with shop.app.db.reading() as tx:
        found = await catalog.find_variant_by_sku(tx, sku)
        assert found is not None
        return await pricing.costs_of(tx, [found.id])


async def test_what_a_unit_holds_is_said_listed_and_taken_back(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    assert "No contents are known" in (await desk.get("/admin/measures")).text
    await a_product(desk, "Olives", "OLIVES")
    variant = await a_variant(shop, "OLIVES")
    path = f"/admin/measures/{variant}"
    assert path in (await desk.get(f"/admin/variants/{variant}")).text
    for wrong, field in (
        ({"content": "", "unit": "g"}, "content"),
        ({"content": "much", "unit": "g"}, "content"),
        ({"content": "0", "unit": "g"}, "content"),
        ({"content": "1", "unit": "g", "drained": "1e5"}, "drained"),
        ({"content": "1", "unit": "g", "base_unit": "l"}, "base_unit"),
        ({"content": "1", "unit": "stone"}, "unit"),
    ):
        refused = await desk.post(path, dict(wrong))
        assert (refused.status_code, f'id="e-{field}"' in refused.text) == (422, True), wrong
    sent = {"content": "370", "unit": "g", "drained": "212,5", "base_quantity": "", "base_unit": ""}
    assert (await desk.post(path, dict(sent))).status_code == 303
    page = (await desk.get(path)).text
    assert 'value="212.5"' in page
    assert '<option value="kg" selected>' in page
    assert "OLIVES,370 g,212.5 g,1 kg" in (await desk.get("/admin/measures.csv?sku=olives")).text
    assert ">OLIVES<" in (await desk.get("/admin/measures")).text
    assert (await desk.post(f"{path}/remove", {})).status_code == 303
    gone = (await desk.get(path)).text
    assert "It does as soon as you say" in gone
    back: dict[str, object] = dict(
        re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', gone)
    )
    assert (await desk.post(path, back)).status_code == 303
    assert "370 g" in (await desk.get("/admin/measures.csv")).text
    assert (await noted(shop, variant))[:2] == ["measures.set", "measures.removed"]
    clerk = await at_desk(shop, "support", email="sam@example.com")
    assert (await clerk.post(path, dict(sent))).status_code == 403


def hidden(page: str, path: str) -> dict[str, object]:
    """What the form to `path` holds besides what is typed."""
    form = page.split(f'action="{path}"')[1].split("</form>", maxsplit=1)[0]
    pairs = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in pairs}


async def test_a_stale_form_of_a_cost_shows_what_the_other_did(shop: Shop) -> None:
    desk, other = (
        await at_desk(shop, "owner"),
        await at_desk(shop, "owner", email="kim@example.com"),
    )
    await a_product(desk, "Mug", "MUG")
    path = f"/admin/costs/{await a_variant(shop, 'MUG')}"
    opened = hidden((await desk.get(path)).text, path)
    typed = {"amount": "6,50", "currency": "eur"}
    assert (await other.post(path, opened | typed)).status_code == 303
    stale = await desk.post(path, opened | typed | {"amount": "7"})
    assert (stale.status_code, "since you opened it" in stale.text) == (409, True)
    assert "<ins>7.00</ins>" in stale.text
    assert "<del>6.50</del>" in stale.text
    again = hidden(stale.text, path) | typed
    kept = again | {"amount": "7.00", "choose.amount": "theirs"}
    assert (await desk.post(path, dict(kept))).status_code == 303
    [cost] = await costs(shop, "MUG")
    assert cost.amount_minor == 650
    assert (await desk.post(path, again | {"amount": "7.00"})).status_code == 303
    assert (await other.post(path, again | {"amount": "8"})).status_code == 409
    # Who removes what is another by now is told; who sets what was removed, too.
    page = (await desk.get(path)).text
    old = hidden(page, f"{path}/remove")
    now = hidden(page, path)
    assert (await other.post(path, now | {"amount": "9", "currency": "EUR"})).status_code == 303
    assert (await desk.post(f"{path}/remove", dict(old))).status_code == 303
    assert "Nothing is removed" in (await desk.get(path)).text
    page = (await other.get(path)).text
    assert (await other.post(f"{path}/remove", hidden(page, f"{path}/remove"))).status_code == 303
    late = await desk.post(path, hidden(page, path) | {"amount": "10", "currency": "EUR"})
    assert (late.status_code, "<del></del>" in late.text) == (409, True)
    gone = hidden(late.text, path) | {"amount": "10", "currency": "EUR", "choose.amount": "theirs"}
    assert (await desk.post(path, gone)).status_code == 303
    assert await costs(shop, "MUG") == []


async def test_a_stale_form_of_a_measure_is_merged_field_by_field(shop: Shop) -> None:
    desk, other = (
        await at_desk(shop, "owner"),
        await at_desk(shop, "owner", email="kim@example.com"),
    )
    await a_product(desk, "Olives", "OLIVES")
    path = f"/admin/measures/{await a_variant(shop, 'OLIVES')}"
    first = {"content": "370", "unit": "g", "base_quantity": "1", "base_unit": "kg"}
    page = (await desk.get(path)).text
    assert (await desk.post(path, hidden(page, path) | first)).status_code == 303
    page = (await desk.get(path)).text
    opened = hidden(page, path)
    theirs = first | {"content": "380", "drained": "200"}
    assert (await other.post(path, opened | theirs)).status_code == 303
    stale = await desk.post(path, opened | first | {"content": "390,0"})
    assert (stale.status_code, "Drained weight" in stale.text) == (409, True)
    assert 'name="choose.content"' in stale.text
    assert 'name="choose.drained"' not in stale.text
    assert 'value="200"' in stale.text
    removal = await desk.post(f"{path}/remove", hidden(page, f"{path}/remove"))
    assert (removal.status_code, "380 g" in (await desk.get("/admin/measures.csv")).text) == (
        303,
        True,
    )
    sent = hidden(stale.text, path) | first | {"content": "390", "drained": "200"}
    assert (await desk.post(path, sent)).status_code == 303
    assert "OLIVES,390 g,200 g,1 kg" in (await desk.get("/admin/measures.csv")).text


async def test_costs_and_measures_are_changed_by_version_over_the_API(shop: Shop) -> None:
    key = await shop.secret_key("costs:write", "prices:write")
    await a_product(await at_desk(shop, "owner"), "Mug", "MUG")
    one = await a_variant(shop, "MUG")
    cost: dict[str, object] = {"variant_id": one, "currency": "EUR", "amount_minor": 5}
    measure: dict[str, object] = {"variant_id": one, "content": "5", "unit": "ml"}

    async def send(what: str, **body: object) -> tuple[int, str, str]:
        done = await shop.send("POST", f"/admin/v1/{what}", body, token=key)
        told = done.json()
        return done.status_code, told.get("code", ""), told.get("field", "")

    for what, fact in (("costs", cost), ("measures", measure)):
        assert (await send(what, **{what: [fact | {"version": 0}]}))[0] == 200
        [read] = (await shop.send("GET", f"/admin/v1/{what}", token=key)).json()["items"]
        assert (await send(what, **{what: [read]}))[0] == 200
        refused = await send(what, **{what: [fact | {"version": 0}]})
        assert refused == (409, "pricing.fact_changed", f"{what}.0.version")
        assert (await send(what, **{what: [fact]}))[0] == 200  # whichever there is
    late = cost | {"version": 10**6}
    late.pop("amount_minor")
    assert (await send("costs/removal", costs=[late]))[:2] == (409, "pricing.fact_changed")
    stale = {"variant_ids": [one], "versions": {one: 1}}
    assert (await send("measures/removal", **stale))[:2] == (409, "pricing.fact_changed")
    assert (await send("measures/removal", variant_ids=[one]))[0] == 200


async def test_all_costs_and_measures_are_listed_page_by_page(shop: Shop) -> None:
    key = await shop.secret_key("costs:write", "prices:write")
    sizes = tuple(catalog.VariantInput(sku=f"T{n}", options={"Size": f"{n}"}) for n in range(3))
    found = catalog.ProductInput(slug="tee", title="Tee", variants=sizes)
    async with shop.app.db.transaction() as tx:
        await catalog.upsert_products(tx, [found])
        by_sku = await catalog.variant_ids_by_sku(tx, ["T0", "T1", "T2"])
    ids = [encode("variant", one) for one in by_sku.values()]
    year = [f"20{n}-01-01T00:00:00Z" for n in range(20, 24)]
    ends = [(None, None), (None, year[0]), (year[0], year[1]), (year[2], None)]
    given = [
        {"variant_id": one, "currency": currency, "amount_minor": 5,
         "valid_from": start, "valid_until": end}
        for one in ids for currency in ("EUR", "USD") for start, end in ends
    ]  # fmt: skip
    done = await shop.send("POST", "/admin/v1/costs", {"costs": given}, token=key)
    assert done.json() == {"changed": 24}
    measures = [{"variant_id": one, "content": "5", "unit": "ml"} for one in ids]
    await shop.send("POST", "/admin/v1/measures", {"measures": measures}, token=key)
    for what, size, there in (("costs", 5, 24), ("measures", 2, 3)):
        items, cursor = [], ""
        while True:
            path = f"/admin/v1/{what}?limit={size}{cursor}"
            page = (await shop.send("GET", path, token=key)).json()
            assert len(page["items"]) <= size
            items += page["items"]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        whole = await shop.send(
            "GET", f"/admin/v1/{what}?" + "&".join(f"variant={one}" for one in ids), token=key
        )
        assert (len(items), items) == (there, whole.json()["items"])
        stale = await shop.send("GET", f"/admin/v1/{what}?cursor=none", token=key)
        assert stale.status_code == 422
