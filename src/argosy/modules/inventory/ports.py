"""What inventory asks of others: files of stock to import."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

import msgspec
from msgspec import UNSET, UnsetType


class RowFault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row, or one cell of it, was not taken."""

    column: str
    code: str
    message: str


class StockRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a stock file: what is known of a SKU at a location. `row` 1 is the header.

    `on_hand` is an absolute count as of `as_of`, `adjust` a movement; a cell that is empty says
    nothing. `reference` is the movement's own id where it comes from. Selling rules are tri-state:
    UNSET keeps (no such column), None clears to the default.
    A row with `faults` is reported and not taken.
    """

    row: int
    sku: str
    location: str | None = None
    on_hand: int | None = None
    adjust: int | None = None
    expected: int | None = None
    as_of: datetime | None = None
    reference: str | None = None
    safety_stock: int | UnsetType | None = UNSET
    backorder_limit: int | UnsetType | None = UNSET
    low_threshold: int | UnsetType | None = UNSET
    faults: tuple[RowFault, ...] = ()


class StockSource(Protocol):
    """A file of stock, read as it is consumed."""

    @property
    def file_name(self) -> str:
        """What to call the file in reports."""
        ...

    def digest(self) -> str:
        """Hash of the content: the same movements are not applied twice."""
        ...

    def warnings(self) -> tuple[RowFault, ...]:
        """What of the file as a whole is not understood (unknown columns)."""
        ...

    def rows(self) -> Iterator[StockRow]:
        """All rows, from the start. May be called again."""
        ...
