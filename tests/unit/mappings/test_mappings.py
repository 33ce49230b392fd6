"""Mappings: transforms, suggestions, and files of any shape read as products."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.adapters.tabular import FileUnreadable, MappedTable, open_table
from argosy.adapters.tabular.transforming import CellRefused, Quantity, Trail, transformed
from argosy.modules import mappings
from argosy.modules.catalog import ports
from argosy.modules.mappings import Mapping, MappingInvalid, Transform

ROW = {"Brand": "Ridge", "Model": "X1", "Empty": ""}


def through(cell: Any, *transforms: dict[str, Any], separator: Any = "auto") -> Any:
    typed = msgspec.convert(transforms, tuple[Transform, ...])
    return transformed(cell, typed, ROW, separator)


@pytest.mark.parametrize(
    ("cell", "transforms", "wanted"),
    [
        ("  a   b ", [{"do": "trim"}], "a   b"),
        ("  a   b ", [{"do": "trim", "inner": True}], "a b"),
        ("a; b;;c", [{"do": "split", "separator": ";"}], ["a", "b", "c"]),
        ("a;b;c", [{"do": "split", "separator": ";", "part": -1}], "c"),
        ("a;b", [{"do": "split", "separator": ";", "part": 5}], None),
        (["a", "b"], [{"do": "join", "separator": "/"}], "a/b"),
        ("1.234,50", [{"do": "number", "decimal": ","}], "1234.50"),
        ("12", [{"do": "number", "factor": "0.01"}], "0.12"),
        ("27.11.2026", [{"do": "date", "format": "%d.%m.%Y"}], "2026-11-27"),
        ("2026-11-27", [{"do": "date", "format": "%d.%m.%Y"}], "2026-11-27"),
        ("ROT ", [{"do": "lookup", "table": {"rot": "red"}}], "red"),
        ("blau", [{"do": "lookup", "table": {"rot": "red"}}], "blau"),
        ("blau", [{"do": "lookup", "table": {"rot": "red"}, "otherwise": "empty"}], None),
        ("Ja", [{"do": "truth"}], True),
        ("0", [{"do": "truth"}], False),
        (None, [{"do": "constant", "value": "active"}], "active"),
        (None, [{"do": "trim"}, {"do": "default", "value": "x"}], "x"),
        ("y", [{"do": "default", "value": "x"}], "y"),
        (None, [{"do": "template", "text": "{Brand} {Model}"}], "Ridge X1"),
        ("v", [{"do": "template", "text": "<{}>"}], "<v>"),
        (None, [{"do": "template", "text": "{Empty}!"}], None),
        (None, [{"do": "trim"}, {"do": "number"}], None),
        ("A > B|C", [{"do": "split", "separator": "|"}, {"do": "category", "under": "all"}],
         (Trail("all", ("A", "B")), Trail("all", ("C",)))),
    ],
)  # fmt: skip
def test_transforms(cell: Any, transforms: list[dict[str, Any]], wanted: Any) -> None:
    found = through(cell, *transforms)
    assert (str(found.number) if isinstance(found, Quantity) else found) == wanted


@pytest.mark.parametrize(
    ("cell", "given", "to", "number", "unit"),
    [
        ("1 lb", None, "g", "453.59237", "g"),
        ("3,5 kg", None, "g", "3500", "g"),
        ("2", "in", "mm", "50.8", "mm"),
        ('10"', None, "cm", "25.4", "cm"),
        ("1.234,5 mm", None, "m", "1.2345", "m"),
        ("68 F", None, "C", "20", "C"),
        ("5 furlongs", None, None, "5", "furlongs"),
    ],
)
def test_E6_units_by_exact_factors(
    cell: str, given: str | None, to: str | None, number: str, unit: str
) -> None:
    found = through(cell, {"do": "unit", "given": given, "to": to})
    assert (format(found.number, "f"), found.unit) == (number, unit)


@pytest.mark.parametrize(
    ("cell", "transform"),
    [
        ("ten", {"do": "number"}),
        ("1,234", {"do": "number"}),  # could be two numbers
        ("1.5", {"do": "number", "whole": True}),
        ("31.02.2026", {"do": "date", "format": "%d.%m.%Y"}),
        ("perhaps", {"do": "truth"}),
        ("x", {"do": "lookup", "table": {"a": "b"}, "otherwise": "refuse"}),
        ("5 kg", {"do": "unit", "to": "mm"}),
        ("5", {"do": "unit", "to": "mm"}),
    ],
)
def test_what_a_transform_cannot_take_is_refused(cell: str, transform: dict[str, Any]) -> None:
    with pytest.raises(CellRefused):
        through(cell, transform)


@given(st.text(max_size=60), st.lists(st.sampled_from([
    {"do": "trim"}, {"do": "split", "separator": ","}, {"do": "join"}, {"do": "number"},
    {"do": "unit", "to": "g"}, {"do": "truth"}, {"do": "date", "format": "%d.%m.%Y"},
    {"do": "category"}, {"do": "template", "text": "{} {Brand}"},
]), max_size=4))  # fmt: skip
def test_any_text_is_taken_or_refused(cell: str, transforms: list[dict[str, Any]]) -> None:
    with suppress(CellRefused):
        through(cell, *transforms)


def a_mapping(*rules: dict[str, Any], **more: Any) -> Mapping:
    return msgspec.convert({"rules": list(rules), **more}, Mapping)


SKU = {"field": "variant.sku", "column": "SKU"}


@pytest.mark.parametrize(
    ("rules", "place"),
    [
        ([SKU, {"field": "colour", "column": "C"}], "rules[1]"),
        ([SKU, {"field": "title"}], "rules[1]"),
        ([SKU, SKU], "rules[1]"),
        ([SKU, {"field": "title", "column": "T", "empty": "clear"}], "rules[1]"),
        ([SKU, {"field": "brand", "column": "T", "transforms": [{"do": "category"}]}], "rules[1]"),
        ([{"field": "slug", "column": "S"}, {"field": "variant.gtin", "column": "G"}], "rules"),
        ([{"field": "title", "column": "T"}], "rules"),
        ([SKU, {"field": "variant.compare_at.eur", "column": "C"}], "rules"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_where(rules: list[Any], place: str) -> None:
    with pytest.raises(MappingInvalid) as refusal:
        mappings.check(a_mapping(*rules))
    assert refusal.value.field == place


def test_columns_are_suggested_by_name_synonym_and_likeness() -> None:
    found = mappings.suggest(
        ["Art-Nr", "SKU", "Bezeichnung", "Hersteler", "VK", "Länge", "Material", "Quatsch", "EAN",
         "Bestand"],
        attributes={"material": "Stoff"}, price_list="eur", location="main",
    )  # fmt: skip
    assert [(s.field, s.reason) for s in found] == [
        ("external_id", "synonym"), ("variant.sku", "synonym"), ("title", "synonym"),
        ("brand", "similar"), ("variant.price.eur", "synonym"), ("variant.length_mm", "synonym"),
        ("attributes.material", "exact"), (None, "none"), ("variant.gtin", "synonym"),
        ("variant.stock.main", "synonym"),
    ]  # fmt: skip
    assert all(0 <= s.confidence <= 1 for s in found)
    named = [s.field for s in mappings.suggest(["Name", "Titel", "Title"], attributes={})]
    assert named.count("title") == 1
    assert named[2] == "title"  # its own name goes before its synonyms


CSV = """Art-Nr;Gruppe;Bezeichnung;Farbe;Preis;Gewicht;Kategorie;Bestand;Marke
'=1;Becher;Hafenbecher ;Blau;"1.234,50";0,38 kg;Küche > Becher;5;Ridge
00124;Becher;;Weiß;13,9;0,38 kg;Küche > Becher;;
00125;Hut;Hut;Rot;abc;1 lb;Mode;x;
"""
RULES: list[dict[str, Any]] = [
    {"field": "external_id", "column": "Gruppe"},
    {"field": "title", "column": "Bezeichnung", "transforms": [{"do": "trim"}]},
    {"field": "brand", "column": "Marke", "empty": "clear"},
    {"field": "categories", "column": "Kategorie", "transforms": [{"do": "category"}]},
    {"field": "variant.sku", "column": "Art-Nr"},
    {"field": "option.Colour", "column": "Farbe", "transforms": [
        {"do": "lookup", "table": {"blau": "Blue", "weiß": "White", "rot": "Red"}}]},
    {"field": "variant.price.eur", "column": "Preis", "transforms": [
        {"do": "number", "decimal": ","}]},
    {"field": "variant.weight_g", "column": "Gewicht", "transforms": [{"do": "unit", "to": "g"}]},
    {"field": "variant.stock.main", "column": "Bestand"},
    {"field": "status", "transforms": [{"do": "constant", "value": "active"}]},
]  # fmt: skip


def read(path: Path, mapping: Mapping) -> list[ports.SourceRecord]:
    return list(MappedTable(path, mapping).records())


def test_a_table_is_read_as_products_with_rows_and_columns_of_what_is_wrong(
    tmp_path: Path,
) -> None:
    path = tmp_path / "s.csv"
    path.write_text(CSV, encoding="cp1252")
    kitchen, mugs, cups, fashion, hat = read(path, a_mapping(*RULES, group_by="Gruppe"))
    assert kitchen.data == {"kind": "category", "path": "kuche", "name": "Küche"}
    assert mugs.data["path"] == "kuche/becher"
    assert cups.faults == ()
    assert cups.data == {
        "kind": "product", "external_id": "Becher", "title": "Hafenbecher", "brand": "Ridge",
        "status": "active", "categories": ["kuche/becher"],
        "options": [{"name": "Colour", "values": ["Blue", "White"]}],
        "variants": [
            {"sku": "=1", "options": {"Colour": "Blue"}, "prices": {"eur": [{"amount": "1234.5"}]},
             "weight_g": 380, "stock": {"main": 5}},
            {"sku": "00124", "options": {"Colour": "White"},
             "prices": {"eur": [{"amount": "13.9"}]}, "weight_g": 380},
        ],
    }  # fmt: skip
    assert cups.places["variants[1].prices.eur"] == (3, "Preis")
    assert fashion.data["path"] == "mode"
    assert (hat.data["brand"], hat.data["variants"][0]["weight_g"]) == (None, 454)  # type: ignore[index]
    assert [hat.places[fault.column] for fault in hat.faults] == [(4, "Preis"), (4, "Bestand")]


def test_a_workbook_keeps_zeros_days_and_names_its_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Liste"
    sheet.append(["Preisliste 2026"])
    sheet.append(["SKU", "Name", "Neu seit", "Preis"])
    sheet.append([123, "Hut", date(2026, 11, 27), 12.5])
    sheet["A3"].number_format = "00000"
    path = tmp_path / "liste.xlsx"
    book.save(path)
    table = open_table(path, sheet="Liste", header_row=2)
    assert table.columns == ("SKU", "Name", "Neu seit", "Preis")
    assert list(table.rows()) == [
        (3, {"SKU": "00123", "Name": "Hut", "Neu seit": "2026-11-27", "Preis": "12.5"})
    ]
    mapping = a_mapping(
        SKU, {"field": "title", "column": "Name"},
        {"field": "variant.price.eur", "column": "Preis"},
        header_row=2,
    )  # fmt: skip
    assert read(path, mapping)[0].data["variants"] == [
        {"sku": "00123", "prices": {"eur": [{"amount": "12.5"}]}}
    ]
    with pytest.raises(FileUnreadable, match="no sheet"):
        open_table(path, sheet="Andere")
    with pytest.raises(FileUnreadable, match="'VK'"):
        MappedTable(path, a_mapping(SKU, {"field": "title", "column": "VK"}, header_row=2))


def test_json_lines_are_flattened(tmp_path: Path) -> None:
    path = tmp_path / "s.bin"
    path.write_text('{"id": 7, "price": {"amount": 1.5}, "tags": ["a", "b"], "new": true}\n')
    table = open_table(path)
    assert list(table.rows()) == [
        (1, {"id": "7", "price.amount": "1.5", "tags": "a|b", "new": "true"})
    ]


def test_hostile_workbooks_are_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 70_000_000)
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "x")
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 and nothing more")
    half = tmp_path / "half.xlsx"
    with zipfile.ZipFile(half, "w") as archive:
        archive.writestr("xl/workbook.xml", "<not a workbook")
    for path in (bomb, other, broken, half):
        with pytest.raises(FileUnreadable):
            open_table(path)
