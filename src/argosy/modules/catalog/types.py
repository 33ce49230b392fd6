"""What the catalog takes in and gives out. Inputs are tri-state (DOMAIN.md E3): a field left out
(UNSET) is kept, None clears it to its default, an empty collection removes all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

ProductStatus = Literal["draft", "active", "archived"]
VariantStatus = Literal["active", "archived"]
AttributeKind = Literal[
    "text", "rich_text", "number", "integer", "boolean", "date", "choice", "swatch",
    "product_reference", "category_reference", "file",
]  # fmt: skip
AttributeLevel = Literal["product", "variant"]
AcrossVariants = Literal["any", "unique", "same"]
MediaKind = Literal["image", "video", "external_video", "model", "file"]
Collection = Literal["attributes", "categories", "media", "publications", "variants"]

ShortText = Annotated[str, Meta(max_length=500)]
Code = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,62}$")]
Side = Annotated[int, Meta(ge=1, le=100_000)]
Slug = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^/\s]+$")]


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One dimension of a product's variants, with its values in display order."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    values: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=120)], ...], Meta(max_length=200)
    ]


class Measured(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A number in the canonical unit of its dimension. `lossy`: it had to be rounded (E6)."""

    number: Annotated[str, Meta(pattern=r"^-?[0-9]{1,40}(\.[0-9]{1,12})?$")]
    unit: str
    lossy: bool = False


class NumberValue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A number as the exact decimal text that was given, with its unit (cm, lb, W ...).

    `canonical` is worked out whenever it is written, whatever an input says; it is left out where
    the unit is the canonical one or is not known (DOMAIN.md E6).
    """

    number: Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,9})?$")]
    unit: Annotated[str, Meta(max_length=20)] | None = None
    canonical: Measured | None = None


ChoiceValue = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=100)
]
AttributeValue = (
    Annotated[str, Meta(max_length=20_000)]
    | NumberValue
    | bool
    | Annotated[int, Meta(ge=-(10**15), le=10**15)]
    | ChoiceValue
)
"""text, rich text, date (ISO), file (storage key) | number with unit | boolean | integer | choices,
swatches, slugs of products, paths of categories: the JSON type narrows the kind down.
"""

Bound = Annotated[str, Meta(min_length=1, max_length=30, pattern=r"^-?[0-9][0-9.-]*$")]
Swatch = Annotated[
    str, Meta(min_length=1, max_length=100, pattern=r"^(#[0-9a-f]{6}|[^#\s][^\s]*)$")
]


class AttributeDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """What an attribute code means. `choices` empty: any value is allowed.

    `minimum` and `maximum` are inclusive: numbers in `unit`, or dates. `max_values` 1 makes a
    choice a single one. `swatches` give choices a colour (`#rrggbb`) or an image's storage key.
    `across_variants` asks the variants of a product for different values, or for the same one.
    """

    code: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,62}$")]
    label: Annotated[str, Meta(min_length=1, max_length=120)]
    kind: AttributeKind
    unit: Annotated[str, Meta(max_length=20)] | None = None
    choices: tuple[str, ...] = ()
    facet: bool = False
    position: int = 0
    dimension: str | None = None
    minimum: Bound | None = None
    maximum: Bound | None = None
    max_values: Annotated[int, Meta(ge=1, le=100)] | None = None
    swatches: dict[str, Swatch] = {}
    level: AttributeLevel = "product"
    across_variants: AcrossVariants = "any"
    localisable: bool = False
    searchable: bool = True


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """Summary of reviews: the average of 1 to 5 as decimal text, and how many."""

    average: Annotated[str, Meta(pattern=r"^[1-5](\.[0-9]{1,2})?$")]
    count: Annotated[int, Meta(ge=1)]


class ProductFields(msgspec.Struct, frozen=True, kw_only=True):
    """A product's own fields, tri-state. Shared by commands and by the product file format."""

    external_id: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType | None = UNSET
    slug: Slug | UnsetType = UNSET
    title: Annotated[str, Meta(min_length=1, max_length=500)] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=100_000)] | UnsetType | None = UNSET
    brand: ShortText | UnsetType | None = UNSET
    product_type: ShortText | UnsetType | None = UNSET
    type_code: Code | UnsetType | None = UNSET
    tax_class: Code | UnsetType | None = UNSET
    shipping_class: Code | UnsetType | None = UNSET
    status: ProductStatus | UnsetType | None = UNSET
    seo_title: ShortText | UnsetType | None = UNSET
    seo_description: Annotated[str, Meta(max_length=2000)] | UnsetType | None = UNSET
    options: Annotated[tuple[Option, ...], Meta(max_length=5)] | UnsetType | None = UNSET
    attributes: dict[str, AttributeValue | None] | UnsetType | None = UNSET
    rating: Rating | UnsetType | None = UNSET


