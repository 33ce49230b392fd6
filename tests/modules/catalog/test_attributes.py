"""Attributes of every kind in PostgreSQL: levels, references, files, rules across variants."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from argosy.modules import catalog
from argosy.modules.catalog import (
    AttributeDefinition,
    CatalogInputInvalid,
    CategoryInput,
    Measured,
    MediaInput,
    NumberValue,
    ProductInput,
    Rejected,
    Upserted,
    VariantInput,
)
from argosy.runtime.db import Database, counting_statements


def a(code: str, kind: str, **more: Any) -> AttributeDefinition:
    return AttributeDefinition(code=code, label=code, kind=kind, **more)  # type: ignore[arg-type]


async def define(db: Database, *definitions: AttributeDefinition) -> list[str]:
    async with db.transaction() as tx:
        _, refused = await catalog.define_attributes(tx, definitions)
    return [f"{d.code}:{f.column}" for d, f in refused]


async def put(db: Database, **fields: Any) -> catalog.Outcome:
    async with db.transaction() as tx:
        given = ProductInput(**{"slug": "bag", "title": "Bag", **fields})
        [outcome] = await catalog.upsert_products(tx, [given])
    return outcome


async def put_one(db: Database, **fields: Any) -> Upserted:
    outcome = await put(db, **fields)
    assert isinstance(outcome, Upserted), outcome
    return outcome


async def held(db: Database, product_id: UUID) -> dict[str, catalog.AttributeValue]:
    async with db.reading() as tx:
        return (await catalog.product_by_id(tx, product_id)).row.attributes


def size(sku: str, **attributes: Any) -> VariantInput:
    return VariantInput(sku=sku, options={"Size": sku}, attributes=attributes)


async def test_every_kind_is_stored_and_read_back(db: Database) -> None:
    async with db.transaction() as tx:
        await catalog.upsert_categories(tx, [CategoryInput(path="bags")])
    await define(
        db, a("story", "rich_text"), a("weight", "number", unit="kg", dimension="mass"),
        a("pockets", "integer"), a("made_on", "date"), a("colour", "swatch"),
        a("fits", "product_reference"), a("belongs", "category_reference"), a("manual", "file"),
    )  # fmt: skip
    await put_one(db, slug="strap", title="Strap")
    manual = MediaInput(
        storage_key="ab-manual.pdf", sha256="ab" * 32, content_type="application/pdf",
        byte_size=3, kind="file", source="manual.pdf",
    )  # fmt: skip
    given = {
        "story": "<p>Old<script>x</script></p>", "weight": NumberValue(number="1", unit="lb"),
        "pockets": 3, "made_on": "2026-01-31", "colour": ("Navy",), "fits": ("strap",),
        "belongs": ("bags",), "manual": "manual.pdf",
    }  # fmt: skip
    outcome = await put_one(db, attributes=given, media=(manual,))
    assert outcome.warnings == ()
    pound = NumberValue(number="1", unit="lb", canonical=Measured(number="453.59237", unit="g"))
    expected = given | {"story": "<p>Old</p>", "weight": pound, "manual": "ab-manual.pdf"}
    assert await held(db, outcome.product_id) == expected
    # What is read can be written again, and then nothing has changed.
    again = await put_one(db, attributes=await held(db, outcome.product_id))
    assert not again.changed


async def test_variants_have_attributes_of_their_own(db: Database) -> None:
    outcome = await put_one(db, variants=(size("S", depth=3), size("M", depth=4)))
    await put_one(db, variants=(VariantInput(sku="S", attributes={"inner": "silk"}),))
    await put_one(db, variants=(VariantInput(sku="M", attributes={}),))
    async with db.reading() as tx:
        variants = await catalog.variants_of_products(tx, [outcome.product_id])
        levels = {d.code: d.level for d in await catalog.list_attributes(tx)}
    assert [v.attributes for v in variants] == [{"depth": 3, "inner": "silk"}, {}]
    assert levels == {"depth": "variant", "inner": "variant"}


async def test_an_attribute_belongs_to_one_level(db: Database) -> None:
    await define(db, a("depth", "integer", level="variant"), a("brand_story", "text"))
    wrong = await put(db, attributes={"depth": 3}, variants=(size("S", brand_story="x", depth=1),))
    assert isinstance(wrong, Rejected)
    assert [(f.column, f.code) for f in wrong.faults] == [
        ("attributes.depth", "attribute_level"),
        ("variants[0].attributes.brand_story", "attribute_level"),
    ]


async def test_an_attribute_that_is_held_keeps_its_level_and_kind(db: Database) -> None:
    await put_one(db, attributes={"care": "x"}, variants=(size("S", depth=3),))
    refused = await define(
        db, a("care", "text", level="variant"), a("depth", "text", level="variant"),
        a("care", "date"),
    )  # fmt: skip
    assert refused == ["care:level", "depth:type", "care:type"]
    assert await define(db, a("care", "rich_text")) == []


async def test_variants_agree_where_they_must(db: Database) -> None:
    await define(db, a("fabric", "text", level="variant", across_variants="same"))
    first = await put_one(db, variants=(size("S", fabric="Wool"), size("M", fabric="Wool")))
    with pytest.raises(CatalogInputInvalid) as caught:
        await put(db, variants=(VariantInput(sku="S", attributes={"fabric": "Silk"}),))
    assert caught.value.details["faults"][0]["code"] == "attribute_across_variants"
    both = tuple(VariantInput(sku=s, attributes={"fabric": "Silk"}) for s in "SM")
    assert (await put_one(db, variants=both)).product_id == first.product_id


async def test_E6_variants_differ_where_they_must_and_quantities_count(db: Database) -> None:
    await define(db, a("length", "number", unit="in", level="variant", across_variants="unique"))
    inch = NumberValue(number="1", unit="in")
    await put_one(db, variants=(size("S", length=inch),))
    with pytest.raises(CatalogInputInvalid):
        await put(db, variants=(size("M", length=NumberValue(number="25.4", unit="mm")),))
    await put_one(db, variants=(VariantInput(sku="S", status="archived"),))
    await put_one(db, variants=(size("M", length=NumberValue(number="25.4", unit="mm")),))


async def test_a_reference_follows_a_renamed_product(db: Database) -> None:
    await define(db, a("fits", "product_reference"))
    await put_one(db, slug="old-strap", title="Strap", external_id="T")
    await put_one(db, slug="new-strap", external_id="T")
    outcome = await put_one(db, attributes={"fits": ("old-strap", "new-strap")})
    assert outcome.warnings == ()


async def test_what_a_file_refers_to_may_come_later_and_a_person_means_what_is_there(
    db: Database,
) -> None:
    await define(db, a("fits", "product_reference"), a("belongs", "category_reference"))
    wrong = {"fits": ("nothing",), "belongs": ("nowhere",)}
    outcome = await put_one(db, attributes=wrong, import_hash="ab" * 32)
    assert [f.code for f in outcome.warnings] == ["reference_unknown"] * 2
    async with db.transaction() as tx:
        product = await catalog.product_by_id(tx, outcome.product_id)
        assert product.row.import_hash is None, "the next import of the row is looked at again"
        with pytest.raises(CatalogInputInvalid) as caught:
            await catalog.update_product(tx, outcome.product_id, ProductInput(attributes=wrong))
    columns = [f["column"] for f in caught.value.details["faults"]]
    assert columns == ["attributes.fits", "attributes.belongs"]


async def test_a_file_is_one_of_the_product(db: Database) -> None:
    await define(db, a("manual", "file"))
    outcome = await put(db, attributes={"manual": "other.pdf"})
    assert isinstance(outcome, Rejected)
    assert [f.code for f in outcome.faults] == ["file_unknown"]
    late = MediaInput(source="late.pdf")
    kept = await put_one(db, attributes={"manual": "late.pdf"}, media=(late,))
    assert [f.code for f in kept.warnings] == ["media_missing", "file_unknown"]
    assert await held(db, kept.product_id) == {}


async def test_attributes_cost_one_statement_whatever_their_number(db: Database) -> None:
    given = {f"a{n}": n for n in range(200)}
    await put_one(db, attributes=given)
    with counting_statements() as counter:
        await put_one(db, attributes={code: n + 1 for code, n in given.items()})
    with_values = counter.statements
    with counting_statements() as counter:
        await put_one(db, title="Better bag")
    assert with_values - counter.statements == 1
