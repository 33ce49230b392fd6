"""Pure decisions about kept ways to pay."""

from __future__ import annotations

from datetime import date
from typing import Final

MAX_METHODS: Final = 10
"""So many are kept for one customer."""


def expired(exp_year: int, exp_month: int, today: date) -> bool:
    """A card is good until the end of its month, wherever its holder is: a day is granted."""
    year, month = (exp_year, exp_month + 1) if exp_month < 12 else (exp_year + 1, 1)
    return today > date(year, month, 1)
