"""Reading zones and classes."""

from typing import Final
from uuid import UUID

from argosy.modules.tax import store
from argosy.modules.tax.errors import CertificateNotFound
from argosy.modules.tax.types import (
    Buyer,
    Certificate,
    ChannelTaxes,
    Filing,
    FilingState,
    TaxClass,
    TaxIdCheck,
    Zone,
)
from argosy.runtime.db import Tx

_PAGE: Final = 5000


async def tax_classes(tx: Tx) -> list[TaxClass]:
    """All classes in their order."""
    return await store.classes(tx)


async def zone_by_id(tx: Tx, zone_id: UUID) -> Zone:
    """Raises TaxZoneNotFound."""
    return await store.zone(tx, zone_id)


async def list_zones(tx: Tx, *, after: str | None = None, limit: int) -> list[Zone]:
    """Zones in the order of their codes, those after the code given."""
    return await store.zones(tx, after=after, limit=limit)


async def zones_of_channel(tx: Tx, channel_id: UUID) -> list[Zone]:
    """Every zone that can matter to a channel's sales; one statement for each 5,000 zones."""
    found: list[Zone] = []
    while True:
        after = found[-1].code if found else None
        page = await store.zones(tx, channel_id=channel_id, after=after, limit=_PAGE)
        found += page
        if len(page) < _PAGE:
            return found


async def taxes_of_channel(tx: Tx, channel_id: UUID, currency: str = "") -> ChannelTaxes:
    """The channel's tax policy, whether anything is known of any buyer, and with its currency the
    last rates against the euro.
    """
    return await store.channel_taxes(tx, channel_id, currency)


async def buyer_of(tx: Tx, customer_id: UUID) -> Buyer:
    """What of the customer decides about taxes: one statement."""
    return await store.buyer(tx, customer_id)


async def certificates_of(tx: Tx, customer_id: UUID) -> list[Certificate]:
    """The customer's exemption certificates by number, revoked ones too."""
    return await store.certificates(tx, customer_id)


async def certificate_by_id(tx: Tx, customer_id: UUID, certificate_id: UUID) -> Certificate:
    """Raises CertificateNotFound."""
    found = await store.certificates(tx, customer_id, certificate_id)
    if not found:
        raise CertificateNotFound("The customer has no such certificate.")
    return found[0]


async def latest_check(tx: Tx, tax_id: str) -> TaxIdCheck | None:
    """The newest consultation of a (canonical) tax id that was answered."""
    return await store.latest_check(tx, tax_id)


async def checks_of(
    tx: Tx, tax_id: str, *, before: UUID | None = None, limit: int
) -> list[TaxIdCheck]:
    """The consultations of a (canonical) tax id, newest first, those before the id given."""
    return await store.checks(tx, tax_id, before, limit)


async def list_filings(
    tx: Tx,
    *,
    state: FilingState | None = None,
    degraded: bool | None = None,
    before: UUID | None = None,
    limit: int,
) -> list[Filing]:
    """What engines are told of orders, newest order first, those before the order given."""
    return await store.filings(tx, state, degraded, before, limit)


async def degraded_waiting(tx: Tx) -> int:
    """How many orders wait for an engine's word on taxes that our tables gave (for metrics)."""
    return await store.degraded_filings(tx)
