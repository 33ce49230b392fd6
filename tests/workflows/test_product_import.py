"""Products from files into a shop and back: reports, repetition, resumption, photographs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.modules.channels.making import a_channel

from argosy.adapters.storage import LocalStorage, open_photographs
from argosy.adapters.tabular import JsonLines, ShopifyCsv, ShopifyOptions, ShopifyWriter
from argosy.demo import luma
from argosy.modules import catalog, fields, inventory, pricing
from argosy.modules.catalog import ImportIssue, ImportRun
from argosy.modules.catalog.ports import ProductSource
from argosy.runtime.db import Database
from argosy.runtime.settings import load_settings
from argosy.workflows.app import App
from argosy.workflows.product_export import export_products
from argosy.workflows.product_import import (
    RunProductImport,
    import_products,
    run_product_import,
)
from argosy.workflows.product_intake import ImportOptions

Record = dict[str, Any]


@pytest.fixture
async def app(db: Database, tmp_path: Path) -> App:
    return await a_shop(db, tmp_path / "home")


async def a_shop(db: Database, home: Path) -> App:
    async with db.transaction() as tx:
        for code in ("usd", "eur"):
            await pricing.create_price_list(
                tx, pricing.CreatePriceList(code=code, name=code, currency=code.upper())
            )
        await a_channel(tx, code="us", currency="USD", time_zone="America/New_York")
        await a_channel(tx, code="eu")
        for code in ("us-main", "eu-main"):
            await inventory.create_location(tx, code=code, name=code, country="US", address={})
    settings = load_settings(import_windows_lag_s=0)  # no worker shows what is imported
    return cast("App", SimpleNamespace(db=db, storage=LocalStorage(home), settings=settings))


def lines(tmp_path: Path, *records: Record, name: str = "products.jsonl") -> JsonLines:
    path = tmp_path / name
    path.write_bytes(b"".join(msgspec.json.encode(r) + b"\n" for r in records))
    return JsonLines(path)


def shirt(**more: Any) -> Record:
    return {
        "kind": "product", "external_id": "S1", "slug": "shirt", "title": "Shirt",
        "options": [{"name": "Size", "values": ["S", "M"]}],
        "publications": [{"channel": "us", "from": "2026-07-01T00:00:00"}],
        "variants": [
            {"sku": "S1-S", "options": {"Size": "S"}, "stock": {"us-main": 5},
             "prices": {"usd": [{"amount": "12.50"}], "eur": [{"amount": "12.95"}]}},
            {"sku": "S1-M", "options": {"Size": "M"}, "prices": {"usd": [{"amount": "13.00"}]}},
        ],
        **more,
    }  # fmt: skip


async def issues_of(app: App, run: ImportRun) -> list[ImportIssue]:
    async with app.db.reading() as tx:
        return list((await catalog.issues_of_import(tx, run.id, limit=100)).items)


async def exported(app: App) -> list[Record]:
    return [record async for record in export_products(app.db)]


async def events(db: Database) -> int:
    async with db.pool.acquire() as connection:
        count: int = await connection.fetchval(
            "select count(*) from runtime.outbox where type ~ 'catalog.(product|cat|var)|pricing'"
            " and type !~ 'import_finished'"
        )
        return count


async def test_a_record_brings_prices_stock_and_publication(app: App, tmp_path: Path) -> None:
    run = await import_products(app, lines(tmp_path, shirt()))
    assert (run.state, run.created, run.failed) == ("done", 1, 0), await issues_of(app, run)
    [product] = [r for r in await exported(app) if r["kind"] == "product"]
    small, medium = product["variants"]
    assert small["prices"] == {"eur": [{"amount": "12.95"}], "usd": [{"amount": "12.50"}]}
    assert small["stock"] == {"us-main": 5}
    assert medium["prices"] == {"usd": [{"amount": "13.00"}]}


async def test_E10_a_time_without_offset_is_market_time(app: App, tmp_path: Path) -> None:
    await import_products(app, lines(tmp_path, shirt()))
    [product] = [r for r in await exported(app) if r["kind"] == "product"]
    assert product["publications"] == [
        {"channel": "us", "from": "2026-07-01T04:00:00Z", "until": None}
    ]


async def test_E4_the_same_file_again_changes_nothing(app: App, tmp_path: Path) -> None:
    await import_products(app, lines(tmp_path, shirt()))
    before, announced = await exported(app), await events(app.db)
    again = await import_products(app, lines(tmp_path, shirt()))
    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)
    assert await exported(app) == before
    assert await events(app.db) == announced


async def test_E4_stock_sold_since_is_not_counted_back(app: App, tmp_path: Path) -> None:
    await import_products(app, lines(tmp_path, shirt()))
    async with app.db.transaction() as tx:
        [variant] = (await catalog.variant_ids_by_sku(tx, ["S1-S"])).values()
        place = (await inventory.locations_by_code(tx, ["us-main"]))["us-main"]
        sold = inventory.Movement(variant_id=variant, location_id=place.id, on_hand=-2)
        await inventory.post_fact(
            tx,
            inventory.Fact(key="k", kind="adjustment", reason="sold", actor="t", items=(sold,)),
        )
    await import_products(app, lines(tmp_path, shirt()))
    assert await stock_of(app, "S1-S") == 3
    await import_products(app, lines(tmp_path, shirt()), options=ImportOptions(reapply=True))
    assert await stock_of(app, "S1-S") == 5


async def stock_of(app: App, sku: str) -> int:
    async with app.db.reading() as tx:
        [variant] = (await catalog.variant_ids_by_sku(tx, [sku])).values()
        return sum(level.on_hand for level in await inventory.levels_of(tx, [variant]))


async def test_E3_null_and_empty_remove_prices_and_absent_keeps(app: App, tmp_path: Path) -> None:
    await import_products(app, lines(tmp_path, shirt()))
    change = {
        "kind": "product", "slug": "shirt",
        "variants": [
            {"sku": "S1-S", "prices": {"usd": []}},
            {"sku": "S1-M", "prices": None},
        ],
    }  # fmt: skip
    run = await import_products(app, lines(tmp_path, change))
    assert run.updated == 1, await issues_of(app, run)
    [product] = [r for r in await exported(app) if r["kind"] == "product"]
    small, medium = product["variants"]
    assert small["prices"] == {"eur": [{"amount": "12.95"}]}
    assert small["stock"] == {"us-main": 5}
    assert "prices" not in medium


async def test_E4_good_rows_are_kept_and_each_bad_one_is_reported(app: App, tmp_path: Path) -> None:
    source = lines(
        tmp_path,
        {"kind": "format", "name": "argosy.products", "version": 1},
        shirt(colour="red"),
        shirt(external_id="S2", slug="two", variants=[{"sku": "s1-s"}]),
        shirt(external_id="S3", slug="three", variants=[{"sku": "S3", "gtin": "123"}], options=[]),
        shirt(external_id="S4", slug="four", variants=[{"sku": "S4", "weight_g": "heavy"}]),
        {"kind": "product", "title": "Plain", "publications": [{"channel": "mars"}]},
        {"kind": "product", "title": "Cents", "variants": [
            {"sku": "C", "prices": {"usd": [{"amount": "1.999"}]}}]},
        {"kind": "nonsense"},
        {"kind": "product", "title": "Fine", "variants": [{"sku": "F"}]},
    )  # fmt: skip
    run = await import_products(app, source)
    assert (run.state, run.created, run.failed, run.warnings) == ("done", 2, 6, 1)
    found = [(i.row, i.column, i.code) for i in await issues_of(app, run)]
    assert sorted(found) == [
        (2, "colour", "unknown_field"),
        (3, "", "repeated"),
        (4, "variants[0].gtin", "gtin_invalid"),
        (5, "variants[0].weight_g", "type"),
        (6, "publications[0].channel", "reference_unknown"),
        (7, "variants[0].prices.usd", "amount_inexact"),
        (8, "kind", "type"),
    ]


async def test_unknown_codes_can_be_left_out_and_taken_later(app: App, tmp_path: Path) -> None:
    record = shirt(publications=[{"channel": "us"}, {"channel": "mars"}])
    source = lines(tmp_path, record)
    run = await import_products(app, source, options=ImportOptions(skip_unknown=True))
    assert (run.created, run.warnings) == (1, 1)
    async with app.db.transaction() as tx:
        await a_channel(tx, code="mars")
    run = await import_products(app, source, options=ImportOptions(skip_unknown=True))
    assert (run.updated, run.warnings) == (1, 0)
    [product] = [r for r in await exported(app) if r["kind"] == "product"]
    assert {p["channel"] for p in product["publications"]} == {"us", "mars"}


async def test_a_record_that_the_database_refuses_does_not_take_others_along(
    app: App, tmp_path: Path
) -> None:
    await import_products(app, lines(tmp_path, shirt()))
    clash = {"kind": "product", "slug": "shirt", "variants": [
        {"sku": "NEW", "options": {"Size": "S"}}]}  # fmt: skip
    overlap = [
        {"amount": "1.00", "from": "2026-01-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
        {"amount": "2.00", "from": "2026-02-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"},
    ]
    others = [
        {"kind": "product", "title": f"T{n}", "variants": [{"sku": f"T{n}"}]} for n in range(9)
    ]
    bad = {"kind": "product", "title": "Bad", "variants": [
        {"sku": "BAD", "prices": {"usd": overlap}}]}  # fmt: skip
    run = await import_products(app, lines(tmp_path, *others[:4], clash, *others[4:], bad))
    assert (run.created, run.failed) == (9, 2)
    assert {(i.row, i.code) for i in await issues_of(app, run)} == {
        (5, "catalog.variant_options_taken"),
        (11, "pricing.prices_overlap"),
    }


async def test_C11_a_record_whose_price_moves_too_far_is_reported(app: App, tmp_path: Path) -> None:
    def goods(amount: str) -> list[Record]:
        return [
            {"kind": "product", "external_id": f"P{n}", "title": f"P{n}", "variants": [
                {"sku": f"P{n}", "prices": {"usd": [{"amount": amount if n == 3 else "10.50"}]}}]}
            for n in range(6)
        ]  # fmt: skip

    await import_products(app, lines(tmp_path, *goods("10.50")))
    async with app.db.transaction() as tx:
        prices = await pricing.price_list_by_code(tx, "usd")
        change = pricing.ChangePriceList(max_step_per_day=500)
        await pricing.change_price_list(tx, prices.id, change, expected_version=1)
    run = await import_products(app, lines(tmp_path, *goods("12.00")))
    assert (run.updated, run.unchanged, run.failed) == (0, 5, 1)
    (told,) = await issues_of(app, run)
    assert (told.row, told.code) == (4, "pricing.step_too_large")
    assert told.message.startswith("p3: 12.00 USD is more than 5 % away from 10.50 USD")


async def test_a_broken_end_keeps_what_came_before(app: App, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b'Handle,Title\na,A\nb,B\n"never closed\n')
    source = ShopifyCsv(path, ShopifyOptions(price_list="usd"))
    run = await import_products(app, source)
    assert run.state == "failed"
    assert run.created >= 1
    assert "CSV" in run.message


async def test_photographs_are_taken_from_a_folder(app: App, tmp_path: Path) -> None:
    record = shirt(
        media=[{"file": "images/mh01-black_main.webp", "alt": "Front"}, {"file": "missing.webp"}]
    )
    record["variants"][0]["media"] = "images/mh01-black_main.webp"
    source = lines(tmp_path, record)
    run = await import_products(app, source, photographs=open_photographs(luma()))
    assert [(i.column, i.code) for i in await issues_of(app, run)] == [
        ("media[1].file", "media_missing")
    ]
    [product] = [r for r in await exported(app) if r["kind"] == "product"]
    [media] = product["media"]
    assert media["alt"] == "Front"
    assert product["variants"][0]["media"] == media["key"]
    assert await app.storage.size(media["key"]) is not None
    again = await import_products(app, source, photographs=open_photographs(luma()))
    assert (again.unchanged, again.warnings) == (1, 1)  # It is looked for again.
    assert [r for r in await exported(app) if r["kind"] == "product"] == [product]


async def test_texts_by_locale_and_videos_of_others_come_back_as_they_went(
    app: App, tmp_path: Path
) -> None:
    media = [
        {"key": "vimeo:76979871", "alt": "How to wear", "alts": {"de": "Wie man es trägt"}},
        {"key": "youtube:dQw4w9WgXcQ", "alt": ""},
    ]
    await import_products(app, lines(tmp_path, shirt(media=media)))
    before = await exported(app)
    [product] = [r for r in before if r["kind"] == "product"]
    assert product["media"] == media
    run = await import_products(app, lines(tmp_path, *before))
    assert (run.unchanged + run.updated, run.failed) == (1, 0), await issues_of(app, run)
    assert await exported(app) == before
    fewer = [{"key": "vimeo:76979871", "alts": {"de": None, "fr": "Comment"}}]
    await import_products(app, lines(tmp_path, shirt(media=fewer)))
    [product] = [r for r in await exported(app) if r["kind"] == "product"]
    assert product["media"][0]["alts"] == {"fr": "Comment"}
    assert len(product["media"]) == 2


async def test_the_demo_catalogue_is_whole(app: App) -> None:
    source = JsonLines(luma() / "products.jsonl.gz")
    run = await import_products(app, source, photographs=open_photographs(luma()))
    assert (run.created, run.failed, run.warnings) == (189, 0, 0), await issues_of(app, run)
    records = [r for r in await exported(app) if r["kind"] == "product"]
    assert sum(len(r["variants"]) for r in records) == 1899
    assert sum(len(r["media"]) for r in records) > 700
    assert all(v["prices"].keys() == {"usd", "eur"} for r in records for v in r["variants"])


async def test_an_interrupted_run_is_resumed_by_running_it_again(app: App, tmp_path: Path) -> None:
    records = [
        {"kind": "product", "title": f"T{n}", "variants": [{"sku": f"T{n}"}]} for n in range(700)
    ]
    source = lines(tmp_path, *records)

    def stop_early(progress: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_products(app, source, on_progress=stop_early)
    async with app.db.reading() as tx:
        assert await catalog.count_products(tx) == 300
    run = await import_products(app, source)
    assert (run.created, run.unchanged) == (400, 300)


async def test_an_upload_is_imported_by_its_job_once(app: App, tmp_path: Path) -> None:
    lines(tmp_path, shirt(), name="upload")
    key = await app.storage.put_upload(tmp_path / "upload", suffix=".bin")
    async with app.db.transaction() as tx:
        run_id = await catalog.request_import(
            tx, format_name="jsonl", file_name="x.jsonl", storage_key=key, options={}, actor="Ann"
        )
    for _ in range(2):
        await run_product_import(app, RunProductImport(run_id=run_id))
    async with app.db.reading() as tx:
        run = await catalog.import_by_id(tx, run_id)
    assert (run.state, run.created) == ("done", 1)
    assert await events(app.db) > 0


async def test_a_job_whose_upload_is_gone_says_so(app: App) -> None:
    async with app.db.transaction() as tx:
        run_id = await catalog.request_import(
            tx, format_name="jsonl", file_name="x", storage_key="upload-" + "0" * 32 + ".bin",
            options={}, actor="Ann",
        )  # fmt: skip
    await run_product_import(app, RunProductImport(run_id=run_id))
    async with app.db.reading() as tx:
        run = await catalog.import_by_id(tx, run_id)
    assert run.state == "failed"
    assert "upload it again" in run.message


async def test_shopify_round_trip(app: App, tmp_path: Path) -> None:
    record = shirt(
        brand="=Brand", description="<p>+1</p>", attributes={"tags": ["new", "red"]},
        categories=["men"],
    )  # fmt: skip
    men = {"kind": "category", "path": "men", "name": "Men"}
    await import_products(app, lines(tmp_path, men, record))
    before = [r for r in await exported(app) if r["kind"] == "product"]
    path = tmp_path / "out.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = ShopifyWriter(
            stream,
            price_list="usd",
            location="us-main",
            channel="us",
            category_names={"men": "Men"},
        )
        for product in before:
            writer.write(product)
    options = ShopifyOptions(price_list="usd", location="us-main", channels=("us",))
    run = await import_products(app, ShopifyCsv(path, options))
    assert run.failed == 0, await issues_of(app, run)
    after = [r for r in await exported(app) if r["kind"] == "product"]
    assert after == before


_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
_NAME = _TEXT.filter(lambda t: bool(t.strip()))
_AMOUNT = st.decimals(0, 99999, places=2).map(str)


@st.composite
def _product(draw: st.DrawFn, number: int) -> Record:
    sizes = draw(st.lists(_NAME.map(str.strip), min_size=1, max_size=3, unique_by=str.casefold))
    variants = [
        {
            "sku": f"{draw(_NAME).strip()}-{number}-{n}",
            "options": {"Size": size},
            "weight_g": draw(st.none() | st.integers(0, 10_000)),
            "dimensions_mm": draw(
                st.none() | st.lists(st.integers(1, 10_000), min_size=3, max_size=3)
            ),
            "requires_shipping": draw(st.booleans()),
            "title": draw(_TEXT),
            "status": draw(st.sampled_from(["active", "archived"])),
            "prices": {"usd": [{"amount": draw(_AMOUNT)}]} if draw(st.booleans()) else {},
            "stock": {"us-main": draw(st.integers(0, 500))} if draw(st.booleans()) else {},
        }
        for n, size in enumerate(sizes)
    ]
    return {
        "kind": "product",
        "external_id": f"{draw(_NAME)}{number}",
        "slug": f"slug-{number}",
        "title": draw(_NAME),
        "description": draw(_TEXT),
        "brand": draw(_TEXT),
        "status": draw(st.sampled_from(["draft", "active", "archived"])),
        "options": [{"name": "Size", "values": sizes}],
        "attributes": draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "note": _TEXT,
                    "eco": st.booleans(),
                    "tags": st.lists(_NAME, max_size=3),
                    "width": st.fixed_dictionaries(
                        {"number": st.sampled_from(["1", "2.50", "-3"]), "unit": st.just("cm")}
                    ),
                },
            )
        ),
        "publications": [{"channel": "eu"}] if draw(st.booleans()) else [],
        "variants": variants,
    }


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_what_is_exported_can_be_imported_and_is_the_same(
    db: Database, tmp_path: Path, data: st.DataObject
) -> None:
    await emptied(db)
    app = await a_shop(db, tmp_path / "home")
    records = [data.draw(_product(n)) for n in range(data.draw(st.integers(1, 3)))]
    run = await import_products(app, lines(tmp_path, *records))
    assert run.failed == 0, await issues_of(app, run)
    first, announced = await exported(app), await events(db)
    # Into the same shop: nothing changes.
    options = ImportOptions(reapply=True)
    run = await import_products(app, lines(tmp_path, *first), options=options)
    assert run.failed == 0, await issues_of(app, run)
    assert await exported(app) == first
    assert await events(db) == announced
    # Into an empty one: the same catalogue.
    await emptied(db)
    other = await a_shop(db, tmp_path / "home")
    run = await import_products(other, lines(tmp_path, *first))
    assert (run.failed, run.warnings) == (0, 0), await issues_of(other, run)
    assert await exported(other) == first


async def emptied(db: Database) -> None:
    tables = (
        "catalog.product, catalog.category, catalog.attribute, catalog.media, catalog.import_run,"
        " catalog.redirect, pricing.price_list, channels.channel, inventory.location"
    )
    async with db.pool.acquire() as connection:
        await connection.execute(f"truncate {tables} cascade")


async def test_attributes_of_every_kind_come_and_go(app: App, tmp_path: Path) -> None:
    definitions: list[Record] = [
        {"code": "a_mass", "type": "number", "unit": "kg", "dimension": "mass", "maximum": "9"},
        {"code": "b_colour", "type": "swatch", "choices": ["Navy"], "level": "variant",
         "swatches": {"Navy": "#001f3f"}, "across_variants": "same"},
        {"code": "c_fits", "type": "product_reference", "searchable": False},
        {"code": "d_in", "type": "category_reference"},
        {"code": "e_made", "type": "date", "minimum": "2020-01-01", "localisable": True},
        {"code": "f_story", "type": "rich_text"},
        {"code": "g_pick", "type": "choice", "choices": ["x", "y"], "max_values": 1},
    ]  # fmt: skip
    records: list[Record] = [
        *({"kind": "attribute", "label": d["code"], **d} for d in definitions),
        {"kind": "category", "path": "bags", "name": "Bags"},
        {"kind": "product", "slug": "bag", "title": "Bag", "variants": [
            {"sku": "BAG", "attributes": {"b_colour": ["Navy"], "z_count": 3}}],
         "attributes": {"a_mass": {"number": "2", "unit": "lb"}, "c_fits": ["strap"],
                        "d_in": ["bags"], "e_made": "2026-01-31", "f_story": "<b>x</b>",
                        "g_pick": ["y"]}},
        {"kind": "product", "slug": "strap", "title": "Strap"},
    ]  # fmt: skip
    run = await import_products(app, lines(tmp_path, *records))
    assert (run.failed, run.warnings) == (0, 0), await issues_of(app, run)
    first = await exported(app)
    plain = msgspec.json.decode(msgspec.json.encode(first))
    written = {r["code"]: r for r in plain if r["kind"] == "attribute"}
    for wanted in definitions:
        assert {k: written[wanted["code"]][k] for k in wanted} == wanted
    await emptied(app.db)
    other = await a_shop(app.db, tmp_path / "home")
    run = await import_products(other, lines(tmp_path, *first))
    assert (run.failed, run.warnings) == (0, 0), await issues_of(other, run)
    assert await exported(other) == first


async def test_custom_fields_come_and_go(app: App, tmp_path: Path) -> None:
    async with app.db.transaction() as tx:
        for subject, code, kind in (
            ("product", "season", "text"), ("variant", "bins", "integer"),
            ("product", "tags", "choices"),
        ):  # fmt: skip
            choices = ("a", "b") if kind == "choices" else ()
            wanted = fields.DefineField(code=code, label=code, kind=kind, choices=choices)  # type: ignore[arg-type]
            await fields.define_field(tx, subject, wanted)  # type: ignore[arg-type]
    bag: Record = {
        "kind": "product", "slug": "bag", "title": "Bag", "fields": {"season": "w", "tags": ["b"]},
        "variants": [{"sku": "BAG", "fields": {"bins": 3}}],
    }  # fmt: skip
    run = await import_products(app, lines(tmp_path, bag))
    assert (run.failed, run.warnings) == (0, 0), await issues_of(app, run)
    first = msgspec.json.decode(msgspec.json.encode(await exported(app)))
    [written] = [r for r in first if r["kind"] == "product"]
    assert written["fields"] == bag["fields"]
    assert written["variants"][0]["fields"] == {"bins": 3}
    again = await import_products(app, lines(tmp_path, *first), options=ImportOptions(reapply=True))
    assert (again.failed, again.unchanged) == (0, 1)
    change: Record = {"kind": "product", "slug": "bag", "fields": {"season": None}}
    assert (await import_products(app, lines(tmp_path, change))).updated == 1
    clear: Record = {"kind": "product", "slug": "bag", "variants": [{"sku": "BAG", "fields": None}]}
    assert (await import_products(app, lines(tmp_path, clear))).updated == 1
    [written] = [r for r in await exported(app) if r["kind"] == "product"]
    assert written["fields"] == {"tags": ("b",)}
    assert "fields" not in written["variants"][0]
    wrong: Record = {"kind": "product", "slug": "bag", "fields": {"colour": "red"}}
    refused = await import_products(app, lines(tmp_path, wrong))
    assert refused.failed == 1
    [issue] = await issues_of(app, refused)
    assert issue.code == "fields.values_invalid"


async def test_runs_at_once_do_not_double_anything(app: App, tmp_path: Path) -> None:
    records = [
        {"kind": "product", "title": f"T{n}", "slug": f"t{n}", "variants": [{"sku": f"T{n}"}]}
        for n in range(40)
    ]
    source: ProductSource = lines(tmp_path, *records)
    runs = await asyncio.gather(*(import_products(app, source) for _ in range(3)))
    assert sum(r.created for r in runs) == 40
    async with app.db.reading() as tx:
        assert await catalog.count_products(tx) == 40
