"""DOMAIN.md E2: one GTIN is one item."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.modules import catalog
from argosy.modules.catalog import (
    CatalogInputInvalid,
    Option,
    Product,
    ProductInput,
    Rejected,
    Upserted,
    VariantInput,
)
from argosy.runtime.db import Database

GTIN, OTHER = "4006381333931", "4006381333948"


async def _made(db: Database, slug: str, *variants: VariantInput) -> Product:
    options = (Option(name="Size", values=("0", "1", "2")),)
    sized = tuple(
        VariantInput(**_given(v), options={"Size": str(n)}) for n, v in enumerate(variants)
    )
    async with db.transaction() as tx:
        return await catalog.create_product(
            tx, ProductInput(slug=slug, title=slug, options=options, variants=sized)
        )


def _given(variant: VariantInput) -> dict[str, Any]:
    return {name: getattr(variant, name) for name in ("sku", "gtin")}


async def _change(db: Database, sku: str, **fields: Any) -> None:
    async with db.transaction() as tx:
        found = await catalog.find_variant_by_sku(tx, sku)
        assert found is not None
        await catalog.update_variant(tx, found.id, VariantInput(**fields))


async def test_E2_a_second_variant_with_a_gtin_is_refused_and_told_in_a_file(db: Database) -> None:
    await _made(db, "one", VariantInput(sku="A", gtin=GTIN), VariantInput(sku="B", gtin=OTHER))
    await _made(db, "two", VariantInput(sku="C"))

    # However it is written: with spaces, or as a GTIN of 14 digits.
    for text in (GTIN, "400 6381-333931", f"0{GTIN}"):
        with pytest.raises(CatalogInputInvalid) as refused:
            await _change(db, "C", gtin=text)
        assert refused.value.field == "gtin"
        assert "'A'" in str(refused.value)
        assert refused.value.details["faults"][0]["code"] == "gtin_taken"
    with pytest.raises(CatalogInputInvalid) as refused:
        await _made(db, "three", VariantInput(sku="D"), VariantInput(sku="E", gtin=OTHER))
    assert refused.value.field == "variants[1].gtin"
    with pytest.raises(CatalogInputInvalid):
        await _made(
            db,
            "four",
            VariantInput(sku="F", gtin="96385074"),
            VariantInput(sku="G", gtin="96385074"),
        )

    # What has it already stays, whatever else of it changes; one that is archived has none.
    await _change(db, "A", title="Blue")
    await _change(db, "A", status="archived")
    await _change(db, "C", gtin=GTIN)
    with pytest.raises(CatalogInputInvalid):
        await _change(db, "A", status="active")

    # Two variants of one input exchange theirs.
    async with db.transaction() as tx:
        product_id = await catalog.product_id_by_slug(tx, "one")
        await catalog.update_product(
            tx,
            product_id,
            ProductInput(
                variants=(
                    VariantInput(sku="A", gtin=OTHER, status="active"),
                    VariantInput(sku="B", gtin=None),
                )
            ),
        )

    # A file comes in whole and is told of it, also within itself.
    rows = [
        ProductInput(slug=slug, title=slug, variants=(VariantInput(sku=slug, gtin=gtin),))
        for slug, gtin in (("five", GTIN), ("six", "96385074"), ("seven", "96385074"))
    ]
    async with db.transaction() as tx:
        done = await catalog.upsert_products(tx, rows)
        assert not any(isinstance(one, Rejected) for one in done)
        told = [[w.code for w in one.warnings] for one in done if isinstance(one, Upserted)]
        assert told == [["gtin_taken"], [], ["gtin_taken"]]
