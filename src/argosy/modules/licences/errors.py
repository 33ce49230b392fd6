"""Why licences stop.

ArgosyError
├── NotFound ── PoolNotFound
├── Invalid ─── LicenceKeysInvalid
└── Conflict ── PoolChangedMeanwhile
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class PoolNotFound(NotFound):
    """The variant is not delivered as licence keys."""

    code = "licences.pool_not_found"
    usual_cure = "Open its pool with `PUT /admin/v1/variants/{id}/licence-pool` first."


class LicenceKeysInvalid(Invalid):
    """Keys cannot be added: 1 to 1,000 at a time, each of 1 to 500 characters on one line."""

    code = "licences.keys_invalid"
    usual_cure = "Correct the key that is named, and send them all again."


class PoolChangedMeanwhile(Conflict):
    """Somebody else changed the pool since it was read."""

    code = "licences.changed"
    usual_cure = "Read it again, and send your change with its present version."
