"""What a file of prices must be turned into, whatever its format."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from argosy.modules.pricing.types import ReferenceRates


class PriceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One price of a file. Amounts are in major units (19.99); `row` counts lines from 1.

    `price_list` None: the list that the import names. The instants have a time zone.
    """

    row: int
    sku: str
    amount: Decimal
    price_list: str | None = None
    min_quantity: int = 1
    priority: int = 0
    compare_at: Decimal | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class RowFault(msgspec.Struct, frozen=True, kw_only=True):
    """What was not taken of a file: where, and why. A warning is of something without effect."""

    row: int
    column: str
    reason: str
    severity: Literal["error", "warning"] = "error"


class PriceSource(Protocol):
    """A file of prices, read as a stream."""

    def rows(self) -> Iterator[PriceRow | RowFault]:
        """Each line of the file once: as a price, or as a fault that says why it is none."""
        ...


class RateSource(Protocol):
    """Where reference rates of currencies come from."""

    def read(self) -> ReferenceRates:
        """The rates of one day. Raises RatesUnreadable."""
        ...
