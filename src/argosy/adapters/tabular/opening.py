"""Open a file of products by the name of its format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from argosy.adapters.tabular.jsonl import JsonLines
from argosy.adapters.tabular.shopify import ShopifyCsv, ShopifyOptions
from argosy.adapters.tabular.text import FileUnreadable
from argosy.modules.catalog.ports import ProductSource

FORMATS = ("jsonl", "shopify")


def open_products(
    path: Path, format_name: str, options: Mapping[str, object], *, name: str | None = None
) -> ProductSource:
    """A source of product records.

    `format_name` is one of FORMATS, or `auto` to tell by the name. `options` are those of
    ShopifyOptions, of which a Shopify file needs `price_list`. Raises FileUnreadable.
    """
    if format_name == "auto":
        format_name = _format_of(name or path.name)
    if format_name == "jsonl":
        return JsonLines(path, name=name)
    fields = {k: v for k, v in options.items() if k in ShopifyOptions.__struct_fields__ and v}
    if "price_list" not in fields:
        raise FileUnreadable(
            "A Shopify file has no currency: say which price list its prices belong to.",
            field="price_list",
            cure="Name a price list, for example --price-list usd.",
        )
    return ShopifyCsv(path, msgspec.convert(fields, ShopifyOptions), name=name)


def _format_of(name: str) -> str:
    plain = name.lower().removesuffix(".gz")
    if plain.endswith((".jsonl", ".ndjson")):
        return "jsonl"
    if plain.endswith((".csv", ".tsv", ".txt")):
        return "shopify"
    raise FileUnreadable(
        f"The format of {name!r} cannot be told from its name.",
        field="format",
        cure="Name it: jsonl or shopify.",
    )
