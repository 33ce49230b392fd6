"""Kits over HTTP: saying what they are, and buying one."""

from __future__ import annotations

import pytest
from tests.web.catalog.test_brands_api import window
from tests.web.catalog.test_catalog_api import problem
from tests.web.identity.making import Shop
from tests.workflows.window_shop import Shop as Window

from argosy.kernel.ids import decode, encode, new_id

__all__ = ["window"]


@pytest.fixture
async def made(shop: Shop, key: str, window: Window) -> dict[str, str]:
    """Public ids of variants: a tee, two caps, a spare pin, and a set of them."""
    tee = await window.add("tee", sizes=("M",), minor=2000)
    caps = await window.add("cap", sizes=("S", "L"), minor=1000)
    pack = await window.add("set", sizes=("one",), minor=2500, stock=0)
    spare = await window.add("pin", sizes=("one",), minor=300)
    ids = {"spare": spare["one"]}
    ids |= {"tee": tee["M"], "small": caps["S"], "large": caps["L"], "set": pack["one"]}
    return {name: encode("variant", one) for name, one in ids.items()}


async def test_a_kit_is_set_and_bought(
    shop: Shop, key: str, window: Window, made: dict[str, str]
) -> None:
    path = f"/admin/v1/variants/{made['set']}/kit"
    body = {
        "items": [{"variant_id": made["tee"]}],
        "groups": [
            {
                "code": "cap",
                "name": "Cap",
                "options": [
                    {"code": "small", "variant_id": made["small"]},
                    {"code": "large", "variant_id": made["large"], "extra": {"EUR": 200}},
                ],
                "defaults": ["small"],
            }
        ],
    }
    problem(await shop.send("GET", path, token=key), 404, "kits.not_found")
    put = await shop.send("PUT", path, body, token=key)
    assert (put.status_code, put.headers["etag"]) == (200, '"v1"'), put.text
    assert put.json()["groups"][0]["options"][1]["extra"] == {"EUR": 200}
    assert (await shop.send("GET", path, token=key)).json() == put.json()
    other = body | {"price": "sum", "percent_off": "7.5"}
    stale = await shop.send("PUT", path, other, token=key, if_match='"v7"')
    problem(stale, 409, "kits.changed")
    unknown = {"items": [{"variant_id": encode("variant", new_id())}]}
    problem(await shop.send("PUT", path, unknown, token=key), 404, "catalog.variant_not_found")
    problem(await shop.send("PUT", path, {}, token=key), 422, "kits.invalid")
    inner = f"/admin/v1/variants/{made['tee']}/kit"
    nested = {"items": [{"variant_id": made["small"]}]}
    problem(await shop.send("PUT", inner, nested, token=key), 409, "kits.nested")
    await window.settle()
    product = (await shop.send("GET", "/v1/products/set")).json()
    (variant,) = product["variants"]["items"]
    # A small cap is there if nothing is said; ten tees make ten sets.
    assert (variant["price"]["minor"], variant["availability"]) == (2500, "in_stock")
    assert [one["slug"] for one in variant["kit"]["items"]] == ["tee"]
    options = variant["kit"]["groups"][0]["options"]
    assert [one["extra"] and one["extra"]["minor"] for one in options] == [None, 200]
    there = f"/v1/availability?variant={made['set']}"
    (told,) = (await shop.send("GET", there)).json()["items"]
    assert (told["status"], told["quantity"]) == ("in_stock", None)
    await window.stock(decode("variant", made["tee"]), units=-7)
    (told,) = (await shop.send("GET", there)).json()["items"]
    assert (told["status"], told["quantity"]) == ("low_stock", 3)
    await window.stock(decode("variant", made["tee"]), units=-3)
    await window.settle()
    (told,) = (await shop.send("GET", there)).json()["items"]
    assert told["status"] == "out_of_stock"
    assert (await shop.send("GET", "/v1/products/set")).json()["availability"] == "out_of_stock"

    line = {"variant_id": made["set"], "quantity": 2, "configuration": {"cap": "large"}}
    cart = (await shop.send("POST", "/v1/carts", {"lines": [line]})).json()
    (shown,) = cart["lines"]
    assert (shown["unit_price"]["minor"], shown["total"]["minor"]) == (2700, 5400)
    assert [
        (one["sku"], one["quantity"], one["total"]["minor"]) for one in shown["components"]
    ] == [
        ("tee-M", 2, 3600),
        ("cap-L", 2, 1800),
    ]
    wrong = line | {"configuration": {"cap": "large,small"}}
    refused = await shop.send("POST", "/v1/quotes", {"lines": [wrong]})
    problem(refused, 409, "quote.not_purchasable")
    assert refused.json()["lines"][0]["reason"] == "choice_invalid"
    quote = (await shop.send("POST", "/v1/quotes", {"lines": [line]})).json()
    (kit,) = quote["kits"]
    assert [one["kit"] for one in quote["lines"]] == [kit["id"]] * 2
    assert kit["line_ids"] == [one["key"] for one in quote["lines"]]

    trail = (await shop.send("GET", "/admin/v1/audit", token=key)).json()["items"]
    assert trail[0]["action"] == "kit.set"
    gone = await shop.send("DELETE", path, token=key, if_match='"v1"')
    assert gone.status_code == 204, gone.text


