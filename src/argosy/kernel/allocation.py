"""Splitting an amount into parts that always add up to it (DOMAIN.md A6-A9, A16, A17).

Amounts are integers of a minor unit. Keys identify the parts; they are unique and sortable, and
they alone break ties, so the result never depends on the order in which parts are given.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any, TypeVar

from argosy.kernel.rounding import DEFAULT_ROUNDING, Rounding, share_of, toward_zero

Key = TypeVar("Key", bound=Any)


class AllocationImpossible(ValueError):
    """The amount has nowhere to go: every weight is zero, or the caps are smaller than the amount.

    Nothing was divided. Give quantities as weights, or a smaller amount (A8).
    """


def allocate(
    total: int, weights: Mapping[Key, int], caps: Mapping[Key, int] | None = None
) -> dict[Key, int]:
    """Split `total` in proportion to `weights` by largest remainder; the parts sum to `total`.

    A weight of zero gets nothing. No part exceeds its cap (a magnitude, of the total's sign);
    what a cap keeps out goes to the others in proportion. A negative total is split as its mirror
    image. Raises AllocationImpossible.
    """
    active = {key: weight for key, weight in weights.items() if weight > 0}
    if len(active) < len(weights) and min(weights.values()) < 0:
        raise ValueError("weights are not negative")
    if total < 0:
        return {key: -part for key, part in allocate(-total, weights, caps).items()}
    parts = dict.fromkeys(weights, 0)
    left = total
    while caps is not None and left and active:
        weight_sum = sum(active.values())
        full = [k for k, weight in active.items() if left * weight >= caps[k] * weight_sum]
        if not full:
            break
        # Fixed together, from the same state: one at a time would depend on the order.
        for key in full:
            parts[key] = caps[key]
            del active[key]
        left -= sum(parts[key] for key in full)
    if left and not active:
        raise AllocationImpossible(f"{left} of {total} cannot be placed")
    if left:
        parts.update(_largest_remainder(left, active))
    assert sum(parts.values()) == total
    return parts


def _largest_remainder(total: int, weights: Mapping[Key, int]) -> dict[Key, int]:
    weight_sum = sum(weights.values())
    parts: dict[Key, int] = {}
    remainders: list[tuple[int, Key]] = []
    odd = total
    for key, weight in weights.items():
        part, remainder = divmod(total * weight, weight_sum)
        parts[key] = part
        odd -= part
        remainders.append((-remainder, key))
    if odd:
        remainders.sort()
        for _, key in remainders[:odd]:
            parts[key] += 1
    return parts


def split_by_percent(
    total: int,
    percents: Mapping[Key, Decimal],
    *,
    remainder_to: Key | None = None,
    mode: Rounding = DEFAULT_ROUNDING,
) -> dict[Key, int]:
    """Split `total` among parties by declared percentages; the parts sum to `total` (A16).

    With `remainder_to`, the others get their rounded percentage and that party the rest. Without
    it, the percentages are weights and the largest remainders get the odd units.
    """
    if remainder_to is None:
        ratios = {key: Fraction(percent) for key, percent in percents.items()}
        scale = lcm(*(ratio.denominator for ratio in ratios.values()))
        return allocate(total, {key: int(ratio * scale) for key, ratio in ratios.items()})
    parts = {
        key: share_of(total, percent / 100, mode)
        for key, percent in percents.items()
        if key != remainder_to
    }
    parts[remainder_to] = total - sum(parts.values())
    return parts


def cumulative_part(total: int, done: int, whole: int, previous: int) -> int:
    """Return what the partial that brings us to `done` of `whole` adds to `previous` (A17).

    The cumulative share is cut towards zero, so that nothing is taken before it is due and the
    last partial brings the rest: 10.00 in three is 3.33, 3.33, 3.34.
    """
    if not 0 <= done <= whole or whole == 0:
        raise ValueError("done lies between zero and the whole")
    return toward_zero(total * done, whole) - previous


def spread(total: int, runs: Sequence[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Split `total` >= 0 over units, given as runs of (count, weight of each), by their weights.

    Returns, for each run, the sub-runs (count, amount of each) in unit order: units of equal
    weight differ by at most one, the earlier ones get more. No unit gets more than its weight
    while `total` does not exceed the sum of weights. Raises AllocationImpossible.
    """
    if total == 0:
        return [[(count, 0)] for count, _ in runs]
    weight_sum = 0
    for count, weight in runs:
        weight_sum += count * weight
    if weight_sum == 0:
        raise AllocationImpossible(f"{total} cannot be placed on free units")
    floors: list[int] = []
    order: list[tuple[int, int]] = []
    left = total
    for index, (count, weight) in enumerate(runs):
        floor, remainder = divmod(total * weight, weight_sum)
        floors.append(floor)
        left -= count * floor
        if remainder:
            order.append((-remainder, index))
    result = [[(count, floor)] for (count, _), floor in zip(runs, floors, strict=True)]
    order.sort()
    for _, index in order:
        if left == 0:
            break
        count, floor = runs[index][0], floors[index]
        extra = min(count, left)
        left -= extra
        more = [(extra, floor + 1)]
        result[index] = more if extra == count else [*more, (count - extra, floor)]
    assert left == 0
    return result
