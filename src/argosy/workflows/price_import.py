"""Import prices from a file, by SKU and price list.

Rows go in batches, one transaction each; what is reported as done is done. A row that cannot be
taken is reported with its line, column and reason, and never keeps the others out. The same file
again writes nothing (E4), so that an interrupted import is simply started again.

Before anything is stored the whole file is planned: prices that move by more than `outlier_percent`
keep all of it out until somebody has acknowledged exactly these.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode, new_id
from argosy.kernel.money import InexactAmount, Money
from argosy.modules import catalog, pricing, staff
from argosy.modules.pricing import Price, PriceList, SetPrice
from argosy.modules.pricing.ports import PriceRow, PriceSource, RowFault
from argosy.modules.staff import Actor
from argosy.runtime.db import Database, Tx

BATCH_ROWS: Final = 2000
MAX_FAULTS: Final = 10_000
"""How many faults are kept for the report; all of them are counted."""
MAX_OUTLIERS: Final = 1_000
_MAX_LISTS: Final = 10_000
_PAGE: Final = 10_000

OnProgress = Callable[["PriceImport"], None]


class PriceOutlier(msgspec.Struct, frozen=True, kw_only=True):
    """A price that moves far: from `before_minor` to `after_minor` minor units of the currency."""

    row: int
    sku: str
    price_list: str
    min_quantity: int
    currency: str
    before_minor: int
    after_minor: int


class PriceImport(msgspec.Struct, kw_only=True):
    """What an import did, so far. Every row of the file is in exactly one of the four counts.

    `outliers` are the first of `outlier_count`; `acknowledgement` stands for exactly these, and is
    empty when there are none.
    """

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    warnings: int = 0
    faults: list[RowFault] = []
    outlier_count: int = 0
    outliers: list[PriceOutlier] = []
    acknowledgement: str = ""


class _Resolved(msgspec.Struct, frozen=True):
    row: PriceRow
    price_list: PriceList
    price: SetPrice


async def import_prices(
    db: Database,
    source: PriceSource,
    *,
    price_list: str | None = None,
    actor: Actor = staff.SYSTEM,
    dry_run: bool = False,
    outlier_percent: int = pricing.OUTLIER_PERCENT,
    acknowledged: str | None = None,
    on_progress: OnProgress = lambda _: None,
) -> PriceImport:
    """Set the prices of a file; rows without a list of their own go into `price_list`.

    A dry run says the same and stores nothing: it is the plan. `source` is read twice otherwise.
    Raises what the source raises, PriceListNotFound for an unknown `price_list`,
    OutliersUnacknowledged before anything is stored, and DatabaseUnavailable; then start it again.
    """
    async with db.reading() as tx:
        lists = {each.code: each for each in await pricing.list_price_lists(tx, limit=_MAX_LISTS)}
    if price_list is not None and price_list not in lists:
        raise pricing.PriceListNotFound(
            f"There is no price list {price_list!r}.", field="price_list"
        )
    plan = _Run(db, lists, price_list, dry_run=True, percent=outlier_percent)
    planned = await plan.all(source, on_progress if dry_run else lambda _: None)
    if dry_run:
        return planned
    if planned.outlier_count and acknowledged != planned.acknowledgement:
        raise pricing.OutliersUnacknowledged(
            f"{planned.outlier_count} prices move by more than {outlier_percent} %.",
            field="acknowledge",
            cure=f"If they are right, import again with {planned.acknowledgement!r}.",
            count=planned.outlier_count,
            acknowledgement=planned.acknowledgement,
            outliers=[msgspec.to_builtins(each) for each in planned.outliers[:100]],
        )
    done = await _Run(db, lists, price_list, dry_run=False).all(source, on_progress)
    done.outlier_count, done.outliers = planned.outlier_count, planned.outliers
    done.acknowledgement = planned.acknowledgement
    await _tell(db, actor, done)
    return done


class _Run:
    """One pass over a file."""

    def __init__(
        self,
        db: Database,
        lists: Mapping[str, PriceList],
        default: str | None,
        *,
        dry_run: bool,
        percent: int | None = None,
    ) -> None:
        self._db = db
        self._lists = lists
        self._default = default
        self._dry_run = dry_run
        self._percent = percent
        self._seen: dict[tuple[object, ...], int] = {}
        self._digest = sha256()

    async def all(self, source: PriceSource, on_progress: OnProgress) -> PriceImport:
        """Work off the file in batches."""
        done = PriceImport()
        for batch in _batches(source, done):
            async with self._db.transaction() as tx:
                try:
                    async with tx.savepoint():
                        await self._batch(tx, batch, done)
                        if self._dry_run:
                            raise _DryRun
                except _DryRun:
                    pass
            on_progress(done)
        if done.outlier_count:
            done.acknowledgement = self._digest.hexdigest()[:16]
        return done

    async def _batch(self, tx: Tx, batch: Sequence[PriceRow], done: PriceImport) -> None:
        found = await _resolved(tx, batch, self._lists, default=self._default, done=done)
        rows = [row for row in found if _is_first(row, self._seen, done)]
        rows = await _stepping(tx, rows, done)
        if self._percent is not None:
            for outlier in await _outliers(tx, rows, self._percent):
                done.outlier_count += 1
                self._digest.update(msgspec.json.encode(outlier))
                if len(done.outliers) < MAX_OUTLIERS:
                    done.outliers.append(outlier)
        await _write_all(tx, rows, done)


async def _outliers(tx: Tx, rows: Sequence[_Resolved], percent: int) -> list[PriceOutlier]:
    """The rows that move far from the price of the same list and quantity in force until then."""
    by_list: dict[UUID, list[_Resolved]] = {}
    for row in rows:
        by_list.setdefault(row.price_list.id, []).append(row)
    found = []
    for list_id, members in by_list.items():
        variants = {row.price.variant_id for row in members}
        present: dict[tuple[UUID, int], list[Price]] = {}
        after: tuple[UUID, UUID] | None = None
        while page := await pricing.list_prices(
            tx, list_id, variant_ids=sorted(variants), after=after, limit=_PAGE
        ):
            for price in page:
                present.setdefault((price.variant_id, price.min_quantity), []).append(price)
            after = (page[-1].variant_id, page[-1].id)
        for row in members:
            same = present.get((row.price.variant_id, row.price.min_quantity), ())
            outlier = _outlier(row, same, percent, tx.now)
            if outlier is not None:
                found.append(outlier)
    return sorted(found, key=lambda outlier: outlier.row)


def _outlier(
    row: _Resolved, present: Sequence[Price], percent: int, now: datetime
) -> PriceOutlier | None:
    price = row.price
    at = price.valid_from or now
    before = pricing.resolve(present, price.min_quantity, at).taken
    if before is None or not pricing.is_outlier(before.amount_minor, price.amount_minor, percent):
        return None
    return PriceOutlier(
        row=row.row.row,
        sku=row.row.sku,
        price_list=row.price_list.code,
        min_quantity=price.min_quantity,
        currency=row.price_list.currency,
        before_minor=before.amount_minor,
        after_minor=price.amount_minor,
    )


async def _tell(db: Database, actor: Actor, done: PriceImport) -> None:
    counts = {name: getattr(done, name) for name in ("created", "updated", "unchanged", "failed")}
    async with db.transaction() as tx:
        await staff.audit(tx, actor, "prices.imported", encode("import", new_id()), None, counts)


class _DryRun(Exception):
    """Takes back what a dry run wrote, after it was counted."""


def _batches(source: PriceSource, done: PriceImport) -> Iterator[list[PriceRow]]:
    batch: list[PriceRow] = []
    for row in source.rows():
        if isinstance(row, RowFault):
            _note(done, row)
            continue
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


async def _resolved(
    tx: Tx,
    batch: Sequence[PriceRow],
    lists: Mapping[str, PriceList],
    *,
    default: str | None,
    done: PriceImport,
) -> list[_Resolved]:
    variants = await catalog.variant_ids_by_sku(tx, [row.sku for row in batch])
    found: list[_Resolved] = []
    for row in batch:
        variant_id = variants.get(row.sku.strip().lower())
        prices = lists.get(row.price_list or default or "")
        if variant_id is None:
            _fail(done, row, "sku", f"There is no variant with the SKU {row.sku!r}.")
        elif prices is None:
            named = row.price_list or default
            reason = f"There is no price list {named!r}." if named else "No price list is named."
            _fail(done, row, "price_list", reason)
        else:
            price = _price(row, variant_id, prices, done)
            if price is not None:
                found.append(_Resolved(row, prices, price))
    return found


def _price(
    row: PriceRow, variant_id: UUID, prices: PriceList, done: PriceImport
) -> SetPrice | None:
    column, currency = "amount", prices.currency
    try:
        amount = Money.from_decimal(row.amount, currency)
        column = "compare_at"
        before = None if row.compare_at is None else Money.from_decimal(row.compare_at, currency)
        price = SetPrice(
            variant_id=variant_id,
            amount_minor=amount.minor,
            min_quantity=row.min_quantity,
            priority=row.priority,
            compare_at_minor=None if before is None else before.minor,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        pricing.check_price(price)
    except (InexactAmount, ValueError) as error:
        _fail(done, row, column, f"{error}.")
    except pricing.PriceInvalid as error:
        _fail(done, row, _column_of(error), f"{error.message} {error.cure}")
    else:
        return price
    return None


_COLUMNS: Final = {"amount_minor": "amount", "compare_at_minor": "compare_at"}


def _column_of(error: ArgosyError) -> str:
    name = (error.field or "").rpartition(".")[2]
    return {**_COLUMNS, "valid_until": "valid_to"}.get(name, name)


def _is_first(resolved: _Resolved, seen: dict[tuple[object, ...], int], done: PriceImport) -> bool:
    price = resolved.price
    rank = (
        resolved.price_list.id,
        price.variant_id,
        price.min_quantity,
        price.priority,
        price.valid_from,
        price.valid_until,
    )
    first = seen.setdefault(rank, resolved.row.row)
    if first == resolved.row.row:
        return True
    _fail(done, resolved.row, "sku", f"Row {first} sets this price already.")
    return False


async def _write_all(tx: Tx, rows: Sequence[_Resolved], done: PriceImport) -> None:
    by_list: dict[UUID, list[_Resolved]] = {}
    for row in rows:
        by_list.setdefault(row.price_list.id, []).append(row)
    for list_id in sorted(by_list):
        await _write(tx, list_id, by_list[list_id], done)


async def _stepping(tx: Tx, rows: Sequence[_Resolved], done: PriceImport) -> list[_Resolved]:
    """The rows that move no farther than their lists allow; the others are reported."""
    by_list: dict[UUID, list[_Resolved]] = {}
    for row in rows:
        by_list.setdefault(row.price_list.id, []).append(row)
    fit: list[_Resolved] = []
    for list_id, members in sorted(by_list.items()):
        left = members
        while refused := await pricing.large_steps(tx, list_id, [row.price for row in left]):
            for place, error in sorted(refused.items()):
                _fail(done, left[place].row, "amount", f"{error.message} {error.cure}")
            left = [row for place, row in enumerate(left) if place not in refused]
        fit += left
    return fit


async def _write(tx: Tx, list_id: UUID, rows: Sequence[_Resolved], done: PriceImport) -> None:
    """Write rows of one list; halve what is refused until the row at fault stands alone."""
    try:
        async with tx.savepoint():
            written = await pricing.set_prices(tx, list_id, [row.price for row in rows])
    except pricing.PricesOverlap as error:
        if len(rows) == 1:
            _fail(done, rows[0].row, "valid_from", error.message)
            return
        middle = len(rows) // 2
        await _write(tx, list_id, rows[:middle], done)
        await _write(tx, list_id, rows[middle:], done)
        return
    done.rows += len(rows)
    done.created += written.created
    done.updated += written.updated
    done.unchanged += written.unchanged


def _fail(done: PriceImport, row: PriceRow, column: str, reason: str) -> None:
    _note(done, RowFault(row=row.row, column=column, reason=reason))


def _note(done: PriceImport, fault: RowFault) -> None:
    if fault.severity == "warning":
        done.warnings += 1
    else:
        done.rows += 1
        done.failed += 1
    if len(done.faults) < MAX_FAULTS:
        done.faults.append(fault)
