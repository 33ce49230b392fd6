"""Price lists, prices, their history, and how one price is chosen. Amounts are minor units of the
list's currency; instants are UTC and periods half-open: [valid_from, valid_until).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic, Literal, Protocol, TypeVar
from uuid import UUID

import msgspec


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of prices in one currency. Channels name the list that they sell by."""

    id: UUID
    code: str
    name: str
    currency: str
    version: int


class CreatePriceList(msgspec.Struct, frozen=True, kw_only=True):
    """A new, empty list."""

    code: str
    name: str
    currency: str


class SetPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a variant costs from a quantity on, in a period. Same rank and period: replaced.

    The rank is (min_quantity, priority); periods of equal rank do not overlap (C2).
    `compare_at_minor` is a former or recommended price to show beside it.
    """

    variant_id: UUID
    amount_minor: int
    min_quantity: int = 1
    priority: int = 0
    compare_at_minor: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """A stored price."""

    id: UUID
    price_list_id: UUID
    variant_id: UUID
    min_quantity: int
    priority: int
    amount_minor: int
    compare_at_minor: int | None
    valid_from: datetime | None
    valid_until: datetime | None

    @property
    def price_id(self) -> UUID:
        """The id, under the name that the resolver knows it by."""
        return self.id


class PriceChange(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the recorded history: from `recorded_at` on, this price said that.

    `amount_minor` None: it was removed.
    """

    id: int
    price_id: UUID
    min_quantity: int
    priority: int
    amount_minor: int | None
    compare_at_minor: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    recorded_at: datetime


class SetPrices(msgspec.Struct, frozen=True, kw_only=True):
    """What a bulk write did: how many prices are new, changed, or were so already, and the
    variants of the new and changed ones.
    """

    created: int
    updated: int
    unchanged: int
    changed: tuple[UUID, ...] = ()


class Ranked(Protocol):
    """What the resolver needs to know of a price."""

    @property
    def price_id(self) -> UUID: ...
    @property
    def min_quantity(self) -> int: ...
    @property
    def priority(self) -> int: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def valid_from(self) -> datetime | None: ...
    @property
    def valid_until(self) -> datetime | None: ...


Lost = Literal[
    "not_yet_valid",
    "no_longer_valid",
    "quantity_too_small",
    "lower_priority",
    "larger_tier_applies",
]
Candidate = TypeVar("Candidate", bound=Ranked)


class Resolution(msgspec.Struct, Generic[Candidate], frozen=True, kw_only=True):
    """The price taken (None: not purchasable, C9), and every other candidate with its reason."""

    taken: Candidate | None
    lost: Sequence[tuple[Candidate, Lost]]
