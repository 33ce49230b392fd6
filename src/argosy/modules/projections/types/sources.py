"""What a projection is made from: facts read from the other parts' tables, as of one moment.

Instants are UTC.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel.bill import Bill
from argosy.kernel.personal import Asked
from argosy.modules.projections.types.inputs import InputDocument
from argosy.modules.projections.types.kits import KitDocument
from argosy.modules.projections.types.regulated import RegulatedDocument


class RatingDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Average of 1 to 5 as decimal text."""

    average: str
    count: int


class SourceChannel(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a channel that decides what its shop shows. `locations` are its stock."""

    id: UUID
    currency: str
    price_list_id: UUID | None
    tax_inclusive: bool
    locations: frozenset[UUID]
    locale: str = "en"
    active: bool = True


class SourcePrice(msgspec.Struct, frozen=True, kw_only=True):
    """One price row of a variant, valid in [valid_from, valid_until); None is open.

    `prior_minor` and `unit_price_minor` are found by who reads the source: the prior price beside a
    reduction (DOMAIN.md C5), and the price of the measure's base (C7).
    """

    price_list_id: UUID
    min_quantity: int
    amount_minor: int
    priority: int = 0
    compare_at_minor: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    price_id: UUID = UUID(int=0)
    mix_group: str | None = None
    prior_minor: int | None = None
    unit_price_minor: int | None = None


class SourceChange(msgspec.Struct, frozen=True, kw_only=True):
    """What was recorded of a single unit's price at that time; amount None: it was removed."""

    id: int
    price_id: UUID
    price_list_id: UUID
    priority: int
    amount_minor: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    recorded_at: datetime


class SourceMeasure(msgspec.Struct, frozen=True, kw_only=True):
    """What one unit holds, and per what its price is told."""

    content: Decimal
    unit: str
    base_quantity: Decimal
    base_unit: str
    drained: Decimal | None = None


class SourceLevel(msgspec.Struct, frozen=True, kw_only=True):
    """Stock of a variant at one location: `sellable` is what is left after all promises."""

    location_id: UUID
    sellable: int
    backorder_limit: int = 0
    low_threshold: int = 0


class SourceAttribute(msgspec.Struct, frozen=True, kw_only=True):
    """An attribute with its definition; `value` is shaped by `kind`. `swatches`: of its choices.

    `words`: what values are called in the language of the window, where that is something else.
    """

    code: str
    label: str
    kind: str
    value: msgspec.Raw
    unit: str | None = None
    facet: bool = False
    position: int = 0
    choices: tuple[str, ...] = ()
    swatches: dict[str, str] = {}
    searchable: bool = True
    words: dict[str, str] = {}


class SourceVariant(msgspec.Struct, frozen=True, kw_only=True):
    """One active variant with its prices that are not over yet, and its stock. `price_hidden`: who
    looks at it is not told what it costs. A kit has a `bill`; `kit`, and its stock and price, are
    found by who reads the source. `shown_options`: its options in the window's language.
    """

    id: UUID
    sku: str
    title: str = ""
    gtin: str | None = None
    options: dict[str, str] = {}
    position: int = 0
    weight_g: int | None = None
    dimensions_mm: tuple[int, int, int] | None = None
    requires_shipping: bool = True
    tracks_inventory: bool = True
    media_id: UUID | None = None
    attributes: tuple[SourceAttribute, ...] = ()
    prices: tuple[SourcePrice, ...] = ()
    changes: tuple[SourceChange, ...] = ()
    measure: SourceMeasure | None = None
    levels: tuple[SourceLevel, ...] = ()
    price_hidden: bool = False
    bill: Bill | None = None
    kit: KitDocument | None = None
    shown_options: dict[str, str] | None = None


class SourceRendition(msgspec.Struct, frozen=True, kw_only=True):
    """A smaller picture that may be shown in place of the original. Pixels."""

    key: str
    width: int
    height: int
    format: Literal["avif", "webp", "jpeg"]
    crop: Literal["none", "square"] = "none"


class SourceMedia(msgspec.Struct, frozen=True, kw_only=True):
    """A photograph or file of the product, in display order.

    The focal point is in shares of width and height; placeholder and renditions come when they
    have been made.
    """

    id: UUID
    storage_key: str
    content_type: str
    kind: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    alts: dict[str, str] = {}
    focal_x: float | None = None
    focal_y: float | None = None
    colour: str | None = None
    blurhash: str | None = None
    renditions: tuple[SourceRendition, ...] = ()


class SourceAncestor(msgspec.Struct, frozen=True, kw_only=True):
    """A category on the way from the root; the last one is the category itself."""

    id: UUID
    slug: str
    name: str
    path: str


class SourcePlacement(msgspec.Struct, frozen=True, kw_only=True):
    """The product stands in the last category of `trail`, at `position`."""

    position: int
    trail: tuple[SourceAncestor, ...]


class SourceCollection(msgspec.Struct, frozen=True, kw_only=True):
    """A collection that the product is in, at `position`."""

    id: UUID
    slug: str
    title: str
    position: int


class SourcePublication(msgspec.Struct, frozen=True, kw_only=True):
    """The product is shown in the channel in [publish_from, publish_until)."""

    channel_id: UUID
    publish_from: datetime
    publish_until: datetime | None = None


class SourceOption(msgspec.Struct, frozen=True, kw_only=True):
    """An option of the product with its values in display order. `label` and `words`: what it and
    its values are called in the window's language, where that is something else.
    """

    name: str
    values: tuple[str, ...] = ()
    label: str = ""
    words: dict[str, str] = {}


class SourceProduct(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that any channel shows of one product, as of one read. `languages`: of texts that
    are in another language than the window, by field. `asked` is what it asks of shoppers, `inputs`
    are found by who reads the source: what of that the channel can price; so is `regulated`.
    """

    id: UUID
    slug: str
    title: str
    status: str
    created_at: datetime
    description: str = ""
    brand: str = ""
    product_type: str = ""
    seo_title: str = ""
    seo_description: str = ""
    options: tuple[SourceOption, ...] = ()
    attributes: tuple[SourceAttribute, ...] = ()
    fields: dict[str, msgspec.Raw] | None = None
    rating: RatingDocument | None = None
    variants: tuple[SourceVariant, ...] = ()
    media: tuple[SourceMedia, ...] = ()
    placements: tuple[SourcePlacement, ...] = ()
    publications: tuple[SourcePublication, ...] = ()
    languages: dict[str, str] = {}
    asked: Asked | None = None
    inputs: tuple[InputDocument, ...] = ()
    regulated: RegulatedDocument | None = None
