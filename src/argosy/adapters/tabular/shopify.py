"""Shopify's product CSV: several rows a product, joined by the handle, read as product records.

Source: Shopify Help Center, "Using CSV files to import and export products". A column that is not
there keeps what is stored; a cell that is empty clears it (DOMAIN.md E3). Columns that have no
place here are reported, each once, when a row has something in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import msgspec

from argosy.adapters.tabular.given import category_path, new_categories
from argosy.adapters.tabular.guarding import unguarded
from argosy.adapters.tabular.numbers import (
    NotANumber,
    Separator,
    is_mangled,
    parsed_decimal,
    unwrapped,
    with_lost_zeros,
)
from argosy.adapters.tabular.text import FileUnreadable, csv_rows, open_text, reading
from argosy.modules.catalog import Fault, gtin_is_valid, slugify
from argosy.modules.catalog.ports import SourceRecord

_TEXTS = {
    "Title": "title", "Body (HTML)": "description", "Vendor": "brand", "Type": "product_type",
    "SEO Title": "seo_title", "SEO Description": "seo_description",
}  # fmt: skip
_KNOWN = frozenset({
    *_TEXTS, "Handle", "Tags", "Published", "Status", "Product Category", "Collection",
    "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name",
    "Option3 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker",
    "Variant Inventory Qty", "Variant Price", "Variant Compare At Price",
    "Variant Requires Shipping", "Variant Taxable", "Variant Barcode", "Image Src",
    "Image Position", "Image Alt Text", "Variant Image",
})  # fmt: skip
# Cells that say what is so here anyway.
_HARMLESS: Mapping[str, Callable[[str], bool]] = {
    "Gift Card": lambda cell: cell.lower() == "false",
    "Variant Inventory Policy": lambda cell: cell.lower() == "deny",
    "Variant Fulfillment Service": lambda cell: cell.lower() == "manual",
    "Variant Weight Unit": lambda _: True,
}
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})

Row = tuple[int, dict[str, str]]


class ShopifyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where a Shopify file's prices and stock go, and in which channels "Published" is."""

    price_list: str
    location: str | None = None
    channels: tuple[str, ...] = ()
    decimal_separator: Separator = "auto"


class ShopifyCsv:
    """A Shopify product export."""

    format_name = "shopify"

    def __init__(self, path: Path, options: ShopifyOptions, *, name: str | None = None) -> None:
        self._path = path
        self._options = options
        self.file_name = name or path.name

    def total(self) -> int:
        """How many lines there are, which is at least as many as rows. Raises FileUnreadable."""
        with reading(), open_text(self._path).stream as stream:
            return sum(1 for _ in stream)

    def records(self) -> Iterator[SourceRecord]:
        """One record a product, after one for each new category. Raises FileUnreadable."""
        opened = open_text(self._path)
        with opened.stream as stream:
            rows = csv_rows(stream)
            header = [cell.strip() for cell in next(rows, [])]
            _check_header(header)
            reported: set[str] = set()
            yield _opening(header, opened.guessed, reported)
            categories: set[str] = set()
            numbered = _dicts(rows, header)
            for handle, group in groupby(numbered, key=lambda row: row[1]["Handle"].strip()):
                product = _Product(handle, list(group), header, self._options, reported)
                record = product.record()
                yield from new_categories(product.category_names, record.row, categories)
                yield record


def _check_header(header: Sequence[str]) -> None:
    if "Handle" not in header:
        raise FileUnreadable(
            "The first row has no column Handle: this is no Shopify product file.", field="file"
        )
    repeated = {name for name in header if name and header.count(name) > 1}
    if repeated:
        raise FileUnreadable(f"The column {min(repeated)!r} is there twice.", field="file")


def _opening(header: Sequence[str], guessed: bool, reported: set[str]) -> SourceRecord:
    warnings = []
    if guessed:
        message = "The file is not UTF-8; it was read as Windows-1252."
        warnings.append(Fault(column="", code="encoding_guessed", message=message))
    for name in header:
        if name and name not in _KNOWN and name not in _HARMLESS and not _is_shopify(name):
            reported.add(name)
            message = f"The column {name!r} is not known and was not imported."
            warnings.append(Fault(column=name, code="unknown_column", message=message))
    return SourceRecord(row=1, data={}, warnings=tuple(warnings))


