"""Locations: the places that hold stock."""

from __future__ import annotations

from collections.abc import Mapping

from argosy.kernel.ids import new_id
from argosy.modules.inventory import store
from argosy.modules.inventory.errors import LocationChanged, LocationNotFound
from argosy.modules.inventory.types import Location
from argosy.runtime.db import Tx


async def create_location(
    tx: Tx, *, code: str, name: str, country: str, address: Mapping[str, str] | None = None
) -> Location:
    """A new, active location. `country` is ISO 3166 alpha-2. Raises LocationCodeTaken."""
    location = Location(
        id=new_id(),
        code=code,
        name=name,
        country=country,
        address=address or {},
        active=True,
        version=1,
    )
    await store.insert_location(tx, location)
    return location


async def update_location(tx: Tx, location: Location) -> Location:
    """Write a location as it was read and then edited; `version` must still be the stored one.

    One that is made inactive sells nothing from then on; what it holds for orders stays.
    Raises LocationNotFound, LocationChanged, LocationCodeTaken.
    """
    updated = await store.update_location(tx, location)
    if updated is None:
        if await store.location_by_id(tx, location.id) is None:
            raise LocationNotFound("There is no such location.")
        raise LocationChanged("The location was changed meanwhile.", field="version")
    return updated
