"""Import stock from a file: counts, movements, and how each level sells.

Rows go in batches; what can be taken is taken, and every other row is reported with its number,
column and reason (DOMAIN.md E4). The same file again does no harm: a count says how much there is
as of an instant, so it finds itself (F7); a movement is applied once by its reference, or without
one by the content of the file and its row; a selling rule is set to what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

import msgspec
from msgspec import UnsetType

from argosy.kernel.ids import new_id
from argosy.modules import catalog, inventory
from argosy.modules.inventory import (
    MAX_QUANTITY,
    Count,
    Fact,
    FactItem,
    FactReused,
    InstantInFuture,
    Location,
    Movement,
    Selling,
)
from argosy.modules.inventory.ports import RowFault, StockRow, StockSource
from argosy.runtime.db import Database, Tx

BATCH_ROWS = 500
MAX_ISSUES = 10_000


class StockIssue(msgspec.Struct, frozen=True, kw_only=True):
    """A row, or the whole file (row 1), of which something was not taken."""

    row: int
    column: str
    key: str
    severity: str
    code: str
    message: str


class StockImportReport(msgspec.Struct, kw_only=True):
    """What became of a file. Every row is counted once: applied, unchanged or failed.

    `unchanged` holds rows that were so already, that say nothing, or that a newer count outdated.
    """

    file: str
    rows: int = 0
    applied: int = 0
    unchanged: int = 0
    failed: int = 0
    issues: list[StockIssue] = msgspec.field(default_factory=list)
    issues_left_out: int = 0

    def tell(self, row: StockRow, fault: RowFault, severity: str) -> None:
        """Add to the report; beyond MAX_ISSUES they are only counted."""
        if len(self.issues) >= MAX_ISSUES:
            self.issues_left_out += 1
            return
        self.issues.append(
            StockIssue(
                row=row.row,
                column=fault.column,
                key=row.sku,
                severity=severity,
                code=fault.code,
                message=fault.message,
            )
        )

    def fail(self, row: StockRow, *faults: RowFault) -> None:
        """The row is not taken, for these reasons."""
        self.failed += 1
        for fault in faults:
            self.tell(row, fault, "error")


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows refer to, and what has been said of each key so far."""

    locations: Mapping[str, Location]
    default_location: str | None
    as_of: datetime
    counted: set[tuple[UUID, UUID]] = msgspec.field(default_factory=set)
    sold: set[tuple[UUID, UUID]] = msgspec.field(default_factory=set)


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """A row whose SKU and location exist."""

    row: StockRow
    variant_id: UUID
    location_id: UUID

    @property
    def key(self) -> tuple[UUID, UUID]:
        """The level it is about."""
        return self.variant_id, self.location_id


async def import_stock(
    db: Database,
    source: StockSource,
    *,
    actor: str,
    location: str | None = None,
    as_of: datetime | None = None,
    on_progress: Callable[[StockImportReport], None] = lambda _: None,
) -> StockImportReport:
    """Import a stock file; opens its own transactions, so an interrupted run is simply repeated.

    `location` is for rows that name none. `as_of` (default now) is for counts that say no time:
    give the time of the count, or what left the shelf since is counted again. Raises
    FileUnreadable, InstantInFuture.
    """
    digest, run = source.digest(), new_id()
    report = StockImportReport(file=source.file_name)
    for fault in source.warnings():
        report.tell(StockRow(row=1, sku=""), fault, "warning")
    known = await _known(db, source, location, as_of)
    rows = source.rows()
    number = 0
    while batch := list(islice(rows, BATCH_ROWS)):
        number += 1
        report.rows += len(batch)
        async with db.reading() as tx:
            lines = await _resolve(tx, batch, known, report)
        outcomes: dict[int, str] = {}
        # Selling rules first: they may be what a count needs to be sellable. Each step locks its
        # levels in the order of their keys, as every buyer does, in a transaction of its own.
        await _sell(db, lines, outcomes)
        await _count(db, lines, outcomes, actor, f"import:count:{run}:{number}")
        await _move(db, lines, outcomes, actor, f"import:{digest}")
        _conclude(lines, outcomes, report)
        on_progress(report)
    return report


