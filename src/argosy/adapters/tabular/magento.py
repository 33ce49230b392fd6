"""Magento's product CSV (the format of its own import and export), read as product records.

A configurable product takes the simple ones that its `configurable_variations` name as variants;
those come before it in Magento's exports and are kept until then. What is left is a product of its
own. A bundle is a product too; what it consists of is read by `magento_kits`. Grouped products, a
page for goods that are sold one by one, are reported and passed over. The short form of Magento's
sample data (`category,name,sku,...`) is read too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import msgspec

from argosy.adapters.tabular.given import (
    Counted,
    attribute_code,
    category_path,
    grams,
    new_categories,
)
from argosy.adapters.tabular.guarding import unguarded
from argosy.adapters.tabular.numbers import NotANumber, parsed_decimal, unwrapped
from argosy.adapters.tabular.text import FileUnreadable, csv_rows, open_text, reading
from argosy.modules.catalog import Fault, slugify
from argosy.modules.catalog.ports import SourceRecord

MAX_WAITING = 200_000
"""Simple products that wait for their configurable one; a file with more is refused."""

_KITS = {"bundle": "bundle_options", "grouped": "associated_sku"}
# Columns that say how Magento's own shop behaves, or what the others say already.
_ITS_OWN = frozenset({
    "store_view_code", "attribute_set_code", "attribute_set", "product_websites", "visibility",
    "small_image", "small_image_label", "thumbnail_image", "thumbnail_image_label", "created_at",
    "updated_at", "website_id", "configurable_variation_prices", "configurable_variation_labels",
    "display_product_options_in", "is_in_stock", "out_of_stock_qty", "min_cart_qty", "max_cart_qty",
    "is_qty_decimal", "qty_increments", "enable_qty_increments", "is_decimal_divided",
    "base_image_label", "use_config_min_qty", "use_config_backorders", "use_config_min_sale_qty",
    "use_config_max_sale_qty", "use_config_notify_stock_qty", "use_config_manage_stock",
    "use_config_qty_increments", "use_config_enable_qty_inc",
})  # fmt: skip
_READ = frozenset({
    "sku", "product_type", "categories", "category", "name", "description", "short_description",
    "weight", "product_online", "tax_class_name", "price", "special_price", "url_key",
    "meta_title", "meta_description", "base_image", "additional_images", "additional_attributes",
    "qty", "manage_stock", "configurable_variations", "country_of_manufacture", "image",
    "bundle_values", "bundle_options", "bundle_price_type",
})  # fmt: skip
_MEANINGLESS = frozenset({"has_options", "required_options"})


class MagentoOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where prices and stock go, and in which channels what is online is shown. `weight_unit` is
    the unit of the shop that the file is from.
    """

    price_list: str
    location: str | None = None
    channels: tuple[str, ...] = ()
    weight_unit: str = "lb"


class MagentoCsv:
    """A Magento product file."""

    format_name = "magento"

    def __init__(self, path: Path, options: MagentoOptions, *, name: str | None = None) -> None:
        self._path = path
        self._options = options
        self.file_name = name or path.name

    def total(self) -> int:
        """How many lines there are, which is at least as many as rows. Raises FileUnreadable."""
        with reading(), open_text(self._path).stream as stream:
            return sum(1 for _ in stream)

    def records(self) -> Iterator[SourceRecord]:
        """One record a product after its new categories; at last what was left out."""
        with open_text(self._path).stream as stream:
            rows = csv_rows(stream)
            header = [cell.strip() for cell in next(rows, [])]
            if not {"sku", "name"} <= set(header):
                raise FileUnreadable(
                    "The first row lacks sku or name: this is no Magento product file.",
                    field="file",
                )
            short = "product_type" not in header
            yield from _Reader(self._options, short=short).records(rows, header)


class _Waiting(msgspec.Struct, frozen=True):
    line: int
    row: dict[str, str]


