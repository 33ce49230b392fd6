"""Contracts: what customers were promised to pay, and what came of it for each variant."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

SubjectKind = Literal["all", "product", "variant"]
LineKind = Literal["fixed", "off_list", "over_cost"]
"""A price as agreed; the list price less a percentage; the cost and a percentage of it (C11)."""
State = Literal["active", "ended"]
Cut = Literal["floor", "step", "no_list_price", "cost_unknown"]
"""What kept a formula from its result: the floor over the cost, the largest step of a day, or that
there is nothing to reckon from, so that the variant has no contract price.
"""


class ContractLine(msgspec.Struct, frozen=True, kw_only=True):
    """A clause: what goods cost. Of several that fit a variant, the one of the variant counts, then
    that of its product, then that of all goods.

    `amount_minor` of "fixed" is in the channel's currency and tax mode; `percent` of the others:
    Decimal("12.5") is 12.5 % off the list price, or on top of the cost.
    """

    subject_kind: SubjectKind
    kind: LineKind
    subject_id: UUID | None = None
    amount_minor: int | None = None
    percent: Decimal | None = None
    clause: str = ""


class SetContract(msgspec.Struct, frozen=True, kw_only=True):
    """A contract as it is to be, for one customer or for all of a company, in one channel.

    In [valid_from, valid_until). `floor_margin_percent`: no formula goes below the price of which
    the cost is at most 100 - margin percent. `max_step_percent`: no formula moves a price by more
    within a day. Agreed prices are as agreed.
    """

    code: str
    name: str
    channel_id: UUID
    customers: tuple[UUID, ...]
    lines: tuple[ContractLine, ...]
    reference: str = ""
    priority: int = 0
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    floor_margin_percent: Decimal | None = None
    max_step_percent: Decimal | None = None


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """A stored contract; its prices are kept in a price list of its own, offered to its customers
    by `assignments`.
    """

    id: UUID
    version: int
    state: State
    terms: SetContract
    price_list_id: UUID
    assignments: tuple[UUID, ...]
    refreshed_at: datetime | None


class Worked(msgspec.Struct, frozen=True, kw_only=True):
    """What a contract makes of a variant: by which of its lines, and what kept it from more.

    `amount_minor` None: it has no contract price. `anchor_minor` is what it cost when the present
    day of steps began, at `anchored_at`.
    """

    variant_id: UUID
    amount_minor: int | None
    line: int
    cuts: tuple[Cut, ...]
    anchor_minor: int | None
    anchored_at: datetime | None
