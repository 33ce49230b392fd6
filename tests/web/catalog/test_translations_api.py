"""A channel in several languages over HTTP: saying texts, showing them, and what is stale."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.hearing import all_heard
from tests.web.catalog.test_catalog_api import problem
from tests.web.identity.making import Shop
from tests.workflows.window_shop import Shop as Window
from tests.workflows.window_shop import open_shop

from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, staff
from argosy.runtime.db import counting_statements
from argosy.runtime.subscriptions import Subscription
from argosy.workflows.voicing import forget_translations, note_translations

HEAR = Subscription(
    "translations",
    frozenset(
        {
            "argosy.translations.texts_translated.v1",
            "argosy.translations.source_locale_changed.v1",
        }
    ),
    note_translations,
)
FORGET = Subscription(
    "forgetting", frozenset({"argosy.catalog.product_deleted.v1"}), forget_translations
)


@pytest.fixture
async def window(shop: Shop) -> Window:
    """What fills the channel, whose key is used."""
    window = await open_shop(shop.app.db, "window")
    async with shop.app.db.transaction() as tx:
        key = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="window", channel_id=window.channel.id
        )
    shop.channel, shop.key = window.channel, key.token
    return window


async def settle(window: Window, shop: Shop) -> None:
    """Do what the worker does, until the shop's cache has heard of it."""
    await window.hear(HEAR)
    await window.settle()
    await window.settle()
    await all_heard(shop.app.db)


async def say(
    shop: Shop, key: str, thing: str, texts: dict[str, Any], locale: str = "de"
) -> dict[str, Any]:
    path = f"/admin/v1/translations/{thing}/{locale}"
    body = {"texts": {f: t if isinstance(t, dict) else {"value": t} for f, t in texts.items()}}
    answer = await shop.send("PATCH", path, body, token=key, if_match="*")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def speak(shop: Shop, **change: Any) -> None:
    key = await shop.secret_key("channels:write")
    path = f"/admin/v1/channels/{encode('channel', shop.channel.id)}"
    answer = await shop.send("PATCH", path, change, token=key, if_match="*")
    assert answer.status_code == 200, answer.text


async def test_E8_a_shop_in_several_languages(shop: Shop, key: str, window: Window) -> None:
    ids = await window.add(
        "tee", description="<p>Warm</p>", seo_title="Tee", categories=("men",), brand="Luma"
    )
    await settle(window, shop)
    product = f"product/{encode('product', ids[''])}"
    await say(shop, key, product, {"title": "Hemd"})
    await say(shop, key, product, {"title": "Leiberl"}, "de-AT")
    draft = {"description": {"value": "<p>Warm, ja</p>", "state": "draft"}}
    await say(shop, key, product, draft)
    await say(shop, key, "option/Size", {"name": "Größe", "value:S": "Klein"})
    men = (await shop.send("GET", "/admin/v1/categories", token=key)).json()["items"][0]
    await say(shop, key, f"category/{men['id']}", {"name": "Herren"})
    source = await shop.send("PUT", "/admin/v1/translations/source", {"locale": "en"}, token=key)
    assert source.json() == {"locale": "en"}
    # A new language is offered when its window is made, and not a moment before.
    await speak(shop, locales=["de-AT", "fr"])
    assert (await shop.send("GET", "/v1/channel")).json()["locales"] == ["en"]
    problem(
        await shop.send("GET", "/v1/products/tee?locale=de-AT"),
        422,
        "storefront.locale_not_offered",
    )
    await settle(window, shop)
    assert (await shop.send("GET", "/v1/channel")).json()["locales"] == ["en", "de-AT", "fr"]

    austrian = await shop.send("GET", "/v1/products/tee?locale=de-AT")
    assert austrian.headers["content-language"] == "de-AT"
    assert austrian.headers["vary"] == "X-Publishable-Key"
    shown = austrian.json()
    assert shown["title"] == "Leiberl"
    assert shown["description"] == "<p>Warm</p>"  # the draft is not shown
    assert shown["languages"] == {"description": "en", "seo_title": "en"}
    assert shown["options"][0] == {
        "code": "size",
        "name": "Größe",
        "values": ["Klein", "M"],
        "availability": {"Klein": "in_stock", "M": "in_stock"},
    }
    assert [v["options"] for v in shown["variants"]["items"]] == [
        {"Größe": "Klein"},
        {"Größe": "M"},
    ]
    assert shown["category_path"][0]["name"] == "Herren"
    options = (await shop.send("GET", "/v1/products/tee/options?locale=de-AT&size=Klein")).json()
    assert [(v["value"], v["variants"]) for v in options["options"][0]["values"]] == [
        ("Klein", 1),
        ("M", 1),
    ]
    french = (await shop.send("GET", "/v1/products/tee?locale=fr")).json()
    assert (french["title"], french["languages"]["title"]) == ("Tee", "en")
    # Facets are asked for by the same values in every language, and labelled in this one.
    listed = (await shop.send("GET", "/v1/products?locale=de-AT&size=s")).json()
    assert listed["items"][0]["title"] == "Leiberl"
    size = next(f for f in listed["facets"] if f["code"] == "size")
    assert (size["label"], size["values"][0]["value"], size["values"][0]["label"]) == (
        "Größe",
        "s",
        "Klein",
    )
    tree = (await shop.send("GET", "/v1/categories?locale=de-AT")).json()
    assert tree["items"][0]["name"] == "Herren"

    # By Accept-Language: told apart by caches, kept by language, and no statement once kept.
    english = await shop.send("GET", "/v1/products/tee")
    assert (english.json()["title"], english.headers["content-language"]) == ("Tee", "en")
    assert "languages" not in english.json()
    assert english.headers["vary"] == "X-Publishable-Key, Accept-Language"
    for _ in range(2):
        german = await shop.send("GET", "/v1/products/tee", accept_language="de-CH, en;q=0.5")
        assert (german.json()["title"], german.headers["content-language"]) == ("Leiberl", "de-AT")
        assert german.headers["vary"] == "X-Publishable-Key, Accept-Language"
        assert german.headers["etag"] != english.headers["etag"]
    with counting_statements() as count:
        again = await shop.send("GET", "/v1/products/tee", accept_language="de")
        plain = await shop.send("GET", "/v1/products/tee")
        named = await shop.send("GET", "/v1/products/tee?locale=de-AT")
    assert [a.json()["title"] for a in (again, plain, named)] == ["Leiberl", "Tee", "Leiberl"]
    assert count.statements == 0

    # What is left to say in German, and the text that changes makes its translation stale.
    path = "/admin/v1/translations?locale=de-AT&kind=product"
    work = (await shop.send("GET", path, token=key)).json()["items"]
    assert {w["field"]: w["status"] for w in work} == {
        "description": "missing",
        "seo_title": "missing",
    }
    changed = await shop.send(
        "PATCH",
        f"/admin/v1/products/{encode('product', ids[''])}",
        {"title": "T-shirt"},
        token=key,
        if_match="*",
    )
    assert changed.status_code == 200, changed.text
    stale = (await shop.send("GET", f"{path}&status=stale", token=key)).json()["items"]
    assert [(w["field"], w["source"], w["value"]) for w in stale] == [
        ("title", "T-shirt", "Leiberl")
    ]
    await settle(window, shop)
    assert (await shop.send("GET", "/v1/products/tee?locale=de-AT")).json()["title"] == "Leiberl"
    done = (
        await shop.send("GET", "/admin/v1/translations/completeness?locale=de-AT", token=key)
    ).json()
    products = next(k for k in done["items"] if k["kind"] == "product")
    assert (products["texts"], products["stale"], products["missing"]) == (3, 1, 2)
    # A text that is taken back falls to the next locale.
    await say(shop, key, product, {"title": None}, "de-AT")
    await settle(window, shop)
    assert (await shop.send("GET", "/v1/products/tee?locale=de-AT")).json()["title"] == "Hemd"
    # A language that ended is answered no more, as soon as every process has heard of it.
    await speak(shop, locales=["fr"])
    async with asyncio.timeout(2):
        while (await shop.send("GET", "/v1/products/tee?locale=de-AT")).status_code != 422:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    back = await shop.send("GET", "/v1/products/tee", accept_language="de")
    assert back.headers["content-language"] == "en"


