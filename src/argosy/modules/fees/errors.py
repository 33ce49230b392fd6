"""Why a use case of fees stops.

ArgosyError
├── NotFound ── FeeNotFound           fees.not_found
├── Invalid ─── FeeInvalid            fees.invalid
└── Conflict ┬─ FeeCodeTaken          fees.code_taken
             └─ FeeChangedMeanwhile   fees.changed
"""

from argosy.kernel.errors import Conflict, Invalid, NotFound


class FeeNotFound(NotFound):
    """There is no fee with this id. List the fees to see which there are."""

    code = "fees.not_found"
    usual_cure = "Use the id of a fee that `GET /admin/v1/fees` lists."


class FeeInvalid(Invalid):
    """A setting of the fee is not possible. `field` names it, `cure` says what would be."""

    code = "fees.invalid"
    usual_cure = "Correct the setting that `field` names."


class FeeCodeTaken(Conflict):
    """Another fee of this channel has this code. Choose another."""

    code = "fees.code_taken"
    usual_cure = "Choose another code."


class FeeChangedMeanwhile(Conflict):
    """The fee was changed since you read it. Read it again, then decide."""

    code = "fees.changed"
    usual_cure = "Read the fee again, and repeat the change with its new `ETag` in `If-Match`."
