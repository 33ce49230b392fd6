"""Brands: makers and labels with a page of their own.

Owns schema `brands`. Emits BrandChanged and BrandDeleted. A product belongs to a brand by its brand
text: texts that differ only in case, width and spaces are one brand (`brand_key`). Knows no
product.
"""

from argosy.modules.brands.commands import (
    create_brand,
    delete_brand,
    keep_brands,
    update_brand,
)
from argosy.modules.brands.errors import (
    BrandExists,
    BrandNameDiffers,
    BrandNotFound,
    BrandSlugTaken,
    BrandVersionConflict,
)
from argosy.modules.brands.events import BrandChanged, BrandDeleted
from argosy.modules.brands.queries import (
    brand_by_id,
    brand_by_slug,
    brands_by_key,
    list_brands,
    named_media,
)
from argosy.modules.brands.rules import brand_key
from argosy.modules.brands.types import Brand, BrandFields

__all__ = [
    "Brand",
    "BrandChanged",
    "BrandDeleted",
    "BrandExists",
    "BrandFields",
    "BrandNameDiffers",
    "BrandNotFound",
    "BrandSlugTaken",
    "BrandVersionConflict",
    "brand_by_id",
    "brand_by_slug",
    "brand_key",
    "brands_by_key",
    "create_brand",
    "delete_brand",
    "keep_brands",
    "list_brands",
    "named_media",
    "update_brand",
]
