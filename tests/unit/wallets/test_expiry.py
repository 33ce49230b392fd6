"""Until when a card can be paid with."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from argosy.modules.wallets import NewMethod, is_expired


@pytest.mark.parametrize(
    ("ends", "today", "expired"),
    [
        ((2026, 11), date(2026, 11, 30), False),
        ((2026, 11), date(2026, 12, 1), False),
        ((2026, 11), date(2026, 12, 2), True),
        ((2026, 12), date(2027, 1, 1), False),
        ((2026, 12), date(2027, 1, 2), True),
        ((2026, 1), date(2025, 12, 31), False),
    ],
)
def test_a_card_is_good_to_the_end_of_its_month_everywhere(
    ends: tuple[int, int], today: date, expired: bool
) -> None:
    card = NewMethod(
        gateway="sandbox",
        reference="pm_1",
        holder_reference="cus_1",
        payment_id=UUID(int=1),
        brand="visa",
        last4="4242",
        exp_year=ends[0],
        exp_month=ends[1],
    )
    assert is_expired(card, today) is expired
