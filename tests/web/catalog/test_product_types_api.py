"""Product types over the API: drafts, dry runs, publication, adoption, scores."""

from __future__ import annotations

from typing import Any

from tests.web.catalog.test_catalog_api import Shop, problem

from argosy.kernel.ids import encode
from argosy.workflows import scoring

TYPE = "/admin/v1/product-types/shirt"
MATERIAL = {"label": "Material", "kind": "choice", "choices": ["Wool", "Silk"]}


async def a_draft(shop: Shop, key: str, **schema: Any) -> Any:
    await shop.send("PUT", "/admin/v1/attributes/material", MATERIAL, token=key)
    await shop.send("PUT", TYPE, {"label": "Shirt"}, token=key)
    wanted = {"attributes": [{"code": "material", "required": True}], **schema}
    return await shop.send("PUT", f"{TYPE}/draft", wanted, token=key)


async def publish(shop: Shop, key: str) -> Any:
    return await shop.send("POST", f"{TYPE}/draft/publish", None, token=key, if_match="*")


async def test_a_schema_is_drafted_tried_and_published(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    channel = encode("channel", shop.channel.id)
    product = f"/admin/v1/products/{shirt['id']}"
    await shop.send("PATCH", product, {"attributes": None}, token=key)
    await shop.send("PUT", f"{product}/publications/{channel}", {}, token=key)
    draft = await a_draft(shop, key, missing="block")
    assert draft.status_code == 200, draft.text
    assert (draft.json()["number"], draft.json()["published_at"]) == (1, None)
    adopted = await shop.send("POST", f"{TYPE}/adopt", {"product_type": ""}, token=key)
    assert adopted.json() == {"adopted": 1, "refused": [], "last": None}

    impact = (await shop.send("GET", f"{TYPE}/draft/impact", token=key)).json()
    assert impact == {
        "products": 1,
        "broken": 1,
        "problems": [{"attribute": "material", "problem": "missing", "products": 1}],
    }
    listed = (await shop.send("GET", f"{TYPE}/draft/broken-products", token=key)).json()
    [broken] = listed["items"]
    assert broken["id"] == shirt["id"]
    assert broken["problems"] == [
        {"attribute": "material", "problem": "missing", "channel_ids": [channel]}
    ]
    problem(await publish(shop, key), 409, "producttypes.schema_breaks_products")
    wool = {"attributes": {"material": ["Wool"]}}
    assert (await shop.send("PATCH", product, wool, token=key)).status_code == 200
    assert (await publish(shop, key)).json()["published_at"]
    problem(await publish(shop, key), 409, "producttypes.nothing_to_publish")
    assert (await shop.send("GET", TYPE, token=key)).json()["published"] == 1
    refused = await shop.send("PATCH", product, {"attributes": {"material": None}}, token=key)
    [fault] = problem(refused, 422, "catalog.input_invalid")["faults"]
    assert (fault["column"], fault["code"]) == ("attributes.material", "type_missing")
    versions = (await shop.send("GET", f"{TYPE}/versions", token=key)).json()
    assert [v["number"] for v in versions["items"]] == [1]


async def test_what_cannot_be_is_told(shop: Shop, key: str) -> None:
    refused = await a_draft(shop, key, attributes=[{"code": "nothing"}])
    told = problem(refused, 422, "producttypes.schema_invalid")
    assert told["faults"][0]["column"] == "attributes[0].code"
    path = "/admin/v1/product-types/No!"
    problem(
        await shop.send("PUT", path, {"label": "X"}, token=key), 422, "producttypes.schema_invalid"
    )
    nowhere = "/admin/v1/product-types/nothing"
    problem(await shop.send("GET", nowhere, token=key), 404, "producttypes.not_found")
    impact = await shop.send("GET", f"{nowhere}/draft/impact", token=key)
    problem(impact, 404, "producttypes.not_found")


async def test_products_are_listed_by_how_complete_they_are(
    shop: Shop, key: str, shirt: dict[str, Any]
) -> None:
    channel = encode("channel", shop.channel.id)
    product = f"/admin/v1/products/{shirt['id']}"
    await shop.send("PUT", f"{product}/publications/{channel}", {}, token=key)
    await scoring.rescore_all(shop.app.db)
    path = f"/admin/v1/incomplete-products?channel={channel}"
    [found] = (await shop.send("GET", path, token=key)).json()["items"]
    assert found["id"] == shirt["id"]
    lacking = {lack["what"] for lack in found["lacks"]}
    assert "photograph" in lacking
    below = found["score"] + 1
    listed = f"/admin/v1/products?channel={channel}&completeness_lt={below}"
    [same] = (await shop.send("GET", listed, token=key)).json()["items"]
    assert same["id"] == shirt["id"]
    none = f"/admin/v1/products?channel={channel}&completeness_lt={max(found['score'], 1)}"
    items = (await shop.send("GET", none, token=key)).json()["items"]
    assert len(items) == (1 if found["score"] == 0 else 0)
    alone = await shop.send("GET", "/admin/v1/products?completeness_lt=80", token=key)
    problem(alone, 422, "catalog.input_invalid")
