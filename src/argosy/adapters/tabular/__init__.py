"""Files of products: our JSON Lines, what Shopify, Magento, Saleor, Spree and Icecat give out, and
tables of any shape by a mapping, read as the records of the product format.

`text` knows encodings and CSV dialects, `numbers` what spreadsheets do to numbers, `guarding` what
they do with formulas.
"""

from argosy.adapters.tabular.icecat import IcecatJson, IcecatOptions
from argosy.adapters.tabular.jsonl import JsonLines
from argosy.adapters.tabular.magento import MagentoCsv, MagentoOptions
from argosy.adapters.tabular.magento_kits import MagentoKits
from argosy.adapters.tabular.mapped import MappedTable
from argosy.adapters.tabular.opening import FORMATS, open_products
from argosy.adapters.tabular.saleor import SaleorJson
from argosy.adapters.tabular.shopify import ShopifyCsv, ShopifyOptions
from argosy.adapters.tabular.shopify_export import ShopifyWriter
from argosy.adapters.tabular.spree import SpreeCsv, SpreeOptions
from argosy.adapters.tabular.tables import open_table
from argosy.adapters.tabular.text import FileUnreadable

__all__ = [
    "FORMATS",
    "FileUnreadable",
    "IcecatJson",
    "IcecatOptions",
    "JsonLines",
    "MagentoCsv",
    "MagentoKits",
    "MagentoOptions",
    "MappedTable",
    "SaleorJson",
    "ShopifyCsv",
    "ShopifyOptions",
    "ShopifyWriter",
    "SpreeCsv",
    "SpreeOptions",
    "open_products",
    "open_table",
]
