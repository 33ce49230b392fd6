"""What a projection is made from, what it is, and what can be asked of it.

`Source...` are facts read from the other parts' tables, as of one moment; `...Document` are the
answers of the public API; the rest is what the store keeps. Instants are UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel.money import Money
from argosy.modules.projections.types.attributes import AttributeDocument, FacetSwatch
from argosy.modules.projections.types.inputs import InputDocument
from argosy.modules.projections.types.kits import KitDocument
from argosy.modules.projections.types.regulated import RegulatedDocument
from argosy.modules.projections.types.sources import (
    RatingDocument,
    SourceAncestor,
    SourceAttribute,
    SourceChange,
    SourceChannel,
    SourceCollection,
    SourceLevel,
    SourceMeasure,
    SourceMedia,
    SourceOption,
    SourcePlacement,
    SourcePrice,
    SourceProduct,
    SourcePublication,
    SourceRendition,
    SourceVariant,
)

__all__ = [
    "ALL_PRODUCTS",
    "MAX_FACET_FILTERS",
    "VARIANTS_IN_DOCUMENT",
    "Answer",
    "AttributeDocument",
    "Availability",
    "CategoryDocument",
    "ChannelStatus",
    "Claimed",
    "Collect",
    "CollectionDocument",
    "Directory",
    "Facet",
    "FacetTerm",
    "FacetValueCount",
    "FocalDocument",
    "Lag",
    "ListProducts",
    "ListRanked",
    "MediaDocument",
    "Offer",
    "OptionDocument",
    "PlaceholderDocument",
    "PriceRange",
    "PriceTier",
    "ProductCard",
    "ProductDocument",
    "ProductList",
    "Projection",
    "RatingDocument",
    "RegulatedDocument",
    "RenditionDocument",
    "Saved",
    "SearchSort",
    "Shown",
    "Sort",
    "SourceAncestor",
    "SourceAttribute",
    "SourceChange",
    "SourceChannel",
    "SourceCollection",
    "SourceLevel",
    "SourceMeasure",
    "SourceMedia",
    "SourceOption",
    "SourcePlacement",
    "SourcePrice",
    "SourceProduct",
    "SourcePublication",
    "SourceRendition",
    "SourceVariant",
    "UnitPriceDocument",
    "VariantBody",
    "VariantDocument",
    "VariantPage",
]

Availability = Literal["in_stock", "low_stock", "backorder", "out_of_stock"]
Sort = Literal["position", "price", "-price", "newest", "name"]
SearchSort = Literal["relevance", "price", "-price"]

VARIANTS_IN_DOCUMENT = 50
MAX_FACET_FILTERS = 6
ALL_PRODUCTS = UUID(int=0)


# --- answers ---------------------------------------------------------------------------------


class PriceTier(msgspec.Struct, frozen=True, kw_only=True):
    """The unit price from `min_quantity` units of one line on."""

    min_quantity: int
    price: Money


class UnitPriceDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The price of a base quantity, for example `per` "1 kg" or "100 ml"."""

    price: Money
    per: str


class VariantDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A variant as the storefront shows it; prices hold tax if the channel's do. `price` is null
    where it is told to others only, `prior` the lowest of the 30 days before the reduction (null:
    there is none), and `personalised` says that the price was made for this customer. `kit` is what
    it consists of if it is sold as one, priced with the default choice.
    """

    id: str
    sku: str
    title: str
    gtin: str | None
    options: dict[str, str]
    price: Money | None
    compare_at: Money | None
    prior: Money | None
    unit_price: UnitPriceDocument | None
    tiers: list[PriceTier]
    availability: Availability
    requires_shipping: bool
    weight_g: int | None
    dimensions_mm: tuple[int, int, int] | None = None
    media_id: str | None
    attributes: list[AttributeDocument] = []
    personalised: bool | msgspec.UnsetType = msgspec.UNSET
    kit: KitDocument | None = None


class PlaceholderDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What to show while a picture loads: its main colour (`#rrggbb`), and a BlurHash."""

    colour: str
    blurhash: str


class FocalDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The point that a crop must show: shares of width and height from the upper left, 0 to 1."""

    x: float
    y: float


class RenditionDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A smaller picture to show in place of the original, for a `srcset`. Its bytes never change.

    `crop` is `square` for one that shows a square of the picture around the focal point.
    """

    url: str
    width: int
    height: int
    format: Literal["avif", "webp", "jpeg"]
    crop: Literal["none", "square"] = "none"


class MediaDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A photograph or file; `url` is relative to the API's origin.

    `alt` is the text in the channel's language, else the one in none; `alts` are all, by locale.
    `url` of a video that others keep is for an `iframe`. `renditions` (the smallest of each kind
    first) and `placeholder` are there as soon as they have been made; show `url` until then.
    """

    id: str
    url: str
    kind: str
    content_type: str
    alt: str
    width: int | None
    height: int | None
    focal: FocalDocument | None = None
    placeholder: PlaceholderDocument | None = None
    renditions: list[RenditionDocument] = []
    alts: dict[str, str] = {}


class OptionDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a shopper chooses, for example Size: S, M, L. `code` is the name of its facet.

    `availability` is the best that any variant with a value has; a value that no variant has is
    left out, and all of it is on cards.
    """

    code: str
    name: str
    values: list[str]
    availability: dict[str, Availability] = {}


class CategoryDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a category's path from the root."""

    id: str
    slug: str
    name: str
    path: str


class CollectionDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A collection that the product is in."""

    id: str
    slug: str
    title: str


class PriceRange(msgspec.Struct, frozen=True, kw_only=True):
    """Lowest and highest price of what can be bought (of all variants if nothing can). The rest is
    of the cheapest: see the variant. `personalised`: some price was made for this customer.
    """

    min: Money
    max: Money
    compare_at: Money | None
    prior: Money | None
    unit_price: UnitPriceDocument | None
    tax_inclusive: bool
    personalised: bool | msgspec.UnsetType = msgspec.UNSET


class VariantPage(msgspec.Struct, frozen=True, kw_only=True):
    """The first variants of a product; `next_cursor` continues at .../variants."""

    items: list[VariantDocument]
    next_cursor: str | None


class ProductDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The product page of one channel. `category_path` is the way to its main category. `price` is
    null where all prices are told to others only. `languages`: of texts that differ from the page.
    `inputs` is what shoppers are asked about it, if anything.
    """

    id: str
    slug: str
    title: str
    description: str
    brand: str
    product_type: str
    seo_title: str
    seo_description: str
    availability: Availability
    price: PriceRange | None
    rating: RatingDocument | None
    options: list[OptionDocument]
    attributes: list[AttributeDocument]
    media: list[MediaDocument]
    category_path: list[CategoryDocument]
    categories: list[CategoryDocument]
    collections: list[CollectionDocument] = []
    variants: VariantPage
    variant_count: int
    fields: dict[str, msgspec.Raw] = {}
    languages: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    inputs: list[InputDocument] | msgspec.UnsetType = msgspec.UNSET
    regulated: RegulatedDocument | msgspec.UnsetType = msgspec.UNSET


class ProductCard(msgspec.Struct, frozen=True, kw_only=True):
    """A product in a list. `price` is null where all prices are told to others only."""

    id: str
    slug: str
    title: str
    brand: str
    availability: Availability
    price: PriceRange | None
    rating: RatingDocument | None
    options: list[OptionDocument]
    image: MediaDocument | None
    variant_count: int
    language: str | msgspec.UnsetType = msgspec.UNSET


class FacetValueCount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many products the listing would hold with this value (DOMAIN.md E7)."""

    value: str
    label: str
    count: int
    swatch: FacetSwatch | None = None


class Facet(msgspec.Struct, frozen=True, kw_only=True):
    """Send `?<code>=<value>` to narrow the listing; repeat it to allow several values."""

    code: str
    label: str
    unit: str | None
    values: list[FacetValueCount]


class ProductList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of products. `facets` and `total` come with the first page only."""

    items: list[ProductCard]
    next_cursor: str | None
    total: int | None = None
    facets: list[Facet] | None = None


# --- projections -----------------------------------------------------------------------------