async def _known(
    db: Database, source: StockSource, location: str | None, as_of: datetime | None
) -> _Known:
    async with db.reading() as tx:
        codes = {row.location for row in source.rows()} | {location}
        locations = await inventory.locations_by_code(tx, [code for code in codes if code])
        now = tx.now
    if as_of is not None and as_of > now:
        raise InstantInFuture(f"{as_of.isoformat()} is in the future.", field="as_of")
    return _Known(locations=locations, default_location=location, as_of=as_of or now)


async def _resolve(
    tx: Tx, batch: Sequence[StockRow], known: _Known, report: StockImportReport
) -> list[_Line]:
    """The rows that can be taken, in lock order; the others are reported."""
    variants = await catalog.variant_ids_by_sku(tx, [row.sku for row in batch if row.sku])
    lines: list[_Line] = []
    for row in batch:
        faults = [*row.faults, *_faults(row, tx.now)]
        code = row.location or known.default_location
        place = known.locations.get(code) if code else None
        variant = variants.get(catalog.sku_key(row.sku))
        if row.sku and variant is None:
            message = f"There is no variant with the SKU {row.sku!r}."
            faults.append(RowFault(column="sku", code="unknown_sku", message=message))
        if place is None:
            message = f"There is no location {code!r}." if code else "The row names no location."
            faults.append(RowFault(column="location", code="unknown_location", message=message))
        if faults or variant is None or place is None:
            report.fail(row, *faults)
            continue
        line = _Line(row=_timed(row, known.as_of), variant_id=variant, location_id=place.id)
        repeated = _repeated(line, known)
        if repeated:
            report.fail(row, repeated)
        else:
            lines.append(line)
    return sorted(lines, key=lambda line: (*line.key, line.row.row))


def _timed(row: StockRow, as_of: datetime) -> StockRow:
    return row if row.on_hand is None or row.as_of else msgspec.structs.replace(row, as_of=as_of)


def _faults(row: StockRow, now: datetime) -> Iterator[RowFault]:
    if row.as_of is not None and row.as_of > now:
        message = f"{row.as_of.isoformat()} is in the future: is the time zone right?"
        yield RowFault(column="as_of", code="in_the_future", message=message)
    if row.on_hand is not None and row.adjust is not None:
        message = "A row has either a count or a movement."
        yield RowFault(column="adjust", code="count_and_movement", message=message)
    for column in ("on_hand", "adjust", "expected", "safety_stock"):
        quantity = getattr(row, column)
        if isinstance(quantity, int) and abs(quantity) > MAX_QUANTITY:
            yield _out_of_range(column, quantity)
    for column in ("backorder_limit", "low_threshold"):
        quantity = getattr(row, column)
        if isinstance(quantity, int) and not 0 <= quantity <= MAX_QUANTITY:
            yield _out_of_range(column, quantity)


def _out_of_range(column: str, quantity: int) -> RowFault:
    message = f"{quantity} is not a possible quantity here."
    return RowFault(column=column, code="out_of_range", message=message)


def _repeated(line: _Line, known: _Known) -> RowFault | None:
    """Two counts of one key, or two rules for it, contradict each other; movements add up."""
    for said, seen, column in (
        (line.row.on_hand is not None, known.counted, "on_hand"),
        (_sells(line.row), known.sold, "safety_stock"),
    ):
        if said and line.key in seen:
            message = "An earlier row says this of the same SKU and location."
            return RowFault(column=column, code="named_twice", message=message)
        if said:
            seen.add(line.key)
    return None


def _sells(row: StockRow) -> bool:
    return not all(
        isinstance(value, UnsetType)
        for value in (row.safety_stock, row.backorder_limit, row.low_threshold)
    )