def _is_shopify(name: str) -> bool:
    """Columns that Shopify writes and that have no place here: reported if they hold something."""
    return bool(
        re.match(r"(Google Shopping|Price|Compare At Price|Included|Option\d Linked To)\b", name)
        or name in {"Cost per item", "Variant Tax Code", "Unit Price Total Measure",
                    "Unit Price Total Measure Unit", "Unit Price Base Measure",
                    "Unit Price Base Measure Unit"}
        or "metafields" in name
    )  # fmt: skip


def _dicts(rows: Iterator[list[str]], header: Sequence[str]) -> Iterator[Row]:
    for number, cells in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        read = (unguarded(unwrapped(cell)) for cell in cells)
        row = dict.fromkeys(header, "") | dict(zip(header, read, strict=False))
        if len(cells) != len(header):
            row["\0cells"] = f"The row has {len(cells)} cells, the first row {len(header)}."
        yield number, row


class _Product:
    """One product being read from its rows."""

    def __init__(
        self,
        handle: str,
        rows: Sequence[Row],
        header: Sequence[str],
        options: ShopifyOptions,
        reported: set[str],
    ) -> None:
        self.handle = handle
        self.rows = rows
        self.columns = frozenset(header)
        self.options = options
        self.reported = reported
        self.data: dict[str, object] = {"kind": "product"}
        self.places: dict[str, tuple[int, str]] = {}
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self.category_names: list[list[str]] = []

    def record(self) -> SourceRecord:
        """The record, with all that was found wrong."""
        for number, row in self.rows:
            self._report_unplaced(number, row)
            if message := row.get("\0cells"):
                self._fault(f"row {number}", "cells", message, (number, ""))
        if not self.handle:
            self._fault(
                "slug", "handle_missing", "A row needs a handle.", (self.rows[0][0], "Handle")
            )
        else:
            self._read()
        return SourceRecord(
            row=self.rows[0][0],
            data=self.data,
            places=self.places,
            faults=tuple(self.faults),
            warnings=tuple(self.warnings),
        )

    def _read(self) -> None:
        number, first = self.rows[0]
        self._put("slug", slugify(self.handle) or self.handle, number, "Handle")
        for column, field in _TEXTS.items():
            if column in self.columns and (field != "title" or first[column].strip()):
                self._put(field, first[column].strip() or None, number, column)
        self._read_status(number, first)
        if "Tags" in self.columns:
            tags = [t.strip() for t in first["Tags"].split(",") if t.strip()]
            self._put("attributes", {"tags": list(dict.fromkeys(tags)) or None}, number, "Tags")
        self._read_categories(number, first)
        names = self._option_names(first)
        self._read_media()
        self._read_variants(names)

    def _read_status(self, number: int, row: dict[str, str]) -> None:
        published = self._flag(row, "Published", number)
        status = row.get("Status", "").strip().lower()
        if status:
            self._put("status", status, number, "Status")
        elif published is not None:
            self._put("status", "active", number, "Published")
        if published and self.options.channels:
            entries = [{"channel": code} for code in self.options.channels]
            self._put("publications", entries, number, "Published")
        elif published is False:
            self._put("publications", [], number, "Published")

    def _read_categories(self, number: int, row: dict[str, str]) -> None:
        category = [p.strip() for p in row.get("Product Category", "").split(">") if p.strip()]
        collection = row.get("Collection", "").strip()
        self.category_names = [names for names in (category, [collection]) if any(names)]
        if self.category_names:
            paths = [category_path(names) for names in self.category_names]
            self._put("categories", paths, number, "Product Category")

    def _option_names(self, first: dict[str, str]) -> list[str]:
        names = [first.get(f"Option{n} Name", "").strip() for n in (1, 2, 3)]
        values = {r.get("Option1 Value", "").strip() for _, r in self.rows} - {""}
        if names[:1] == ["Title"] and values <= {"Default Title"}:
            return []
        return [name for name in names if name]

    def _read_media(self) -> None:
        if "Image Src" not in self.columns:
            return
        found: list[tuple[Decimal, int, dict[str, object]]] = []
        for number, row in self.rows:
            source = row["Image Src"].strip()
            if source:
                place = self._number(row, "Image Position", number) or Decimal(len(found) + 1)
                entry: dict[str, object] = {"file": source}
                if "Image Alt Text" in self.columns:
                    entry["alt"] = row["Image Alt Text"].strip() or None
                found.append((place, number, entry))
        found.sort(key=lambda item: item[:2])
        files = [entry["file"] for *_, entry in found]
        for number, row in self.rows:
            extra = row.get("Variant Image", "").strip()
            if extra and extra not in files:
                files.append(extra)
                found.append((Decimal(0), number, {"file": extra}))
        self.data["media"] = [entry for *_, entry in found]
        for n, (_, number, _entry) in enumerate(found):
            self.places[f"media[{n}]"] = (number, "Image Src")

    def _read_variants(self, names: Sequence[str]) -> None:
        variants: list[dict[str, object]] = []
        values: dict[str, list[str]] = {name: [] for name in names}
        for number, row in self.rows:
            if not self._has_variant(number, row):
                continue
            path = f"variants[{len(variants)}]"
            variant = self._variant(path, number, row)
            chosen = {n: row.get(f"Option{k} Value", "").strip() for k, n in enumerate(names, 1)}
            for name, value in chosen.items():
                if value and value not in values[name]:
                    values[name].append(value)
            variant["options"] = {name: value for name, value in chosen.items() if value}
            if not variant["sku"]:
                self._make_sku(variant, list(chosen.values()), number)
            self.places[f"{path}.options"] = (number, "Option1 Value")
            self.places[path] = (number, "")
            variants.append(variant)
        if "Option1 Name" in self.columns and variants:
            options = [{"name": n, "values": v} for n, v in values.items()]
            self._put("options", options, self.rows[0][0], "Option1 Name")
        if variants:
            self.data["variants"] = variants

    def _has_variant(self, number: int, row: dict[str, str]) -> bool:
        telling = ("Option1 Value", "Variant SKU", "Variant Price", "Variant Barcode")
        if number == self.rows[0][0]:
            return any(c in self.columns for c in telling)
        return any(row.get(c, "").strip() for c in telling)

    def _make_sku(self, variant: dict[str, object], values: Sequence[str], number: int) -> None:
        made = "-".join([self.handle, *(slugify(v) for v in values if v)])[:120]
        variant["sku"] = made
        message = f"There is no SKU; {made!r} was made from the handle and the options."
        self._warn("Variant SKU", "sku_made", message, number)

    def _variant(self, path: str, number: int, row: dict[str, str]) -> dict[str, object]:
        sku = row.get("Variant SKU", "").strip()
        variant: dict[str, object] = {"sku": sku}
        self.places[f"{path}.sku"] = (number, "Variant SKU")
        if is_mangled(sku):
            message = f"A spreadsheet has turned the SKU into {sku!r}."
            self._fault(f"{path}.sku", "sku_mangled", message, (number, "Variant SKU"))
        if "Variant Grams" in self.columns:
            grams = self._number(row, "Variant Grams", number)
            variant["weight_g"] = int(grams.to_integral_value()) if grams else None
            self.places[f"{path}.weight_g"] = (number, "Variant Grams")
        shipped = self._flag(row, "Variant Requires Shipping", number)
        if shipped is not None:
            variant["requires_shipping"] = shipped
        taxable = self._flag(row, "Variant Taxable", number)
        if taxable is not None:
            variant["tax_class"] = None if taxable else "exempt"
        self._read_barcode(variant, path, number, row)
        self._read_price(variant, path, number, row)
        self._read_stock(variant, path, number, row)
        image = row.get("Variant Image", "").strip()
        if image and "media" in self.data:
            variant["media"] = image
            self.places[f"{path}.media"] = (number, "Variant Image")
        return variant

    def _read_barcode(
        self, variant: dict[str, object], path: str, number: int, row: dict[str, str]
    ) -> None:
        if "Variant Barcode" not in self.columns:
            return
        digits = re.sub(r"[\s-]", "", row["Variant Barcode"]).lstrip("'")
        self.places[f"{path}.gtin"] = (number, "Variant Barcode")
        if not digits or gtin_is_valid(digits):
            variant["gtin"] = digits or None
            return
        restored = [code for code in with_lost_zeros(digits) if gtin_is_valid(code)]
        if len({code.zfill(14) for code in restored}) == 1:
            variant["gtin"] = restored[0]
            message = f"Leading zeros were missing: {digits} is {restored[0]}."
            self._warn("Variant Barcode", "zeros_restored", message, number)
            return
        message = f"{digits!r} is no GTIN and was left out."
        self._warn("Variant Barcode", "gtin_invalid", message, number)

    def _read_price(
        self, variant: dict[str, object], path: str, number: int, row: dict[str, str]
    ) -> None:
        if "Variant Price" not in self.columns:
            return
        price = self._number(row, "Variant Price", number)
        before = self._number(row, "Variant Compare At Price", number)
        self.places[f"{path}.prices"] = (number, "Variant Price")
        entries = []
        if price is not None:
            entry: dict[str, object] = {"amount": str(price)}
            if before is not None and before > price:
                entry["compare_at"] = str(before)
            entries.append(entry)
        variant["prices"] = {self.options.price_list: entries}

    def _read_stock(
        self, variant: dict[str, object], path: str, number: int, row: dict[str, str]
    ) -> None:
        if "Variant Inventory Tracker" in self.columns:
            variant["tracks_inventory"] = bool(row["Variant Inventory Tracker"].strip())
        if not variant.get("tracks_inventory", True):
            return
        quantity = self._number(row, "Variant Inventory Qty", number)
        if quantity is None:
            return
        self.places[f"{path}.stock"] = (number, "Variant Inventory Qty")
        if self.options.location is None:
            message = "Stock was left out: no location was named for it."
            self._warn("Variant Inventory Qty", "stock_left_out", message, number, once=True)
        elif quantity != quantity.to_integral_value():
            message = f"{quantity} is not a whole number."
            self._fault(f"{path}.stock", "not_whole", message, (number, "Variant Inventory Qty"))
        else:
            variant["stock"] = {self.options.location: int(quantity)}

    def _number(self, row: dict[str, str], column: str, number: int) -> Decimal | None:
        cell = row.get(column, "").strip()
        if not cell:
            return None
        try:
            return parsed_decimal(cell, self.options.decimal_separator)
        except NotANumber as error:
            self._fault(f"{column} ({number})", "not_a_number", str(error), (number, column))
            return None

    def _flag(self, row: dict[str, str], column: str, number: int) -> bool | None:
        cell = row.get(column, "").strip().lower()
        if not cell:
            return None
        if cell in _TRUE or cell in _FALSE:
            return cell in _TRUE
        message = f"{cell!r} is neither true nor false."
        self._fault(f"{column} ({number})", "not_a_flag", message, (number, column))
        return None

    def _report_unplaced(self, number: int, row: dict[str, str]) -> None:
        for column, cell in row.items():
            if (
                column in _KNOWN
                or column in self.reported
                or not cell.strip()
                or not column.strip("\0")
            ):
                continue
            harmless = _HARMLESS.get(column)
            if column == "\0cells" or (harmless and harmless(cell.strip())):
                continue
            message = f"The column {column!r} has no place here and was not imported."
            self._warn(column, "column_left_out", message, number, once=True)

    def _put(self, field: str, value: object, number: int, column: str) -> None:
        self.data[field] = value
        self.places[field] = (number, column)

    def _fault(self, path: str, code: str, message: str, place: tuple[int, str]) -> None:
        self.places[path] = place
        self.faults.append(Fault(column=path, code=code, message=message))

    def _warn(
        self, column: str, code: str, message: str, number: int, *, once: bool = False
    ) -> None:
        if once:
            if column in self.reported:
                return
            self.reported.add(column)
            message += " Further rows are not listed."
        path = f"{column} ({number})"
        self.places[path] = (number, column)
        self.warnings.append(Fault(column=path, code=code, message=message))
