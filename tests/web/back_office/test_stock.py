"""Stock in the back office: counted, adjusted, explained, moved; and nothing twice."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from tests.web.back_office.conftest import at_desk
from tests.web.identity.making import Shop

from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, inventory
from argosy.modules.catalog import ProductInput, VariantInput
from argosy.modules.inventory import Level
from argosy.runtime.db import begin_counting

Places = dict[str, UUID]


@pytest.fixture
async def goods(shop: Shop) -> dict[str, UUID]:
    """Variants `MUG` and `HAT`, by their SKU."""
    products = [
        ProductInput(slug=sku.lower(), title=sku.title(), variants=(VariantInput(sku=sku),))
        for sku in ("MUG", "HAT")
    ]
    async with shop.app.db.transaction() as tx:
        await catalog.upsert_products(tx, products)
        found = await catalog.variant_ids_by_sku(tx, ["MUG", "HAT"])
    return {sku.upper(): variant for sku, variant in found.items()}


@pytest.fixture
async def places(shop: Shop) -> Places:
    """Locations `main` and `south`, by their code."""
    made = {}
    async with shop.app.db.transaction() as tx:
        for code in ("main", "south"):
            one = await inventory.create_location(
                tx, code=code, name=code.title(), country="DE", address=None
            )
            made[code] = one.id
    return made


async def level(shop: Shop, variant: UUID, place: UUID) -> Level:
    async with shop.app.db.reading() as tx:
        found = await inventory.levels_of(tx, [variant])
    return next(one for one in found if one.location_id == place)


def path_of(variant: UUID, place: UUID, act: str) -> str:
    return f"/admin/stock/{encode('variant', variant)}/{encode('location', place)}/{act}"


def hidden(name: str, page: str) -> str:
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


async def test_stock_is_counted_adjusted_and_explained_and_no_form_counts_twice(
    shop: Shop, goods: dict[str, UUID], places: Places
) -> None:
    desk = await at_desk(shop, "owner")
    assert "No stock is recorded yet" in (await desk.get("/admin/stock")).text
    mug, main = goods["MUG"], places["main"]
    one = f"/admin/stock/{encode('variant', mug)}"
    assert "Count at South" in (await desk.get(one)).text
    asked = await desk.get(path_of(mug, main, "count"))
    form = {"key": hidden("key", asked.text), "seen": "0", "quantity": "12", "reason": "opening"}
    for _ in range(2):
        done = await desk.post(path_of(mug, main, "count"), form)
        assert (done.status_code, done.headers["location"]) == (303, one)
    assert (await level(shop, mug, main)).on_hand == 12
    adjust = path_of(mug, main, "adjust")
    for wrong in ("", "1.5", "many", "--2", "99999999999"):
        refused = await desk.post(adjust, {"quantity": wrong, "reason": "why"})
        assert (refused.status_code, "e-quantity" in refused.text) == (422, True), wrong
        assert 'value="why"' in refused.text
    silent = await desk.post(adjust, {"quantity": "1", "reason": " "})
    assert "e-reason" in silent.text
    late = await desk.post(adjust, {"seen": "9", "quantity": "-2", "reason": "broken"})
    assert late.status_code == 409
    assert "12 are on the shelf now" in late.text
    assert hidden("seen", late.text) == "12"
    again = {"key": hidden("key", late.text), "seen": "12", "quantity": "\u22122", "reason": "<i>"}
    for _ in range(2):
        assert (await desk.post(adjust, again)).status_code == 303
    assert (await level(shop, mug, main)).on_hand == 10
    assert await desk.post(path_of(mug, main, "return"), {"quantity": "3", "reason": "R1"})
    inspect = {"quantity": "1", "sound": "yes", "reason": "fine"}
    assert (await desk.post(path_of(mug, main, "inspect"), inspect)).status_code == 303
    now = await level(shop, mug, main)
    assert (now.on_hand, now.quarantine, now.sellable) == (13, 2, 11)
    journal = await desk.get(path_of(mug, main, "journal"))
    assert "user:Olga" in journal.text or "staff:Olga" in journal.text
    assert "&lt;i&gt;" in journal.text
    file = await desk.get(path_of(mug, main, "journal.csv"))
    assert len(file.text.splitlines()) == 5
    assert (await desk.get(path_of(mug, main, "burn"))).status_code == 404
    counted = {"counted_at": "2026-01-01T10:00", "quantity": "5", "reason": "late"}
    old = await desk.post(path_of(mug, main, "count"), counted)
    assert (old.status_code, "A newer count is known" in old.text) == (409, True)


async def test_rules_of_selling_changed_by_two_are_shown_side_by_side(
    shop: Shop, goods: dict[str, UUID], places: Places
) -> None:
    desk = await at_desk(shop, "owner")
    path = path_of(goods["HAT"], places["main"], "selling")
    page = (await desk.get(path)).text
    names = ("safety_stock", "backorder_limit", "low_threshold")
    opened = {f"opened.{name}": hidden(f"opened.{name}", page) for name in names}
    assert list(opened.values()) == ["0", "0", "5"]
    mine = dict(zip(names, ("2", "0", "9"), strict=True))
    assert (await desk.post(path, opened | mine)).status_code == 303
    late = await desk.post(path, opened | {**mine, "safety_stock": "4", "low_threshold": "5"})
    assert late.status_code == 409
    assert "Changed by Olga" in late.text
    assert "Taken over" in late.text  # their low threshold: it was not touched here
    assert hidden("theirs.safety_stock", late.text) == "2"
    fresh = {f"opened.{name}": hidden(f"opened.{name}", late.text) for name in names}
    kept = {"choose.safety_stock": "theirs", "theirs.safety_stock": "2"}
    form = fresh | kept | {"safety_stock": "4", "backorder_limit": "1", "low_threshold": "9"}
    assert (await desk.post(path, form)).status_code == 303
    now = await level(shop, goods["HAT"], places["main"])
    assert (now.safety_stock, now.backorder_limit, now.low_threshold) == (2, 1, 9)
    bad = await desk.post(path, {**mine, "low_threshold": "-1"})
    assert "e-low_threshold" in bad.text


async def test_a_transfer_leaves_arrives_and_loses_once(
    shop: Shop, goods: dict[str, UUID], places: Places
) -> None:
    desk = await at_desk(shop, "owner")
    mug, main, south = goods["MUG"], places["main"], places["south"]
    await desk.post(path_of(mug, main, "count"), {"quantity": "10", "reason": "opening"})
    page = await desk.get("/admin/stock/transfers/new?sku=MUG")
    assert re.search(r'name="sku.0"[^>]* value="MUG"', page.text)
    more = await desk.post("/admin/stock/transfers/new", {"act": "more", "lines": "3"})
    assert 'name="sku.5"' in more.text
    form = {
        "key": hidden("key", page.text),
        "lines": "3",
        "from": encode("location", main),
        "to": encode("location", south),
        "sku.0": "mug",
        "quantity.0": "4",
        "reason": "restock",
    }
    wrong = await desk.post("/admin/stock/transfers/new", form | {"sku.1": "NOPE"})
    assert (wrong.status_code, "e-sku.1" in wrong.text) == (404, True)
    same = await desk.post("/admin/stock/transfers/new", form | {"to": form["from"]})
    assert "e-to" in same.text
    for _ in range(2):
        sent = await desk.post("/admin/stock/transfers/new", form)
        assert sent.status_code == 303, sent.text
    path = sent.headers["location"]
    assert (await level(shop, mug, main)).on_hand == 6
    assert (await level(shop, mug, south)).incoming == 4
    assert path in (await desk.get("/admin/stock/transfers")).text
    variant = encode("variant", mug)
    receipt = {"variant": variant, f"received.{variant}": "3", f"lost.{variant}": "1"}
    no_reason = await desk.post(f"{path}/receive", receipt)
    assert "e-loss_reason" in no_reason.text
    done = await desk.post(f"{path}/receive", receipt | {"loss_reason": "fell off"})
    assert done.status_code == 303
    assert "On its way</span>" not in (await desk.get(path)).text
    assert (await level(shop, mug, south)).on_hand == 3
    assert (await desk.post(f"{path}/receive", receipt)).status_code == 422
    assert decode("transfer", path.rpartition("/")[2])


async def test_stock_is_filtered_exported_guarded_and_costs_few_statements(
    shop: Shop, goods: dict[str, UUID], places: Places
) -> None:
    desk = await at_desk(shop, "owner")
    mug, main = goods["MUG"], places["main"]
    for sku, number in (("MUG", "20"), ("HAT", "3")):
        path = path_of(goods[sku], main, "count")
        assert (await desk.post(path, {"quantity": number, "reason": "x"})).status_code == 303
    await desk.post(
        path_of(goods["HAT"], places["south"], "count"), {"quantity": "0", "reason": "x"}
    )
    key = await shop.secret_key("inventory:read")
    for asked, found in (
        ("standing=low", [("HAT", "main")]),
        ("standing=out", [("HAT", "south")]),
        ("standing=available", [("MUG", "main")]),
        ("standing=oversold", []),
        (f"location={encode('location', main)}", [("HAT", "main"), ("MUG", "main")]),
        ("sku=hat", [("HAT", "main"), ("HAT", "south")]),
        ("sku=nothing", []),
    ):
        file = (await desk.get(f"/admin/stock.csv?{asked}")).text.splitlines()[1:]
        rows = [line.split(",") for line in file]
        assert sorted((row[0], row[2].lower()) for row in rows) == found, asked
        if asked.startswith("standing"):
            told = await shop.send("GET", f"/admin/v1/stock-levels?{asked}", token=key)
            items = told.json()["items"]
            assert sorted((one["sku"], one["location"]) for one in items) == found
    first = await shop.send("GET", "/admin/v1/stock-levels?limit=2", token=key)
    cursor = first.json()["next_cursor"]
    rest = await shop.send("GET", f"/admin/v1/stock-levels?limit=2&cursor={cursor}", token=key)
    assert (len(first.json()["items"]), len(rest.json()["items"])) == (2, 1)
    journal = path_of(mug, main, "journal")
    for path, most in (
        ("/admin/stock?standing=low", 4),
        (f"/admin/stock/{encode('variant', mug)}", 4),
        (journal, 5),
        (path_of(mug, main, "count"), 4),
        ("/admin/stock/transfers", 2),
    ):
        counted = begin_counting()
        before = len(counted.names)
        assert (await desk.get(path)).status_code == 200
        names = counted.names[before:]
        assert 0 < len(names) <= most, (path, names)
    assert "/admin/stock" in (await desk.get("/admin")).text
    clerk = await at_desk(shop, "support", email="sam@example.com")
    seen = await clerk.get(f"/admin/stock/{encode('variant', mug)}")
    assert seen.status_code in {200, 403}
    assert "Count…" not in seen.text
    assert (await clerk.get(path_of(mug, main, "count"))).status_code == 403
    denied = await clerk.post(path_of(mug, main, "adjust"), {"quantity": "1", "reason": "x"})
    assert denied.status_code == 403
