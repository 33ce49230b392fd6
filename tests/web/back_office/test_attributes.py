"""Attributes in the back office: defined, changed, by two at once."""

from __future__ import annotations

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import led, noted, send
from tests.web.identity.making import Shop

from argosy.modules import catalog

PATH = "/admin/attributes"


async def test_an_attribute_is_defined_and_defined_anew(shop: Shop) -> None:
    desk = await at_desk(shop, "catalogue")
    assert "No attributes yet" in (await desk.get(PATH)).text
    refused = await desk.post(PATH, {"code": "Ma terial"})
    assert (refused.status_code, 'value="Ma terial"' in refused.text) == (422, True)
    one = led(await desk.post(PATH, {"code": "material"}))
    assert one == f"{PATH}/material"
    page = await desk.get(one)
    lacking = await send(desk, page, one, label="")
    assert (lacking.status_code, "has to be filled in" in lacking.text) == (422, True)
    wrong = await send(desk, page, one, label="Material", kind="boolean", choices="Wool")
    assert wrong.status_code == 422
    typed = {"kind": "swatch", "choices": "Wool, new\r\nSilk", "swatches": "Silk: #ff0000"}
    assert led(await send(desk, page, one, label="Material", facet="yes", **typed)) == one
    async with shop.app.db.reading() as tx:
        (made,) = await catalog.list_attributes(tx)
    assert (made.kind, made.choices, made.facet) == ("swatch", ("Wool, new", "Silk"), True)
    assert made.swatches == {"Silk": "#ff0000"}
    assert await noted(shop, "material") == ["attribute.defined"]
    listed = (await desk.get(PATH)).text
    assert "some of a list, shown as colours" in listed
    assert "filter, search" in listed
    assert "material" in (await desk.get(f"{PATH}.csv")).text
    assert (await desk.get(f"{PATH}/No-code")).status_code == 404

    opened = await desk.get(one)
    led(await send(desk, opened, one, label="Theirs", unit=""))
    late = await send(desk, opened, one, label="Mine", position="7")
    assert late.status_code == 409
    assert "Changed by Olga since you opened it" in late.text
    led(await send(desk, late, one, **{"choose.label": "yours"}))
    async with shop.app.db.reading() as tx:
        (made,) = await catalog.list_attributes(tx)
    assert (made.label, made.position, made.choices) == ("Mine", 7, ("Wool, new", "Silk"))
    reader = await at_desk(shop, "read_only", email="reader@example.com")
    assert "Define it" not in (await reader.get(PATH)).text
    assert "data-guard" not in (await reader.get(one)).text
    assert (await reader.post(one, {"label": "x"})).status_code == 403
