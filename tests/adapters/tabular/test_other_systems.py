"""Files of Magento, Saleor, Spree and Icecat, in small shapes of our own making, as records."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.adapters.tabular import FileUnreadable, MagentoKits, open_products
from argosy.adapters.tabular.given import attribute_code, grams, millimetres, number_text
from argosy.modules.catalog.ports import SourceRecord
from argosy.workflows.product_record import Fault, decoded

Row = dict[str, str]


def read(path: Path, format_name: str, **options: object) -> list[SourceRecord]:
    """All records of a file, each of which is one of our format."""
    found = list(open_products(path, format_name, {"price_list": "usd", **options}).records())
    for record in found:
        if record.data and not record.faults:
            assert not isinstance(decoded(record.data), Fault), decoded(record.data)
    return found


def products(records: Sequence[SourceRecord]) -> list[dict[str, Any]]:
    return [r.data for r in records if r.data.get("kind") == "product"]


def warned(records: Sequence[SourceRecord]) -> dict[str, str]:
    return {w.column: w.message for r in records for w in r.warnings}


def sheet(path: Path, rows: Sequence[Row]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def boot(sku: str, size: str) -> Row:
    return {
        "sku": sku, "product_type": "simple", "name": f"Boot-{size}", "price": "52",
        "categories": "Default Category/Shoes/Boots & Clogs,Default Category", "weight": "2",
        "visibility": "Not Visible Individually", "url_key": f"boot-{size}", "qty": "100",
        "base_image": "/b/boot.jpg", "map_price": "40",
        "additional_attributes": f"has_options=0,size={size}",
    }  # fmt: skip


BOOT = {
    "sku": "B1", "product_type": "configurable", "name": "Boot", "price": "52",
    "categories": "Default Category/Shoes/Boots & Clogs", "visibility": "Catalog, Search",
    "description": "<p>Warm.</p>", "base_image": "/b/boot.jpg", "additional_images": "/b/side.jpg",
    "additional_attributes": "has_options=1,material=Wool,climate=Cool|Windy",
    "configurable_variations": "sku=B1-S,size=S|sku=B1-M,size=M",
}  # fmt: skip


def test_magento_configurable_products_take_their_simple_ones(tmp_path: Path) -> None:
    path = sheet(tmp_path / "m.csv", [boot("B1-S", "S"), boot("B1-M", "M"), BOOT])
    found = read(path, "magento", location="main", channels=["us"])
    [product] = products(found)
    assert [r.data["path"] for r in found if r.data.get("kind") == "category"] == [
        "shoes", "shoes/boots-clogs",
    ]  # fmt: skip
    assert product["categories"] == ["shoes/boots-clogs"]
    assert product["options"] == [{"name": "Size", "values": ["S", "M"]}]
    assert product["attributes"] == {"material": ["Wool"], "climate": ["Cool", "Windy"]}
    assert [m["file"] for m in product["media"]] == ["/b/boot.jpg", "/b/side.jpg"]
    assert product["publications"] == [{"channel": "us"}]
    assert product["variants"][1] == {
        "sku": "B1-M", "options": {"Size": "M"}, "weight_g": 907, "tracks_inventory": True,
        "stock": {"main": 100}, "prices": {"usd": [{"amount": "52.00"}]}, "media": "/b/boot.jpg",
    }  # fmt: skip


def test_magento_grouped_products_are_reported_and_what_is_missing_is_a_fault(
    tmp_path: Path,
) -> None:
    kit = {"sku": "K", "product_type": "grouped", "name": "Kit"}
    alone = boot("B1-L", "L") | {"visibility": "Catalog, Search"}
    found = read(sheet(tmp_path / "m.csv", [kit, boot("B1-S", "S"), BOOT, alone]), "magento")
    assert any("'K' is a grouped" in w.message for r in found for w in r.warnings)
    [fault] = [f for r in found for f in r.faults]
    assert "B1-M" in fault.message
    assert [p["external_id"] for p in products(found) if "title" in p] == ["B1-L"]
    told = warned(found)
    assert set(told) >= {"qty", "map_price"}


def test_magento_short_form_and_special_prices(tmp_path: Path) -> None:
    bag = {
        "category": "Gear\nBags", "name": "Duffle", "sku": "24-MB01", "price": "34", "qty": "100",
        "special_price": "30.5", "activity": "Gym\nYoga", "attribute_set": "Bag",
    }  # fmt: skip
    [product] = products(read(sheet(tmp_path / "b.csv", [bag]), "magento", location="main"))
    assert product["categories"] == ["gear/bags"]
    assert product["attributes"] == {"activity": ["Gym", "Yoga"]}
    [variant] = product["variants"]
    assert variant["prices"] == {"usd": [{"amount": "30.50", "compare_at": "34.00"}]}
    kit = {"category": "Gear", "name": "Set", "sku": "S", "price": "", "qty": "100",
           "bundle_options": "Ball|radio:B1,B2\nBrick|radio:K1"}  # fmt: skip
    path = sheet(tmp_path / "k.csv", [kit])
    [product] = products(read(path, "magento", location="main"))
    assert product["variants"] == [{"sku": "S", "options": {}}]
    [bill] = MagentoKits(path).records()
    assert bill.data == {
        "sku": "S", "price": "sum", "items": [{"sku": "K1", "quantity": 1}],
        "groups": [{
            "code": "ball", "name": "Ball", "least": 1, "most": 1, "defaults": ["b1"],
            "options": [{"code": sku.lower(), "sku": sku, "quantity": 1, "extra": {}}
                        for sku in ("B1", "B2")],
        }],
    }  # fmt: skip


def test_magento_bundles_of_an_export_are_kits(tmp_path: Path) -> None:
    def one(name: str, sku: str, **more: str) -> str:
        pairs = {"name": name, "type": "checkbox", "required": "0", "sku": sku, "price": "0.0000",
                 "default": "0", "default_qty": "2.0000", "price_type": "fixed"} | more  # fmt: skip
        return ",".join(f"{key}={value}" for key, value in pairs.items())

    extras = "|".join([one("Add", "A", price="1.5000"), one("Add", "B", default="1"),
                       one("Base", "C", type="select", required="1")])  # fmt: skip
    rows = [
        {"sku": "K", "name": "Kit", "product_type": "bundle", "price": "30",
         "bundle_price_type": "fixed", "bundle_values": extras},
        {"sku": "P", "name": "Per cent", "product_type": "bundle", "price": "30",
         "bundle_price_type": "fixed",
         "bundle_values": one("A", "A", price="5", price_type="percent")},
        {"sku": "S", "name": "Simple", "product_type": "simple", "price": "3"},
    ]  # fmt: skip
    path = sheet(tmp_path / "m.csv", rows)
    kit, faulty = MagentoKits(path, currency="USD").records()
    assert kit.data["items"] == [{"sku": "C", "quantity": 2}]
    assert (kit.data["price"], kit.data["groups"]) == ("own", [{
        "code": "add", "name": "Add", "least": 0, "most": 2, "defaults": ["b"],
        "options": [{"code": "a", "sku": "A", "quantity": 2, "extra": {"USD": "1.50"}},
                    {"code": "b", "sku": "B", "quantity": 2, "extra": {}}],
    }])  # fmt: skip
    assert (faulty.row, faulty.faults[0].column) == (3, "bundle_values")
    [no_currency, _] = MagentoKits(path).records()
    assert "currency" in no_currency.faults[0].message
    bundle = next(p for p in products(read(path, "magento")) if p["external_id"] == "K")
    assert bundle["variants"] == [
        {"sku": "K", "options": {}, "prices": {"usd": [{"amount": "30.00"}]}}
    ]


def test_spree_rows_of_one_product_may_stand_apart(tmp_path: Path) -> None:
    head = {
        "slug": "pot", "sku": "POT", "name": "Pot", "price": "0", "currency": "USD",
        "status": "active", "category1": "Kitchen -> Pots", "tags": "tea, pot, tea",
        "custom_field.custom.warranty": "2 Years", "meta_keywords": "x", "image1_src": "a.webp",
    }  # fmt: skip
    red = {
        "slug": "pot", "sku": "POT-R", "price": "10.00", "compare_at_price": "12",
        "currency": "USD",
        "option1_name": "Color", "option1_value": "Red", "weight": "2", "weight_unit": "lb",
        "width": "10", "height": "4", "depth": "1", "dimensions_unit": "in",
        "inventory_count": "7", "track_inventory": "TRUE", "image1_src": "r.webp",
    }  # fmt: skip
    other = {"slug": "cup", "sku": "CUP", "name": "Cup", "price": "5", "currency": "USD"}
    euro = {"slug": "pot", "sku": "POT-R", "price": "9", "currency": "EUR"}
    euro |= {"option1_name": "Color", "option1_value": "Red"}
    found = read(sheet(tmp_path / "s.csv", [head, red, other, euro]), "spree", location="main")
    pot, cup = products(found)
    assert pot["attributes"] == {"tags": ["tea", "pot"], "warranty": "2 Years"}
    assert pot["categories"] == ["kitchen/pots"]
    assert [m["file"] for m in pot["media"]] == ["a.webp", "r.webp"]
    [variant] = pot["variants"]
    assert variant["prices"] == {
        "usd": [{"amount": "10.00", "compare_at": "12"}], "eur": [{"amount": "9"}],
    }  # fmt: skip
    assert (variant["weight_g"], variant["dimensions_mm"]) == (907, [25, 254, 102])
    assert variant["stock"] == {"main": 7}
    assert [v["sku"] for v in cup["variants"]] == ["CUP"]
    assert set(warned(found)) == {"meta_keywords"}


def fixture() -> list[dict[str, Any]]:
    def entry(model: str, pk: object, **fields: Any) -> dict[str, Any]:
        return {"model": model, "pk": pk, "fields": fields}

    text = {"blocks": [{"type": "paragraph", "data": {"text": "<b>Soft</b>"}}]}
    return [
        entry("product.category", 2, name="Tops", slug="tops", parent=1, tree_id=1, lft=2),
        entry("product.category", 1, name="Apparel", slug="apparel", parent=None, tree_id=1, lft=1),
        entry("product.producttype", 7, name="Shirt", is_shipping_required=True, weight="0.2:kg"),
        entry("attribute.attribute", 3, slug="material", name="Material", type="product-type",
              input_type="dropdown", filterable_in_storefront=True),
        entry("attribute.attribute", 4, slug="size", name="Size", type="product-type",
              input_type="dropdown"),
        entry("attribute.attribute", 5, slug="manual", name="Manual", type="product-type",
              input_type="file"),
        entry("attribute.attributevalue", 30, name="Cotton", attribute=3),
        entry("attribute.attributevalue", 40, name="M", attribute=4),
        entry("attribute.attributevalue", 41, name="L", attribute=4),
        entry("attribute.attributevalue", 50, name="m.pdf", attribute=5),
        entry("channel.channel", 1, slug="default", currency_code="USD"),
        entry("product.product", 9, name="Tee", slug="tee", product_type=7, category=2,
              description=text, weight=None),
        entry("product.productchannellisting", 1, product=9, channel=1, is_published=True,
              published_at="2022-05-13T00:00:00Z"),
        entry("attribute.assignedproductattributevalue", 1, product=9, value=30),
        entry("attribute.assignedproductattributevalue", 2, product=9, value=50),
        entry("product.productvariant", 90, product=9, sku="TEE-M", name="M", track_inventory=True),
        entry("product.productvariant", 91, product=9, sku=None, name="L", track_inventory=False),
        entry("attribute.assignedvariantattribute", 1, variant=90),
        entry("attribute.assignedvariantattribute", 2, variant=91),
        entry("attribute.assignedvariantattributevalue", 1, assignment=1, value=40),
        entry("attribute.assignedvariantattributevalue", 2, assignment=2, value=41),
        entry("product.productvariantchannellisting", 1, variant=90, currency="USD",
              price_amount="40.000", cost_price_amount="9"),
        entry("product.productmedia", 1, product=9, image="tee.png", alt="A tee"),
        entry("warehouse.warehouse", "w", slug="global"),
        entry("warehouse.stock", 1, warehouse="w", product_variant=90, quantity=12),
        entry("menu.menu", 1, name="x"),
    ]  # fmt: skip


def test_saleor_fixtures_come_in_with_their_references(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps(fixture()), "utf-8")
    found = read(path, "saleor")
    kinds = [(r.data["kind"], r.data.get("path") or r.data.get("code")) for r in found[:4]]
    assert kinds == [
        ("category", "apparel"), ("category", "apparel/tops"),
        ("attribute", "material"), ("attribute", "size"),
    ]  # fmt: skip
    [product] = products(found)
    assert product["categories"] == ["apparel/tops"]
    assert product["attributes"] == {"material": ["Cotton"]}
    assert product["publications"] == [{"channel": "default", "from": "2022-05-13T00:00:00Z"}]
    assert product["options"] == [{"name": "Size", "values": ["M", "L"]}]
    assert product["description"] == "<p><b>Soft</b></p>"
    first, second = product["variants"]
    assert (first["prices"], first["stock"]) == ({"usd": [{"amount": "40"}]}, {"global": 12})
    assert (first["weight_g"], second["sku"]) == (200, "tee-91")
    told = warned(found)
    assert {"menu.menu", "sku", "cost_price_amount", "values of manual"} <= set(told)


def test_saleor_files_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    for content in (b"{}", b"[1]", b'[{"pk": 1}]', b"[" * 100_000, b"\xff"):
        path.write_bytes(content)
        with pytest.raises(FileUnreadable):
            list(open_products(path, "saleor", {}).records())


def test_icecat_sheets_keep_every_attribute(tmp_path: Path) -> None:
    sheets = [
        {"id": "1", "name": "X-1", "title": "Laser & co", "ean": ["123", "4006381333931"],
         "supplier": "Acme", "price": 4995, "short_description": "a < b", "img_high": "h.jpg",
         "img_low": "l.jpg", "date_released": "2009-12-10", "attr_t_size": "big",
         "attr_n_cable_length": 4.6, "attr_b_touch": False, "attr_t_product_type": "Toner"},
        {"id": "2", "name": "X-1", "title": "Laser", "ean": ["5"], "supplier": "Acme",
         "attr_n_size": 23000.0, "attr_n_" + "long_" * 15: 1, "attr_b_touch": "maybe",
         "odd": 1},
        {"id": "", "name": "X", "title": "T"},
    ]  # fmt: skip
    path = tmp_path / "i.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(json.dumps(s).encode() + b"\n" for s in sheets)))
    found = read(path, "icecat")
    defined = {r.data["code"]: r.data["type"] for r in found if r.data.get("kind") == "attribute"}
    assert defined.items() >= {
        "size_text": "text", "size_number": "number", "touch": "boolean", "cable_length": "number",
    }.items()  # fmt: skip
    first, second = products(found)
    assert (first["slug"], first["brand"], first["product_type"]) == ("laser-co-1", "Acme", "Toner")
    assert first["description"] == "<p>a &lt; b</p>"
    assert first["attributes"] == {
        "date_released": "2009-12-10", "eans": ["123", "4006381333931"], "size_text": "big",
        "cable_length": {"number": "4.6"}, "touch": False, "product_type": "Toner",
    }  # fmt: skip
    assert first["variants"] == [{"sku": "X-1-1", "external_id": "1", "gtin": "4006381333931",
                                  "prices": {"usd": [{"amount": "49.95"}]}}]  # fmt: skip
    assert second["attributes"]["size_number"] == {"number": "23000"}
    assert second["variants"][0]["gtin"] is None
    assert [f.column for r in found for f in r.faults] == ["id"]
    assert set(warned(found)) == {"img_low", "ean", "odd", "attr_b_touch"}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_exact_or_none(value: float) -> None:
    text = number_text(value)
    if text is not None:
        assert float(text) == value


def test_E6_units_are_exact() -> None:
    assert grams(Decimal(1000), "lb") == 453_592
    assert millimetres(Decimal(10), "in") == 254
    assert grams(Decimal(1), "stone") is None
    assert len(attribute_code("x" * 200)) == 63
    assert attribute_code("3D ready!") == "x_3d_ready"


def test_files_that_are_something_else_are_refused(tmp_path: Path) -> None:
    path = sheet(tmp_path / "x.csv", [{"a": "1"}])
    for format_name in ("magento", "spree", "shopify"):
        with pytest.raises(FileUnreadable):
            list(open_products(path, format_name, {"price_list": "usd"}).records())
    with pytest.raises(FileUnreadable, match="price list"):
        open_products(path, "magento", {})