async def test_a_set_is_shown_at_the_sum_of_its_parts(
    shop: Shop, key: str, window: Window, made: dict[str, str]
) -> None:
    parts = [{"variant_id": made["tee"]}, {"variant_id": made["small"], "quantity": 2}]
    body = {"items": parts, "price": "sum", "percent_off": "10"}
    path = f"/admin/v1/variants/{made['set']}/kit"
    assert (await shop.send("PUT", path, body, token=key)).status_code == 200
    await window.settle()

    async def shown() -> tuple[int, int | None]:
        found = (await shop.send("GET", "/v1/products/set")).json()["price"]
        was = found["compare_at"]
        return found["min"]["minor"], was and was["minor"]

    assert await shown() == (3600, 4000)
    await window.price(decode("variant", made["tee"]), minor=1000)
    await window.settle()
    assert await shown() == (2700, 3000)
    cart = await shop.send("POST", "/v1/carts", {"lines": [{"variant_id": made["set"]}]})
    assert cart.json()["total"]["minor"] == 2700


async def test_a_kit_is_chosen_on_its_page_without_scripts(
    shop: Shop, key: str, window: Window, made: dict[str, str]
) -> None:
    options = [
        {"code": "small", "variant_id": made["small"]},
        {"code": "large", "variant_id": made["large"], "extra": {"EUR": 200}},
    ]
    group = {"code": "cap", "name": "Your cap", "options": options}
    both = {"code": "more", "name": "More", "least": 0, "most": 2, "repeats": False}
    more = [{"code": "tee", "variant_id": made["tee"]}, options[0] | {"variant_id": made["spare"]}]
    body = {
        "items": [{"variant_id": made["tee"], "quantity": 2}],
        "groups": [group, both | {"options": more}],
    }
    path = f"/admin/v1/variants/{made['set']}/kit"
    put = await shop.send("PUT", path, body, token=key)
    assert put.status_code == 200, put.text
    await window.settle()
    base = f"/@{window.channel.code}"
    page = await shop.client.get(f"{base}/p/set")
    assert page.status_code == 200, page.text
    assert '<select name="choice.cap" aria-label="Your cap" required>' in page.text
    assert page.text.count('type="checkbox" name="choice.more"') == 2
    assert "2 × <a" in page.text

    form = f"variant_id={made['set']}&choice.cap=large&choice.more=tee&choice.more=&quantity=1"
    sent = {"content-type": "application/x-www-form-urlencoded"}
    put_in = await shop.client.post(f"{base}/cart/lines", content=form, headers=sent)
    assert put_in.status_code == 303, put_in.text
    cart = await shop.client.get(put_in.headers["location"])
    assert "<li>1 × Cap" in cart.text
    assert "<li>2 × Tee" in cart.text
    wrong = form.replace("choice.cap=large", "choice.cap=")
    refused = await shop.client.post(f"{base}/cart/lines", content=wrong, headers=sent)
    assert refused.status_code == 409