class VariantFields(msgspec.Struct, frozen=True, kw_only=True):
    """A variant's own fields, tri-state. `weight_g` in grams; `tax_class` None is the product's.

    `dimensions_mm` is length, width and height as packed for shipping, in millimetres.
    """

    sku: Annotated[str, Meta(min_length=1, max_length=120)] | UnsetType = UNSET
    external_id: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType | None = UNSET
    gtin: Annotated[str, Meta(max_length=20)] | UnsetType | None = UNSET
    title: ShortText | UnsetType | None = UNSET
    options: dict[str, str] | UnsetType | None = UNSET
    weight_g: Annotated[int, Meta(ge=0, le=100_000_000)] | UnsetType | None = UNSET
    dimensions_mm: tuple[Side, Side, Side] | UnsetType | None = UNSET
    requires_shipping: bool | UnsetType | None = UNSET
    tracks_inventory: bool | UnsetType | None = UNSET
    tax_class: Code | UnsetType | None = UNSET
    hs_code: Annotated[str, Meta(pattern="^[0-9]{4,12}$")] | UnsetType | None = UNSET
    origin_country: Annotated[str, Meta(pattern="^[A-Z]{2}$")] | UnsetType | None = UNSET
    attributes: dict[str, AttributeValue | None] | UnsetType | None = UNSET
    status: VariantStatus | UnsetType | None = UNSET


class MediaInput(msgspec.Struct, frozen=True, kw_only=True):
    """A file to show with a product; `width` and `height` in pixels, given for images.

    Without `storage_key` it stands for the one that the product has from the same `source`, whose
    text or place may change; if there is none, that is a warning and not a fault. `alts` are texts
    by locale: those given are set, those given as null are taken away, null for all takes all away.
    """

    storage_key: str | None = None
    sha256: str = ""
    content_type: str = ""
    byte_size: int = 0
    width: int | None = None
    height: int | None = None
    alt: str | UnsetType | None = UNSET
    alts: Mapping[str, str | None] | UnsetType | None = UNSET
    kind: MediaKind = "image"
    source: str | None = None


class PublicationInput(msgspec.Struct, frozen=True, kw_only=True):
    """Show in a channel in [publish_from, publish_until), UTC; None: from now, for good.

    For a publication that exists, a bound left out is kept.
    """

    channel_id: UUID
    publish_from: datetime | UnsetType | None = UNSET
    publish_until: datetime | UnsetType | None = UNSET


class VariantInput(VariantFields, frozen=True, kw_only=True):
    """Create or change one variant, known by `id`, else by SKU, else by external id.

    `media` names a photograph of the product by storage key or by its source file.
    """

    id: UUID | UnsetType = UNSET
    media: str | UnsetType | None = UNSET


class ProductInput(ProductFields, frozen=True, kw_only=True):
    """Create or change one product with everything on it.

    It is known by `id`, else by external id, else by slug, else by the SKU of a variant. Named
    collections are merged; those in `replace` are replaced as a whole. With `import_hash`, an input
    that was the last imported one is skipped, unless `reapply`.
    """

    id: UUID | UnsetType = UNSET
    categories: tuple[str, ...] | UnsetType | None = UNSET
    media: tuple[MediaInput, ...] | UnsetType | None = UNSET
    publications: tuple[PublicationInput, ...] | UnsetType | None = UNSET
    variants: tuple[VariantInput, ...] | UnsetType | None = UNSET
    replace: frozenset[Collection] = frozenset()
    import_hash: str | UnsetType = UNSET
    reapply: bool = False


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why an input was not taken: `column` is a path such as `variants[2].gtin`."""

    column: str
    code: str
    message: str


class Upserted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one input. `variants` maps the SKU, lower case, to the variant's id;
    `warnings` tell what of the input has no effect.
    """

    product_id: UUID
    created: bool
    changed: bool
    variants: Mapping[str, UUID]
    type_code: str | None = None
    warnings: tuple[Fault, ...] = ()


