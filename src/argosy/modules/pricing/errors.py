"""Why a use case of pricing stops.

ArgosyError
├── NotFound ┬─ PriceListNotFound    pricing.list_not_found
│            ├─ PriceNotFound        pricing.price_not_found
│            └─ AssignmentNotFound   pricing.assignment_not_found
├── Invalid ─┬─ PriceListInvalid     pricing.list_invalid
│            ├─ PriceInvalid         pricing.price_invalid
│            ├─ AssignmentInvalid    pricing.assignment_invalid
│            ├─ PolicyInvalid        pricing.policy_invalid
│            ├─ CostInvalid          pricing.cost_invalid
│            ├─ MeasureInvalid       pricing.measure_invalid
│            ├─ RateUnknown          pricing.rate_unknown
│            ├─ RatesUnreadable      pricing.rates_unreadable
│            └─ CurrencyDiffers      pricing.currency_differs
└── Conflict ┬─ PriceListCodeTaken   pricing.list_code_taken
             ├─ PriceListChanged     pricing.list_changed
             ├─ CostsOverlap         pricing.costs_overlap
             ├─ FactChanged          pricing.fact_changed
             ├─ PolicyChanged        pricing.policy_changed
             ├─ AssignmentsOverlap   pricing.assignments_overlap
             ├─ RatesStale           pricing.rates_stale
             ├─ OutliersUnacknowledged  pricing.outliers_unacknowledged
             ├─ StepTooLarge         pricing.step_too_large
             └─ PricesOverlap        pricing.prices_overlap
"""

from argosy.kernel.errors import Conflict, Invalid, NotFound


class PriceListNotFound(NotFound):
    """There is no price list with this id or code. List the price lists to see them."""

    code = "pricing.list_not_found"
    usual_cure = "Use the id or code of a price list that `GET /admin/v1/price-lists` lists."


class PriceNotFound(NotFound):
    """There is no such price in this list: it was removed, or never set."""

    code = "pricing.price_not_found"
    usual_cure = "Use the id of a price that the price list shows."


class PriceListInvalid(Invalid):
    """A setting of the price list is not possible. `field` names it, `cure` says what would be."""

    code = "pricing.list_invalid"
    usual_cure = "Correct the setting that `field` names."


class PriceInvalid(Invalid):
    """A price is not possible. `field` names what is wrong with it and `cure` what would be right.

    Nothing was stored, not the other prices of the request either.
    """

    code = "pricing.price_invalid"
    usual_cure = "Correct the field that `field` names; nothing of the request was stored."


class CurrencyDiffers(Invalid):
    """An amount is in another currency than the price list or channel it is meant for."""

    code = "pricing.currency_differs"
    usual_cure = "Send the amount in the currency of the price list or channel."


class PriceListCodeTaken(Conflict):
    """Another price list has this code. Codes are unique; choose another."""

    code = "pricing.list_code_taken"
    usual_cure = "Choose another code."


class PriceListChanged(Conflict):
    """The price list was changed since you read it. Read it again, then decide."""

    code = "pricing.list_changed"
    usual_cure = (
        "Read the price list again, and repeat the change with its new `ETag` in `If-Match`."
    )


class PricesOverlap(Conflict):
    """Two prices of the same variant, list, quantity and priority would be in force at once.

    Nothing was stored. Remove or shorten the earlier price, or give one of them another priority.
    """

    code = "pricing.prices_overlap"
    usual_cure = "Remove or shorten the earlier price, or give one of them another priority."


class StepTooLarge(Conflict):
    """A price would move by more than its price list allows within 24 hours. Nothing was stored.

    `max_step_per_day` is the limit in basis points (100 are 1 %), `reference_minor` the price that
    is too far away: one that is or was in force in the 24 hours before the new price begins, or one
    that begins within 24 hours after it. `least_minor` and `most_minor` tell what is possible now,
    `possible_at` from when on the wanted price is; both are null where there is none: then only
    smaller steps lead there.
    """

    code = "pricing.step_too_large"
    usual_cure = (
        "Take a price from `least_minor` to `most_minor`, or let it begin at `possible_at` or"
        " later. The limit is `max_step_per_day` of the price list."
    )


class AssignmentNotFound(NotFound):
    """There is no such assignment of a price list, or it has ended already."""

    code = "pricing.assignment_not_found"
    usual_cure = "Use the id of an assignment that `GET /admin/v1/price-assignments` lists."


class AssignmentInvalid(Invalid):
    """A price list cannot be offered in this way. `field` names what is wrong with it."""

    code = "pricing.assignment_invalid"
    usual_cure = "Correct the field that `field` names."


class AssignmentsOverlap(Conflict):
    """Another list of equal rank (level, subject, channel, priority) is offered in that time.

    Nothing was stored. End or shorten the earlier assignment, or give one of them another priority.
    """

    code = "pricing.assignments_overlap"
    usual_cure = "End or shorten the earlier assignment, or give one of them another priority."


class PolicyInvalid(Invalid):
    """The channel's way of choosing prices is not possible. `field` names what is wrong with it."""

    code = "pricing.policy_invalid"
    usual_cure = "Correct the setting that `field` names."


class RateUnknown(Invalid):
    """The reference rates have no rate of one of the currencies. Take rates that have both."""

    code = "pricing.rate_unknown"
    usual_cure = "Take a file of rates that has both currencies."


class RatesUnreadable(Invalid):
    """The file is no file of reference rates, or has none of the day."""

    code = "pricing.rates_unreadable"
    usual_cure = "Fetch the file anew from where it is published."


class RatesStale(Conflict):
    """The reference rates are too old (or of a day to come) to propose prices by. `as_of` is their
    day. Fetch newer ones, or allow their age.
    """

    code = "pricing.rates_stale"
    usual_cure = "Fetch newer rates, or allow a greater age."


class PolicyChanged(Conflict):
    """The channel's way of choosing prices was changed since you read it. Read it again."""

    code = "pricing.policy_changed"
    usual_cure = "Read it again, and repeat the change with its new `ETag` in `If-Match`."


class FactChanged(Conflict):
    """A cost or what a unit holds was changed since you read it; `field` names which, and `version`
    is the one that it has now (0: it was removed). Nothing was written.
    """

    code = "pricing.fact_changed"
    usual_cure = "Read it again, and repeat the change with the `version` that it has now."


class CostInvalid(Invalid):
    """A cost is not possible. `field` names what is wrong with it; nothing was stored."""

    code = "pricing.cost_invalid"
    usual_cure = "Correct the field that `field` names; nothing of the request was stored."


class CostsOverlap(Conflict):
    """Two costs of the same variant and currency with a period would hold at once.

    Nothing was stored. Remove the earlier one, or end its period where the other begins.
    """

    code = "pricing.costs_overlap"
    usual_cure = "Remove the earlier cost, or end its period where the other begins."


class MeasureInvalid(Invalid):
    """What a unit holds, or the unit that its price is told per, is not possible.

    `field` names it; nothing was stored.
    """

    code = "pricing.measure_invalid"
    usual_cure = "Correct the field that `field` names; nothing of the request was stored."


class OutliersUnacknowledged(Conflict):
    """Prices of an import differ so much from the present ones that they look like slips.

    Nothing was stored. `outliers` lists the first of them, `count` says how many there are. Look at
    each; if they are right, import the same rows again with the `acknowledgement` given here. It
    holds for exactly these changes.
    """

    code = "pricing.outliers_unacknowledged"
    usual_cure = "Look at `outliers`; if they are right, repeat with this `acknowledgement`."
