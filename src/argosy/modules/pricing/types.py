"""Price lists, prices, their history, and how one price is chosen. Amounts are minor units of the
list's currency; instants are UTC and periods half-open: [valid_from, valid_until).
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, Literal, Protocol, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

TierKind = Literal["volume", "graduated"]
"""Volume: the tier that is reached prices all units. Graduated: each tier prices its own units."""
TierBasis = Literal["line", "sku", "product", "mix"]
"""Whose units count: of the line, of all lines of the variant, of the product, of a mix group."""


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of prices in one currency. Channels name the list that they sell by; further
    lists are offered by assignments. Kind and basis say how quantity tiers count (C3). No price
    may move by more than `max_step_per_day` basis points within 24 hours (C11); None: no limit.
    """

    id: UUID
    code: str
    name: str
    currency: str
    version: int
    tier_kind: TierKind = "volume"
    tier_basis: TierBasis = "line"
    max_step_per_day: int | None = None


class CreatePriceList(msgspec.Struct, frozen=True, kw_only=True):
    """A new, empty list."""

    code: str
    name: str
    currency: str
    tier_kind: TierKind = "volume"
    tier_basis: TierBasis = "line"
    max_step_per_day: int | None = None


class ChangePriceList(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a list; None leaves a setting as it is, UNSET the largest step."""

    name: str | None = None
    tier_kind: TierKind | None = None
    tier_basis: TierBasis | None = None
    max_step_per_day: int | UnsetType | None = UNSET


class SetPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a variant costs from a quantity on, in a period. Same rank and period: replaced.

    The rank is (min_quantity, priority); periods of equal rank do not overlap (C2).
    `compare_at_minor` is a former or recommended price to show beside it. Prices with one
    `mix_group` count their units together, in lists whose tiers are by "mix".
    """

    variant_id: UUID
    amount_minor: int
    min_quantity: int = 1
    priority: int = 0
    compare_at_minor: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    mix_group: str | None = None


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
    mix_group: str | None = None

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
    price_list_id: UUID | None = None


class SaidPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a price of a list says since `said_at`, or said from then on until it said otherwise.

    `amount_minor` None: it was removed.
    """

    price_id: UUID
    variant_id: UUID
    min_quantity: int
    priority: int
    amount_minor: int | None
    valid_from: datetime | None
    valid_until: datetime | None
    said_at: datetime


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


class Listed(Ranked, Protocol):
    """A price that knows its list, to be chosen from several lists."""

    @property
    def price_list_id(self) -> UUID: ...
    @property
    def mix_group(self) -> str | None: ...


Lost = Literal[
    "not_yet_valid",
    "no_longer_valid",
    "quantity_too_small",
    "lower_priority",
    "larger_tier_applies",
    "list_not_yet_valid",
    "list_no_longer_valid",
    "other_market",
    "not_offered",
    "other_currency",
    "lower_precedence",
    "lower_list_priority",
    "later_list_id",
    "not_lowest",
    "dearer_than_held",
]
"""Why a candidate was not taken: by its own terms, by those of its list, by the list's rank."""
Candidate = TypeVar("Candidate", bound=Ranked)
ListedPrice = TypeVar("ListedPrice", bound=Listed)


class Resolution(msgspec.Struct, Generic[Candidate], frozen=True, kw_only=True):
    """The price taken (None: not purchasable, C9), and every other candidate with its reason."""

    taken: Candidate | None
    lost: Sequence[tuple[Candidate, Lost]]


# --- several lists (C1) ----------------------------------------------------------------------

Level = Literal["contract", "customer", "group", "segment", "market", "channel", "base"]
LEVELS: tuple[Level, ...] = (
    "contract",
    "customer",
    "group",
    "segment",
    "market",
    "channel",
    "base",
)
"""From the strongest to the weakest; a channel's policy may order them otherwise."""
PERSONAL: frozenset[Level] = frozenset({"contract", "customer", "group", "segment"})
"""Levels that are not offered to everybody: never in shared answers (C10) or prior prices (C5)."""
PERSONALISED: frozenset[Level] = frozenset({"contract", "customer", "segment"})
"""Levels of prices that were made for a person, or for people whom a computation put together: of
these shoppers are told, where a channel wants it (Directive 2011/83/EU, article 6(1)(ea)). Groups
are put together by people, and are not among them.
"""

PriceChoice = Literal["precedence", "lowest"]
GrossPolicy = Literal["gross_fixed", "net_fixed"]
WasPrice = Literal["free", "omnibus"]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel chooses a price and what it shows beside it.

    `choice`: the first list by `levels` that has a price, or the lowest price of all lists.
    `gross_policy`: elsewhere the gross price stays and the net changes, or the net of the
    channel's default country stays (rule 11). `was_price`: struck-through prices are as entered
    ("free"), or only ever the prior price (C6, "omnibus"). `hold_minutes`: so long a line of a cart
    costs no more than when it was added (C11); None: prices are live (C4). `tell_personal`: who is
    given a price of their own is told so. Version 0: never set.
    """

    choice: PriceChoice = "precedence"
    levels: tuple[Level, ...] = LEVELS
    gross_policy: GrossPolicy = "gross_fixed"
    was_price: WasPrice = "free"
    hold_minutes: int | None = None
    tell_personal: bool = False
    version: int = 0


class AssignPriceList(msgspec.Struct, frozen=True, kw_only=True):
    """Offer a list in [valid_from, valid_until): at a level, to a subject, in a channel (None: in
    all of the list's currency).

    Subject: of "contract" and "customer" the customer's id as text, of "group" and "segment" the
    code, of "market" the country, of "channel" empty. `reference` names the contract or clause.
    """

    price_list_id: UUID
    level: Level
    channel_id: UUID | None = None
    subject: str = ""
    reference: str = ""
    priority: int = 0
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A stored assignment; it holds from `created_at` at the earliest and to `ended_at` at most."""

    id: UUID
    price_list_id: UUID
    level: Level
    channel_id: UUID | None
    subject: str
    currency: str
    reference: str
    priority: int
    valid_from: datetime | None
    valid_until: datetime | None
    created_at: datetime
    ended_at: datetime | None


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """A list as a buyer finds it: how it ranks, when and where it holds, how its tiers count."""

    price_list_id: UUID
    level: Level = "base"
    priority: int = 0
    market: str = ""
    tier_kind: TierKind = "volume"
    tier_basis: TierBasis = "line"
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    assignment_id: UUID | None = None


class PriceBook(msgspec.Struct, frozen=True, kw_only=True):
    """The lists of a buyer, the strongest first. Made by `price_book`.

    `plain`: one list that holds always and counts by line and volume, as most shops have it.
    """

    choice: PriceChoice
    terms: tuple[Terms, ...]
    list_ids: tuple[UUID, ...]
    plain: bool


class LineToPrice(msgspec.Struct, Generic[ListedPrice], frozen=True, kw_only=True):
    """A wanted line with the prices of its variant in the lists of the book."""

    key: str
    variant_id: UUID
    product_id: UUID
    quantity: int
    prices: Sequence[ListedPrice]


class Priced(msgspec.Struct, Generic[Candidate], frozen=True, kw_only=True):
    """What became of a line: the price taken (None: not purchasable) and why no other was.

    `subtotal_minor` is what the units cost together where that is not quantity x amount: graduated
    tiers, with shares of what was counted together that sum up exactly. `held_until`: the price is
    that of the moment when the line was added to its cart.
    """

    taken: Candidate | None
    lost: Sequence[tuple[Candidate, Lost]]
    terms: Terms | None
    counted: int
    subtotal_minor: int | None = None
    held_until: datetime | None = None


# --- beside the price -------------------------------------------------------------------------


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a unit costs the shop, without tax. One with a period goes before the one without.

    `version` is that of a cost that is stored; with one to write, the version that was read (0:
    there was none), or None for whichever there is.
    """

    variant_id: UUID
    currency: str
    amount_minor: int
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    version: int | None = None

    @property
    def dated(self) -> bool:
        """Whether it holds in a period only."""
        return self.valid_from is not None or self.valid_until is not None


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """What one unit of a variant holds, and per what its price is told (C7).

    500 ml per 1 l: content 500, unit "ml", base_quantity 1, base_unit "l". `drained` is the net
    drained weight, in the same unit; it counts instead of the content. `version` as of a Cost.
    """

    variant_id: UUID
    content: Decimal
    unit: str
    base_quantity: Decimal
    base_unit: str
    drained: Decimal | None = None
    version: int | None = None


class ReferenceRates(msgspec.Struct, frozen=True, kw_only=True):
    """What one unit of `base` was worth in other currencies on a day, as `source` published it."""

    base: str
    as_of: date
    source: str
    rates: dict[str, Decimal]
