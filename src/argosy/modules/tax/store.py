"""The only file of tax that runs SQL; statements live in store.sql."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from argosy.kernel.tax_id import TaxIdEvidence
from argosy.modules.tax.errors import (
    CertificateTaken,
    TaxClassUnknown,
    TaxRateOverlaps,
    TaxZoneCodeTaken,
    TaxZoneNotFound,
)
from argosy.modules.tax.rules.importing import RATES_KEPT
from argosy.modules.tax.types import (
    Area,
    Buyer,
    Certificate,
    ChannelTaxes,
    EuroRate,
    Filing,
    FilingState,
    Rate,
    RegisterAnswer,
    SetCertificate,
    SetRate,
    SetTaxPolicy,
    SetZone,
    TaxClass,
    TaxIdCheck,
    TaxPolicy,
    Zone,
)
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
            case "certificate_number_unique":
                raise CertificateTaken(
                    "The customer has a certificate with this number.", field="number"
                ) from error
            case "zone_code_unique":
                raise TaxZoneCodeTaken("Another tax zone has this code.", field="code") from error
        raise


def _zone(row: Record) -> Zone:
    fields = dict(row)
    fields["areas"] = msgspec.convert(fields["areas"], tuple[Area, ...])
    fields["rates"] = msgspec.convert(fields["rates"], tuple[Rate, ...])
    return Zone(**fields)


async def channel_taxes(tx: Tx, channel_id: UUID, currency: str) -> ChannelTaxes:
    """The channel's policy (the default if none was set), whether any buyer is known, and the last
    rates of the currency against the euro.
    """
    row = dict(await tx.one(SQL.channel_taxes, channel_id, currency, RATES_KEPT))
    has_buyers, rates = row.pop("has_buyers"), row.pop("euro_rates")
    known = row.pop("channel_id") is not None
    policy = msgspec.convert(row, TaxPolicy) if known else TaxPolicy()
    return ChannelTaxes(
        policy=policy,
        has_buyers=has_buyers,
        euro_rates=msgspec.convert(rates, tuple[EuroRate, ...]),
    )


async def keep_euro_rates(tx: Tx, as_of: date, source: str, rates: Mapping[str, Decimal]) -> int:
    """How many rates are new or different."""
    return await tx.run(
        SQL.keep_euro_rates, as_of, source, tx.now, list(rates), list(rates.values())
    )


async def set_policy(tx: Tx, channel_id: UUID, version: int, given: SetTaxPolicy) -> int | None:
    """The new version; None if it is another than `version` (0: there is none) by now."""
    fields = [getattr(given, name) for name in SetTaxPolicy.__struct_fields__]
    if version == 0:
        row = await tx.maybe(SQL.insert_policy, channel_id, *fields, tx.now)
    else:
        row = await tx.maybe(SQL.update_policy, channel_id, version, *fields, tx.now)
    return None if row is None else int(row["version"])


async def insert_check(tx: Tx, check: TaxIdCheck) -> None:
    """Keep a consultation."""
    await tx.run(
        SQL.insert_check,
        check.id,
        check.tax_id,
        check.country,
        check.register,
        check.requester,
        check.answer,
        check.asked_at,
    )


async def latest_check(tx: Tx, tax_id: str) -> TaxIdCheck | None:
    """The newest consultation of the id that was answered."""
    row = await tx.maybe(SQL.latest_check, tax_id)
    return None if row is None else _check(row)


async def checks(tx: Tx, tax_id: str, before: UUID | None, limit: int) -> list[TaxIdCheck]:
    """Consultations of the id, newest first."""
    return [_check(row) for row in await tx.many(SQL.checks, tax_id, before, limit)]


async def buyer(tx: Tx, customer_id: UUID) -> Buyer:
    """What of the customer decides about taxes."""
    row = await tx.one(SQL.buyer, customer_id)
    return msgspec.convert(dict(row), Buyer)


async def set_buyer(tx: Tx, customer_id: UUID, tax_id: TaxIdEvidence) -> bool:
    """Store the customer's tax id. True: the first fact about any buyer."""
    return bool((await tx.one(SQL.set_buyer, customer_id, tax_id, tx.now))["first"])


