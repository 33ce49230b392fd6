"""Paths over HTTP: where one leads, names in a language, redirects, and what deleting decides."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from tests.web.catalog.test_catalog_api import problem
from tests.web.identity.making import Shop

from argosy.kernel.ids import encode, new_id


async def made(shop: Shop, key: str, slug: str) -> dict[str, Any]:
    body = {"title": slug, "slug": slug, "variants": [{"sku": slug}]}
    answer = await shop.send("POST", "/admin/v1/products", body, token=key)
    assert answer.status_code == 201, answer.text
    product: dict[str, Any] = answer.json()
    return product


async def category(shop: Shop, key: str, name: str, **more: Any) -> dict[str, Any]:
    answer = await shop.send("POST", "/admin/v1/categories", {"name": name, **more}, token=key)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def resolve(shop: Shop, path: str, **more: str) -> httpx.Response:
    query = urlencode({"path": path, **more})
    return await shop.send("GET", f"/v1/resolve?{query}")


async def test_E9_a_moved_category_leaves_redirects_for_its_subtree(shop: Shop, key: str) -> None:
    men = await category(shop, key, "Men")
    tops = await category(shop, key, "Tops", parent_id=men["id"])
    here = await resolve(shop, "/categories/men/tops")
    assert here.status_code == 200, here.text
    assert here.json() == {
        "status": "here",
        "path": "/categories/men/tops",
        "kind": "category",
        "id": tops["id"],
        "api": f"/v1/products?category={tops['id']}",
    }
    path = f"/admin/v1/categories/{men['id']}"
    await shop.send("PATCH", path, {"slug": "herren"}, token=key, if_match="*")
    moved = await resolve(shop, "/categories/men/tops")
    assert moved.status_code == 301
    assert moved.json()["path"] == "/categories/herren/tops"
    assert moved.headers["location"] == "/v1/resolve?path=%2Fcategories%2Fherren%2Ftops"
    end = await shop.send("GET", moved.headers["location"])
    assert (end.status_code, end.json()["id"]) == (200, tops["id"])


async def test_E8_a_name_in_a_language_is_unique_and_leaves_a_redirect(
    shop: Shop, key: str
) -> None:
    men, women = await category(shop, key, "Men"), await category(shop, key, "Women")
    names = f"/admin/v1/names/{men['id']}"
    answer = await shop.send("PUT", names, {"name": "herren", "locale": "de"}, token=key)
    assert answer.json()["items"][0]["path"] == "/categories/herren"
    there = await resolve(shop, "/categories/men", locale="de-AT")
    assert (there.status_code, there.json()["path"]) == (301, "/categories/herren")
    assert (await resolve(shop, "/categories/men", locale="fr")).status_code == 200
    rival = f"/admin/v1/names/{women['id']}"
    taken = await shop.send("PUT", rival, {"name": "herren", "locale": "de-AT"}, token=key)
    assert problem(taken, 409, "paths.name_taken")["taken_by"] == men["id"]
    own = await shop.send("PUT", rival, {"name": "men", "locale": "de"}, token=key)
    problem(own, 409, "paths.name_taken")
    everywhere = await shop.send("PUT", rival, {"name": "damen"}, token=key)
    problem(everywhere, 422, "paths.redirect_invalid")
    await shop.send("PUT", names, {"name": None, "locale": "de"}, token=key)
    back = await resolve(shop, "/categories/herren", locale="de")
    assert (back.status_code, back.json()["path"]) == (301, "/categories/men")
    listed = (await shop.send("GET", names, token=key)).json()["items"]
    assert [(n["name"], n["present"]) for n in listed] == [("herren", False)]


async def test_names_are_changed_by_the_version_that_was_read(shop: Shop, key: str) -> None:
    men = await category(shop, key, "Men")
    names = f"/admin/v1/names/{men['id']}"

    async def call(name: str | None, version: int | None) -> httpx.Response:
        body = {"name": name, "locale": "de", "version": version}
        return await shop.send("PUT", names, body, token=key)

    [first] = (await call("herren", 0)).json()["items"]
    for name in ("jungs", None):
        assert (
            problem(await call(name, 0), 409, "paths.name_changed")["version"] == (first["version"])
        )
    same = (await call("herren", first["version"])).json()["items"]
    assert same == [first]
    await call(None, first["version"])
    problem(await call("jungs", first["version"]), 409, "paths.name_changed")
    again = (await call("herren", 0)).json()["items"]
    assert again[0]["version"] > first["version"]
    assert (await call("maenner", None)).status_code == 200


async def test_deleting_decides_what_the_paths_answer(shop: Shop, key: str) -> None:
    men, sale = await category(shop, key, "Men"), await category(shop, key, "Sale")
    for slug, query in (
        ("tee", f"?moved_to={men['id']}"),
        ("cap", f"?replacement={men['id']}"),
        ("sock", ""),
    ):
        product = await made(shop, key, slug)
        path = f"/admin/v1/products/{product['id']}{query}"
        gone = await shop.send("DELETE", path, token=key, if_match="*")
        assert gone.status_code == 204, gone.text
    moved = await resolve(shop, "/products/tee")
    assert (moved.status_code, moved.json()["path"]) == (301, "/categories/men")
    cap = problem(await resolve(shop, "/products/cap"), 410, "paths.gone")
    assert cap["replacement"] == "/categories/men"
    assert problem(await resolve(shop, "/products/sock"), 410, "paths.gone")["replacement"] is None
    # The storefront's own product page says the same.
    problem(await shop.send("GET", "/v1/products/sock"), 410, "paths.gone")
    path = f"/admin/v1/categories/{men['id']}?moved_to={sale['id']}"
    assert (await shop.send("DELETE", path, token=key, if_match="*")).status_code == 204
    assert (await resolve(shop, "/products/tee")).json()["path"] == "/categories/sale"
    problem(await resolve(shop, "/products/nothing"), 404, "paths.unknown")
    trail = (await shop.send("GET", "/admin/v1/audit", token=key)).json()["items"]
    assert trail[0]["before"]["moved_to"] == sale["id"]


@pytest.mark.parametrize("query", ["moved_to={own}", "moved_to={nobody}", "replacement=x"])
async def test_a_decision_that_leads_nowhere_deletes_nothing(
    shop: Shop, key: str, query: str
) -> None:
    tee = await made(shop, key, "tee")
    query = query.format(own=tee["id"], nobody=encode("product", new_id()))
    path = f"/admin/v1/products/{tee['id']}"
    refused = await shop.send("DELETE", f"{path}?{query}", token=key, if_match="*")
    assert refused.status_code in {404, 422}, refused.text
    assert (await shop.send("GET", path, token=key)).status_code == 200


async def test_redirects_are_made_listed_and_removed(shop: Shop, key: str) -> None:
    wishes = [
        {"path": "/old", "to": "/about"},
        {"path": "/about", "to": "/old"},
        {"path": "/blog", "to": "https://blog.example/"},
        {"path": "/over", "answer": "gone", "locale": "en"},
    ]
    body = {"redirects": wishes}
    answer = await shop.send("POST", "/admin/v1/redirects", body, token=key)
    done = answer.json()
    assert (done["created"], done["failed"]) == (3, 1)
    assert [(f["row"], f["column"]) for f in done["faults"]] == [(2, "target")]
    old = await resolve(shop, "/old")
    assert (old.status_code, old.json()["path"], old.json()["kind"]) == (301, "/about", None)
    blog = await resolve(shop, "/blog")
    assert blog.headers["location"] == "https://blog.example/"
    problem(await resolve(shop, "/over", locale="en-GB"), 410, "paths.gone")
    first = (await shop.send("GET", "/admin/v1/redirects?limit=2", token=key)).json()
    following = f"/admin/v1/redirects?limit=2&cursor={first['next_cursor']}"
    rest = (await shop.send("GET", following, token=key)).json()
    listed = first["items"] + rest["items"]
    assert [r["path"] for r in listed] == ["/blog", "/old", "/over"]
    one = f"/admin/v1/redirects/{listed[1]['id']}"
    assert (await shop.send("GET", one, token=key)).json() == listed[1]
    assert (await shop.send("DELETE", one, token=key)).status_code == 204
    problem(await resolve(shop, "/old"), 404, "paths.unknown")
    problem(await shop.send("DELETE", one, token=key), 404, "paths.redirect_not_found")


@pytest.mark.parametrize("path", ["a", "//evil.example", "/a b", "/a\x07"])
async def test_what_is_no_path_is_a_problem(shop: Shop, path: str) -> None:
    assert (await resolve(shop, path)).status_code == 422
