"""Spree's product CSV: several rows a product, joined by the slug; the first is the product, the
others its variants, again for each currency. Prices go to the list that is called like the
currency (`usd`), stock to the named location.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from argosy.adapters.tabular.given import (
    Counted,
    attribute_code,
    category_path,
    grams,
    millimetres,
    new_categories,
)
from argosy.adapters.tabular.guarding import unguarded
from argosy.adapters.tabular.numbers import NotANumber, parsed_decimal, unwrapped
from argosy.adapters.tabular.text import FileUnreadable, csv_rows, open_text, reading
from argosy.modules.catalog import Fault, slugify
from argosy.modules.catalog.ports import SourceRecord

_TEXTS = {
    "name": "title", "description": "description", "meta_title": "seo_title",
    "meta_description": "seo_description", "product_type": "product_type",
}  # fmt: skip
MAX_ROWS = 200_000
_STATUS = {"active": "active", "draft": "draft", "archived": "archived"}
Row = tuple[int, dict[str, str]]


class SpreeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where stock goes, and in which channels the active products are shown."""

    location: str | None = None
    channels: tuple[str, ...] = ()


class SpreeCsv:
    """A Spree product export."""

    format_name = "spree"

    def __init__(self, path: Path, options: SpreeOptions, *, name: str | None = None) -> None:
        self._path = path
        self._options = options
        self.file_name = name or path.name

    def total(self) -> int:
        """How many lines there are. Raises FileUnreadable."""
        with reading(), open_text(self._path).stream as stream:
            return sum(1 for _ in stream)

    def records(self) -> Iterator[SourceRecord]:
        """One record a product, after its new categories; at last what was left out."""
        with open_text(self._path).stream as stream:
            rows = csv_rows(stream)
            header = [cell.strip() for cell in next(rows, [])]
            if not {"slug", "sku", "name"} <= set(header):
                raise FileUnreadable(
                    "The first row lacks slug, sku or name: this is no Spree product file.",
                    field="file",
                )
            left_out = Counted()
            categories: set[str] = set()
            number = 1
            for slug, lines in _by_slug(_dicts(rows, header)).items():
                number = max(number, lines[-1][0])
                trails = _trails(lines[0][1])
                yield from new_categories(trails, lines[0][0], categories)
                yield self._product(slug, lines, trails, left_out)
            yield left_out.told(number)

    def _product(
        self, slug: str, rows: Sequence[Row], trails: Sequence[Sequence[str]], left_out: Counted
    ) -> SourceRecord:
        number, first = rows[0]
        faults: list[Fault] = []
        data: dict[str, object] = {"kind": "product", "slug": slugify(slug) or slug}
        for column, field in _TEXTS.items():
            if column in first and (field != "title" or first[column]):
                data[field] = first[column] or None
        data["status"] = _STATUS.get(first.get("status", ""), "draft")
        if trails:
            data["categories"] = [category_path(names) for names in trails]
        data["attributes"] = _attributes(first)
        chosen = [r for r in rows if r[1].get("option1_value")] or list(rows)
        images = dict.fromkeys(r["image1_src"] for _, r in rows if r.get("image1_src"))
        data["media"] = [{"file": image} for image in images]
        options: dict[str, list[str]] = {}
        variants: dict[str, dict[str, Any]] = {}
        for line, row in chosen:
            try:
                _merge(variants, options, row, self._options)
            except NotANumber as error:
                faults.append(Fault(column=f"row {line}", code="not_a_number", message=str(error)))
        data["options"] = [{"name": n, "values": v} for n, v in options.items()]
        data["variants"] = list(variants.values())
        if self._options.channels and data["status"] == "active":
            data["publications"] = [{"channel": code} for code in self._options.channels]
        self._count(rows, left_out)
        return SourceRecord(row=number, data=data, faults=tuple(faults))

    def _count(self, rows: Sequence[Row], left_out: Counted) -> None:
        for _, row in rows:
            if row.get("meta_keywords"):
                left_out.add("meta_keywords", "Search engines have not read keywords for long.")
            for column in ("available_on", "discontinue_on"):
                if row.get(column):
                    left_out.add(column, "Publication goes by channel here; set it there.")
            if row.get("inventory_backorderable", "").upper() == "TRUE":
                left_out.add("inventory_backorderable", "Set the backorder limit of the level.")
            if row.get("inventory_count") and self._options.location is None:
                left_out.add("inventory_count", "No location was named for the stock.")


