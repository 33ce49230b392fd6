"""Change sets in the back office: saved to from other pages, published, scheduled, rolled back."""

from __future__ import annotations

import re
from html import unescape

import httpx
from tests.web.back_office.conftest import Desk, at_desk
from tests.web.identity.making import Shop
from tests.workflows.window_shop import open_shop

from argosy.kernel.ids import encode
from argosy.modules import catalog, pricing
from argosy.modules.catalog import ProductInput
from argosy.workflows import promoting

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def hidden(page: httpx.Response) -> dict[str, object]:
    """The hidden fields of the form in the main part of a page."""
    main = page.text.partition("<main")[2]
    return {name: unescape(value) for name, value in HIDDEN.findall(main)}


async def staged(desk: Desk, path: str, form: dict[str, object], into: dict[str, object]) -> str:
    """Save a form to a change set; the page of the set."""
    chooser = await desk.post(path, form)
    assert chooser.status_code == 200, chooser.text
    done = await desk.post("/admin/changes/stage", hidden(chooser) | into)
    assert done.status_code == 303, done.text
    return done.headers["location"]


async def test_a_launch_is_staged_looked_at_published_and_rolled_back(shop: Shop) -> None:
    window = await open_shop(shop.app.db, "launch")
    mug = await window.add("mug", sizes=("S",))
    async with shop.app.db.transaction() as tx:
        wish = promoting.SetPromotion(
            name="Ten",
            document={
                "phase": "order",
                "reason": "10 %",
                "action": {"type": "percent", "percent": "10"},
            },
        )
        promotion, _ = await promoting.create(tx, wish, by="olga")
    desk = await at_desk(shop, "owner")
    product, prices = encode("product", mug[""]), window.channel.price_list_id
    assert "No change sets yet" in (await desk.get("/admin/changes")).text

    opened = {"title": "Mug", "opened.title": "Mug", "brand": "", "opened.brand": ""}
    at = f"/admin/changes/stage/product/{product}"
    nothing = await desk.post(at, dict(opened))
    assert nothing.status_code == 303
    wrong = await desk.post(at, opened | {"title": ""})
    refused = await desk.post("/admin/changes/stage", hidden(wrong) | {"into": "", "name": "L"})
    assert refused.status_code == 422
    assert "title: " in refused.text
    nameless = await desk.post("/admin/changes/stage", hidden(wrong) | {"into": "", "name": ""})
    assert 'id="e-name"' in nameless.text
    form: dict[str, object] = opened | {"title": "Sale mug"}
    path = await staged(desk, at, form, {"into": "", "name": "Launch"})
    into: dict[str, object] = {"into": path.rpartition("/")[2]}
    variant = encode("variant", mug["S"])
    price = f"/admin/changes/stage/price/{encode('price_list', prices)}/{variant}"
    assert path == await staged(desk, price, {"amount": "8", "priority": "5"}, into)
    bad = await desk.post(price, {"amount": "much"})
    assert bad.status_code == 303
    promoted = f"/admin/changes/stage/promotion/{encode('promotion', promotion.id)}/live"
    chooser = await desk.get(promoted)
    assert "Launch" in chooser.text
    await desk.post("/admin/changes/stage", hidden(chooser) | into)

    page = await desk.get(path)
    for text in ("Sale mug", "variants[mug-S].prices", "8.00", "state", "Publish…"):
        assert text in page.text, text
    where = encode("channel", window.channel.id)
    seen = await desk.get(f"{path}/preview/{product}?channel={where}&at=2030-01-01T00:00")
    assert seen.status_code == 200, seen.text
    assert seen.text.index("10.00") < seen.text.index("8.00")
    assert f'"{path}/cart"' in page.text
    asking = f"{path}/cart?channel_id={where}&at=2030-01-01T00:00&goods="
    cart = await desk.get(f"{asking}mug-S%202")
    assert cart.status_code == 200, cart.text
    assert "Changes" in cart.text
    assert cart.text.index("20.00") < cart.text.index("14.40"), "the price, and the promotion"
    unknown = await desk.get(f"{asking}nothing")
    assert (unknown.status_code, "No variant has the SKU" in unknown.text) == (404, True)
    listed = (await desk.get("/admin/changes.csv?state=draft")).text
    assert "Launch,Draft,2" in listed
    assert (await desk.get("/admin/changes?state=published")).text.count("Launch") == 0

    asked = await desk.get(f"{path}/publish")
    assert "together: 2." in asked.text
    await desk.post(f"{path}/remove", {"entity_id": encode("promotion", promotion.id)})
    stale = await desk.post(f"{path}/publish", hidden(asked))
    assert stale.status_code == 409
    assert "changesets.changed" in stale.text
    fresh = hidden(await desk.get(f"{path}/publish"))
    assert (await desk.post(f"{path}/publish", fresh)).status_code == 303
    async with shop.app.db.transaction() as tx:
        assert (await catalog.product_by_id(tx, mug[""])).row.title == "Sale mug"
        await catalog.update_product(tx, mug[""], ProductInput(title="Better mug"))
    back = await desk.get(f"{path}/rollback")
    assert "Better mug" in back.text
    decided = hidden(back) | {f"take.{product}": "keep"}
    assert (await desk.post(f"{path}/rollback", decided)).status_code == 303
    async with shop.app.db.reading() as tx:
        assert (await catalog.product_by_id(tx, mug[""])).row.title == "Better mug"
        rows = await pricing.list_prices(tx, prices, limit=9)
    assert [row.amount_minor for row in rows] == [1000]
    assert "Rolled back" in (await desk.get(path)).text


