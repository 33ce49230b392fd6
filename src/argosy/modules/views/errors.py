"""Why views stops.

ArgosyError
├── NotFound ── ViewNotFound
└── Invalid ─── TooManyViews
"""

from __future__ import annotations

from argosy.kernel.errors import Invalid, NotFound


class ViewNotFound(NotFound):
    """You have no view of this id: it may have been forgotten since, or is somebody else's.

    `GET /admin/v1/me/views` lists yours.
    """

    code = "views.not_found"
    usual_cure = "Use an id that `GET /admin/v1/me/views` lists."


class TooManyViews(Invalid):
    """A person has at most thirty views of a list. Forget one that you no longer need."""

    code = "views.too_many"
    usual_cure = "Forget a view of this list that you no longer need."
