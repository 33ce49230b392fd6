"""Attributes of products and variants on their pages: filled in, refused, merged."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.web.back_office.conftest import Desk, at_desk
from tests.web.back_office.filling import form_of, led, noted, send
from tests.web.back_office.test_field_values import a_lamp
from tests.web.identity.making import Shop

from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, channels, producttypes
from argosy.modules.catalog import AttributeDefinition, MediaInput, ProductInput, VariantInput
from argosy.modules.channels import Channel
from argosy.modules.producttypes import Group, Schema, TypeAttribute
from argosy.workflows import scoring, typed_products


async def define(shop: Shop, code: str, kind: Any, **more: Any) -> None:
    given = AttributeDefinition(code=code, label=code.capitalize(), kind=kind, **more)
    async with shop.app.db.transaction() as tx:
        await catalog.define_attribute(tx, given)


async def publish(shop: Shop, code: str, *entries: TypeAttribute, **more: Any) -> None:
    """A type of that schema."""
    async with shop.app.db.transaction() as tx:
        await producttypes.save_type(tx, code, code.capitalize())
        await typed_products.save_draft(tx, code, Schema(attributes=entries, **more))
        await typed_products.publish_draft(tx, code, by="Olga")


async def change(shop: Shop, product_id: UUID, **fields: Any) -> None:
    async with shop.app.db.transaction() as tx:
        await typed_products.update_product(tx, product_id, ProductInput(**fields))


async def held(shop: Shop, product_id: UUID) -> dict[str, Any]:
    """What the product has, as JSON, without what is worked out of it."""
    async with shop.app.db.reading() as tx:
        row = (await catalog.product_by_id(tx, product_id)).row
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(row.attributes))
    for one in values.values():
        if isinstance(one, dict):
            one.pop("canonical", None)
    return values


async def a_channel(shop: Shop) -> Channel:
    async with shop.app.db.reading() as tx:
        return (await channels.list_channels(tx))[0]


Case = tuple[str, str, dict[str, Any], dict[str, Any], Any, dict[str, Any], str]

# Code, kind, what else defines it, what is typed, its value, what is refused, what is said then.
KINDS: list[Case] = [
    ("care", "text", {}, {"value.care": "Dry\r\nonly"}, "Dry\nonly",
     {"value.care": "x" * 5001}, "This is too long."),
    ("story", "rich_text", {}, {"value.story": "<p>Made <b>here</b></p>"},
     "<p>Made <b>here</b></p>", {"value.story": "x" * 20_001}, "This is too long."),
    ("watt", "number", {"unit": "W", "minimum": "1", "maximum": "60"},
     {"value.watt": "12,5", "unit.watt": "W"}, {"number": "12.5", "unit": "W"},
     {"value.watt": "much"}, "Write a number, such as 12.5."),
    ("power", "number", {"unit": "W", "maximum": "60"}, {"value.power": "40", "unit.power": "W"},
     {"number": "40", "unit": "W"}, {"value.power": "1", "unit.power": "kW"},
     "out of the range of the attribute"),
    ("long", "number", {"unit": "cm", "dimension": "length"},
     {"value.long": "2", "unit.long": "m"}, {"number": "2", "unit": "m"},
     {"value.long": "2", "unit.long": "kg"}, "not measured in this unit"),
    ("pages", "integer", {"minimum": "1"}, {"value.pages": "320"}, 320,
     {"value.pages": "many"}, "Write a whole number."),
    ("pieces", "integer", {"minimum": "1"}, {"value.pieces": "2"}, 2,
     {"value.pieces": "0"}, "out of the range of the attribute"),
    ("dimmable", "boolean", {}, {"value.dimmable": "no"}, False,
     {"value.dimmable": "perhaps"}, "does not fit the kind"),
    ("since", "date", {}, {"value.since": "2026-02-01"}, "2026-02-01",
     {"value.since": "yesterday"}, "Write a day."),
    ("socket", "choice", {"choices": ("E14", "E27"), "max_values": 1}, {"value.socket": "E14"},
     ["E14"], {"value.socket": "G9"}, "Not one of the choices: G9."),
    ("rooms", "choice", {"choices": ("hall", "bath, small", "attic")},
     {"value.rooms": ["bath, small", "hall"]}, ["bath, small", "hall"],
     {"value.rooms": ["hall", "moon"]}, "Not one of the choices: moon."),
    ("words", "choice", {}, {"value.words": "warm, soft\r\nlight"}, ["warm, soft", "light"],
     {"value.words": "x" * 201}, "This is too long."),
    ("shade", "swatch", {"choices": ("Red", "Blue"), "swatches": {"Red": "#cc0000"},
                         "max_values": 1},
     {"value.shade": "Red"}, ["Red"], {"value.shade": "Mauve"}, "Not one of the choices: Mauve."),
    ("tones", "swatch", {"choices": ("Red", "Blue")}, {"value.tones": ["Red", "Blue"]},
     ["Red", "Blue"], {"value.tones": ["Mauve"]}, "Not one of the choices: Mauve."),
    ("fits", "product_reference", {}, {"value.fits": "lamp"}, ["lamp"],
     {"value.fits": "lamp\r\nno-such"}, "There is none of this name: no-such."),
    ("room", "category_reference", {"max_values": 1}, {"value.room": "light"}, ["light"],
     {"value.room": "light/none"}, "There is none of this name: light/none."),
    ("manual", "file", {}, {"value.manual": "manual.pdf"}, "manual.pdf",
     {"value.manual": "other.pdf"}, "The product has no such file."),
]  # fmt: skip


@pytest.fixture
async def lamp(shop: Shop) -> tuple[Desk, UUID, str]:
    """A product with a file, a category to refer to, and its page."""
    desk = await at_desk(shop, "owner")
    product_id, path = await a_lamp(shop, desk)
    async with shop.app.db.transaction() as tx:
        await catalog.upsert_categories(tx, [catalog.CategoryInput(path="light", name="Light")])
        file = MediaInput(
            storage_key="manual.pdf", sha256="0" * 64, content_type="application/pdf",
            byte_size=9, kind="file", source="manual.pdf",
        )  # fmt: skip
        await catalog.attach_media(tx, product_id, [file])
    return desk, product_id, path


async def test_every_kind_is_filled_in_and_emptied(
    shop: Shop, lamp: tuple[Desk, UUID, str]
) -> None:
    desk, product_id, path = lamp
    page = f"{path}/attributes"
    assert "No attributes yet" in (await desk.get(page)).text
    assert "None is filled in." in (await desk.get(path)).text
    for code, kind, more, *_ in KINDS:
        await define(shop, code, kind, **more)
    entries = [TypeAttribute(code=one[0]) for one in KINDS]
    await publish(shop, "lamps", *entries, others="refuse")
    await change(shop, product_id, type_code="lamps")
    seen = await desk.get(page)
    for text in (
        'type="number"', 'type="date"', "data-rich", 'data-pick="product/slug"', "From 1 to 60 W.",
        'data-pick="category/line"', 'fill="#cc0000"', '<option value="in"',
    ):  # fmt: skip
        assert text in seen.text, text
    assert '<option value="kg"' not in seen.text, "of units, those of its dimension"
    assert "Another attribute" not in seen.text, "the type refuses others"
    typed = {name: value for *_, good, _, _, _ in KINDS for name, value in good.items()}
    assert led(await send(desk, seen, page, **typed)) == path
    expected = {code: value for code, *_, value, _, _ in KINDS}
    assert await held(shop, product_id) == expected
    assert "bath, small, hall" in (await desk.get(path)).text
    # What nobody touches is not written, whatever its form is.
    opened = await desk.get(page)
    led(await send(desk, opened, page))
    assert await held(shop, product_id) == expected
    actions = await noted(shop, encode("product", product_id))
    assert actions.count("product.changed") == 1
    empty: dict[str, object] = {one[0]: "" for one in KINDS}
    emptied = {f"value.{code}": value for code, value in empty.items()}
    emptied |= {"value.rooms": None, "value.tones": None, "value.shade": ""}
    led(await send(desk, await desk.get(page), page, **emptied))
    assert await held(shop, product_id) == {}


@pytest.mark.parametrize("case", KINDS, ids=lambda case: case[0])
async def test_what_does_not_fit_comes_back_beside_its_field(
    shop: Shop, lamp: tuple[Desk, UUID, str], case: Case
) -> None:
    code, kind, more, good, value, bad, said = case
    desk, product_id, path = lamp
    await define(shop, code, kind, **more)
    page = f"{path}/attributes"
    opened = await desk.get(f"{page}?add={code}")
    refused = await send(desk, opened, page, **bad)
    assert (refused.status_code, said in refused.text) == (422, True)
    assert refused.text.index(f"value.{code}") < refused.text.index(said)
    assert "attribute_" not in refused.text, "words, not codes"
    for typed in bad.values():
        last = typed[-1] if isinstance(typed, list) else typed.rpartition("\n")[2]
        assert last in refused.text or kind == "boolean"
    assert await held(shop, product_id) == {}
    led(await send(desk, refused, page, **good))
    assert await held(shop, product_id) == {code: value}


async def test_two_who_fill_in_at_once_are_merged(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    product_id, path = await a_lamp(shop, desk)
    codes = ("care", "maker", "spare")
    for code in codes:
        await define(shop, code, "text")
    await publish(shop, "lamps", *(TypeAttribute(code=code) for code in codes))
    await change(shop, product_id, type_code="lamps")
    page = f"{path}/attributes"
    opened = await desk.get(page)
    led(await send(desk, opened, page, value__care="theirs", value__maker="theirs"))
    late = await send(desk, opened, page, value__care="mine", value__spare="mine")
    assert late.status_code == 409
    assert "Changed by Olga since you opened it" in late.text
    assert "Taken over, as you had not changed it: Maker." in late.text
    assert "choose.value.care" in late.text
    assert "choose.value.spare" not in late.text, "nobody else changed it"
    assert await held(shop, product_id) == {"care": "theirs", "maker": "theirs"}
    assert led(await send(desk, late, page, **{"choose.value.care": "theirs"})) == path
    assert await held(shop, product_id) == {"care": "theirs", "maker": "theirs", "spare": "mine"}


async def test_the_type_says_what_is_asked_and_another_is_added(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    product_id, path = await a_lamp(shop, desk)
    await define(shop, "care", "text")
    await define(shop, "socket", "choice", choices=("E14", "E27", "G9"))
    await define(shop, "watt", "integer", maximum="100")
    await define(shop, "finish", "text")
    await define(shop, "size", "text", level="variant")
    channel = await a_channel(shop)
    await publish(
        shop, "lamps",
        TypeAttribute(code="socket", group="build", required=(channel.code,),
                      choices=("E14", "E27")),
        TypeAttribute(code="watt", required=True, maximum="60"),
        groups=(Group(code="build", label="How it is made"),),
    )  # fmt: skip
    await change(shop, product_id, type_code="lamps", attributes={"care": "dry"})
    page = f"{path}/attributes"
    seen = (await desk.get(page)).text
    places = [
        seen.index(text)
        for text in ("How it is made", "value.socket", "More of its type", "value.watt",
                     "Besides", "value.care", "Another attribute")
    ]  # fmt: skip
    assert places == sorted(places)
    assert f"needed in {channel.name}" in seen
    assert ">needed<" in seen
    assert "At most 60." in seen
    assert 'value="E27"' in seen
    assert 'value="G9"' not in seen, "the type narrows the choices"
    assert '"value.size"' not in seen, "variants have it"
    opened = await desk.get(page)
    added = await send(desk, opened, page, "add", value__watt="7x", **{"add@": "finish"})
    assert (added.status_code, '"value.finish"' in added.text) == (200, True)
    assert 'value="7x"' in added.text, "what was typed stays"
    assert await held(shop, product_id) == {"care": "dry"}
    refused = await send(desk, added, page, value__watt="61", value__finish="matt")
    assert "The type of the product does not allow this value." in refused.text
    assert ">matt<" in refused.text
    led(await send(desk, refused, page, value__watt="60"))
    assert await held(shop, product_id) == {"care": "dry", "watt": 60, "finish": "matt"}


async def test_what_a_product_lacks_leads_to_its_field(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    product_id, path = await a_lamp(shop, desk)
    await define(shop, "care", "text")
    await define(shop, "size", "text", level="variant")
    needed = (TypeAttribute(code="care", required=True), TypeAttribute(code="size", required=True))
    await publish(shop, "lamps", *needed)
    await change(shop, product_id, type_code="lamps", status="active")
    channel = await a_channel(shop)
    await desk.post(f"{path}/channels/{encode('channel', channel.id)}/publish", {})
    await scoring.rescore_all(shop.app.db)
    async with shop.app.db.reading() as tx:
        variant = await catalog.find_variant_by_sku(tx, "LAMP")
    assert variant is not None
    seen = (await desk.get(path)).text
    assert f'href="{path}/attributes#f-value.care">Care<' in seen
    name = encode("variant", variant.id)
    assert f'href="/admin/variants/{name}/attributes#f-value.size">Size<' in seen
    listed = (await desk.get("/admin/products/incomplete")).text
    assert all(one in listed for one in ("Care", "Size", "a picture", "a price")), listed
    file = (await desk.get("/admin/products/incomplete.csv")).text
    assert "a picture" in file
    assert "photograph" not in file


async def test_a_new_product_may_have_a_type_from_the_first(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    new = "/admin/products/new"
    assert "type_code" not in (await desk.get(new)).text, "there is none to choose"
    await define(shop, "care", "text")
    await publish(shop, "lamps", TypeAttribute(code="care"))
    page = await desk.get(new)
    assert '<option value="lamps"' in page.text
    typed = {"title": "Reading lamp", "sku": "READ", "type_code": "lamps"}
    refused = await desk.post(new, form_of(page) | typed | {"type_code": "none"})
    assert refused.status_code == 422
    assert 'value="Reading lamp"' in refused.text
    path = led(await desk.post(new, form_of(page) | typed))
    product_id = decode("product", path.rpartition("/")[2])
    async with shop.app.db.reading() as tx:
        assert (await catalog.product_by_id(tx, product_id)).row.type_code == "lamps"
    assert 'name="value.care"' in (await desk.get(f"{path}/attributes")).text


async def test_variants_have_attributes_and_readers_see_values_alone(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    product_id, path = await a_lamp(shop, desk)
    await define(shop, "size", "text", level="variant")
    await define(shop, "story", "rich_text")
    async with shop.app.db.reading() as tx:
        variant = await catalog.find_variant_by_sku(tx, "LAMP")
    assert variant is not None
    own = f"/admin/variants/{encode('variant', variant.id)}"
    assert f'"{own}/attributes"' in (await desk.get(own)).text
    page = f"{own}/attributes"
    assert (
        led(await send(desk, await desk.get(f"{page}?add=size"), page, value__size="wide")) == own
    )
    async with shop.app.db.reading() as tx:
        after = await catalog.variant_by_id(tx, variant.id)
    assert after.attributes == {"size": "wide"}
    assert (await noted(shop, encode("variant", variant.id)))[0] == "variant.changed"
    await change(shop, product_id, attributes={"story": "<p>Made <b>here</b></p>"})
    assert "<dd>Made here</dd>" in (await desk.get(path)).text, "text, not its tags"
    reader = await at_desk(shop, "read_only", email="read@example.com")
    for at, text in ((page, "Size: wide"), (f"{path}/attributes", "Story: Made here")):
        seen = await reader.get(at)
        assert (seen.status_code, "data-guard" in seen.text, text in seen.text) == (
            200, False, True,
        )  # fmt: skip
        assert (await reader.post(at, form_of(await desk.get(at)))).status_code == 403


async def test_variants_that_must_differ_are_told_so(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    product_id, _ = await a_lamp(shop, desk)
    await define(shop, "size", "text", level="variant", across_variants="unique")
    options = [catalog.Option(name="Base", values=("A", "B"))]
    async with shop.app.db.reading() as tx:
        first = await catalog.find_variant_by_sku(tx, "LAMP")
    assert first is not None
    both = (
        VariantInput(id=first.id, options={"Base": "A"}, attributes={"size": "wide"}),
        VariantInput(sku="LAMP-B", options={"Base": "B"}),
    )
    await change(shop, product_id, options=tuple(options), variants=both)
    async with shop.app.db.reading() as tx:
        second = await catalog.find_variant_by_sku(tx, "LAMP-B")
    assert second is not None
    page = f"/admin/variants/{encode('variant', second.id)}/attributes"
    refused = await send(desk, await desk.get(f"{page}?add=size"), page, value__size="wide")
    assert refused.status_code == 422
    assert "The variants of the product do not agree or differ as asked." in refused.text
