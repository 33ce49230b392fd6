"""Setting up zones, classes and rates. Each change notifies the caches of compiled rules."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from importlib import resources
from typing import Final, get_args
from uuid import UUID

import msgspec

from argosy.kernel.ids import new_id
from argosy.kernel.iso4217 import EXPONENTS
from argosy.kernel.money import Money
from argosy.kernel.tax_id import TaxIdEvidence
from argosy.modules.tax import store
from argosy.modules.tax.errors import (
    CertificateChanged,
    CertificateNotFound,
    TaxClassUnknown,
    TaxPackNotFound,
    TaxPolicyChanged,
    TaxPolicyInvalid,
    TaxRateNotFound,
    TaxZoneChanged,
    TaxZoneCodeTaken,
    TaxZoneNotFound,
)
from argosy.modules.tax.events import (
    CertificateRevoked,
    CertificateStored,
    TaxFilingFailed,
    TaxIdChecked,
    TaxPolicySet,
    TaxRulesChanged,
    TaxTruedUp,
)
from argosy.modules.tax.rules import importing, waiving
from argosy.modules.tax.rules import zones as rules
from argosy.modules.tax.types import (
    Certificate,
    Filing,
    FilingState,
    Pack,
    PackLoaded,
    Put,
    RegisterAnswer,
    SetCertificate,
    SetRate,
    SetTaxPolicy,
    SetZone,
    TaxClass,
    TaxId,
    TaxIdCheck,
    TaxPack,
    TaxPolicy,
    Zone,
)
from argosy.runtime.db import Tx

RULES_TOPIC: Final = "rules"
EVERY_CHANNEL: Final = "*"
BUYERS_TOPIC: Final = "tax_buyers"
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


async def set_policy(
    tx: Tx,
    channel_id: UUID,
    cmd: SetTaxPolicy,
    *,
    expected_version: int,
    engines: Sequence[str] = (),
    currency: str = "EUR",
) -> TaxPolicy:
    """Say how a channel decides about taxes; version 0 is the default that nobody has set.

    `engines` are those that the settings enable. The channel's existence and currency are the
    caller's to know. Raises TaxPolicyInvalid, TaxIdInvalid, TaxPolicyChanged.
    """
    waiving.check_policy(cmd, engines)
    if cmd.ioss_number or cmd.excise_classes:
        known = await store.channel_taxes(tx, channel_id, currency)
        importing.check_import(cmd, currency, known.euro_rates)
    wanted = msgspec.structs.replace(cmd, seller_tax_id=waiving.seller_id(cmd))
    version = await store.set_policy(tx, channel_id, expected_version, wanted)
    if version is None:
        raise TaxPolicyChanged("The tax policy was changed meanwhile.")
    tx.emit(TaxPolicySet(channel_id=channel_id))
    tx.notify(RULES_TOPIC, str(channel_id))
    return TaxPolicy(**msgspec.structs.asdict(wanted), version=version)


async def keep_euro_rates(tx: Tx, as_of: date, source: str, rates: Mapping[str, Decimal]) -> int:
    """Keep what one euro was worth on a day, by currency; how many rates are new or different.

    Repeatable. Raises TaxPolicyInvalid for what can be no rate.
    """
    for currency, rate in rates.items():
        if currency not in EXPONENTS or not importing.usable(rate):
            raise TaxPolicyInvalid(f"{rate} {currency} for one euro can be no rate.", field="rates")
    changed = await store.keep_euro_rates(tx, as_of, source, rates)
    if changed:
        tx.notify(RULES_TOPIC, EVERY_CHANNEL)
    return changed


async def keep_check(
    tx: Tx, tax_id: TaxId, requester: TaxId | None, answer: RegisterAnswer
) -> TaxIdEvidence:
    """Keep what a register said, and return it as evidence; a silent one makes it unverified."""
    check = TaxIdCheck(
        id=new_id(),
        tax_id=tax_id.value,
        country=tax_id.country,
        register=tax_id.register,
        requester="" if requester is None else requester.value,
        answer=answer,
        asked_at=tx.now,
    )
    await store.insert_check(tx, check)
    tx.emit(TaxIdChecked(check_id=check.id, country=check.country, status=answer.status))
    return waiving.evidence_of(check)


async def set_buyer_tax_id(tx: Tx, customer_id: UUID, tax_id: TaxIdEvidence | None) -> None:
    """Store the customer's tax id with its evidence; None forgets it. Repeatable."""
    first = False
    if tax_id is None:
        await store.drop_buyer(tx, customer_id)
    else:
        first = await store.set_buyer(tx, customer_id, tax_id)
    _buyer_changed(tx, customer_id, first=first)


