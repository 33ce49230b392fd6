"""Parts of a large product: what is projected of it at a time, and what all of them amount to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from argosy.modules.projections.types import (
    Availability,
    Offer,
    PriceRange,
    Shown,
    VariantBody,
    VariantPage,
)

LARGE = 500
"""A product of more variants than this is projected part by part."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What the variants that a channel sells amount to: at least one.

    `price` is None where all prices are told to others only. `states` are the best words of each
    option's values, in the order of the product's options.
    """

    variants: int
    availability: Availability
    price: PriceRange | None
    first: VariantPage
    states: tuple[dict[str, Availability], ...]


class ClaimedParts(msgspec.Struct, frozen=True, kw_only=True):
    """A large product taken for projecting; `variant_ids` None: all of it."""

    product_id: UUID
    variant_ids: tuple[UUID, ...] | None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a product: channel and slot, and as of when it is shown so."""

    channel_id: UUID
    slot: int
    at: datetime
    valid_from: datetime | None
    valid_until: datetime | None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Some variants of a product in one place: of those looked at, the ones that are shown."""

    place: Place
    offers: tuple[Offer, ...]
    variants: tuple[VariantBody, ...]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The product itself in one place, None: not shown there. `due_at` as kept on slot 0."""

    place: Place
    slug: str
    shown: Shown | None
    facets: tuple[int, ...]


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """What the stored variants of a product in one place amount to, as rows say it."""

    variants: int
    best: int
    cheapest: bytes | None
    highest: int | None
    bodies: list[bytes]
    positions: list[int]
    states: list[tuple[int, str, int]]
    facets: tuple[int, ...]
