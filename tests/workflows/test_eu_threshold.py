"""The running total of sales to other member states, and its warning: B18."""

from __future__ import annotations

from uuid import UUID

import pytest
from tests.workflows.tax_shop import PARIS, sells_to_france
from tests.workflows.test_tax_buyers import french_cart
from tests.workflows.till import BECAUSE, Till

from argosy.drill.clock import MovableClock
from argosy.kernel.money import Money
from argosy.modules import payments
from argosy.reads.eu_sales import SoldAbroad
from argosy.workflows import money_moves
from argosy.workflows.eu_threshold import Standing, eu_standings, standing
from argosy.workflows.money_moves import MoveMoney
from argosy.workflows.placement import PaymentChoice

CHANNEL = UUID(int=1)


def sold(year: int, country: str, net: int) -> SoldAbroad:
    return SoldAbroad(CHANNEL, year, country, "EUR", net)


@pytest.mark.parametrize(
    ("now", "before", "state", "left"),
    [
        (0, 0, "below", 1_000_000),
        (799_999, 0, "below", 200_001),
        (800_000, 0, "near", 200_000),
        (1_000_000, 0, "near", 0),
        (1_000_001, 0, "above", 0),
        (0, 1_000_000, "below", 1_000_000),
        (0, 1_000_001, "above", 1_000_000),
    ],
)
def test_B18_the_threshold_counts_this_year_and_the_one_before(
    now: int, before: int, state: str, left: int
) -> None:
    found = standing("DE", "EUR", 2026, [sold(2026, "FR", now), sold(2025, "AT", before)])
    assert (found.state, found.left_minor) == (state, left)


def test_B18_all_countries_count_together_and_other_currencies_are_not_converted() -> None:
    found = standing("DE", "EUR", 2026, [sold(2026, "FR", 600_000), sold(2026, "AT", 500_000)])
    assert (found.net_minor, found.state) == (1_100_000, "above")
    assert [(one.country, one.net_minor) for one in found.countries] == [
        ("AT", 500_000),
        ("FR", 600_000),
    ]
    foreign = standing("PL", "PLN", 2026, [])
    assert (foreign.state, foreign.threshold_minor, foreign.left_minor) == ("unknown", None, None)


async def standing_of(till: Till, year: int) -> Standing:
    async with till.db.reading() as tx:
        [found] = await eu_standings(tx, year)
    return found


async def test_B18_sales_to_consumers_abroad_are_counted_without_tax_and_refunds(
    till: Till, clock: MovableClock
) -> None:
    await sells_to_france(till)
    year = clock.now().year
    # At home: does not count. To France: 20.00 and 12.00, with 20 % French tax inside.
    await till.place(await till.cart(shirt=1))
    abroad = await french_cart(till, tax_id=None, shirt=2)
    assert abroad.shipping_address == PARIS
    await till.place(abroad, PaymentChoice(gateway="cash"))
    found = await standing_of(till, year)
    assert (found.seller_country, found.net_minor, found.net_before_minor) == ("DE", 2667, 0)
    assert [one.country for one in found.countries] == ["FR"]
    async with till.db.reading() as tx:
        [payment] = await payments.payments_of_order(tx, abroad.id)
    refund = MoveMoney(payment.id, "refund", BECAUSE, Money(1600, "EUR"))
    await money_moves.move(till.app, refund)
    assert (await standing_of(till, year)).net_minor == 1334
    after = await standing_of(till, year + 1)
    assert (after.net_minor, after.net_before_minor, after.state) == (0, 1334, "below")