class FacetTerm(msgspec.Struct, frozen=True, gc=False):
    """One value of one facet. `value` is its comparison form, `label` what people read.

    `is_defined`: the facet's label and place, and the value's swatch, come from an attribute's
    definition.
    """

    code: str
    value: str
    label: str
    position: int = 0
    facet_label: str = ""
    facet_unit: str | None = None
    facet_position: int = 0
    is_defined: bool = False
    swatch: str | None = None


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A variant that can be bought now, with its unit price in minor units."""

    variant_id: UUID
    price_minor: int
    terms: tuple[FacetTerm, ...]


class VariantBody(msgspec.Struct, frozen=True, kw_only=True):
    """An encoded VariantDocument and where it stands.

    `picks` are its values of the product's options, in their order. `state` counts the words of
    Availability from the best, 0; `price_minor` is None where the price is told to others only.
    """

    variant_id: UUID
    position: int
    body: bytes
    picks: tuple[str | None, ...] = ()
    state: int = 0
    price_minor: int | None = None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A product as one channel shows it at one instant. `categories`: id to position in it.

    A large product's `offers` and `variants` are kept apart and empty here.
    """

    document: bytes
    card: bytes
    price_minor: int
    listed_at: datetime
    name_key: str
    categories: dict[UUID, int]
    offers: tuple[Offer, ...]
    variants: tuple[VariantBody, ...]
    buyable: bool


class Projection(msgspec.Struct, frozen=True, kw_only=True):
    """A product in a channel: `current` until `boundary`, `upcoming` from then on.

    None for either means: not shown. `boundary` None: nothing is scheduled.
    """

    channel_id: UUID
    product_id: UUID
    slug: str
    current: Shown | None
    boundary: datetime | None
    upcoming: Shown | None


Collect = Callable[[ProductDocument, datetime], Iterable[SourceCollection]]
"""Which collections a product is in, from what a channel shows of it at that instant."""


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What a save changed: the cache topics that are stale now, and how many rows won."""

    written: int
    stale_topics: frozenset[str]


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """Products taken for projecting in this transaction, and since when the oldest waited."""

    product_ids: tuple[UUID, ...]
    oldest: datetime | None


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """How far the shop windows are behind: seconds since the oldest change not shown yet."""

    seconds: float
    pending: int
    parked: int
    overdue: int


class ChannelStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Projections of one channel."""

    channel_id: UUID
    projected: int
    visible: int
    scheduled: int
    oldest: datetime | None


# --- questions -------------------------------------------------------------------------------


class ListProducts(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a channel's products. `category` is a term of `Directory`.

    `facets` maps a facet's code to the accepted values: any of them within a facet, all facets
    together, on one and the same variant (DOMAIN.md E7). Prices are minor units, both inclusive.
    With sort `position` the products of `moved` stand by these keys in place of their positions.
    """

    channel_id: UUID
    category: int
    sort: Sort = "position"
    moved: dict[UUID, int] = {}
    facets: dict[str, tuple[str, ...]] = {}
    price_min: int | None = None
    price_max: int | None = None
    in_stock: bool = False
    cursor: str | None = None
    limit: int = 24


class ListRanked(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a search result: as ListProducts, but among these products, best first. A cursor is
    bound to `fingerprint`, the words.
    """

    channel_id: UUID
    product_ids: tuple[UUID, ...]
    fingerprint: str
    category: int | None = None
    sort: SearchSort = "relevance"
    facets: dict[str, tuple[str, ...]] = {}
    price_min: int | None = None
    price_max: int | None = None
    in_stock: bool = False
    cursor: str | None = None
    limit: int = 24


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Encoded JSON that holds until `expires_at` unless one of `topics` is reported stale."""

    body: bytes
    topics: frozenset[str]
    expires_at: datetime | None = None


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """What the listings of a channel can be asked for: category paths and ids, facet codes, and
    collections by slug, each with the order it is listed in.
    """

    all_products: int | None
    by_path: dict[str, int]
    by_id: dict[UUID, int]
    facets: dict[str, str]
    collections: dict[str, tuple[int, Sort]] = {}
