"""A rule: what it does, where, when, and with which products."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

Act = Literal["pin", "boost", "bury"]
Scope = Literal["query", "contains", "category", "everywhere"]


class Terms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which products: all that is given must hold, any value of each will do.

    A brand or an attribute's value is that of something that can be bought. `on_sale`: a higher
    price is shown beside its own.
    """

    products: tuple[UUID, ...] = ()
    brands: tuple[str, ...] = ()
    categories: tuple[UUID, ...] = ()
    attributes: dict[str, tuple[str, ...]] = {}
    in_stock: bool | None = None
    on_sale: bool | None = None


class SetRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it is given. Holds from `starts_at` on, and before `ends_at` (UTC; None: always).

    `queries` are what a search must be (`query`) or hold word by word (`contains`). `strength` is 1
    to 100, for a pin 0. A pin's products stand first in their order; of several rules the one with
    the lower `priority` comes first. `locale` None: in all.
    """

    name: str
    act: Act
    scope: Scope
    terms: Terms
    queries: tuple[str, ...] = ()
    category_id: UUID | None = None
    locale: str | None = None
    strength: int = 0
    priority: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    active: bool = True


class Rule(SetRule, frozen=True, kw_only=True):
    """A rule of a channel."""

    id: UUID
    channel_id: UUID
    version: int


class Asked(msgspec.Struct, frozen=True):
    """A search for these words."""

    words: str


class Listed(msgspec.Struct, frozen=True):
    """The list of a category; None: of all products."""

    category_id: UUID | None


Place = Asked | Listed


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What rules make of one product: their strengths added up, from -100 to 100."""

    buyable: bool
    strength: int = 0
    rules: tuple[UUID, ...] = ()