async def add_certificate(tx: Tx, customer_id: UUID, cmd: SetCertificate) -> Certificate:
    """Store an exemption certificate. The customer's existence is the caller's to know.

    Raises CertificateInvalid, CertificateTaken.
    """
    waiving.check_certificate(cmd)
    certificate_id = new_id()
    first = await store.insert_certificate(tx, customer_id, certificate_id, cmd)
    tx.emit(CertificateStored(customer_id=customer_id, certificate_id=certificate_id))
    _buyer_changed(tx, customer_id, first=first)
    return await _certificate(tx, customer_id, certificate_id)


async def replace_certificate(
    tx: Tx, customer_id: UUID, certificate_id: UUID, cmd: SetCertificate, *, expected_version: int
) -> Certificate:
    """Replace a certificate that is not revoked. Orders keep what they were placed with.

    Raises CertificateNotFound, CertificateInvalid, CertificateTaken, CertificateChanged.
    """
    waiving.check_certificate(cmd)
    changed = await store.update_certificate(tx, customer_id, certificate_id, expected_version, cmd)
    found = await _certificate(tx, customer_id, certificate_id)
    if changed is None:
        raise CertificateChanged("The certificate was changed or revoked meanwhile.")
    tx.emit(CertificateStored(customer_id=customer_id, certificate_id=certificate_id))
    _buyer_changed(tx, customer_id, first=False)
    return found


async def revoke_certificate(tx: Tx, customer_id: UUID, certificate_id: UUID) -> Certificate:
    """Let a certificate count no more, from now on. Repeatable. Raises CertificateNotFound."""
    if await store.revoke_certificate(tx, customer_id, certificate_id):
        tx.emit(CertificateRevoked(customer_id=customer_id, certificate_id=certificate_id))
        _buyer_changed(tx, customer_id, first=False)
    return await _certificate(tx, customer_id, certificate_id)


async def forget_buyer(tx: Tx, customer_id: UUID) -> None:
    """Forget the tax id of an erased person. Certificates and consultations stay: orders refer to
    them, and the law wants them kept.
    """
    if await store.drop_buyer(tx, customer_id):
        _buyer_changed(tx, customer_id, first=False)


async def _certificate(tx: Tx, customer_id: UUID, certificate_id: UUID) -> Certificate:
    found = await store.certificates(tx, customer_id, certificate_id)
    if not found:
        raise CertificateNotFound("The customer has no such certificate.")
    return found[0]


def _buyer_changed(tx: Tx, customer_id: UUID, *, first: bool) -> None:
    tx.notify(BUYERS_TOPIC, str(customer_id))
    if first:
        tx.notify(RULES_TOPIC, EVERY_CHANNEL)


async def open_filings(tx: Tx, filings: Sequence[Filing], *, after: timedelta) -> None:
    """Note, with the orders themselves, what an engine is to be told of after a while."""
    await store.open_filings(tx, filings, tx.now + after)


async def take_due_filings(tx: Tx, *, lease: timedelta, limit: int) -> list[Filing]:
    """What is to be told now; nobody else gets it during the lease."""
    return await store.due_filings(tx, tx.now + lease, limit)


async def settle_filing(
    tx: Tx,
    filing: Filing,
    state: FilingState,
    *,
    due_tax_minor: int | None = None,
    reason: str = "",
    again_after: timedelta | None = None,
) -> bool:
    """Record what became of a filing; False: it changed meanwhile, and is looked at again.

    Announces TaxTruedUp when the engine's word differs from what was charged, TaxFilingFailed when
    it refuses.
    """
    again = None if again_after is None else tx.now + again_after
    if not await store.settle_filing(
        tx, filing, state, due_tax_minor=due_tax_minor, reason=reason, next_at=again
    ):
        return False
    if state == "failed":
        tx.emit(TaxFilingFailed(order_id=filing.order_id, engine=filing.engine, reason=reason))
    trued_up = state == "committed" and filing.state == "open" and due_tax_minor is not None
    if trued_up and due_tax_minor != filing.charged_tax_minor:
        tx.emit(
            TaxTruedUp(
                order_id=filing.order_id,
                charged=Money(filing.charged_tax_minor, filing.currency),
                due=Money(due_tax_minor or 0, filing.currency),
            )
        )
    return True


async def ask_filings_anew(tx: Tx, order_ids: Sequence[UUID], state: FilingState) -> None:
    """Orders were refunded (`to_adjust`) or cancelled (`to_void`): the engine is to be told.

    Changes nothing for orders that it was never told of.
    """
    await store.ask_filings(tx, order_ids, state)
