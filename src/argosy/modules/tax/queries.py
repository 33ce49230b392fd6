"""Reading zones and classes."""

from typing import Final
from uuid import UUID

from argosy.modules.tax import store
from argosy.modules.tax.types import TaxClass, Zone
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
