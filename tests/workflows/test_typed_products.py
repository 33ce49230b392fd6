"""Products of types: judged when written, listed by the dry run, scored by events."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from tests.modules.channels.making import a_channel

from argosy.modules import catalog, pricing, producttypes
from argosy.modules.catalog import (
    AttributeDefinition,
    CatalogInputInvalid,
    MediaInput,
    NumberValue,
    ProductInput,
    PublicationInput,
    VariantInput,
)
from argosy.modules.producttypes import Schema, SchemaBreaksProducts, TypeAttribute
from argosy.reads.completeness import less_complete
from argosy.reads.type_breaks import SQL
from argosy.runtime.db import Database, counting_statements
from argosy.runtime.subscriptions import Delivered
from argosy.workflows import scoring, typed_products
from argosy.workflows.app import App


def a(code: str, kind: str, **more: Any) -> AttributeDefinition:
    return AttributeDefinition(code=code, label=code, kind=kind, **more)  # type: ignore[arg-type]


class Shop:
    """A shop with two channels, a price list and the type `bag`."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.us = self.eu = self.usd = UUID(int=0)

    async def set_up(self) -> None:
        async with self.db.transaction() as tx:
            made = await pricing.create_price_list(
                tx, pricing.CreatePriceList(code="usd", name="usd", currency="USD")
            )
            self.usd = made.id
            us = await a_channel(tx, code="us", currency="USD", price_list_id=made.id)
            self.us, self.eu = us.id, (await a_channel(tx, code="eu")).id
            await catalog.define_attributes(
                tx,
                [
                    a("material", "choice", choices=("Wool", "Silk")),
                    a("mass", "number", unit="kg"),
                    a("made", "date"),
                    a("colour", "text", level="variant"),
                ],
            )
            await producttypes.save_type(tx, "bag", "Bag")

    async def draft(self, *attributes: TypeAttribute, **more: Any) -> None:
        async with self.db.transaction() as tx:
            await typed_products.save_draft(tx, "bag", Schema(attributes=attributes, **more))

    async def publish(self, *attributes: TypeAttribute, **more: Any) -> None:
        await self.draft(*attributes, **more)
        async with self.db.transaction() as tx:
            await typed_products.publish_draft(tx, "bag", by="ann")

    async def make(self, slug: str, *channels: UUID, **fields: Any) -> UUID:
        given = ProductInput(
            **{
                "slug": slug, "title": slug, "status": "active", "type_code": "bag",
                "publications": tuple(PublicationInput(channel_id=c) for c in channels),
                **fields,
            }
        )  # fmt: skip
        async with self.db.transaction() as tx:
            return (await typed_products.create_product(tx, given)).row.id

    async def change(self, product_id: UUID, **fields: Any) -> None:
        async with self.db.transaction() as tx:
            await typed_products.update_product(tx, product_id, ProductInput(**fields))

    async def broken(self, limit: int = 100) -> dict[str, set[tuple[str, str]]]:
        async with self.db.reading() as tx:
            found = await typed_products.broken_by_draft(tx, "bag", after=None, limit=limit)
        return {b.slug: {(p.code, p.problem) for p in b.problems} for b in found}


@pytest.fixture
async def shop(db: Database) -> Shop:
    made = Shop(db)
    await made.set_up()
    return made


def faults(caught: pytest.ExceptionInfo[CatalogInputInvalid]) -> list[tuple[str, str]]:
    return [(f["column"], f["code"]) for f in caught.value.details["faults"]]


async def test_a_product_is_not_shown_without_what_its_type_requires(shop: Shop) -> None:
    await shop.publish(
        TypeAttribute(code="material", required=("us",)),
        TypeAttribute(code="colour", required=True),
        missing="block",
    )
    draft = await shop.make("draft", shop.us, status="draft")
    with pytest.raises(CatalogInputInvalid) as caught:
        await shop.change(draft, status="active")
    assert faults(caught) == [("attributes.material", "type_missing")]
    await shop.change(draft, status="active", attributes={"material": ("Wool",)})
    with pytest.raises(CatalogInputInvalid) as caught:
        await shop.change(draft, attributes={"material": None})
    # Elsewhere it is not required, but the colour of each active variant is.
    await shop.make("elsewhere", shop.eu)
    with pytest.raises(CatalogInputInvalid) as caught:
        await shop.make("pale", shop.eu, variants=(VariantInput(sku="P"),))
    assert faults(caught) == [("variants.attributes.colour", "type_missing")]
    red = VariantInput(sku="R", attributes={"colour": "red"})
    await shop.make("red", shop.eu, variants=(red,))


