"""Shopify's product CSV as records of the product format."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.adapters.tabular import FileUnreadable, ShopifyCsv, ShopifyOptions, open_products
from argosy.modules.catalog.ports import SourceRecord
from argosy.workflows.product_record import decoded

OPTIONS = ShopifyOptions(price_list="usd", location="main", channels=("us",))
HEADER = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,"
    "Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Grams,"
    "Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Variant Compare At Price,"
    "Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,"
    "Image Alt Text,Gift Card,Cost per item,Variant Image,Made up"
)
SHIRT = (
    'shirt,Shirt,<p>Nice</p>,Luma,Apparel > Shirts,Top,"a, b, a",true,Size,S,Colour,Red,T-1,200,'
    "shopify,5,12.50,20.00,true,true,36000291452,front.webp,2,Front,false,7.10,front.webp,x"
)
SECOND = 'shirt,,,,,,,,,M,,Red,T-2,0,shopify,7,"12,50",,true,false,not-a-gtin,back.webp,1,,,,,'
PICTURE = "shirt,,,,,,,,,,,,,,,,,,,,,side.webp,3,,,,,"
PLAIN = "gift,Gift,,,,,,false,Title,Default Title,,,,,,,5,,false,true,,,,,true,,,"


def read(tmp_path: Path, *lines: str, options: ShopifyOptions = OPTIONS) -> list[SourceRecord]:
    path = tmp_path / "products.csv"
    path.write_text("\n".join((HEADER, *lines)) + "\n", "utf-8")
    return list(ShopifyCsv(path, options).records())


def products(records: list[SourceRecord]) -> list[SourceRecord]:
    return [r for r in records if r.data.get("kind") == "product"]


def test_rows_of_a_handle_are_one_product(tmp_path: Path) -> None:
    [product] = products(read(tmp_path, SHIRT, SECOND, PICTURE))
    assert product.data["slug"] == "shirt"
    assert product.data["categories"] == ["apparel/shirts"]
    assert product.data["attributes"] == {"tags": ["a", "b"]}
    assert product.data["publications"] == [{"channel": "us"}]
    assert product.data["options"] == [
        {"name": "Size", "values": ["S", "M"]},
        {"name": "Colour", "values": ["Red"]},
    ]
    first, second = product.data["variants"]  # type: ignore[misc]
    assert first["prices"] == {"usd": [{"amount": "12.50", "compare_at": "20.00"}]}
    assert first["stock"] == {"main": 5}
    assert first["gtin"] == "036000291452"
    assert second["prices"] == {"usd": [{"amount": "12.50"}]}
    assert (second["weight_g"], second["tax_class"]) == (None, "exempt")
    files = [m["file"] for m in product.data["media"]]  # type: ignore[attr-defined]
    assert files == ["back.webp", "front.webp", "side.webp"]


def test_categories_come_before_their_product_and_parents_first(tmp_path: Path) -> None:
    records = read(tmp_path, SHIRT)
    paths = [r.data["path"] for r in records if r.data.get("kind") == "category"]
    assert paths == ["apparel", "apparel/shirts"]


def test_nothing_is_lost_in_silence(tmp_path: Path) -> None:
    warnings = [
        (r.places.get(w.column, (r.row, w.column)), w.code)
        for r in read(tmp_path, SHIRT, SECOND, PLAIN)
        for w in r.warnings
    ]
    assert ((1, "Made up"), "unknown_column") in warnings
    assert ((2, "Cost per item"), "column_left_out") in warnings
    assert ((2, "Variant Barcode"), "zeros_restored") in warnings
    assert ((3, "Variant Barcode"), "gtin_invalid") in warnings
    assert ((4, "Variant SKU"), "sku_made") in warnings
    assert ((4, "Gift Card"), "column_left_out") in warnings


def test_a_product_without_options_has_none(tmp_path: Path) -> None:
    [product] = products(read(tmp_path, PLAIN))
    assert product.data["options"] == []
    [variant] = product.data["variants"]  # type: ignore[misc]
    assert variant["sku"] == "gift"
    assert variant["tracks_inventory"] is False
    assert product.data["publications"] == []


def test_E3_an_empty_cell_clears_and_a_missing_column_keeps(tmp_path: Path) -> None:
    [product] = products(read(tmp_path, PLAIN))
    assert product.data["brand"] is None
    assert "seo_title" not in product.data


def test_faults_name_row_and_column(tmp_path: Path) -> None:
    bad = SHIRT.replace("12.50", "cheap").replace(",200,", ",heavy,")
    [product] = products(read(tmp_path, bad))
    places = {product.places[f.column] for f in product.faults}
    assert places == {(2, "Variant Price"), (2, "Variant Grams")}


def test_E5_a_mangled_sku_is_a_fault_and_not_a_new_article(tmp_path: Path) -> None:
    [product] = products(read(tmp_path, SHIRT.replace("T-1", "4.00638E+12")))
    assert [f.code for f in product.faults] == ["sku_mangled"]


def test_rows_of_another_length_are_faults(tmp_path: Path) -> None:
    [product] = products(read(tmp_path, "shirt,Shirt,too,short"))
    assert "cells" in {f.code for f in product.faults}


_CELL = st.one_of(
    st.sampled_from(["", "shirt", "true", "1,234", "-5", "=1+1", "Title", "99999999999999999999"]),
    st.text(max_size=8),
)


@given(st.lists(st.lists(_CELL, min_size=1, max_size=30), max_size=6))
def test_any_cells_are_read_or_reported(rows: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        with path.open("w", encoding="utf-8", newline="") as out:
            out.write(HEADER + "\n")
            csv.writer(out).writerows(rows)
        try:
            records = list(ShopifyCsv(path, OPTIONS).records())
        except FileUnreadable:
            return
    for record in products(records):
        assert record.faults or decoded(record.data) is not None


@pytest.mark.parametrize("header", ["Title,Vendor", "Handle,Title,Title", ""])
def test_files_of_another_kind_are_refused_whole(tmp_path: Path, header: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(header + "\na,b,c\n", "utf-8")
    with pytest.raises(FileUnreadable):
        list(ShopifyCsv(path, OPTIONS).records())


def test_a_shopify_file_needs_a_price_list(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEADER + "\n", "utf-8")
    with pytest.raises(FileUnreadable) as refused:
        open_products(path, "auto", {})
    assert refused.value.field == "price_list"
    assert open_products(path, "auto", {"price_list": "usd"}).format_name == "shopify"
