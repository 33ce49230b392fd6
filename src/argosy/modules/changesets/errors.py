"""Why a use case of change sets stops.

ArgosyError
├── NotFound ─┬ ChangeSetNotFound    changesets.not_found
│             └ EditNotFound         changesets.edit_not_found
├── Invalid ─── EditInvalid          changesets.edit_invalid
└── Conflict ─┬ ChangeSetChanged     changesets.changed
              ├ ChangeSetStateWrong  changesets.state
              ├ ChangeSetConflicts   changesets.conflicts
              ├ DecisionsMissing     changesets.decisions_missing
              └ ChangeSetTooLarge    changesets.too_large
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class ChangeSetNotFound(NotFound):
    """There is no change set with this id. List them with `GET /admin/v1/change-sets`."""

    code = "changesets.not_found"
    usual_cure = "Use the id of a change set of `GET /admin/v1/change-sets`."


class EditNotFound(NotFound):
    """The change set has no edit of this product or promotion. Its edits tell which it has."""

    code = "changesets.edit_not_found"
    usual_cure = "Use the `entity_id` of an edit of the change set."


class EditInvalid(Invalid):
    """Edits of a change set cannot be made, so none of them was taken. The details list every fault
    with its product or promotion, the field and what is wrong, as the direct change would say it.

    A change set changes what exists: products and variants are made as drafts, and a set makes them
    active. It moves no stock, renames no SKU and defines no attribute.
    """

    code = "changesets.edit_invalid"
    usual_cure = "Correct what `faults` lists, and stage the edits again."


class ChangeSetChanged(Conflict):
    """The change set was changed since you read it: somebody staged or removed an edit, or moved
    it. Look at it again, then decide.
    """

    code = "changesets.changed"
    usual_cure = "Read the change set again, and repeat with its new `ETag` in `If-Match`."


class ChangeSetStateWrong(Conflict):
    """The change set is not in a state in which this can be done: edits are staged in a draft, a
    draft or a scheduled set is published, and only a published one is rolled back.
    """

    code = "changesets.state"
    usual_cure = "Look at the change set's `state`; take it off the schedule to go on editing it."


class ChangeSetConflicts(Conflict):
    """Somebody has changed the same fields since they were staged. Nothing was published. Look at
    the conflicts; for each edit, take over what the others did or insist on your own.
    """

    code = "changesets.conflicts"
    usual_cure = "List the conflicts and resolve each, then publish again."


class DecisionsMissing(Conflict):
    """Fields that the set had changed were changed again since by somebody else. Nothing was rolled
    back. Decide for each product or promotion: `keep` what it is now, or `put_back` what it was.
    """

    code = "changesets.decisions_missing"
    usual_cure = "Send a decision for each entity that the details list, or one for all others."


class ChangeSetTooLarge(Conflict):
    """The change set is more than one transaction takes: 1,000 edits, of products with 20,000
    variants together. Split it into several sets; they can be scheduled for the same instant.
    """

    code = "changesets.too_large"
    usual_cure = "Split it into several sets, scheduled for the same instant."
