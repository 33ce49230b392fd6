"""Why collections stops.

ArgosyError
├── NotFound ── CollectionNotFound
├── Invalid ─── RulesInvalid, WindowInvalid, TooManyCollections, TooManyMembers
└── Conflict ── CollectionSlugTaken, CollectionVersionConflict, CollectionIsNotManual
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class CollectionNotFound(NotFound):
    """There is no such collection, or this channel does not show it."""

    code = "collections.not_found"
    usual_cure = "Take the slug from `GET /v1/collections`, or the id from the administration."


class RulesInvalid(Invalid):
    """A condition of a collection's rules cannot be met as it is written: it has no bound, its
    bounds are crossed, or it names a category that does not exist. `field` names the condition.
    """

    code = "collections.rules_invalid"
    usual_cure = "Correct the condition that `field` names."


class WindowInvalid(Invalid):
    """A collection's window cannot be: it ends before it begins, or has neither beginning nor end;
    or its channel does not show the collection, or has a window already. `field` names it.
    """

    code = "collections.window_invalid"
    usual_cure = "Correct the window that `field` names."


class TooManyCollections(Invalid):
    """A shop has at most a thousand collections, so that each product is held against all of their
    rules in no time. Remove those that nobody needs.
    """

    code = "collections.too_many"
    usual_cure = "Remove collections that nobody needs, or use categories."


class TooManyMembers(Invalid):
    """A collection takes at most 5,000 products by hand. Use rules, or a category."""

    code = "collections.too_many_members"
    usual_cure = "Use rules or a category for more than 5,000 products."


class CollectionSlugTaken(Conflict):
    """Another collection has this slug. Choose another one."""

    code = "collections.slug_taken"
    usual_cure = "Choose another slug."


class CollectionVersionConflict(Conflict):
    """Somebody changed the collection since you read it. Read it again, then repeat your change
    with the new ETag in `If-Match`.
    """

    code = "collections.version_conflict"
    usual_cure = "Read it again, and repeat the change with the new `ETag` in `If-Match`."


class CollectionIsNotManual(Conflict):
    """Rules decide what is in this collection. Change its rules, or make another one by hand."""

    code = "collections.not_manual"
    usual_cure = "Change its rules, or make a collection without rules."
