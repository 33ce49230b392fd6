"""Why paths stops.

ArgosyError
├── NotFound ── PathUnknown, RedirectNotFound, PathGone (410)
├── Invalid ─── PathInvalid, RedirectInvalid, RedirectLoop
└── Conflict ── NameTaken, NameChanged
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class PathUnknown(NotFound):
    """Nothing is shown at this path in this channel, and nothing is known to have been there."""

    code = "paths.unknown"
    usual_cure = "Check the path; take paths from the answers of the catalogue."


class PathGone(NotFound):
    """What was at this path was taken away for good. `replacement`, where it is given, is a path
    that may be shown in its place.
    """

    code = "paths.gone"
    usual_cure = "Forget this path; show what is at `replacement` if that is given."
    http_status = 410


class RedirectNotFound(NotFound):
    """There is no redirect with this id."""

    code = "paths.redirect_not_found"
    usual_cure = "Take the id from `GET /admin/v1/redirects`."


class PathInvalid(Invalid):
    """This is not a path of a shop: it begins with a slash, has up to 2,000 characters, and no
    spaces, control characters or empty steps.
    """

    code = "paths.invalid"
    usual_cure = "Send a path that begins with a slash, like `/products/radiant-tee`."


class RedirectInvalid(Invalid):
    """The redirect cannot be taken as it is. `field` names what is wrong: a target is an id, a
    path, or an address that begins with `https://`; a language is a code like `de` or `de-AT`; what
    has a path already is redirected by changing its slug or by deleting it.
    """

    code = "paths.redirect_invalid"
    usual_cure = "Correct the member that `field` names."


class RedirectLoop(Invalid):
    """The redirect would lead, over others, back to where it starts. `chain` lists the paths in
    between: remove or change one of those redirects first.
    """

    code = "paths.redirect_loop"
    usual_cure = "Remove or change one of the redirects that `chain` lists."


class NameChanged(Conflict):
    """What the thing is called in this channel and language was changed since you read it;
    `version` is the one that it has now (0: it has no name of its own there any more).
    """

    code = "paths.name_changed"
    usual_cure = "Read its names again, and repeat the change with the `version` there is now."


class NameTaken(Conflict):
    """Another product, category, collection or brand has this name in this channel and language.
    Names are unique there (`taken_by` tells whose it is).
    """

    code = "paths.name_taken"
    usual_cure = "Choose another name, or change the one that has it."