async def _sell(db: Database, lines: Sequence[_Line], outcomes: dict[int, str]) -> None:
    wanted = [line for line in lines if _sells(line.row)]
    if not wanted:
        return
    async with db.transaction() as tx:
        levels = {
            (level.variant_id, level.location_id): level
            for level in await inventory.levels_of(tx, [line.variant_id for line in wanted])
        }
        for line in wanted:
            level = levels.get(line.key)
            current = Selling()
            if level is not None:
                current = Selling(
                    safety_stock=level.safety_stock,
                    backorder_limit=level.backorder_limit,
                    low_threshold=level.low_threshold,
                )
            selling = _merged(current, line.row)
            outcomes[line.row.row] = "unchanged" if level and selling == current else "applied"
            if outcomes[line.row.row] == "applied":
                await inventory.set_selling(tx, line.variant_id, line.location_id, selling)


def _merged(current: Selling, row: StockRow) -> Selling:
    default = Selling()
    given: dict[str, int] = {}
    for name in ("safety_stock", "backorder_limit", "low_threshold"):
        value = getattr(row, name)
        if not isinstance(value, UnsetType):
            given[name] = getattr(default, name) if value is None else value
    return msgspec.structs.replace(current, **given)


async def _count(
    db: Database, lines: Sequence[_Line], outcomes: dict[int, str], actor: str, key: str
) -> None:
    counted = [line for line in lines if line.row.on_hand is not None]
    if not counted:
        return
    items = tuple(
        Count(
            variant_id=line.variant_id,
            location_id=line.location_id,
            on_hand=line.row.on_hand or 0,
            as_of=line.row.as_of,
            expected=line.row.expected,
        )
        for line in counted
    )
    fact = Fact(key=key, kind="import", reason="import", actor=actor, items=items)
    async with db.transaction() as tx:
        posted = await inventory.post_fact(tx, fact)
    for line, item in zip(counted, posted.items, strict=True):
        _note(outcomes, line, item)


async def _move(
    db: Database, lines: Sequence[_Line], outcomes: dict[int, str], actor: str, key: str
) -> None:
    moved = [line for line in lines if line.row.adjust]
    if not moved:
        return
    async with db.transaction() as tx:
        for line in moved:
            try:
                posted = await inventory.post_fact(tx, _movement(line, actor, key))
            except FactReused:
                outcomes[line.row.row] = "reused"
                continue
            if posted.repeated:
                outcomes.setdefault(line.row.row, "repeated")
            else:
                _note(outcomes, line, posted.items[0])


def _movement(line: _Line, actor: str, key: str) -> Fact:
    # A fact for each row: rows that failed at first are applied by the next run, the others not.
    item = Movement(
        variant_id=line.variant_id,
        location_id=line.location_id,
        on_hand=line.row.adjust or 0,
        occurred_at=line.row.as_of,
        expected=line.row.expected,
    )
    named = line.row.reference
    return Fact(
        key=f"import:reference:{named}" if named else f"{key}:{line.row.row}",
        kind="adjustment",
        reason="import",
        actor=actor,
        items=(item,),
    )


def _note(outcomes: dict[int, str], line: _Line, item: FactItem) -> None:
    if item.outcome != "unchanged" or line.row.row not in outcomes:
        outcomes[line.row.row] = item.outcome


def _conclude(
    lines: Sequence[_Line], outcomes: Mapping[int, str], report: StockImportReport
) -> None:
    for line in sorted(lines, key=lambda line: line.row.row):
        outcome = outcomes.get(line.row.row, "silent")
        if outcome in {"mismatch", "reused"}:
            report.fail(line.row, _TOLD[outcome])
            continue
        if outcome == "applied":
            report.applied += 1
        else:
            report.unchanged += 1
        if outcome in _TOLD:
            report.tell(line.row, _TOLD[outcome], "warning")


_TOLD = {
    "mismatch": RowFault(
        column="expected", code="mismatch", message="We had another quantity than expected."
    ),
    "reused": RowFault(
        column="reference", code="reused", message="This reference was used for another movement."
    ),
    "stale": RowFault(
        column="as_of", code="stale", message="A newer count is known; this one changes nothing."
    ),
    "repeated": RowFault(
        column="adjust", code="repeated", message="This row of this file was applied before."
    ),
    "silent": RowFault(column="", code="says_nothing", message="The row says no quantity."),
}