async def test_E8_a_product_goes_by_its_name_in_a_language(
    shop: Shop, key: str, window: Window
) -> None:
    ids = await window.add("tee")
    await speak(shop, locales=["de"])
    await settle(window, shop)
    path = f"/admin/v1/names/{encode('product', ids[''])}"
    await shop.send("PUT", path, {"name": "hemd", "locale": "de"}, token=key)
    await settle(window, shop)
    there = await shop.send("GET", "/v1/products/hemd?locale=de")
    assert (there.status_code, there.json()["slug"]) == (200, "hemd")
    moved = await shop.send("GET", "/v1/products/tee?locale=de")
    assert (moved.status_code, moved.headers["location"]) == (301, "/v1/products/hemd?locale=de")
    negotiated = await shop.send("GET", "/v1/products/tee", accept_language="de")
    assert (negotiated.status_code, negotiated.headers["location"]) == (301, "/v1/products/hemd")
    assert (await shop.send("GET", "/v1/products/tee")).json()["slug"] == "tee"
    await shop.send("PUT", path, {"name": "leiberl", "locale": "de"}, token=key)
    await settle(window, shop)
    moved = await shop.send("GET", "/v1/products/hemd?locale=de")
    assert moved.headers["location"] == "/v1/products/leiberl?locale=de"


async def test_translations_are_changed_by_version_and_end_with_their_thing(
    shop: Shop, key: str, window: Window
) -> None:
    ids = await window.add("tee")
    public = encode("product", ids[""])
    path = f"/admin/v1/translations/product/{public}/de"
    read = await shop.send("GET", path, token=key)
    body = {"texts": {"title": {"value": "Hemd"}}}
    etag = read.headers["etag"]
    changed = await shop.send("PATCH", path, body, token=key, if_match=etag)
    assert changed.json()["texts"][0]["status"] == "current"
    late = await shop.send("PATCH", path, body, token=key, if_match=etag)
    problem(late, 409, "translations.changed")
    same = await shop.send("PATCH", path, body, token=key, if_match=changed.headers["etag"])
    assert same.headers["etag"] == changed.headers["etag"]
    unknown = {"texts": {"sku": {"value": "x"}}}
    problem(
        await shop.send("PATCH", path, unknown, token=key, if_match="*"),
        404,
        "translations.not_found",
    )
    missing = f"/admin/v1/translations/product/{encode('product', ids['S'])}/de"
    problem(await shop.send("GET", missing, token=key), 404, "translations.not_found")
    await shop.send("PUT", "/admin/v1/translations/source", {"locale": "de"}, token=key)
    problem(
        await shop.send(
            "PATCH", path, {"texts": {"title": {"value": "x"}}}, token=key, if_match="*"
        ),
        422,
        "translations.invalid",
    )
    entries = (await shop.send("GET", "/admin/v1/audit?limit=50", token=key)).json()["items"]
    told = [e["action"] for e in entries if e["action"].startswith("translation")]
    assert sorted(told) == ["translation.changed", "translation.source_told"]
    async with shop.app.db.transaction() as tx:
        await catalog.delete_product(tx, decode("product", public))
    await window.hear(FORGET)
    assert not await shop.app.db.pool.fetchval("select count(*) from translations.text")
