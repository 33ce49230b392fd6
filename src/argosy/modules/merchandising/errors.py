"""Why a use case of merchandising stops.

ArgosyError
├── NotFound ── RuleNotFound           merchandising.rule_not_found
├── Invalid ─── RuleInvalid            merchandising.rule_invalid
└── Conflict ── RuleChangedMeanwhile   merchandising.rule_changed
"""

from argosy.kernel.errors import Conflict, Invalid, NotFound


class RuleNotFound(NotFound):
    """There is no merchandising rule with this id. List the rules to see which there are."""

    code = "merchandising.rule_not_found"
    usual_cure = "Use the id of a rule that `GET /admin/v1/merchandising/rules` lists."


class RuleInvalid(Invalid):
    """A setting of the merchandising rule is not possible. `field` names it.

    A rule for queries names them, one for a category names it. A pin names products and nothing
    else; a boost or bury says which products it means, and how strongly.
    """

    code = "merchandising.rule_invalid"
    usual_cure = "Correct the setting that `field` names."


class RuleChangedMeanwhile(Conflict):
    """The merchandising rule was changed since you read it. Read it again, then decide."""

    code = "merchandising.rule_changed"
    usual_cure = "Read the rule again, and repeat the change with its new `ETag` in `If-Match`."
