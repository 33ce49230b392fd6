"""Open a file of products by the name of its format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from argosy.adapters.tabular.icecat import IcecatJson, IcecatOptions
from argosy.adapters.tabular.jsonl import JsonLines
from argosy.adapters.tabular.magento import MagentoCsv, MagentoOptions
from argosy.adapters.tabular.mapped import MappedTable
from argosy.adapters.tabular.saleor import SaleorJson
from argosy.adapters.tabular.shopify import ShopifyCsv, ShopifyOptions
from argosy.adapters.tabular.spree import SpreeCsv, SpreeOptions
from argosy.adapters.tabular.text import FileUnreadable
from argosy.modules.catalog.ports import ProductSource
from argosy.modules.mappings import Mapping as ColumnMapping

FORMATS = ("jsonl", "shopify", "magento", "saleor", "spree", "icecat", "mapped")


def open_products(  # noqa: PLR0911 - one return a format
    path: Path, format_name: str, options: Mapping[str, object], *, name: str | None = None
) -> ProductSource:
    """A source of product records.

    `format_name` is one of FORMATS, or `auto` to tell ours and Shopify's by the name. `options`
    are those of the format (ShopifyOptions, ...); Shopify, Magento and Icecat files need
    `price_list`, `mapped` the document of a `mapping`. Raises FileUnreadable, MappingInvalid.
    """
    if format_name == "auto":
        format_name = _format_of(name or path.name)
    match format_name:
        case "shopify":
            return ShopifyCsv(path, _options(ShopifyOptions, options), name=name)
        case "magento":
            return MagentoCsv(path, _options(MagentoOptions, options), name=name)
        case "icecat":
            return IcecatJson(path, _options(IcecatOptions, options), name=name)
        case "spree":
            return SpreeCsv(path, _options(SpreeOptions, options), name=name)
        case "saleor":
            return SaleorJson(path, name=name)
        case "mapped":
            return MappedTable(path, _mapping(options), name=name)
        case _:
            return JsonLines(path, name=name)


def _options(kind: Any, given: Mapping[str, object]) -> Any:
    fields = {k: v for k, v in given.items() if k in kind.__struct_fields__ and v}
    if "price_list" in kind.__struct_fields__ and "price_list" not in fields:
        raise FileUnreadable(
            "The file has no currency: say which price list its prices belong to.",
            field="price_list",
            cure="Name a price list, for example --price-list usd.",
        )
    return msgspec.convert(fields, kind)


def _mapping(options: Mapping[str, object]) -> ColumnMapping:
    if "mapping" not in options:
        raise FileUnreadable(
            "Nothing says what the columns of the file mean.",
            field="mapping",
            cure="Name a saved mapping.",
        )
    try:
        return msgspec.convert(options["mapping"], ColumnMapping)
    except msgspec.ValidationError as error:
        raise FileUnreadable(f"The mapping cannot be read: {error}.", field="mapping") from error


def _format_of(name: str) -> str:
    plain = name.lower().removesuffix(".gz")
    if plain.endswith((".jsonl", ".ndjson")):
        return "jsonl"
    if plain.endswith((".csv", ".tsv", ".txt")):
        return "shopify"
    raise FileUnreadable(
        f"The format of {name!r} cannot be told from its name.",
        field="format",
        cure=f"Name it: {', '.join(FORMATS[:-1])}; or plan it with a saved mapping.",
    )
