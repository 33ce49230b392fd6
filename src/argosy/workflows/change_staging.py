"""Stage edits in a change set: each is tried on the thing as it is, and taken back.

    input --tried in a savepoint--> faults, as the direct command would say them
                                \\-> the thing before (base) and after (staged), kept with the edit

What somebody else changes later differs from `base`; `merged` in the island finds where that
clashes with what the edit makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from argosy.modules import catalog, changesets, imports, staff
from argosy.modules.changesets import (
    ChangeSet,
    ChangeSetConflicts,
    Clash,
    Edit,
    EditInvalid,
    Image,
    Kind,
    NewEdit,
)
from argosy.modules.staff import AuditFilter
from argosy.runtime.db import Tx
from argosy.workflows.change_writing import (
    EntityFault,
    Present,
    Wish,
    check_change,
    named_skus,
    public_id,
    read_present,
    refuse,
    stored_skus,
    write,
)
from argosy.workflows.product_offers import References, references

MAX_STAGED = 200
"""So many edits are staged at once."""
MAX_NAMED = 20
"""Of so many conflicts it is looked up who made them."""

Mode = Literal["merge", "replace"]


class Conflict(NamedTuple):
    """An edit, and the fields of its thing that others have changed since it was staged; `by` and
    `at` are who last did so and when, where that is known.
    """

    edit: Edit
    clashes: Sequence[Clash]
    version: int | None
    by: str | None = None
    at: datetime | None = None


class TakenBack(Exception):
    """Rolls back what was tried, after it was looked at."""


async def stage(
    tx: Tx,
    set_id: UUID,
    wishes: Sequence[Wish],
    *,
    by: str,
    mode: Mode = "merge",
    expected_version: int | None = None,
) -> ChangeSet:
    """Add edits to a draft, all or none; at most MAX_STAGED, each of another thing.

    `merge` adds to what the set has of the same thing already, `replace` takes its place. A repeat
    changes nothing but the version. Raises EditInvalid with every fault, ChangeSetConflicts when an
    edit to add to has clashes, ChangeSetNotFound, ChangeSetChanged, ChangeSetStateWrong,
    ChangeSetTooLarge.
    """
    held = await changesets.hold_change_set(tx, set_id, expected_version=expected_version)
    places = _places(wishes)
    known = await references(tx)
    present = await read_present(tx, [(w.kind, w.entity_id) for w in wishes], known)
    refuse(_missing(wishes, present), places)
    wishes = [w._replace(change=stored_skus(w.change, present.images[w.entity_id])) for w in wishes]
    attributes = {a.code for a in await catalog.list_attributes(tx)}
    refuse(
        [
            EntityFault(w.entity_id, w.kind, fault)
            for w in wishes
            for fault in check_change(w, present.images[w.entity_id], attributes)
        ],
        places,
    )
    wishes = [
        w._replace(change=changesets.explicit(w.change, present.images[w.entity_id]))
        for w in wishes
        if w.kind == "product"
    ] + [w for w in wishes if w.kind == "promotion"]
    if mode == "merge":
        wishes = await _added(tx, set_id, wishes, present)
    edits = await tried(tx, wishes, present, known, places=places)
    return await changesets.put_edits(tx, held, edits, by=by)


async def tried(
    tx: Tx,
    wishes: Sequence[Wish],
    present: Present,
    known: References,
    *,
    places: Mapping[UUID, int] | None = None,
) -> list[NewEdit]:
    """The edits with their things before and after, nothing of which stays. Raises EditInvalid."""
    after: Mapping[UUID, Image] = {}
    try:
        async with tx.savepoint():
            refuse(await write(tx, wishes, present, known, actor="change set"), places)
            things = [(w.kind, w.entity_id) for w in wishes]
            after = (await read_present(tx, things, known)).images
            raise TakenBack
    except TakenBack:
        pass
    return [_edit(w, present, present.images[w.entity_id], after[w.entity_id]) for w in wishes]


def _edit(wish: Wish, present: Present, before: Image, after: Image) -> NewEdit:
    skus = named_skus(wish.change, before) | changesets.differing(before, after)
    return NewEdit(
        entity_id=wish.entity_id,
        kind=wish.kind,
        label=present.labels[wish.entity_id],
        change=wish.change,
        base=changesets.narrowed(before, skus),
        staged=changesets.narrowed(after, skus),
        base_version=present.versions[wish.entity_id],
    )


def _places(wishes: Sequence[Wish]) -> dict[UUID, int]:
    if not 1 <= len(wishes) <= MAX_STAGED:
        raise EditInvalid(f"Stage 1 to {MAX_STAGED} edits at once.", field="edits")
    places: dict[UUID, int] = {}
    for number, wish in enumerate(wishes):
        if wish.entity_id in places:
            raise EditInvalid(
                "This is edited twice here; put both into one.", field=f"edits.{number}.entity_id"
            )
        places[wish.entity_id] = number
    return places


def _missing(wishes: Sequence[Wish], present: Present) -> list[EntityFault]:
    return [
        EntityFault(
            w.entity_id,
            w.kind,
            catalog.Fault(
                column="", code=f"{w.kind}_not_found", message=f"There is no such {w.kind}."
            ),
        )
        for w in wishes
        if w.entity_id not in present.images
    ]


async def _added(tx: Tx, set_id: UUID, wishes: Sequence[Wish], present: Present) -> list[Wish]:
    """The wishes on top of what the set has of their things."""
    stored = {
        edit.entity_id: edit
        for edit in await changesets.edits_of(tx, set_id, [w.entity_id for w in wishes])
    }
    refuse_conflicts(conflicts_among(list(stored.values()), present))
    return [
        w._replace(change=changesets.combined(stored[w.entity_id].change, w.change))
        if w.entity_id in stored
        else w
        for w in wishes
    ]


def changes_of(edit: Edit) -> list[imports.Change]:
    """What an edit is to change, or, once it is published, what it changed."""
    if edit.before is not None and edit.after is not None:
        return imports.differences(edit.before, edit.after)
    return imports.differences(edit.base, edit.staged)


# --- conflicts -----------------------------------------------------------------------------------


def merged_of(edit: Edit, present: Image | None) -> tuple[Image, list[Clash]]:
    """The thing as others made it with the edit on top, narrowed to the variants that the edit
    concerns, and what clashes; one that is gone clashes as a whole.
    """
    if present is None:
        return {}, [Clash(path="", base=edit.label, mine=edit.label, theirs=None)]
    return changesets.merged(edit.base, edit.staged, _narrowed_like(edit, present))


def _narrowed_like(edit: Edit, image: Image) -> Image:
    skus = {v["sku"] for side in (edit.base, edit.staged) for v in side.get("variants", ())}
    return changesets.narrowed(image, skus)


def conflicts_among(edits: Sequence[Edit], present: Present) -> list[Conflict]:
    """Those of the edits that clash with what others did since."""
    return [
        Conflict(edit, clashes, present.versions.get(edit.entity_id))
        for edit in edits
        if (clashes := merged_of(edit, present.images.get(edit.entity_id))[1])
    ]


async def conflicts_of(tx: Tx, set_id: UUID) -> list[Conflict]:
    """What publishing the set would stop at, with who is behind it. Raises ChangeSetNotFound."""
    await changesets.change_set_by_id(tx, set_id)
    edits = await changesets.all_edits(tx, set_id)
    present = await read_present(tx, [(e.kind, e.entity_id) for e in edits], await references(tx))
    found = conflicts_among(edits, present)
    named = [await _named(tx, set_id, one) for one in found[:MAX_NAMED]]
    return named + found[MAX_NAMED:]


async def _named(tx: Tx, set_id: UUID, conflict: Conflict) -> Conflict:
    edit = conflict.edit
    wanted = AuditFilter(subject=public_id(edit.kind, edit.entity_id), since=edit.staged_at)
    for entry in await staff.list_audit(tx, wanted, limit=1):
        conflict = conflict._replace(by=entry.actor_name, at=entry.at)
    others = await changesets.change_sets_with(tx, edit.entity_id, ("published", "rolled_back"))
    for other in others:
        at = other.rolled_back_at or other.published_at
        if other.id != set_id and at and at >= (conflict.at or edit.staged_at):
            who = f"{other.rolled_back_by or other.published_by} ({other.name})"
            conflict = conflict._replace(by=who, at=at)
    return conflict


def refuse_conflicts(found: Sequence[Conflict]) -> None:
    """Raise ChangeSetConflicts if there are any."""
    if not found:
        return
    first = found[0]
    where = first.clashes[0].path or "the whole of it"
    raise ChangeSetConflicts(
        f"{first.edit.label}: {where} was changed by somebody else since it was staged.",
        conflicts=[
            {
                "entity_id": public_id(one.edit.kind, one.edit.entity_id),
                "paths": [clash.path for clash in one.clashes[:20]],
            }
            for one in found[:50]
        ],
        count=len(found),
    )


async def resolve(
    tx: Tx,
    set_id: UUID,
    kind: Kind,
    entity_id: UUID,
    *,
    theirs: Sequence[str],
    seen_version: int,
    by: str,
    expected_version: int | None = None,
) -> ChangeSet:
    """Decide about the clashes of an edit: the paths in `theirs` are left as others made them, for
    all others the edit is staged anew on top of what they did. An edit of which nothing is left is
    removed. `seen_version` is that of the thing whose clashes were looked at.

    Raises EditNotFound, EditInvalid, ChangeSetConflicts when the thing was changed once more.
    """
    held = await changesets.hold_change_set(tx, set_id, expected_version=expected_version)
    edit = await changesets.edit_of(tx, set_id, entity_id)
    known = await references(tx)
    present = await read_present(tx, [(kind, entity_id)], known)
    if entity_id not in present.images:
        return await changesets.remove_edits(tx, held, [entity_id])
    found = conflicts_among([edit], present)
    if present.versions[entity_id] != seen_version:
        refuse_conflicts(found)
    change = changesets.without(edit.change, theirs) if theirs else edit.change
    change = _without_lost(change, present.images[entity_id])
    if not change:
        return await changesets.remove_edits(tx, held, [entity_id])
    edits = await tried(tx, [Wish(entity_id, kind, change)], present, known)
    return await changesets.put_edits(tx, held, edits, by=by)


def _without_lost(change: Image, present: Image) -> Image:
    """The input without variants that the product has no longer: nothing can be insisted on."""
    if "variants" not in change:
        return change
    there = {catalog.sku_key(v["sku"]) for v in present["variants"]}
    gone = [v["sku"] for v in change["variants"] if catalog.sku_key(v["sku"]) not in there]
    return changesets.without(change, [f"variants[{sku}]" for sku in gone]) if gone else change
