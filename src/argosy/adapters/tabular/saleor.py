"""Saleor's catalogue as a Django fixture (the `populatedb` JSON), read as product records.

Prices go to the list that is called like the currency (`usd`), stock to the location that is
called like the warehouse's slug, publications to the channel that is called like Saleor's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import count
from pathlib import Path
from typing import Any, Final

import msgspec

from argosy.adapters.tabular.given import Counted, attribute_code, grams, number_text
from argosy.adapters.tabular.text import FileUnreadable, open_binary, reading
from argosy.modules.catalog import Fault, slugify
from argosy.modules.catalog.ports import SourceRecord

MAX_BYTES: Final = 200_000_000
_KINDS: Final = {
    "dropdown": "choice", "multiselect": "choice", "swatch": "choice", "boolean": "boolean",
    "numeric": "number", "plain-text": "text", "rich-text": "text", "date": "text",
    "date-time": "text",
}  # fmt: skip
_READ: Final = frozenset({
    "product.category", "product.producttype", "product.product", "product.productvariant",
    "product.productchannellisting", "product.productvariantchannellisting", "product.productmedia",
    "attribute.attribute", "attribute.attributevalue", "attribute.attributeproduct",
    "attribute.attributevariant", "attribute.assignedproductattributevalue",
    "attribute.assignedvariantattribute", "attribute.assignedvariantattributevalue",
    "channel.channel", "warehouse.warehouse", "warehouse.stock",
})  # fmt: skip
Fields = dict[str, Any]


class SaleorJson:
    """A fixture. It is a tree of references and read into memory; MAX_BYTES is the most."""

    format_name = "saleor"

    def __init__(self, path: Path, *, name: str | None = None) -> None:
        self._path = path
        self.file_name = name or path.name

    def total(self) -> int | None:
        """Rows have no lines in a tree."""
        return None

    def records(self) -> Iterator[SourceRecord]:
        """Categories, attributes, products; at last what was left out. Raises FileUnreadable."""
        return _Fixture(self._entries()).records()

    def _entries(self) -> list[Fields]:
        with reading(), open_binary(self._path) as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise FileUnreadable("The file is larger than 200 MB.", field="file")
        try:
            entries = msgspec.json.decode(content, type=list[dict[str, Any]])
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise FileUnreadable(
                f"The file is no Saleor fixture: {error}.", field="file"
            ) from error
        if not all(isinstance(e.get("fields"), dict) and "pk" in e for e in entries):
            raise FileUnreadable("The file is no Saleor fixture.", field="file")
        return entries


class _Fixture:
    """The entries by model and key, and by what they belong to."""

    def __init__(self, entries: Sequence[Fields]) -> None:
        self._of: dict[str, dict[Any, Fields]] = {}
        self._left_out = Counted()
        for entry in entries:
            model = str(entry.get("model"))
            self._of.setdefault(model, {})[entry["pk"]] = entry["fields"]
            if model not in _READ:
                self._left_out.add(model, f"{model} has no place in a catalogue here.")
        self._values = self._of.get("attribute.attributevalue", {})
        self._attributes = self._of.get("attribute.attribute", {})
        self._variants = self._by("product.productvariant", "product")
        self._media = self._by("product.productmedia", "product")
        self._listings = self._by("product.productchannellisting", "product")
        self._prices = self._by("product.productvariantchannellisting", "variant")
        self._stock = self._by("warehouse.stock", "product_variant")
        self._assigned = self._by("attribute.assignedproductattributevalue", "product")
        self._assignments = self._by("attribute.assignedvariantattribute", "variant")
        self._chosen = self._by("attribute.assignedvariantattributevalue", "assignment")

    def _by(self, model: str, field: str) -> dict[Any, list[tuple[Any, Fields]]]:
        found: dict[Any, list[tuple[Any, Fields]]] = {}
        for pk, fields in self._of.get(model, {}).items():
            found.setdefault(fields.get(field), []).append((pk, fields))
        for group in found.values():
            group.sort(key=lambda item: item[1].get("sort_order") or 0)
        return found

    def records(self) -> Iterator[SourceRecord]:
        number = count(1)
        for data in self._definitions():
            yield SourceRecord(row=next(number), data=data)
        for pk, fields in self._of.get("product.product", {}).items():
            yield self._product(next(number), pk, fields)
        yield self._left_out.told(next(number))

    def _definitions(self) -> Iterator[Fields]:
        categories = self._of.get("product.category", {})
        # Parents have a smaller `lft` in their tree (nested sets).
        order = sorted(categories, key=lambda pk: (categories[pk].get("tree_id") or 0,
                                                   categories[pk].get("lft") or 0))  # fmt: skip
        for pk in order:
            fields = categories[pk]
            yield {"kind": "category", "path": self._path(pk), "name": fields["name"],
                   "description": _html(fields.get("description")) or None}  # fmt: skip
        for fields in self._attributes.values():
            kind = _KINDS.get(fields.get("input_type", ""))
            if kind is None or fields.get("type") != "product-type":
                what = f"attribute {fields['slug']} ({fields.get('input_type')})"
                self._left_out.add(what, "Its kind, or what it is of, has no place here.")
                continue
            yield {"kind": "attribute", "code": attribute_code(fields["slug"]),
                   "label": fields["name"], "type": kind, "unit": None,
                   "facet": bool(fields.get("filterable_in_storefront"))}  # fmt: skip

    def _path(self, pk: object) -> str:
        names: list[str] = []
        categories = self._of.get("product.category", {})
        while pk is not None and pk in categories and len(names) < 20:
            names.append(slugify(categories[pk]["slug"]) or str(pk))
            pk = categories[pk].get("parent")
        return "/".join(reversed(names))

    def _product(self, row: int, pk: object, fields: Fields) -> SourceRecord:
        kind = self._of.get("product.producttype", {}).get(fields.get("product_type"), {})
        variants = self._variants.get(pk, [])
        options = self._options(variants)
        listings = [(f, self._channel(f)) for _, f in self._listings.get(pk, [])]
        shown = [
            {"channel": code, "from": listing.get("published_at")}
            for listing, code in listings if code and listing.get("is_published")
        ]  # fmt: skip
        data: Fields = {
            "kind": "product", "external_id": f"saleor-{pk}", "slug": fields["slug"],
            "title": fields["name"], "description": _html(fields.get("description")) or None,
            "product_type": kind.get("name"), "status": "active" if shown else "draft",
            "seo_title": fields.get("seo_title") or None,
            "seo_description": fields.get("seo_description") or None,
            "attributes": self._product_attributes(pk), "publications": shown,
            "options": _listed(options.values()),
            "media": [
                {"file": f.get("image") or f.get("external_url"), "alt": f.get("alt") or None}
                for _, f in self._media.get(pk, []) if f.get("image") or f.get("external_url")
            ],
            "variants": [
                self._variant(key, f, options[key], kind, fields) for key, f in variants
            ],
        }  # fmt: skip
        if fields.get("category") is not None:
            data["categories"] = [self._path(fields["category"])]
        faults = () if variants else (
            Fault(column="variants", code="no_variant", message="The product has no variant."),
        )  # fmt: skip
        return SourceRecord(row=row, data=data, warnings=faults)

    def _channel(self, listing: Mapping[str, Any]) -> str | None:
        channel = self._of.get("channel.channel", {}).get(listing.get("channel"))
        return channel["slug"] if channel else None

    def _product_attributes(self, pk: object) -> Fields:
        found: dict[str, list[Fields]] = {}
        for _, assigned in self._assigned.get(pk, []):
            value = self._values.get(assigned.get("value"))
            if value:
                found.setdefault(value["attribute"], []).append(value)
        return self._read(found)

    def _read(self, found: Mapping[Any, Sequence[Fields]]) -> Fields:
        attributes: Fields = {}
        for attribute, values in found.items():
            definition = self._attributes.get(attribute, {})
            kind = _KINDS.get(definition.get("input_type", ""))
            if kind is None:
                what = f"values of {definition.get('slug')}"
                self._left_out.add(what, "The kind of the attribute has no place here.")
                continue
            code, first = attribute_code(definition["slug"]), values[0]
            if kind == "choice":
                attributes[code] = [v["name"] for v in values]
            elif kind == "boolean":
                attributes[code] = bool(first.get("boolean"))
            elif kind == "number":
                text = number_text(first.get("name") or "")
                attributes[code] = None if text is None else {"number": text}
            else:
                attributes[code] = (_html(first.get("rich_text")) or first.get("plain_text")
                                    or first.get("name"))  # fmt: skip
        return attributes

    def _options(self, variants: Sequence[tuple[Any, Fields]]) -> dict[Any, dict[str, str]]:
        """What tells the variants apart: their attributes, or else their names."""
        found: dict[Any, dict[str, str]] = {}
        for pk, _ in variants:
            found[pk] = {}
            for assignment, _ in self._assignments.get(pk, []):
                for _, chosen in self._chosen.get(assignment, []):
                    value = self._values.get(chosen.get("value"))
                    if value:
                        name = self._attributes[value["attribute"]]["name"]
                        found[pk][name[:60]] = value["name"][:120]
        told = {tuple(sorted(options.items())) for options in found.values()}
        same = {tuple(sorted(options)) for options in found.values()}
        if len(variants) > 1 and (len(told) < len(variants) or len(same) > 1):
            return {pk: {"Variant": (f.get("name") or f.get("sku") or str(pk))[:120]}
                    for pk, f in variants}  # fmt: skip
        return found

    def _variant(
        self, pk: object, fields: Fields, options: dict[str, str], kind: Fields, product: Fields
    ) -> Fields:
        sku = fields.get("sku")
        if not sku:
            sku = f"{product['slug']}-{pk}"[:120]
            self._left_out.add("sku", "There is no SKU; one was made from the product's slug.")
        variant: Fields = {
            "sku": sku, "external_id": f"saleor-{pk}", "options": options,
            "title": fields.get("name") or None,
            "tracks_inventory": bool(fields.get("track_inventory")),
            "requires_shipping": bool(kind.get("is_shipping_required", True)),
            "weight_g": _weight(fields) or _weight(product) or _weight(kind),
        }  # fmt: skip
        prices: Fields = {}
        for _, listing in self._prices.get(pk, []):
            if listing.get("price_amount") is not None:
                amount = number_text(listing["price_amount"])
                prices[listing["currency"].lower()] = [{"amount": amount}]
            if listing.get("cost_price_amount") is not None:
                self._left_out.add("cost_price_amount", "Costs are set with POST /admin/v1/costs.")
        if prices:
            variant["prices"] = prices
        places = self._of.get("warehouse.warehouse", {})
        stock = {places[f["warehouse"]]["slug"]: int(f["quantity"])
                 for _, f in self._stock.get(pk, []) if f.get("warehouse") in places}  # fmt: skip
        if stock and variant["tracks_inventory"]:
            variant["stock"] = stock
        return variant


def _listed(options: Any) -> list[Fields]:
    values: dict[str, list[str]] = {}
    for chosen in options:
        for name, value in chosen.items():
            if value not in values.setdefault(name, []):
                values[name].append(value)
    return [{"name": name, "values": listed} for name, listed in values.items()]


def _weight(fields: Mapping[str, Any]) -> int | None:
    """`"1.5:kg"` in grams."""
    value, _, unit = str(fields.get("weight") or "").partition(":")
    try:
        return grams(Decimal(value), unit or "kg") or None
    except InvalidOperation:
        return None


def _html(document: Any) -> str:
    """An EditorJS document as HTML; what is no text is left out. Sanitised when it is stored."""
    if not isinstance(document, dict):
        return ""
    parts = []
    for block in document.get("blocks", ()):
        data = block.get("data", {})
        match block.get("type"):
            case "header":
                parts.append(f"<h2>{data.get('text', '')}</h2>")
            case "list":
                items = "".join(f"<li>{item}</li>" for item in data.get("items", ()))
                parts.append(f"<ul>{items}</ul>")
            case _:
                parts.append(f"<p>{data.get('text', '')}</p>")
    return "".join(parts)
