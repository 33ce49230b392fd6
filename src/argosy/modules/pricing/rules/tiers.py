"""Quantity tiers (C3): the ladder of a list, and what graduated tiers cost together."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from argosy.kernel.rounding import Rounding, rounded
from argosy.modules.pricing.rules.resolving import is_in_force
from argosy.modules.pricing.types import Ranked

Ladder = Sequence[tuple[int, int]]
"""(from this quantity on, amount in minor units of each unit), by rising quantity."""


def ladder(candidates: Iterable[Ranked], at: datetime) -> list[tuple[int, int]]:
    """Return from which quantity on which amount applies at that time.

    A step of lower priority than the one before it never applies: it is left out.
    """
    steps: list[Ranked] = []
    in_force = [price for price in candidates if is_in_force(price, at)]
    for price in sorted(in_force, key=lambda p: (p.min_quantity, -p.priority, p.price_id.int)):
        if not steps or (
            price.min_quantity > steps[-1].min_quantity and price.priority >= steps[-1].priority
        ):
            steps.append(price)
    return [(price.min_quantity, price.amount_minor) for price in steps]


def graduated_exact(steps: Ladder, quantity: int) -> int:
    """Return what so many units cost when each tier prices its own units, in minor units.

    10 at 9 from 10 on, 8 from 20 on, 10 before: 25 units cost 9 x 10 + 10 x 9 + 6 x 8. Units below
    the first step cost as much as the first step. Never falls as the quantity grows.
    """
    total = 0
    for place, (start, amount) in enumerate(steps):
        first = 1 if place == 0 else start
        last = steps[place + 1][0] - 1 if place + 1 < len(steps) else quantity
        total += max(0, min(last, quantity) - first + 1) * amount
    return total


def graduated_shares(
    parts: Mapping[str, tuple[Ladder, int, int]], mode: Rounding
) -> dict[str, int]:
    """Return what each line of a pool costs: key -> (its steps, its units, units counted).

    A line pays its units' part of what all counted units would cost by its own steps. The whole is
    rounded once and shared by largest remainder, ties by key (A6), so that neither the order of
    lines nor splitting them changes the whole (A7).
    """
    exact = {
        key: Fraction(graduated_exact(steps, counted) * units, counted)
        for key, (steps, units, counted) in parts.items()
    }
    shares = {key: amount.numerator // amount.denominator for key, amount in exact.items()}
    left = rounded(sum(exact.values(), Fraction(0)), mode) - sum(shares.values())
    for key in sorted(exact, key=lambda k: (shares[k] - exact[k], k))[:left]:
        shares[key] += 1
    return shares