async def test_flagged_products_go_on_but_a_wrong_value_is_never_taken(shop: Shop) -> None:
    await shop.publish(
        TypeAttribute(code="material", required=True, choices=("Wool",)),
        TypeAttribute(code="mass", maximum="2"),
        others="refuse",
    )
    made = await shop.make("bag", shop.us)
    for wrong, code in (
        ({"material": ("Silk",)}, "type_value"),
        ({"mass": NumberValue(number="4.5", unit="lb")}, "type_value"),
        ({"made": "2026-01-01"}, "type_unknown"),
    ):
        with pytest.raises(CatalogInputInvalid) as caught:
            await shop.change(made, attributes=wrong)
        assert [f[1] for f in faults(caught)] == [code]
    await shop.change(made, attributes={"mass": NumberValue(number="4.4", unit="lb")})


async def test_a_type_that_is_not_there_is_refused_and_one_without_schema_asks_nothing(
    shop: Shop,
) -> None:
    with pytest.raises(CatalogInputInvalid) as caught:
        await shop.make("hat", type_code="hat")
    assert faults(caught) == [("type_code", "type_unknown")]
    await shop.make("bag", shop.us)


async def test_the_dry_run_lists_every_product_that_would_break(shop: Shop) -> None:
    silk = {"material": ("Silk",), "made": "2019-05-01"}
    await shop.make("whole", shop.us, attributes={"material": ("Wool",), "made": "2026-01-01"})
    await shop.make("old", shop.us, attributes=silk)
    await shop.make("bare", shop.us)
    await shop.make("hidden")
    await shop.make("heavy", attributes={"mass": NumberValue(number="3000", unit="g")})
    light = VariantInput(sku="L", attributes={"colour": "red"})
    await shop.make("light", attributes={"mass": NumberValue(number="1")}, variants=(light,))
    await shop.make("other", shop.us, type_code=None)
    await shop.draft(
        TypeAttribute(code="material", required=True, choices=("Wool",)),
        TypeAttribute(code="made", minimum="2020-01-01"),
        TypeAttribute(code="mass", maximum="2"),
        others="refuse",
    )
    assert await shop.broken() == {
        "old": {("material", "value"), ("made", "value")},
        "bare": {("material", "missing")},
        "heavy": {("mass", "value")},
        "light": {("colour", "unknown")},
    }
    impact = await typed_products.impact_of_draft(shop.db, "bag")
    assert (impact.products, impact.broken) == (6, 4)
    assert impact.problems["material", "missing"] == 1


async def test_publishing_is_decided_and_hides_nothing(shop: Shop) -> None:
    made = await shop.make("bare", shop.us)
    required = TypeAttribute(code="material", required=True)
    await shop.draft(required, missing="block")
    with pytest.raises(SchemaBreaksProducts) as caught:
        async with shop.db.transaction() as tx:
            await typed_products.publish_draft(tx, "bag", by="ann")
    assert caught.value.details["product"] == "bare"
    await shop.publish(required, missing="flag")
    async with shop.db.reading() as tx:
        product = await catalog.product_by_id(tx, made)
    assert (product.row.status, len(product.publications)) == ("active", 1)


async def test_the_dry_run_pages_through_many_products_in_bounded_statements(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed_products, "CHUNK", 7)
    async with shop.db.transaction() as tx:
        inputs = [
            ProductInput(
                slug=f"p{n}", title="P", status="active", type_code="bag",
                publications=(PublicationInput(channel_id=shop.us),),
                attributes={"material": ("Wool",)} if n % 3 else {},
            )
            for n in range(50)
        ]  # fmt: skip
        await catalog.upsert_products(tx, inputs)
    await shop.draft(TypeAttribute(code="material", required=True))
    seen: list[str] = []
    after: UUID | None = None
    while True:
        async with shop.db.reading() as tx:
            page = await typed_products.broken_by_draft(tx, "bag", after=after, limit=4)
        if not page:
            break
        seen += [b.slug for b in page]
        after = page[-1].id
    assert sorted(seen) == sorted(f"p{n}" for n in range(0, 50, 3))
    impact = await typed_products.impact_of_draft(shop.db, "bag")
    assert (impact.products, impact.broken) == (50, 17)


async def test_a_shop_without_types_pays_no_statement_for_them(shop: Shop) -> None:
    change = ProductInput(slug="plain", title="Plain", attributes={"mass": NumberValue(number="1")})
    async with shop.db.transaction() as tx:
        with counting_statements() as counter:
            await catalog.upsert_products(tx, [change])
        plain = counter.statements
        with counting_statements() as counter:
            again = ProductInput(slug="plain", title="Plainer", attributes={"made": "2026-01-01"})
            await typed_products.upsert_products(tx, [again])
    assert counter.statements <= plain + 1  # of the product that is there by now: its media


