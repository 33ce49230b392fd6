"""Setting up zones, classes and rates. Each change notifies the caches of compiled rules."""

from collections.abc import Sequence
from importlib import resources
from typing import Final, get_args
from uuid import UUID

import msgspec

from argosy.kernel.ids import new_id
from argosy.modules.tax import rules, store
from argosy.modules.tax.errors import (
    TaxClassUnknown,
    TaxPackNotFound,
    TaxRateNotFound,
    TaxZoneChanged,
    TaxZoneCodeTaken,
    TaxZoneNotFound,
)
from argosy.modules.tax.events import TaxRulesChanged
from argosy.modules.tax.types import (
    Pack,
    PackLoaded,
    Put,
    SetRate,
    SetZone,
    TaxClass,
    TaxPack,
    Zone,
)
from argosy.runtime.db import Tx

RULES_TOPIC: Final = "rules"
EVERY_CHANNEL: Final = "*"
TAX_PACKS: Final[tuple[TaxPack, ...]] = get_args(TaxPack)
"""The data packs that are shipped; data/ATTRIBUTION.md tells their sources."""


async def set_tax_class(tx: Tx, tax_class: TaxClass) -> TaxClass:
    """Create a class, or rename it. Raises TaxClassUnknown for a code that cannot be one."""
    if not rules.is_class_code(tax_class.code) or not tax_class.name.strip():
        raise TaxClassUnknown(
            "A tax class has a code and a name.",
            field="code",
            cure="Lower-case letters, digits, _ and -, and a name.",
        )
    await store.set_class(tx, tax_class)
    return tax_class


async def create_zone(tx: Tx, cmd: SetZone, rates: Sequence[SetRate] = ()) -> Zone:
    """Create a zone with its rates.

    Raises TaxZoneInvalid, TaxRateInvalid, TaxZoneCodeTaken, TaxRateOverlaps, TaxClassUnknown.
    """
    zone_id = new_id()
    rules.check_zone(cmd)
    checked = [(new_id(), rules.check_rate(rate)) for rate in rates]
    if not await store.insert_zone(tx, zone_id, cmd):
        raise TaxZoneCodeTaken(f"There is a tax zone {cmd.code!r} already.", field="code")
    await store.set_areas(tx, zone_id, cmd)
    if checked:
        await store.insert_rates(tx, zone_id, checked)
    return await _changed(tx, zone_id)


async def put_zone(tx: Tx, cmd: SetZone, rates: Sequence[SetRate]) -> Put:
    """Make the zone of this code exactly this, with exactly these rates: for tables of rates.

    Its postal areas are taken from other zones of the same channel and priority, and a zone that
    keeps none is deleted: the regions of such tables are cut anew from time to time. The same
    again changes nothing and announces nothing. Orders keep the rates that they were
    placed with. Raises TaxZoneInvalid, TaxRateInvalid, TaxRateOverlaps, TaxClassUnknown.
    """
    rules.check_zone(cmd)
    checked = [rules.check_rate(rate) for rate in rates]
    found = await store.zone_by_code(tx, cmd.code)
    if found is None:
        made = await create_zone(tx, cmd, rates)
        await store.take_over_areas(tx, made.id)
        return "created"
    if rules.is_same(found, cmd, checked):
        return "unchanged"
    await update_zone(tx, found.id, cmd, expected_version=found.version)
    await store.delete_rates(tx, found.id)
    if checked:
        await store.insert_rates(tx, found.id, [(new_id(), rate) for rate in checked])
    await store.take_over_areas(tx, found.id)
    return "updated"


async def update_zone(tx: Tx, zone_id: UUID, cmd: SetZone, *, expected_version: int) -> Zone:
    """Replace a zone's settings and areas; its rates stay.

    Raises TaxZoneNotFound, TaxZoneInvalid, TaxZoneCodeTaken, TaxZoneChanged.
    """
    rules.check_zone(cmd)
    if await store.update_zone(tx, zone_id, expected_version, cmd) is None:
        await store.zone(tx, zone_id)
        raise TaxZoneChanged("The tax zone was changed meanwhile.")
    await store.set_areas(tx, zone_id, cmd)
    return await _changed(tx, zone_id)


