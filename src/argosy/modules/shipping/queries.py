"""Reading zones, classes and methods."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from argosy.modules.shipping import store
from argosy.modules.shipping.types import Method, ShippingClass, StoredRate, Zone
from argosy.runtime.db import Tx

MAX_ZONES: Final = 1000
MAX_METHODS: Final = 1000


async def shipping_classes(tx: Tx) -> list[ShippingClass]:
    """All classes in their order."""
    return await store.classes(tx)


async def zone_by_id(tx: Tx, zone_id: UUID) -> Zone:
    """Raises ShippingZoneNotFound."""
    return await store.zone(tx, zone_id)


async def list_zones(tx: Tx, *, after: str | None = None, limit: int = MAX_ZONES) -> list[Zone]:
    """Zones in the order of their codes, those after the code given."""
    return await store.zones(tx, after=after, limit=limit)


async def method_by_id(tx: Tx, method_id: UUID) -> Method:
    """Raises ShippingMethodNotFound."""
    return await store.method(tx, method_id)


async def list_methods(
    tx: Tx,
    *,
    channel_id: UUID | None = None,
    after: tuple[UUID, str] | None = None,
    limit: int = MAX_METHODS,
) -> list[Method]:
    """Methods in the order of channel and code, those after the (channel, code) given."""
    return await store.methods(tx, channel_id=channel_id, after=after, limit=limit)


async def stored_rates(tx: Tx, keys: Sequence[str]) -> list[StoredRate]:
    """What carriers answered these questions, asked by any process. One statement."""
    return await store.rates(tx, keys)
