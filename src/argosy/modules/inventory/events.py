"""Facts that inventory announces. Feeds and imports announce themselves once, not per item."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from argosy.kernel.events import Event


class AvailabilityChanged(Event, frozen=True, kw_only=True):
    """What a shopper may be told of a variant at a location changed.

    `previous` and `status` are available, low, backorder or out. Emitted only when this word
    changes, so that a flash sale of thousands of units is a handful of events.
    """

    TYPE = "argosy.inventory.availability_changed.v1"
    SUBJECT_KIND = "variant"
    SUBJECT_FIELD = "variant_id"

    variant_id: UUID
    location_id: UUID
    sellable: int
    previous: str
    status: str


class StockAdjusted(Event, frozen=True, kw_only=True):
    """Units came or went at a location: `moved` is the change of on_hand, on_hand is after it."""

    TYPE = "argosy.inventory.stock_adjusted.v1"
    SUBJECT_KIND = "variant"
    SUBJECT_FIELD = "variant_id"

    variant_id: UUID
    location_id: UUID
    moved: int
    on_hand: int
    kind: str
    reason: str


class StockCounted(Event, frozen=True, kw_only=True):
    """Somebody counted a shelf as of an instant; `moved` is how far we were off."""

    TYPE = "argosy.inventory.stock_counted.v1"
    SUBJECT_KIND = "variant"
    SUBJECT_FIELD = "variant_id"

    variant_id: UUID
    location_id: UUID
    moved: int
    on_hand: int
    as_of: datetime


class StockFeedReceived(Event, frozen=True, kw_only=True):
    """A message of an external system, or a file, was applied; the counts are of its items."""

    TYPE = "argosy.inventory.stock_feed_received.v1"
    SUBJECT_KIND = "event"
    SUBJECT_FIELD = "document_id"

    document_id: UUID
    kind: str
    feed: str | None
    applied: int
    unchanged: int
    stale: int
    mismatch: int


class StockOversold(Event, frozen=True, kw_only=True):
    """A physical fact left more promised than can be kept (DOMAIN.md F8): somebody must decide."""

    TYPE = "argosy.inventory.stock_oversold.v1"
    SUBJECT_KIND = "variant"
    SUBJECT_FIELD = "variant_id"

    variant_id: UUID
    location_id: UUID
    oversold: int


class ReservationExpired(Event, frozen=True, kw_only=True):
    """An order's hold ended before it was paid; its stock is for sale again."""

    TYPE = "argosy.inventory.reservation_expired.v1"
    SUBJECT_KIND = "order"
    SUBJECT_FIELD = "order_id"

    order_id: UUID
