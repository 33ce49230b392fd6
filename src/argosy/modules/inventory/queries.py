"""Use cases that read stock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from argosy.modules.inventory import store
from argosy.modules.inventory.errors import LevelNotFound, LocationNotFound
from argosy.modules.inventory.store import holds
from argosy.modules.inventory.types import (
    Availability,
    Divergence,
    Document,
    FeedState,
    JournalEntry,
    Level,
    Location,
    Reservation,
)
from argosy.runtime.db import Tx


async def availability(
    tx: Tx, variant_ids: Sequence[UUID], locations: Sequence[UUID]
) -> dict[UUID, Availability]:
    """What can be sold of each variant over a channel's locations; one statement.

    A variant without stock records there is answered as out.
    """
    found = await store.availability(tx, variant_ids, locations)
    return {
        variant: found.get(variant)
        or Availability(variant_id=variant, sellable=0, promisable=0, status="out")
        for variant in variant_ids
    }


async def levels_of(tx: Tx, variant_ids: Sequence[UUID]) -> list[Level]:
    """All levels of these variants, by variant and location."""
    return await store.levels_of_variants(tx, variant_ids)


async def levels_at(
    tx: Tx,
    location_id: UUID,
    *,
    after: UUID | None = None,
    oversold_only: bool = False,
    limit: int = 100,
) -> list[Level]:
    """Levels of one location after variant `after`, by variant id."""
    return await store.levels_at_location(
        tx, location_id, after=after, oversold_only=oversold_only, limit=limit
    )


async def reservation_of(tx: Tx, order_id: UUID) -> Reservation | None:
    """What the order holds, held or released; None if it never reserved."""
    return await holds.reservation_by_order(tx, order_id)


async def explain(
    tx: Tx, variant_id: UUID, location_id: UUID, *, before: int | None = None, limit: int = 50
) -> list[JournalEntry]:
    """Why the number is what it is: journal entries of one key, newest first.

    Pass the last entry's id as `before` for the next page. Raises LevelNotFound.
    """
    entries = await store.journal_page(tx, variant_id, location_id, before=before, limit=limit)
    if not entries and not [
        level
        for level in await store.levels_of_variants(tx, [variant_id])
        if level.location_id == location_id
    ]:
        raise LevelNotFound("This variant never had stock there.")
    return entries


async def verify(tx: Tx, variant_id: UUID | None = None, *, limit: int = 1_000) -> list[Divergence]:
    """Levels that are not the fold of their journal, or not the sum of open reservations.

    One statement, so one consistent moment. Empty means that every number is explained.
    """
    return await store.diverging_levels(tx, variant_id, limit=limit)


async def location_by_id(tx: Tx, location_id: UUID) -> Location:
    """Raises LocationNotFound."""
    location = await store.location_by_id(tx, location_id)
    if location is None:
        raise LocationNotFound("There is no such location.")
    return location


async def list_locations(tx: Tx, *, after: str | None = None, limit: int = 100) -> list[Location]:
    """Locations by code, after the code `after`."""
    return await store.list_locations(tx, after=after, limit=limit)


async def locations_by_code(tx: Tx, codes: Sequence[str]) -> dict[str, Location]:
    """The locations with these codes; unknown codes are absent."""
    return await store.locations_by_code(tx, codes)


async def list_feeds(tx: Tx) -> list[FeedState]:
    """Every feed that ever sent a message, and how far it has come."""
    return await store.list_feeds(tx)


async def list_documents(
    tx: Tx,
    *,
    before: tuple[datetime, UUID] | None = None,
    kind: str | None = None,
    limit: int = 100,
) -> list[Document]:
    """Adjustments, counts, feed messages, ... newest first."""
    return await store.list_documents(tx, before=before, kind=kind, limit=limit)
