"""The only file of shipping that runs SQL; statements live in store.sql."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.modules.shipping.errors import (
    ShippingCodeTaken,
    ShippingMethodNotFound,
    ShippingZoneNotFound,
)
from argosy.modules.shipping.types import (
    Method,
    SetMethod,
    SetZone,
    ShippingClass,
    StoredRate,
    Zone,
)
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def classes(tx: Tx) -> list[ShippingClass]:
    """All classes in their order."""
    rows = await tx.many(SQL.classes)
    return [ShippingClass(code=row["code"], name=row["name"]) for row in rows]


async def set_class(tx: Tx, shipping_class: ShippingClass) -> None:
    """Create the class, or rename it."""
    await tx.run(SQL.set_class, shipping_class.code, shipping_class.name)


async def zones(
    tx: Tx, *, zone_id: UUID | None = None, after: str | None = None, limit: int
) -> list[Zone]:
    """Zones by code, each with its areas."""
    return [_zone(row) for row in await tx.many(SQL.zones, zone_id, after, limit)]


async def zone(tx: Tx, zone_id: UUID) -> Zone:
    """Raises ShippingZoneNotFound."""
    found = await zones(tx, zone_id=zone_id, limit=1)
    if not found:
        raise ShippingZoneNotFound("There is no such shipping zone.")
    return found[0]


async def lock_zones(tx: Tx, zone_ids: Sequence[UUID]) -> set[UUID]:
    """Which of the zones exist; they cannot be deleted before this transaction ends."""
    return {row["id"] for row in await tx.many(SQL.lock_zones, list(zone_ids))}


async def insert_zone(tx: Tx, zone_id: UUID, given: SetZone) -> None:
    """Raises ShippingCodeTaken."""
    with _named():
        await tx.run(SQL.insert_zone, zone_id, given.code, given.name, tx.now)


async def update_zone(tx: Tx, zone_id: UUID, version: int, given: SetZone) -> int | None:
    """The new version, None if it is another by now. Raises ShippingCodeTaken."""
    with _named():
        row = await tx.maybe(SQL.update_zone, zone_id, version, given.code, given.name, tx.now)
    return None if row is None else int(row["version"])


async def lock_zone(tx: Tx, zone_id: UUID) -> bool:
    """Whether there is such a zone; nobody else can use or change it before we end."""
    return await tx.maybe(SQL.lock_zone, zone_id) is not None


async def zone_is_used(tx: Tx, zone_id: UUID) -> bool:
    """Whether a method serves the zone."""
    return bool((await tx.one(SQL.zone_is_used, zone_id))["used"])


async def delete_zone(tx: Tx, zone_id: UUID) -> None:
    """Delete the zone with its areas."""
    await tx.run(SQL.delete_zone, zone_id)


async def set_areas(tx: Tx, zone_id: UUID, given: SetZone) -> None:
    """Replace the areas of a zone."""
    await tx.run(SQL.set_areas, zone_id, given.areas)


async def methods(
    tx: Tx,
    *,
    channel_id: UUID | None = None,
    method_id: UUID | None = None,
    after: tuple[UUID, str] | None = None,
    limit: int,
) -> list[Method]:
    """Methods by channel and code."""
    last_channel, last_code = after or (None, None)
    rows = await tx.many(SQL.methods, channel_id, method_id, last_channel, last_code, limit)
    return [_method(row) for row in rows]


async def method(tx: Tx, method_id: UUID) -> Method:
    """Raises ShippingMethodNotFound."""
    found = await methods(tx, method_id=method_id, limit=1)
    if not found:
        raise ShippingMethodNotFound("There is no such shipping method.")
    return found[0]


async def insert_method(tx: Tx, method_id: UUID, channel_id: UUID, given: SetMethod) -> None:
    """Raises ShippingCodeTaken."""
    with _named():
        await tx.run(SQL.insert_method, method_id, channel_id, *_values(given), tx.now)


async def update_method(tx: Tx, method_id: UUID, version: int, given: SetMethod) -> int | None:
    """The new version, None if it is another by now. Raises ShippingCodeTaken."""
    with _named():
        row = await tx.maybe(SQL.update_method, method_id, version, *_values(given), tx.now)
    return None if row is None else int(row["version"])


async def delete_method(tx: Tx, method_id: UUID) -> bool:
    """Whether there was such a method."""
    return await tx.run(SQL.delete_method, method_id) == 1


def _values(given: SetMethod) -> tuple[object, ...]:
    return (
        given.code,
        given.name,
        given.description,
        given.pricing,
        given.tax_class,
        list(given.zone_ids),
        given.tiers,
        given.class_rules,
        given.min_days,
        given.max_days,
        given.position,
        given.active,
        given.packing,
        given.conditions,
        given.free_from,
        given.promise,
        given.live,
    )


async def rates(tx: Tx, keys: Sequence[str]) -> list[StoredRate]:
    """The answers that are kept of these questions."""
    return [_rate(row) for row in await tx.many(SQL.rates, list(keys))]


async def keep_rates(tx: Tx, given: Sequence[StoredRate]) -> None:
    """Insert answers, or replace older ones."""
    await tx.run(SQL.keep_rates, given)


async def forget_rates(tx: Tx, before: datetime) -> int:
    """Delete old answers."""
    return await tx.run(SQL.forget_rates, before)


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if constraint(error) in {"zone_code_unique", "method_code_unique"}:
            raise ShippingCodeTaken("This code is taken.", field="code") from error
        raise


def _zone(row: Record) -> Zone:
    return msgspec.convert(dict(row), Zone)


def _method(row: Record) -> Method:
    return msgspec.convert(dict(row), Method)


def _rate(row: Record) -> StoredRate:
    return msgspec.convert(dict(row), StoredRate)
