"""Make, fill, schedule, publish and take back change sets: their record. What an edit means to a
product or a promotion is not known here; that is in workflows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.kernel.text import is_storable
from argosy.modules.changesets import rules, store
from argosy.modules.changesets.errors import (
    ChangeSetChanged,
    ChangeSetNotFound,
    ChangeSetStateWrong,
    ChangeSetTooLarge,
    EditInvalid,
    EditNotFound,
)
from argosy.modules.changesets.events import (
    ChangeSetBlocked,
    ChangeSetCancelled,
    ChangeSetPublished,
    ChangeSetRolledBack,
    ChangeSetScheduled,
)
from argosy.modules.changesets.types import ChangeSet, Due, NewEdit, State, Written
from argosy.runtime.db import Tx

_LONGEST_NAME = 200
_LONGEST_NOTE = 5_000


async def create_change_set(tx: Tx, name: str, *, note: str = "", by: str) -> ChangeSet:
    """An empty draft. Raises EditInvalid for an impossible name or note."""
    _check_words(name, note)
    set_id = new_id()
    await store.insert_set(tx, set_id, name.strip(), note, by)
    return await _found(tx, set_id)


async def rename_change_set(
    tx: Tx, set_id: UUID, name: str, note: str, *, expected_version: int | None = None
) -> ChangeSet:
    """Another name and note, in any state. Raises ChangeSetNotFound, ChangeSetChanged."""
    _check_words(name, note)
    await hold_change_set(tx, set_id, expected_version=expected_version)
    await store.rename_set(tx, set_id, name.strip(), note)
    return await _found(tx, set_id)


async def hold_change_set(
    tx: Tx, set_id: UUID, *, expected_version: int | None = None, to: State | None = None
) -> ChangeSet:
    """The set, locked until the transaction ends; with `to`, only one that may move there.

    Raises ChangeSetNotFound, ChangeSetChanged, ChangeSetStateWrong.
    """
    found = await store.set_by_id(tx, set_id, lock=True)
    if found is None:
        raise ChangeSetNotFound("There is no such change set.")
    if expected_version is not None and found.version != expected_version:
        raise ChangeSetChanged(
            "The change set was changed meanwhile.", current_version=found.version
        )
    if to is not None and not rules.may_become(found, to):
        raise ChangeSetStateWrong(
            f"The change set is {found.state.replace('_', ' ')}.", state=found.state
        )
    return found


async def put_edits(tx: Tx, held: ChangeSet, edits: Sequence[NewEdit], *, by: str) -> ChangeSet:
    """Edits of a held draft, each in the place of the one of the same thing.

    Raises ChangeSetStateWrong, ChangeSetTooLarge.
    """
    _check_draft(held)
    await store.put_edits(tx, held.id, edits, by)
    found = await _found(tx, held.id)
    if found.edits > rules.MAX_EDITS:
        raise ChangeSetTooLarge(
            f"A change set has at most {rules.MAX_EDITS:,} edits.", limit=rules.MAX_EDITS
        )
    return found


async def remove_edits(tx: Tx, held: ChangeSet, entity_ids: Collection[UUID]) -> ChangeSet:
    """Leave these things out of a held draft. Raises ChangeSetStateWrong, EditNotFound."""
    _check_draft(held)
    if await store.delete_edits(tx, held.id, entity_ids) != set(entity_ids):
        raise EditNotFound("The change set has no such edit.", field="entity_id")
    return await _found(tx, held.id)


async def schedule(tx: Tx, held: ChangeSet, due: Due, *, by: str) -> ChangeSet:
    """To be published at that instant; the caller asks for it then. A scheduled set gets another
    instant. Raises ChangeSetStateWrong, and EditInvalid for a set without edits.

    Emits ChangeSetScheduled.
    """
    if held.state not in {"draft", "scheduled"}:
        raise ChangeSetStateWrong(f"The change set is {held.state}.", state=held.state)
    if not held.edits:
        raise EditInvalid("The change set has no edits.", cure="Stage edits first.")
    await store.schedule_set(tx, held.id, due, by)
    tx.emit(ChangeSetScheduled(change_set_id=held.id, scheduled_for=due.at, edits=held.edits))
    return await _found(tx, held.id)


async def unschedule(tx: Tx, held: ChangeSet) -> ChangeSet:
    """A scheduled set is a draft again. Raises ChangeSetStateWrong."""
    if held.state != "scheduled":
        raise ChangeSetStateWrong("The change set is not scheduled.", state=held.state)
    await store.draft_set(tx, held.id)
    return await _found(tx, held.id)


async def note_blocked(tx: Tx, held: ChangeSet, problem: str) -> ChangeSet:
    """Its time came, and it could not be published. Emits ChangeSetBlocked."""
    await store.draft_set(tx, held.id, problem[:2000])
    tx.emit(ChangeSetBlocked(change_set_id=held.id, reason=problem[:500]))
    return await _found(tx, held.id)


async def note_published(
    tx: Tx, held: ChangeSet, written: Sequence[Written], *, by: str
) -> ChangeSet:
    """All edits of a held set took effect in this transaction. Emits ChangeSetPublished."""
    await store.note_written(tx, held.id, written)
    await store.publish_set(tx, held.id, by)
    tx.emit(ChangeSetPublished(change_set_id=held.id, edits=held.edits))
    return await _found(tx, held.id)


async def note_rolled_back(tx: Tx, held: ChangeSet, *, kept: int, by: str) -> ChangeSet:
    """Everything but what `kept` things hold on to was put back. Emits ChangeSetRolledBack."""
    await store.roll_back_set(tx, held.id, by)
    tx.emit(ChangeSetRolledBack(change_set_id=held.id, edits=held.edits, kept=kept))
    return await _found(tx, held.id)


async def cancel_change_set(
    tx: Tx, set_id: UUID, *, expected_version: int | None = None
) -> ChangeSet:
    """Never publish it. Raises ChangeSetNotFound, ChangeSetChanged, ChangeSetStateWrong.

    Emits ChangeSetCancelled.
    """
    await hold_change_set(tx, set_id, expected_version=expected_version, to="cancelled")
    await store.cancel_set(tx, set_id)
    tx.emit(ChangeSetCancelled(change_set_id=set_id))
    return await _found(tx, set_id)


def _check_draft(held: ChangeSet) -> None:
    if held.state != "draft":
        raise ChangeSetStateWrong(
            f"Edits are staged in a draft; this set is {held.state.replace('_', ' ')}.",
            state=held.state,
        )


def _check_words(name: str, note: str) -> None:
    if not 1 <= len(name.strip()) <= _LONGEST_NAME or not is_storable(name):
        raise EditInvalid("A change set has a name.", field="name", cure="1 to 200 characters.")
    if len(note) > _LONGEST_NOTE or not is_storable(" ".join(note.splitlines())):
        raise EditInvalid("The note is too long.", field="note", cure="Up to 5,000 characters.")


async def _found(tx: Tx, set_id: UUID) -> ChangeSet:
    found = await store.set_by_id(tx, set_id)
    assert found is not None, "its row is locked or was just written"
    return found
