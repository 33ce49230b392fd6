"""Importing prices by SKU: the plan first, then the same rows for good."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, post

from argosy.modules import pricing
from argosy.modules.pricing.ports import PriceRow, RowFault
from argosy.web.api.admin.wall_times import Time, Times
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.workflows.price_import import PriceImport, PriceOutlier, import_prices

MAX_ROWS = 5000
"""An API call is small; `argosy import prices` takes files of any length."""

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=63, examples=["retail-eur"])]
Major = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9]{1,13}(\.[0-9]{1,4})?$", max_length=18, examples=["19.99"])
]


class ImportedPrice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a variant costs, in major units as decimal text."""

    sku: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    amount: Major
    price_list: Code | None = None
    min_quantity: Annotated[int, msgspec.Meta(ge=1, le=10**9)] = 1
    priority: Annotated[int, msgspec.Meta(ge=-1000, le=1000)] = 0
    compare_at: Major | None = None
    valid_from: Time = None
    valid_until: Time = None

    def row(self, number: int, times: Times) -> PriceRow:
        """The row to import. Raises ZoneUnknown, TimeOutOfRange."""
        path = f"prices.{number - 1}"
        return PriceRow(
            row=number,
            sku=self.sku,
            amount=Decimal(self.amount),
            price_list=self.price_list,
            min_quantity=self.min_quantity,
            priority=self.priority,
            compare_at=None if self.compare_at is None else Decimal(self.compare_at),
            valid_from=times.read(self.valid_from, f"{path}.valid_from"),
            valid_until=times.read(self.valid_until, f"{path}.valid_until"),
        )


class PriceImportBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 5,000 prices. `plan` says what `apply` would do. Prices that move by more than
    `outlier_percent` are stored only with the `acknowledge` code that the plan gave for them.
    """

    mode: Literal["plan", "apply"]
    prices: Annotated[list[ImportedPrice], msgspec.Meta(min_length=1, max_length=MAX_ROWS)]
    price_list: Code | None = None
    outlier_percent: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = pricing.OUTLIER_PERCENT
    acknowledge: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class PriceFault(msgspec.Struct, frozen=True, kw_only=True):
    """What was not taken: the number of the price (from 1), the member and the reason."""

    row: int
    column: str
    reason: str
    severity: Literal["error", "warning"]


class PriceImportView(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did, or would do. Each row is created, updated, unchanged or failed."""

    applied: bool
    rows: int
    created: int
    updated: int
    unchanged: int
    failed: int
    faults: list[PriceFault]
    outlier_count: int
    outliers: list[PriceOutlier]
    acknowledgement: str


class Rows:
    """The prices of a body as a source that can be read again."""

    def __init__(self, rows: list[PriceRow]) -> None:
        self._rows = rows

    def rows(self) -> Iterator[PriceRow | RowFault]:
        """Each price once."""
        return iter(self._rows)


@post(
    "/admin/v1/price-imports",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    status_code=200,
    problems=[pricing.PriceListNotFound, pricing.OutliersUnacknowledged],
    example={
        "mode": "plan",
        "prices": [{"sku": "MUG-1", "amount": "19.99"}],
    },
)
async def import_price_rows(
    request: Request[Any, Any, Any], data: PriceImportBody
) -> PriceImportView:
    """Plan or apply an import of prices by SKU. A faulty row is reported and keeps no other out.
    The same rows again change nothing.
    """
    times = Times()
    rows = [price.row(number, times) for number, price in enumerate(data.prices, start=1)]
    done = await import_prices(
        shop(request).db,
        Rows(rows),
        price_list=data.price_list,
        actor=actor(request),
        dry_run=data.mode == "plan",
        outlier_percent=data.outlier_percent,
        acknowledged=data.acknowledge,
    )
    return shown(done, times, applied=data.mode == "apply")


def shown(done: PriceImport, times: Times, *, applied: bool) -> PriceImportView:
    """As answers show it; local times that a clock change makes odd are warnings."""
    odd = [_odd(notice.field, notice.message) for notice in times.notices]
    return PriceImportView(
        applied=applied,
        rows=done.rows,
        created=done.created,
        updated=done.updated,
        unchanged=done.unchanged,
        failed=done.failed,
        faults=[*(PriceFault(**msgspec.structs.asdict(fault)) for fault in done.faults), *odd],
        outlier_count=done.outlier_count,
        outliers=done.outliers,
        acknowledgement=done.acknowledgement,
    )


def _odd(field: str, message: str) -> PriceFault:
    _, number, column = field.split(".", 2)
    return PriceFault(row=int(number) + 1, column=column, reason=message, severity="warning")


ROUTES = [import_price_rows]
