"""Fields of products and variants that the API takes, on the pages: type, picture, address."""

from __future__ import annotations

from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import form_of, led
from tests.web.back_office.test_attribute_values import change, define, publish
from tests.web.back_office.test_field_values import a_lamp
from tests.web.back_office.test_products import read
from tests.web.identity.making import Shop

from argosy.kernel.ids import encode
from argosy.modules import catalog
from argosy.modules.catalog import MediaInput
from argosy.modules.producttypes import TypeAttribute
from argosy.runtime.statements import Statement

OLD_SLUG = Statement("raw", "exec", "update catalog.product set slug = '???' where id = $1", "test")


async def test_a_product_is_given_a_type_and_its_number_elsewhere(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    product_id, path = await a_lamp(shop, desk)
    await define(shop, "care", "text")
    await define(shop, "watt", "integer")
    await publish(shop, "lamps", TypeAttribute(code="care"), others="refuse")
    page = await desk.get(path)
    assert '<option value="lamps">Lamps</option>' in page.text
    given = {"type_code": "lamps", "external_id": "ERP-7"}
    led(await desk.post(path, form_of(page) | given))
    row = (await read(shop, path)).row
    assert (row.type_code, row.external_id) == ("lamps", "ERP-7")
    page = await desk.get(path)
    assert '<option value="lamps" selected>' in page.text
    forged = await desk.post(path, form_of(page) | {"type_code": "ghosts"})
    assert (forged.status_code, '<option value="ghosts" selected>' in forged.text) == (422, True)
    led(await desk.post(path, form_of(page) | {"type_code": "", "external_id": ""}))
    row = (await read(shop, path)).row
    assert (row.type_code, row.external_id) == (None, None)
    # What a type refuses stands in the form that would give it.
    await change(shop, product_id, type_code="lamps")
    led(await desk.post(path, form_of(await desk.get(path)) | {"title": "Desk lamp"}))
    assert (await read(shop, path)).row.type_code == "lamps"


async def test_a_variant_is_given_one_of_the_products_pictures(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    product_id, path = await a_lamp(shop, desk)
    picture = MediaInput(
        storage_key="front.png", sha256="0" * 64, content_type="image/png", byte_size=9,
        width=8, height=8, alt="From the front",
    )  # fmt: skip
    async with shop.app.db.transaction() as tx:
        await catalog.attach_media(tx, product_id, [picture])
    async with shop.app.db.reading() as tx:
        variant = await catalog.find_variant_by_sku(tx, "LAMP")
    assert variant is not None
    (media,) = (await read(shop, path)).media
    own = f"/admin/variants/{encode('variant', variant.id)}"
    page = await desk.get(own)
    assert "From the front</option>" in page.text
    for chosen, kept in ((encode("media", media.id), media.id), ("", None)):
        led(await desk.post(own, form_of(await desk.get(own)) | {"media_id": chosen}))
        async with shop.app.db.reading() as tx:
            assert (await catalog.variant_by_id(tx, variant.id)).media_id == kept
    for forged in ("med_nothing", encode("media", product_id)):
        refused = await desk.post(own, form_of(page) | {"media_id": forged, "title": "Kept"})
        assert refused.status_code in {404, 409, 422}
        assert 'value="Kept"' in refused.text


async def test_a_slug_that_no_address_can_hold_is_refused_and_one_that_is_there_stays(
    shop: Shop,
) -> None:
    desk = await at_desk(shop, "owner")
    product_id, path = await a_lamp(shop, desk)
    for slug in ("???", "lamp#2", "lamp\\2", ".."):
        page = await desk.get(path)
        refused = await desk.post(path, form_of(page) | {"slug": slug})
        assert (refused.status_code, "cannot stand in an address" in refused.text) == (422, True)
    assert (await read(shop, path)).row.slug == "lamp"
    new = {"title": "Shade", "sku": "SHADE", "slug": "shade?"}
    assert (await desk.post("/admin/products/new", new)).status_code == 422
    async with shop.app.db.transaction() as tx:
        await tx.run(OLD_SLUG, product_id)
    led(await desk.post(path, form_of(await desk.get(path)) | {"title": "Old lamp"}))
    row = (await read(shop, path)).row
    assert (row.slug, row.title) == ("???", "Old lamp")
