"""What products are in the terms of Google and Shopify: loaded, suggested, inherited, exported."""

from __future__ import annotations

import gzip
from pathlib import Path
from uuid import UUID

import pytest

from argosy.adapters.tabular import FileUnreadable
from argosy.adapters.tabular.taxonomies import TaxonomyList
from argosy.kernel.ids import encode
from argosy.modules import catalog, taxonomy
from argosy.modules.catalog import CategoryInput, ProductInput, VariantInput
from argosy.modules.taxonomy import NodeInUse, NodeUnknown, System
from argosy.runtime.db import Database, counting_statements
from argosy.workflows.classing import (
    class_category,
    class_products,
    export_classes,
    load_taxonomy,
    suggest,
)

GOOGLE = """# Google_Product_Taxonomy_Version: 2026-01-01
166 - Apparel & Accessories
1604 - Apparel & Accessories > Clothing
212 - Apparel & Accessories > Clothing > Shirts & Tops
203 - Apparel & Accessories > Clothing > Outerwear > Coats & Jackets
499954 - Animals & Pet Supplies > Pet Supplies > Dog Supplies > Dog Apparel > Dog Shirts
"""
SHOPIFY = """# Shopify Product Taxonomy - Categories: 2026-01
gid://shopify/TaxonomyCategory/aa        : Apparel & Accessories
gid://shopify/TaxonomyCategory/aa-1      : Apparel & Accessories > Clothing
"""


async def load(db: Database, folder: Path, text: str = GOOGLE, system: System = "google", **more):
    file = folder / "list.txt"
    file.write_text(text, encoding="utf-8")
    return await load_taxonomy(db, TaxonomyList(file, system), **more)


async def category(db: Database, path: str) -> UUID:
    async with db.transaction() as tx:
        steps = path.split("/")
        inputs = [CategoryInput(path="/".join(steps[: n + 1])) for n in range(len(steps))]
        await catalog.upsert_categories(tx, inputs)
        return (await catalog.category_by_path(tx, path)).id


async def product(db: Database, slug: str, *categories: str, **more: str) -> UUID:
    async with db.transaction() as tx:
        given = ProductInput(
            slug=slug,
            title=more.pop("title", slug),
            categories=categories,
            variants=(VariantInput(sku=slug),),
            **more,  # type: ignore[arg-type]
        )
        return (await catalog.create_product(tx, given)).row.id


async def say(db: Database, kind: str, thing: UUID, code: str) -> bool:
    async with db.transaction() as tx:
        return await taxonomy.map_thing(tx, thing, kind, "google", code)  # type: ignore[arg-type]


async def code_of(db: Database, thing: UUID) -> str | None:
    async with db.reading() as tx:
        found = (await class_products(tx, [thing], "google")).get(thing)
    return found.node.code if found else None


async def test_a_list_is_loaded_and_loaded_again(db: Database, tmp_path: Path) -> None:
    first = await load(db, tmp_path)
    assert (first.nodes, first.changed, first.removed) == (5, 5, 0)
    again = await load(db, tmp_path)
    assert (again.changed, again.removed) == (0, 0)
    shopify = await load(db, tmp_path, SHOPIFY, "shopify")
    assert shopify.nodes == 2
    newer = GOOGLE.replace("Coats & Jackets", "Coats").replace("166 - Apparel & Accessories\n", "")
    assert (await load(db, tmp_path, newer, keep_others=True)).removed == 0
    done = await load(db, tmp_path, newer)
    assert (done.changed, done.removed) == (0, 1)
    async with db.reading() as tx:
        assert await taxonomy.count_nodes(tx, "google") == 4
        assert await taxonomy.count_nodes(tx, "shopify") == 2


async def test_what_is_in_use_is_not_removed(db: Database, tmp_path: Path) -> None:
    await load(db, tmp_path)
    await say(db, "category", await category(db, "men"), "166")
    with pytest.raises(NodeInUse) as caught:
        await load(db, tmp_path, GOOGLE.replace("166 - Apparel & Accessories\n", "9 - New\n"))
    assert caught.value.details["codes"] == ["166"]
    async with db.reading() as tx:
        with pytest.raises(NodeUnknown):
            await taxonomy.node_by_code(tx, "google", "9")


@pytest.mark.parametrize(
    "text", ["", "# only a remark\n", "a line\n", "1 - A\n1 - B\n", SHOPIFY, "1 - " + "x" * 1001]
)
async def test_a_file_that_is_no_list_is_refused(db: Database, tmp_path: Path, text: str) -> None:
    with pytest.raises(FileUnreadable):
        await load(db, tmp_path, text)
    async with db.reading() as tx:
        assert await taxonomy.count_nodes(tx, "google") == 0


async def test_a_packed_list_is_read(db: Database, tmp_path: Path) -> None:
    file = tmp_path / "list.txt.gz"
    file.write_bytes(gzip.compress(GOOGLE.encode()))
    assert (await load_taxonomy(db, TaxonomyList(file, "google"))).nodes == 5


async def test_a_product_is_what_the_nearest_says(db: Database, tmp_path: Path) -> None:
    await load(db, tmp_path)
    men, tops = await category(db, "men"), await category(db, "men/tops")
    coats = await category(db, "coats")
    tee = await product(db, "tee", "men/tops", "coats")
    assert await code_of(db, tee) is None
    assert await say(db, "category", coats, "203")
    assert await code_of(db, tee) == "203"
    assert await say(db, "category", men, "1604")
    assert await code_of(db, tee) == "1604", "its main category counts more"
    assert await say(db, "category", tops, "212")
    assert await code_of(db, tee) == "212"
    assert await say(db, "product", tee, "166")
    assert not await say(db, "product", tee, "166")
    assert await code_of(db, tee) == "166"
    async with db.transaction() as tx:
        assert await taxonomy.clear_mapping(tx, tee, "google")
        assert not await taxonomy.clear_mapping(tx, tee, "google")
        found = await class_category(tx, tops, "google")
        assert found is not None
        assert found.from_id == tops
        assert await class_category(tx, tops, "shopify") is None
        await taxonomy.forget_things(tx, [tops])
    assert await code_of(db, tee) == "1604"
    with pytest.raises(NodeUnknown):
        await say(db, "product", tee, "0")


async def test_suggestions_are_likely_by_name(db: Database, tmp_path: Path) -> None:
    await load(db, tmp_path)
    tops = await category(db, "men/shirts")
    coat = await product(db, "coat", title="Ridge winter coat", product_type="Jacket")
    odd = await product(db, "odd", title="'; drop & | ! ( :* \\ <-> ''")
    async with db.reading() as tx:
        assert (await suggest(tx, "category", tops, "google"))[0].code == "212"
        assert (await suggest(tx, "product", coat, "google"))[0].code == "203"
        assert await suggest(tx, "product", odd, "google") == []


async def test_an_export_tells_who_says_so(db: Database, tmp_path: Path) -> None:
    await load(db, tmp_path)
    await say(db, "category", await category(db, "men"), "1604")
    tee, coat = await product(db, "tee", "men"), await product(db, "coat", "men")
    await product(db, "loose")
    await say(db, "product", coat, "203")
    rows = [(r.id, r.code, r.inherited) async for r in export_classes(db, "google")]
    assert rows == [(encode("product", tee), "1604", True), (encode("product", coat), "203", False)]
    async with db.reading() as tx:
        counts = []
        for ids in ([tee], [tee, coat]):
            with counting_statements() as counted:
                await class_products(tx, ids, "google")
            counts.append(counted.statements)
    assert counts == [2, 2]