class Unchanged(msgspec.Struct, frozen=True, kw_only=True):
    """This very row was the last that was imported for this product: nothing was touched (E4)."""

    product_id: UUID


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """The input was not taken, for all these reasons; nothing of it was written."""

    faults: tuple[Fault, ...]


Outcome = Upserted | Unchanged | Rejected


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the category tree; `path` is its slugs from the root, e.g. `men/tops`."""

    id: UUID
    parent_id: UUID | None
    slug: str
    path: str
    name: str
    description: str
    position: int
    version: int


class CategoryInput(msgspec.Struct, frozen=True, kw_only=True):
    """Create or change the category at `path`, whose parent must exist or come with it."""

    path: Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"^[^/\s]+(/[^/\s]+){0,11}$")]
    name: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=20_000)] | UnsetType | None = UNSET
    position: Annotated[int, Meta(ge=0, le=1_000_000)] | UnsetType = UNSET


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A stored photograph or file, attached to a product or waiting for one."""

    id: UUID
    product_id: UUID | None
    storage_key: str
    sha256: str
    content_type: str
    byte_size: int
    width: int | None
    height: int | None
    alt: str
    position: int
    kind: MediaKind
    source: str | None
    alts: dict[str, str] = {}


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """A product is shown in the channel in [publish_from, publish_until), UTC."""

    channel_id: UUID
    publish_from: datetime
    publish_until: datetime | None


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """What is bought: one SKU of a product."""

    id: UUID
    product_id: UUID
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
    media_id: UUID | None
    status: VariantStatus
    version: int


class MatrixVariant(msgspec.Struct, frozen=True, kw_only=True):
    """A variant as an option matrix names it."""

    id: UUID
    sku: str
    options: dict[str, str]


class OptionMatrix(msgspec.Struct, frozen=True, kw_only=True):
    """What options make of the active variants of a product: how many fit, how many combinations no
    variant has, how many variants lack a value of an option, and how many have an option or a value
    that is not among them; and the first of the latter three, in display order.
    """

    keeps: int
    makes: int
    lacks: int
    drops: int
    missing: tuple[dict[str, str], ...]
    lacking: tuple[MatrixVariant, ...]
    dropped: tuple[MatrixVariant, ...]


class ProductRow(msgspec.Struct, frozen=True, kw_only=True):
    """A product's own columns."""

    id: UUID
    external_id: str | None
    slug: str
    title: str
    description: str
    brand: str
    product_type: str
    type_code: str | None
    tax_class: str
    shipping_class: str
    status: ProductStatus
    seo_title: str
    seo_description: str
    options: tuple[Option, ...]
    attributes: dict[str, AttributeValue]
    rating: Rating | None
    import_hash: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product with what is small on it; its variants are read page by page (`variants_of`)."""

    row: ProductRow
    categories: tuple[str, ...]
    media: tuple[Media, ...]
    publications: tuple[Publication, ...]
    variant_count: int


class ImportRun(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded import: its state and counts. Its issues are read page by page."""

    id: UUID
    format: str
    file_name: str
    storage_key: str | None
    options: dict[str, object]
    actor: str
    state: Literal["queued", "running", "done", "failed"]
    lines_total: int | None
    lines_done: int
    created: int
    updated: int
    unchanged: int
    failed: int
    warnings: int
    message: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ImportIssue(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that an import could not take: where it stands in the file, and why."""

    row: int
    column: str
    key: str
    severity: Literal["error", "warning"]
    code: str
    message: str


class LooseEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A media entry without a product. Bytes."""

    id: UUID
    storage_key: str
    byte_size: int
    created_at: datetime
