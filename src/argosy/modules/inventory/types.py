"""What goes in and out of inventory. Quantities are whole stock units, instants are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

HoldState = Literal["held", "allocated", "released", "fulfilled"]
Status = Literal["available", "low", "backorder", "out"]
Released = Literal["released", "deallocated", "kept", "nothing"]
Posted = Literal["applied", "unchanged", "stale", "mismatch"]
DocumentKind = Literal[
    "adjustment",
    "count",
    "feed",
    "import",
    "receipt",
    "return",
    "disposition",
    "transfer_out",
    "transfer_in",
]

#: A quantity in one line, movement or count may not exceed this.
MAX_QUANTITY = 1_000_000_000
#: Items in one adjustment, count or feed message.
MAX_ITEMS = 1_000


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """So many units of a variant that tracks inventory (digital goods are not demanded)."""

    variant_id: UUID
    quantity: int


class OrderDemand(msgspec.Struct, frozen=True, kw_only=True):
    """What an order wants from stock, and until when it is held; None when it is allocated."""

    order_id: UUID
    demand: tuple[Demand, ...]
    expires_at: datetime | None


class HeldLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one variant from one location; `backordered` of them are not on its shelf yet."""

    variant_id: UUID
    location_id: UUID
    quantity: int
    backordered: int


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """What an order holds, and from where. `expires_at` is None once it is allocated.

    `adopted` says that it already held exactly this: a retry.
    """

    order_id: UUID
    state: HoldState
    expires_at: datetime | None
    sourcing: str
    lines: tuple[HeldLine, ...]
    adopted: bool

    @property
    def parcels(self) -> int:
        """How many locations ship something."""
        return len({line.location_id for line in self.lines})


class ShortLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line that cannot be served: `available` is what the locations could still promise."""

    variant_id: UUID
    wanted: int
    available: int


class Shortage(msgspec.Struct, frozen=True, kw_only=True):
    """The stock of an order whose hold had ended is gone (DOMAIN.md F4): nothing was allocated."""

    order_id: UUID
    lines: tuple[ShortLine, ...]


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """A place that holds stock. One that is not active sells nothing."""

    id: UUID
    code: str
    name: str
    country: str
    address: Mapping[str, str]
    active: bool
    version: int


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """The buckets of a variant at a location (DOMAIN.md F1) and its selling rules.

    `safety_stock` below zero is a tolerance to oversell (F16); `oversold` is how far promises
    exceed stock and backorder limit together, after a physical fact (F8).
    """

    variant_id: UUID
    location_id: UUID
    on_hand: int
    reserved: int
    allocated: int
    quarantine: int
    incoming: int
    safety_stock: int
    backorder_limit: int
    low_threshold: int
    oversold: int
    counted_as_of: datetime | None

    @property
    def sellable(self) -> int:
        """What can be promised from the shelf; negative when more is promised than is there."""
        return self.on_hand - self.reserved - self.allocated - self.quarantine - self.safety_stock


class Selling(msgspec.Struct, frozen=True, kw_only=True):
    """The rules by which one level sells."""

    safety_stock: int = 0
    backorder_limit: int = 0
    low_threshold: int = 5


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """One variant over a channel's locations: `sellable` from shelves, `promisable` with backorder.

    A location that owes units does not take from what the others have.
    """

    variant_id: UUID
    sellable: int
    promisable: int
    status: Status


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """Units that came or went: signed changes of buckets. `on_hand` includes quarantine.

    `occurred_at` (None: now) lies in the past for late messages; one that a newer count already
    contains is stale. `expected` is compared with the present on_hand before anything moves.
    """

    variant_id: UUID
    location_id: UUID
    on_hand: int = 0
    quarantine: int = 0
    incoming: int = 0
    occurred_at: datetime | None = None
    expected: int | None = None


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """On the shelf there were `on_hand` units as of `as_of` (None: now), quarantine included.

    What moved after that instant is put on top. `expected`, if given, must be what we had as of
    then (compare and set, DOMAIN.md F7).
    """

    variant_id: UUID
    location_id: UUID
    on_hand: int
    as_of: datetime | None = None
    expected: int | None = None


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A batch of movements and counts with its reason; applied once by `key`.

    `feed`, `message` and `sequence` are set by messages of an external system (WMS, ERP, POS).
    """

    key: str
    kind: DocumentKind
    reason: str
    actor: str
    items: tuple[Movement | Count, ...]
    correlation: str | None = None
    feed: str | None = None
    message: str | None = None
    sequence: int | None = None


class FactItem(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one item. `moved` is the change of on_hand, the others are values after it."""

    variant_id: UUID
    location_id: UUID
    outcome: Posted
    moved: int
    on_hand: int
    sellable: int


class FactPosted(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a Fact; `repeated` when its key had been applied before."""

    key: str
    items: tuple[FactItem, ...]
    repeated: bool


class ShippedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one variant that left one location."""

    variant_id: UUID
    location_id: UUID
    quantity: int


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """Units that left the shelf for an order; `state` is fulfilled when nothing is left to ship."""

    order_id: UUID
    state: HoldState
    lines: tuple[ShippedLine, ...]
    repeated: bool


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change of buckets, its cause, and on_hand and sellable as they were after it.

    `sellable` uses the safety stock of today, which is a rule and not a movement.
    """

    id: int
    on_hand: int
    reserved: int
    allocated: int
    quarantine: int
    incoming: int
    reason: str
    source_kind: Literal["order", "document"]
    source_id: UUID
    actor: str
    correlation: str | None
    occurred_at: datetime
    recorded_at: datetime
    on_hand_after: int
    sellable_after: int


class Divergence(msgspec.Struct, frozen=True, kw_only=True):
    """A number that is not what it should be: a level against its journal or its reservations."""

    variant_id: UUID
    location_id: UUID
    against: Literal["journal", "reservations"]
    bucket: str
    level: int
    expected: int


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """Buckets of a level before it was rebuilt from its journal, and after."""

    was: Mapping[str, int]
    becomes: Mapping[str, int]


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """How far a feed has come."""

    name: str
    sequence: int | None
    as_of: datetime
    last_message: str
    messages: int
    received_at: datetime


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded fact with what became of each item."""

    id: UUID
    key: str
    kind: str
    reason: str
    actor: str
    correlation: str | None
    feed: str | None
    sequence: int | None
    items: tuple[Mapping[str, object], ...]
    created_at: datetime
