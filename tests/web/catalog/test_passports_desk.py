"""Product passports at the desk: opened, filled in, published, printed, given to read."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
import segno
from PIL import Image
from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import fill, led
from tests.web.catalog.test_brands_api import window
from tests.web.catalog.test_passports_api import (
    BASE,
    GTIN,
    SAID,
    battery,
    draft,
    made,
    published,
    put,
)
from tests.web.identity.making import Shop
from tests.workflows.window_shop import Shop as Window

from argosy.web.passport_codes import QUIET_ZONE

__all__ = ["window"]


@pytest.fixture
async def key(shop: Shop) -> str:
    return await shop.secret_key("catalog:write", "audit:read")


async def test_the_desk_opens_fills_publishes_gives_and_withdraws(
    shop: Shop, window: Window, key: str
) -> None:
    desk = await at_desk(shop, "owner")
    await battery(window)
    assert "No passports yet" in (await desk.get("/admin/passports")).text
    unknown = await fill(desk, "/admin/passports/new", variant_id="nothing")
    assert unknown.status_code == 422
    assert "No variant has the SKU nothing." in unknown.text
    path = led(await fill(desk, "/admin/passports/new", variant_id="cell-S"))
    assert led(await fill(desk, path, schema="batteries")) == path
    chosen = (await desk.get(path)).text
    assert "Where it stands" in chosen
    refused = await desk.post(f"{path}/publish", {})
    assert led(refused) == path
    assert "The passport lacks" in (await desk.get(path)).text
    await put(shop, key, f"{BASE}/{path.rpartition('/')[2]}", draft(spare_parts="Interest-4711"))
    assert "Rated capacity (Ah)" in (await desk.get(path)).text
    told = (await desk.get(f"{path}/preview")).text
    assert "Interest-4711" in told
    assert "persons with a legitimate interest" in told
    led(await desk.post(f"{path}/publish", {}))
    shown = (await desk.get(path)).text
    assert "<svg" in shown
    assert f"/01/{GTIN}" in shown
    assert SAID["rated_capacity"] in (await desk.get(f"{path}/editions/1")).text
    assert "<svg" in (await desk.get(f"{path}/print")).text
    given = await desk.post(f"{path}/access", {"reader": "Kiel", "level": "interest", "days": "9"})
    assert given.status_code == 200
    (link,) = re.findall(r'value="([^"]*\?access=ppa_[^"]*)"', given.text)
    page = await shop.client.get(link, headers={"Accept": "text/html"})
    assert "Interest-4711" in page.text
    assert link not in (await desk.get(path)).text
    (revoke,) = re.findall(r'action="([^"]*/revoke)"', (await desk.get(path)).text)
    assert led(await desk.post(revoke, {})) == path
    assert (await shop.client.get(link)).status_code == 403
    wrong = await desk.post(f"{path}/access", {"reader": "X", "level": "all", "days": "x"})
    assert led(wrong) == path
    led(await desk.post(f"{path}/withdraw", {"reason": "Recalled."}))
    assert "Recalled." in (await desk.get(path)).text
    for q, found in (("cell-s", True), (GTIN, True), ("nothing", False)):
        assert ("Cell" in (await desk.get(f"/admin/passports?q={q}")).text) == found
    assert GTIN in (await desk.get("/admin/passports.csv")).text
    reader = await at_desk(shop, "support", email="sam@example.com")
    seen = await reader.get(path)
    if seen.status_code == 200:
        assert "Publish what is saved" not in seen.text
    assert (await reader.post(f"{path}/publish", {})).status_code == 403


async def test_schemas_and_categories_are_kept_at_the_desk(shop: Shop, window: Window) -> None:
    desk = await at_desk(shop, "owner")
    await window.add("cell", categories=("power",))
    assert "Annex XIII" in (await desk.get("/admin/passports/schemas")).text
    assert "Rated capacity" in (await desk.get("/admin/passports/schemas/batteries")).text
    sheet = "/admin/passports/needing/categories"
    led(await fill(desk, sheet, category_ids="power"))
    assert "power" in (await desk.get(sheet)).text


async def test_the_code_is_the_address_with_its_quiet_zone(
    shop: Shop, window: Window, key: str
) -> None:
    """ISO/IEC 18004: four light modules around it; the modules are those of the address."""
    _, variant = await battery(window)
    at = await published(shop, key, variant)
    address = f"{shop.app.settings.public_url}/01/{GTIN}"
    expected = [[bool(dark) for dark in row] for row in segno.make_qr(address, error="m").matrix]
    png = await shop.send("GET", f"{at}/code/png?scale=3", token=key)
    assert png.headers["content-type"] == "image/png"
    picture = Image.open(BytesIO(png.content)).convert("L")
    size = len(expected) + 2 * QUIET_ZONE
    assert picture.size == (3 * size, 3 * size)
    dark = [
        [picture.getpixel((3 * x + 1, 3 * y + 1)) == 0 for x in range(size)] for y in range(size)
    ]
    inside = [row[QUIET_ZONE:-QUIET_ZONE] for row in dark[QUIET_ZONE:-QUIET_ZONE]]
    assert inside == expected
    assert sum(map(sum, dark)) == sum(map(sum, expected))  # nothing dark around it
    svg = await shop.send("GET", f"{at}/code/svg", token=key)
    assert svg.headers["content-type"] == "image/svg+xml"
    assert f'viewBox="0 0 {size} {size}"' in svg.text
    wrong = await shop.send("GET", f"{at}/code/png?scale=0", token=key)
    assert wrong.status_code == 422
    assert made