async def delete_zone(tx: Tx, zone_id: UUID) -> Zone:
    """Delete a zone with its rates; return what it was. Raises TaxZoneNotFound.

    Orders keep the rates that they were placed with.
    """
    zone = await store.zone(tx, zone_id)
    await store.delete_zone(tx, zone_id)
    _announce(tx, zone)
    return zone


async def add_rate(tx: Tx, zone_id: UUID, cmd: SetRate) -> Zone:
    """Add a rate to a zone.

    Raises TaxZoneNotFound, TaxRateInvalid, TaxRateOverlaps, TaxClassUnknown.
    """
    rules.check_rate(cmd)
    await _lock(tx, zone_id)
    await store.insert_rates(tx, zone_id, [(new_id(), cmd)])
    return await _changed(tx, zone_id)


async def update_rate(tx: Tx, zone_id: UUID, rate_id: UUID, cmd: SetRate) -> Zone:
    """Replace a rate. Prefer to end it and to add another: orders keep theirs either way.

    Raises TaxZoneNotFound, TaxRateNotFound, TaxRateInvalid, TaxRateOverlaps, TaxClassUnknown.
    """
    rules.check_rate(cmd)
    await _lock(tx, zone_id)
    if await store.update_rate(tx, zone_id, rate_id, cmd) is None:
        raise TaxRateNotFound("The zone has no such rate.")
    return await _changed(tx, zone_id)


async def delete_rate(tx: Tx, zone_id: UUID, rate_id: UUID) -> Zone:
    """Remove a rate from a zone. Raises TaxZoneNotFound, TaxRateNotFound."""
    await _lock(tx, zone_id)
    if not await store.delete_rate(tx, zone_id, rate_id):
        raise TaxRateNotFound("The zone has no such rate.")
    return await _changed(tx, zone_id)


async def load_tax_pack(tx: Tx, name: str, *, channel_id: UUID | None = None) -> PackLoaded:
    """Create the zones and rates of a shipped data pack, for one channel or for all.

    A zone whose code exists is left as it is, so that loading again changes nothing and corrected
    rates stay corrected. Raises TaxPackNotFound.
    """
    pack = _read_pack(name)
    created = rates = 0
    for zone in pack.zones:
        zone_id = new_id()
        wanted = msgspec.structs.replace(
            zone, channel_id=channel_id, source=f"{pack.source}, {pack.as_of}"
        )
        if await store.insert_zone(tx, zone_id, rules.check_zone(wanted)):
            await store.set_areas(tx, zone_id, wanted)
            checked = [(new_id(), rules.check_rate(rate)) for rate in zone.rates]
            await store.insert_rates(tx, zone_id, checked)
            tx.emit(TaxRulesChanged(zone_id=zone_id, code=zone.code))
            created += 1
            rates += len(checked)
    tx.notify(RULES_TOPIC, EVERY_CHANNEL)
    return PackLoaded(
        name=name,
        source=pack.source,
        as_of=pack.as_of,
        zones_created=created,
        zones_kept=len(pack.zones) - created,
        rates_created=rates,
    )


async def _lock(tx: Tx, zone_id: UUID) -> None:
    if await store.touch_zone(tx, zone_id) is None:
        raise TaxZoneNotFound("There is no such tax zone.")


async def _changed(tx: Tx, zone_id: UUID) -> Zone:
    zone = await store.zone(tx, zone_id)
    _announce(tx, zone)
    return zone


def _announce(tx: Tx, zone: Zone) -> None:
    tx.emit(TaxRulesChanged(zone_id=zone.id, code=zone.code))
    channel = EVERY_CHANNEL if zone.channel_id is None else str(zone.channel_id)
    tx.notify(RULES_TOPIC, channel)


def _read_pack(name: str) -> Pack:
    """Read a shipped data pack. Raises TaxPackNotFound."""
    if name not in TAX_PACKS:
        raise TaxPackNotFound(
            f"There is no tax data pack {name!r}.", cure=f"One of {', '.join(TAX_PACKS)}."
        )
    text = (resources.files(__package__) / "data" / f"{name}.json").read_bytes()
    return msgspec.json.decode(text, type=Pack)
