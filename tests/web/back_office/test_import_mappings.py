"""Saved mappings in the back office: their versions, who goes by them, and removing one."""

from __future__ import annotations

import re
from typing import Any

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import led, noted
from tests.web.identity.making import Shop

NAME = {"field": "title", "column": "Name", "transforms": [{"do": "trim"}]}
SKU = {"field": "variant.sku", "column": "Art-Nr"}
BRAND = {"field": "brand", "columns": [], "transforms": [{"do": "constant", "value": "Acme"}]}


async def test_versions_are_compared_and_a_mapping_is_removed(shop: Shop) -> None:
    key = await shop.secret_key("catalog:write")

    async def save(method: str, path: str, body: dict[str, Any]) -> None:
        more = {} if method == "POST" else {"if_match": "*"}
        done = await shop.send(method, f"/admin/v1/{path}", body, token=key, **more)
        assert done.is_success, done.text

    desk = await at_desk(shop, "owner")
    assert "No mappings are saved" in (await desk.get("/admin/imports/mappings")).text
    hats = {"name": "Hats", "document": {"rules": [NAME, SKU]}}
    await save("POST", "import-mappings", {"code": "hats"} | hats)
    for column in range(1, 12):
        rules = [NAME, SKU | {"column": f"No {column}"}]
        document = {"rules": rules if column < 11 else [*rules[1:], BRAND]}
        await save("PUT", "import-mappings/hats", hats | {"document": document})
    one = "/admin/imports/mappings/hats"
    assert one in (await desk.get("/admin/imports/mappings")).text
    assert "Hats,hats,12,2" in (await desk.get("/admin/imports/mappings.csv")).text
    page = (await desk.get(one)).text
    newest, before = page.split('<details class="card"')[1:3]
    assert "Version 12" in newest
    assert re.search(r"SKU\s.*?changed.*?No 11", newest, re.DOTALL)
    assert re.search(r"Brand.*?new.*?always the same: Acme", newest, re.DOTALL)
    assert re.search(r"<del>Name</del>.*?no longer", newest, re.DOTALL)
    assert "1 field changed" in before
    further = re.search(r'href="([^"]+)" rel="next"', page)
    assert further is not None
    oldest = (await desk.get(further[1].replace("&amp;", "&"))).text.split('<details class="card"')[
        1:
    ]
    assert ["Version 2" in oldest[0], "Version 1" in oldest[1], len(oldest)] == [True, True, 2]
    assert "field changed" not in oldest[1]
    feed = {"code": "hats", "name": "Hats daily", "url": "https://supplier.example/hats.csv",
            "format": "mapped", "mapping": "hats", "schedule": "0 5 * * *",
            "zone": "Europe/Berlin"}  # fmt: skip
    await save("POST", "feeds", feed)
    assert "Hats daily" in (await desk.get(one)).text
    asked = (await desk.get(f"{one}/delete")).text
    assert "Hats daily" in asked
    version = re.search(r'name="version" value="(\d+)"', asked)
    assert version is not None
    form: dict[str, object] = {"sure": "yes", "version": version[1]}
    assert led(await desk.post(f"{one}/delete", form)) == one
    stale = form | {"typed": "hats", "version": "3"}
    await desk.post(f"{one}/delete", stale)
    assert (await desk.get(one)).status_code == 200
    clerk = await at_desk(shop, "support", email="sam@example.com")
    assert (await clerk.post(f"{one}/delete", form | {"typed": "hats"})).status_code == 403
    done = await desk.post(f"{one}/delete", form | {"typed": "hats"})
    assert led(done) == "/admin/imports/mappings"
    assert (await desk.get(one)).status_code == 404
    assert (await noted(shop, "hats"))[0] == "mapping.deleted"
