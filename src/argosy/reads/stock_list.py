"""The list of stock: every level with what it is of and where, narrowed to what needs a look."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from argosy.kernel import paging
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "stock_list.sql")

_START = UUID(int=0), UUID(int=0)

Standing = Literal["oversold", "out", "low", "available"]


class StockFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which levels; None leaves a filter out. `out` holds those that are oversold, too."""

    location_id: UUID | None = None
    variant_id: UUID | None = None
    standing: Standing | None = None


class LevelInList(msgspec.Struct, frozen=True, kw_only=True):
    """A level with the names of its goods and its location; quantities in stock units."""

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
    sku: str
    variant_title: str
    product_id: UUID
    product_title: str
    location_code: str
    location_name: str

    @property
    def sellable(self) -> int:
        """What can be promised from the shelf; negative when more is promised than is there."""
        return self.on_hand - self.reserved - self.allocated - self.quarantine - self.safety_stock

    @property
    def name(self) -> str:
        """What it is of: the product, and the variant where it has a name of its own."""
        own = self.variant_title
        return (
            self.product_title
            if own in ("", self.product_title)
            else f"{self.product_title} · {own}"
        )

    @property
    def standing(self) -> Standing:
        """How it stands with what can be sold."""
        if self.oversold > 0:
            return "oversold"
        if self.sellable <= 0:
            return "out"
        return "low" if self.sellable <= self.low_threshold else "available"


async def stock_list(
    tx: Tx, filters: StockFilters, *, after: tuple[UUID, UUID] | None, limit: int
) -> list[LevelInList]:
    """Up to `limit` levels after that of (variant, location), by these ids. One statement.

    Filters are put on so many levels at most; where fewer than `limit` come back, `stock_look_end`
    says whether the list goes on.
    """
    wanted = (*(after or _START), filters.location_id, filters.standing, limit)
    if filters.variant_id is not None:
        rows = await tx.many(SQL.stock_of_variant, *wanted, filters.variant_id)
    else:
        rows = await tx.many(SQL.stock_list, *wanted, _looked_at() if _narrowed(filters) else limit)
    return [LevelInList(**dict(row)) for row in rows]


async def stock_look_end(
    tx: Tx, filters: StockFilters, after: tuple[UUID, UUID] | None
) -> tuple[UUID, UUID] | None:
    """The last level that `stock_list` looked at when it found too few; None if it saw the end of
    the list. One statement at most.
    """
    if filters.variant_id is not None or not _narrowed(filters):
        return None
    row = await tx.maybe(SQL.stock_list_end, *(after or _START), _looked_at())
    return None if row is None else (row["variant_id"], row["location_id"])


def _narrowed(filters: StockFilters) -> bool:
    return filters != StockFilters()


def _looked_at() -> int:
    # Levels are short rows: more of them are read in the same time.
    return 4 * paging.LOOK
