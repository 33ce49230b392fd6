"""Custom fields of a thing on its pages: filled in, refused, changed by two at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.modules.customers.making import a_customer
from tests.web.back_office.conftest import Desk, at_desk
from tests.web.back_office.filling import form_of, led, noted, send
from tests.web.back_office.test_products import a_product
from tests.web.identity.making import Shop

from argosy.kernel.ids import encode
from argosy.modules import catalog, fields
from argosy.modules.fields import DefineField, FieldValue, Subject


async def define(shop: Shop, subject: Subject, code: str, kind: Any, **more: Any) -> None:
    given = DefineField(code=code, label=code.capitalize(), kind=kind, **more)
    async with shop.app.db.transaction() as tx:
        await fields.define_field(tx, subject, given)


async def held(shop: Shop, subject: Subject, thing_id: UUID) -> dict[str, FieldValue]:
    async with shop.app.db.reading() as tx:
        return (await fields.values_of(tx, subject, [thing_id])).get(thing_id, {})


async def a_lamp(shop: Shop, desk: Desk) -> tuple[UUID, str]:
    await a_product(desk, "Lamp", "LAMP")
    async with shop.app.db.reading() as tx:
        found = await catalog.find_variant_by_sku(tx, "LAMP")
    assert found is not None
    return found.product_id, f"/admin/products/{encode('product', found.product_id)}"


async def test_every_kind_of_field_has_its_control(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    product_id, path = await a_lamp(shop, desk)
    bare = (await desk.get(f"{path}/fields")).text
    assert "Products have no custom fields yet" in bare
    assert '"/admin/fields/new?subject=product"' in bare
    assert "None are defined." in (await desk.get(path)).text
    await define(shop, "product", "care", "text", required=True, max_length=9, pattern=r"[a-z]+")
    await define(shop, "product", "watts", "integer", minimum="1", maximum="60")
    await define(shop, "product", "price", "number")
    await define(shop, "product", "dimmable", "boolean", visible="storefront")
    await define(shop, "product", "since", "date", minimum="2020-01-01")
    await define(shop, "product", "socket", "choice", choices=("E14", "E27"), default="E27")
    await define(shop, "product", "rooms", "choices", choices=("hall", "bath, small"))
    page = await desk.get(f"{path}/fields")
    for text in (
        'type="number"', 'type="date"', "From 1 to 60.", "At most 9 letters.",
        "Of the pattern [a-z]+.", "At least Jan 1, 2020.", "If nothing is said: E27.",
        "Shoppers see these, too",
    ):  # fmt: skip
        assert text in page.text, text
    wrong = {
        "field.care": "NOT THAT WAY", "field.watts": "61", "field.price": "cheap",
        "field.since": "1999-01-01", "field.rooms": ["hall", "moon"], "field.dimmable": "x" * 600,
    }  # fmt: skip
    refused = await desk.post(f"{path}/fields", form_of(page) | wrong)
    assert refused.status_code == 422
    assert "This is too long." in refused.text
    refused = await desk.post(f"{path}/fields", form_of(page) | wrong | {"field.dimmable": "no"})
    for text in (
        "This is too long.", "out of the range of the field", "Write a number, such as 12.5.",
        "not one of the choices", "NOT THAT WAY", "cheap",
    ):  # fmt: skip
        assert text in refused.text, text
    assert await held(shop, "product", product_id) == {}
    good = {
        "field.care": "dry", "field.watts": "40", "field.price": "1,50", "field.dimmable": "no",
        "field.since": "2026-02-01", "field.socket": "E14", "field.rooms": ["bath, small"],
    }  # fmt: skip
    assert led(await desk.post(f"{path}/fields", form_of(page) | good)) == path
    values = {
        "care": "dry", "watts": 40, "price": "1.50", "dimmable": False, "since": "2026-02-01",
        "socket": "E14", "rooms": ("bath, small",),
    }  # fmt: skip
    assert await held(shop, "product", product_id) == values
    shown = (await desk.get(path)).text
    assert all(text in shown for text in ("<dd>dry</dd>", "Feb 1, 2026", "bath, small"))
    emptied = {"field.rooms": None, "field.watts": "", "field.dimmable": ""}
    led(await send(desk, await desk.get(f"{path}/fields"), f"{path}/fields", **emptied))
    left = await held(shop, "product", product_id)
    assert left == {code: values[code] for code in ("care", "price", "since", "socket")}
    lacking = await send(desk, await desk.get(f"{path}/fields"), f"{path}/fields", field__care="")
    assert (lacking.status_code, "has to be filled in" in lacking.text) == (422, True)
    assert (await noted(shop, encode("product", product_id)))[:2] == ["product.fields"] * 2


async def test_two_who_fill_fields_at_once_are_merged(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    product_id, path = await a_lamp(shop, desk)
    for code in ("care", "maker", "spare"):
        await define(shop, "product", code, "text", max_length=60)
    opened = await desk.get(f"{path}/fields")
    led(await send(desk, opened, f"{path}/fields", field__care="theirs", field__maker="theirs"))
    late = await send(desk, opened, f"{path}/fields", field__care="mine", field__spare="mine")
    assert late.status_code == 409
    assert "Changed by Olga since you opened it" in late.text
    assert "Taken over, as you had not changed it: Maker." in late.text
    assert await held(shop, "product", product_id) == {"care": "theirs", "maker": "theirs"}
    kept = await send(desk, late, f"{path}/fields", **{"choose.field.care": "theirs"})
    assert led(kept) == path
    assert await held(shop, "product", product_id) == {
        "care": "theirs", "maker": "theirs", "spare": "mine",
    }  # fmt: skip


async def test_variants_and_customers_have_fields_and_their_own_scopes(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    await a_lamp(shop, desk)
    async with shop.app.db.reading() as tx:
        variant = await catalog.find_variant_by_sku(tx, "LAMP")
    assert variant is not None
    ann = await a_customer(shop.app.db, shop.app.passwords)
    await define(shop, "variant", "bin", "text", max_length=20)
    await define(shop, "customer", "club", "integer")
    pages = {
        f"/admin/variants/{encode('variant', variant.id)}": {"field.bin": "A-7"},
        f"/admin/customers/{encode('customer', ann.customer_id)}": {"field.club": "12"},
    }
    for path, typed in pages.items():
        assert f'"{path}/fields"' in (await desk.get(path)).text
        assert led(await send(desk, await desk.get(f"{path}/fields"), f"{path}/fields", **typed))
    assert await held(shop, "variant", variant.id) == {"bin": "A-7"}
    assert await held(shop, "customer", ann.customer_id) == {"club": 12}
    goods = await at_desk(shop, "catalogue", email="cat@example.com")
    reader = await at_desk(shop, "read_only", email="read@example.com")
    for at, (path, typed) in enumerate(pages.items()):
        assert (await goods.get(f"{path}/fields")).status_code == (403 if at else 200)
        seen = await reader.get(f"{path}/fields")
        assert (seen.status_code, "data-guard" in seen.text) == (200, False)
        assert next(iter(typed.values())) in seen.text
        assert (await reader.post(f"{path}/fields", typed)).status_code == 403


async def test_choices_of_a_definition_may_have_commas(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    form = {"subject": "order", "label": "Where", "code": "where", "kind": "choice"}
    new = await desk.get("/admin/fields/new?subject=order")
    led(await send(desk, new, "/admin/fields/new", **form, choices="hall\r\nbath, small"))
    async with shop.app.db.reading() as tx:
        (made,) = await fields.list_fields(tx, "order")
    assert made.choices == ("hall", "bath, small")
    path = f"/admin/fields/{encode('field', made.id)}"
    led(await send(desk, await desk.get(path), path, label="Which place"))
    async with shop.app.db.reading() as tx:
        (made,) = await fields.list_fields(tx, "order")
    assert (made.label, made.choices) == ("Which place", ("hall", "bath, small"))


async def test_lists_are_narrowed_by_fields_alone(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    _, path = await a_lamp(shop, desk)
    await a_product(desk, "Chair", "CHAIR")
    assert "by-field" not in (await desk.get("/admin/products")).text, "none is defined"
    await define(shop, "product", "watts", "number")
    await define(shop, "product", "dimmable", "boolean")
    typed = {"field.watts": "12.5", "field.dimmable": "yes"}
    led(await send(desk, await desk.get(f"{path}/fields"), f"{path}/fields", **typed))
    listed = "/admin/products?field="
    for asked in ("watts&is=12,50", "watts&is=12..13", "watts&is=..12.5", "dimmable&is=yes"):
        seen = await desk.get(listed + asked)
        assert (seen.status_code, ">Lamp<" in seen.text, ">Chair<" in seen.text) == (
            200, True, False,
        ), asked  # fmt: skip
        assert "Lamp" in (await desk.get(f"/admin/products.csv?field={asked}")).text
    for asked in ("watts&is=13..", "dimmable&is=no"):
        assert "No product fits these filters" in (await desk.get(listed + asked)).text, asked
    for asked, said in (
        ("watts&is=many", "This is no value of the field."),
        ("watts&is=1&status=draft", "narrow the list alone"),
        ("watts", "say which value"),
    ):
        refused = await desk.get(listed + asked)
        assert (refused.status_code, said in refused.text, ">Lamp<" in refused.text) == (
            422, True, True,
        ), asked  # fmt: skip
    await define(shop, "product", "care", "text")
    led(await send(desk, await desk.get(f"{path}/fields"), f"{path}/fields", field__care="dry"))
    both = f"{listed}watts&is=12..13&field2=care&is2="
    seen = (await desk.get(f"{both}dry")).text
    assert ">Lamp<" in seen
    assert 'name="field3"' in seen, "room for one more"
    for label, value, without in (
        ("Watts", "12..13", "field2=care&amp;is2=dry"),
        ("Care", "dry", "field=watts&amp;is=12..13"),
    ):
        assert f"{label}: <strong>{value}</strong>" in seen, "one chip for a field and its value"
        assert f'href="/admin/products?{without}"' in seen
    assert "Lamp" in (await desk.get(f"/admin/products.csv?{both.partition('?')[2]}dry")).text
    assert "No product fits these filters" in (await desk.get(f"{both}wet")).text
    for asked, said in (
        (f"{both}dry&field3=watts&is3=12", "is named twice"),
        (f"{both}dry&is3=12", "say which value"),
        (f"{both}dry&field3=dimmable&is3=perhaps", "This is no value of the field."),
        (f"{both}dry&field6=dimmable&is6=yes", "Five custom fields at most"),
    ):
        refused = await desk.get(asked)
        assert (refused.status_code, said in refused.text) == (422, True), asked
    ann = await a_customer(shop.app.db, shop.app.passwords)
    await define(shop, "customer", "club", "integer")
    await define(shop, "order", "gift", "text")
    at = f"/admin/customers/{encode('customer', ann.customer_id)}/fields"
    led(await send(desk, await desk.get(at), at, field__club="12"))
    assert "ann@example.com" in (await desk.get("/admin/customers?field=club&is=12")).text
    assert "ann@example.com" not in (await desk.get("/admin/customers?field=club&is=13")).text
    assert "No order fits" in (await desk.get("/admin/orders?field=gift&is=x")).text
