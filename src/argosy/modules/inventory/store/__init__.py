"""The SQL of inventory: a typed function for each statement of store.sql; what orders hold is in
holds.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.modules.inventory.errors import (
    BucketBelowZero,
    LocationCodeTaken,
    LocationNotFound,
)
from argosy.modules.inventory.events import AvailabilityChanged
from argosy.modules.inventory.rules import availability_status
from argosy.modules.inventory.types import (
    Availability,
    Count,
    Divergence,
    Document,
    Fact,
    FactItem,
    FeedState,
    JournalEntry,
    Level,
    Location,
    Movement,
    Rebuilt,
    Selling,
)
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements("argosy.modules.inventory")


class PostedItem(NamedTuple):
    """One row of inventory.post."""

    ordinal: int
    item: FactItem
    status_from: str
    status_to: str
    oversold_from: int
    oversold_to: int


class Repeated(NamedTuple):
    """The key of a fact was known: the items as answered then, or None if the content differs."""

    items: tuple[FactItem, ...] | None


async def post_fact(
    tx: Tx, fact: Fact, items: Sequence[Movement | Count], *, document_id: UUID, body_hash: str
) -> list[PostedItem] | Repeated:
    """Apply items (sorted by key) under one document."""
    moves = [item if isinstance(item, Movement) else None for item in items]
    try:
        rows = await tx.many(
            SQL.post_fact,
            document_id,
            fact.key,
            fact.kind,
            body_hash,
            fact.reason,
            fact.actor,
            fact.correlation,
            fact.feed,
            fact.message,
            fact.sequence,
            tx.now,
            [item.variant_id for item in items],
            [item.location_id for item in items],
            [move is None for move in moves],
            [item.on_hand for item in items],
            [move.quarantine if move else 0 for move in moves],
            [move.incoming if move else 0 for move in moves],
            [item.as_of if isinstance(item, Count) else item.occurred_at for item in items],
            [item.expected for item in items],
        )
    except IntegrityError as error:
        _refuse_level(error)
        raise
    if rows[0]["outcome"] == "reused":
        return Repeated(None)
    if rows[0]["outcome"] == "repeated":
        return Repeated(tuple(msgspec.convert(i, FactItem) for i in rows[0]["stored"]))
    return [
        PostedItem(
            row["ordinal"],
            FactItem(
                variant_id=items[row["ordinal"] - 1].variant_id,
                location_id=items[row["ordinal"] - 1].location_id,
                outcome=row["outcome"],
                moved=row["moved"],
                on_hand=row["on_hand"],
                sellable=row["sellable"],
            ),
            row["status_from"],
            row["status_to"],
            row["oversold_from"],
            row["oversold_to"],
        )
        for row in rows
    ]


async def set_selling(tx: Tx, variant_id: UUID, location_id: UUID, selling: Selling) -> Level:
    """Write the selling rules of a level, making it if there is none. Raises LocationNotFound."""
    try:
        row = await tx.one(
            SQL.set_selling,
            variant_id,
            location_id,
            selling.safety_stock,
            selling.backorder_limit,
            selling.low_threshold,
        )
    except IntegrityError as error:
        _refuse_level(error)
        raise
    return Level(**row)


async def lock_level(tx: Tx, variant_id: UUID, location_id: UUID) -> Level | None:
    """The level, locked until the end of the transaction."""
    row = await tx.maybe(SQL.lock_level, variant_id, location_id)
    return None if row is None else Level(**row)


async def rebuild_level(tx: Tx, variant_id: UUID, location_id: UUID) -> Rebuilt | None:
    """Make a level the fold of its journal; None if there is no such level."""
    row = await tx.maybe(SQL.rebuild_level, variant_id, location_id)
    if row is None:
        return None
    if row["status_from"] != row["status_to"]:
        _emit_change(
            tx, variant_id, location_id, row["sellable"], row["status_from"], row["status_to"]
        )
    return Rebuilt(was=row["was"], becomes=row["becomes"])


async def drop_empty_levels(tx: Tx, keys: Sequence[tuple[UUID, UUID]]) -> int:
    """Delete levels (variant, location) that hold nothing and have no rules; how many."""
    return await tx.run(SQL.drop_empty_levels, [v for v, _ in keys], [place for _, place in keys])


async def hold_levels(tx: Tx, variant_ids: Sequence[UUID]) -> None:
    """Lock all levels of these variants, by variant and location, until the transaction ends."""
    await tx.many(SQL.hold_levels, variant_ids)


async def forget_levels(tx: Tx, variant_ids: Sequence[UUID]) -> int:
    """Delete levels that hold nothing, with their rules; how many."""
    return await tx.run(SQL.forget_levels, variant_ids)


async def levels_of_variants(tx: Tx, variant_ids: Sequence[UUID]) -> list[Level]:
    """All levels of these variants, by variant and location."""
    return [Level(**row) for row in await tx.many(SQL.levels_of_variants, variant_ids)]


async def levels_at_location(
    tx: Tx, location_id: UUID, *, after: UUID | None, oversold_only: bool, limit: int
) -> list[Level]:
    """Levels of one location by variant id."""
    rows = await tx.many(SQL.levels_at_location, location_id, after, oversold_only, limit)
    return [Level(**row) for row in rows]


async def availability(
    tx: Tx, variant_ids: Sequence[UUID], locations: Sequence[UUID]
) -> dict[UUID, Availability]:
    """What can be sold of each variant over these locations; absent without any level."""
    rows = await tx.many(SQL.availability, variant_ids, locations)
    return {
        row["variant_id"]: Availability(
            variant_id=row["variant_id"],
            sellable=row["sellable"],
            promisable=row["promisable"],
            status=availability_status(row["sellable"], row["promisable"], row["low_threshold"]),
        )
        for row in rows
    }


async def journal_page(
    tx: Tx, variant_id: UUID, location_id: UUID, *, before: int | None, limit: int
) -> list[JournalEntry]:
    """Entries of one key, newest first."""
    rows = await tx.many(SQL.journal_page, variant_id, location_id, before, limit)
    return [msgspec.convert(dict(row), JournalEntry) for row in rows]


async def diverging_levels(tx: Tx, variant_id: UUID | None, *, limit: int) -> list[Divergence]:
    """Levels that are not the fold of their journal, or not what open reservations say."""
    rows = await tx.many(SQL.diverging_levels, variant_id, limit)
    return [msgspec.convert(dict(row), Divergence) for row in rows]


async def insert_location(tx: Tx, location: Location) -> None:
    """Raises LocationCodeTaken."""
    try:
        await tx.run(
            SQL.insert_location,
            location.id,
            location.code,
            location.name,
            location.country,
            location.address,
            tx.now,
        )
    except IntegrityError as error:
        _refuse_location(error, location.code)
        raise


async def update_location(tx: Tx, location: Location) -> Location | None:
    """Write if it still has `location.version`; None otherwise. Raises LocationCodeTaken."""
    try:
        row = await tx.maybe(
            SQL.update_location,
            location.id,
            location.version,
            location.code,
            location.name,
            location.country,
            location.address,
            location.active,
            tx.now,
        )
    except IntegrityError as error:
        _refuse_location(error, location.code)
        raise
    return None if row is None else msgspec.convert(dict(row), Location)


async def location_by_id(tx: Tx, location_id: UUID) -> Location | None:
    """The location, or None."""
    row = await tx.maybe(SQL.location_by_id, location_id)
    return None if row is None else msgspec.convert(dict(row), Location)


async def list_locations(tx: Tx, *, after: str | None, limit: int) -> list[Location]:
    """Locations by code."""
    rows = await tx.many(SQL.list_locations, after, limit)
    return [msgspec.convert(dict(row), Location) for row in rows]


async def locations_by_code(tx: Tx, codes: Sequence[str]) -> dict[str, Location]:
    """Those of the codes that exist."""
    rows = await tx.many(SQL.locations_by_code, codes)
    return {row["code"]: msgspec.convert(dict(row), Location) for row in rows}


async def list_feeds(tx: Tx) -> list[FeedState]:
    """All feeds by name."""
    return [msgspec.convert(dict(row), FeedState) for row in await tx.many(SQL.list_feeds)]


async def list_documents(
    tx: Tx, *, before: tuple[datetime, UUID] | None, kind: str | None, limit: int
) -> list[Document]:
    """Documents, newest first."""
    created_at, document_id = before or (None, None)
    rows = await tx.many(SQL.list_documents, created_at, document_id, kind, limit)
    return [msgspec.convert(dict(row), Document) for row in rows]


def emit_changes(tx: Tx, row: Record) -> None:
    """Emit AvailabilityChanged for the keys that a function's row names."""
    if not row["changed_variants"]:
        return
    columns = ("variants", "locations", "sellable", "from", "to")
    for change in zip(*(row[f"changed_{column}"] for column in columns), strict=True):
        _emit_change(tx, *change)


def _emit_change(  # noqa: PLR0917 - private
    tx: Tx, variant_id: UUID, location_id: UUID, sellable: int, previous: str, status: str
) -> None:
    tx.emit(
        AvailabilityChanged(
            variant_id=variant_id,
            location_id=location_id,
            sellable=sellable,
            previous=previous,
            status=status,
        )
    )


def _refuse_level(error: IntegrityError) -> None:
    match constraint(error):
        case "level_location_id_fkey":
            raise LocationNotFound("There is no such location.", field="location_id") from error
        case "level_quarantine_not_negative":
            raise BucketBelowZero(
                "There are not so many units in quarantine.", field="quarantine"
            ) from error
        case "level_incoming_not_negative":
            raise BucketBelowZero(
                "There are not so many units expected.", field="incoming"
            ) from error


def _refuse_location(error: IntegrityError, code: str) -> None:
    if constraint(error) == "location_code_unique":
        raise LocationCodeTaken(f"Another location has the code {code!r}.", field="code") from error
