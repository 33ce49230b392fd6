"""Lines of carts, orders and invoices in the shopper's language (DOMAIN.md E1, E8)."""

from __future__ import annotations

from typing import Any

import msgspec
from tests.web.checkout.conftest import BERLIN, Counter

from argosy.kernel.ids import decode
from argosy.kernel.personal import Input
from argosy.modules import catalog, orders, quote, translations
from argosy.modules.translations import Given, Place
from argosy.runtime.db import counting_statements
from argosy.runtime.statements import Statement
from argosy.workflows import asking
from argosy.workflows.invoice_items import items_to_invoice

SPEAK = Statement(
    "speak",
    ":exec",
    "insert into channels.language (channel_id, locale, position, state)"
    " select $1, locale, n, 'ready' from unnest($2::text[]) with ordinality as t (locale, n)",
    __name__,
)
CHOOSE = Statement(
    "choose",
    ":exec",
    """update catalog.variant set options = '{"Size": "Large"}' where id = $1""",
    __name__,
)
GERMAN = {
    ("product", "title"): "Hemd",
    ("option", "name"): "Größe",
    ("option", "value:Large"): "Groß",
}


async def say(shop: Counter, locale: str, texts: dict[tuple[Any, str], str]) -> None:
    variant = shop.till.variants["shirt"]
    async with shop.till.db.transaction() as tx:
        product = Statement(
            "p", ":one", "select product_id from catalog.variant where id = $1", __name__
        )
        entities = {
            "product": str((await tx.one(product, variant))["product_id"]),
            "variant": str(variant),
            "option": "Size",
        }
        await translations.put_texts(
            tx,
            [
                Given(
                    place=Place(kind=kind, entity=entities[kind], field=field),
                    locale=locale,
                    value=text,
                    source_hash=b"x" * 32,
                )
                for (kind, field), text in texts.items()
            ],
        )


async def two_languages(shop: Counter) -> None:
    """German and French besides English; nothing is said in French but by what it falls back on."""
    async with shop.till.db.transaction() as tx:
        await tx.run(CHOOSE, shop.till.variants["shirt"])
        await tx.run(SPEAK, shop.till.channel.id, ["de", "fr"])
    await say(shop, "de", GERMAN)
    await say(shop, "fr", {("option", "value:Large"): "Grande"})
    shop.till.app.cache.forget_everything()


def words(line: dict[str, Any]) -> tuple[str, str, dict[str, str]]:
    return line["title"], line["variant_title"], line["options"]


def body(shop: Counter, **more: Any) -> dict[str, Any]:
    return {
        "lines": [{"variant_id": shop.variant("shirt"), "quantity": 2}],
        "email": "ann@example.com",
        "shipping_address": BERLIN,
        "shipping_method": "standard",
        **more,
    }


async def test_E8_a_cart_and_its_order_speak_the_shoppers_language(shop: Counter) -> None:
    await two_languages(shop)
    own = ("Shirt", "", {"Size": "Large"})
    german = ("Hemd", "", {"Größe": "Groß"})

    # By `Accept-Language`, or as the request says; each text falls back by itself.
    made = await shop.send("POST", "/v1/carts", body(shop), accept_language="de-AT, en;q=0.5")
    cart = made.json()
    assert (cart["locale"], words(cart["lines"][0])) == ("de", german)
    path = f"/v1/carts/{cart['id']}"
    french = (await shop.send("PATCH", path, {"locale": "fr"})).json()
    assert (french["locale"], words(french["lines"][0])) == (
        "fr",
        ("Shirt", "", {"Size": "Grande"}),
    )
    assert words((await shop.send("GET", path)).json()["lines"][0])[2] == {"Size": "Grande"}
    refused = await shop.send("PATCH", path, {"locale": "es"})
    assert refused.json()["code"] == "storefront.locale_not_offered"
    refused = await shop.send("POST", "/v1/carts", body(shop, locale="es"))
    assert (refused.status_code, refused.json()["code"]) == (422, "storefront.locale_not_offered")
    cart = (await shop.send("PATCH", path, {"locale": "de"})).json()
    other = (await shop.send("POST", "/v1/carts", body(shop, locale="en"))).json()
    assert words(other["lines"][0]) == own
    plain = (await shop.send("POST", "/v1/carts", body(shop))).json()
    assert (plain["locale"], words(plain["lines"][0])) == (shop.till.channel.locale, own)

    # The order keeps what the shopper read, whatever is said later; staff read the channel's words.
    with counting_statements() as before:
        assert (await shop.place(other, "english")).status_code == 201
    with counting_statements() as count:
        placed = await shop.place(cart, "german")
    assert placed.status_code == 201, placed.text
    assert (count.statements, count.round_trips) == (before.statements, before.round_trips)
    await say(shop, "de", {("product", "title"): "Leiberl"})
    order, token = placed.json()["order"], placed.json()["order"]["token"]
    shown = (await shop.send("GET", f"/v1/orders/{order['id']}", x_order_token=token)).json()
    assert (shown["locale"], words(shown["lines"][0])) == ("de", german)
    key = await shop.secret_key("orders:read")
    told = (await shop.send("GET", f"/admin/v1/orders/{order['id']}", token=key)).json()
    assert (told["locale"], words(told["lines"][0])) == ("de", own)

    # So does its invoice.
    order_id = decode("order", order["id"])
    async with shop.till.db.reading() as tx:
        quoted = msgspec.convert(await orders.quote_of(tx, order_id), quote.Quote)
        lines = await orders.lines_of(tx, order_id)
    (item, *_) = items_to_invoice(quoted, lines, (), None)
    assert item.name == "Hemd"


async def test_E8_one_call_speaks_too_and_a_channel_of_one_language_its_own(shop: Counter) -> None:
    await two_languages(shop)
    pay = {"payment": {"gateway": "invoice"}}
    headers = {"accept_language": "fr", "idempotency_key": "fr"}
    answer = await shop.send("POST", "/v1/purchases", body(shop, **pay), **headers)
    assert answer.status_code == 201, answer.text
    order_id = decode("order", answer.json()["order"]["id"])
    async with shop.till.db.reading() as tx:
        (line,) = await orders.lines_of(tx, order_id)
    assert line.options == {"Size": "Large"}
    assert line.told is not None
    assert line.told.options == line.shown.options == {"Size": "Grande"}

    # What the channel's own language says is nothing to remember beside.
    await say(shop, shop.till.channel.locale, {("product", "title"): "Blouse"})
    answer = await shop.send("POST", "/v1/purchases", body(shop, **pay), idempotency_key="own")
    order_id = decode("order", answer.json()["order"]["id"])
    async with shop.till.db.reading() as tx:
        (line,) = await orders.lines_of(tx, order_id)
    assert (line.title, line.told) == ("Blouse", None)


async def test_E8_a_quote_asks_in_the_language_of_its_channel(shop: Counter) -> None:
    variant = shop.till.variants["shirt"]
    print_it = Input(code="print", label="Aufdruck", longest=20)
    async with shop.till.db.transaction() as tx:
        product_id = (await catalog.variant_by_id(tx, variant)).product_id
        await asking.set_inputs(tx, product_id, [print_it])
    await say(shop, shop.till.channel.locale, {("product", "input:print"): "Print"})
    shop.till.app.cache.forget_everything()
    line = {"variant_id": shop.variant("shirt"), "quantity": 1, "configuration": {"print": "Ann"}}
    made = await shop.send("POST", "/v1/carts", body(shop, lines=[line]))
    (answer,) = made.json()["lines"][0]["answers"]
    assert (answer["label"], answer["value"]) == ("Print", "Ann")
