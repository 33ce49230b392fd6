"""Pricing: what a variant costs, in which list, from which quantity, since when.

Owns price lists, prices with validity and volume tiers, and their recorded history.
Emits PriceListCreated and PricesChanged.
Never converts a currency and never guesses: without a price a variant is not purchasable.
"""

from argosy.modules.pricing.commands import (
    MAX_PRICES,
    create_price_list,
    remove_prices,
    rename_price_list,
    set_prices,
)
from argosy.modules.pricing.errors import (
    CurrencyDiffers,
    PriceInvalid,
    PriceListChanged,
    PriceListCodeTaken,
    PriceListInvalid,
    PriceListNotFound,
    PriceNotFound,
    PricesOverlap,
)
from argosy.modules.pricing.events import PriceListCreated, PricesChanged
from argosy.modules.pricing.queries import (
    explain_price,
    list_price_lists,
    list_prices,
    price_history,
    price_list_by_code,
    price_list_by_id,
    prices_of_variants,
    prior_price,
)
from argosy.modules.pricing.rules import check_price, resolve
from argosy.modules.pricing.types import (
    CreatePriceList,
    Price,
    PriceChange,
    PriceList,
    Resolution,
    SetPrice,
    SetPrices,
)

__all__ = [
    "MAX_PRICES",
    "CreatePriceList",
    "CurrencyDiffers",
    "Price",
    "PriceChange",
    "PriceInvalid",
    "PriceList",
    "PriceListChanged",
    "PriceListCodeTaken",
    "PriceListCreated",
    "PriceListInvalid",
    "PriceListNotFound",
    "PriceNotFound",
    "PricesChanged",
    "PricesOverlap",
    "Resolution",
    "SetPrice",
    "SetPrices",
    "check_price",
    "create_price_list",
    "explain_price",
    "list_price_lists",
    "list_prices",
    "price_history",
    "price_list_by_code",
    "price_list_by_id",
    "prices_of_variants",
    "prior_price",
    "remove_prices",
    "rename_price_list",
    "resolve",
    "set_prices",
]
