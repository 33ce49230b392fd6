"""Read change sets and their edits, page by page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from argosy.modules.changesets import store
from argosy.modules.changesets.errors import ChangeSetNotFound, EditNotFound
from argosy.modules.changesets.types import ChangeSet, Edit, State
from argosy.runtime.db import Tx

_READ_AT_ONCE = 2_000


async def change_set_by_id(tx: Tx, set_id: UUID) -> ChangeSet:
    """One set. Raises ChangeSetNotFound."""
    found = await store.set_by_id(tx, set_id)
    if found is None:
        raise ChangeSetNotFound("There is no such change set.")
    return found


async def list_change_sets(
    tx: Tx,
    *,
    state: State | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[ChangeSet]:
    """Sets, newest first, from behind `after` (created_at, id)."""
    return await store.set_page(tx, state, after, limit)


async def change_sets_with(
    tx: Tx, entity_id: UUID, states: Collection[State], *, limit: int = 20
) -> list[ChangeSet]:
    """Sets in these states with an edit of this product or promotion, newest first."""
    return await store.sets_with(tx, entity_id, states, limit)


async def all_edits(tx: Tx, set_id: UUID) -> list[Edit]:
    """All edits of a set, at most MAX_EDITS, by the ids of their things."""
    return await store.all_edits(tx, set_id)


async def list_edits(tx: Tx, set_id: UUID, *, after: UUID | None = None, limit: int) -> list[Edit]:
    """Edits of a set by the ids of their things, from behind the id `after`."""
    return await store.edit_page(tx, set_id, after, limit)


async def edits_of(tx: Tx, set_id: UUID, entity_ids: Collection[UUID]) -> list[Edit]:
    """Those edits of a set that are of these things."""
    return await store.edits_of(tx, set_id, entity_ids)


async def edit_of(tx: Tx, set_id: UUID, entity_id: UUID) -> Edit:
    """The edit of this thing. Raises EditNotFound."""
    found = await store.edits_of(tx, set_id, [entity_id])
    if not found:
        raise EditNotFound("The change set has no such edit.", field="entity_id")
    return found[0]


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Which of these does an edit hold, in what it does or what a rollback puts back: ids of media
    entries as text, and storage keys. Many short statements.
    """
    found: set[str] = set()
    after: tuple[UUID, UUID] | None = (UUID(int=0), UUID(int=0))
    while after is not None:
        named, after = await store.named_media(tx, refs, after, _READ_AT_ONCE)
        found |= named
    return found
