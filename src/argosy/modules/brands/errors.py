"""Why brands stops.

ArgosyError
├── NotFound ── BrandNotFound
├── Invalid ─── BrandNameDiffers
└── Conflict ── BrandExists, BrandSlugTaken, BrandVersionConflict
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class BrandNotFound(NotFound):
    """There is no such brand, or this channel shows no product of it."""

    code = "brands.not_found"
    usual_cure = "Take the slug from `GET /v1/brands`, or the id from the administration."


class BrandNameDiffers(Invalid):
    """Products belong to a brand by its name: here only its spelling (case, spaces) can be changed.
    Change the brand of the products for another name; the brand of that name comes with them.
    """

    code = "brands.name_differs"
    usual_cure = "Change the spelling only, or the brand of the products."


class BrandExists(Conflict):
    """There is a brand of this name already, perhaps spelled otherwise. Change that one."""

    code = "brands.exists"
    usual_cure = "Change the brand that is there: see `GET /admin/v1/brands`."


class BrandSlugTaken(Conflict):
    """Another brand has this slug. Choose another one."""

    code = "brands.slug_taken"
    usual_cure = "Choose another slug."


class BrandVersionConflict(Conflict):
    """Somebody changed the brand since you read it. Read it again, then repeat your change with the
    new ETag in `If-Match`.
    """

    code = "brands.version_conflict"
    usual_cure = "Read it again, and repeat the change with the new `ETag` in `If-Match`."
