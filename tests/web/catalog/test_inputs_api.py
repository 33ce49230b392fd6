"""What products ask, over HTTP and on pages: said, shown, answered, bought, and seen by staff."""

from __future__ import annotations

from tests.web.back_office.conftest import at_desk
from tests.web.catalog.test_brands_api import window
from tests.web.catalog.test_catalog_api import problem
from tests.web.catalog.test_translations_api import say, settle, speak
from tests.web.identity.making import Shop
from tests.workflows.window_shop import Shop as Window

from argosy.kernel.ids import encode, new_id

__all__ = ["window"]

INPUTS = [
    {
        "code": "engraving",
        "label": "Engraving",
        "longest": 12,
        "characters": "latin",
        "price": {"amount": {"EUR": 50}, "per": "character", "free": 3},
    },
    {
        "code": "font",
        "label": "Font",
        "kind": "choice",
        "required": True,
        "choices": [
            {"code": "serif", "label": "With serifs"},
            {"code": "script", "label": "Handwriting", "amount": {"EUR": 300}},
            {"code": "stone", "label": "Chiselled", "amount": {"USD": 300}},
        ],
    },
    {"code": "size", "label": "Size", "kind": "number", "least": 10, "most": 20},
]


async def test_a_product_asks_and_a_line_answers(shop: Shop, key: str, window: Window) -> None:
    ring = await window.add("ring", sizes=("one",), minor=2000)
    variant_id = encode("variant", ring["one"])
    await window.settle()
    shown = (await shop.send("GET", "/v1/products/ring")).json()
    assert "inputs" not in shown
    path = f"/admin/v1/products/{shown['id']}/inputs"
    before = await shop.send("GET", path, token=key)
    assert (before.json()["inputs"], before.headers["etag"]) == ([], '"v0"')
    put = await shop.send("PUT", path, {"inputs": INPUTS}, token=key, if_match='"v0"')
    assert (put.status_code, put.headers["etag"]) == (200, '"v1"'), put.text
    assert (await shop.send("GET", path, token=key)).json() == put.json()
    stale = await shop.send("PUT", path, {"inputs": []}, token=key, if_match='"v0"')
    problem(stale, 409, "personalisation.changed")
    twice = await shop.send("PUT", path, {"inputs": [INPUTS[0]] * 2}, token=key, if_match="*")
    problem(twice, 422, "personalisation.invalid")
    nobody = f"/admin/v1/products/{encode('product', new_id())}/inputs"
    problem(
        await shop.send("PUT", nobody, {}, token=key, if_match="*"),
        404,
        "catalog.product_not_found",
    )
    trail = (await shop.send("GET", "/admin/v1/audit", token=key)).json()["items"]
    assert trail[0]["action"] == "product.inputs_set"

    await window.settle()
    engraving, font, size = (await shop.send("GET", "/v1/products/ring")).json()["inputs"]
    assert (engraving["price"]["minor"], engraving["per"], engraving["free"]) == (
        50,
        "character",
        3,
    )
    # What has no price in euros is not offered for euros.
    assert [one["code"] for one in font["choices"]] == ["serif", "script"]
    assert (size["least"], size["most"], size["price"]) == (10, 20, None)

    line = {"variant_id": variant_id, "quantity": 2}
    unsaid = await shop.send("POST", "/v1/carts", {"lines": [line]})
    problem(unsaid, 422, "personalisation.answer_refused")
    assert unsaid.json()["field"] == "lines[0].configuration.font"
    good = line | {"configuration": {"engraving": "Anna", "font": "script"}}
    cart = (await shop.send("POST", "/v1/carts", {"lines": [good]})).json()
    (bought,) = cart["lines"]
    assert (bought["unit_price"]["minor"], cart["total"]["minor"]) == (2350, 4700)
    assert [(one["code"], one["value"], one["choice"]) for one in bought["answers"]] == [
        ("engraving", "Anna", ""),
        ("font", "script", "Handwriting"),
    ]
    there = f"/v1/carts/{cart['id']}/lines"
    for wrong, at in (
        ({"font": "gothic"}, "font"),
        ({"font": "serif", "size": "9"}, "size"),
        ({"font": "serif", "engraving": "Анна"}, "engraving"),
    ):
        told = await shop.send("POST", there, line | {"configuration": wrong})
        problem(told, 422, "personalisation.answer_refused")
        assert told.json()["field"] == f"configuration.{at}"
    quoted = await shop.send("POST", "/v1/quotes", {"lines": [line]})
    problem(quoted, 409, "quote.not_purchasable")
    assert quoted.json()["lines"][0]["input"] == "font"

    gone = await shop.send("PUT", path, {"inputs": []}, token=key, if_match='"v1"')
    assert gone.status_code == 200, gone.text
    changed = (await shop.send("GET", f"/v1/carts/{cart['id']}")).json()
    (bought,) = changed["lines"]
    assert (bought["unavailable"], bought["fault"]["input"]) == ("answer_unknown", "engraving")


