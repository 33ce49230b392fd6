"""What values look like: in facets of lists and searches, and where a variant is chosen."""

from __future__ import annotations

import re
from typing import Any

from tests.web.test_search import shop, shown, web
from tests.web.test_storefront_catalog import Process
from tests.workflows.window_shop import Shop

from argosy.modules import catalog
from argosy.modules.catalog import AttributeDefinition

__all__ = ["shop", "web"]

PICTURE = "0" * 40 + ".webp"


async def define(shop: Shop, swatches: dict[str, str]) -> None:
    async with shop.db.transaction() as tx:
        size = AttributeDefinition(
            code="size", label="Size", kind="swatch", facet=True, choices=("s", "L"),
            swatches=swatches,
        )  # fmt: skip
        await catalog.define_attributes(tx, [size])


async def looks(web: Process, path: str) -> dict[str, Any]:
    facets = {one["code"]: one["values"] for one in (await web.json(path))["facets"]}
    return {value["value"]: value.get("swatch") for value in facets["size"]}


async def test_values_have_their_swatch_in_facets_and_on_pages(shop: Shop, web: Process) -> None:
    await define(shop, {"s": "#a0b1c2"})
    await shop.add("tee", sizes=("S", "M"), attributes={"size": ("s", "L")})
    await shown(shop, web)
    narrowed = ("/v1/products", "/v1/products?in_stock=true", "/v1/search?q=tee")
    for path in narrowed:
        assert await looks(web, path) == {"s": {"colour": "#a0b1c2"}, "m": None, "l": None}, path

    # An option names the value as well, and says nothing of its looks.
    await shop.add("other-tee", sizes=("S",))
    await shown(shop, web)
    assert (await looks(web, "/v1/products"))["s"] == {"colour": "#a0b1c2"}

    listing, page = (await web.get("/search?q=tee")).text, (await web.get("/p/tee")).text
    picture = '<rect width="1" height="1" fill="#a0b1c2"/></svg> '
    assert f"{picture}S<" in "".join(page.split("\n")), "the option says S, the attribute s"
    assert page.count(picture) == 2  # the option, and the details
    assert re.search(f"{picture}[sS] <span", listing), "the words of a value stay"

    # Another look, and none.
    await define(shop, {"s": PICTURE, "L": "#000000"})
    await shown(shop, web)
    for path in narrowed:
        held = await looks(web, path)
        assert held == {"s": {"image": f"/media/{PICTURE}"}, "m": None, "l": {"colour": "#000000"}}
    assert f'<img class="swatch" src="/media/{PICTURE}" alt=""' in (await web.get("/p/tee")).text
    await define(shop, {})
    await shown(shop, web)
    assert await looks(web, "/v1/search?q=tee") == {"s": None, "m": None, "l": None}
    assert await looks(web, "/v1/products") == {"s": None, "m": None, "l": None}
