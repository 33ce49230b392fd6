"""The only file of tax that runs SQL; statements live in store.sql."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import msgspec

from argosy.modules.tax.errors import (
    TaxClassUnknown,
    TaxRateOverlaps,
    TaxZoneCodeTaken,
    TaxZoneNotFound,
)
from argosy.modules.tax.types import Area, Rate, SetRate, SetZone, TaxClass, Zone
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def classes(tx: Tx) -> list[TaxClass]:
    """All classes in their order."""
    return [TaxClass(code=row["code"], name=row["name"]) for row in await tx.many(SQL.classes)]


async def set_class(tx: Tx, tax_class: TaxClass) -> None:
    """Create the class, or rename it."""
    await tx.run(SQL.set_class, tax_class.code, tax_class.name)


async def zones(
    tx: Tx,
    *,
    channel_id: UUID | None = None,
    zone_id: UUID | None = None,
    after: str | None = None,
    limit: int,
) -> list[Zone]:
    """Zones by code, each with its areas and rates."""
    rows = await tx.many(SQL.zones, channel_id, zone_id, after, limit)
    return [_zone(row) for row in rows]


async def zone(tx: Tx, zone_id: UUID) -> Zone:
    """Raises TaxZoneNotFound."""
    found = await zones(tx, zone_id=zone_id, limit=1)
    if not found:
        raise TaxZoneNotFound("There is no such tax zone.")
    return found[0]


async def zone_by_code(tx: Tx, code: str) -> Zone | None:
    """The zone of a code, or None."""
    row = await tx.maybe(SQL.zone_id_by_code, code)
    return None if row is None else await zone(tx, row["id"])


async def take_over_areas(tx: Tx, zone_id: UUID) -> None:
    """Take the zone's postal areas from other zones of its channel and priority."""
    await tx.run(SQL.take_over_areas, zone_id)


async def delete_rates(tx: Tx, zone_id: UUID) -> None:
    """Delete all rates of the zone."""
    await tx.run(SQL.delete_rates, zone_id)


async def insert_zone(tx: Tx, zone_id: UUID, given: SetZone) -> bool:
    """Whether the zone was inserted: False if there is one of this code."""
    row = await tx.maybe(
        SQL.insert_zone,
        zone_id,
        given.code,
        given.name,
        given.channel_id,
        given.priority,
        given.source,
        tx.now,
    )
    return row is not None


async def update_zone(tx: Tx, zone_id: UUID, version: int, given: SetZone) -> int | None:
    """The new version, None if it is another by now. Raises TaxZoneCodeTaken."""
    with _named():
        row = await tx.maybe(
            SQL.update_zone,
            zone_id,
            version,
            given.code,
            given.name,
            given.channel_id,
            given.priority,
            given.source,
            tx.now,
        )
    return None if row is None else int(row["version"])


async def touch_zone(tx: Tx, zone_id: UUID) -> int | None:
    """Raise the version of a zone (and lock it); None if it does not exist."""
    row = await tx.maybe(SQL.touch_zone, zone_id, tx.now)
    return None if row is None else int(row["version"])


async def delete_zone(tx: Tx, zone_id: UUID) -> bool:
    """Whether there was such a zone; its areas and rates go with it."""
    return await tx.run(SQL.delete_zone, zone_id) == 1


async def set_areas(tx: Tx, zone_id: UUID, given: SetZone) -> None:
    """Replace the areas of a zone."""
    await tx.run(
        SQL.set_areas,
        zone_id,
        [area.country for area in given.areas],
        [area.region for area in given.areas],
        [area.postal_prefix for area in given.areas],
    )


async def insert_rates(tx: Tx, zone_id: UUID, rates: Sequence[tuple[UUID, SetRate]]) -> None:
    """Raises TaxRateOverlaps, TaxClassUnknown."""
    with _named():
        await tx.run(
            SQL.insert_rates,
            zone_id,
            [rate_id for rate_id, _ in rates],
            [rate.tax_class for _, rate in rates],
            [rate.code for _, rate in rates],
            [rate.name for _, rate in rates],
            [rate.jurisdiction for _, rate in rates],
            [rate.rate for _, rate in rates],
            [rate.treatment for _, rate in rates],
            [rate.compound for _, rate in rates],
            [rate.position for _, rate in rates],
            [rate.valid_from for _, rate in rates],
            [rate.valid_until for _, rate in rates],
            [rate.source for _, rate in rates],
            tx.now,
        )


async def update_rate(tx: Tx, zone_id: UUID, rate_id: UUID, rate: SetRate) -> int | None:
    """The new version, None if the zone has no such rate. Raises as `insert_rates`."""
    with _named():
        row = await tx.maybe(
            SQL.update_rate,
            zone_id,
            rate_id,
            rate.tax_class,
            rate.code,
            rate.name,
            rate.jurisdiction,
            rate.rate,
            rate.treatment,
            rate.compound,
            rate.position,
            rate.valid_from,
            rate.valid_until,
            rate.source,
            tx.now,
        )
    return None if row is None else int(row["version"])


async def delete_rate(tx: Tx, zone_id: UUID, rate_id: UUID) -> bool:
    """Whether the zone had such a rate."""
    return await tx.run(SQL.delete_rate, zone_id, rate_id) == 1


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        match constraint(error):
            case "rate_overlap":
                raise TaxRateOverlaps(
                    "The zone has such a rate on these days already.", field="valid_from"
                ) from error
            case "rate_class":
                raise TaxClassUnknown("There is no such tax class.", field="tax_class") from error
            case "zone_code_unique":
                raise TaxZoneCodeTaken("Another tax zone has this code.", field="code") from error
        raise


def _zone(row: Record) -> Zone:
    fields = dict(row)
    fields["areas"] = msgspec.convert(fields["areas"], tuple[Area, ...])
    fields["rates"] = msgspec.convert(fields["rates"], tuple[Rate, ...])
    return Zone(**fields)
