"""Prices that look like a slip of the decimal point."""

OUTLIER_PERCENT = 50
"""A price that differs from the one before it by more than this is asked about."""


def is_outlier(before_minor: int, after_minor: int, percent: int) -> bool:
    """Say whether a price moves by more than `percent` of what it was; from or to zero always."""
    if before_minor == after_minor:
        return False
    return abs(after_minor - before_minor) * 100 > percent * before_minor
