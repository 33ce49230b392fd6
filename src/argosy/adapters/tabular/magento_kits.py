"""The bundles of a Magento product CSV as what kits consist of (docs/howto/kits.md).

The products themselves, and the bundle as a product of its own, come by `magento`; this reads only
the choices of the bundles. An option that must be taken and has one product is an item of the kit;
others are groups. A dynamic price is the sum of the parts, a fixed one the bundle's own with what
each choice adds. Grouped products, which are sold one by one, are no kits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from argosy.adapters.tabular.guarding import unguarded
from argosy.adapters.tabular.numbers import NotANumber, parsed_decimal, unwrapped
from argosy.adapters.tabular.text import FileUnreadable, csv_rows, open_text
from argosy.modules.catalog import Fault, slugify
from argosy.modules.catalog.ports import SourceRecord

_SEVERAL = frozenset({"checkbox", "multi"})


class _Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One product that can be chosen in an option of a bundle."""

    option: str
    sku: str
    kind: str
    required: bool = True
    quantity: int = 1
    default: bool = False
    extra: Decimal = Decimal(0)


class MagentoKits:
    """A Magento product file, read for its bundles. `currency` is that of its prices."""

    def __init__(self, path: Path, *, currency: str | None = None) -> None:
        self._path = path
        self._currency = currency

    def records(self) -> Iterator[SourceRecord]:
        """One record a bundle; what cannot be read is a fault. Raises FileUnreadable."""
        with open_text(self._path).stream as stream:
            rows = csv_rows(stream)
            header = [cell.strip() for cell in next(rows, [])]
            if not {"sku", "name"} <= set(header):
                raise FileUnreadable(
                    "The first row lacks sku or name: this is no Magento product file.",
                    field="file",
                )
            for line, cells in enumerate(rows, 2):
                read = [unguarded(unwrapped(cell)).strip() for cell in cells]
                row = dict.fromkeys(header, "") | dict(zip(header, read, strict=False))
                if row.get("product_type") == "bundle" or row.get("bundle_options"):
                    yield self._record(line, row)

    def _record(self, line: int, row: dict[str, str]) -> SourceRecord:
        column = "bundle_values" if row.get("bundle_values") else "bundle_options"
        try:
            listed = row.get(column, "")
            choices = _choices(listed) if column == "bundle_values" else _short(listed)
            fixed = row.get("bundle_price_type", "dynamic") == "fixed"
            data = self._kit(row["sku"], choices, fixed=fixed)
        except (NotANumber, _Unreadable) as error:
            fault = Fault(column=column, code="bundle_unreadable", message=str(error))
            return SourceRecord(row=line, data={}, faults=(fault,))
        return SourceRecord(row=line, data=data)

    def _kit(self, sku: str, choices: Sequence[_Choice], *, fixed: bool) -> dict[str, object]:
        options: dict[str, list[_Choice]] = {}
        for choice in choices:
            options.setdefault(choice.option, []).append(choice)
        if not options:
            raise _Unreadable(f"The bundle {sku!r} has no options.")
        items: list[dict[str, object]] = []
        groups: list[dict[str, object]] = []
        for name, found in options.items():
            if len(found) == 1 and found[0].required and not (fixed and found[0].extra):
                items.append({"sku": found[0].sku, "quantity": found[0].quantity})
            else:
                groups.append(self._group(name, found, len(groups), fixed=fixed))
        return {"sku": sku, "items": items, "groups": groups, "price": "own" if fixed else "sum"}

    def _group(
        self, name: str, found: Sequence[_Choice], number: int, *, fixed: bool
    ) -> dict[str, object]:
        first = found[0]
        several = first.kind in _SEVERAL
        # Where nothing is marked, a choice that must be made has to start somewhere.
        chosen = [c for c in found if c.default] or ([first] if first.required else [])
        options = [
            {
                "code": _code(choice.sku, place),
                "sku": choice.sku,
                "quantity": choice.quantity,
                "extra": self._extra(choice) if fixed else {},
            }
            for place, choice in enumerate(found)
        ]
        codes = {choice.sku: option["code"] for choice, option in zip(found, options, strict=True)}
        return {
            "code": _code(name, number),
            "name": name[:120],
            "options": options,
            "least": int(first.required),
            "most": len(found) if several else 1,
            "defaults": [codes[c.sku] for c in (chosen if several else chosen[:1])],
        }

    def _extra(self, choice: _Choice) -> dict[str, str]:
        if not choice.extra:
            return {}
        if self._currency is None:
            raise _Unreadable("Choices have prices of their own: say in which currency.")
        return {self._currency: format(choice.extra, "f")}


class _Unreadable(Exception):
    """Options of a bundle that say nothing we could use. Never leaves this file."""


def _choices(text: str) -> list[_Choice]:
    """Of `name=Strap,type=radio,required=1,sku=S1,default_qty=1.0|name=...`."""
    found = []
    for part in text.split("|"):
        pairs: dict[str, Any] = dict(p.split("=", 1) for p in part.split(",") if "=" in p)
        if not pairs.get("sku") or not pairs.get("name"):
            raise _Unreadable(f"{part[:80]!r} names no option or no SKU.")
        amount = parsed_decimal(pairs.get("price") or "0", ".")
        if amount and pairs.get("price_type", "fixed") == "percent":
            raise _Unreadable(f"{pairs['sku']!r} adds per cent, which kits do not know.")
        quantity = parsed_decimal(pairs.get("default_qty") or "1", ".")
        if quantity != quantity.to_integral_value() or quantity < 1:
            raise _Unreadable(f"{pairs['sku']!r} is in it {quantity} times.")
        found.append(
            _Choice(
                option=pairs["name"].strip(),
                sku=pairs["sku"].strip(),
                kind=pairs.get("type", "select"),
                required=pairs.get("required", "1") != "0",
                quantity=int(quantity),
                default=pairs.get("default", "0") == "1",
                extra=amount.quantize(Decimal("0.01")),
            )
        )
    return found


def _short(text: str) -> list[_Choice]:
    """Of the sample data: a line an option, `Strap|radio:S1,S2,S3`."""
    found = []
    for line in text.splitlines():
        name, _, rest = line.partition("|")
        kind, _, skus = rest.partition(":")
        if not (name.strip() and skus.strip()):
            raise _Unreadable(f"{line[:80]!r} names no option or no SKU.")
        found += [
            _Choice(option=name.strip(), sku=sku.strip(), kind=kind.strip())
            for sku in skus.split(",")
            if sku.strip()
        ]
    return found


def _code(text: str, number: int) -> str:
    return slugify(text)[:40].strip("-") or f"n{number + 1}"
