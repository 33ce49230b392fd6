"""What the law wants said, on the page of a product."""

from __future__ import annotations

from tests.web.test_storefront_catalog import Process, processes, shop, web
from tests.workflows.window_shop import Shop

from argosy.modules import catalog, compliance
from argosy.modules.catalog import MediaInput, ProductInput
from argosy.modules.compliance import Document, EnergyLabel, PartyFields, Sheet, SheetText
from argosy.runtime.db import counting_statements
from argosy.workflows import complying

__all__ = ["processes", "shop", "web"]

KEY = "a" * 40 + ".png"


async def page(web: Process, path: str) -> str:
    return (await web.get(path, Accept="text/html")).text


async def test_a_page_names_who_is_responsible_warns_and_shows_the_class_beside_the_price(
    shop: Shop, web: Process
) -> None:
    plain = await shop.add("plain")
    tee = await shop.add("tee")
    await shop.settle()
    before = await page(web, "/p/plain")
    assert "Safety and conformity" not in await page(web, "/p/tee")
    maker = PartyFields(
        code="m", name="Moon <Ltd>", city="Leeds", country="GB", email="a@b.example"
    )
    text = SheetText(
        needs_warnings=True,
        warnings={"de": "Heiß!\n<b>Sehr.</b>"},
        energy=EnergyLabel(class_="C", registration="42"),
        documents=(
            Document(role="energy_label", key=KEY),
            Document(role="energy_sheet", key=KEY),
            Document(role="manual", key=KEY, locale="de"),
        ),
    )
    async with shop.db.transaction() as tx:
        media = MediaInput(
            storage_key=KEY,
            sha256="a" * 64,
            content_type="image/png",
            byte_size=1,
            width=1,
            height=1,
        )
        await catalog.update_product(tx, tee[""], ProductInput(media=(media,)))
        party = await compliance.create_party(tx, maker)
        sheet = Sheet(manufacturer_id=party.id, responsible_id=party.id, text=text)
        await complying.save_product_sheet(tx, tee[""], sheet)
    await shop.settle()
    shown = await page(web, "/p/tee")
    assert "Moon &lt;Ltd&gt;" in shown
    assert "Responsible person in the EU" in shown
    assert '<div class="warnings" role="note" lang="de"' in shown
    assert "&lt;b&gt;Sehr.&lt;/b&gt;" in shown
    assert 'aria-label="Energy efficiency class C, on a scale from A to G"' in shown
    assert "class step-3" in shown
    assert f'<a href="/media/{KEY}" hreflang="de">Manual (de)</a>' in shown
    assert "https://eprel.ec.europa.eu/qr/42" in shown
    assert "https://schema.org/EUEnergyEfficiencyCategoryC" in shown
    partial = await web.get("/p/tee?variant=tee-M", HX_Request="true", Accept="text/html")
    assert "class step-3" in partial.text
    assert await page(web, "/p/plain") == before
    assert plain
    # Kept as any other page: looking again costs nothing.
    with counting_statements() as count:
        await page(web, "/p/tee")
    assert count.statements == 0
