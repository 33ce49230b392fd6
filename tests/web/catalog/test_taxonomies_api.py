"""Taxonomies over HTTP."""

from __future__ import annotations

from tests.web.catalog.test_catalog_api import problem
from tests.web.identity.making import Shop

from argosy.kernel.ids import encode, new_id


async def test_things_are_mapped_by_code(shop: Shop, key: str) -> None:
    empty = await shop.send("GET", "/admin/v1/taxonomies/google/nodes?q=shirts", token=key)
    assert empty.json() == {"items": [], "loaded": 0}
    listed = [
        {"code": "166", "path": "Apparel & Accessories"},
        {"code": "212", "path": "Apparel & Accessories > Shirts & Tops"},
    ]
    path = "/admin/v1/taxonomies/google/nodes"
    loaded = await shop.send("POST", path, {"nodes": listed}, token=key)
    assert loaded.json() == {"changed": 2}, loaded.text
    again = await shop.send("POST", path, {"nodes": listed}, token=key)
    assert again.json() == {"changed": 0}
    found = await shop.send("GET", "/admin/v1/taxonomies/google/nodes?q=shirt", token=key)
    assert [node["code"] for node in found.json()["items"]] == ["212"]
    made = await shop.send("POST", "/admin/v1/categories", {"name": "Shirts"}, token=key)
    category = made.json()["id"]
    body = {"title": "Tee", "categories": ["shirts"], "variants": [{"sku": "tee"}]}
    product = (await shop.send("POST", "/admin/v1/products", body, token=key)).json()["id"]
    path = "/admin/v1/taxonomies/google/mappings/"
    before = (await shop.send("GET", path + category, token=key)).json()
    assert (before["node"], before["suggestions"][0]["code"]) == (None, "212")
    put = await shop.send("PUT", path + category, {"code": "212"}, token=key)
    assert put.json()["said_by"] == category, put.text
    made = await shop.send(
        "POST", "/admin/v1/categories", {"name": "Polos", "parent_id": category}, token=key
    )
    rows = {
        which: (await shop.send("GET", f"{path[:-1]}?which={which}", token=key)).json()["items"]
        for which in ("own", "inherited", "none")
    }
    assert [(row["path"], row["code"]) for row in rows["own"]] == [("shirts", "212")]
    assert [(row["path"], row["code"]) for row in rows["inherited"]] == [("shirts/polos", "212")]
    assert rows["none"] == []
    inherited = (await shop.send("GET", path + product, token=key)).json()
    assert (inherited["node"]["code"], inherited["said_by"]) == ("212", category)
    await shop.send("PUT", path + product, {"code": "166"}, token=key)
    own = (await shop.send("GET", path + product, token=key)).json()
    assert (own["node"]["code"], own["said_by"]) == ("166", product)
    assert (await shop.send("DELETE", path + product, token=key)).status_code == 204
    back = (await shop.send("GET", path + product, token=key)).json()
    assert back["said_by"] == category
    wrong = await shop.send("PUT", path + product, {"code": "0"}, token=key)
    problem(wrong, 404, "taxonomy.node_unknown")
    nobody = encode("product", new_id())
    missing = await shop.send("PUT", path + nobody, {"code": "166"}, token=key)
    problem(missing, 404, "catalog.product_not_found")
    variant = await shop.send("GET", path + encode("variant", new_id()), token=key)
    problem(variant, 422, "id.malformed")
    other = await shop.send("GET", "/admin/v1/taxonomies/amazon/nodes?q=x", token=key)
    assert other.status_code == 422
    trail = (await shop.send("GET", "/admin/v1/audit", token=key)).json()["items"]
    assert [entry["action"] for entry in trail[:2]] == ["taxonomy.unmapped", "taxonomy.mapped"]
