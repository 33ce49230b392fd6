"""The only file of changesets that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.modules.changesets.types import ChangeSet, Due, Edit, NewEdit, State, Written
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def insert_set(tx: Tx, set_id: UUID, name: str, note: str, by: str) -> None:
    """An empty draft."""
    await tx.run(SQL.insert_set, set_id, name, note, by, tx.now)


async def set_by_id(tx: Tx, set_id: UUID, *, lock: bool = False) -> ChangeSet | None:
    """One set."""
    row = await tx.maybe(SQL.lock_set if lock else SQL.set_by_id, set_id)
    return None if row is None else _set(row)


async def set_page(
    tx: Tx, state: State | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[ChangeSet]:
    """Sets, newest first."""
    at, set_id = after or (None, None)
    return [_set(row) for row in await tx.many(SQL.set_page, state, at, set_id, limit)]


async def sets_with(
    tx: Tx, entity_id: UUID, states: Collection[State], limit: int
) -> list[ChangeSet]:
    """Sets with an edit of this thing, newest first."""
    return [_set(row) for row in await tx.many(SQL.sets_with, entity_id, list(states), limit)]


async def rename_set(tx: Tx, set_id: UUID, name: str, note: str) -> None:
    """Another name and note."""
    await tx.run(SQL.rename_set, set_id, name, note, tx.now)


async def schedule_set(tx: Tx, set_id: UUID, due: Due, by: str) -> None:
    """To be published at that instant."""
    await tx.run(
        SQL.schedule_set, set_id, due.at, due.local_time, due.time_zone, by, tx.now
    )  # fmt: skip


async def draft_set(tx: Tx, set_id: UUID, problem: str = "") -> None:
    """A draft again."""
    await tx.run(SQL.draft_set, set_id, tx.now, problem)


async def publish_set(tx: Tx, set_id: UUID, by: str) -> None:
    """Published now."""
    await tx.run(SQL.publish_set, set_id, tx.now, by)


async def roll_back_set(tx: Tx, set_id: UUID, by: str) -> None:
    """Rolled back now."""
    await tx.run(SQL.roll_back_set, set_id, tx.now, by)


async def cancel_set(tx: Tx, set_id: UUID) -> None:
    """Never to be published."""
    await tx.run(SQL.cancel_set, set_id, tx.now)


async def put_edits(tx: Tx, set_id: UUID, edits: Sequence[NewEdit], by: str) -> None:
    """Edits, each in the place of the one of the same thing. Two statements."""
    await tx.run(SQL.put_edits, set_id, edits, by, tx.now)
    await tx.run(SQL.count_edits, set_id, tx.now)


async def delete_edits(tx: Tx, set_id: UUID, entity_ids: Collection[UUID]) -> set[UUID]:
    """Remove edits; those that there were."""
    rows = await tx.many(SQL.delete_edits, set_id, list(entity_ids))
    await tx.run(SQL.count_edits, set_id, tx.now)
    return {row["entity_id"] for row in rows}


async def all_edits(tx: Tx, set_id: UUID) -> list[Edit]:
    """All edits in the order of their things' ids, which is the order of locking."""
    return [_edit(row) for row in await tx.many(SQL.all_edits, set_id)]


async def edits_of(tx: Tx, set_id: UUID, entity_ids: Collection[UUID]) -> list[Edit]:
    """The edits of these things."""
    return [_edit(row) for row in await tx.many(SQL.edits_of, set_id, list(entity_ids))]


async def edit_page(tx: Tx, set_id: UUID, after: UUID | None, limit: int) -> list[Edit]:
    """Edits in the order of their things' ids."""
    return [_edit(row) for row in await tx.many(SQL.edit_page, set_id, after, limit)]


async def note_written(tx: Tx, set_id: UUID, written: Sequence[Written]) -> None:
    """Keep what things were like around the publication."""
    await tx.run(SQL.note_written, set_id, written)


async def named_media(
    tx: Tx, refs: Sequence[str], after: tuple[UUID, UUID], limit: int
) -> tuple[set[str], tuple[UUID, UUID] | None]:
    """Those of these ids and storage keys that edits behind (set id, entity id) hold, and the last
    edit that was looked at.
    """
    row = await tx.one(SQL.named_media, list(refs), *after, limit)
    last = None if row["set_id"] is None else (row["set_id"], row["entity_id"])
    return set(row["refs"]), last


def _set(row: Record) -> ChangeSet:
    return msgspec.convert(dict(row), ChangeSet)


def _edit(row: Record) -> Edit:
    return msgspec.convert(dict(row), Edit)
