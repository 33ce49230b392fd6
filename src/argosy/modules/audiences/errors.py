"""Why a use case of audiences stops.

ArgosyError
├── NotFound ── AudienceNotFound       audiences.not_found
├── Invalid ──┬ AudienceInvalid        audiences.invalid
│             └ RestrictionInvalid     audiences.restriction_invalid
└── Conflict ─┬ TooManyAudiences       audiences.too_many
              └ TooManyRestrictions    audiences.too_many_restrictions
"""

from argosy.kernel.errors import Conflict, Invalid, NotFound


class AudienceNotFound(NotFound):
    """This channel has no audience of this code, or it was ended."""

    code = "audiences.not_found"
    usual_cure = "Use the code of an audience that `GET /admin/v1/channels/{id}/audiences` lists."


class AudienceInvalid(Invalid):
    """A setting of the audience is not possible. `field` names it, `cure` says what would be."""

    code = "audiences.invalid"
    usual_cure = "Correct the setting that `field` names."


class RestrictionInvalid(Invalid):
    """A restriction is not possible: it names an audience that the channel does not have, or none,
    or a subject twice. Nothing was stored.
    """

    code = "audiences.restriction_invalid"
    usual_cure = "Name audiences of this channel, and each subject once."


class TooManyAudiences(Conflict):
    """A channel has eight audiences at most: a shop window is kept for each of them."""

    code = "audiences.too_many"
    usual_cure = "End an audience that is not needed, or give one of them more groups."


class TooManyRestrictions(Conflict):
    """A channel has 50,000 restrictions at most. Nothing was stored."""

    code = "audiences.too_many_restrictions"
    usual_cure = "Restrict products instead of their variants, or the channel as a whole."
