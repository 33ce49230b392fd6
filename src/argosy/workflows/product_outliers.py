"""What of an import looks like a mistake: found by comparing products before and after. Pure.

Kinds, which are acknowledged by these names: `price_change` (a price moves far), `price_removed`
(a variant loses its prices in a list), `variants_vanish`, `products_vanish` (no longer active, or
no longer shown in a channel), `lost:<field>` (many products lose a value) and `rejected` (many
records cannot be taken).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from argosy.modules import pricing
from argosy.modules.imports import Image, Outlier, OutlierGroup

MAX_EXAMPLES: Final = 1_000
"""Outliers of one name that are kept; all are counted."""
LEAST_LOST: Final = 5
LEAST_REJECTED: Final = 5
_FIELDS: Final = (
    "description", "brand", "product_type", "seo_title", "seo_description", "categories", "media",
    "publications", "options", "external_id",
)  # fmt: skip
_VARIANT_FIELDS: Final = ("gtin", "weight_g", "dimensions_mm", "hs_code", "origin_country")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """From where on something is an outlier, in per cent. Vanishing always is one."""

    price_percent: int = pricing.OUTLIER_PERCENT
    loss_percent: int = 10
    reject_percent: int = 10


class Watch(msgspec.Struct, kw_only=True):
    """What was found over a whole plan; in bounded memory, whatever the number of products."""

    limits: Limits
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    had: dict[str, int] = msgspec.field(default_factory=dict)
    prices: int = 0
    variants: int = 0
    products: int = 0

    def compare(
        self, line: int, key: str, before: Image, after: Image
    ) -> list[tuple[int, Outlier]]:
        """Look at one product; the examples to keep, each with its number within its name."""
        self.products += 1
        kept = []
        for name, path, old, new in self._found(before, after):
            number = self.counts.get(name, 0)
            self.counts[name] = number + 1
            if number < MAX_EXAMPLES:
                outlier = Outlier(name=name, line=line, key=key, path=path, before=old, after=new)
                kept.append((number, outlier))
        return kept

    def groups(self, *, records: int, rejected: int) -> list[OutlierGroup]:
        """What blocks the plan, in the end."""
        totals = {
            "price_change": self.prices,
            "price_removed": self.prices,
            "variants_vanish": self.variants,
            "products_vanish": self.products,
        }
        found = []
        for name, count in sorted(self.counts.items()):
            if name.startswith("lost:"):
                had = self.had[name]
                if count >= LEAST_LOST and count * 100 > had * self.limits.loss_percent:
                    found.append(OutlierGroup(name=name, count=count, total=had))
            else:
                found.append(OutlierGroup(name=name, count=count, total=totals[name]))
        if rejected >= LEAST_REJECTED and rejected * 100 > records * self.limits.reject_percent:
            found.append(OutlierGroup(name="rejected", count=rejected, total=records))
        return found

    def _found(self, before: Image, after: Image) -> Iterator[tuple[str, str, Any, Any]]:
        was, now = _shown(before), _shown(after)
        if before["status"] == "active" and after["status"] != "active":
            yield "products_vanish", "status", before["status"], after["status"]
        elif was - now:
            yield "products_vanish", "publications", sorted(was), sorted(now)
        yield from self._lost(before, after)
        old = {v["sku"]: v for v in before["variants"]}
        new = {v["sku"]: v for v in after["variants"]}
        for sku, variant in old.items():
            self.variants += 1
            path = f"variants[{sku}]"
            later = new.get(sku)
            if variant["status"] == "active" and (later is None or later["status"] != "active"):
                yield "variants_vanish", path, "active", "archived" if later else None
            if later:
                yield from self._prices(path, variant.get("prices", {}), later.get("prices", {}))

    def _lost(self, before: Image, after: Image) -> Iterator[tuple[str, str, Any, Any]]:
        old, new = _values(before), _values(after)
        for path, value in old.items():
            name = f"lost:{path}"
            self.had[name] = self.had.get(name, 0) + 1
            if path not in new:
                yield name, path, value, None

    def _prices(
        self, path: str, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> Iterator[tuple[str, str, Any, Any]]:
        for code, entries in before.items():
            self.prices += 1
            at = f"{path}.prices.{code}"
            if not after.get(code):
                yield "price_removed", at, entries, None
                continue
            old = {_rank(e): e for e in entries}
            usual = next((e for e in entries if _is_usual(e)), None)
            for entry in after[code]:
                one = entry.get("min_quantity", 1) == 1
                same = old.get(_rank(entry)) or (usual if one else None)
                if same and self._moves_far(same["amount"], entry["amount"]):
                    yield "price_change", at, same["amount"], entry["amount"]

    def _moves_far(self, before: str, after: str) -> bool:
        scale = 10_000
        return pricing.is_outlier(
            int(Decimal(before) * scale), int(Decimal(after) * scale), self.limits.price_percent
        )


def _shown(image: Image) -> set[str]:
    return {entry["channel"] for entry in image["publications"]}


def _values(image: Image) -> dict[str, Any]:
    """What a product has of the fields that a feed can lose."""
    found = {field: image[field] for field in _FIELDS if image.get(field)}
    found |= {f"attributes.{code}": v for code, v in image["attributes"].items()}
    for field in _VARIANT_FIELDS:
        given = next((v[field] for v in image["variants"] if v.get(field)), None)
        if given is not None:
            found[f"variants.{field}"] = given
    return found


def _rank(entry: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        entry.get("min_quantity", 1), entry.get("priority", 0), entry.get("from"),
        entry.get("until"),
    )  # fmt: skip


def _is_usual(entry: Mapping[str, Any]) -> bool:
    return _rank(entry) == (1, 0, None, None)
