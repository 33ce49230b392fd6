"""Kits over HTTP: saying what they are, and buying one."""

from __future__ import annotations

import pytest
from tests.web.catalog.test_brands_api import window
from tests.web.catalog.test_catalog_api import problem
from tests.web.identity.making import Shop
from tests.workflows.window_shop import Shop as Window

from argosy.kernel.ids import encode, new_id

__all__ = ["window"]


@pytest.fixture
async def made(shop: Shop, key: str, window: Window) -> dict[str, str]:
    """Public ids of variants: a tee, two caps, and a set of them."""
    tee = await window.add("tee", sizes=("M",), minor=2000)
    caps = await window.add("cap", sizes=("S", "L"), minor=1000)
    pack = await window.add("set", sizes=("one",), minor=2500, stock=0)
    ids = {"tee": tee["M"], "small": caps["S"], "large": caps["L"], "set": pack["one"]}
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
