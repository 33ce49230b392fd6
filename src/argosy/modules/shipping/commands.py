"""Setting up zones, classes and methods. Each change notifies the caches of compiled rules."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.shipping import store
from argosy.modules.shipping.errors import (
    ShippingChanged,
    ShippingMethodInvalid,
    ShippingZoneNotFound,
    ShippingZoneUsed,
)
from argosy.modules.shipping.events import ShippingMethodChanged, ShippingZoneChanged
from argosy.modules.shipping.rules import checking
from argosy.modules.shipping.types import (
    Method,
    SetMethod,
    SetZone,
    ShippingClass,
    StoredRate,
    Zone,
)
from argosy.runtime.db import Tx

RULES_TOPIC: Final = "rules"


async def set_shipping_class(tx: Tx, shipping_class: ShippingClass) -> ShippingClass:
    """Create a class, or rename it. Raises ShippingMethodInvalid for an impossible code."""
    if not checking.is_class_code(shipping_class.code) or not shipping_class.name.strip():
        raise ShippingMethodInvalid(
            "A shipping class has a code and a name.",
            field="code",
            cure="Lower-case letters, digits, _ and -, and a name.",
        )
    await store.set_class(tx, shipping_class)
    return shipping_class


async def create_zone(tx: Tx, cmd: SetZone) -> Zone:
    """Create a zone. Raises ShippingZoneInvalid, ShippingCodeTaken."""
    zone_id = new_id()
    cmd = checking.check_zone(cmd)
    await store.insert_zone(tx, zone_id, cmd)
    await store.set_areas(tx, zone_id, cmd)
    return await _zone_changed(tx, zone_id)


async def update_zone(tx: Tx, zone_id: UUID, cmd: SetZone, *, expected_version: int) -> Zone:
    """Replace a zone's settings and areas.

    Raises ShippingZoneNotFound, ShippingZoneInvalid, ShippingCodeTaken, ShippingChanged.
    """
    cmd = checking.check_zone(cmd)
    if await store.update_zone(tx, zone_id, expected_version, cmd) is None:
        await store.zone(tx, zone_id)
        raise ShippingChanged("The shipping zone was changed meanwhile.")
    await store.set_areas(tx, zone_id, cmd)
    return await _zone_changed(tx, zone_id)


async def delete_zone(tx: Tx, zone_id: UUID) -> Zone:
    """Delete a zone; return what it was. Raises ShippingZoneNotFound, ShippingZoneUsed."""
    if not await store.lock_zone(tx, zone_id):
        raise ShippingZoneNotFound("There is no such shipping zone.")
    if await store.zone_is_used(tx, zone_id):
        raise ShippingZoneUsed(
            "Shipping methods serve this zone.", cure="Take it off those methods first."
        )
    zone = await store.zone(tx, zone_id)
    await store.delete_zone(tx, zone_id)
    tx.emit(ShippingZoneChanged(zone_id=zone.id, code=zone.code, removed=True))
    tx.notify(RULES_TOPIC, "*")
    return zone


async def create_method(
    tx: Tx, channel_id: UUID, cmd: SetMethod, *, carriers: Collection[str] = ()
) -> Method:
    """Create a way to ship in a channel; `carriers` can be asked for live rates.

    Raises ShippingMethodInvalid, ShippingCodeTaken.
    """
    method_id = new_id()
    checking.check_method(cmd, await store.lock_zones(tx, cmd.zone_ids), carriers)
    await store.insert_method(tx, method_id, channel_id, cmd)
    return await _method_changed(tx, method_id)


async def update_method(
    tx: Tx,
    method_id: UUID,
    cmd: SetMethod,
    *,
    expected_version: int,
    carriers: Collection[str] = (),
) -> Method:
    """Replace a method's settings. Orders keep the price that they were placed with.

    Raises ShippingMethodNotFound, ShippingMethodInvalid, ShippingCodeTaken, ShippingChanged.
    """
    checking.check_method(cmd, await store.lock_zones(tx, cmd.zone_ids), carriers)
    if await store.update_method(tx, method_id, expected_version, cmd) is None:
        await store.method(tx, method_id)
        raise ShippingChanged("The shipping method was changed meanwhile.")
    return await _method_changed(tx, method_id)


async def delete_method(tx: Tx, method_id: UUID) -> Method:
    """Delete a method; return what it was. Raises ShippingMethodNotFound."""
    method = await store.method(tx, method_id)
    await store.delete_method(tx, method_id)
    _announce(tx, method, removed=True)
    return method


async def keep_rates(tx: Tx, rates: Sequence[StoredRate]) -> None:
    """Keep carriers' answers for all processes; the newest of a question wins. One statement."""
    await store.keep_rates(tx, sorted(rates, key=lambda rate: rate.key))


async def forget_rates(tx: Tx, before: datetime) -> int:
    """Delete answers of before that instant; how many."""
    return await store.forget_rates(tx, before)


async def _zone_changed(tx: Tx, zone_id: UUID) -> Zone:
    zone = await store.zone(tx, zone_id)
    tx.emit(ShippingZoneChanged(zone_id=zone.id, code=zone.code))
    tx.notify(RULES_TOPIC, "*")
    return zone


async def _method_changed(tx: Tx, method_id: UUID) -> Method:
    method = await store.method(tx, method_id)
    _announce(tx, method, removed=False)
    return method


def _announce(tx: Tx, method: Method, *, removed: bool) -> None:
    tx.emit(
        ShippingMethodChanged(
            method_id=method.id, channel_id=method.channel_id, code=method.code, removed=removed
        )
    )
    tx.notify(RULES_TOPIC, str(method.channel_id))
