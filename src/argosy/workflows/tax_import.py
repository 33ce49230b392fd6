"""Import a table of local tax rates: each zone of the file becomes exactly what the file says.

Zones go in batches, one transaction each. A zone with a row that cannot be taken is left as it was
and reported, because half of its rates would be a wrong tax. The same file again writes nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final
from uuid import UUID

import msgspec

from argosy.kernel.ids import encode, new_id
from argosy.modules import staff, tax
from argosy.modules.staff import Actor
from argosy.modules.tax import Area, SetRate, SetZone
from argosy.modules.tax.ports import RateRow, RateSource, TaxFault
from argosy.runtime.db import Database, Tx

BATCH_ZONES: Final = 200
MAX_FAULTS: Final = 10_000
"""How many faults are kept for the report; all of them are counted."""

OnProgress = Callable[["TaxImport"], None]


class TaxImport(msgspec.Struct, kw_only=True):
    """What an import did, so far. Every zone of the file is in exactly one of the four counts."""

    rows: int = 0
    zones: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    warnings: int = 0
    faults: list[TaxFault] = []


class _Found(msgspec.Struct):
    """A zone as the rows so far tell it."""

    row: int
    name: str
    areas: dict[Area, None]
    rates: dict[SetRate, None]
    faulty: bool = False


async def import_tax_rates(
    db: Database,
    source: RateSource,
    *,
    channel_id: UUID | None = None,
    priority: int = 0,
    regions: frozenset[str] = frozenset(),
    actor: Actor = staff.SYSTEM,
    dry_run: bool = False,
    on_progress: OnProgress = lambda _: None,
) -> TaxImport:
    """Make the zones of a table, for one channel or (None) for all.

    `regions` leaves out places elsewhere ("CA", "NY": where the seller must collect). Zones that
    are not in the file are left alone. A dry run says the same and stores nothing. Raises what the
    source raises, and DatabaseUnavailable; then start it again.
    """
    done = TaxImport()
    zones = _gathered(source, regions, done)
    done.zones = len(zones)
    sound = ((code, found) for code, found in sorted(zones.items()) if not _is_faulty(found, done))
    for batch in _batches(sound):
        async with db.transaction() as tx:
            try:
                async with tx.savepoint():
                    for code, found in batch:
                        await _put(tx, code, found, channel_id, priority, done)
                    if dry_run:
                        raise _DryRun
            except _DryRun:
                pass
        on_progress(done)
    if not dry_run:
        await _tell(db, actor, done)
    return done


class _DryRun(Exception):
    """Takes back what a dry run wrote, after it was counted."""


def _gathered(source: RateSource, regions: frozenset[str], done: TaxImport) -> dict[str, _Found]:
    zones: dict[str, _Found] = {}
    for row in source.rows():
        if isinstance(row, TaxFault):
            _note(done, row)
            if row.zone:
                _zone(zones, row.zone, row.row, row.zone).faulty = True
            continue
        done.rows += 1
        if regions and (row.area is None or row.area.region not in regions):
            continue
        _add(_zone(zones, row.zone, row.row, row.name), row, done)
    return zones


def _zone(zones: dict[str, _Found], code: str, row: int, name: str) -> _Found:
    return zones.setdefault(code, _Found(row=row, name=name, areas={}, rates={}))


def _add(found: _Found, row: RateRow, done: TaxImport) -> None:
    if row.name != found.name and not found.faulty:
        found.faulty = True
        reason = f"The zone {row.zone} is called {found.name!r} in row {found.row}."
        _note(done, TaxFault(row=row.row, column="zone_name", reason=reason))
    if row.area is not None:
        found.areas[row.area] = None
    found.rates.update(dict.fromkeys(row.rates))


def _is_faulty(found: _Found, done: TaxImport) -> bool:
    if found.faulty:
        done.failed += 1
    return found.faulty


def _batches(zones: Iterable[tuple[str, _Found]]) -> Iterator[list[tuple[str, _Found]]]:
    rest = iter(zones)
    while batch := list(islice(rest, BATCH_ZONES)):
        yield batch


async def _put(  # noqa: PLR0917 - a zone and how it is stored
    tx: Tx, code: str, found: _Found, channel_id: UUID | None, priority: int, done: TaxImport
) -> None:
    zone = SetZone(
        code=code,
        name=found.name,
        areas=tuple(found.areas),
        channel_id=channel_id,
        priority=priority,
        source=next((rate.source for rate in found.rates), ""),
    )
    try:
        async with tx.savepoint():
            became = await tax.put_zone(tx, zone, tuple(found.rates))
    except (
        tax.TaxZoneInvalid,
        tax.TaxRateInvalid,
        tax.TaxRateOverlaps,
        tax.TaxClassUnknown,
    ) as error:
        done.failed += 1
        reason = f"Zone {code}: {error.message} {error.cure or ''}".rstrip()
        _note(done, TaxFault(row=found.row, column=error.field or "", reason=reason))
        return
    setattr(done, became, getattr(done, became) + 1)


async def _tell(db: Database, actor: Actor, done: TaxImport) -> None:
    counts = {name: getattr(done, name) for name in ("created", "updated", "unchanged", "failed")}
    async with db.transaction() as tx:
        await staff.audit(tx, actor, "tax_rates.imported", encode("import", new_id()), None, counts)


def _note(done: TaxImport, fault: TaxFault) -> None:
    if fault.severity == "warning":
        done.warnings += 1
    if len(done.faults) < MAX_FAULTS:
        done.faults.append(fault)