async def test_a_product_asks_on_its_page_without_scripts(
    shop: Shop, key: str, window: Window
) -> None:
    ring = await window.add("ring", sizes=("one",), minor=2000)
    await window.settle()
    product_id = (await shop.send("GET", "/v1/products/ring")).json()["id"]
    desk = await at_desk(shop, "owner")
    place = f"/admin/inputs/{product_id}"
    form = await desk.get(place)
    assert form.status_code == 200, form.text
    fields = {
        "act@": "save", "version@": "0", "opened@": '{"inputs":[]}', "shown@inputs": "1",
        "part@inputs[0]": "yes", "inputs[0].code": "engraving", "inputs[0].label": "Engraving",
        "inputs[0].kind": "text", "shown@inputs[0].required": "1", "inputs[0].required": "yes",
        "inputs[0].longest": "12", "inputs[0].characters": "any", "inputs[0].decimals": "0",
        "shown@inputs[0].choices": "1", "part@inputs[0].price": "yes",
        "inputs[0].price.amount": "EUR: x", "inputs[0].price.per": "character",
        "inputs[0].price.free": "3",
    }  # fmt: skip
    wrong = await desk.post(place, fields)
    assert wrong.status_code == 422, wrong.text
    assert "EUR: x" in wrong.text
    saved = await desk.post(place, fields | {"inputs[0].price.amount": "EUR: 0,50"})
    assert (saved.status_code, saved.headers["location"]) == (303, f"/admin/products/{product_id}")
    assert "EUR: 0.50" in (await desk.get(place)).text
    assert place in (await desk.get(f"/admin/products/{product_id}")).text

    await window.settle()
    base = f"/@{window.channel.code}"
    page = (await shop.client.get(f"{base}/p/ring")).text
    assert 'name="answer.engraving" maxlength="12" autocomplete="off" required>' in page
    own = {"Sec-Fetch-Site": "same-origin"}
    sent = {"variant_id": encode("variant", ring["one"]), "quantity": "1"}
    sent["answer.engraving"] = " "
    refused = await shop.client.post(f"{base}/cart/lines", data=sent, headers=own)
    assert refused.status_code == 422
    assert "Engraving: please say it." in refused.text
    sent["answer.engraving"] = "Anna & <Ben>"
    put = await shop.client.post(f"{base}/cart/lines", data=sent, headers=own)
    assert put.status_code == 303, put.text
    cart = (await shop.client.get(f"{base}/cart")).text
    assert "Anna &amp; &lt;Ben&gt;" in cart
    assert "24.50" in cart
    await desk.post(place, fields | {"version@": "1", "inputs[0].price.amount": "EUR: 0,50",
                                     "inputs[0].longest": "5"})  # fmt: skip
    assert "does not fit any more" in (await shop.client.get(f"{base}/cart")).text


async def test_E8_what_is_asked_is_translated_like_other_texts(
    shop: Shop, key: str, window: Window
) -> None:
    ring = await window.add("ring", sizes=("one",), minor=2000)
    product = encode("product", ring[""])
    path = f"/admin/v1/products/{product}/inputs"
    assert (await shop.send("PUT", path, {"inputs": INPUTS}, token=key, if_match='"v0"')).is_success
    await speak(shop, locales=["de"])
    texts = {
        "input:engraving": "Gravur",
        "input:font": "Schrift",
        "input:font:script": "Handschrift",
    }
    await say(shop, key, f"product/{product}", texts)
    odd = f"/admin/v1/translations/product/{product}/de"
    nothing = {"texts": [{"field": "input:", "value": "x"}]}
    assert (await shop.send("PATCH", odd, nothing, token=key)).status_code == 422
    await settle(window, shop)

    async def asked(locale: str) -> list[tuple[str, list[str]]]:
        shown = (await shop.send("GET", f"/v1/products/ring?locale={locale}")).json()
        return [
            (one["label"], [each["label"] for each in one["choices"]]) for one in shown["inputs"]
        ]

    fonts = ["With serifs", "Handwriting"]
    assert await asked("de") == [
        ("Gravur", []), ("Schrift", ["With serifs", "Handschrift"]), ("Size", []),
    ]  # fmt: skip
    english = (await shop.send("GET", "/v1/products/ring")).json()["inputs"]
    assert [one["label"] for one in english] == ["Engraving", "Font", "Size"]
    assert [each["label"] for each in english[1]["choices"]] == fonts

    # Among the work of translators, and stale once the question is another.
    work = f"/admin/v1/translations?locale=de&kind=product&entity={product}"
    stands = {
        w["field"]: w["status"] for w in (await shop.send("GET", work, token=key)).json()["items"]
    }
    assert stands["input:size"] == stands["input:font:serif"] == "missing"
    assert not stands.keys() & texts.keys(), "what is done is no work"
    other = [INPUTS[0] | {"label": "Your engraving"}, *INPUTS[1:]]
    assert (await shop.send("PUT", path, {"inputs": other}, token=key, if_match="*")).is_success
    found = (await shop.send("GET", f"{work}&status=stale", token=key)).json()["items"]
    assert [(w["field"], w["source"], w["value"]) for w in found] == [
        ("input:engraving", "Your engraving", "Gravur")
    ]
