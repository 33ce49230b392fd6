"""Reading zones and classes."""

from importlib import resources
from typing import Final
from uuid import UUID

import msgspec

from argosy.modules.tax import store
from argosy.modules.tax.errors import TaxPackNotFound, TaxZoneNotFound
from argosy.modules.tax.types import Pack, TaxClass, Zone
from argosy.runtime.db import Tx

MAX_ZONES: Final = 5000
TAX_PACKS: Final = ("eu-vat", "us-states")
"""The data packs that are shipped; data/ATTRIBUTION.md tells their sources."""


async def tax_classes(tx: Tx) -> list[TaxClass]:
    """All classes in their order."""
    return await store.classes(tx)


async def zone_by_id(tx: Tx, zone_id: UUID) -> Zone:
    """Raises TaxZoneNotFound."""
    found = await store.zones(tx, zone_id=zone_id, limit=1)
    if not found:
        raise TaxZoneNotFound("There is no such tax zone.")
    return found[0]


async def list_zones(tx: Tx, *, after: str | None = None, limit: int) -> list[Zone]:
    """Zones in the order of their codes, those after the code given."""
    return await store.zones(tx, after=after, limit=limit)


async def zones_of_channel(tx: Tx, channel_id: UUID) -> list[Zone]:
    """Every zone that can matter to a channel's sales, in one statement."""
    return await store.zones(tx, channel_id=channel_id, limit=MAX_ZONES)


def read_pack(name: str) -> Pack:
    """Read a shipped data pack. Raises TaxPackNotFound."""
    if name not in TAX_PACKS:
        raise TaxPackNotFound(
            f"There is no tax data pack {name!r}.", cure=f"One of {', '.join(TAX_PACKS)}."
        )
    text = (resources.files(__package__) / "data" / f"{name}.json").read_bytes()
    return msgspec.json.decode(text, type=Pack)
