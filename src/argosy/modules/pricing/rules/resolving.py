"""How the price of one list is chosen (C1-C3, C9)."""

from collections.abc import Iterable
from datetime import datetime

from argosy.modules.pricing.types import Candidate, Lost, Ranked, Resolution


def resolve(candidates: Iterable[Candidate], quantity: int, at: datetime) -> Resolution[Candidate]:
    """Choose the price of so many units (C3): volume tiers of one list.

    Of the prices in force whose quantity is reached, the highest priority wins, then the largest
    tier, then (never needed while periods do not overlap) the lowest id. Every other candidate is
    returned with the reason why it lost.
    """
    lost: list[tuple[Candidate, Lost]] = []
    fit: list[Candidate] = []
    for candidate in candidates:
        if candidate.valid_from is not None and at < candidate.valid_from:
            lost.append((candidate, "not_yet_valid"))
        elif candidate.valid_until is not None and at >= candidate.valid_until:
            lost.append((candidate, "no_longer_valid"))
        elif candidate.min_quantity > quantity:
            lost.append((candidate, "quantity_too_small"))
        else:
            fit.append(candidate)
    if not fit:
        return Resolution(taken=None, lost=lost)
    if len(fit) > 1:
        fit.sort(key=_rank)
    taken = fit[0]
    for candidate in fit[1:]:
        outranked = candidate.priority < taken.priority
        lost.append((candidate, "lower_priority" if outranked else "larger_tier_applies"))
    return Resolution(taken=taken, lost=lost)


def _rank(candidate: Ranked) -> tuple[int, int, int]:
    return -candidate.priority, -candidate.min_quantity, candidate.price_id.int


def is_in_force(price: Ranked, at: datetime) -> bool:
    """Whether an instant lies in the price's half-open period (C2)."""
    return (price.valid_from is None or price.valid_from <= at) and (
        price.valid_until is None or at < price.valid_until
    )
