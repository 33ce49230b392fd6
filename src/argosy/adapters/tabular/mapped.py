"""A table of any shape, read as product records by a mapping (docs/reference/import-mappings.md).

Rows next to each other with one value in `group_by` are the variants of one product. What a cell is
refused for is reported with its row and column.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from argosy.adapters.tabular.given import category_path
from argosy.adapters.tabular.numbers import NotANumber, parsed_decimal
from argosy.adapters.tabular.tables import open_table
from argosy.adapters.tabular.text import FileUnreadable
from argosy.adapters.tabular.transforming import (
    CellRefused,
    Quantity,
    Trail,
    Value,
    plain_number,
    transformed,
)
from argosy.modules import mappings
from argosy.modules.catalog import Fault
from argosy.modules.catalog.ports import SourceRecord
from argosy.modules.mappings import Mapping, Rule

MAX_GROUP = 10_000
"""Rows of one product: as many as it may have variants."""

_SIDES = ("length_mm", "width_mm", "height_mm")
_TRUE = mappings.Truth()
Line = tuple[int, dict[str, str]]


class MappedTable:
    """A file that a mapping makes products of."""

    format_name = "mapped"

    def __init__(self, path: Path, mapping: Mapping, *, name: str | None = None) -> None:
        """Raises FileUnreadable also when a column that the mapping reads is not there."""
        mappings.check(mapping)
        self._mapping = mapping
        self._table = open_table(path, sheet=mapping.sheet, header_row=mapping.header_row)
        missing = sorted(mappings.columns_of(mapping) - set(self._table.columns))
        if missing:
            listed = ", ".join(repr(name) for name in missing[:10])
            raise FileUnreadable(
                f"The file has no column {listed}, which the mapping reads.",
                field="mapping",
                cure="Check the header row, or change the mapping to the columns of this file.",
            )
        self.file_name = name or path.name

    def total(self) -> int | None:
        """About how many rows there are."""
        return self._table.total()

    def records(self) -> Iterator[SourceRecord]:
        """One record a product, after its new categories."""
        seen: set[str] = set()
        for lines in self._groups():
            made = _Made(self._mapping)
            for line, row in lines:
                made.take(line, row)
            yield from made.new_categories(lines[0][0], seen)
            yield made.record(lines[0][0])

    def _groups(self) -> Iterator[list[Line]]:
        by = self._mapping.group_by
        group: list[Line] = []
        for line, row in self._table.rows():
            same = bool(group) and by is not None and row.get(by) == group[0][1].get(by)
            if group and not (same and row.get(by or "")):
                yield group
                group = []
            if len(group) >= MAX_GROUP:
                raise FileUnreadable(f"More than {MAX_GROUP} rows are of one product.")
            group.append((line, row))
        if group:
            yield group


class _Made(msgspec.Struct, kw_only=False):
    """One product while its rows are read. The first row with a value gives what is the product's;
    categories, channels and photographs of all rows are taken.
    """

    mapping: Mapping
    data: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "product"})
    variants: list[dict[str, Any]] = msgspec.field(default_factory=list)
    options: dict[str, list[str]] = msgspec.field(default_factory=dict)
    trails: list[Trail] = msgspec.field(default_factory=list)
    places: dict[str, tuple[int, str]] = msgspec.field(default_factory=dict)
    faults: list[Fault] = msgspec.field(default_factory=list)

    def take(self, line: int, row: dict[str, str]) -> None:
        """One row: the product's own fields, and a variant if it has a SKU."""
        variant: dict[str, Any] = {}
        for rule in self.mapping.rules:
            column = ", ".join(rule.reads) or rule.field
            try:
                value = self._value(rule, row)
                if value is not None or rule.empty == "clear":
                    path = self._put(rule.field, value, variant)
                    self.places.setdefault(path, (line, column))
            except (CellRefused, NotANumber) as error:
                at = f"{rule.field}@{line}"
                self.places[at] = (line, column)
                self.faults.append(Fault(column=at, code="cell_refused", message=str(error)))
        if variant:
            number = len(self.variants)
            self.places[f"variants[{number}]"] = (line, "")
            self.variants.append(_whole_variant(variant))

    def _value(self, rule: Rule, row: dict[str, str]) -> Value:
        cells = [row.get(column, "") for column in rule.reads]
        cell: Value = cells[0] if len(cells) == 1 else [c for c in cells if c]
        separator = self.mapping.decimal_separator
        value = transformed(cell or None, rule.transforms, row, separator)
        found = mappings.field_of(rule.field)
        assert found is not None, rule.field
        return None if value is None else _of_kind(value, found[0].kind, separator)

    def _put(self, name: str, value: Any, variant: dict[str, Any]) -> str:
        """Store a value; the path that it has in the record."""
        place = f"variants[{len(self.variants)}]"
        head, _, key = name.partition(".")
        if head == "option":
            if value is not None:
                variant.setdefault("options", {})[key] = value
                values = self.options.setdefault(key, [])
                if value not in values:
                    values.append(value)
            return f"{place}.options.{key}"
        if head == "variant":
            return f"{place}.{_put_variant(variant, key, value)}"
        if head in {"attributes", "fields"}:
            self.data.setdefault(head, {}).setdefault(key, _builtin(value))
        elif name == "categories":
            self._add_categories(value)
        elif name in {"channels", "media"}:
            target, inner = ("publications", "channel") if name == "channels" else ("media", "file")
            entries = self.data.setdefault(target, [])
            entries += [e for one in value or () if (e := {inner: one}) not in entries]
            return target
        elif self.data.get(name) is None:
            self.data[name] = value
        return name

    def _add_categories(self, value: Any) -> None:
        paths = self.data.setdefault("categories", [])
        for one in value or ():
            if isinstance(one, Trail):
                self.trails.append(one)
            path = _path(one) if isinstance(one, Trail) else one
            if path not in paths:
                paths.append(path)

    def new_categories(self, line: int, seen: set[str]) -> Iterator[SourceRecord]:
        """A record for each category on the way that was not there before."""
        for under, names in self.trails:
            for depth in range(1, len(names) + 1):
                path = _path(Trail(under, names[:depth]))
                if path not in seen:
                    seen.add(path)
                    data: dict[str, object] = {"kind": "category", "path": path}
                    yield SourceRecord(row=line, data=data | {"name": names[depth - 1]})

    def record(self, line: int) -> SourceRecord:
        """The record of the product."""
        if self.options:
            self.data["options"] = [{"name": n, "values": v} for n, v in self.options.items()]
        if self.variants:
            self.data["variants"] = self.variants
        for name, mode in self.mapping.modes.items():
            self.data[f"{name}_mode"] = mode
        return SourceRecord(row=line, data=self.data, places=self.places, faults=tuple(self.faults))