async def test_conflicts_are_decided_and_sets_scheduled_and_cancelled(shop: Shop) -> None:
    async with shop.app.db.transaction() as tx:
        [made] = await catalog.upsert_products(tx, [ProductInput(slug="mug", title="Mug")])
        assert isinstance(made, catalog.Upserted)
    desk = await at_desk(shop, "owner")
    at = f"/admin/changes/stage/product/{encode('product', made.product_id)}"
    form: dict[str, object] = {
        "title": "Mine", "opened.title": "Mug", "brand": "Acme", "opened.brand": "",
    }  # fmt: skip
    path = await staged(desk, at, form, {"into": "", "name": "Launch"})
    async with shop.app.db.transaction() as tx:
        await catalog.update_product(tx, made.product_id, ProductInput(title="Theirs"))
    page = await desk.get(path)
    assert "Others changed the same fields" in page.text
    assert "Publish…" not in page.text
    decision = {
        "entity_id": encode("product", made.product_id), "path": "title", "take.0": "theirs",
        "version": "2",
    }  # fmt: skip
    assert (await desk.post(f"{path}/resolve", dict(decision))).status_code == 303
    assert "Others changed" not in (await desk.get(path)).text

    asked = hidden(await desk.get(f"{path}/schedule"))
    refused = await desk.post(f"{path}/schedule", asked | {"local": "soon", "zone": "Europe/Rome"})
    assert 'id="e-local"' in refused.text
    times: dict[str, object] = {"local": "2030-10-27T02:30", "zone": "Europe/Rome"}
    done = await desk.post(f"{path}/schedule", asked | times)
    assert done.status_code == 303
    told = (await desk.get(path)).text
    assert "skipped or shown twice" in told
    assert "2030-10-27 02:30:00 Europe/Rome" in told
    taken = hidden(await desk.get(f"{path}/unschedule"))
    assert (await desk.post(f"{path}/unschedule", taken)).status_code == 303
    last = hidden(await desk.get(f"{path}/cancel"))
    assert (await desk.post(f"{path}/cancel", last)).status_code == 303
    assert "Cancelled" in (await desk.get(path)).text
    reader = await at_desk(shop, "read_only", email="rea@example.com")
    shown = await reader.get(path)
    assert shown.status_code == 200
    assert "Cancel…" not in shown.text
    assert (await reader.get("/admin/changes/new")).status_code == 403