class _Reader:
    """One pass over a file."""

    def __init__(self, options: MagentoOptions, *, short: bool) -> None:
        self._options = options
        self._short = short
        self._waiting: dict[str, _Waiting] = {}
        self._categories: set[str] = set()
        self._left_out = Counted()

    def records(self, rows: Iterator[list[str]], header: list[str]) -> Iterator[SourceRecord]:
        line = 1
        for line, cells in enumerate(rows, 2):
            if not any(cell.strip() for cell in cells):
                continue
            read = [unguarded(unwrapped(cell)).strip() for cell in cells]
            row = dict.fromkeys(header, "") | dict(zip(header, read, strict=False))
            yield from self._take(line, row)
        for sku in list(self._waiting):
            one = self._waiting.pop(sku)
            yield from self._whole(one.line, one.row, [(one.row, {})])
        yield self._left_out.told(line)

    def _take(self, line: int, row: dict[str, str]) -> Iterator[SourceRecord]:
        kind = row.get("product_type") or self._kind(row)
        if kind == "grouped":
            fault = Fault(
                column="product_type", code="kit_left_out",
                message=f"{row['sku']!r} is a grouped product, which is no product of its own.",
            )  # fmt: skip
            yield SourceRecord(row=line, data={}, warnings=(fault,))
        elif kind == "bundle":
            yield from self._bundle(line, row)
        elif kind == "configurable":
            yield from self._configurable(line, row)
        elif self._short or row.get("visibility") != "Not Visible Individually":
            yield from self._whole(line, row, [(row, {})])
        else:
            if len(self._waiting) >= MAX_WAITING:
                raise FileUnreadable("Too many simple products wait for their configurable one.")
            self._waiting[row["sku"].lower()] = _Waiting(line, row)

    def _bundle(self, line: int, row: dict[str, str]) -> Iterator[SourceRecord]:
        """The bundle as a product of one variant. It is in stock as its parts are."""
        for record in self._whole(line, row, [(row | {"qty": "", "weight": ""}, {})]):
            for variant in _entries(record.data.get("variants")):
                variant.pop("tracks_inventory", None)
                if row.get("bundle_price_type", "dynamic") != "fixed":
                    variant.pop("prices", None)
            yield record

    def _kind(self, row: Mapping[str, str]) -> str:
        return next((kind for kind, column in _KITS.items() if column in row), "simple")

    def _configurable(self, line: int, row: dict[str, str]) -> Iterator[SourceRecord]:
        members: list[tuple[dict[str, str], dict[str, str]]] = []
        missing = []
        for part in row.get("configurable_variations", "").split("|"):
            pairs = dict(p.split("=", 1) for p in part.split(",") if "=" in p)
            sku = pairs.pop("sku", "")
            found = self._waiting.pop(sku.lower(), None) if sku else None
            if found:
                members.append((found.row, pairs))
            elif sku:
                missing.append(sku)
        if missing:
            message = f"The file has no simple product {', '.join(missing[:5])}."
            fault = Fault(column="configurable_variations", code="variation_unknown",
                          message=message)  # fmt: skip
            yield SourceRecord(row=line, data={"external_id": row["sku"]}, faults=(fault,))
            return
        yield from self._whole(line, row, members)

    def _whole(
        self, line: int, row: dict[str, str], members: list[tuple[dict[str, str], dict[str, str]]]
    ) -> Iterator[SourceRecord]:
        trails = self._trails(row)
        yield from new_categories(trails, line, self._categories)
        self._count(row)
        options: dict[str, list[str]] = {}
        media: dict[str, None] = dict.fromkeys(_images(row))
        variants: list[dict[str, object]] = []
        try:
            for member, chosen in members:
                labels = {n.replace("_", " ").capitalize(): v for n, v in chosen.items()}
                for name, value in labels.items():
                    if value not in options.setdefault(name, []):
                        options[name].append(value)
                media |= dict.fromkeys(_images(member))
                variants.append(self._variant(member, labels))
        except NotANumber as error:
            fault = Fault(column="", code="not_a_number", message=str(error))
            yield SourceRecord(row=line, data={"external_id": row["sku"]}, faults=(fault,))
            return
        data = self._product(row)
        data |= {
            "categories": [category_path(names) for names in trails],
            "media": [{"file": file} for file in media],
            "options": [{"name": n, "values": v} for n, v in options.items()],
            "variants": variants,
        }
        yield SourceRecord(row=line, data=data)

    def _product(self, row: Mapping[str, str]) -> dict[str, object]:
        online = row.get("product_online", "1") != "2"
        slug = slugify(row.get("url_key") or f"{row['name']}-{row['sku']}")
        data: dict[str, object] = {
            "kind": "product",
            "external_id": row["sku"],
            "slug": slug or row["sku"].lower(),
            "title": row["name"],
            "description": row.get("description") or row.get("short_description") or None,
            "status": "active" if online else "draft",
            "attributes": self._attributes(row),
        }
        for column, field in (("meta_title", "seo_title"), ("meta_description", "seo_description")):
            if column in row:
                data[field] = row[column] or None
        if row.get("tax_class_name") == "None":
            data["tax_class"] = "exempt"
        if online and self._options.channels:
            data["publications"] = [{"channel": code} for code in self._options.channels]
        return data

    def _attributes(self, row: Mapping[str, str]) -> dict[str, object]:
        found: dict[str, object] = {}
        for part in row.get("additional_attributes", "").split(","):
            name, _, value = part.partition("=")
            if name and value and name not in _MEANINGLESS:
                found[attribute_code(name)] = value.split("|")
        if self._short:
            for column, cell in row.items():
                if column not in _READ and column not in _ITS_OWN and cell:
                    parts = [p.strip() for p in cell.splitlines() if p.strip()]
                    found[attribute_code(column)] = parts
        return found

    def _variant(self, row: Mapping[str, str], options: dict[str, str]) -> dict[str, object]:
        variant: dict[str, object] = {"sku": row["sku"], "options": options}
        if row.get("weight"):
            weight = grams(parsed_decimal(row["weight"]), self._options.weight_unit)
            variant["weight_g"] = weight
        tracked = row.get("manage_stock", "1") != "0"
        variant["tracks_inventory"] = tracked
        if row.get("qty") and tracked and self._options.location:
            variant["stock"] = {self._options.location: max(0, int(parsed_decimal(row["qty"])))}
        if row.get("price"):
            variant["prices"] = {self._options.price_list: [_price(row)]}
        image = next(iter(_images(row)), None)
        if image:
            variant["media"] = image
        if len(row.get("country_of_manufacture", "")) == 2:
            variant["origin_country"] = row["country_of_manufacture"].upper()
        return variant

    def _trails(self, row: Mapping[str, str]) -> list[list[str]]:
        if self._short:
            names = [n.strip() for n in row.get("category", "").splitlines() if n.strip()]
            return [names] if names else []
        trails = []
        for cell in row.get("categories", "").split(","):
            # The first is the root of the shop, which is no category to anybody.
            names = [n.strip() for n in cell.split("/") if n.strip()][1:]
            if names:
                trails.append(names)
        return trails

    def _count(self, row: Mapping[str, str]) -> None:
        if row.get("qty") and self._options.location is None:
            self._left_out.add("qty", "No location was named for the stock.")
        if self._short:
            return
        for column, cell in row.items():
            if cell and cell != "0" and column not in _READ and column not in _ITS_OWN:
                self._left_out.add(column, f"The column {column!r} has no place here.")


def _entries(value: object) -> list[dict[str, object]]:
    return value if isinstance(value, list) else []


def _price(row: Mapping[str, str]) -> dict[str, str]:
    usual = parsed_decimal(row["price"])
    special = parsed_decimal(row["special_price"]) if row.get("special_price") else None
    if special is not None and special < usual:
        return {"amount": _amount(special), "compare_at": _amount(usual)}
    return {"amount": _amount(usual)}


def _amount(value: Decimal) -> str:
    return format(value.quantize(Decimal("0.01")) if value == value.quantize(Decimal("0.01"))
                  else value.normalize(), "f")  # fmt: skip


def _images(row: Mapping[str, str]) -> list[str]:
    listed = [row.get("base_image", ""), *row.get("additional_images", "").split(",")]
    return [file.strip() for file in listed if file.strip()]
