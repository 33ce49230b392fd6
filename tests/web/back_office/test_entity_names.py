"""Addresses by channel and language in the back office: set, kept leading, cleared, taken back."""

from __future__ import annotations

import re

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import led, noted
from tests.web.back_office.test_price_facts import hidden
from tests.web.back_office.test_products import a_product, read
from tests.web.identity.making import Shop

from argosy.kernel.ids import encode
from argosy.modules import catalog
from argosy.modules.paths import Here, Moved, Scope
from argosy.workflows.addressing import locate


async def leads(shop: Shop, path: str, locale: str) -> str | None:
    """Where the path leads in a language of the shop's channel: to itself, on, or nowhere."""
    scope = Scope(channel_id=shop.channel.id, locale=locale)
    async with shop.app.db.reading() as tx:
        match await locate(tx, path, scope):
            case Here(path=here):
                return here
            case Moved(target=there):
                return there
            case _:
                return None


async def test_a_product_is_called_otherwise_in_a_language_and_old_addresses_lead_on(
    shop: Shop,
) -> None:
    desk = await at_desk(shop, "owner")
    product = await a_product(desk, "Radiant Tee", "TEE")
    other = await a_product(desk, "Plain Tee", "PLAIN")
    slug, taken = [(await read(shop, one)).row.slug for one in (product, other)]
    name = product.rpartition("/")[2]
    path = f"/admin/names/{name}"
    assert path in (await desk.get(product)).text
    page = (await desk.get(path)).text
    assert f"/products/{slug}" in page
    assert "None of its names was changed" in page
    tag = re.search(r'<select id="f-locale".*?<option value="([a-z]{2})"', page, re.DOTALL)
    assert tag is not None
    here = {"channel_id": "", "locale": tag[1]}
    for wrong, field in (
        (here | {"name": ""}, "name"),
        (here | {"name": "Not A Slug!"}, "name"),
        (here | {"name": taken}, "name"),
        ({"name": "tee", "channel_id": "", "locale": ""}, "locale"),
    ):
        refused = await desk.post(path, dict(wrong))
        assert refused.status_code in {409, 422}, wrong
        assert f'id="e-{field}"' in refused.text, wrong
        assert f'value="{wrong["name"]}"' in refused.text
    for called in ("strahlend-shirt", "strahlend-tee"):
        assert led(await desk.post(path, here | {"name": called})) == path
    both = {"channel_id": encode("channel", shop.channel.id), "locale": tag[1], "name": "nur-hier"}
    assert led(await desk.post(path, dict(both))) == path
    page = (await desk.get(path)).text
    now, former = page.split('id="former"')
    assert all(f"/products/{one}" in now for one in ("strahlend-tee", "nur-hier", slug))
    assert "/products/strahlend-shirt" in former
    assert await leads(shop, "/products/strahlend-shirt", tag[1]) == "/products/nur-hier"
    cleared = {name: both[name] for name in both}
    assert led(await desk.post(f"{path}/clear", dict(cleared))) == path
    assert await leads(shop, "/products/nur-hier", tag[1]) == "/products/strahlend-tee"
    said = (await desk.get(path)).text
    assert "/products/nur-hier" in said.split('id="former"')[1]
    undo = re.search(r'action="([^"]+)">\s*((?:<input [^>]*>\s*)+)<button class="link"', said)
    assert undo is not None
    assert undo[1] == path
    back: dict[str, object] = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', undo[2]))
    assert led(await desk.post(path, back)) == path
    assert await leads(shop, "/products/nur-hier", tag[1]) == "/products/nur-hier"
    assert (await noted(shop, name))[:4] == ["name.changed"] * 4
    clerk = await at_desk(shop, "support", email="sam@example.com")
    assert (
        "<form"
        not in (await clerk.get(path)).text.partition('id="main"')[2].partition("</main>")[0]
    )
    assert (await clerk.post(path, dict(both))).status_code == 403


async def test_categories_have_addresses_too_and_other_things_none(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    made = await desk.post("/admin/categories/new", {"name": "Men"})
    one = led(made)
    async with shop.app.db.reading() as tx:
        found = next(row for row in await catalog.list_categories(tx) if row.path == "men")
    path = f"/admin/names/{encode('category', found.id)}"
    assert one
    assert path in (await desk.get(f"/admin/categories/{encode('category', found.id)}")).text
    page = (await desk.get(path)).text
    assert "Whole path" in page
    assert "/categories/men" in page
    assert (await desk.get("/admin/names/chn_00000000000000000000000000")).status_code in {404, 422}


async def test_a_stale_form_shows_what_somebody_else_called_it(shop: Shop) -> None:
    desk, other = (
        await at_desk(shop, "owner"),
        await at_desk(shop, "owner", email="kim@example.com"),
    )
    product = await a_product(desk, "Radiant Tee", "TEE")
    path = f"/admin/names/{product.rpartition('/')[2]}"
    opened = hidden((await desk.get(path)).text, path) | {"channel_id": "", "locale": "de"}
    assert led(await other.post(path, opened | {"name": "strahlend"})) == path
    stale = await desk.post(path, opened | {"name": "leuchtend"})
    assert (stale.status_code, "since you opened it" in stale.text) == (409, True)
    assert "<ins>leuchtend</ins>" in stale.text
    assert "<del>strahlend</del>" in stale.text
    again = hidden(stale.text, path) | {"channel_id": "", "locale": "de", "name": "leuchtend"}
    old = hidden((await desk.get(path)).text, f"{path}/clear")
    assert led(await desk.post(path, dict(again))) == path
    assert await leads(shop, "/products/strahlend", "de") == "/products/leuchtend"
    refused = await other.post(f"{path}/clear", dict(old))
    assert (refused.status_code, "/products/leuchtend" in refused.text) == (409, True)
    assert led(await desk.post(f"{path}/clear", hidden(refused.text, f"{path}/clear"))) == path
    gone = await other.post(path, again | {"name": "glaenzend"})
    assert (gone.status_code, "<del></del>" in gone.text) == (409, True)
    kept = hidden(gone.text, path) | {"channel_id": "", "locale": "de", "choose.name": "theirs"}
    assert led(await other.post(path, dict(kept))) == path
    assert await leads(shop, "/products/leuchtend", "de") == "/products/radiant-tee"
