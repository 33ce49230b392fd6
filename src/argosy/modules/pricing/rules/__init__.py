"""Pure decisions of pricing: choosing a price, tiers, prior prices, what is possible."""

from argosy.modules.pricing.rules.checking import (
    MAX_STEP_BP,
    check_assignment,
    check_cost,
    check_list,
    check_policy,
    check_price,
)
from argosy.modules.pricing.rules.choosing import price_book, price_lines
from argosy.modules.pricing.rules.costing import costs_on
from argosy.modules.pricing.rules.measuring import UNITS, check_measure, default_base, unit_price
from argosy.modules.pricing.rules.outliers import OUTLIER_PERCENT, is_outlier
from argosy.modules.pricing.rules.prior import (
    amount_in_force,
    prior_amount,
    prior_on,
    public_amounts,
)
from argosy.modules.pricing.rules.resolving import resolve
from argosy.modules.pricing.rules.stepping import STEP_WINDOW, large_steps
from argosy.modules.pricing.rules.tiers import graduated_exact, ladder

__all__ = [
    "MAX_STEP_BP",
    "OUTLIER_PERCENT",
    "STEP_WINDOW",
    "UNITS",
    "amount_in_force",
    "check_assignment",
    "check_cost",
    "check_list",
    "check_measure",
    "check_policy",
    "check_price",
    "costs_on",
    "default_base",
    "graduated_exact",
    "is_outlier",
    "ladder",
    "large_steps",
    "price_book",
    "price_lines",
    "prior_amount",
    "prior_on",
    "public_amounts",
    "resolve",
    "unit_price",
]