def _by_slug(rows: Iterator[Row]) -> dict[str, list[Row]]:
    """The rows of each product: those of a second currency may stand at the end of the file."""
    found: dict[str, list[Row]] = {}
    for count, row in enumerate(rows):
        if count >= MAX_ROWS:
            raise FileUnreadable(f"The file has more than {MAX_ROWS} rows.", field="file")
        found.setdefault(row[1]["slug"], []).append(row)
    return found


def _dicts(rows: Iterator[list[str]], header: Sequence[str]) -> Iterator[Row]:
    for number, cells in enumerate(rows, 2):
        if any(cell.strip() for cell in cells):
            read = [unguarded(unwrapped(cell)).strip() for cell in cells]
            yield number, dict.fromkeys(header, "") | dict(zip(header, read, strict=False))


def _trails(row: dict[str, str]) -> list[list[str]]:
    cells = (row.get(f"category{n}", "") for n in (1, 2, 3))
    trails = ([p.strip() for p in cell.split("->") if p.strip()] for cell in cells)
    return [trail for trail in trails if trail]


def _attributes(row: dict[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    tags = [t.strip() for t in row.get("tags", "").split(",") if t.strip()]
    if tags:
        found["tags"] = list(dict.fromkeys(tags))
    for column, cell in row.items():
        if column.startswith("custom_field.") and cell:
            found[attribute_code(column.rpartition(".")[2])] = cell
    return found


def _merge(
    variants: dict[str, dict[str, Any]],
    options: dict[str, list[str]],
    row: dict[str, str],
    chosen: SpreeOptions,
) -> None:
    """A row into its variant: the first brings it, others bring prices in other currencies."""
    sku = row["sku"]
    variant = variants.get(sku)
    if variant is None:
        variant = variants[sku] = {"sku": sku, "options": {}, "prices": {}}
        for n in (1, 2, 3):
            name, value = row.get(f"option{n}_name", ""), row.get(f"option{n}_value", "")
            if name and value:
                variant["options"][name] = value
                if value not in options.setdefault(name, []):
                    options[name].append(value)
        _measure(variant, row)
        if row.get("track_inventory"):
            variant["tracks_inventory"] = row["track_inventory"].upper() == "TRUE"
        count = row.get("inventory_count")
        if count and chosen.location and variant.get("tracks_inventory", True):
            variant["stock"] = {chosen.location: int(parsed_decimal(count))}
        if row.get("image1_src"):
            variant["media"] = row["image1_src"]
    price = row.get("price")
    if price and row.get("currency"):
        entry = {"amount": str(parsed_decimal(price))}
        before = row.get("compare_at_price")
        if before and parsed_decimal(before) > parsed_decimal(price):
            entry["compare_at"] = str(parsed_decimal(before))
        variant["prices"][row["currency"].lower()] = [entry]


def _measure(variant: dict[str, Any], row: dict[str, str]) -> None:
    if row.get("weight"):
        weight = grams(parsed_decimal(row["weight"]), row.get("weight_unit") or "g")
        if weight is not None:
            variant["weight_g"] = weight
    sides = [row.get(side, "") for side in ("depth", "width", "height")]
    if all(sides):
        unit = row.get("dimensions_unit") or "mm"
        lengths = [millimetres(parsed_decimal(side), unit) for side in sides]
        if all(lengths):
            variant["dimensions_mm"] = lengths
