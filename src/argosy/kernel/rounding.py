"""Exact rounding on integers, fractions and decimals (DOMAIN.md A4, A5, A10).

Every mode is symmetric: rounding -x gives minus the rounding of x, so that a reversal cancels
exactly. Nothing here accepts a float: 0.1 has no exact value to round.
"""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

Rounding = Literal["half_up", "half_even"]
DEFAULT_ROUNDING: Final[Rounding] = "half_up"

Ratio = tuple[int, int]
"""Numerator and positive denominator of an exact rate, in lowest terms."""


def half_up(numerator: int, denominator: int) -> int:
    """Round numerator/denominator to an integer, halves away from zero. Denominator > 0."""
    if numerator < 0:
        return -((2 * -numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def half_even(numerator: int, denominator: int) -> int:
    """Round numerator/denominator to an integer, halves to the even neighbour. Denominator > 0."""
    whole, rest = divmod(abs(numerator), denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and whole & 1):
        whole += 1
    return -whole if numerator < 0 else whole


def toward_zero(numerator: int, denominator: int) -> int:
    """Cut numerator/denominator to an integer towards zero. Denominator > 0."""
    return -(-numerator // denominator) if numerator < 0 else numerator // denominator


ROUNDERS: Final[dict[str, Callable[[int, int], int]]] = {
    "half_up": half_up,
    "half_even": half_even,
}


def exact_ratio(rate: Decimal | Fraction | int) -> Ratio:
    """Return the rate as an integer ratio in lowest terms, so that hot paths need integers only.

    Raises TypeError for a float and ValueError for NaN or infinity.
    """
    if isinstance(rate, bool) or not isinstance(rate, Decimal | Fraction | int):
        raise TypeError(f"a rate is a Decimal, a Fraction or an int, not {type(rate).__name__}")
    if isinstance(rate, Decimal) and not rate.is_finite():
        raise ValueError("a rate is a finite number")
    numerator, denominator = rate.as_integer_ratio()
    return numerator, denominator


def rounded(value: Decimal | Fraction | int, mode: Rounding = DEFAULT_ROUNDING) -> int:
    """Round an exact number to an integer once."""
    return ROUNDERS[mode](*exact_ratio(value))


def share_of(
    base_minor: int, rate: Decimal | Fraction | int, mode: Rounding = DEFAULT_ROUNDING
) -> int:
    """Return rate x base in minor units: the exact product, rounded once (A10).

    `rate` is a ratio: Decimal("0.15") is 15 %.
    """
    numerator, denominator = exact_ratio(rate)
    return ROUNDERS[mode](base_minor * numerator, denominator)
