"""Promotions as they are stored: documents with a state, limits, coupons and what is taken.

What a document says is for the quote to read; here it is kept. Instants are UTC, amounts are minor
units.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

State = Literal["draft", "live", "paused", "archived"]
SimulationState = Literal["running", "done", "failed"]
Gone = Literal["limit", "customer_limit", "budget"]

NOBODY = ""
"""The person of a counter for all together."""
NO_MONEY = ""
"""The currency of a counter of uses."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How much a promotion may be used: orders in all, orders of one person, money by currency."""

    uses: int | None = None
    uses_per_customer: int | None = None
    budget: dict[str, int] = {}

    @property
    def is_limited(self) -> bool:
        """Whether its use must be counted."""
        return bool(self.budget) or self.uses is not None or self.uses_per_customer is not None


class SetPromotion(msgspec.Struct, frozen=True, kw_only=True):
    """What a promotion shall be. `document` is checked by the caller; `channels` empty: all."""

    name: str
    document: dict[str, Any]
    channels: tuple[UUID, ...] = ()
    needs_coupon: bool = False
    limits: Limits = Limits()


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion as it is now. Every change of it, also of its state, is a version."""

    id: UUID
    version: int
    state: State
    name: str
    document: dict[str, Any]
    channels: tuple[UUID, ...]
    needs_coupon: bool
    limits: Limits
    created_at: datetime
    updated_at: datetime


class PromotionVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion as it was."""

    promotion_id: UUID
    version: int
    state: State
    name: str
    document: dict[str, Any]
    channels: tuple[UUID, ...]
    needs_coupon: bool
    limits: Limits
    saved_at: datetime
    saved_by: str


class LivePromotion(NamedTuple):
    """A live promotion with what was left of its limits when it was read (None: no such limit)."""

    promotion: Promotion
    uses_left: int | None
    budget_left: dict[str, int]


class SetCoupon(msgspec.Struct, frozen=True, kw_only=True):
    """A code to make, and for whom, when and how often it can be used (None: no limit)."""

    code: str
    uses: int | None = None
    uses_per_customer: int | None = None
    customer_id: UUID | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class NewBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Codes to generate: `prefix` and `length` letters that cannot be guessed or mistaken."""

    name: str
    codes: int
    prefix: str = ""
    length: int = 10
    uses: int | None = 1
    uses_per_customer: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Codes that were generated together."""

    id: UUID
    promotion_id: UUID
    name: str
    codes: int
    disabled_at: datetime | None
    created_at: datetime


class Coupon(msgspec.Struct, frozen=True, kw_only=True):
    """A code. `code` is as it compares, `shown` as it is printed; `taken` counts orders."""

    code: str
    id: UUID
    shown: str
    promotion_id: UUID
    batch_id: UUID | None
    uses: int | None
    uses_per_customer: int | None
    customer_id: UUID | None
    valid_from: datetime | None
    valid_until: datetime | None
    disabled_at: datetime | None
    created_at: datetime
    taken: int = 0


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """So much of a counter that an order needs; `most` is its limit (None: only counted)."""

    subject: UUID
    promotion_id: UUID
    amount: int
    most: int | None
    person: str = NOBODY
    currency: str = NO_MONEY


class Standing(NamedTuple):
    """What is known of presented codes and persons: coupons by code, and what is taken."""

    coupons: dict[str, Coupon]
    taken: dict[tuple[UUID, str], int]
    """(promotion or coupon, person) -> uses."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What orders have taken of a promotion's limits, by the state of the orders' claims."""

    held: int
    used: int
    released: int
    given: dict[str, int]
    """Money of the budget by currency, held and used together."""


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """A replay of past orders through a version of a promotion; `result` once it is done."""

    id: UUID
    promotion_id: UUID
    version: int
    days: int
    state: SimulationState
    result: dict[str, Any] | None
    asked_at: datetime
    finished_at: datetime | None
