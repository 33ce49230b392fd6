"""Audiences: who is shown what is not for everybody, and who is told its price.

Owns the audiences of channels (groups of customers, or all who are signed in) and the restrictions
of channels, products and variants to them. Emits AudiencesChanged and RestrictionsChanged. A
customer belongs to one audience of a channel at most; never decides what anything costs.
"""

from argosy.modules.audiences.commands import (
    MAX_AT_ONCE,
    MAX_AUDIENCES,
    MAX_RESTRICTIONS,
    begin_windows,
    end_audience,
    finish_windows,
    lift_restrictions,
    restrict,
    set_audience,
)
from argosy.modules.audiences.errors import (
    AudienceInvalid,
    AudienceNotFound,
    RestrictionInvalid,
    TooManyAudiences,
    TooManyRestrictions,
)
from argosy.modules.audiences.events import AudiencesChanged, RestrictionsChanged
from argosy.modules.audiences.queries import (
    all_audiences,
    list_audiences,
    list_restrictions,
    restrictions_of,
    visibility_of,
)
from argosy.modules.audiences.rules import audience_of, hidden_from
from argosy.modules.audiences.types import (
    OPEN,
    Audience,
    Hides,
    Restriction,
    SetAudience,
    SubjectKind,
    Visibility,
)

__all__ = [
    "MAX_AT_ONCE",
    "MAX_AUDIENCES",
    "MAX_RESTRICTIONS",
    "OPEN",
    "Audience",
    "AudienceInvalid",
    "AudienceNotFound",
    "AudiencesChanged",
    "Hides",
    "Restriction",
    "RestrictionInvalid",
    "RestrictionsChanged",
    "SetAudience",
    "SubjectKind",
    "TooManyAudiences",
    "TooManyRestrictions",
    "Visibility",
    "all_audiences",
    "audience_of",
    "begin_windows",
    "end_audience",
    "finish_windows",
    "hidden_from",
    "lift_restrictions",
    "list_audiences",
    "list_restrictions",
    "restrict",
    "restrictions_of",
    "set_audience",
    "visibility_of",
]
