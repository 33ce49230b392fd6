"""Publish change sets: everything in one transaction, at once or when their time has come.

    draft --schedule--> scheduled --job, at its time--> published --rollback--> rolled_back
      ^------- blocked: its time came, and others had changed the same fields --'

A worker that dies in between leaves nothing half: the job is run again and finds the set as it was,
or published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from argosy.kernel.errors import ArgosyError, Unavailable
from argosy.kernel.events import Job
from argosy.kernel.ids import encode
from argosy.modules import changesets, imports, staff
from argosy.modules.changesets import (
    ChangeSet,
    ChangeSetStateWrong,
    Clash,
    Due,
    Edit,
    EditInvalid,
    Image,
    Written,
)
from argosy.modules.staff import Actor
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.change_staging import (
    Conflict,
    conflicts_among,
    merged_of,
    refuse_conflicts,
)
from argosy.workflows.change_writing import (
    Present,
    Wish,
    read_present,
    refuse,
    write,
)
from argosy.workflows.product_offers import references

AT_ONCE = 200
"""A set of more edits is published by the worker, as soon as it can."""


class PublishChangeSet(Job, frozen=True, kw_only=True):
    """Publish a scheduled set, if it is still what was scheduled."""

    NAME: ClassVar[str] = "publish_change_set"

    change_set_id: UUID
    version: int


def scopes_for(edits: Sequence[Edit]) -> set[str]:
    """What somebody may do who may publish these edits: the same as for doing it directly."""
    scopes: set[str] = set()
    for edit in edits:
        if edit.kind == "promotion":
            scopes.add("promotions:write")
            continue
        variants = edit.change.get("variants") or ()
        if any("prices" in variant for variant in variants):
            scopes.add("prices:write")
        if edit.change.keys() - {"variants"} or any(v.keys() - {"sku", "prices"} for v in variants):
            scopes.add("catalog:write")
    return scopes


def check_rights(actor: Actor, edits: Sequence[Edit]) -> None:
    """Raises Forbidden when the actor could not do directly what the edits do."""
    for scope in sorted(scopes_for(edits)):
        staff.check_allowed(actor, scope)


async def publish(
    tx: Tx, set_id: UUID, actor: Actor, *, expected_version: int | None = None
) -> ChangeSet:
    """Let all edits take effect in this transaction; no-op for a set that is published.

    About fifty statements whatever the number of edits of products, and one more for each price
    list of the shop; promotions take some ten each. A set of more than AT_ONCE edits is scheduled
    for now. Raises ChangeSetConflicts and EditInvalid (with everything that is wrong; nothing is
    published then), Forbidden, ChangeSetNotFound, ChangeSetChanged, ChangeSetStateWrong,
    ChangeSetTooLarge.
    """
    held = await changesets.hold_change_set(tx, set_id)
    if held.state == "published":
        return held
    held = await changesets.hold_change_set(
        tx, set_id, expected_version=expected_version, to="published"
    )
    edits = await changesets.all_edits(tx, set_id)
    if not edits:
        raise EditInvalid("The change set has no edits.", cure="Stage edits first.")
    check_rights(actor, edits)
    if len(edits) > AT_ONCE:
        return await _scheduled(tx, held, Due(at=tx.now), actor)
    return await _published(tx, held, edits, actor)


async def schedule(
    tx: Tx, set_id: UUID, due: Due, actor: Actor, *, expected_version: int | None = None
) -> ChangeSet:
    """Publish the set at that instant, in the name of who schedules it; an instant that has passed
    is now. Raises what `publish` raises, but for what only its time will tell.
    """
    held = await changesets.hold_change_set(tx, set_id, expected_version=expected_version)
    check_rights(actor, await changesets.all_edits(tx, set_id))
    return await _scheduled(tx, held, due, actor)


async def _scheduled(tx: Tx, held: ChangeSet, due: Due, actor: Actor) -> ChangeSet:
    found = await changesets.schedule(tx, held, due, by=actor.name)
    job = PublishChangeSet(change_set_id=found.id, version=found.version)
    tx.enqueue(job, after=max(due.at - tx.now, timedelta(0)))
    shown = {"scheduled_for": due.at.isoformat(), "edits": found.edits}
    await staff.audit(
        tx, actor, "change_set.scheduled", _subject(found), {"state": held.state}, shown
    )
    return found


async def unschedule(
    tx: Tx, set_id: UUID, actor: Actor, *, expected_version: int | None = None
) -> ChangeSet:
    """Take a set off the schedule: it is a draft again. Raises ChangeSetStateWrong."""
    held = await changesets.hold_change_set(tx, set_id, expected_version=expected_version)
    found = await changesets.unschedule(tx, held)
    await staff.audit(tx, actor, "change_set.unscheduled", _subject(found))
    return found


async def publish_change_set(app: App, job: PublishChangeSet) -> None:
    """Publish a set whose time has come; a no-op when it was taken off, or is published.

    A set that cannot be published is a draft again, with the reason.
    """
    try:
        async with app.db.transaction() as tx:
            held = await _due(tx, job)
            if held is not None:
                edits = await changesets.all_edits(tx, held.id)
                await _published(tx, held, edits, _in_the_name_of(held))
    except Unavailable:
        raise
    except ArgosyError as error:
        async with app.db.transaction() as tx:
            held = await _due(tx, job)
            if held is not None:
                await changesets.note_blocked(tx, held, error.message)
                shown = {"problem": error.message}
                await staff.audit(
                    tx, _in_the_name_of(held), "change_set.blocked", _subject(held), None, shown
                )


async def _due(tx: Tx, job: PublishChangeSet) -> ChangeSet | None:
    """The set, locked, if it is as it was scheduled; asked for again where it is too early."""
    try:
        held = await changesets.hold_change_set(
            tx, job.change_set_id, expected_version=job.version, to="published"
        )
    except (changesets.ChangeSetNotFound, changesets.ChangeSetChanged, ChangeSetStateWrong):
        return None
    if held.state != "scheduled" or held.scheduled_for is None:
        return None
    if held.scheduled_for > tx.now:
        tx.enqueue(job, after=held.scheduled_for - tx.now)
        return None
    return held


def _in_the_name_of(held: ChangeSet) -> Actor:
    """Whoever scheduled it had the right to; the act is the worker's."""
    return Actor(kind="system", id=None, name=held.scheduled_by or "", scopes=frozenset({"*"}))


