"""Whole products in and out of PostgreSQL: tri-state, identity, versions, events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from argosy.modules import catalog
from argosy.modules.catalog import (
    AttributeDefinition,
    CategoryInput,
    Measured,
    MediaInput,
    NumberValue,
    Option,
    ProductInput,
    PublicationInput,
    Rating,
    Rejected,
    Unchanged,
    Upserted,
    VariantInput,
)
from argosy.runtime.db import Database, counting_statements

SHA = "ab" * 32
US, EU = UUID(int=1), UUID(int=2)


def photo(name: str, **more: object) -> MediaInput:
    return MediaInput(
        storage_key=f"{name}-key.webp", sha256=SHA, content_type="image/webp", byte_size=10,
        width=4, height=3, source=f"images/{name}.webp", **more,  # type: ignore[arg-type]
    )  # fmt: skip


def shirt(**more: object) -> ProductInput:
    fields: dict[str, object] = {
        "external_id": "S1",
        "slug": "shirt",
        "title": "Shirt",
        "options": (Option(name="Size", values=("S", "M")),),
        "variants": (
            VariantInput(sku="S1-S", options={"Size": "S"}),
            VariantInput(sku="S1-M", options={"Size": "M"}, media="images/front.webp"),
        ),
        "media": (photo("front"), photo("back")),
        "categories": ("men", "men/tops"),
        "publications": (PublicationInput(channel_id=US),),
        "attributes": {"material": ("Wool",), "care": "Wash cold", "eco": True,
                       "length": NumberValue(number="70.5", unit="cm")},
        "status": "active",
    }  # fmt: skip
    return ProductInput(**{**fields, **more})  # type: ignore[arg-type]


@pytest.fixture
async def shop(db: Database) -> Database:
    async with db.transaction() as tx:
        tree = [CategoryInput(path=p) for p in ("men/tops", "men", "sale")]
        await catalog.upsert_categories(tx, tree)
    return db


async def put(db: Database, *changes: ProductInput) -> list[catalog.Outcome]:
    async with db.transaction() as tx:
        return await catalog.upsert_products(tx, changes)


async def put_one(db: Database, change: ProductInput) -> Upserted:
    [outcome] = await put(db, change)
    assert isinstance(outcome, Upserted), outcome
    return outcome


async def read(db: Database, product_id: UUID) -> tuple[catalog.Product, list[catalog.Variant]]:
    async with db.reading() as tx:
        product = await catalog.product_by_id(tx, product_id)
        return product, await catalog.variants_of_products(tx, [product_id])


async def events(db: Database) -> list[str]:
    async with db.pool.acquire() as connection:
        rows = await connection.fetch("select type from runtime.outbox order by id")
    return [r["type"].split(".")[2] for r in rows]


async def test_everything_given_is_stored(shop: Database) -> None:
    outcome = await put_one(shop, shirt())
    product, variants = await read(shop, outcome.product_id)
    assert product.row.slug == "shirt"
    assert product.row.attributes["material"] == ("Wool",)
    millimetres = Measured(number="705", unit="mm")
    length = NumberValue(number="70.5", unit="cm", canonical=millimetres)
    assert product.row.attributes["length"] == length
    assert product.row.attributes["eco"] is True
    assert product.categories == ("men", "men/tops")
    assert [m.source for m in product.media] == ["images/front.webp", "images/back.webp"]
    assert [p.channel_id for p in product.publications] == [US]
    assert [(v.sku, v.title) for v in variants] == [("S1-S", "S"), ("S1-M", "M")]
    assert variants[1].media_id == product.media[0].id
    assert outcome.variants == {v.sku.lower(): v.id for v in variants}


async def test_E3_a_key_left_out_is_kept(shop: Database) -> None:
    first = await put_one(shop, shirt(brand="Luma"))
    second = await put_one(shop, ProductInput(external_id="S1", title="Better shirt"))
    product, variants = await read(shop, first.product_id)
    assert second.product_id == first.product_id
    assert (product.row.title, product.row.brand) == ("Better shirt", "Luma")
    assert len(variants) == 2
    assert product.categories == ("men", "men/tops")
    assert len(product.media) == 2


async def test_E3_null_clears_and_an_empty_list_removes_all(shop: Database) -> None:
    first = await put_one(shop, shirt(brand="Luma", rating=Rating(average="4.2", count=3)))
    await put_one(
        shop,
        ProductInput(
            external_id="S1",
            brand=None,
            rating=None,
            categories=(),
            media=(),
            publications=None,
            attributes={"care": None},
        ),
    )
    product, variants = await read(shop, first.product_id)
    assert product.row.brand == ""
    assert product.row.rating is None
    assert (product.categories, product.media, product.publications) == ((), (), ())
    assert "care" not in product.row.attributes
    assert "material" in product.row.attributes
    assert variants[1].media_id is None


async def test_E3_lists_are_merged_and_replaced_only_when_asked(shop: Database) -> None:
    first = await put_one(shop, shirt())
    new = VariantInput(sku="S1-L", options={"Size": "L"})
    await put_one(shop, ProductInput(external_id="S1", variants=(new,), categories=("sale",)))
    product, variants = await read(shop, first.product_id)
    assert [v.sku for v in variants] == ["S1-S", "S1-M", "S1-L"]
    assert product.row.options == (Option(name="Size", values=("S", "M", "L")),)
    assert product.categories == ("men", "men/tops", "sale")
    whole = frozenset({"variants", "categories"})
    await put_one(
        shop, ProductInput(external_id="S1", variants=(new,), categories=("sale",), replace=whole)
    )
    product, variants = await read(shop, first.product_id)
    assert {v.sku: v.status for v in variants} == {
        "S1-S": "archived", "S1-M": "archived", "S1-L": "active",
    }  # fmt: skip
    assert product.categories == ("sale",)


async def test_the_same_input_again_writes_and_announces_nothing(shop: Database) -> None:
    first = await put_one(shop, shirt())
    before = await read(shop, first.product_id)
    announced = await events(shop)
    again = await put_one(shop, shirt())
    assert (again.created, again.changed) == (False, False)
    assert await read(shop, first.product_id) == before
    assert await events(shop) == announced


async def test_E4_a_row_with_the_hash_of_the_last_import_is_not_even_compared(
    shop: Database,
) -> None:
    first = await put_one(shop, shirt(import_hash=SHA))
    await put_one(shop, ProductInput(external_id="S1", title="Edited by hand"))
    [outcome] = await put(shop, shirt(import_hash=SHA))
    assert outcome == Unchanged(product_id=first.product_id)
    product, _ = await read(shop, first.product_id)
    assert product.row.title == "Edited by hand"


async def test_a_product_is_known_by_external_id_then_slug_then_sku(shop: Database) -> None:
    first = await put_one(shop, shirt())
    by_slug = await put_one(shop, ProductInput(slug="shirt", brand="A"))
    by_sku = await put_one(shop, ProductInput(variants=(VariantInput(sku=" s1-m "),)))
    assert {by_slug.product_id, by_sku.product_id} == {first.product_id}
    renamed = await put_one(shop, ProductInput(external_id="S1", slug="tunic"))
    assert renamed.product_id == first.product_id
    async with shop.reading() as tx:
        assert await catalog.product_id_by_slug(tx, "tunic") == first.product_id
        assert await catalog.product_id_by_slug(tx, "shirt") == first.product_id


async def test_E2_sku_is_unique_whatever_its_case_and_edges(shop: Database) -> None:
    await put_one(shop, shirt())
    [outcome] = await put(
        shop,
        ProductInput(
            external_id="S2", slug="other", title="Other", variants=(VariantInput(sku=" s1-S  "),)
        ),
    )
    assert isinstance(outcome, Rejected)
    assert [f.code for f in outcome.faults] == ["sku_taken"]


async def test_E2_upper_case_of_any_script_is_the_same_sku(shop: Database) -> None:
    for sku in ("É-1", "İ-1", "ΣΑΣ", "ſ1"):
        first = await put_one(
            shop, ProductInput(title=sku, slug=f"{sku}x", variants=(VariantInput(sku=sku),))
        )
        again = await put_one(shop, ProductInput(variants=(VariantInput(sku=f" {sku} "),)))
        assert again.product_id == first.product_id
        assert not again.changed


async def test_good_inputs_are_kept_when_others_have_faults(shop: Database) -> None:
    outcomes = await put(
        shop,
        shirt(),
        ProductInput(slug="no-title", variants=(VariantInput(sku="N1", gtin="4006381333932"),)),
        ProductInput(title="Plain", variants=(VariantInput(sku="P1"),), categories=("nowhere",)),
        ProductInput(title="Fine", variants=(VariantInput(sku="F1", gtin="4006381333931"),)),
    )
    assert isinstance(outcomes[0], Upserted)
    assert isinstance(outcomes[3], Upserted)
    faults = [
        {(f.column, f.code) for f in o.faults} if isinstance(o, Rejected) else set()
        for o in outcomes
    ]
    assert faults[1] == {("title", "title_missing"), ("variants[0].gtin", "gtin_invalid")}
    assert faults[2] == {("categories[0]", "category_unknown")}
    async with shop.reading() as tx:
        assert await catalog.count_products(tx) == 2


async def test_two_inputs_of_a_batch_may_not_mean_the_same(shop: Database) -> None:
    first, second = await put(
        shop,
        ProductInput(title="A", slug="a", variants=(VariantInput(sku="X"),)),
        ProductInput(title="B", slug="b", variants=(VariantInput(sku="x"),)),
    )
    assert isinstance(first, Upserted)
    assert isinstance(second, Rejected)
    assert second.faults[0].code == "repeated"


async def test_variants_fit_the_options_of_their_product(shop: Database) -> None:
    size = (Option(name="Size", values=("S",)),)
    variants = (
        VariantInput(sku="A", options={"Size": "XL"}),
        VariantInput(sku="B", options={"Colour": "Red"}),
        VariantInput(sku="C", options={"Size": "S"}),
        VariantInput(sku="D", options={"Size": "S"}),
    )
    [outcome] = await put(shop, ProductInput(title="T", options=size, variants=variants))
    assert isinstance(outcome, Rejected)
    assert {f.code for f in outcome.faults} == {
        "option_value", "option_missing", "option_unknown", "variant_options_taken",
    }  # fmt: skip


async def test_options_may_not_leave_variants_behind(shop: Database) -> None:
    await put_one(shop, shirt())
    narrower = (Option(name="Size", values=("S",)),)
    [outcome] = await put(shop, ProductInput(external_id="S1", options=narrower))
    assert isinstance(outcome, Rejected)
    assert "S1-M" in outcome.faults[0].message


async def test_two_variants_may_exchange_their_options(shop: Database) -> None:
    first = await put_one(shop, shirt())
    swapped = (
        VariantInput(sku="S1-S", options={"Size": "M"}),
        VariantInput(sku="S1-M", options={"Size": "S"}),
    )
    await put_one(shop, ProductInput(external_id="S1", variants=swapped))
    _, variants = await read(shop, first.product_id)
    assert [(v.sku, v.title) for v in variants] == [("S1-S", "M"), ("S1-M", "S")]


async def test_a_variant_that_no_input_names_is_in_the_way(shop: Database) -> None:
    await put_one(shop, shirt())
    clash = ProductInput(
        external_id="S1", variants=(VariantInput(sku="NEW", options={"Size": "S"}),)
    )
    with pytest.raises(catalog.VariantOptionsTaken):
        await put(shop, clash)


async def test_attributes_are_of_their_kind_and_choice(shop: Database) -> None:
    async with shop.transaction() as tx:
        await catalog.define_attributes(
            tx,
            [
                AttributeDefinition(
                    code="material", label="Material", kind="choice", choices=("Wool", "Silk")
                ),
                AttributeDefinition(code="eco", label="Eco", kind="boolean"),
            ],
        )
    [outcome] = await put(shop, shirt(attributes={"material": ("Iron",), "eco": "yes"}))
    assert isinstance(outcome, Rejected)
    assert {(f.column, f.code) for f in outcome.faults} == {
        ("attributes.material", "attribute_choice"),
        ("attributes.eco", "attribute_kind"),
    }


async def test_an_attribute_in_use_keeps_its_kind(shop: Database) -> None:
    await put_one(shop, shirt())
    async with shop.transaction() as tx:
        changed, refused = await catalog.define_attributes(
            tx, [AttributeDefinition(code="care", label="Care", kind="boolean")]
        )
        known = {a.code: a.kind for a in await catalog.list_attributes(tx)}
    assert changed == 0
    assert refused[0][1].code == "attribute_kind"
    assert known == {"care": "text", "eco": "boolean", "length": "number", "material": "choice"}


async def test_description_is_sanitised(shop: Database) -> None:
    outcome = await put_one(
        shop, shirt(description="<p onclick='x()'>Hi<script>evil()</script></p>")
    )
    product, _ = await read(shop, outcome.product_id)
    assert product.row.description == "<p>Hi</p>"


async def test_events_name_the_product_and_the_channel(shop: Database) -> None:
    await put_one(shop, shirt())
    assert (await events(shop))[-2:] == ["product_changed", "product_published"]
    await put_one(shop, ProductInput(external_id="S1", publications=()))
    assert (await events(shop))[-2:] == ["product_changed", "product_unpublished"]


async def test_E10_a_publication_window_is_half_open_and_not_empty(shop: Database) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    backwards = PublicationInput(channel_id=EU, publish_from=start, publish_until=start)
    [outcome] = await put(shop, shirt(publications=(backwards,)))
    assert isinstance(outcome, Rejected)
    assert outcome.faults[0].code == "publication_window"
    window = PublicationInput(
        channel_id=EU, publish_from=start, publish_until=start + timedelta(days=1)
    )
    made = await put_one(shop, shirt(publications=(window,)))
    product, _ = await read(shop, made.product_id)
    [entry] = product.publications
    assert not catalog.is_published(entry, start - timedelta(seconds=1))
    assert catalog.is_published(entry, start)
    assert not catalog.is_published(entry, start + timedelta(days=1))


async def test_a_photograph_with_new_content_replaces_the_old_one(shop: Database) -> None:
    first = await put_one(shop, shirt())
    before, variants = await read(shop, first.product_id)
    newer = MediaInput(
        storage_key="other.webp", sha256=SHA, content_type="image/webp", byte_size=11, width=8,
        height=6, source="images/front.webp",
    )  # fmt: skip
    await put_one(shop, ProductInput(external_id="S1", media=(newer,)))
    after, variants = await read(shop, first.product_id)
    assert [m.id for m in after.media] == [m.id for m in before.media]
    assert after.media[0].storage_key == "other.webp"
    assert variants[1].media_id == after.media[0].id


async def test_statements_do_not_grow_with_the_batch(shop: Database) -> None:
    def variants(n: int) -> tuple[VariantInput, ...]:
        return tuple(VariantInput(sku=f"E{n}-{v}", options={"N": str(v)}) for v in range(5))

    def batch(size: int, start: int) -> list[ProductInput]:
        return [
            ProductInput(
                external_id=f"E{n}", title=f"T{n}", categories=("men",), attributes={"eco": True},
                variants=variants(n),
            )
            for n in range(start, start + size)
        ]  # fmt: skip

    counts = []
    for size, start in ((2, 0), (200, 100)):
        with counting_statements() as counted:
            await put(shop, *batch(size, start))
        counts.append(counted.statements)
    assert max(counts) <= 16


async def test_single_commands_check_the_version(shop: Database) -> None:
    async with shop.transaction() as tx:
        product = await catalog.create_product(tx, shirt())
    async with shop.transaction() as tx:
        changed = await catalog.update_product(
            tx, product.row.id, ProductInput(title="New"), expected_version=1
        )
    assert changed.row.version == 2
    with pytest.raises(catalog.CatalogVersionConflict):
        async with shop.transaction() as tx:
            await catalog.update_product(
                tx, product.row.id, ProductInput(title="Old"), expected_version=1
            )
    with pytest.raises(catalog.SlugTaken):
        async with shop.transaction() as tx:
            await catalog.create_product(tx, ProductInput(title="Again", slug="shirt"))
    with pytest.raises(catalog.ProductNotFound):
        async with shop.transaction() as tx:
            await catalog.update_product(tx, uuid4(), ProductInput(title="Nobody"))


async def test_variants_are_added_changed_and_removed_one_by_one(shop: Database) -> None:
    first = await put_one(shop, shirt())
    async with shop.transaction() as tx:
        large = await catalog.add_variant(
            tx, first.product_id, VariantInput(sku="S1-L", options={"Size": "L"})
        )
    with pytest.raises(catalog.SkuTaken):
        async with shop.transaction() as tx:
            await catalog.add_variant(tx, first.product_id, VariantInput(sku="s1-l"))
    async with shop.transaction() as tx:
        heavy = await catalog.update_variant(
            tx, large.id, VariantInput(weight_g=700, sku="S1-XL"), expected_version=1
        )
    assert (heavy.sku, heavy.weight_g, heavy.version) == ("S1-XL", 700, 2)
    with pytest.raises(catalog.CatalogInputInvalid) as refused:
        async with shop.transaction() as tx:
            await catalog.update_variant(tx, large.id, VariantInput(gtin="1"))
    assert refused.value.field == "gtin"
    async with shop.transaction() as tx:
        await catalog.delete_variant(tx, large.id)
    with pytest.raises(catalog.VariantNotFound):
        async with shop.reading() as tx:
            await catalog.variant_by_id(tx, large.id)


async def test_publish_and_unpublish(shop: Database) -> None:
    first = await put_one(shop, shirt())
    async with shop.transaction() as tx:
        shown = await catalog.publish_product(
            tx, first.product_id, [PublicationInput(channel_id=EU)]
        )
    assert {p.channel_id for p in shown.publications} == {US, EU}
    async with shop.transaction() as tx:
        shown = await catalog.unpublish_product(tx, first.product_id, [US, uuid4()])
    assert {p.channel_id for p in shown.publications} == {EU}


async def test_products_and_variants_are_paged(shop: Database) -> None:
    await put(
        shop,
        *[
            ProductInput(title=f"T{n}", variants=(VariantInput(sku=f"K{n}"),), status="active")
            for n in range(7)
        ],
    )
    seen: list[UUID] = []
    cursor = None
    async with shop.reading() as tx:
        while True:
            page = await catalog.list_products(tx, status="active", cursor=cursor, limit=3)
            seen += [p.row.id for p in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        found = await catalog.list_products(tx, search="k3")
        assert [p.row.title for p in found.items] == ["T3"]
        assert not (await catalog.list_products(tx, search="%")).items
    assert len(seen) == len(set(seen)) == 7


async def test_a_product_with_thousands_of_variants_is_read_page_by_page(shop: Database) -> None:
    sizes = tuple(str(n) for n in range(200))
    many = tuple(VariantInput(sku=f"B-{n}", options={"Size": str(n)}) for n in range(200))
    outcome = await put_one(
        shop, ProductInput(title="Big", options=(Option(name="Size", values=sizes),), variants=many)
    )
    async with shop.reading() as tx:
        page = await catalog.variants_of(tx, outcome.product_id, limit=100)
        rest = await catalog.variants_of(tx, outcome.product_id, cursor=page.next_cursor, limit=100)
        product = await catalog.product_by_id(tx, outcome.product_id)
    assert [v.sku for v in (*page.items, *rest.items)] == [f"B-{n}" for n in range(200)]
    assert rest.next_cursor is None
    assert product.variant_count == 200


async def test_deleting_a_product_takes_its_variants_along(shop: Database) -> None:
    first = await put_one(shop, shirt())
    async with shop.transaction() as tx:
        await catalog.delete_product(tx, first.product_id)
    async with shop.reading() as tx:
        assert await catalog.variant_ids_by_sku(tx, ["S1-S", "S1-M"]) == {}
    with pytest.raises(catalog.ProductNotFound):
        async with shop.transaction() as tx:
            await catalog.delete_product(tx, first.product_id)