async def test_products_get_types_by_the_words_that_they_had(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed_products, "ADOPT_BATCH", 2)
    await shop.publish(TypeAttribute(code="material", required=True), missing="block")
    wool = {"material": ("Wool",)}
    for slug, values in (("a", wool), ("b", {}), ("c", wool)):
        more = {"attributes": values, "product_type": "Bags", "type_code": None}
        await shop.make(slug, shop.us, **more)
    after: UUID | None = None
    adopted, refused = 0, 0
    while True:
        async with shop.db.transaction() as tx:
            done = await typed_products.adopt_label(tx, "bag", "Bags", after=after)
        adopted, refused, after = adopted + done.adopted, refused + len(done.refused), done.last
        if after is None:
            break
    assert (adopted, refused) == (2, 1)


def told(event: Any, **data: Any) -> Delivered:
    return Delivered(
        event_id=UUID(int=1), type=event.TYPE, subject="", seq=1, data=data, trace=None,
        occurred_at=cast("Any", None),
    )  # fmt: skip


async def scores(shop: Shop, channel: UUID, below: int = 101) -> dict[UUID, int]:
    async with shop.db.reading() as tx:
        rows = await less_complete(tx, channel, below=below, type_code=None, after=None, limit=100)
    return {row.product_id: row.score for row in rows}


async def test_scores_follow_events_and_say_what_is_lacking(shop: Shop) -> None:
    await shop.publish(TypeAttribute(code="material", required=("us",), weight=2))
    made = await shop.make("bag", shop.us, shop.eu, variants=(VariantInput(sku="B"),))
    changed = told(catalog.ProductChanged, product_id=str(made))
    async with shop.db.transaction() as tx:
        await scoring.score_changed(tx, [changed])
        [us, eu] = sorted(
            await producttypes.scores_of(tx, [made]), key=lambda s: s.channel_id != shop.us
        )
    assert (us.score, eu.score) == (0, 0)
    assert [lack.what for lack in us.lacks] == ["material", "photograph", "price", "description"]
    assert [lack.what for lack in eu.lacks] == ["photograph", "price", "description"]
    photo = MediaInput(
        storage_key="x.webp", sha256="ab" * 32, content_type="image/webp", byte_size=1, width=1,
        height=1,
    )  # fmt: skip
    await shop.change(
        made, attributes={"material": ("Wool",)}, description="<p>A bag</p>", media=(photo,)
    )
    async with shop.db.transaction() as tx:
        await scoring.score_changed(tx, [changed])
    assert (await scores(shop, shop.us), await scores(shop, shop.eu)) == ({made: 80}, {made: 66})
    async with shop.db.transaction() as tx:
        [variant] = await catalog.variants_of_products(tx, [made])
        price = pricing.SetPrice(variant_id=variant.id, amount_minor=100)
        await pricing.set_prices(tx, shop.usd, [price])
        priced = told(pricing.PricesChanged, variant_ids=[str(variant.id)])
        await scoring.score_changed(tx, [priced])
    assert await scores(shop, shop.us) == {made: 100}
    assert await scores(shop, shop.us, below=100) == {}
    async with shop.db.transaction() as tx:
        await catalog.delete_product(tx, made)
        await scoring.score_changed(tx, [changed])
    assert await scores(shop, shop.us) == {}


async def test_a_new_schema_scores_all_products_of_the_type(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "BATCH", 2)
    made = [await shop.make(f"bag{n}", shop.eu) for n in range(5)]
    await scoring.rescore_all(shop.db)
    assert await scores(shop, shop.eu) == dict.fromkeys(made, 0)
    weights = producttypes.Weights(photograph=0, price=0, description=0)
    await shop.publish(weights=weights)
    app = cast("App", SimpleNamespace(db=shop.db))
    await scoring.run_rescore(app, scoring.RescoreType(code="bag"))
    assert await scores(shop, shop.eu) == dict.fromkeys(made, 100)


async def test_products_of_a_type_are_walked_by_an_index(shop: Shop) -> None:
    count = 10_000
    async with shop.db.pool.acquire() as connection:
        await connection.execute(
            """
            insert into catalog.product (id, slug, title, status, type_code, attributes,
                                         created_at, updated_at)
            select uuidv7(), 'p' || n, 'P', 'active', 'bag',
                   case when n % 10 = 0 then '{}' else '{"material": ["Wool"]}' end::jsonb,
                   now(), now()
              from generate_series(1, $1) n""",
            count,
        )
        await connection.execute(
            "insert into catalog.publication select id, $1, now() from catalog.product", shop.us
        )
        await connection.execute("analyze catalog.product, catalog.publication")
        plan = await connection.fetchval(
            "explain (format json) " + SQL.next_of_type.sql.replace("$1", "'bag'")
            .replace("$2", "'00000000-0000-0000-0000-000000000000'").replace("$3", "5000")
        )  # fmt: skip
    assert "Index" in str(plan)
    assert "Seq Scan" not in str(plan)
    assert "Sort" not in str(plan)
    await shop.draft(TypeAttribute(code="material", required=True))
    impact = await typed_products.impact_of_draft(shop.db, "bag")
    assert (impact.products, impact.broken) == (count, count // 10)
