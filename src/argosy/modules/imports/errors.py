"""Why imports stops.

ArgosyError
├── NotFound ── PlanNotFound
├── Conflict ─┬ PlanStateWrong          it was applied already, is being reverted, was discarded
│             └ OutliersUnacknowledged  what looks like a mistake must be said to be none
└── Invalid ─── OutlierUnknown          the plan has no outliers of this name
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class PlanNotFound(NotFound):
    """There is no import plan with this id; plans are forgotten ninety days after they were made.
    List them with `GET /admin/v1/import-plans`.
    """

    code = "imports.plan_not_found"
    usual_cure = "Use the id of a plan of `GET /admin/v1/import-plans`."


class PlanStateWrong(Conflict):
    """The plan is not in a state in which this can be done: only a finished plan is applied, only
    an applied one is reverted, and both only once. Make a new plan of the file.
    """

    code = "imports.plan_state"
    usual_cure = "Look at the plan's `state`; make a new plan of the file where need be."


class OutliersUnacknowledged(Conflict):
    """Something in the plan looks like a mistake: prices that move far, products or variants that
    would vanish, values that many products would lose, or many rows that cannot be taken. Look at
    its outliers; if they are right, acknowledge them by name and apply the plan again.
    """

    code = "imports.outliers_unacknowledged"
    usual_cure = "Look at the outliers; acknowledge by name those that are right."


class OutlierUnknown(Invalid):
    """The plan has no outliers of this name. Its `outliers` list the names there are."""

    code = "imports.outlier_unknown"
    usual_cure = "Use a name of the plan's `outliers`."
