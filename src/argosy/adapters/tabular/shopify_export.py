"""Write product records as Shopify's product CSV, guarded against formulas (DOMAIN.md E5)."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import IO, Any

from argosy.adapters.tabular.guarding import guarded

HEADER = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published",
    "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name",
    "Option3 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker",
    "Variant Inventory Qty", "Variant Inventory Policy", "Variant Fulfillment Service",
    "Variant Price", "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable",
    "Variant Barcode", "Image Src", "Image Position", "Image Alt Text", "Gift Card", "SEO Title",
    "SEO Description", "Variant Image", "Variant Weight Unit", "Status",
)  # fmt: skip

Record = Mapping[str, Any]


class ShopifyWriter:
    """Rows for one price list, location and channel; `left_out` counts what Shopify cannot hold."""

    def __init__(
        self,
        stream: IO[str],
        *,
        price_list: str,
        location: str | None,
        channel: str | None,
        category_names: Mapping[str, str],
    ) -> None:
        self._rows = csv.DictWriter(stream, HEADER, restval="")
        self._rows.writeheader()
        self._price_list = price_list
        self._location = location
        self._channel = channel
        self._names = category_names
        self.left_out: dict[str, int] = {}

    def write(self, record: Record) -> None:
        """The rows of one product record of the product format."""
        media = list(record.get("media") or ())
        variants = [v for v in record.get("variants") or () if v.get("status") != "archived"]
        options = list(record.get("options") or ())
        if len(options) > 3:
            self._count("options beyond the third")
        first = True
        for place, (variant, image) in enumerate(zip_longest(variants, media), 1):
            row: dict[str, str] = {"Handle": record["slug"]}
            if first:
                row |= self._product(record, options)
            if variant is not None:
                row |= self._variant(variant, options, media)
            elif first:
                row |= {"Option1 Value": "Default Title"}
            if image is not None:
                row |= {
                    "Image Src": image.get("file") or image.get("key") or "",
                    "Image Position": str(place),
                    "Image Alt Text": image.get("alt") or "",
                }
            self._write(row)
            first = False
        if first:
            self._write({"Handle": record["slug"], **self._product(record, options)})

    def _write(self, row: Mapping[str, str]) -> None:
        self._rows.writerow({column: guarded(cell) for column, cell in row.items()})

    def _product(self, record: Record, options: Sequence[Record]) -> dict[str, str]:
        attributes = dict(record.get("attributes") or {})
        tags = attributes.pop("tags", None) or []
        if attributes:
            self._count("attributes other than tags")
        categories = list(record.get("categories") or ())
        if len(categories) > 1:
            self._count("categories beyond the first")
        shown = {p["channel"] for p in record.get("publications") or ()}
        names = [o["name"] for o in options[:3]] or ["Title"]
        return {
            "Title": record.get("title") or "",
            "Body (HTML)": record.get("description") or "",
            "Vendor": record.get("brand") or "",
            "Product Category": self._category(categories[0]) if categories else "",
            "Type": record.get("product_type") or "",
            "Tags": ", ".join(tags),
            "Published": str(self._channel in shown if self._channel else bool(shown)).lower(),
            "Gift Card": "false",
            "SEO Title": record.get("seo_title") or "",
            "SEO Description": record.get("seo_description") or "",
            "Status": record.get("status") or "draft",
            **{f"Option{n} Name": name for n, name in enumerate(names, 1)},
        }

    def _category(self, path: str) -> str:
        parts = path.split("/")
        paths = ("/".join(parts[:n]) for n in range(1, len(parts) + 1))
        return " > ".join(self._names.get(p, p) for p in paths)

    def _variant(
        self, variant: Record, options: Sequence[Record], media: Sequence[Record]
    ) -> dict[str, str]:
        chosen = variant.get("options") or {}
        values = [chosen.get(o["name"], "") for o in options[:3]] or ["Default Title"]
        price = self._price(variant)
        tracked = variant.get("tracks_inventory", True)
        stock = (variant.get("stock") or {}).get(self._location)
        image = variant.get("media")
        named = next((m for m in media if image and image in {m.get("key"), m.get("file")}), None)
        return {
            "Variant SKU": variant["sku"],
            "Variant Grams": str(variant.get("weight_g") or 0),
            "Variant Inventory Tracker": "shopify" if tracked else "",
            "Variant Inventory Qty": "" if stock is None else str(stock),
            "Variant Inventory Policy": "deny",
            "Variant Fulfillment Service": "manual",
            "Variant Price": price.get("amount", ""),
            "Variant Compare At Price": price.get("compare_at") or "",
            "Variant Requires Shipping": str(variant.get("requires_shipping", True)).lower(),
            "Variant Taxable": str(variant.get("tax_class") != "exempt").lower(),
            "Variant Barcode": variant.get("gtin") or "",
            "Variant Image": (named.get("file") or named.get("key") or "") if named else "",
            "Variant Weight Unit": "g",
            **{f"Option{n} Value": value for n, value in enumerate(values, 1)},
        }

    def _price(self, variant: Record) -> Mapping[str, str]:
        entries = (variant.get("prices") or {}).get(self._price_list) or []
        plain = [
            e for e in entries
            if e.get("min_quantity", 1) == 1 and not e.get("from") and not e.get("until")
            and not e.get("priority")
        ]  # fmt: skip
        if len(plain) != len(entries):
            self._count("prices with a quantity, priority or period")
        return plain[0] if plain else {}

    def _count(self, what: str) -> None:
        self.left_out[what] = self.left_out.get(what, 0) + 1