def _path(trail: Trail) -> str:
    path = category_path(trail.names)
    return f"{trail.under}/{path}" if trail.under else path


def _put_variant(variant: dict[str, Any], name: str, value: Any) -> str:
    head, _, key = name.partition(".")
    match head:
        case "price":
            variant.setdefault("prices", {})[key] = None if value is None else [{"amount": value}]
            return f"prices.{key}"
        case "compare_at":
            variant.setdefault("compare_at", {})[key] = value
            return f"prices.{key}"
        case "stock":
            variant.setdefault("stock", {})[key] = value
            return f"stock.{key}"
        case "attributes" | "fields":
            variant.setdefault(head, {})[key] = _builtin(value)
            return f"{head}.{key}"
    variant[head] = value
    return "dimensions_mm" if head in _SIDES else head


def _whole_variant(variant: dict[str, Any]) -> dict[str, Any]:
    """Sides put together, and former prices beside those that they belong to."""
    sides = [variant.pop(side, None) for side in _SIDES]
    if all(sides):
        variant["dimensions_mm"] = sides
    for code, amount in variant.pop("compare_at", {}).items():
        prices = variant.get("prices", {}).get(code)
        if prices and parsed_decimal(amount) > parsed_decimal(prices[0]["amount"]):
            prices[0]["compare_at"] = amount
    return variant


def _of_kind(value: Value, kind: str, separator: Any) -> Any:
    """The value as the product format has it. Raises CellRefused, NotANumber."""
    match kind:
        case "list":
            return [value] if isinstance(value, str) else value
        case "whole":
            number = _number(value, separator)
            return int(number.to_integral_value())
        case "amount":
            number = _number(value, separator)
            if number < 0:
                raise CellRefused("A price cannot be below zero.")
            return plain_number(number)
        case "truth":
            return transformed(value, (_TRUE,), {}, "auto") if isinstance(value, str) else value
        case "text":
            return _one_text(value)
    return value


def _number(value: Value, separator: Any) -> Any:
    return (
        value.number if isinstance(value, Quantity) else parsed_decimal(_one_text(value), separator)
    )


def _one_text(value: Value) -> str:
    match value:
        case str():
            return value
        case Quantity(number=number, unit=unit):
            return plain_number(number) + (f" {unit}" if unit else "")
        case [one] if isinstance(one, str):
            return one
    raise CellRefused("It has several values where one is wanted: use `join` or a part of `split`.")


def _builtin(value: Any) -> Any:
    if isinstance(value, Quantity):
        found = {"number": plain_number(value.number)}
        return found | ({"unit": value.unit} if value.unit else {})
    return value
