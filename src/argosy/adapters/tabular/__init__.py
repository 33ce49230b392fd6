"""Files of products: our JSON Lines and Shopify's CSV, read as the records of the product format.

`text` knows encodings and CSV dialects, `numbers` what spreadsheets do to numbers, `guarding` what
they do with formulas.
"""

from argosy.adapters.tabular.jsonl import JsonLines
from argosy.adapters.tabular.opening import FORMATS, open_products
from argosy.adapters.tabular.shopify import ShopifyCsv, ShopifyOptions
from argosy.adapters.tabular.shopify_export import ShopifyWriter
from argosy.adapters.tabular.text import FileUnreadable

__all__ = [
    "FORMATS",
    "FileUnreadable",
    "JsonLines",
    "ShopifyCsv",
    "ShopifyOptions",
    "ShopifyWriter",
    "open_products",
]