async def drop_buyer(tx: Tx, customer_id: UUID) -> bool:
    """Forget the customer's tax id; whether there was one."""
    return await tx.run(SQL.drop_buyer, customer_id) == 1


async def insert_certificate(
    tx: Tx, customer_id: UUID, certificate_id: UUID, given: SetCertificate
) -> bool:
    """Store a certificate. True: the first fact about any buyer. Raises CertificateTaken."""
    with _named():
        row = await tx.one(
            SQL.insert_certificate,
            certificate_id,
            customer_id,
            given.number,
            given.reason,
            given.jurisdictions,
            list(given.tax_classes),
            list(given.taxes),
            given.document,
            tx.now,
        )
    return bool(row["first"])


async def update_certificate(
    tx: Tx, customer_id: UUID, certificate_id: UUID, version: int, given: SetCertificate
) -> int | None:
    """The new version, None if it is another by now, or revoked. Raises CertificateTaken."""
    with _named():
        row = await tx.maybe(
            SQL.update_certificate,
            customer_id,
            certificate_id,
            version,
            given.number,
            given.reason,
            given.jurisdictions,
            list(given.tax_classes),
            list(given.taxes),
            given.document,
            tx.now,
        )
    return None if row is None else int(row["version"])


async def revoke_certificate(tx: Tx, customer_id: UUID, certificate_id: UUID) -> bool:
    """Whether it counted until now."""
    return await tx.maybe(SQL.revoke_certificate, customer_id, certificate_id, tx.now) is not None


async def certificates(
    tx: Tx, customer_id: UUID, certificate_id: UUID | None = None
) -> list[Certificate]:
    """The customer's certificates by number, revoked ones too; or the one asked for."""
    rows = await tx.many(SQL.certificates, customer_id, certificate_id)
    return [msgspec.convert(dict(row), Certificate) for row in rows]


def _check(row: Record) -> TaxIdCheck:
    fields = dict(row)
    fields["answer"] = msgspec.convert(fields["answer"], RegisterAnswer)
    return TaxIdCheck(**fields)


async def open_filings(tx: Tx, filings: Sequence[Filing], look_at: datetime) -> None:
    """Note orders that an engine is to be told of."""
    await tx.run(
        SQL.open_filings,
        [one.order_id for one in filings],
        [one.channel_id for one in filings],
        [one.engine for one in filings],
        [one.degraded for one in filings],
        [one.document for one in filings],
        [one.charged_tax_minor for one in filings],
        [one.currency for one in filings],
        look_at,
        tx.now,
    )


async def due_filings(tx: Tx, until: datetime, limit: int) -> list[Filing]:
    """Take over what is due, until then."""
    rows = await tx.many(SQL.due_filings, tx.now, until, limit)
    return [msgspec.convert(dict(row), Filing) for row in rows]


async def settle_filing(
    tx: Tx,
    filing: Filing,
    state: FilingState,
    *,
    due_tax_minor: int | None,
    reason: str,
    next_at: datetime | None,
) -> bool:
    """Whether it was still in the state that `filing` has."""
    row = await tx.maybe(
        SQL.settle_filing,
        filing.order_id,
        filing.state,
        state,
        due_tax_minor,
        reason,
        next_at,
        tx.now,
    )
    return row is not None


async def ask_filings(tx: Tx, order_ids: Sequence[UUID], state: FilingState) -> None:
    """Let committed orders be told of anew."""
    await tx.run(SQL.ask_filings, sorted(order_ids), state, tx.now)


async def filings(
    tx: Tx, state: FilingState | None, degraded: bool | None, before: UUID | None, limit: int
) -> list[Filing]:
    """Filings, newest order first."""
    rows = await tx.many(SQL.filings, state, degraded, before, limit)
    return [msgspec.convert(dict(row), Filing) for row in rows]


async def degraded_filings(tx: Tx) -> int:
    """How many orders wait for the engine's word on taxes that our tables gave."""
    return int((await tx.one(SQL.degraded_filings))["waiting"])
