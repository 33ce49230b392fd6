"""Take a published change set back as one: every field that it changed is again what it was.

What others changed since in other fields stays. A field that they changed once more needs a
decision; without one nothing is rolled back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from argosy.kernel.ids import encode
from argosy.modules import changesets, imports, staff
from argosy.modules.catalog import Fault
from argosy.modules.changesets import ChangeSet, Clash, DecisionsMissing, Edit, Image
from argosy.modules.staff import Actor
from argosy.runtime.db import Tx
from argosy.workflows.change_publishing import check_rights
from argosy.workflows.change_staging import Conflict
from argosy.workflows.change_writing import (
    EntityFault,
    Present,
    Wish,
    public_id,
    read_present,
    refuse,
    write,
)
from argosy.workflows.product_offers import references

Decision = Literal["keep", "put_back"]


class Back(NamedTuple):
    """What a rollback makes of one thing: the image it is to have (None: it is gone), and what was
    changed since it was published.
    """

    edit: Edit
    wanted: Image | None
    clashes: Sequence[Clash]


async def roll_back(
    tx: Tx,
    set_id: UUID,
    actor: Actor,
    *,
    decisions: Mapping[UUID, Decision] | None = None,
    otherwise: Decision | None = None,
    expected_version: int | None = None,
) -> ChangeSet:
    """Put back what the set changed, in this transaction; no-op for a set that is rolled back.

    `decisions` are about things of which a field was changed since, `otherwise` about all others of
    them: `keep` those fields, or `put_back` what they were. A promotion that the set put live is
    paused: it cannot be a draft again. About fifty statements, as for publishing. Raises
    DecisionsMissing, EditInvalid when something cannot be put back (nothing is then), Forbidden,
    ChangeSetNotFound, ChangeSetChanged, ChangeSetStateWrong, ChangeSetTooLarge.
    """
    decisions = decisions or {}
    held = await changesets.hold_change_set(tx, set_id)
    if held.state == "rolled_back":
        return held
    held = await changesets.hold_change_set(
        tx, set_id, expected_version=expected_version, to="rolled_back"
    )
    edits = await changesets.all_edits(tx, set_id)
    check_rights(actor, edits)
    known = await references(tx)
    things = [(edit.kind, edit.entity_id) for edit in edits]
    present = await read_present(tx, things, known, hold=True)
    backs = [_back(edit, present, decisions.get(edit.entity_id, otherwise)) for edit in edits]
    _refuse_undecided(backs, decisions, otherwise)
    wishes = [_wish(back, present) for back in backs if back.wanted is not None]
    refuse(await write(tx, wishes, present, known, actor=f"change set {held.id} taken back"))
    after = await read_present(tx, things, known)
    refuse(_not_back(backs, after))
    kept = sum(1 for b in backs if b.clashes and _decision(b, decisions, otherwise) != "put_back")
    found = await changesets.note_rolled_back(tx, held, kept=kept, by=actor.name)
    shown = {"state": "rolled_back", "kept": kept}
    await staff.audit(
        tx, actor, "change_set.rolled_back", encode("change_set", held.id),
        {"state": "published"}, shown,
    )  # fmt: skip
    return found


async def clashes_of_rollback(tx: Tx, set_id: UUID) -> list[Conflict]:
    """What somebody has changed since the set was published, of what it had changed: the things for
    which a rollback needs decisions. Raises ChangeSetNotFound.
    """
    await changesets.change_set_by_id(tx, set_id)
    edits = [edit for edit in await changesets.all_edits(tx, set_id) if edit.before is not None]
    present = await read_present(tx, [(e.kind, e.entity_id) for e in edits], await references(tx))
    return [
        Conflict(edit, back.clashes, present.versions.get(edit.entity_id))
        for edit in edits
        if (back := _back(edit, present, None)).clashes
    ]


def _back(edit: Edit, present: Present, decision: Decision | None) -> Back:
    now = present.images.get(edit.entity_id)
    if now is None:
        return Back(edit, None, [Clash(path="", base=edit.label, mine=edit.label, theirs=None)])
    before, after = edit.before or {}, edit.after or {}
    skus = {v["sku"] for side in (before, after) for v in side.get("variants", ())}
    taking: changesets.Side = "mine" if decision == "put_back" else "theirs"
    wanted, clashes = changesets.merged(
        after, before, changesets.narrowed(now, skus), taking=taking
    )
    if "variants" in wanted:
        # Variants that were deleted since cannot be put back.
        wanted = changesets.narrowed(wanted, {v["sku"] for v in now["variants"]})
    if edit.kind == "promotion" and wanted["state"] == "draft" != now["state"]:
        wanted = {**wanted, "state": "paused"}
    return Back(edit, wanted, clashes)


def _decision(
    back: Back, decisions: Mapping[UUID, Decision], otherwise: Decision | None
) -> Decision | None:
    return decisions.get(back.edit.entity_id, otherwise)


def _refuse_undecided(
    backs: Sequence[Back], decisions: Mapping[UUID, Decision], otherwise: Decision | None
) -> None:
    undecided = [b for b in backs if b.clashes and _decision(b, decisions, otherwise) is None]
    if undecided:
        first = undecided[0]
        where = first.clashes[0].path or "the whole of it"
        raise DecisionsMissing(
            f"{first.edit.label}: {where} was changed since the set was published.",
            conflicts=[
                {
                    "entity_id": public_id(b.edit.kind, b.edit.entity_id),
                    "paths": [clash.path for clash in b.clashes[:20]],
                }
                for b in undecided[:50]
            ],
            count=len(undecided),
        )


def _wish(back: Back, present: Present) -> Wish:
    edit, wanted = back.edit, back.wanted
    assert wanted is not None
    now = present.images[edit.entity_id]
    if edit.kind == "promotion":
        change = {key: value for key, value in wanted.items() if now[key] != value}
    else:
        change = changesets.transition(now, wanted)
    return Wish(edit.entity_id, edit.kind, change, exact=True)


def _not_back(backs: Sequence[Back], after: Present) -> list[EntityFault]:
    """Things that are not to the letter what they were to be."""
    faults = []
    for back in backs:
        if back.wanted is None:
            continue
        skus = {v["sku"] for v in back.wanted.get("variants", ())}
        became = changesets.narrowed(after.images[back.edit.entity_id], skus)
        for one in imports.differences(back.wanted, became)[:1]:
            message = f"{one.path} cannot be put back as it was."
            wrong = Fault(column=one.path, code="not_put_back", message=message)
            faults.append(EntityFault(back.edit.entity_id, back.edit.kind, wrong))
    return faults
