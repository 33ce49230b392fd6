"""Prices in a second currency: proposed by a rate on record, never applied silently: A14, A15."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.workflows.till import Till

from argosy.adapters.fx.ecb import EcbRates
from argosy.drill.clock import MovableClock
from argosy.modules import pricing, staff
from argosy.modules.pricing import (
    CreatePriceList,
    RatesStale,
    RatesUnreadable,
    RateUnknown,
    SetPrice,
    converted,
    least_price,
)
from argosy.workflows.fx_proposals import FxTerms, propose_prices

HISTORY = "Date,USD,JPY,XXX,\n{today},1.0800,160.50,N/A,\n{old},1.2000,150.00,N/A,\n"


@pytest.mark.parametrize(
    ("minor", "rate", "target", "ending", "found"),
    [
        (1000, "1.08", "USD", None, 1080),
        (1000, "1.08", "USD", "99", 1099),
        (1000, "1.04", "USD", "99", 999),
        (1000, "1.049", "USD", "99", 1099),
        (1000, "1.08", "USD", "5", 1085),
        (10, "1.08", "USD", "99", 99),
        (1999, "160.5", "JPY", None, 3208),
        (1999, "160.5", "JPY", "00", 3200),
    ],
)
def test_an_amount_is_rounded_once_or_ends_as_wanted(
    minor: int, rate: str, target: str, ending: str | None, found: int
) -> None:
    exact = Fraction(Decimal(rate))
    assert converted(minor, exact, source="EUR", target=target, ending=ending) == found


@given(minor=st.integers(1, 10**9), rate=st.fractions(Fraction(1, 100), 200))
def test_an_ending_moves_a_price_by_half_its_step_at_most(minor: int, rate: Fraction) -> None:
    plain = Fraction(minor) * rate
    found = converted(minor, rate, source="EUR", target="USD", ending="99")
    assert found % 100 == 99
    assert abs(found - plain) <= 50 or found == 99


def test_the_least_price_leaves_the_margin_over_the_cost() -> None:
    assert least_price(800, Decimal(20), Decimal(0)) == 1000
    assert least_price(800, Decimal(20), Decimal(19)) == 1190
    assert least_price(801, Decimal(20), Decimal(0)) == 1002


def test_the_files_of_the_ecb_are_read_and_others_refused(tmp_path: Path) -> None:
    file = tmp_path / "eurofxref.csv"
    file.write_text("Date, USD, JPY, \n20 November 2026, 1.0834, 163.52, \n", "utf-8")
    rates = EcbRates(file).read()
    assert (rates.base, str(rates.as_of)) == ("EUR", "2026-11-20")
    assert rates.rates == {"USD": Decimal("1.0834"), "JPY": Decimal("163.52")}
    for bad in ("", "<html>", "Date,USD\n2026-13-01,1", "Date,USD\n2026-01-01,x", "Date,USD\n"):
        file.write_text(bad, "utf-8")
        with pytest.raises(RatesUnreadable):
            EcbRates(file).read()


async def test_A14_prices_are_planned_then_stored_with_their_rate_on_record(
    till: Till, clock: MovableClock, tmp_path: Path
) -> None:
    today = clock.now().date()
    file = tmp_path / "eurofxref-hist.csv"
    file.write_text(HISTORY.format(today=today, old="2020-01-02"), "utf-8")
    async with till.db.transaction() as tx:
        usd = await pricing.create_price_list(
            tx, CreatePriceList(code="usd", name="Dollar", currency="USD")
        )
        cost = pricing.Cost(variant_id=till.variants["mug"], currency="EUR", amount_minor=480)
        await pricing.set_costs(tx, [cost])
        tier = SetPrice(variant_id=till.variants["shirt"], amount_minor=900, min_quantity=10)
        await pricing.set_prices(tx, till.channel.price_list_id, [tier])
    terms = FxTerms(base_list="eur", target_list="usd", ending="99", min_margin_percent=Decimal(20))

    async def stored() -> dict[tuple[object, int], int]:
        async with till.db.reading() as tx:
            found = await pricing.list_prices(tx, usd.id, limit=100)
        return {(one.variant_id, one.min_quantity): one.amount_minor for one in found}

    plan = await propose_prices(till.db, EcbRates(file), terms)
    assert (plan.rate, plan.as_of, plan.prices.created) == (Decimal("1.08"), str(today), 4)
    assert await stored() == {}
    # 5.00 EUR are 5.40 USD, so 4.99; the cost of 5.18 leaves less than a fifth of that.
    assert [fault.reason for fault in plan.prices.faults] == [
        "4.99 USD for MUG leaves less than 20 % over its cost."
    ]
    done = await propose_prices(till.db, EcbRates(file), terms, apply=True)
    assert done.prices.created == 4
    shirt = till.variants["shirt"]
    assert await stored() == {
        (shirt, 1): 1099,
        (shirt, 10): 999,
        (till.variants["song"], 1): 99,
        (till.variants["gift"], 1): 0,
    }
    again = await propose_prices(till.db, EcbRates(file), terms, apply=True)
    assert (again.prices.created, again.prices.updated) == (0, 0)
    async with till.db.reading() as tx:
        trail = await staff.list_audit(tx, staff.AuditFilter(), limit=10)
    kept = next(entry for entry in trail if entry.action == "prices.converted")
    assert kept.after is not None
    assert (kept.after["as_of"], kept.after["source"]) == (str(today), done.source)
    clock.advance(seconds=6 * 86_400)
    with pytest.raises(RatesStale):
        await propose_prices(till.db, EcbRates(file), terms)
    with pytest.raises(RateUnknown):
        rates = EcbRates(file).read()
        pricing.cross_rate(rates, "EUR", "XXX")
