"""Product sheets of Open Icecat as JSON Lines, flattened (`attr_t_*` text, `attr_n_*` numbers,
`attr_b_*` yes or no), as search benchmarks ship them: read as product records.

`id` becomes the external id, `name` (the maker's part number) with the id the SKU, `supplier` the
brand, the first EAN that is right the GTIN. `price` is in cents of the named price list. Of the
four sizes of a photograph the largest is named; it is not fetched.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from argosy.adapters.tabular.given import (
    Counted,
    attribute_code,
    attribute_label,
    first_gtin,
    number_text,
)
from argosy.adapters.tabular.jsonl import JsonLines
from argosy.modules.catalog import Fault, slugify
from argosy.modules.catalog.ports import SourceRecord

_KINDS = {"t": "text", "n": "number", "b": "boolean"}
_MINE = frozenset({
    "id", "name", "title", "ean", "short_description", "img_high", "img_low", "img_500x500",
    "img_thumb", "date_released", "supplier", "price",
})  # fmt: skip
_SMALLER = ("img_low", "img_500x500", "img_thumb")


class IcecatOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where prices go, and in which channels the products are shown."""

    price_list: str
    channels: tuple[str, ...] = ()


class IcecatJson:
    """A `.jsonl` or `.jsonl.gz` file of Icecat products. It is read twice: what attributes there
    are is told before the first product.
    """

    format_name = "icecat"

    def __init__(self, path: Path, options: IcecatOptions, *, name: str | None = None) -> None:
        self._lines = JsonLines(path, name=name)
        self._options = options
        self.file_name = self._lines.file_name

    def total(self) -> int:
        """How many lines there are. Raises FileUnreadable."""
        return self._lines.total()

    def records(self) -> Iterator[SourceRecord]:
        """Attributes, then one record a product, then what was left out. Raises FileUnreadable."""
        codes = self._codes()
        for name, code in codes.items():
            yield SourceRecord(row=1, data=_definition(name, code))
        left_out = Counted()
        row = 0
        for line in self._lines.records():
            row = line.row
            yield line if line.faults else self._product(line, codes, left_out)
        yield left_out.told(row)

    def _codes(self) -> dict[str, str]:
        """Our code of each attribute; two that differ in their kind only keep that in the code."""
        names: dict[str, None] = {}
        for line in self._lines.records():
            names |= dict.fromkeys(k for k in line.data if k.startswith("attr_") and k[7:])
        plain: dict[str, list[str]] = {}
        for name in names:
            plain.setdefault(attribute_code(name[7:]), []).append(name)
        found = {"date_released": "date_released", "eans": "eans"}
        for code, same in plain.items():
            alone = len(same) == 1 and code not in found
            for name in same:
                found[name] = code if alone else attribute_code(f"{name[7:]} {_kind(name)}")
        return found

    def _product(
        self, line: SourceRecord, codes: Mapping[str, str], left_out: Counted
    ) -> SourceRecord:
        given: dict[str, Any] = line.data
        faults = tuple(
            Fault(column=field, code="missing", message=f"{field} is missing.")
            for field in ("id", "name", "title")
            if not isinstance(given.get(field), str) or not given[field].strip()
        )
        if faults:
            return SourceRecord(row=line.row, data={}, faults=faults)
        maker = str(given.get("supplier") or "")
        attributes = self._attributes(given, codes, left_out)
        short = given.get("short_description")
        data: dict[str, object] = {
            "kind": "product",
            "external_id": given["id"],
            "slug": f"{slugify(given['title'])[:120]}-{given['id']}".strip("-"),
            "title": given["title"].strip()[:500],
            "description": f"<p>{html.escape(str(short), quote=False)}</p>" if short else None,
            "brand": maker or None,
            "product_type": given.get("attr_t_product_type"),
            "status": "active",
            "attributes": attributes,
            "variants": [self._variant(given, left_out)],
        }
        if given.get("img_high"):
            data["media"] = [{"file": given["img_high"], "alt": given["title"][:500]}]
        for size in _SMALLER:
            if given.get(size):
                left_out.add(size, "A smaller size of the same photograph; sizes are made here.")
        if self._options.channels:
            data["publications"] = [{"channel": code} for code in self._options.channels]
        for key in given.keys() - _MINE:
            if key not in codes:
                left_out.add(key, f"{key!r} is not known and was not imported.")
        return SourceRecord(row=line.row, data=data, size=line.size)

    def _variant(self, given: Mapping[str, Any], left_out: Counted) -> dict[str, object]:
        eans = [e for e in given.get("ean") or () if isinstance(e, str)]
        gtin = first_gtin(eans)
        if eans and gtin is None:
            left_out.add("ean", "No EAN of the product has a right check digit.")
        variant: dict[str, object] = {
            "sku": f"{given['name'].strip()[:100]}-{given['id']}",
            "external_id": given["id"],
            "gtin": gtin,
        }
        price = given.get("price")
        if isinstance(price, int) and price >= 0:
            amount = f"{Decimal(price) / 100:.2f}"
            variant["prices"] = {self._options.price_list: [{"amount": amount}]}
        elif price is not None:
            left_out.add("price", "The price is no whole number of cents.")
        return variant

    def _attributes(
        self, given: Mapping[str, Any], codes: Mapping[str, str], left_out: Counted
    ) -> dict[str, object]:
        found: dict[str, object] = {}
        if given.get("date_released"):
            found["date_released"] = str(given["date_released"])
        if len(given.get("ean") or ()) > 1:
            found["eans"] = list(dict.fromkeys(str(e) for e in given["ean"]))[:100]
        for name, value in given.items():
            code = codes.get(name)
            if code is None or not name.startswith("attr_") or value is None:
                continue
            stored = _value(name, value)
            if stored is None:
                left_out.add(name, f"A value of {name} is not of its kind.")
            else:
                found[code] = stored
        return found


def _kind(name: str) -> str:
    return _KINDS.get(name[5:6], "text")


def _value(name: str, value: object) -> object:
    match _kind(name), value:
        case "boolean", bool():
            return value
        case "number", int() | float() if not isinstance(value, bool):
            text = number_text(value)
            return None if text is None else {"number": text}
        case "text", str() if value.strip():
            return value[:5000]
    return None


def _definition(name: str, code: str) -> dict[str, object]:
    if name == "eans":
        return {"kind": "attribute", "code": code, "label": "EANs", "type": "choice"}
    if name == "date_released":
        return {"kind": "attribute", "code": code, "label": "Released", "type": "text"}
    label = attribute_label(name[7:])
    return {"kind": "attribute", "code": code, "label": label, "type": _kind(name)}