async def _published(tx: Tx, held: ChangeSet, edits: Sequence[Edit], actor: Actor) -> ChangeSet:
    known = await references(tx)
    things = [(edit.kind, edit.entity_id) for edit in edits]
    before = await read_present(tx, things, known, hold=True)
    refuse_conflicts(conflicts_among(edits, before))
    expected = {edit.entity_id: merged_of(edit, before.images[edit.entity_id])[0] for edit in edits}
    wishes = [Wish(edit.entity_id, edit.kind, edit.change) for edit in edits]
    refuse(await write(tx, wishes, before, known, actor=f"change set {held.id}"))
    after = await read_present(tx, things, known)
    refuse_conflicts(_overwritten(edits, expected, before, after))
    written = [_written(edit, before.images, after.images) for edit in edits]
    found = await changesets.note_published(tx, held, written, by=actor.name)
    shown = {"state": "published", "edits": len(edits), "name": held.name}
    await staff.audit(
        tx, actor, "change_set.published", _subject(held), {"state": held.state}, shown
    )
    return found


def _overwritten(
    edits: Sequence[Edit], expected: Mapping[UUID, Image], before: Present, after: Present
) -> list[Conflict]:
    """Edits that name a field with the value it had when they were staged, where another has put a
    different one since: to write it would undo that unseen.
    """
    found = []
    for edit in edits:
        wanted = expected[edit.entity_id]
        skus = {variant["sku"] for variant in wanted.get("variants", ())}
        became = changesets.narrowed(after.images[edit.entity_id], skus)
        clashes = [
            Clash(path=one.path, base=one.before, mine=one.after, theirs=one.before)
            for one in imports.differences(wanted, became)
            if one.path not in _from_now(edit)
        ]
        if clashes:
            found.append(Conflict(edit, clashes, before.versions[edit.entity_id]))
    return found


def _from_now(edit: Edit) -> set[str]:
    """Publications begin when the set is published, where the edit does not say when."""
    return {
        f"publications[{one['channel']}].from"
        for one in edit.change.get("publications") or ()
        if "from" not in one
    }


def _written(edit: Edit, before: Mapping[UUID, Image], after: Mapping[UUID, Image]) -> Written:
    old, new = before[edit.entity_id], after[edit.entity_id]
    skus = changesets.differing(old, new)
    return Written(
        entity_id=edit.entity_id,
        before=changesets.narrowed(old, skus),
        after=changesets.narrowed(new, skus),
    )


def _subject(held: ChangeSet) -> str:
    return encode("change_set", held.id)
