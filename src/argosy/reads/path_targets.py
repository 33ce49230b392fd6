"""Which thing has a path, had it, or answers for it: names of the catalogue and of paths together.

Scopes are given as a channel and the locales to look in, the best first and the empty one last.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "path_targets.sql")


async def holder(
    tx: Tx, kind: str, name: str, channel_id: UUID, locales: Sequence[str]
) -> UUID | None:
    """What has the name there now."""
    return _id(await tx.maybe(SQL.holder, kind, name, channel_id, list(locales)))


async def former_holder(
    tx: Tx, kind: str, name: str, channel_id: UUID, locales: Sequence[str]
) -> UUID | None:
    """What had the name there last; it may not exist any more."""
    return _id(await tx.maybe(SQL.former_holder, kind, name, channel_id, list(locales)))


async def own_name_holder(tx: Tx, kind: str, name: str) -> UUID | None:
    """Whose own slug or path this is."""
    return _id(await tx.maybe(SQL.own_name_holder, kind, name))


async def address(
    tx: Tx, kind: str, entity_id: UUID, channel_id: UUID, locales: Sequence[str]
) -> tuple[str, bool] | None:
    """What the thing is called there and whether it is shown, None if it does not exist."""
    row = await tx.maybe(SQL.address, kind, entity_id, channel_id, list(locales), tx.now)
    return (row["name"], row["shown"]) if row else None


async def ending(tx: Tx, entity_id: UUID) -> Record | None:
    """What answers for a deleted thing: answer, target_kind, target_id."""
    return await tx.maybe(SQL.ending, entity_id)


async def redirect_at(tx: Tx, path: str, channel_id: UUID, locales: Sequence[str]) -> Record | None:
    """The redirect that people made there: answer, target_kind, target_id, target."""
    return await tx.maybe(SQL.redirect_at, path, channel_id, list(locales))


async def collisions(tx: Tx, kind: str, ids: Collection[UUID]) -> list[Record]:
    """Things (id, name) whose own name is another's in a scope (channel_id, locale)."""
    return await tx.many(SQL.collisions, kind, list(ids))


def _id(row: Record | None) -> UUID | None:
    return row["entity_id"] if row else None
