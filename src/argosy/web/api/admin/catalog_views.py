"""How the administration sees products, variants, categories and media."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import UNSET, Meta, UnsetType

from argosy.kernel.external_video import embedded_at
from argosy.kernel.ids import encode
from argosy.modules import catalog, inventory, pricing
from argosy.modules.catalog import AttributeValue, Option, ProductFields, Rating, VariantFields
from argosy.web.api.admin.prices import PriceRow
from argosy.web.api.admin.stock_forms import LevelRow


class MediaView(msgspec.Struct, frozen=True, kw_only=True):
    """A photograph or file. `url` is where everybody can get it; its bytes never change."""

    id: str
    product_id: str | None
    url: str
    content_type: str
    byte_size: int
    width: int | None
    height: int | None
    alt: str
    position: int
    kind: Literal["image", "video", "external_video", "model", "file"]
    source: str | None
    alts: dict[str, str] = {}

    @classmethod
    def of(cls, media: catalog.Media) -> "MediaView":
        """As answers show it."""
        return cls(
            id=encode("media", media.id),
            product_id=encode("product", media.product_id) if media.product_id else None,
            url=embedded_at(media.storage_key)
            if media.kind == "external_video"
            else f"/media/{media.storage_key}",
            content_type=media.content_type,
            byte_size=media.byte_size,
            width=media.width,
            height=media.height,
            alt=media.alt,
            position=media.position,
            kind=media.kind,
            source=media.source,
            alts=media.alts,
        )


class PublicationView(msgspec.Struct, frozen=True, kw_only=True):
    """The product is shown in the channel from `from` (UTC) until `until`, or for good."""

    channel_id: str
    publish_from: datetime
    publish_until: datetime | None


class ProductView(msgspec.Struct, frozen=True, kw_only=True):
    """A product without its variants, which are read page by page."""

    id: str
    external_id: str | None
    slug: str
    title: str
    description: str
    brand: str
    product_type: str
    type_code: str | None
    tax_class: str
    shipping_class: str
    status: Literal["draft", "active", "archived"]
    seo_title: str
    seo_description: str
    options: tuple[Option, ...]
    attributes: dict[str, AttributeValue]
    rating: Rating | None
    categories: tuple[str, ...]
    media: list[MediaView]
    publications: list[PublicationView]
    variant_count: int
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, product: catalog.Product) -> "ProductView":
        """As answers show it."""
        fields = {
            f: getattr(product.row, f)
            for f in (*ProductFields.__struct_fields__, "version", "created_at", "updated_at")
        }
        return cls(
            id=encode("product", product.row.id),
            categories=product.categories,
            media=[MediaView.of(m) for m in product.media],
            publications=[
                PublicationView(
                    channel_id=encode("channel", p.channel_id),
                    publish_from=p.publish_from,
                    publish_until=p.publish_until,
                )
                for p in product.publications
            ],
            variant_count=product.variant_count,
            **fields,
        )


class VariantView(msgspec.Struct, frozen=True, kw_only=True):
    """A variant: what is bought. `tax_class` null is the product's; weight in grams.

    `dimensions_mm` is length, width and height as packed for shipping.
    """

    id: str
    product_id: str
    sku: str
    external_id: str | None
    gtin: str | None
    title: str
    options: dict[str, str]
    weight_g: int | None
    dimensions_mm: tuple[int, int, int] | None
    requires_shipping: bool
    tracks_inventory: bool
    tax_class: str | None
    hs_code: str | None
    origin_country: str | None
    attributes: dict[str, AttributeValue]
    position: int
    media_id: str | None
    status: Literal["active", "archived"]
    version: int

    @classmethod
    def of(cls, variant: catalog.Variant) -> Self:
        """As answers show it."""
        fields = msgspec.structs.asdict(variant)
        return cls(
            **fields
            | {
                "id": encode("variant", variant.id),
                "product_id": encode("product", variant.product_id),
                "media_id": encode("media", variant.media_id) if variant.media_id else None,
            }
        )


class VariantPriceRow(PriceRow, frozen=True, kw_only=True):
    """A price of a variant, and the list it is in."""

    price_list_id: str


class ExpandedVariantView(VariantView, frozen=True, kw_only=True):
    """A variant in the list; what `expand` did not name is null."""

    prices: list[VariantPriceRow] | None = None
    stock: list[LevelRow] | None = None

    @classmethod
    def expanded(
        cls,
        variant: catalog.Variant,
        prices: Sequence[pricing.Price] | None,
        levels: Sequence[inventory.Level] | None,
    ) -> Self:
        """As answers show it, with its own of the prices and levels that were read for the page."""
        return msgspec.structs.replace(
            cls.of(variant),
            prices=None
            if prices is None
            else [
                VariantPriceRow(
                    **msgspec.structs.asdict(PriceRow.of(price)),
                    price_list_id=encode("price_list", price.price_list_id),
                )
                for price in prices
                if price.variant_id == variant.id
            ],
            stock=None
            if levels is None
            else [LevelRow.of(level) for level in levels if level.variant_id == variant.id],
        )


class CategoryView(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the category tree; `path` is its slugs from the root."""

    id: str
    parent_id: str | None
    slug: str
    path: str
    name: str
    description: str
    position: int
    version: int

    @classmethod
    def of(cls, category: catalog.Category) -> "CategoryView":
        """As answers show it."""
        fields = msgspec.structs.asdict(category)
        parent = category.parent_id
        return cls(
            **fields
            | {
                "id": encode("category", category.id),
                "parent_id": encode("category", parent) if parent else None,
            }
        )


class VariantBody(VariantFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields of a variant. Left out: kept; null: cleared. `media_id`: one of the product's."""

    media_id: str | UnsetType | None = UNSET


class ProductBody(ProductFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields of a product. Left out: kept; null: cleared; an empty list: all removed.

    `categories` are paths (`men/tops`), the main one first; as given they replace what was there.
    """

    categories: Annotated[tuple[str, ...], Meta(max_length=200)] | UnsetType | None = UNSET


class NewProduct(ProductBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new product, with up to 250 of its variants. Only the title is needed."""

    variants: Annotated[tuple[VariantBody, ...], Meta(max_length=250)] = ()


def given(body: msgspec.Struct) -> dict[str, Any]:
    """The fields that a body gives a value (or null) to."""
    fields = msgspec.structs.asdict(body)
    return {name: value for name, value in fields.items() if value is not UNSET}


def changes(before: object, after: object, fields: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """For the audit trail: what these fields were and are, those that differ."""
    old: dict[str, Any] = msgspec.to_builtins(before)
    new: dict[str, Any] = msgspec.to_builtins(after)
    names = [n for n in (fields if isinstance(fields, dict) else new) if old.get(n) != new.get(n)]
    return {n: old.get(n) for n in names}, {n: new.get(n) for n in names}
