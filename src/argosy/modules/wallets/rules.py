"""Pure decisions about kept ways to pay."""

from __future__ import annotations

from datetime import date
from typing import Final

from argosy.modules.wallets.types import NewMethod

MAX_METHODS: Final = 10
"""So many are kept for one customer."""


def is_expired(method: NewMethod, today: date) -> bool:
    """No use offering it. A card is good until its month ends, which it does not everywhere at the
    same time: a day is granted.
    """
    months = 12 * method.exp_year + method.exp_month
    return today > date(months // 12, months % 12 + 1, 1)
