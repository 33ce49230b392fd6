"""What became of each promotion: the same object for shopper, support and tests (D17)."""

from typing import Literal

import msgspec

from argosy.kernel.money import Money

Measure = Literal["", "minor", "units", "variants", "orders", "days", "conditions"]
Outcome = Literal["applied", "rejected", "superseded", "disabled"]
Cut = Literal["floor_percent", "floor_price", "floor_margin", "cost_unknown", "cap", "price"]
"""What kept a promotion from taking all it wanted: a floor of its own by share of the price, by
amount or by cost and margin, goods without a known cost, its cap, or that nothing costs less than
nothing (D7).
"""
VerdictCode = Literal[
    "applied",
    "budget_exhausted",
    "cannot_be_evaluated",
    "conditions_not_met",
    "ended",
    "floor_reached",
    "gift_declined",
    "gift_not_available",
    "limit_reached",
    "no_such_goods",
    "not_enough_units",
    "not_started",
    "not_the_best_choice",
    "nothing_to_reduce",
    "shipping_method_not_included",
    "stopped",
    "stopped_by",
]
"""Why a promotion applies or does not. Each has words in the back office."""
Found = Literal["none", "exact", "bounded"]


class Missing(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A condition that does not hold: its code and place in the document, and how far it is (D17).

    `short` is what is missing, in `unit`: 410 of "minor" is "4.10 to go".
    """

    code: str
    path: str
    unit: Measure = ""
    need: int | str | None = None
    have: int | str | None = None
    short: int | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What became of a promotion, for shopper, support and tests alike.

    `applied`: took `amount` off, of which `wanted` was more if a floor or cap kept it (D7): `cut`.
    `rejected`: `code` says why, `missing` what would help. `superseded`: qualified, but `by` other
    promotions kept it out. `disabled`: this version cannot evaluate it.
    """

    promotion: str
    version: int
    outcome: Outcome
    code: VerdictCode
    name: str = ""
    reason: str = ""
    amount: Money | None = None
    wanted: Money | None = None
    missing: tuple[Missing, ...] = ()
    by: tuple[str, ...] = ()
    coupons: tuple[str, ...] = ()
    budget: str | None = None
    cut: tuple[Cut, ...] = ()


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Every promotion's verdict: applied ones in their order, then the others by id.

    `choice`: "none" was needed, "exact" is proven best, "bounded" ended at the limit of work with
    the best found, which is at least what the greedy choice gives. `steps` counts the work:
    a diagnostic that may change from version to version, and is not stored with a quote.
    """

    verdicts: tuple[Verdict, ...]
    choice: Found = "none"
    steps: int = 0
